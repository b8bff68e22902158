"""P005: a tag that aftgen.yaml does not know."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.errors import nearest
from aftgen.reader.model import TAGS, Request

_CONFIG = "# --- aftgen.yaml\nversion: 1\npolicy:\n  tags:\n    owner: {}\n  other_tags: refuse\n"


class OtherTag(RequestRule):
    id = "P005"
    name = "other-tag"
    title = "The organization does not know this tag"
    why = (
        "aftgen.yaml, policy.other_tags: refuse. AFT never removes a tag that a request once gave (AFT "
        "issue 160)."
    )
    fix = "remove it, or add it to policy.tags in aftgen.yaml"
    bad = 'account_tags = {\n  Owner = "payments"\n}\n' + _CONFIG
    good = 'account_tags = {\n  owner = "payments"\n}\n' + _CONFIG

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        policy = context.config.policy
        tags = request.value(TAGS)
        if policy.other_tags != "refuse" or not isinstance(tags, dict):
            return
        for key in tags:
            if key not in policy.tags:
                close = nearest(key, list(policy.tags))
                yield self.finding(
                    request.key_span(TAGS, key),
                    f"the tag {key!r} is not one of the organization's (aftgen.yaml)",
                    request=request,
                    hint=f"did you mean {close!r}?" if close else None,
                )
