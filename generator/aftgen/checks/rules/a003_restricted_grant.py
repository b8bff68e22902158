"""A003: a grant that nobody allowed where the account is."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import CUSTOM_FIELDS, Request


class RestrictedGrant(RequestRule):
    id = "A003"
    name = "restricted-grant"
    title = "A restriction forbids this grant"
    why = (
        "Who may hold a privileged permission set where is decided in identity-center/access.yaml, not by "
        "the request's author; the account's pipeline refuses the grant again."
    )
    fix = "grant another permission set, or have the restriction in access.yaml changed by its owners"
    bad = (
        "custom_fields = {\n"
        '  access = jsonencode({ version = 1, grants = { AdministratorAccess = ["group:everyone"] } })\n}\n'
    )
    good = bad.replace("group:everyone", "group:platform-admins")

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        declaration, catalogue = context.access(request).declaration, context.catalogue
        if declaration is None or catalogue is None or request.ou is None:
            return
        for problem in context.restriction_problems(declaration, request.ou):
            yield self.finding(request.span(CUSTOM_FIELDS, "access"), problem, request=request)
