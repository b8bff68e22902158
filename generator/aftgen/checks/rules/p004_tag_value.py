"""P004: a tag's value that aftgen.yaml does not allow."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.errors import nearest
from aftgen.reader.model import TAGS, Request

_CONFIG = "# --- aftgen.yaml\nversion: 1\npolicy:\n  tags:\n    env:\n      values: [dev, prod]\n"


class TagValue(RequestRule):
    id = "P004"
    name = "tag-value"
    title = "The organization does not allow this tag's value"
    why = "aftgen.yaml, policy.tags."
    fix = "use one of the allowed values"
    bad = 'account_tags = {\n  env = "production"\n}\n' + _CONFIG
    good = 'account_tags = {\n  env = "prod"\n}\n' + _CONFIG

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        rules = context.config.policy.tags
        tags = request.value(TAGS)
        if not rules or not isinstance(tags, dict):
            return
        for key, rule in rules.items():
            value = tags.get(key)
            problem = rule.problem(value) if isinstance(value, str) else None
            if problem:
                close = nearest(str(value), rule.values)
                yield self.finding(
                    request.span(TAGS, key),
                    f"the tag {key!r}: {problem} (aftgen.yaml)",
                    request=request,
                    hint=f"did you mean {close!r}?" if close else rule.description or None,
                )
