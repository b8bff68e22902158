"""M003: a module label that only terraform init refuses."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule
from aftgen.reader.model import Span


def is_identifier(label: str) -> bool:
    """Whether Terraform takes a label: a letter or underscore, then letters, digits, underscores and dashes.

    Letters are Unicode's (identifiers of UAX 31), as in HCL itself; checked against Terraform 1.11.
    """
    return not label.startswith("-") and label.replace("-", "_").isidentifier()


class ModuleLabel(Rule):
    id = "M003"
    name = "module-label"
    title = "A module's label is not a name that Terraform takes"
    why = (
        "terraform fmt and most parsers accept any text as a label, terraform init refuses it: 'Invalid "
        "module instance name'. That stops the requests of everybody."
    )
    fix = "begin with a letter or '_' and use letters, digits, '_' and '-' only"
    bad = 'module "payments prod" {\n  source = "./modules/aft-account-request"\n}\n'
    good = 'module "payments-prod" {\n  source = "./modules/aft-account-request"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for calls in context.module_calls.values():
            for file, block in calls:
                if len(block.labels) != 1:
                    span = Span(file, block.start, max(block.header_end, block.start))
                    yield self.finding(span, f"a module block has one label, this has {len(block.labels)}")
                elif not is_identifier(block.labels[0].text):
                    label = block.labels[0]
                    yield self.finding(
                        Span(file, label.start, label.end),
                        f"Terraform refuses the module label {label.text!r}",
                    )
