"""P001: an account name against aftgen.yaml's pattern."""

import re
from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import CONTROL_TOWER, Request


class NamePolicy(RequestRule):
    id = "P001"
    name = "name-policy"
    title = "The account name is not of the organization's form"
    why = "aftgen.yaml, policy.name_pattern. An account's name cannot be changed through AFT once it exists."
    fix = "choose a name that matches the pattern"
    bad = """control_tower_parameters = {
  AccountName = "Payments"
}
# --- aftgen.yaml
version: 1
policy:
  name_pattern: "[a-z][a-z0-9-]*"
"""
    good = """control_tower_parameters = {
  AccountName = "payments-prod"
}
# --- aftgen.yaml
version: 1
policy:
  name_pattern: "[a-z][a-z0-9-]*"
"""

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        pattern, name = context.config.policy.name_pattern, request.name
        if pattern is not None and name is not None and re.fullmatch(pattern, name) is None:
            yield self.finding(
                request.span(CONTROL_TOWER, "AccountName"),
                f"the account name {name!r} does not match {pattern} (aftgen.yaml)",
                request=request,
            )
