"""T003: a tag whose value is not text."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.checks.rules.m009_wrong_type import describe
from aftgen.hcl.values import Unknown
from aftgen.reader.model import TAGS, Request


class TagNotText(RequestRule):
    id = "T003"
    name = "tag-not-text"
    title = "A tag's value is not text"
    why = (
        "account_tags is map(any): numbers, bools, null and lists pass Terraform where no text stands "
        "beside them, and boto3 refuses them when the account exists ('valid types: <class 'str'>')."
    )
    fix = "write the value in quotes"
    bad = "account_tags = {\n  managed = true\n}\n"
    good = 'account_tags = {\n  managed = "true"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        tags = request.value(TAGS)
        if isinstance(tags, dict):
            for key, value in tags.items():
                if not isinstance(value, str | Unknown):
                    yield self.finding(
                        request.span(TAGS, key),
                        f"the tag {key!r} is {describe(value)}, not text",
                        request=request,
                    )
