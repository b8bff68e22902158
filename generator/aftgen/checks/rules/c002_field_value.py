"""C002: a custom field whose value Parameter Store refuses."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import custom_field_value_problems
from aftgen.reader.model import CUSTOM_FIELDS, Request


class FieldValue(RequestRule):
    id = "C002"
    name = "custom-field-value"
    title = "Parameter Store refuses this custom field's value"
    why = (
        "PutParameter takes 1 to 4,096 bytes in its standard tier, and no '{{': it fails when the account "
        "exists, and the other fields are not written either."
    )
    fix = "leave an empty field out; split a long one; write no '{{'"
    bad = 'custom_fields = {\n  motd = ""\n}\n'
    good = 'custom_fields = {\n  motd = "welcome"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        fields = request.value(CUSTOM_FIELDS)
        if isinstance(fields, dict):
            for key, value in fields.items():
                if isinstance(value, str):
                    for problem in custom_field_value_problems(value):
                        yield self.finding(
                            request.span(CUSTOM_FIELDS, key), f"{key}: {problem}", request=request
                        )
