"""The shape of every file that decides about access: the source of the editors' JSON Schemas.

Limits are those of the API's own model (reference/identity-center.md §3, quotas). What needs more
than one file to judge is in `catalogue.py`.
"""

import json
import re
from datetime import date
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from .contract import ContractError, Principal
from .names import PERMISSION_SET, unfit

MANAGED_POLICY: Final = r"^arn:aws(-[a-z]+)*:iam::aws:policy/[A-Za-z0-9_+=,.@/-]+$"
_DURATION: Final = re.compile(r"PT(?:(\d{1,2})H)?(?:(\d{1,3})M)?", re.ASCII)


def _duration(text: str) -> str:
    found = _DURATION.fullmatch(text)
    minutes = int(found[1] or 0) * 60 + int(found[2] or 0) if found else 0
    if not 60 <= minutes <= 720:
        raise ValueError("must be an ISO 8601 duration from PT1H to PT12H")
    return text


def _principal(text: str) -> str:
    try:
        return str(Principal.parse(text))
    except ContractError as error:
        raise ValueError(str(error)) from None


def _permission_set(name: str) -> str:
    if PERMISSION_SET.fullmatch(name) is None:
        raise ValueError("must have 1 to 32 characters of A-Z a-z 0-9 _ + = , . @ -")
    return name


def _plain(name: str) -> str:
    reason = unfit(name)
    if reason:
        raise ValueError(f"the name {name!r} {reason}")
    return name


AccountId = Annotated[str, StringConstraints(pattern=r"^[0-9]{12}$")]
OuId = Annotated[str, StringConstraints(pattern=r"^(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|r-[0-9a-z]{4,32})$")]
Count = Annotated[int, Field(ge=0)]


class _File(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class PolicyReference(_File):
    """A customer managed policy, by the name that it has in every account."""

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+=,.@-]{1,128}$")]
    path: Annotated[str, StringConstraints(pattern=r"^/([!-~]+/)?$", max_length=512)] = "/"


class Boundary(_File):
    """A permissions boundary: exactly one of the two."""

    managed_policy: Annotated[str, StringConstraints(pattern=MANAGED_POLICY)] | None = None
    customer_managed_policy: PolicyReference | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.managed_policy is None) == (self.customer_managed_policy is None):
            raise ValueError("must name either managed_policy or customer_managed_policy")
        return self


class PermissionSetFile(_File):
    """identity-center/permission-sets/<Name>.yaml"""

    external: bool = False
    """True for a set that exists and is not ours to change, such as Control Tower's."""
    privileged: bool = False
    """True to restrict it like a privileged set whatever its content; content alone can say so too."""
    description: Annotated[str, StringConstraints(pattern=r"^[\t\n\r\x20-\x7E\xA1-\xFF]{1,700}$")] | None = (
        None
    )
    session_duration: str = "PT1H"
    relay_state: (
        Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9&$@#\\/%?=~\-_'\"|!:,.;*+\[\]() {}]{1,240}$")]
        | None
    ) = None
    managed_policies: Annotated[
        tuple[Annotated[str, StringConstraints(pattern=MANAGED_POLICY)], ...], Field(strict=False)
    ] = ()
    customer_managed_policies: Annotated[tuple[PolicyReference, ...], Field(strict=False)] = ()
    inline_policy: dict[str, Any] | None = None
    permissions_boundary: Boundary | None = None
    tags: dict[
        Annotated[str, StringConstraints(pattern=r"^[\w\s.:/=+@-]+$", max_length=128)],
        Annotated[str, StringConstraints(pattern=r"^[\w\s.:/=+@-]*$", max_length=256)],
    ] = {}

    _session = field_validator("session_duration")(_duration)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.external:
            written = sorted(self.model_fields_set - {"external", "privileged"})
            if written:
                raise ValueError(f"an external permission set is not ours: remove {', '.join(written)}")
            return self
        if self.description is None:
            raise ValueError("description is missing")
        if len(self.managed_policies) + len(self.customer_managed_policies) > 20:
            raise ValueError("more than 20 policies, the limit of a permission set")
        if len(set(self.managed_policies)) < len(self.managed_policies):
            raise ValueError("a managed policy is given twice")
        if len(self.tags) > 45:
            raise ValueError("more than 45 tags; a permission set has 50 and some are ours")
        if any(key.lower().startswith(("aftgen:", "aws:")) for key in self.tags):
            raise ValueError("tags that begin with aftgen: or aws: are not yours to write")
        return self

    @field_validator("inline_policy")
    @classmethod
    def _inline(cls, policy: dict[str, Any] | None) -> dict[str, Any] | None:
        if policy is None:
            return None
        try:
            text = json.dumps(policy, separators=(",", ":"), ensure_ascii=False)
        except (TypeError, ValueError):
            raise ValueError("holds a value that JSON has not, such as a date; quote it") from None
        if len(re.sub(r"\s", "", text)) > 10_240:
            raise ValueError("has more than 10,240 characters that are not white space")
        if not policy.get("Statement"):
            raise ValueError("has no Statement")
        return policy


class GroupEntry(_File):
    """A group: ours to create with its members, or the identity provider's, and then where it comes from."""

    description: Annotated[str, StringConstraints(min_length=1, max_length=1024)] | None = None
    members: Annotated[tuple[str, ...], Field(strict=False)] = ()
    source: str | None = None


class UserEntry(_File):
    """A user that is ours to create. Its key is its UserName."""

    given_name: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    family_name: Annotated[str, StringConstraints(min_length=1, max_length=1024)]
    display_name: Annotated[str, StringConstraints(min_length=1, max_length=1024)] | None = None
    email: Annotated[str, StringConstraints(pattern=r"^[^\s@]+@[^\s@]+$", max_length=256)] | None = None


class GroupsFile(_File):
    """identity-center/groups.yaml"""

    groups: dict[str, GroupEntry] = {}
    users: dict[str, UserEntry] = {}

    @field_validator("groups", "users")
    @classmethod
    def _names(cls, entries: dict[str, Any]) -> dict[str, Any]:
        for name in entries:
            _plain(name)
        return entries


class Pin(_File):
    """A reviewed answer to "which one is it?": the id that a name has from now on."""

    id: Annotated[str, StringConstraints(min_length=1)]
    reason: Annotated[str, StringConstraints(min_length=1)]
    reviewed: date


class PrincipalsFile(_File):
    """identity-center/principals.yaml: keys are `group:<name>` and `user:<name>`, or permission sets."""

    principals: dict[str, Pin] = {}
    permission_sets: dict[str, Pin] = {}

    @field_validator("principals")
    @classmethod
    def _names(cls, pins: dict[str, Pin]) -> dict[str, Pin]:
        for name in pins:
            _principal(name)
        return pins


class Place(_File):
    """Where: in any of these OUs (paths; with everything below; `Root` is everywhere) or accounts (ids)."""

    ous: Annotated[tuple[str, ...], Field(strict=False)] = ()
    accounts: Annotated[tuple[AccountId, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.ous or self.accounts):
            raise ValueError("names no place: give ous or accounts (ous: [Root] is everywhere)")
        return self


class Match(_File):
    """Which accounts a rule is for: the places, narrowed by the tags and names that requests give."""

    ous: Annotated[tuple[str, ...], Field(strict=False)] = ()
    accounts: Annotated[tuple[AccountId, ...], Field(strict=False)] = ()
    tags: dict[str, str] = {}
    names: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Account names, `*` and `?` allowed."""

    @model_validator(mode="after")
    def _somewhere(self) -> Self:
        if not (self.ous or self.accounts or self.tags or self.names):
            raise ValueError("matches nothing: give ous, accounts, tags or names")
        return self


def _grants(grants: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    for name, principals in grants.items():
        _permission_set(name)
        for principal in principals:
            _principal(principal)
        if len(set(principals)) < len(principals) or not principals:
            raise ValueError(f"{name}: name each principal once, and at least one")
    return grants


Grants = dict[str, Annotated[tuple[str, ...], Field(strict=False)]]


class Rule(_File):
    """Grants for every account that matches."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    match: Match
    grants: Grants

    _valid = field_validator("grants")(_grants)


class Restriction(_File):
    """Who may hold these permission sets where. A privileged set that none mentions may be held by nobody."""

    permission_sets: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    principals: Annotated[tuple[str, ...], Field(strict=False)]
    where: Place

    @field_validator("principals")
    @classmethod
    def _names(cls, principals: tuple[str, ...]) -> tuple[str, ...]:
        for principal in principals:
            _principal(principal)
        return principals


class Required(_File):
    """A grant that must stand in these places, such as the break-glass group's."""

    permission_set: str
    principal: str
    where: Place

    @field_validator("principal")
    @classmethod
    def _name(cls, principal: str) -> str:
        return _principal(principal)


class RevocationException(_File):
    """A reviewed leave to revoke more than `max_revocations` in one account, until a day."""

    account: AccountId
    max_revocations: Count
    until: date
    reason: Annotated[str, StringConstraints(min_length=1)]


class IdentityCenter(_File):
    """Where Identity Center lives."""

    region: Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    delegated_administrator: AccountId | None = None
    portal_url: Annotated[str, StringConstraints(pattern=r"^https://\S+$")] | None = None


class Limits(_File):
    """How much of the organization's share of Identity Center one run may take (reference §3, quotas)."""

    in_flight: Annotated[int, Field(ge=1, le=10)] = 3
    calls_per_second: Annotated[float, Field(gt=0, le=20, strict=False)] = 8.0
    poll_seconds: Annotated[float, Field(gt=0, le=30, strict=False)] = 2.0
    deadline_minutes: Annotated[float, Field(gt=0, le=240, strict=False)] = 20.0
    lease_seconds: Annotated[int, Field(ge=2, le=900)] = 120


class AccessFile(_File):
    """identity-center/access.yaml"""

    identity_center: IdentityCenter
    identity_source: Annotated[str, StringConstraints(pattern=r"^(external|identity-center)$")] = "external"
    source_of_groups: str = "your identity provider (its SCIM provisioning)"
    """What to tell a person whose group or user does not exist."""
    allowed_sso_users: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """SSOUserEmail values that a request may use; `*` and `?` allowed. Empty: any."""
    rules: Annotated[tuple[Rule, ...], Field(strict=False)] = ()
    restrictions: Annotated[tuple[Restriction, ...], Field(strict=False)] = ()
    protected: Annotated[tuple[str, ...], Field(strict=False)] = ()
    required: Annotated[tuple[Required, ...], Field(strict=False)] = ()
    max_revocations: Count = 5
    exceptions: Annotated[tuple[RevocationException, ...], Field(strict=False)] = ()
    limits: Limits = Limits()

    @field_validator("protected")
    @classmethod
    def _names(cls, principals: tuple[str, ...]) -> tuple[str, ...]:
        for principal in principals:
            _principal(principal)
        return principals


class OrganizationFile(_File):
    """organization.yaml: the OU registry."""

    organizational_units: dict[str, OuId] = {}
