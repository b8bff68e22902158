"""N004: two account names that differ only by case."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.duplicates import alike, named
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.rule import Rule
from aftgen.reader.model import CONTROL_TOWER


class NameDiffersByCase(Rule):
    id = "N004"
    name = "name-differs-by-case"
    severity = Severity.WARNING
    title = "Two account names differ only by case"
    why = "AFT compares names with their case, so both accounts are made; people will take one for the other."
    fix = "make the names differ by more than case, or retire the one that was a typing slip"
    bad = """module "first" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountName = "payments"
  }
}

module "second" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountName = "Payments"
  }
}
"""
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for request, name, others, total in alike(context.requests, str.casefold):
            yield self.finding(
                request.span(CONTROL_TOWER, "AccountName"),
                f"{name!r} differs only by case from {others[0].name!r}: "
                f"{named(context, others, total, 'AccountName')}",
                request=request,
                key=name.casefold(),
            )
