"""F005: requests in JSON syntax."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.rule import Rule


class JsonFile(Rule):
    id = "F005"
    name = "json-syntax"
    severity = Severity.WARNING
    title = "A file is written in Terraform's JSON syntax"
    why = (
        "AFT loads *.tf.json, but its build log shows *.tf only, findings in it have no line, and it can "
        "hold no comment: nothing in it can be ignored with a reason."
    )
    fix = "write the requests in Terraform's native syntax"
    bad = """# --- account-requests/terraform/more.tf.json
{"locals": {"owner": "payments"}}
"""
    good = 'locals {\n  owner = "payments"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for file in context.files:
            if file.source.path.endswith(".tf.json"):
                yield self.about_file(file.source.path, "this file is written in Terraform's JSON syntax")
