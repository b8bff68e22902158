"""S002: an SSO user's name that the Account Factory product refuses."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import sso_name_problems
from aftgen.reader.model import CONTROL_TOWER, Request


class SsoName(RequestRule):
    id = "S002"
    name = "sso-name"
    title = "Account Factory refuses the SSO user's name"
    why = (
        "The product's template demands at least one character on one line (AllowedPattern); "
        "ProvisionProduct fails."
    )
    fix = "write the first and the last name"
    bad = 'control_tower_parameters = {\n  SSOUserLastName = ""\n}\n'
    good = 'control_tower_parameters = {\n  SSOUserLastName = "Lovelace"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        for key in ("SSOUserFirstName", "SSOUserLastName"):
            name = request.text(CONTROL_TOWER, key)
            if name is not None:
                for problem in sso_name_problems(name):
                    yield self.finding(request.span(CONTROL_TOWER, key), f"{key}: {problem}", request=request)
