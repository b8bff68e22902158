"""O004: an OU whose name and id belong to two OUs."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import ou_problems, parse_ou
from aftgen.reader.model import CONTROL_TOWER, Request


class OuMismatch(RequestRule):
    id = "O004"
    name = "ou-mismatch"
    title = "The OU's name and id belong to different OUs"
    why = (
        "Nobody can say which of the two Control Tower will take, and the wrong OU's guardrails are a "
        "late surprise."
    )
    fix = "write the name and the id of one OU"
    bad = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Dev (ou-ab12-wlprod01)"\n}\n'
    good = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Prod (ou-ab12-wlprod01)"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        ou = request.ou
        if ou is None or not context.organization.ous or ou_problems(ou):
            return
        reference = parse_ou(ou)
        if reference.id is None:
            return
        path = context.organization.path_of(reference)
        if path is not None and path.rsplit("/", 1)[-1] != reference.name:
            yield self.finding(
                request.span(CONTROL_TOWER, "ManagedOrganizationalUnit"),
                f"{reference.id} is the OU {path!r}, not {reference.name!r}",
                request=request,
                hint=f"write '{path.rsplit('/', 1)[-1]} ({reference.id})', or the id of {reference.name!r}",
            )
