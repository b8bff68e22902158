"""M001: the request's module source is not one that Terraform and AFT can use."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.reader.model import Request
from aftgen.repository import REQUEST_MODULE_SOURCE


class ModuleSource(RequestRule):
    id = "M001"
    name = "module-source"
    title = "The request's module source cannot be used"
    why = (
        "AFT's request module is a copy inside the request repository and is published nowhere: registry "
        "names for it are invented, and another repository's code would run with AFT's rights. Terraform "
        "takes a local path only with './' or '../', and no variables in it."
    )
    fix = f'write source = "{REQUEST_MODULE_SOURCE}"'
    bad = """module "payments_prod" {
  source = "aws-ia/control_tower_account_factory/aws//modules/aft-account-request"
}
"""
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        attribute = request.block.body.attributes.get("source")
        if attribute is None:
            yield self.finding(request.span(), "the request has no module source", request=request)
            return
        source = context.source(request)
        message = ""
        if source is None:
            message = "a module source must be plain text: Terraform takes no variables here"
        elif not source.startswith(("./", "../")):
            if source.startswith("modules/") or context.is_folder(f"{context.folder.path}/{source}"):
                message = f"Terraform takes {source!r} for a registry address: a local path begins with './'"
            else:
                message = f"{source!r} is not a module of this repository"
        elif context.leaves_published(context.module_folder(request) or ""):
            message = f"{source!r} leads out of what AFT clones ({context.published or 'this repository'})"
        if message:
            yield self.finding(request.span("source"), message, request=request)
        elif "version" in request.block.body.attributes:
            yield self.finding(
                request.span("version"),
                "Terraform refuses a version for a local module",
                request=request,
                hint="remove the version",
            )
