"""K003: a customization without a file that AFT's pipeline uses."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule
from aftgen.limits import customization_name_problems
from aftgen.reader.model import CUSTOMIZATION


class CustomizationIncomplete(Rule):
    id = "K003"
    name = "customization-incomplete"
    title = "A customization lacks a file that AFT's pipeline uses"
    why = (
        "The pipeline sources both helpers, installs requirements.txt and applies terraform/ with its two "
        "templates without asking whether they are there (aft-account-customizations-terraform.yml): the "
        "account's build fails, or its Terraform state is lost after each run."
    )
    fix = "add the file; 'aftgen init customization' shows a complete folder"
    bad = """account_customizations_name = "workload"
# --- account-customizations/workload/api_helpers/python/requirements.txt: missing
"""
    good = 'account_customizations_name = "workload"\n'

    def check(self, context: Context) -> Iterator[Finding]:
        if not context.has_customizations:
            return
        used: dict[str, int] = {}
        for request in context.requests:
            name = request.text(CUSTOMIZATION)
            if name:
                used[name] = used.get(name, 0) + 1
        for name, count in used.items():
            if customization_name_problems(name):
                continue
            for missing in context.customization(name).missing:
                requests = "one request uses" if count == 1 else f"{count} requests use"
                yield self.about_file(
                    f"account-customizations/{name}/{missing}",
                    f"this file is missing, and {requests} the customization",
                    key="missing",
                )
