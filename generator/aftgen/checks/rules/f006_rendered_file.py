"""F006: a file that AFT's pipeline renders is committed."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule


class RenderedFile(Rule):
    id = "F006"
    name = "rendered-file"
    title = "A file that AFT's pipeline renders is committed"
    why = (
        "The pipeline appends each rendered *.jinja to the .tf file of the same name "
        "(ct-aft-account-request.yml): a committed backend.tf ends up with two backend blocks, and "
        "terraform init stops the requests of everybody."
    )
    fix = "remove the file and list it in .gitignore; the template beside it is what AFT uses"
    bad = """# --- account-requests/terraform/backend.tf
terraform {
  backend "s3" {}
}
"""
    good = "# --- account-requests/terraform/backend.tf: missing\n"

    def check(self, context: Context) -> Iterator[Finding]:
        for file in context.folder.files:
            name = file.source.path.rsplit("/", 1)[-1]
            template = name.removesuffix(".tf") + ".jinja"
            if template in context.names and (file.body.blocks or file.body.attributes or file.problems):
                yield self.about_file(
                    file.source.path, f"AFT's pipeline appends the rendered {template} to this file"
                )
