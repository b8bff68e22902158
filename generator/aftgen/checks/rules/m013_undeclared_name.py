"""M013: a local value or variable that nothing declares."""

from collections.abc import Iterator
from posixpath import dirname

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.errors import nearest
from aftgen.hcl.nodes import Reference
from aftgen.reader.model import Request, Span


class UndeclaredName(RequestRule):
    id = "M013"
    name = "undeclared-name"
    title = "A local value or variable is not declared"
    why = (
        "terraform plan stops with 'Reference to undeclared local value', and with it the requests of "
        "everybody."
    )
    fix = "declare it, or correct the name"
    bad = "account_customizations_name = local.customization\n"
    good = """locals {
  customization = "workload"
}

module "payments_prod" {
  source                      = "./modules/aft-account-request"
  account_customizations_name = local.customization
}
"""

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        if request.is_known:
            return
        declared = context.declared_names(dirname(request.path))
        for attribute in request.block.body.attributes.values():
            for expr in attribute.value.walk():
                if not isinstance(expr, Reference) or expr.root not in declared or not expr.steps:
                    continue
                name = str(expr.steps[0])
                known = declared[expr.root]
                if name not in known:
                    close = nearest(name, sorted(known))
                    yield self.finding(
                        Span(request.file, expr.start, expr.end),
                        f"nothing declares {expr.root}.{name}",
                        request=request,
                        hint=f"did you mean {expr.root}.{close}?" if close else None,
                    )
