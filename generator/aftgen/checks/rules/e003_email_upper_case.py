"""E003: an email with capital letters."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import CONTROL_TOWER, Request


class EmailUpperCase(RequestRule):
    id = "E003"
    name = "email-upper-case"
    title = "The account email has capital letters"
    why = (
        "AFT keeps the request under the address as it is written, and looks it up again, exactly, under "
        "the address that Organizations reports. Where the two differ in case the account exists and AFT "
        "does not find its request. An account that exists already, with capitals in Organizations too, "
        "is the one exception: ignore the rule on it, with that reason."
    )
    fix = "write the address in lower case"
    bad = 'control_tower_parameters = {\n  AccountEmail = "AWS+Payments@example.com"\n}\n'
    good = 'control_tower_parameters = {\n  AccountEmail = "aws+payments@example.com"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        email = request.email
        if email is not None and email != email.lower():
            yield self.finding(
                request.span(CONTROL_TOWER, "AccountEmail"),
                f"AFT looks {email!r} up exactly, capital letters included",
                request=request,
                hint=f"write {email.lower()!r}",
            )
