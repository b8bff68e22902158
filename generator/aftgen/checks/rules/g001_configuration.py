"""G001: aftgen.yaml or organization.yaml cannot be used."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule


class Configuration(Rule):
    id = "G001"
    name = "configuration"
    title = "A configuration file cannot be used"
    why = (
        "aftgen.yaml or organization.yaml: policy that cannot be read is not applied: no request is "
        "checked against it."
    )
    fix = "correct the file"
    bad = "# --- aftgen.yaml\nversion: 1\npolicies: {}\n"
    good = "# --- aftgen.yaml\nversion: 1\npolicy: {}\n"

    def check(self, context: Context) -> Iterator[Finding]:
        for problem in context.configuration_problems:
            yield self.about_file(
                problem.path,
                problem.message,
                line=problem.line,
                column=problem.column,
                hint=problem.hint or None,
            )
