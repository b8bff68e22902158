"""aftgen: account requests for AWS Control Tower Account Factory for Terraform (AFT).

The main path, in three hops:

1. ``aftgen.cli`` turns a command line into one call,
2. ``aftgen.inputs`` turns flags, YAML, JSON or CSV into :class:`aftgen.request.AccountRequest` values,
3. ``aftgen.writer`` turns those into files that AFT loads, and ``aftgen.checks`` says what AFT would
   refuse later, reading the files back through ``aftgen.reader``.
"""

__version__ = "0.1.0"
