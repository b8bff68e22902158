"""P002: an account email against aftgen.yaml's pattern."""

import re
from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import CONTROL_TOWER, Request


class EmailPolicy(RequestRule):
    id = "P002"
    name = "email-policy"
    title = "The account email is not of the organization's form"
    why = (
        "aftgen.yaml, policy.email_pattern. Whoever reads this mailbox can reset the account's root password."
    )
    fix = "use an address that matches the pattern"
    bad = """control_tower_parameters = {
  AccountEmail = "ana@elsewhere.example"
}
# --- aftgen.yaml
version: 1
policy:
  email_pattern: "aws\\\\+.+@example\\\\.com"
"""
    good = bad.replace("ana@elsewhere.example", "aws+payments@example.com")

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        pattern, email = context.config.policy.email_pattern, request.email
        if pattern is not None and email is not None and re.fullmatch(pattern, email) is None:
            yield self.finding(
                request.span(CONTROL_TOWER, "AccountEmail"),
                f"the account email {email!r} does not match {pattern} (aftgen.yaml)",
                request=request,
            )
