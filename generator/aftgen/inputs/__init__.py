"""From what a person gives to account requests, in three steps.

1. :mod:`aftgen.inputs.document`, :mod:`aftgen.inputs.table` and the command line's flags and prompts each
   make :class:`aftgen.inputs.raw.Given` values: what was given, and where;
2. :func:`aftgen.inputs.complete.complete` fills defaults, resolves names and collects every problem;
3. :mod:`aftgen.inputs.clashes` compares the requests with each other and with what the folder holds.
"""
