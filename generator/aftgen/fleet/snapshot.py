"""The ports of ``aft_access`` over what was read once for the whole fleet.

An account's own run asks Identity Center about that account. With these, the same run asks what a principal
has everywhere, once for each principal, and remembers it; so the reads grow with principals and permission
sets, and the reconciler that plans a thousand accounts is the one that a pipeline runs for one.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NoReturn, Protocol

from aft_access.contract import Kind, Principal
from aft_access.ledger import AccountState, Ledger
from aft_access.ports import Clock, Directory, PermissionSetReads
from aft_access.values import Assignment, Change, Instance, LiveSet, Names, Stamp, Ticket


class FleetReads(Protocol):
    """Identity Center, asked about the whole organization."""

    def of_principal(self, kind: Kind, principal_id: str) -> tuple[tuple[str, Assignment], ...]: ...
    def stale_accounts(self, arn: str) -> tuple[str, ...]: ...


class RememberedAssignments:
    """``ports.Assignments``, to look at. ``sets`` are the ARNs of permission sets that are ours."""

    reads_by_principal = True
    remembers = True

    def __init__(self, reads: FleetReads, sets: Callable[[], Iterable[str]]) -> None:
        self._reads, self._sets = reads, sets
        self._held: dict[tuple[Kind, str], dict[str, frozenset[Assignment]]] = {}
        self._stale: dict[str, frozenset[str]] = {}

    def of_principal(self, account_id: str, kind: Kind, principal_id: str) -> frozenset[Assignment]:
        key = (kind, principal_id)
        if key not in self._held:
            held: dict[str, set[Assignment]] = {}
            for account, one in self._reads.of_principal(kind, principal_id):
                held.setdefault(account, set()).add(one)
            self._held[key] = {account: frozenset(found) for account, found in held.items()}
        return self._held[key].get(account_id, frozenset())

    def stale(self, account_id: str) -> frozenset[str]:
        found = set()
        for arn in self._sets():
            if arn not in self._stale:
                self._stale[arn] = frozenset(self._reads.stale_accounts(arn))
            if account_id in self._stale[arn]:
                found.add(arn)
        return frozenset(found)

    def instance(self) -> Instance:
        _only_read()

    def of_permission_set(self, account_id: str, arn: str) -> frozenset[Assignment]:
        _only_read()

    def provisioned(self, account_id: str) -> frozenset[str]:
        _only_read()

    def create(self, account_id: str, assignment: Assignment) -> Ticket:
        _only_read()

    def delete(self, account_id: str, assignment: Assignment) -> Ticket:
        _only_read()

    def provision(self, account_id: str | None, arn: str) -> Ticket:
        _only_read()

    def running(self, change: Change) -> frozenset[str]:
        _only_read()

    def ended(self, change: Change, ids: Iterable[str]) -> dict[str, Ticket]:
        _only_read()

    def describe(self, ticket: Ticket) -> Ticket:
        _only_read()


class RememberedDirectory:
    """``ports.Directory``: each question is asked once."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._answers: dict[tuple[object, ...], Any] = {}

    def find(self, principal: Principal) -> str | None:
        found: str | None = self._once("find", principal)
        return found

    def name_of(self, kind: Kind, principal_id: str) -> str | None:
        found: str | None = self._once("name_of", kind, principal_id)
        return found

    def namesakes(self, principal: Principal) -> frozenset[str]:
        found: frozenset[str] = self._once("namesakes", principal)
        return found

    def group_names(self) -> frozenset[str]:
        found: frozenset[str] = self._once("group_names")
        return found

    def has_members(self, group_id: str) -> bool:
        found: bool = self._once("has_members", group_id)
        return found

    def _once(self, question: str, *about: object) -> Any:
        key = (question, *about)
        if key not in self._answers:
            self._answers[key] = getattr(self._directory, question)(*about)
        return self._answers[key]


class RememberedSets:
    """``ports.PermissionSetReads``: each set is read once, and none unless somebody asks."""

    def __init__(self, make: Callable[[], PermissionSetReads]) -> None:
        self._make = make
        self._arns: dict[str, str] | None = None
        self._read: dict[str, LiveSet | None] = {}

    def arns(self) -> dict[str, str]:
        if self._arns is None:
            self._arns = self._make().arns()
        return self._arns

    def read(self, arn: str) -> LiveSet | None:
        if arn not in self._read:
            self._read[arn] = self._make().read(arn)
        return self._read[arn]

    def seen(self) -> dict[str, str]:
        """ARN by name, as far as they were asked for."""
        return self._arns or {}


class RememberedLedger(Ledger):
    """The ledger as one scan found it. It writes nothing."""

    def __init__(self, states: Mapping[str, AccountState], names: Names, clock: Clock, stamp: Stamp) -> None:
        super().__init__(_NoCalls(), clock, stamp)
        self._states, self._names = states, names

    def account(self, account_id: str) -> AccountState:
        return self._states.get(account_id, AccountState())

    def names(
        self, principals: Iterable[Principal], permission_sets: Iterable[str], *, objects: bool = True
    ) -> Names:
        wanted, sets = set(principals), set(permission_sets)
        groups = {one.name for one in wanted if one.kind == "group" and objects}
        users = {one.name for one in wanted if one.kind == "user" and objects}
        known = self._names
        return Names(
            principals={one: known.principals[one] for one in wanted if one in known.principals},
            permission_sets={one: known.permission_sets[one] for one in sets if one in known.permission_sets},
            groups={one: known.groups[one] for one in groups if one in known.groups},
            users={one: known.users[one] for one in users if one in known.users},
        )


class _NoCalls:
    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        _only_read()

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterable[Any]:
        _only_read()


def _only_read() -> NoReturn:
    raise AssertionError("what was read for the fleet can only be looked at")
