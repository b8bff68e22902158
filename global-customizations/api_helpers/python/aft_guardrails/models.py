"""The shape of `service-control-policies/guardrails.yaml`: the source of the editors' JSON Schema.

Lengths are those of the API's own model (CreatePolicy, TagResource). What needs the documents or the OU
registry to judge is in `checks.py`.
"""

import re
from datetime import date
from typing import Annotated, Final, Self

from aft_access.models import AccountId
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9+=,.@_-]{0,127}", re.ASCII)
"""Names of our policies, which are also file names; Organizations itself would take anything."""

CONTROL_TOWER: Final = "aws-guardrails-"
"""How Control Tower's policies begin; they are never ours."""

TagKey = Annotated[str, StringConstraints(pattern=r"^[\w\s.:/=+@-]+$", max_length=128)]
TagValue = Annotated[str, StringConstraints(pattern=r"^[\w\s.:/=+@-]*$", max_length=256)]
RoleName = Annotated[str, StringConstraints(pattern=r"^([\w+=,.@-]+/)*[\w+=,.@*?-]+$")]


class _File(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Attachment(_File):
    """Where a policy is attached: to OUs, which hold everything below, or to the accounts that match."""

    ous: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Paths of organization.yaml; `Root` is the organization's root."""
    accounts: Annotated[tuple[AccountId, ...], Field(strict=False)] = ()
    names: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Account names, `*` and `?` allowed."""
    tags: dict[str, str] = {}
    """Tags of the account's request. Its author writes them: what must hold belongs on an OU."""
    within: Annotated[tuple[str, ...], Field(strict=False)] = ()
    """Only accounts in these OUs (paths; with everything below)."""

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        matching = bool(self.accounts or self.names or self.tags)
        if bool(self.ous) == matching:
            raise ValueError("give either ous, or which accounts by accounts, names and tags")
        if self.within and not matching:
            raise ValueError("within narrows accounts, names and tags only")
        return self


class ReviewedException(_File):
    """A reviewed leave for a Deny that reaches protected roles, for as long as it denies no other actions."""

    statement: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,64}$")]
    """Its Sid."""
    actions: Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
    """What it may deny these roles; `*` and `?` allowed."""
    reason: Annotated[str, StringConstraints(min_length=1)]
    """Why AFT, Control Tower and StackSets never need that."""
    reviewed: date


class PolicyEntry(_File):
    """A policy. Its document is the file of its name with `.json`, in the same folder."""

    description: Annotated[str, StringConstraints(min_length=1, max_length=512)]
    attach: Annotated[tuple[Attachment, ...], Field(strict=False)]
    """Empty: it exists and is attached nowhere."""
    tags: dict[TagKey, TagValue] = {}
    exceptions: Annotated[tuple[ReviewedException, ...], Field(strict=False)] = ()

    @field_validator("tags")
    @classmethod
    def _ours(cls, tags: dict[str, str]) -> dict[str, str]:
        if any(key.lower().startswith(("aftgen:", "aws:")) for key in tags):
            raise ValueError("tags that begin with aftgen: or aws: are not yours to write")
        if len(tags) > 45:
            raise ValueError("more than 45 tags; a policy has 50 and one is ours")
        return tags


class Limits(_File):
    """Limits of Organizations, which AWS changes: since May 2026 twice what they were (reference §3)."""

    policies_per_target: Annotated[int, Field(ge=1, le=100)] = 10
    """Attached to one root, OU or account, Control Tower's and FullAWSAccess included; 5 before May 2026."""
    characters: Annotated[int, Field(ge=100, le=100_000)] = 10_240
    """Of one minified document; 5,120 before May 2026."""
    max_removals: Annotated[int, Field(ge=0)] = 5
    """Detachments and deletions that one run may make."""
    enable_minutes: Annotated[float, Field(gt=0, le=60, strict=False)] = 10.0
    """How long enabling the policy type may take."""
    lease_seconds: Annotated[int, Field(ge=2, le=900)] = 120


class GuardrailsFile(_File):
    """service-control-policies/guardrails.yaml"""

    policies: dict[str, PolicyEntry] = {}
    partition: Annotated[str, StringConstraints(pattern=r"^aws(-[a-z]+)*$")] = "aws"
    protected_roles: Annotated[tuple[RoleName, ...], Field(strict=False)] = ()
    """Names of more roles that no Deny may reach, beside AFT's, Control Tower's and StackSets'."""
    limits: Limits = Limits()

    @field_validator("policies")
    @classmethod
    def _names(cls, policies: dict[str, PolicyEntry]) -> dict[str, PolicyEntry]:
        folded: dict[str, str] = {}
        for name in policies:
            if NAME.fullmatch(name) is None:
                raise ValueError(f"{name!r} must have 1 to 128 characters of A-Z a-z 0-9 + = , . @ _ -")
            if name.lower().startswith((CONTROL_TOWER, "fullawsaccess")):
                raise ValueError(f"{name} is a name of Control Tower's or AWS's own policies")
            if name.lower() in folded:
                raise ValueError(f"{name} and {folded[name.lower()]} differ by letter case only")
            folded[name.lower()] = name
        return policies
