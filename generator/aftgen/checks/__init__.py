"""Finds in a repository what AFT would find after the merge only. :mod:`aftgen.checks.engine` is the way."""
