"""F003: a request lies where AFT never reads it."""

from collections.abc import Iterator
from pathlib import PurePosixPath

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.rule import Rule

#: Folders in which requests are samples more often than requests.
_SAMPLES = frozenset(
    {"example", "examples", "sample", "samples", "doc", "docs", "test", "tests", "template", "templates"}
)


class NeverLoaded(Rule):
    id = "F003"
    name = "never-loaded"
    title = "AFT never reads this request"
    why = (
        "AFT runs Terraform in terraform/ at the root of the account-request repository, and Terraform "
        "reads no sub-folder that no module calls. The pipeline is green and the account never appears. "
        "Requests in folders for samples are only warned about."
    )
    fix = "move the file to account-requests/terraform/ (terraform/ in a plain AFT repository)"
    bad = """# --- account-requests/terraform/prod/payments.tf
module "payments_prod" {
  source = "../modules/aft-account-request"
}
"""
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for found in context.folder.never_loaded:
            sample = _SAMPLES.intersection(PurePosixPath(found.path).parts[:-1])
            severity = Severity.WARNING if sample else Severity.ERROR
            yield self.about_file(
                found.path, f"the requests in this file are never loaded: {found.why}", severity=severity
            )
