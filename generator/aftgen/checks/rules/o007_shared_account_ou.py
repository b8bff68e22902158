"""O007: one of Control Tower's shared accounts with an OU id."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.rule import RequestRule
from aftgen.limits import parse_ou
from aftgen.reader.model import CONTROL_TOWER, Request

_SHARED = frozenset({"audit", "log archive"})


class SharedAccountOu(RequestRule):
    id = "O007"
    name = "shared-account-ou"
    severity = Severity.WARNING
    title = "A shared account is asked for with an OU id"
    why = (
        "AFT compares the OU of the audit and log archive accounts with its plain name: 'Name (ou-…)' "
        "ends in 'Cannot change OU for a Shared CT account' (AFT issues 206 and 322, open). The accounts "
        "are known here by the names that Control Tower gives them."
    )
    fix = "write the OU's name without the id"
    bad = """control_tower_parameters = {
  AccountName               = "Audit"
  ManagedOrganizationalUnit = "Security (ou-ab12-security)"
}
"""
    good = """control_tower_parameters = {
  AccountName               = "Audit"
  ManagedOrganizationalUnit = "Security"
}
"""

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        name, ou = request.name, request.ou
        if name is not None and ou is not None and name.casefold() in _SHARED and parse_ou(ou).id is not None:
            yield self.finding(
                request.span(CONTROL_TOWER, "ManagedOrganizationalUnit"),
                f"AFT takes only the plain name of the OU of the shared account {name!r}",
                request=request,
                hint=f"write {parse_ou(ou).name!r}",
            )
