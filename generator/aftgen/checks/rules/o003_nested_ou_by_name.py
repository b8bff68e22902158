"""O003: a nested OU by its name alone."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import ou_problems, parse_ou
from aftgen.reader.model import CONTROL_TOWER, Request


class NestedOuByName(RequestRule):
    id = "O003"
    name = "nested-ou-by-name"
    title = "A nested OU is named without its id"
    why = "AFT finds an OU below another one by 'Name (ou-…)' only (AFT user guide, aft-provision-account)."
    fix = "add the OU's id: 'Name (ou-…)'"
    bad = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Prod"\n}\n'
    good = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Prod (ou-ab12-wlprod01)"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        ou, ous = request.ou, context.organization.ous
        if ou is None or not ous or ou in ous or ou_problems(ou) or parse_ou(ou).id is not None:
            return
        paths = [path for path in ous if path.rsplit("/", 1)[-1] == ou]
        if paths:
            choices = " or ".join(f"'{ou} ({ous[path]})'" for path in paths)
            yield self.finding(
                request.span(CONTROL_TOWER, "ManagedOrganizationalUnit"),
                f"{ou!r} is a nested OU ({', '.join(paths)}): AFT finds it with its id only",
                request=request,
                hint=f"write {choices}",
            )
