"""C001: a custom field whose name Parameter Store refuses."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import custom_field_key_problems
from aftgen.reader.model import CUSTOM_FIELDS, Request


class FieldName(RequestRule):
    id = "C001"
    name = "custom-field-name"
    title = "Parameter Store refuses this custom field's name"
    why = (
        "AFT stores each field as /aft/account-request/custom-fields/<name>; PutParameter fails when the "
        "account exists."
    )
    fix = "use letters, digits and _ . - / only"
    bad = 'custom_fields = {\n  "cost centre" = "0042"\n}\n'
    good = 'custom_fields = {\n  cost_centre = "0042"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        fields = request.value(CUSTOM_FIELDS)
        if isinstance(fields, dict):
            for key in fields:
                for problem in custom_field_key_problems(key):
                    shown = f"{key}: {problem}" if key and len(key) <= 60 else problem
                    yield self.finding(request.key_span(CUSTOM_FIELDS, key), shown, request=request)
