"""X002: a suppression of a rule that does not exist."""

from aftgen.checks.rule import EngineRule


class IgnoreUnknownRule(EngineRule):
    id = "X002"
    name = "ignore-unknown-rule"
    title = "A comment ignores a rule that does not exist"
    why = "The comment silences nothing, and its author thinks that it does."
    fix = "name rules by id, separated by commas: # aftgen:ignore=E003,N001 reason"
    bad = """# aftgen:ignore=E999 imported
module "payments" {
  source = "./modules/aft-account-request"
}
"""
    good = """# aftgen:ignore=E003 imported
module "payments" {
  source = "./modules/aft-account-request"
}
"""
