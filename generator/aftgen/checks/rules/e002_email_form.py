"""E002: an email that Organizations refuses."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import email_problems
from aftgen.reader.model import CONTROL_TOWER, Request


class EmailForm(RequestRule):
    id = "E002"
    name = "email-form"
    title = "AWS refuses this account email"
    why = (
        "Organizations takes 6 to 64 ASCII characters of a plain form (CreateAccount). Control Tower "
        "finds out long after the merge and AFT often reports nothing at all (AFT issues 293 and 598)."
    )
    fix = "write an address that reaches you, of at most 64 characters"
    bad = 'control_tower_parameters = {\n  AccountEmail = "<ACCOUNT EMAIL>"\n}\n'
    good = 'control_tower_parameters = {\n  AccountEmail = "aws+payments-prod@example.com"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        email = request.email
        if email is not None:
            for problem in email_problems(email):
                yield self.finding(request.span(CONTROL_TOWER, "AccountEmail"), problem, request=request)
