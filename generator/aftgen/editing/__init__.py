"""Edits of hand-written request files that leave every byte alone which the edit does not concern.

A change is asked for as a :class:`~aftgen.editing.wanted.Wanted`. :mod:`aftgen.editing.block` turns it into
splices of the file's bytes, one small step after the other (:mod:`aftgen.editing.containers` knows how
entries are put into objects and lists, :mod:`aftgen.editing.layout` keeps a group of lines aligned that was
aligned before). :mod:`aftgen.editing.verify` reads the result again, with two parsers, and says whether it
means what was asked for and everything else as before; only then is there something to write
(:mod:`aftgen.editing.files`). What cannot be edited safely is refused with the place and the text to write.
"""
