"""The organization's own files, as text made from answers."""

import json
import re
from importlib.resources import files
from string import Template

from aftgen.setup.answers import Answers

#: Path in the repository to the template that makes it.
TEMPLATES = {
    "aftgen.yaml": "aftgen.yaml.txt",
    "global-customizations/organization.yaml": "organization.yaml.txt",
    "global-customizations/identity-center/access.yaml": "access.yaml.txt",
}
CODEOWNERS = ".github/CODEOWNERS"
GUARDRAILS = "global-customizations/service-control-policies/guardrails.yaml"
EXAMPLE_OWNER = "@example/platform-admins"


def make(answers: Answers) -> dict[str, str]:
    """Path in the repository to its text."""
    values = {
        "email": _quoted(answers.email),
        "email_pattern": _quoted(email_pattern(answers.email)),
        "sso_email": _quoted(answers.sso_email),
        "sso_first_name": _quoted(answers.sso_first_name),
        "sso_last_name": _quoted(answers.sso_last_name),
        "sso_users": _quoted(f"*@{answers.sso_email.rpartition('@')[2]}"),
        "home_region": answers.home_region,
        "repository": _quoted(answers.repository),
        "organizational_units": "\n".join(
            f"  {_quoted(path)}: {identifier}" for path, identifier in sorted(answers.ous.items())
        )
        or "  {}",
    }
    templates = files("aftgen") / "scaffolds" / "organization"
    return {
        path: Template((templates / name).read_text("utf-8")).substitute(values)
        for path, name in TEMPLATES.items()
    }


def owners(text: str, answers: Answers) -> str:
    """CODEOWNERS with the organization's owners in the example's place."""
    return text.replace(EXAMPLE_OWNER, " ".join(answers.owners.split()))


def unattached(text: str) -> str:
    """Guardrails with no policy attached anywhere: where they bind is for the organization to decide."""
    return re.sub(r"(?m)^(?P<indent> +)attach:\n(?:(?P=indent) +.*\n)+", r"\g<indent>attach: []\n", text)


def email_pattern(template: str) -> str:
    """The pattern that the emails of a template match."""
    return "[a-z0-9.-]+".join(re.escape(part) for part in template.split("{name}"))


def _quoted(text: str) -> str:
    """Text as YAML: plain where it can only be read as that text, else in double quotes (JSON is YAML)."""
    if re.fullmatch(r"[A-Za-z][\w.+/-]*( [\w.+/-]+)*", text, re.ASCII) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=False)


#: What other readers of YAML than ours would take for something else than text.
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
