"""S001: an SSOUserEmail that the Account Factory product refuses."""

from collections.abc import Iterator

from aft_access import sso_user

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import sso_email_problems
from aftgen.reader.model import CONTROL_TOWER, Request


class SsoEmail(RequestRule):
    id = "S001"
    name = "sso-email"
    title = "Account Factory refuses this SSOUserEmail"
    why = (
        "The product's template demands the form of an email address (AllowedPattern); ProvisionProduct "
        "fails."
    )
    fix = "write the address of the person who administers the account"
    bad = 'control_tower_parameters = {\n  SSOUserEmail = "<SSO EMAIL>"\n}\n'
    good = 'control_tower_parameters = {\n  SSOUserEmail = "ana@example.com"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        email = request.text(CONTROL_TOWER, "SSOUserEmail")
        if email is not None and sso_user.stays_in(email) is None:
            for problem in sso_email_problems(email):
                yield self.finding(request.span(CONTROL_TOWER, "SSOUserEmail"), problem, request=request)
