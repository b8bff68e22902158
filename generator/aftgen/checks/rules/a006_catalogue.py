"""A006: the catalogue of identity-center/ cannot be used."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule


class CatalogueRefused(Rule):
    id = "A006"
    name = "catalogue"
    title = "The files of identity-center/ cannot be used"
    why = (
        "Every account's pipeline reads them whole or refuses to run; here, no declaration is checked "
        "against them."
    )
    fix = "correct the file"
    bad = "# --- global-customizations/identity-center/access.yaml\nidentity_center: {}\nnonsense: true\n"
    good = "custom_fields = {\n  access = jsonencode({ version = 1, grants = {} })\n}\n"

    def check(self, context: Context) -> Iterator[Finding]:
        reported = {problem.path for problem in context.configuration_problems}
        for problem in context.catalogue_problems:
            if problem.path in reported:
                # G001 speaks of organization.yaml.
                continue
            yield self.about_file(problem.path, problem.message, line=problem.line, column=problem.column)
