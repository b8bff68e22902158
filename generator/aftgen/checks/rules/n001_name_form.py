"""N001: an account name that Control Tower or Service Catalog refuses."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import account_name_problems
from aftgen.reader.model import CONTROL_TOWER, Request


class NameForm(RequestRule):
    id = "N001"
    name = "name-form"
    title = "AWS refuses this account name"
    why = (
        "AFT makes the provisioned product's name of it, which Service Catalog limits to letters, digits, "
        "'.', '_' and '-', and Organizations to 50 characters; the pipeline is green and the account "
        "never appears (AFT issues 103 and 256). Of an account that exists already AFT checks no name "
        "(issue 374), but a request does not say whether its account exists: for an adopted account, "
        "ignore the rule on it, with that reason."
    )
    fix = "use 1 to 50 letters, digits, spaces, '.', '_' and '-', beginning with a letter or digit"
    bad = 'control_tower_parameters = {\n  AccountName = "payments+prod"\n}\n'
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        name = request.name
        if name is not None:
            for problem in account_name_problems(name):
                yield self.finding(request.span(CONTROL_TOWER, "AccountName"), problem, request=request)
