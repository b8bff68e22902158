"""O006: an account directly in the organization's root."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import CONTROL_TOWER, Request


class RootOu(RequestRule):
    id = "O006"
    name = "root-ou"
    severity = Severity.WARNING
    title = "The account is asked for in Root"
    why = (
        "'Root' is right only for the management account's own request (shared_account.py); Control Tower "
        "makes no account there."
    )
    fix = "name an OU that is registered with Control Tower"
    bad = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Root"\n}\n'
    good = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Sandbox"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        ou = request.ou
        if ou is not None and (ou.strip().casefold() == "root" or ou.startswith("Root (r-")):
            yield self.finding(
                request.span(CONTROL_TOWER, "ManagedOrganizationalUnit"),
                "only the management account's own request says 'Root'",
                request=request,
            )
