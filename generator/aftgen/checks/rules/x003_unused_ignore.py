"""X003: a suppression that silences nothing."""

from aftgen.checks.finding import Severity
from aftgen.checks.rule import EngineRule


class UnusedIgnore(EngineRule):
    id = "X003"
    name = "unused-ignore"
    severity = Severity.WARNING
    title = "A comment ignores a rule that finds nothing"
    why = "It would hide the next, real finding of that rule on the request."
    fix = "remove the id, or the comment"
    bad = """# aftgen:ignore=E003 imported
module "payments" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountEmail = "aws@example.com"
  }
}
"""
    good = """# aftgen:ignore=E003 imported
module "payments" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountEmail = "AWS@example.com"
  }
}
"""
