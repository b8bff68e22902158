"""F007: a template without which AFT's pipeline has no provider or no state."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import Rule

_TEMPLATES = {
    "backend": "Terraform's state is lost after the build, and the next run creates every request again",
    "aft-providers": "Terraform has no provider that may write AFT's table",
}


class MissingTemplate(Rule):
    id = "F007"
    name = "missing-template"
    title = "A template that AFT's pipeline renders is missing"
    why = (
        "AFT renders backend.jinja and aft-providers.jinja into the request folder. Without the backend "
        "the state is lost after each run, and the next one fails on every request with "
        "ConditionalCheckFailedException."
    )
    fix = "copy the file from AFT's own account-request repository"
    bad = "# --- account-requests/terraform/backend.jinja: missing\n"
    good = 'control_tower_parameters = {\n  AccountName = "payments-prod"\n}\n'

    def check(self, context: Context) -> Iterator[Finding]:
        if not context.names:
            return
        for stem, effect in _TEMPLATES.items():
            if f"{stem}.jinja" not in context.names and f"{stem}.tf" not in context.names:
                yield self.about_file(
                    f"{context.folder.path}/{stem}.jinja", f"this file is missing: {effect}"
                )
