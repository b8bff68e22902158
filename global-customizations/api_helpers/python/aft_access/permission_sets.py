"""A permission set as a value, as a file says it or as Identity Center has it, and its digest."""

import hashlib
import json
from dataclasses import dataclass, fields
from typing import Any, Final, Self

from .models import PermissionSetFile

OWNER_TAG: Final = "aftgen:owner"
OWNER: Final = "aft-access"
"""Marks a permission set as ours. One of the same name without it is somebody else's, and never adopted."""

CONTROL_TOWER: Final = frozenset(
    {
        "AWSAdministratorAccess",
        "AWSOrganizationsFullAccess",
        "AWSPowerUserAccess",
        "AWSReadOnlyAccess",
        "AWSServiceCatalogAdminFullAccess",
        "AWSServiceCatalogEndUserAccess",
    }
)
"""Permission sets that Control Tower makes (reference/identity-center.md §3, Control Tower defaults)."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PolicyName:
    """A customer managed policy by name and path, resolved in each account."""

    name: str
    path: str = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class PermissionSet:
    """Everything that a permission set is, except its ARN.

    `inline_policy` is canonical JSON text. `boundary` is a managed policy's ARN or a PolicyName.
    `tags` leaves out ours. Collections are sorted, so equal content means equal values.
    """

    name: str
    external: bool = False
    privileged: bool = False
    description: str = ""
    session_duration: str = "PT1H"
    relay_state: str = ""
    managed_policies: tuple[str, ...] = ()
    customer_managed_policies: tuple[PolicyName, ...] = ()
    inline_policy: str = ""
    boundary: str | PolicyName | None = None
    tags: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, name: str, file: PermissionSetFile) -> Self:
        """The value that a catalogue file declares."""
        boundary: str | PolicyName | None = None
        if file.permissions_boundary is not None:
            reference = file.permissions_boundary.customer_managed_policy
            managed = file.permissions_boundary.managed_policy
            boundary = PolicyName(name=reference.name, path=reference.path) if reference else managed
        return cls(
            name=name,
            external=file.external,
            privileged=file.privileged,
            description=file.description or "",
            session_duration=file.session_duration,
            relay_state=file.relay_state or "",
            managed_policies=tuple(sorted(file.managed_policies)),
            customer_managed_policies=tuple(
                sorted(PolicyName(name=one.name, path=one.path) for one in file.customer_managed_policies)
            ),
            inline_policy=canonical(file.inline_policy) if file.inline_policy else "",
            boundary=boundary,
            tags=tuple(sorted(file.tags.items())),
        )

    @property
    def digest(self) -> str:
        """SHA-256 (16 hex digits) of what is written to Identity Center: equal means nothing to write."""
        content = [
            [one.name, repr(getattr(self, one.name))]
            for one in fields(self)
            if one.name not in {"external", "privileged"}
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    def differences(self, live: "PermissionSet") -> tuple[str, ...]:
        """Names of the parts that differ, for a person to read; the privilege is not a part."""
        return tuple(
            one.name
            for one in fields(self)
            if one.name not in {"external", "privileged"}
            and getattr(self, one.name) != getattr(live, one.name)
        )


def as_file(one: PermissionSet) -> dict[str, Any]:
    """The content of the catalogue file that would make this permission set."""
    if one.external:
        return {"external": True}
    content: dict[str, Any] = {"description": one.description or one.name}
    if one.session_duration != "PT1H":
        content["session_duration"] = one.session_duration
    if one.relay_state:
        content["relay_state"] = one.relay_state
    if one.managed_policies:
        content["managed_policies"] = list(one.managed_policies)
    if one.customer_managed_policies:
        content["customer_managed_policies"] = [
            {"name": policy.name, "path": policy.path} for policy in one.customer_managed_policies
        ]
    if one.inline_policy:
        content["inline_policy"] = json.loads(one.inline_policy)
    if isinstance(one.boundary, PolicyName):
        reference = {"name": one.boundary.name, "path": one.boundary.path}
        content["permissions_boundary"] = {"customer_managed_policy": reference}
    elif one.boundary:
        content["permissions_boundary"] = {"managed_policy": one.boundary}
    if one.tags:
        content["tags"] = dict(one.tags)
    return content


def canonical(policy: dict[str, Any]) -> str:
    """A policy document as one line with sorted keys, so that spacing and order never look like a change."""
    return json.dumps(policy, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
