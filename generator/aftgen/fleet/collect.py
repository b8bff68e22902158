"""Reads who has what in the whole organization, in the way that takes fewer calls.

Identity Center answers two questions, each for one call and a hundred rows: what one principal has, and who
has one permission set in one account. The first costs a call for each group and user, the second one for each
pair of account and provisioned permission set. What is cheaper depends on the organization, so both are
counted first. A user's answer may hold what his groups have too, page after page; a reading by principal that
has cost as much as reading the pairs would is given up for the pairs.

Reading by principal cannot see what a deleted principal still holds. A pair in which no known principal was
found is therefore read as well; one that has both is seen only by reading every pair (``thorough``).
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from aft_access.contract import Kind
from aft_access.values import Assignment

Pair = tuple[str, str]
"""An account's id and a permission set's ARN."""

_PAGE: Final = 100

Progress = Callable[[str, int, int], None]
"""Told what is being read, how many are done and how many there are."""


class Reads(Protocol):
    """Identity Center. Dictionaries are name by id; ``calls`` is how many were made so far."""

    @property
    def calls(self) -> int: ...
    def groups(self) -> dict[str, str]: ...
    def users(self) -> dict[str, str]: ...
    def name_of(self, kind: Kind, principal_id: str) -> str | None: ...
    def members(self, group_id: str) -> tuple[str, ...]: ...
    def groups_with(self, user_id: str) -> tuple[str, ...]: ...
    def sets(self) -> tuple[str, ...]: ...
    def set_name(self, arn: str) -> str: ...
    def accounts_with(self, arn: str) -> tuple[str, ...]: ...
    def sets_in(self, account_id: str) -> tuple[str, ...]: ...
    def of_pair(self, account_id: str, arn: str) -> frozenset[Assignment]: ...
    def of_principal(self, kind: Kind, principal_id: str) -> tuple[tuple[str, Assignment], ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """Names by id. ``listed`` is False where the directory cannot be listed (Active Directory)."""

    principals: dict[tuple[Kind, str], str]
    sets: dict[str, str]

    @property
    def listed(self) -> bool:
        return bool(self.principals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What is asked for; None is everything. ``accounts`` and ``principals`` are ids, ``sets`` ARNs."""

    accounts: Collection[str] | None = None
    sets: Collection[str] | None = None
    principals: Collection[tuple[Kind, str]] | None = None


@dataclass(slots=True, kw_only=True)
class Collected:
    """What stands, by account, and how that was found out."""

    live: dict[str, set[Assignment]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, account_id: str, found: Iterable[Assignment]) -> None:
        self.live.setdefault(account_id, set()).update(found)


def directory(reads: Reads, progress: Progress) -> Directory:
    """Every name there is."""
    principals: dict[tuple[Kind, str], str] = {("group", one): name for one, name in reads.groups().items()}
    principals |= {("user", one): name for one, name in reads.users().items()}
    arns = reads.sets()
    sets: dict[str, str] = {}
    for number, arn in enumerate(arns, 1):
        sets[arn] = reads.set_name(arn)
        progress("permission sets", number, len(arns))
    return Directory(principals=principals, sets=sets)


def collect(
    reads: Reads,
    names: Directory,
    scope: Scope,
    organization: Collection[str],
    progress: Progress,
    *,
    thorough: bool = False,
) -> Collected:
    """What stands within the scope. ``organization`` is every account's id."""
    if scope.principals is not None:
        collected = Collected(notes=["Read: what the people and groups that were asked for have."])
        for kind, principal_id in sorted(scope.principals):
            _keep(collected, scope, reads.of_principal(kind, principal_id))
        return collected
    pairs = _pairs(reads, names, scope, organization, progress)
    principals = sorted(names.principals)
    if names.listed and not thorough and len(principals) < len(pairs):
        found = _by_principal(reads, principals, scope, len(pairs), progress)
        if found is not None:
            held = _held(found)
            rest = [pair for pair in pairs if pair not in held]
            _by_pair(reads, rest, found, progress)
            found.notes.append(_said(len(principals), len(pairs), len(rest)))
            return found
    collected = Collected()
    _by_pair(reads, pairs, collected, progress)
    collected.notes.append(f"Read: every pair of account and permission set ({len(pairs):,}).")
    return collected


def _pairs(
    reads: Reads, names: Directory, scope: Scope, organization: Collection[str], progress: Progress
) -> list[Pair]:
    """Every permission set in every account where it is provisioned, by the fewer calls."""
    accounts = sorted(organization if scope.accounts is None else scope.accounts)
    arns = sorted(names.sets if scope.sets is None else scope.sets)
    pages = 1 + len(organization) // _PAGE
    if len(arns) * pages < len(accounts):
        wanted = set(accounts)
        found = []
        for number, arn in enumerate(arns, 1):
            found += [(one, arn) for one in reads.accounts_with(arn) if one in wanted]
            progress("permission sets' accounts", number, len(arns))
        return sorted(found)
    found = []
    chosen = set(arns)
    for number, account_id in enumerate(accounts, 1):
        found += [(account_id, one) for one in reads.sets_in(account_id) if one in chosen]
        progress("accounts' permission sets", number, len(accounts))
    return found


def _by_principal(
    reads: Reads, principals: list[tuple[Kind, str]], scope: Scope, budget: int, progress: Progress
) -> Collected | None:
    """None when it took more than ``budget`` calls, which reading the pairs would have taken."""
    collected, before = Collected(), reads.calls
    for number, (kind, principal_id) in enumerate(principals, 1):
        if reads.calls - before > budget:
            return None
        _keep(collected, scope, reads.of_principal(kind, principal_id))
        progress("groups and users", number, len(principals))
    return collected


def _by_pair(reads: Reads, pairs: list[Pair], collected: Collected, progress: Progress) -> None:
    for number, (account_id, arn) in enumerate(pairs, 1):
        collected.add(account_id, reads.of_pair(account_id, arn))
        progress("permission sets in accounts", number, len(pairs))


def _keep(collected: Collected, scope: Scope, found: Iterable[tuple[str, Assignment]]) -> None:
    for account_id, one in found:
        if (scope.accounts is None or account_id in scope.accounts) and (
            scope.sets is None or one.permission_set_arn in scope.sets
        ):
            collected.add(account_id, (one,))


def _held(collected: Collected) -> set[Pair]:
    return {
        (account_id, one.permission_set_arn) for account_id, held in collected.live.items() for one in held
    }


def _said(principals: int, pairs: int, rest: int) -> str:
    pair = "1 pair" if rest == 1 else f"{rest:,} pairs"
    alone = f", and {pair} in which none of them has anything" if rest else ""
    return (
        f"Read: what each of {principals:,} groups and users has, which takes fewer calls than {pairs:,} "
        f"pairs of account and permission set{alone}. What a deleted group or user still has beside a "
        "living one is seen only with --thorough."
    )
