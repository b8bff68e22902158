"""T002: a tag that Organizations refuses."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import tag_problems
from aftgen.reader.model import TAGS, Request


class TagForm(RequestRule):
    id = "T002"
    name = "tag-form"
    title = "Organizations refuses this tag"
    why = (
        "TagResource takes all tags or none: one bad tag and the account, which exists by then, has none "
        "of them."
    )
    fix = "use letters, digits, spaces and _ . : / = + - @, and no key that begins with 'aws:'"
    bad = 'account_tags = {\n  owner = "payments, billing"\n}\n'
    good = 'account_tags = {\n  owner = "payments/billing"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        tags = request.value(TAGS)
        if not isinstance(tags, dict):
            return
        for key, value in tags.items():
            for problem in tag_problems(key, value if isinstance(value, str) else ""):
                about_key = problem.startswith(("a tag key", "tag keys", "the tag key"))
                span = request.key_span(TAGS, key) if about_key else request.span(TAGS, key)
                yield self.finding(span, f"{key}: {problem}" if key else problem, request=request)
