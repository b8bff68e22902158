"""K002: a customization's name in another case than its folder's."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import customization_name_problems
from aftgen.reader.model import CUSTOMIZATION, Request


class CustomizationCase(RequestRule):
    id = "K002"
    name = "customization-case"
    title = "The customization's folder is written in another case"
    why = (
        "AFT's pipeline runs on Linux, where 'Sandbox' is not 'sandbox': it stops after the account was made."
    )
    fix = "write the name as the folder has it"
    bad = 'account_customizations_name = "Workload"\n'
    good = 'account_customizations_name = "workload"\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        name = request.text(CUSTOMIZATION)
        if not name or not context.has_customizations or customization_name_problems(name):
            return
        found = context.customization(name)
        if found.other_case is not None:
            yield self.finding(
                request.span(CUSTOMIZATION),
                f"the folder is account-customizations/{found.other_case}",
                request=request,
                hint=f"write {found.other_case!r}",
            )
