"""X000: a rule failed; what it would have found is not known."""

from aftgen.checks.rule import EngineRule


class Crashed(EngineRule):
    id = "X000"
    name = "rule-crashed"
    title = "A rule failed"
    why = "A bug in aftgen. The other rules were applied; what this one would have found is not known."
    fix = "please report it, with the file if you can"
    bad = ""
    good = ""
