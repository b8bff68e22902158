"""The identity store's content: users, groups and memberships, with revisions and external ids.

Reference: Identity Center reference §4 "ExternalIds, CreatedBy, Revision", "memberships".
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

SCIM_AUTHOR = "SCIM"


@dataclass(slots=True, kw_only=True)
class Member:
    """What users and groups share: an id, an opaque revision and who wrote it when."""

    id: str
    created_at: float
    updated_at: float
    created_by: str
    updated_by: str
    revision: int = 1
    external_ids: list[dict[str, str]] = field(default_factory=list)
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Membership:
    id: str
    group: str
    user: str
    created_at: float
    created_by: str


class IdentityData:
    def __init__(self, *, identity_store_id: str, owner: str, new_id: Callable[[], str]) -> None:
        self.id = identity_store_id
        self.arn = f"arn:aws:identitystore::{owner}:identitystore/{identity_store_id}"
        self.new_id = new_id
        self.users: dict[str, Member] = {}
        self.groups: dict[str, Member] = {}
        self.memberships: dict[str, Membership] = {}

    def new_principal_id(self) -> str:
        """Ids of an Identity Center store carry the store's ten digits in front."""
        return f"{self.id.removeprefix('d-')}-{self.new_id()}"

    def add(self, kind: str, attributes: dict[str, Any], *, now: float, author: str) -> Member:
        member = Member(
            id=self.new_principal_id(),
            created_at=now,
            updated_at=now,
            created_by=author,
            updated_by=author,
            attributes=attributes,
        )
        (self.users if kind == "USER" else self.groups)[member.id] = member
        return member

    def rename(self, principal_id: str, wanted: str) -> None:
        """Gives a user or group another id, as if it had been made with it."""
        for members in (self.users, self.groups):
            if principal_id in members:
                member = members.pop(principal_id)
                member.id = wanted
                members[wanted] = member
        for membership in self.memberships.values():
            membership.user = wanted if membership.user == principal_id else membership.user
            membership.group = wanted if membership.group == principal_id else membership.group

    def exists(self, principal_type: str, principal_id: str) -> bool:
        return principal_id in (self.users if principal_type == "USER" else self.groups)

    def groups_of(self, user: str) -> set[str]:
        return {membership.group for membership in self.memberships.values() if membership.user == user}

    def drop_memberships(self, *, group: str | None = None, user: str | None = None) -> None:
        self.memberships = {
            key: membership
            for key, membership in self.memberships.items()
            if membership.group != group and membership.user != user
        }
