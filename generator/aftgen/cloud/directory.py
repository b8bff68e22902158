"""What the operations of the identity store share: finding, naming, uniqueness, revisions, pages.

Reference: Identity Center reference §3 "DisplayName is unique inside the store", "Groups/users have an opaque
Revision"; §4 "CreateUser" (e-mail must be unique).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from aftgen.cloud.behaviour import Behaviour
from aftgen.cloud.errors import AwsError, conflict, not_found
from aftgen.cloud.identity_center import IdentityCenter
from aftgen.cloud.identity_data import IdentityData, Member
from aftgen.cloud.paging import page
from aftgen.cloud.request import Request

Kind = Literal["USER", "GROUP"]
Item = TypeVar("Item")
_ID = {"USER": "UserId", "GROUP": "GroupId"}
_ARN = {"USER": "UserArn", "GROUP": "GroupArn"}


@dataclass(frozen=True, slots=True)
class Directory:
    """One call to the identity store."""

    center: IdentityCenter
    behaviour: Behaviour
    request: Request

    @property
    def data(self) -> IdentityData:
        return self.center.store

    @property
    def given(self) -> Mapping[str, Any]:
        return self.request.parameters

    @property
    def now(self) -> float:
        return self.center.now()

    @property
    def author(self) -> str:
        return self.request.author

    def members(self, kind: Kind) -> dict[str, Member]:
        return self.data.users if kind == "USER" else self.data.groups

    def find(self, kind: Kind, given: str | None = None) -> Member:
        """The user or group that the request names by id or ARN."""
        wanted = str(given or self.given[_ID[kind]]).rpartition("/")[2]
        member = self.members(kind).get(wanted)
        if member is None:
            raise self.missing(kind, wanted)
        return member

    def missing(self, kind: str, wanted: str = "") -> AwsError:
        return not_found(f"{kind} not found.", ResourceType=kind, ResourceId=wanted)

    def same(self, one: Any, other: Any) -> bool:
        if self.behaviour.lookup_ignores_case and isinstance(one, str) and isinstance(other, str):
            return one.casefold() == other.casefold()
        return bool(one == other)

    def having(self, kind: Kind, path: str, value: Any) -> list[Member]:
        """Members with this unique attribute; a user without e-mail addresses is no reason to fail."""
        return [
            member
            for member in self.members(kind).values()
            if any(self.same(held, value) for held in _held(member, path))
        ]

    def check_unique(
        self, kind: Kind, attributes: Mapping[str, Any], *, apart_from: Member | None = None
    ) -> None:
        if kind == "GROUP":
            wanted = {("displayname", attributes.get("DisplayName"))}
        else:
            wanted = {("username", attributes.get("UserName"))}
            wanted |= {("emails.value", email.get("Value")) for email in attributes.get("Emails") or ()}
        for path, value in wanted:
            if value is not None and any(
                each is not apart_from for each in self._clashing(kind, path, value)
            ):
                raise conflict(f"Duplicate {path}", Reason="UNIQUENESS_CONSTRAINT_VIOLATION")

    def _clashing(self, kind: Kind, path: str, value: str) -> list[Member]:
        key = str.casefold if self.behaviour.names_unique_ignoring_case else str
        return [
            member
            for member in self.members(kind).values()
            if any(key(held) == key(value) for held in _held(member, path))
        ]

    def check_revision(self, member: Member) -> None:
        if self.given.get("Revision") not in (None, str(member.revision)):
            raise conflict("The revision is not the present one", Reason="CONCURRENT_MODIFICATION")

    def page(self, items: Sequence[Item]) -> tuple[list[Item], dict[str, str]]:
        return page(self.request.operation, items, self.given, self.behaviour.page_size)

    def identified(self, kind: Kind, member: Member) -> dict[str, Any]:
        return {
            "IdentityStoreId": self.data.id,
            _ID[kind]: member.id,
            _ARN[kind]: f"arn:aws:identitystore:::{kind.lower()}/{member.id}",
            "Revision": str(member.revision),
        }

    def shown(self, kind: Kind, member: Member) -> dict[str, Any]:
        shown = {
            **self.identified(kind, member),
            **member.attributes,
            "CreatedAt": member.created_at,
            "CreatedBy": member.created_by,
            "UpdatedAt": member.updated_at,
            "UpdatedBy": member.updated_by,
        }
        if member.external_ids:
            shown["ExternalIds"] = member.external_ids
        if kind == "USER":
            shown.setdefault("UserStatus", "ENABLED")
        return shown


def _held(member: Member, path: str) -> list[str]:
    if path == "emails.value":
        return [str(email.get("Value")) for email in member.attributes.get("Emails") or ()]
    value = member.attributes.get("UserName" if path == "username" else "DisplayName")
    return [] if value is None else [str(value)]
