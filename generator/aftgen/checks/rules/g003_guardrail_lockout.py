"""G003: a service control policy can lock out AFT, Control Tower or StackSets."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule


class GuardrailLockout(Rule):
    id = "G003"
    name = "guardrail-lockout"
    title = "A Deny can reach the roles of AFT or Control Tower"
    why = (
        "AFT and Control Tower enter every account through roles that service control policies bind: the "
        "next account is not vended, or the next customization fails, with an AccessDenied that names no "
        "policy (AFT reference, roles behind its profiles)."
    )
    fix = (
        "add a condition ArnNotLike on aws:PrincipalArn with AWSAFT*, AWSControlTower*, aws-controltower-* "
        "and stacksets-exec-*, or have an exception reviewed in guardrails.yaml"
    )
    bad = (
        "# --- global-customizations/service-control-policies/guardrails.yaml\n"
        "policies:\n"
        "  keep-trails:\n"
        "    description: Trails stay as they are\n"
        "    attach: [{ous: [Workloads]}]\n"
        "# --- global-customizations/service-control-policies/keep-trails.json\n"
        "{\n"
        '  "Version": "2012-10-17",\n'
        '  "Statement": {\n'
        '    "Sid": "KeepTrails",\n'
        '    "Effect": "Deny",\n'
        '    "Action": "cloudtrail:DeleteTrail",\n'
        '    "Resource": "*"\n'
        "  }\n"
        "}\n"
    )
    good = bad.replace(
        '"Resource": "*"\n',
        '"Resource": "*",\n'
        '    "Condition": {\n'
        '      "ArnNotLike": {\n'
        '        "aws:PrincipalArn": [\n'
        '          "arn:aws:iam::*:role/AWSAFT*",\n'
        '          "arn:aws:iam::*:role/AWSControlTower*",\n'
        '          "arn:aws:iam::*:role/aws-controltower-*",\n'
        '          "arn:aws:iam::*:role/stacksets-exec-*"\n'
        "        ]\n"
        "      }\n"
        "    }\n",
    )

    def check(self, context: Context) -> Iterator[Finding]:
        for problem in context.guardrail_problems[1]:
            yield self.about_file(problem.path, problem.message, line=problem.line, column=problem.column)
