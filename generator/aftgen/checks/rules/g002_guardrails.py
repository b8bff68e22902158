"""G002: the files of service-control-policies/ cannot be used."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule

_DOCUMENT = """\
# --- global-customizations/service-control-policies/no-root-user.json
{
  "Version": "2012-10-17",
  "Statement": {
    "Effect": "Deny",
    "Action": "*",
    "Resource": "*",
    "Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:root"}}
  }
}
"""


class Guardrails(Rule):
    id = "G002"
    name = "guardrails"
    title = "The files of service-control-policies/ cannot be used"
    why = (
        "Publishing reads them whole or changes no policy, and Organizations refuses a document that is no "
        "service control policy or is too long (Organizations User Guide, 'SCP syntax' and 'Quotas')."
    )
    fix = "correct the file"
    bad = (
        "# --- global-customizations/service-control-policies/guardrails.yaml\n"
        "policies:\n"
        "  no-root-user:\n"
        "    description: Root users do nothing\n"
        "    attach: [{ous: [Wrokloads]}]\n" + _DOCUMENT
    )
    good = bad.replace("Wrokloads", "Workloads")

    def check(self, context: Context) -> Iterator[Finding]:
        reported = {problem.path for problem in context.configuration_problems}
        for problem in context.guardrail_problems[0]:
            if problem.path not in reported:  # G001 speaks of organization.yaml
                yield self.about_file(problem.path, problem.message, line=problem.line, column=problem.column)
