"""Reads the account requests that AFT would load: :func:`aftgen.reader.folder.read` is the way in."""
