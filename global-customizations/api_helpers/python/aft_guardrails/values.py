"""Plain values that the core computes with. None of them knows AWS's client library."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

State = Literal["attaching", "attached", "detaching"]
TypeStatus = Literal["ENABLED", "PENDING_ENABLE", "PENDING_DISABLE", ""]

FULL_ACCESS = "p-FullAWSAccess"
"""AWS's own policy, which allows everything and is attached everywhere until somebody replaces it."""


class Pair(NamedTuple):
    """A policy by name, and the id of a root, OU or account."""

    policy: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The organization's root. `status` is that of service control policies; empty when they are off."""

    id: str
    status: TypeStatus


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Summary:
    """A policy as lists show it."""

    id: str
    name: str
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePolicy:
    """A policy as Organizations has it. `ours` is whether it carries our tag; `tags` leaves that out."""

    id: str
    name: str
    description: str
    content: str
    tags: tuple[tuple[str, str], ...]
    ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPolicy:
    """What the ledger knows of a policy. A removed one keeps its row, so that an older tree sees why."""

    id: str = ""
    digest: str = ""
    revision: int = 0
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An attachment that we own, or are about to make or take back, as the ledger has it."""

    pair: Pair
    policy_id: str
    state: State
    since: str = ""


def is_account(target: str) -> bool:
    """Whether a target is an account; else it is the root or an OU."""
    return target.isdigit()
