"""The command line: :mod:`aftgen.cli.main` names the commands, one file here holds each."""
