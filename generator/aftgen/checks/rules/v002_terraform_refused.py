"""V002: Terraform itself refuses the requests."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule


class TerraformRefused(Rule):
    id = "V002"
    name = "terraform-refused"
    title = "Terraform refuses to evaluate the requests"
    why = (
        "The values of a request were asked of real Terraform, and it gave an error: AFT's apply gives "
        "the same."
    )
    fix = "correct what Terraform names"
    bad = 'account_customizations_name = lookup({}, "payments")\n'
    good = 'account_customizations_name = "workload"\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for problem in context.evaluation_problems:
            if problem.span is None:
                yield self.about_file(context.folder.path, f"Terraform: {problem.message}")
            else:
                yield self.finding(problem.span, f"Terraform: {problem.message}")
