"""F009: something that looks like a credential stands in a request."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.redaction import secrets_in
from aftgen.checks.rule import Rule
from aftgen.reader.model import Span


class Secret(Rule):
    id = "F009"
    name = "secret"
    severity = Severity.WARNING
    title = "A file holds what looks like a credential"
    why = (
        "AFT's pipeline prints every .tf file into its build log, the values stand in DynamoDB and "
        "Terraform's state, and custom fields become plain String parameters in the account."
    )
    fix = "revoke it, keep its successor in Secrets Manager, and put that secret's name here"
    bad = 'custom_fields = {\n  deploy_key = "AKIAIOSFODNN7EXAMPLE"\n}\n'
    good = 'custom_fields = {\n  deploy_key_secret = "payments/deploy-key"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for file in context.files:
            for start, end in secrets_in(file.source.data):
                yield self.finding(
                    Span(file, start, end), "this looks like a credential (its value is not shown)"
                )
