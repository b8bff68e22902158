"""What a person says about the organization, and what is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from aftgen import limits
from aftgen.config import Defaults

#: The questions, in order: field, what to ask, an example.
QUESTIONS = (
    ("email", "Email of an account, {name} standing for its name", "aws+{name}@example.com"),
    ("sso_email", "SSO user that Control Tower makes every account's administrator", "aws@example.com"),
    ("sso_first_name", "That user's first name", "AWS"),
    ("sso_last_name", "That user's last name", "Admins"),
    ("home_region", "AFT's home region (ct_home_region)", "eu-west-1"),
    ("repository", "This repository as AFT names it", "my-org/aws-accounts"),
    ("owners", "Who must review what runs with rights", "@my-org/platform"),
)
_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
_REPOSITORY = re.compile(r"[\w.-]+(/[\w.-]+)*")
_OWNER = re.compile(r"@[\w.-]+(/[\w.-]+)*|[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Everything that `aftgen.yaml` and its neighbours need. ``ous`` is path to id."""

    email: str
    sso_email: str
    sso_first_name: str
    sso_last_name: str
    home_region: str
    repository: str
    owners: str
    ous: Mapping[str, str]


def problem(field: str, value: str) -> str | None:
    """Why a text cannot be this field's, or None."""
    if field == "email":
        if "{name}" not in value:
            return "it holds no {name}: every account needs its own address"
        return _first(limits.email_problems(Defaults(email=value).email_for("payments-prod") or ""))
    if field == "sso_email":
        return _first(limits.sso_email_problems(value))
    if field in ("sso_first_name", "sso_last_name"):
        return _first(limits.sso_name_problems(value))
    if field == "home_region":
        return None if _REGION.fullmatch(value) else "it is no region's name, such as eu-west-1"
    if field == "repository":
        return None if _REPOSITORY.fullmatch(value) else "it is no repository's name, such as my-org/accounts"
    words = value.split()
    if words and all(map(_OWNER.fullmatch, words)):
        return None
    return "owners are @user, @org/team or an email address, with spaces between them"


def ou(text: str) -> tuple[str, str]:
    """``PATH=ID`` as its two. Raises ValueError with what is wrong."""
    path, separator, identifier = (part.strip() for part in text.rpartition("="))
    if not separator or not path:
        raise ValueError("write it as PATH=ID: Workloads/Prod=ou-ab12-wlprod01")
    if not limits.is_ou_id(identifier):
        raise ValueError(f"{identifier!r} is no OU id, such as ou-ab12-wlprod01")
    for name in path.split("/"):
        if not name or name != name.strip() or len(name) > 128:
            raise ValueError(f"{path!r} is no path: the OUs' names from the root down, joined by '/'")
    return path, identifier


def _first(problems: list[str]) -> str | None:
    return problems[0] if problems else None
