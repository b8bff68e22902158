"""E001: two requests with one email."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.duplicates import duplicates
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule
from aftgen.reader.model import CONTROL_TOWER


class DuplicateEmail(Rule):
    id = "E001"
    name = "duplicate-email"
    title = "Two requests have the same email"
    why = (
        "The email is the key of AFT's request table: the second request fails the apply with "
        "ConditionalCheckFailedException. Where the two differ only by case both rows are written, and "
        "AFT, which compares without case, refuses one with 'CT Request is not valid'."
    )
    fix = "give each account an address of its own, such as aws+<account name>@…"
    bad = """module "first" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountEmail = "aws+payments@example.com"
  }
}

module "second" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountEmail = "AWS+payments@example.com"
  }
}
"""
    good = 'control_tower_parameters = {\n  AccountEmail = "aws+payments-prod@example.com"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        emails = ((request, request.email) for request in context.requests)
        for request, email, others in duplicates(context, emails, str.lower, "AccountEmail"):
            yield self.finding(
                request.span(CONTROL_TOWER, "AccountEmail"),
                f"{email!r} is also the email of {others}",
                request=request,
                key=f"{email.lower()}",
            )
