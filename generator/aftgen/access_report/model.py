"""The answer to an auditor's question, as plain values.

A standing is one permission set that one principal has in one account. Ours carry what the ledger knows of
them; of what others granted nothing is known but that it stands, and the report says so.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Judgement(Enum):
    """What a standing is against what is declared."""

    DECLARED = "declared"  # a request, a rule or the request's SSO user says so
    CONTROL_TOWER = "Control Tower"  # Control Tower's own groups: nobody declares them, nothing removes them
    NOT_DECLARABLE = "not declarable"  # where nobody can: the management account, closed accounts
    UNDECLARED = "undeclared"  # it stands, and nothing says so: drift
    UNMANAGED = "unmanaged"  # by another hand, in an account that nobody requested: drift
    MISSING = "missing"  # declared, and it does not stand: drift
    ORPHANED = "no request"  # ours, in an account that has no request any more: drift

    @property
    def is_drift(self) -> bool:
        return self in _DRIFT


_DRIFT = frozenset({Judgement.UNDECLARED, Judgement.UNMANAGED, Judgement.MISSING, Judgement.ORPHANED})


UNKNOWN = "unknown"
DELETED = " (deleted)"
"""Stands behind the name, or the id, of a principal that no longer exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedAccount:
    """An account of the organization. ``ou`` is its path; ``requested`` whether a request exists for it."""

    id: str
    name: str
    email: str = ""
    ou: str = ""
    status: str = "ACTIVE"
    requested: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """``principal`` is ``group:<DisplayName>`` or ``user:<UserName>``, with ``DELETED`` behind or not.

    ``source`` is ``request``, ``rule:<name>``, ``SSO user``, ``Control Tower`` or ``unknown``. ``since`` (ISO
    8601), ``request`` (its id, an email), ``build`` and ``commit`` are the ledger's, "" where it has none.
    ``stands`` is whether Identity Center has it: what is missing, or is only in the ledger, lets nobody in.
    """

    account_id: str
    permission_set: str
    principal: str
    judgement: Judgement = Judgement.DECLARED
    source: str = UNKNOWN
    since: str = ""
    request: str = ""
    build: str = ""
    commit: str = ""
    stands: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A person behind a standing: ``via`` is the group, "" for a grant to the person. ``person`` is "" for a
    group without known members, and for what lets nobody in."""

    person: str
    via: str
    standing: Standing
    account: ReportedAccount


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessReport:
    """``members`` maps a group (``group:<DisplayName>``) to the user names in it; a group that is not there
    was not read. ``privileged`` names the permission sets that are privileged. ``generated`` is ISO 8601."""

    generated: str
    accounts: tuple[ReportedAccount, ...]
    standings: tuple[Standing, ...]
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    privileged: frozenset[str] = frozenset()
    portal_url: str = ""
    notes: tuple[str, ...] = ()

    @property
    def drift(self) -> tuple[Standing, ...]:
        """The standings that are not as declared."""
        return tuple(standing for standing in self.standings if standing.judgement.is_drift)

    def people_of(self, principal: str) -> tuple[str, ...]:
        """The user names that a principal stands for; of one who no longer exists, none."""
        if principal.endswith(DELETED):
            return ()
        kind, _, name = principal.partition(":")
        return (name,) if kind == "user" else self.members.get(principal, ())

    def entries(self) -> Iterator[Entry]:
        """Every person behind every standing, in the order of the standings."""
        known = {account.id: account for account in self.accounts}
        for standing in self.standings:
            account = known.get(standing.account_id) or ReportedAccount(
                id=standing.account_id, name=standing.account_id, requested=False
            )
            via = standing.principal if standing.principal.startswith("group:") else ""
            people = self.people_of(standing.principal) if standing.stands else ()
            for person in people or ("",):
                yield Entry(person=person, via=via.removeprefix("group:"), standing=standing, account=account)
