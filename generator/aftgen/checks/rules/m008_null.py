"""M008: null where AFT needs a value."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import ARGUMENTS, CHANGE_MANAGEMENT, CONTROL_TOWER, Request


class Null(RequestRule):
    id = "M008"
    name = "null-argument"
    title = "An argument is null"
    why = (
        "null passes Terraform's types, and no default takes its place: AFT's module writes {\"S\": null}, "
        "which is no DynamoDB string, or the JSON text 'null', on which AFT's functions fail when the "
        "account exists."
    )
    fix = "write a value, or leave an optional argument out"
    bad = "account_tags = null\n"
    good = "account_tags = {}\n"

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        for argument in ARGUMENTS:
            if argument not in request.block.body.attributes:
                continue
            value = request.value(argument)
            if value is None:
                yield self.finding(request.span(argument), f"{argument} is null", request=request)
            elif argument in (CONTROL_TOWER, CHANGE_MANAGEMENT) and isinstance(value, dict):
                for key, item in value.items():
                    if item is None:
                        yield self.finding(request.span(argument, key), f"{key} is null", request=request)
