"""M005: an argument that the request module does not declare."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.errors import nearest
from aftgen.reader.model import Request, Span

_META = frozenset({"source", "version", "for_each", "count", "providers", "depends_on"})


class UnknownArgument(RequestRule):
    id = "M005"
    name = "unknown-argument"
    title = "The request module has no such argument"
    why = "terraform plan stops with 'Unsupported argument', and with it the requests of everybody."
    fix = "remove it; values of your own go into custom_fields"
    bad = 'account_tag = {\n  owner = "payments"\n}\n'
    good = 'account_tags = {\n  owner = "payments"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        body = request.block.body
        known = context.module_arguments(request)
        for name, attribute in body.attributes.items():
            if name in known or name in _META:
                continue
            close = nearest(name, sorted(known))
            yield self.finding(
                Span(request.file, attribute.start, attribute.start + len(name.encode())),
                f"the request module has no argument {name!r}",
                request=request,
                hint=f"did you mean {close}?" if close else None,
            )
        for block in body.blocks:
            yield self.finding(
                Span(request.file, block.start, max(block.header_end, block.start)),
                f"a module block holds no {block.type!r} block",
                request=request,
                hint=f"write {block.type} = {{ … }}" if block.type in known else "remove it",
            )
