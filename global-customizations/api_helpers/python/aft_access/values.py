"""Plain values that the core computes with. None of them knows AWS's client library."""

from dataclasses import dataclass, field
from typing import Literal

from .contract import Grant, Kind, Principal
from .permission_sets import PermissionSet

State = Literal["granting", "owned", "revoking"]
Change = Literal["grant", "revoke", "provision"]
Status = Literal["IN_PROGRESS", "SUCCEEDED", "FAILED"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """The organization's instance of Identity Center."""

    arn: str
    identity_store_id: str
    owner_account_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as Organizations has it. `ou_ids` begins with the nearest and may end with the root's id."""

    id: str
    name: str
    email: str
    status: str
    ou_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A row of AFT's `aft-request` table. `access` is None when the request has no such custom field."""

    id: str
    access: str | None
    sso_user_email: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    problem: str = ""
    """Why the row cannot be read as AFT writes it; then nothing may be concluded from it."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Assignment:
    """An account assignment in Identity Center, in the account that the run is for."""

    permission_set_arn: str
    kind: Kind
    principal_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An asynchronous request to Identity Center."""

    id: str
    change: Change
    status: Status = "IN_PROGRESS"
    reason: str = ""
    account_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A grant that we own, as the ledger has it. `source` is `request` or `rule:<name>`."""

    grant: Grant
    assignment: Assignment
    state: State
    source: str = "request"
    since: str = ""
    request: str = ""
    build: str = ""
    commit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSet:
    """What the ledger knows of a permission set. `digest` and `revision` are of our last completed write.

    A removed set keeps its row with `removed` true, so that an older tree does not bring it back.
    """

    arn: str
    digest: str = ""
    revision: int = 0
    ours: bool = False
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSet:
    """A permission set as Identity Center has it. `ours` is whether it carries our tag."""

    arn: str
    content: PermissionSet
    ours: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPrincipal:
    """What the ledger knows of a group or user that is ours. `digest` is of what the catalogue made it."""

    id: str
    digest: str = ""
    revision: int = 0
    before: str = ""
    """While it is made again: the id that it had before another hand deleted it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the ledger knows of names: ids of principals and permission sets, for the organization."""

    principals: dict[Principal, str] = field(default_factory=dict)
    permission_sets: dict[str, KnownSet] = field(default_factory=dict)
    groups: dict[str, KnownPrincipal] = field(default_factory=dict)
    users: dict[str, KnownPrincipal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """Who makes a change: stands in every audit record."""

    run: str
    build: str = ""
    commit: str = ""
    revision: int = 0
