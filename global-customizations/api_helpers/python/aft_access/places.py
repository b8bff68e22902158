"""Places in the organization: OU paths, their ids, and whether an account is within one.

Rules and restrictions say paths because people read them; matching is by id, because an OU's name
is not unique and an account's live place is what counts (DESIGN, "Desired state").
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

ROOT: Final = "Root"
"""The path that means everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an account is: the ids of the OUs above it, and its own id once it exists."""

    ou_ids: frozenset[str]
    account_id: str | None = None
    path: str = ""
    """For messages only; empty when the registry knows none of the OUs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """OU path to id, as in organization.yaml."""

    ids: Mapping[str, str] = field(default_factory=dict)

    def knows(self, path: str) -> bool:
        """Whether rules may name this path."""
        return path == ROOT or path in self.ids

    def place(self, path: str, account_id: str | None = None) -> Place:
        """The place of an account that is requested into an OU, by path."""
        steps = path.split("/")
        above = ["/".join(steps[: count + 1]) for count in range(len(steps))]
        found = frozenset(self.ids[one] for one in above if one in self.ids)
        return Place(ou_ids=found, account_id=account_id, path=path)

    def live(self, ou_ids: Iterable[str], account_id: str) -> Place:
        """The place of an account that exists, from the ids that Organizations gives, nearest first."""
        listed = tuple(ou_ids)
        by_id = {ou_id: path for path, ou_id in self.ids.items()}
        path = next((by_id[ou_id] for ou_id in listed if ou_id in by_id), "")
        return Place(ou_ids=frozenset(listed), account_id=account_id, path=path)

    def within(self, place: Place, ous: Iterable[str], accounts: Iterable[str]) -> bool:
        """Whether a place is in any of these OUs, at any depth, or is one of these accounts."""
        if place.account_id is not None and place.account_id in tuple(accounts):
            return True
        return any(one == ROOT or self.ids.get(one) in place.ou_ids for one in ous)
