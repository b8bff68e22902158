"""F008: a template that AFT renders into Terraform which nobody reviewed."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule

_OURS = frozenset({"backend.jinja", "aft-providers.jinja"})


class ExtraTemplate(Rule):
    id = "F008"
    name = "extra-template"
    title = "Another template lies among the requests"
    why = (
        "AFT's pipeline renders every *.jinja of the folder, whatever its README says, and Terraform then "
        "runs the result with rights in every account. No check can see what it will be."
    )
    fix = "write the requests as .tf files and remove the template"
    bad = '# --- account-requests/terraform/accounts.jinja\nmodule "a" {}\n'
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        for name in sorted(context.names):
            if name.endswith(".jinja") and name not in _OURS:
                yield self.about_file(
                    f"{context.folder.path}/{name}",
                    f"AFT's pipeline renders this into {name[:-6]}.tf, which cannot be checked",
                )
