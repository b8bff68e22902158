"""Access of the whole organization at once, outside AFT's pipelines.

``collect`` reads who has what, ``standings`` judges it against what is declared, ``question`` narrows it to
what a person asked and ``answer`` makes the report of it.
"""
