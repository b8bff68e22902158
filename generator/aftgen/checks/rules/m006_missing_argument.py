"""M006: a required argument or key is missing."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.errors import nearest
from aftgen.reader.model import (
    CHANGE_MANAGEMENT,
    CHANGE_MANAGEMENT_KEYS,
    CONTROL_TOWER,
    CONTROL_TOWER_KEYS,
    Request,
)

_REQUIRED = {CONTROL_TOWER: CONTROL_TOWER_KEYS, CHANGE_MANAGEMENT: CHANGE_MANAGEMENT_KEYS}


class MissingArgument(RequestRule):
    id = "M006"
    name = "missing-argument"
    title = "The request lacks something that AFT's module requires"
    why = "terraform plan stops at the first request that lacks it, and with it the requests of everybody."
    fix = "add it; AFT's module gives it no default"
    bad = """module "payments_prod" {
  source = "./modules/aft-account-request"

  change_management_parameters = {
    change_requested_by = "Ana"
  }
}
"""
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        for argument, keys in _REQUIRED.items():
            if argument not in request.block.body.attributes:
                yield self.finding(request.span(), f"the request has no {argument}", request=request)
                continue
            value = request.value(argument)
            if not isinstance(value, dict):
                continue
            missing = [key for key in keys if key not in value]
            if missing:
                extra = [key for key in value if key not in keys]
                close = next((key for key in extra if nearest(key, missing)), None)
                yield self.finding(
                    request.span(argument),
                    f"{argument} has no {', '.join(missing)}",
                    request=request,
                    hint=f"is {close!r} a typing slip?" if close else None,
                )
