"""N002: two requests with one account name."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.duplicates import duplicates
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule
from aftgen.reader.model import CONTROL_TOWER


class DuplicateName(Rule):
    id = "N002"
    name = "duplicate-name"
    title = "Two requests have the same account name"
    why = (
        "AFT refuses a new account whose name another account has, case included: 'CT Request is not "
        "valid', in a notification after the merge, and fixing the name afterwards does not retry it (AFT "
        "issue 99)."
    )
    fix = "give each account a name of its own"
    bad = """module "first" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountName = "payments"
  }
}

module "second" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountName = "payments"
  }
}
"""
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        names = ((request, request.name) for request in context.requests)
        for request, name, others in duplicates(context, names, str, "AccountName"):
            yield self.finding(
                request.span(CONTROL_TOWER, "AccountName"),
                f"{name!r} is also the account name of {others}",
                request=request,
                key=name,
            )
