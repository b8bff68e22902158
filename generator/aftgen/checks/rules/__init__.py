"""One file per rule; :mod:`aftgen.checks.registry` lists them."""
