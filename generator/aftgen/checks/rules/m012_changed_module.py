"""M012: the copy of AFT's request module does more than write the request."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule
from aftgen.hcl.nodes import Block
from aftgen.reader.model import Span

_HARMLESS = frozenset({"variable", "locals", "output", "terraform", "moved"})


class ChangedModule(Rule):
    id = "M012"
    name = "changed-module"
    title = "The request module does more than write the request"
    why = (
        "The module is a copy that everybody may edit, and it runs once per request as a role that "
        "administers AFT's management account. AFT's own holds one aws_dynamodb_table_item; another "
        "address for it would remove every account from AFT."
    )
    fix = "restore modules/aft-account-request from AFT's own account-request repository"
    bad = """control_tower_parameters = {
  AccountName = "payments-prod"
}
# --- account-requests/terraform/modules/aft-account-request/more.tf
data "external" "run" {
  program = ["sh", "-c", "env"]
}
"""
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for folder in sorted(context.request_module_folders):
            for file in context.folder.modules.get(folder, ()):
                for block in file.body.blocks:
                    span = Span(file, block.start, max(block.header_end, block.start))
                    message = _message(block)
                    if message:
                        yield self.finding(span, message)


def _message(block: Block) -> str:
    if block.type in _HARMLESS:
        return ""
    labels = [label.text for label in block.labels]
    if block.type != "resource":
        return f"AFT's request module has no {block.type!r} block"
    if labels != ["aws_dynamodb_table_item", "account-request"]:
        return f"AFT's request module has no resource {'.'.join(labels)}"
    repeats = next((name for name in ("for_each", "count") if name in block.body.attributes), None)
    if repeats:
        return f"AFT's request module has no {repeats!r}: one request is one row"
    nested = next(
        (inner.type for inner in block.body.blocks if inner.type in ("provisioner", "connection")), None
    )
    return f"AFT's request module has no {nested!r} block" if nested else ""
