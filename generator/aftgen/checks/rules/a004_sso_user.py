"""A004: an SSOUserEmail that may not administer accounts."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import CONTROL_TOWER, Request


class SsoUser(RequestRule):
    id = "A004"
    name = "sso-user"
    title = "This SSO user may not administer accounts"
    why = "SSOUserEmail is a grant: Control Tower gives that user AWSAdministratorAccess in the new account."
    fix = "name a user that allowed_sso_users of identity-center/access.yaml allows"
    bad = 'control_tower_parameters = {\n  SSOUserEmail = "ana@elsewhere.example"\n}\n'
    good = 'control_tower_parameters = {\n  SSOUserEmail = "ana@example.com"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        email, catalogue = request.text(CONTROL_TOWER, "SSOUserEmail"), context.catalogue
        if email is None or catalogue is None:
            return
        problem = catalogue.sso_user_problem(email)
        if problem:
            yield self.finding(request.span(CONTROL_TOWER, "SSOUserEmail"), problem, request=request)
