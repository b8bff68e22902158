"""O005: an OU whose name another OU has too."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.rule import RequestRule
from aftgen.limits import ou_problems, parse_ou
from aftgen.reader.model import CONTROL_TOWER, Request


class AmbiguousOu(RequestRule):
    id = "O005"
    name = "ambiguous-ou"
    severity = Severity.WARNING
    title = "Another OU has the same name"
    why = "AFT issue 147 (open): where a top-level OU has the name too, AFT took that one, id or not."
    fix = "look where the account ended up, or give the OUs different names"
    bad = """control_tower_parameters = {
  ManagedOrganizationalUnit = "Prod (ou-ab12-wlprod01)"
}
# --- global-customizations/organization.yaml
organizational_units:
  Prod: ou-ab12-topprod1
  Workloads: ou-ab12-workload
  Workloads/Prod: ou-ab12-wlprod01
"""
    good = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Prod (ou-ab12-wlprod01)"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        ou, organization = request.ou, context.organization
        if ou is None or not organization.ous or ou_problems(ou):
            return
        path = organization.path_of(parse_ou(ou))
        if path is None:
            return
        name = path.rsplit("/", 1)[-1]
        # Only a top-level namesake is ever taken for another OU.
        if name in organization.ous and organization.shares_name(path):
            others = [
                other for other in organization.ous if other != path and other.rsplit("/", 1)[-1] == name
            ]
            yield self.finding(
                request.span(CONTROL_TOWER, "ManagedOrganizationalUnit"),
                f"the OU {path!r} shares its name with {', '.join(others)}",
                request=request,
            )
