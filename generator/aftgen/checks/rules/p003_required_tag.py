"""P003: a tag that aftgen.yaml requires."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import TAGS, Request

_CONFIG = "# --- aftgen.yaml\nversion: 1\npolicy:\n  tags:\n    cost-center:\n      required: true\n"


class RequiredTag(RequestRule):
    id = "P003"
    name = "required-tag"
    title = "A tag that the organization requires is missing"
    why = "aftgen.yaml, policy.tags."
    fix = "add the tag"
    bad = 'account_tags = {\n  owner = "payments"\n}\n' + _CONFIG
    good = 'account_tags = {\n  cost-center = "0042"\n}\n' + _CONFIG

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        rules = context.config.policy.tags
        tags = request.value(TAGS)
        if not rules or not isinstance(tags, dict):
            return
        for key, rule in rules.items():
            if rule.required and key not in tags:
                other = next((tag for tag in tags if tag.casefold() == key.casefold()), None)
                hint = rule.description or None
                if other is not None:
                    hint = f"rename the tag {other!r}"
                yield self.finding(
                    request.span(TAGS),
                    f"the tag {key!r} is missing (aftgen.yaml)",
                    request=request,
                    hint=hint,
                )
