"""B001: Terraform in the request folder that is not a request."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule
from aftgen.reader.folder import is_override
from aftgen.reader.model import ForeignBlock, Span

_KNOWN = frozenset(
    {"action", "check", "data", "ephemeral", "import", "list", "locals", "moved", "output", "provider"}
    | {"removed", "resource", "terraform", "variable"}
)


class ForeignTerraform(Rule):
    id = "B001"
    name = "foreign-block"
    title = "The request folder holds Terraform that is no request"
    why = (
        "AFT applies the folder, unreviewed by anything but the pull request, as a role that administers "
        "AFT's management account and can enter every other one. Request modules, locals and moved blocks "
        "are all that requests need; local modules around them may have variables and outputs."
    )
    fix = "remove it; Terraform for accounts belongs into the customizations"
    bad = 'data "aws_caller_identity" "current" {}\n'
    good = 'locals {\n  owner = "payments"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        modules = context.request_module_folders
        for foreign in context.folder.foreign:
            block, path = foreign.block, foreign.file.source.path
            folder, _, name = path.rpartition("/")
            if folder in modules or is_override(name) or f"{name.removesuffix('.tf')}.jinja" in context.names:
                # M012, F004 and F006 speak of these.
                continue
            if foreign.module_folder and block.type in ("variable", "output"):
                continue
            yield self.finding(_header(foreign), _message(block.type, foreign))


def _header(foreign: ForeignBlock) -> Span:
    block = foreign.block
    return Span(foreign.file, block.start, max(block.header_end, block.start))


def _message(block_type: str, foreign: ForeignBlock) -> str:
    if block_type == "module":
        label = foreign.block.labels[0].text if foreign.block.labels else ""
        return f"the module {label!r} is not AFT's request module and holds no requests"
    if block_type in _KNOWN:
        article = "an" if block_type[0] in "aeiou" else "a"
        return f"{article} {block_type!r} block would run with rights in every account"
    return f"Terraform knows no {block_type!r} block"
