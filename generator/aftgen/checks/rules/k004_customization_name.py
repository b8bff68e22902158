"""K004: a customization's name that AFT's pipeline cannot use."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import customization_name_problems
from aftgen.reader.model import CUSTOMIZATION, Request


class CustomizationName(RequestRule):
    id = "K004"
    name = "customization-name"
    title = "AFT's pipeline cannot use this customization's name"
    why = (
        "The pipeline says cd $DEFAULT_PATH/$CUSTOMIZATION, unquoted: spaces and globs break it, '..' "
        "leaves the folder."
    )
    fix = "rename the folder to letters, digits, '_', '.' and '-'"
    bad = 'account_customizations_name = "work load"\n'
    good = 'account_customizations_name = "workload"\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        name = request.text(CUSTOMIZATION)
        if name:
            for problem in customization_name_problems(name):
                yield self.finding(request.span(CUSTOMIZATION), problem, request=request)
