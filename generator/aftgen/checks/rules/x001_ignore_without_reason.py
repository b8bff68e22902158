"""X001: a suppression that does not say why."""

from aftgen.checks.rule import EngineRule


class IgnoreWithoutReason(EngineRule):
    id = "X001"
    name = "ignore-without-reason"
    title = "A rule is ignored without a reason"
    why = (
        "Whoever reads the request next must know why it is an exception. Until the reason is there, "
        "nothing is ignored."
    )
    fix = "write the reason after the id: # aftgen:ignore=E003 the address has capitals in Organizations too"
    bad = """# aftgen:ignore=E003
module "payments" {
  source = "./modules/aft-account-request"
}
"""
    good = """# aftgen:ignore=E003 the account exists, with capitals in Organizations too
module "payments" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountEmail = "AWS@example.com"
  }
}
"""
