"""F004: an override file changes requests behind everybody's back."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule
from aftgen.reader.folder import is_override


class OverrideFile(Rule):
    id = "F004"
    name = "override-file"
    title = "An override file changes requests"
    why = (
        "Terraform merges override.tf and *_override.tf over the other files: what AFT gets is not what the "
        "request says, and neither this check nor a reviewer of the request sees it."
    )
    fix = "write the values into the requests and remove the file"
    bad = """module "payments_prod" {
  source = "./modules/aft-account-request"
}
# --- account-requests/terraform/payments_override.tf
module "payments_prod" {
  account_customizations_name = "workload"
}
"""
    good = 'account_customizations_name = "workload"\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for file in context.files:
            name = file.source.path.rsplit("/", 1)[-1]
            if is_override(name) and (file.body.blocks or file.body.attributes or file.problems):
                yield self.about_file(file.source.path, "Terraform merges this file over the other files")
