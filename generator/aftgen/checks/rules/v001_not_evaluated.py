"""V001: a request whose values nobody evaluated."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import EvaluatedBy, Request


class NotEvaluated(RequestRule):
    id = "V001"
    name = "not-evaluated"
    severity = Severity.WARNING
    title = "Some values of the request are known to Terraform only"
    why = (
        "The reader follows literals, locals, variables, merge() and jsonencode(). What a function, a "
        "loop or a file makes of a value is asked of Terraform, when it is on PATH, in a folder without "
        "network or credentials. Nothing is guessed: rules about a value that is not known say nothing."
    )
    fix = "put terraform on PATH, or write the value out"
    bad = "account_customizations_name = lower(data.external.name.result.name)\n"
    good = 'account_customizations_name = "workload"\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        if request.evaluated_by is not EvaluatedBy.NOTHING:
            return
        unknown = request.unknown
        what = request.reason or (unknown.reason if unknown else "an expression")
        because = f" ({context.not_evaluated_because})" if context.not_evaluated_because else ""
        yield self.finding(
            request.span(),
            f"the request is not evaluated: it depends on {what}{because}",
            request=request,
            key=what,
        )
