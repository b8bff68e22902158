"""M004: two module blocks, or two locals, with one name."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.duplicates import places
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule
from aftgen.hcl.nodes import File
from aftgen.reader.folder import is_override
from aftgen.reader.model import Span


class DuplicateLabel(Rule):
    id = "M004"
    name = "duplicate-label"
    title = "A module label or a local value is declared twice"
    why = (
        "All files of the folder are one Terraform module: terraform init stops with 'Duplicate module "
        "call' or 'Duplicate local value definition', and with it the requests of everybody."
    )
    fix = "give one of them another name"
    bad = """module "payments" {
  source = "./modules/aft-account-request"
}
# --- account-requests/terraform/second.tf
module "payments" {
  source = "./modules/aft-account-request"
}
"""
    good = """module "payments_dev" {
  source = "./modules/aft-account-request"
}
# --- account-requests/terraform/second.tf
module "payments_prod" {
  source = "./modules/aft-account-request"
}
"""

    def check(self, context: Context) -> Iterator[Finding]:
        for calls in context.module_calls.values():
            labels: dict[str, list[Span]] = {}
            for file, block in calls:
                if len(block.labels) == 1:
                    label = block.labels[0]
                    labels.setdefault(label.text, []).append(Span(file, label.start, label.end))
            yield from self._twice(context, "the module label", labels)
        for files in (context.folder.files, *context.folder.modules.values()):
            yield from self._twice(context, "the local value", _locals(files))

    def _twice(self, context: Context, what: str, declared: dict[str, list[Span]]) -> Iterator[Finding]:
        for name, spans in declared.items():
            if len(spans) < 2:
                continue
            for span in spans:
                others = places(context, spans, span)
                yield self.finding(
                    span, f"{what} {name!r} is also declared at {others}", key=f"{what} {name}"
                )


def _locals(files: tuple[File, ...]) -> dict[str, list[Span]]:
    found: dict[str, list[Span]] = {}
    for file in files:
        if is_override(file.source.path.rsplit("/", 1)[-1]):
            continue
        for block in file.body.of_type("locals"):
            for name, attribute in block.body.attributes.items():
                span = Span(file, attribute.start, attribute.start + len(name.encode()))
                found.setdefault(name, []).append(span)
    return found
