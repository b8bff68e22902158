"""C003: a custom field whose value is not text."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.checks.rules.m009_wrong_type import describe
from aftgen.hcl.values import Unknown
from aftgen.reader.model import CUSTOM_FIELDS, Request


class FieldNotText(RequestRule):
    id = "C003"
    name = "custom-field-not-text"
    title = "A custom field's value is not text"
    why = (
        "custom_fields is map(any): numbers, bools, null, lists and objects pass Terraform where no text "
        "stands beside them, and boto3's PutParameter refuses them when the account exists (AFT issues "
        "130 and 213)."
    )
    fix = "write text in quotes, and jsonencode(…) around a list or object"
    bad = 'custom_fields = {\n  subnets = ["a", "b"]\n}\n'
    good = 'custom_fields = {\n  subnets = jsonencode(["a", "b"])\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        fields = request.value(CUSTOM_FIELDS)
        if isinstance(fields, dict):
            for key, value in fields.items():
                if not isinstance(value, str | Unknown):
                    yield self.finding(
                        request.span(CUSTOM_FIELDS, key),
                        f"the custom field {key!r} is {describe(value)}, not text",
                        request=request,
                    )
