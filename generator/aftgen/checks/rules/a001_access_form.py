"""A001: an access declaration that the pipeline cannot read."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import CUSTOM_FIELDS, Request


class AccessForm(RequestRule):
    id = "A001"
    name = "access-form"
    title = "The access declaration cannot be read"
    why = "The account's pipeline refuses it whole and changes nothing, after the account was made."
    fix = 'write access = jsonencode({ version = 1, grants = { ReadOnlyAccess = ["group:auditors"] } })'
    bad = "custom_fields = {\n  access = jsonencode({ version = 2, grants = {} })\n}\n"
    good = "custom_fields = {\n  access = jsonencode({ version = 1, grants = {} })\n}\n"

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        for problem in context.access(request).problems:
            yield self.finding(request.span(CUSTOM_FIELDS, "access"), f"access: {problem}", request=request)
