"""O001: a ManagedOrganizationalUnit in a form that AFT does not understand."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import is_ou_id, ou_problems
from aftgen.reader.model import CONTROL_TOWER, Request


class OuForm(RequestRule):
    id = "O001"
    name = "ou-form"
    title = "AFT does not understand this organizational unit"
    why = (
        "AFT takes 'Name' or 'Name (ou-xxxx-xxxxxxxx)', by the pattern .{1,128}\\s\\(ou-.*\\); anything else "
        "is looked up as the name of a top-level OU and fails with 'The parent organizational unit … is "
        "not enrolled'."
    )
    fix = "write the OU's name, and for a nested one its id after one space: 'Prod (ou-ab12-wlprod01)'"
    bad = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Prod(ou-ab12-wlprod01)"\n}\n'
    good = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Prod (ou-ab12-wlprod01)"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        ou = request.ou
        if ou is None:
            return
        for problem in ou_problems(ou):
            yield self.finding(
                request.span(CONTROL_TOWER, "ManagedOrganizationalUnit"),
                problem,
                request=request,
                hint=_instead(context, ou),
            )


def _instead(context: Context, ou: str) -> str | None:
    """What to write, where the registry knows what was meant."""
    organization = context.organization
    path = (
        next((path for path, ou_id in organization.ous.items() if ou_id == ou), None) if is_ou_id(ou) else ou
    )
    reference = organization.reference(path) if path else None
    return f"write '{reference}'" if reference else None
