"""K001: a customization that does not exist."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.errors import nearest
from aftgen.limits import customization_name_problems
from aftgen.reader.model import CUSTOMIZATION, Request


class CustomizationMissing(RequestRule):
    id = "K001"
    name = "customization-missing"
    title = "There is no such customization"
    why = "The account's pipeline stops with 'directory does not exist', after the account was made."
    fix = "name a folder of account-customizations/, or make one with 'aftgen init customization NAME'"
    bad = 'account_customizations_name = "workloads"\n'
    good = 'account_customizations_name = "workload"\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        name = request.text(CUSTOMIZATION)
        if not name or not context.has_customizations or customization_name_problems(name):
            return
        found = context.customization(name)
        if not found.exists and found.other_case is None:
            close = nearest(name, context.customization_names)
            yield self.finding(
                request.span(CUSTOMIZATION),
                f"there is no folder account-customizations/{name}",
                request=request,
                hint=f"did you mean {close!r}?" if close else None,
            )
