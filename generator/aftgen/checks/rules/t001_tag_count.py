"""T001: more tags than an account can have."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.limits import tags_problems
from aftgen.reader.model import TAGS, Request


class TagCount(RequestRule):
    id = "T001"
    name = "tag-count"
    title = "The request has more tags than an account can have"
    why = "Organizations allows 50 tags; TagResource refuses all of them, after the account exists."
    fix = "keep at most 50; what is no tag fits into custom_fields"
    bad = "account_tags = {\n" + "".join(f'  tag{number} = "x"\n' for number in range(51)) + "}\n"
    good = 'account_tags = {\n  owner = "payments"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        tags = request.value(TAGS)
        if isinstance(tags, dict):
            for problem in tags_problems(tags):
                yield self.finding(request.span(TAGS), problem, request=request)
