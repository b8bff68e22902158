"""``aftgen.yaml``: how this organization asks for accounts. Its models, its schema, and how to load it.

Defaults fill what a person leaves out; policy is what `check` demands of every request, hand-written ones
included. A repository without the file has neither.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator

from aftgen import limits

_PLACEHOLDER = "{name}"
#: AFT's own names of its four repositories: the values of :data:`aftgen.repository.AFT_REPOSITORIES`.
AftName = Literal[
    "account-provisioning-customizations",
    "global-customizations",
    "account-customizations",
    "account-request",
]


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SsoUser(_Model):
    """The person to whom Control Tower gives AWSAdministratorAccess in a new account."""

    email: str
    first_name: str
    last_name: str

    @field_validator("email")
    @classmethod
    def _email(cls, value: str) -> str:
        return _without(limits.sso_email_problems(value), value)

    @field_validator("first_name", "last_name")
    @classmethod
    def _name(cls, value: str) -> str:
        return _without(limits.sso_name_problems(value), value)


class TagRule(_Model):
    """What a tag's value may be: one of ``values``, or text that ``pattern`` matches whole."""

    required: bool = False
    values: tuple[str, ...] = Field(default=(), strict=False)
    pattern: Pattern | None = None
    description: str = ""

    def problem(self, value: str) -> str | None:
        """Why this value is not allowed, or None."""
        if self.values and value not in self.values:
            return f"{value!r} is not one of {', '.join(self.values)}"
        if self.pattern is not None and re.fullmatch(self.pattern, value) is None:
            return f"{value!r} does not match {self.pattern}"
        return None


class Defaults(_Model):
    """What a new request gets where the person who asks says nothing. ``{name}`` is the account's name."""

    email: str | None = None
    sso_user: SsoUser | None = None
    requested_by: str | None = None
    reason: str | None = None
    ou: str | None = None
    customization: str = ""
    tags: dict[str, str] = {}
    custom_fields: dict[str, str] = {}
    grants: dict[str, Annotated[tuple[str, ...], Field(strict=False)]] = {}
    retired_ou: str | None = Field(
        default=None, description="Path of the OU that 'aftgen retire' moves accounts to: Suspended."
    )

    @field_validator("email")
    @classmethod
    def _template(cls, value: str | None) -> str | None:
        if value is not None and _PLACEHOLDER not in value:
            raise ValueError(f"an email template holds {_PLACEHOLDER}: every account needs its own address")
        return value

    def email_for(self, name: str) -> str | None:
        """The account's email by the template, in lower case because AFT looks it up exactly."""
        if self.email is None:
            return None
        return self.email.replace(_PLACEHOLDER, limits.provisioned_product_name(name).lower())


class Policy(_Model):
    """What every request must satisfy."""

    name_pattern: Pattern | None = None
    email_pattern: Pattern | None = None
    tags: dict[str, TagRule] = {}
    other_tags: Literal["allow", "refuse"] = "allow"


class AftTarget(_Model):
    """Where one of AFT's four repositories is, as far as it differs from the others."""

    remote: str | None = None
    branch: str | None = None
    repository: str | None = None


class Publish(_Model):
    """Where `aftgen publish` puts what AFT reads. Without it: four branches ``aft/<name>`` of ``origin``.

    ``remote`` is a git remote's name or URL, ``repository`` what AFT's module calls it (``Org/Repo``);
    ``targets`` says otherwise for one of the four, by AFT's name for it.
    """

    remote: str = "origin"
    repository: str | None = None
    targets: dict[AftName, AftTarget] = {}


class Aft(_Model):
    """The AFT installation; ``home_region`` is AFT's ``ct_home_region``, of its tables and pipelines."""

    home_region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")] | None = None


class Config(_Model):
    """The whole of ``aftgen.yaml``."""

    version: Literal[1] = 1
    defaults: Defaults = Defaults()
    policy: Policy = Policy()
    aft: Aft = Aft()
    publish: Publish = Publish()


def _without(problems: list[str], value: str) -> str:
    if problems:
        raise ValueError("; ".join(problems))
    return value
