"""O002: an OU that the organization's registry does not have."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import ou_problems, parse_ou
from aftgen.reader.model import CONTROL_TOWER, Request

ROOT = "Root"


class OuUnknown(RequestRule):
    id = "O002"
    name = "ou-unknown"
    title = "The registry of OUs has no such OU"
    why = (
        "Control Tower refuses an OU that it does not know after the merge, and a new request that failed "
        "cannot be retried by correcting it (AFT issue 99). organization.yaml is the one list of OUs."
    )
    fix = "correct the OU, or add it to global-customizations/organization.yaml once it is registered"
    bad = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Sandbx"\n}\n'
    good = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Sandbox"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        ou, organization = request.ou, context.organization
        if ou is None or not organization.ous or ou == ROOT or ou_problems(ou):
            return
        reference = parse_ou(ou)
        last_names = {path.rsplit("/", 1)[-1] for path in organization.ous}
        if reference.id is None and reference.name not in last_names:
            close = organization.nearest(reference.name)
            suggestion = organization.reference(close) if close else None
            yield self.finding(
                request.span(CONTROL_TOWER, "ManagedOrganizationalUnit"),
                f"organization.yaml has no OU {reference.name!r}",
                request=request,
                hint=f"did you mean '{suggestion}'?" if suggestion else None,
            )
        elif reference.id is not None and reference.id not in organization.ous.values():
            path = next(
                (path for path in organization.ous if path.rsplit("/", 1)[-1] == reference.name), None
            )
            known = f"write '{reference.name} ({organization.ous[path]})'" if path else None
            yield self.finding(
                request.span(CONTROL_TOWER, "ManagedOrganizationalUnit"),
                f"organization.yaml has no OU with the id {reference.id}",
                request=request,
                hint=known,
            )
