"""Sets a repository up for an organization: in a clone of this one, or in an empty folder.

``answers`` is what a person says and what is wrong with it; ``texts`` makes the organization's own files of
it; ``trees`` is what else a repository holds, from this package; ``place`` writes them, or nothing.
"""
