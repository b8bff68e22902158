"""F002: Terraform would not parse the file."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule
from aftgen.reader.model import Span

#: Problems reported of one file: the later ones mostly follow from the first.
_PROBLEMS_MAX = 10


class InvalidSyntax(Rule):
    id = "F002"
    name = "syntax-error"
    title = "The file is not valid Terraform"
    why = (
        "terraform init stops at the first file that it cannot parse, and with it the requests of everybody: "
        "19 commits in 10 public request repositories pushed such a file to their main branch."
    )
    fix = "correct the syntax; 'terraform fmt' refuses the same file"
    bad = """module "payments_prod" {
  source = "./modules/aft-account-request"

  account_tags = {
    owner = "payments"
}
"""
    good = 'account_tags = {\n  owner = "payments"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for file in context.files:
            for problem in file.problems[:_PROBLEMS_MAX]:
                yield self.finding(Span(file, problem.start, problem.end), problem.message)
            if not file.problems:
                for attribute in file.body.attributes.values():
                    yield self.finding(
                        Span(file, attribute.start, attribute.start + len(attribute.name.encode())),
                        f"the argument {attribute.name!r} stands outside any block",
                    )
