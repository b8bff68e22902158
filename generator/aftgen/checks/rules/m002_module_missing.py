"""M002: the module that the request calls is not there."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import Request


class ModuleMissing(RequestRule):
    id = "M002"
    name = "module-missing"
    title = "The module that the request calls is not in the repository"
    why = "terraform init stops with 'Unreadable module directory', and with it the requests of everybody."
    fix = "copy modules/aft-account-request from AFT's own account-request repository, or correct the path"
    bad = """module "payments_prod" {
  source = "./modules/aft-account-requests"
}
"""
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        folder = context.module_folder(request)
        if folder is None or context.leaves_published(folder):
            return
        if not context.is_folder(folder):
            yield self.finding(request.span("source"), f"there is no folder {folder}", request=request)
