"""N003: two account names that make one provisioned product's name."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.duplicates import alike, named
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule
from aftgen.limits import provisioned_product_name
from aftgen.reader.model import CONTROL_TOWER


class SameProductName(Rule):
    id = "N003"
    name = "same-product-name"
    title = "Two account names become one provisioned product's name"
    why = (
        "AFT replaces spaces by hyphens (account_request_framework.py): 'a b' and 'a-b' are one product "
        "in Service Catalog, which must be unique; the second request ends in AFT's dead-letter queue."
    )
    fix = "make the names differ by more than spaces and hyphens"
    bad = """module "first" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountName = "payments prod"
  }
}

module "second" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountName = "payments-prod"
  }
}
"""
    good = 'control_tower_parameters = {\n  AccountName = "payments prod"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for request, name, others, total in alike(context.requests, provisioned_product_name):
            product = provisioned_product_name(name)
            yield self.finding(
                request.span(CONTROL_TOWER, "AccountName"),
                f"{name!r} and {others[0].name!r} both become the product {product!r}: "
                f"{named(context, others, total, 'AccountName')}",
                request=request,
                key=product,
            )
