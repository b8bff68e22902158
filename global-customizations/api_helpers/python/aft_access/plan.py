"""The plan of one account: a value, computed from values, that `apply.py` carries out as it is.

For each grant that should stand, or that the ledger says is ours:

  desired   live   ours      then
  yes       no     any       grant
  yes       yes    yes       kept (and confirmed, if an earlier run died before it could say so)
  yes       yes    no        satisfied, not ours
  no        yes    yes       revoke
  no        no     yes       forget the row
  no        yes    no        unmanaged: reported, never touched

Protected principals are not revoked. A name that does not lead to its pinned id any more (`resolve.py` tells
the cases apart) gets no new grant anywhere until somebody reviewed it, and the run fails so that somebody
does. What becomes of the grants that the pinned id still has:

  gone      neither name nor id exist: a leaver; cleaned up, and the run goes on
  changed   another id has the name, and the pinned one
              no longer exists: cleaned up like a leaver's
              exists under another name: revoked. Nothing declared names it any more, and access that no
              file asks for must not outlive the moment when somebody else took over the name
  renamed   nobody has the name, and the pinned id has another: kept. It is the same group of the same
              people; a rename in the identity provider must not lock them out of every account

What is revoked so counts against `max_revocations`, leaves protected principals alone, and refuses the whole
plan where a required grant would not stand: it cannot lock everybody out.

A permission set whose ARN is not the pinned one has its grants held as they are.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field

from .contract import Grant, Principal
from .resolve import Identity, Resolution
from .values import Assignment, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One grant to make or to take back. `assignment` is None while its permission set has no ARN yet."""

    grant: Grant
    principal_id: str
    source: str
    assignment: Assignment | None = None
    row: Row | None = None
    dead: bool = False
    """A revocation that only cleans up after a principal that no longer exists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A grant that stays as it is, and why."""

    grant: Grant
    reason: str
    failing: bool = False
    """Whether declared access is missing because of it, so that the run must not look like a success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that a plan is computed from."""

    account_id: str
    desired: dict[Grant, str]
    resolution: Resolution
    live: frozenset[Assignment]
    rows: tuple[Row, ...] = ()
    stale: frozenset[str] = frozenset()
    """ARNs of sets whose latest content has not reached this account."""
    ours: frozenset[str] = frozenset()
    """Names of permission sets that are ours to provision."""
    needs: tuple[str, ...] = ()
    """Permission sets to create or update first, for the organization."""
    protected: frozenset[Principal] = frozenset()
    required: frozenset[Grant] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run does, and what it leaves alone. Everything is sorted."""

    account_id: str
    needs: tuple[str, ...] = ()
    provisions: tuple[str, ...] = ()
    """ARNs of our sets to provision again in this account."""
    grants: tuple[Step, ...] = ()
    revokes: tuple[Step, ...] = ()
    kept: tuple[Step, ...] = ()
    confirm: tuple[Row, ...] = ()
    forget: tuple[Row, ...] = ()
    satisfied: tuple[Step, ...] = ()
    held: tuple[Held, ...] = ()
    unmanaged: tuple[Assignment, ...] = ()
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    standing: frozenset[Grant] = field(default_factory=frozenset)
    """What stands once the plan is carried out, as far as it is named: for the guard."""

    @property
    def changes(self) -> int:
        """Writes to Identity Center for this account."""
        return len(self.needs) + len(self.provisions) + len(self.grants) + len(self.revokes)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write anywhere, the ledger included."""
        return not (self.changes or self.confirm or self.forget)

    @property
    def fingerprint(self) -> str:
        """Equal for plans that would do the same: what was reviewed is what is applied."""
        content = [
            self.account_id,
            self.needs,
            self.provisions,
            [str(step.grant) + step.principal_id for step in self.grants],
            [str(step.grant) + step.principal_id for step in self.revokes],
            [str(row.grant) for row in self.forget],
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def compute(situation: Situation) -> Plan:
    """The plan for a situation. It decides nothing about limits or permissions: that is the guard's."""
    grants: list[Step] = []
    kept: list[Step] = []
    confirm: list[Row] = []
    satisfied: list[Step] = []
    held: list[Held] = []
    resolution = situation.resolution
    rows = {row.assignment: row for row in situation.rows}
    handled: set[Assignment] = set()
    for grant, source in situation.desired.items():
        identity = resolution.principals.get(grant.principal)
        reason = _holding(grant, identity, resolution)
        if identity is None or reason:
            if reason:
                gone = identity is not None and identity.outcome == "gone"
                held.append(Held(grant=grant, reason=reason, failing=not gone))
            continue
        assignment = _assignment(grant, identity, resolution)
        row = rows.get(assignment) if assignment else None
        step = Step(grant=grant, principal_id=identity.id, source=source, assignment=assignment, row=row)
        if assignment is not None:
            handled.add(assignment)
        if assignment is None or assignment not in situation.live:
            grants.append(step)
        elif row is None:
            satisfied.append(step)
        else:
            kept.append(step)
            if (row.state, row.source, row.grant) != ("owned", source, grant):
                confirm.append(row)
    revokes, forget, kept_back = _endings(situation, handled)
    held += kept_back
    revoked = {step.assignment for step in revokes}
    known = {row.assignment for row in situation.rows}
    return Plan(
        account_id=situation.account_id,
        needs=tuple(sorted(situation.needs)),
        provisions=tuple(sorted(_provisions(situation, grants, revoked))),
        grants=tuple(sorted(grants, key=lambda step: step.grant)),
        revokes=tuple(revokes),
        kept=tuple(sorted(kept, key=lambda step: step.grant)),
        confirm=tuple(sorted(confirm, key=lambda row: row.grant)),
        forget=tuple(forget),
        satisfied=tuple(sorted(satisfied, key=lambda step: step.grant)),
        held=tuple(sorted(held, key=lambda one: one.grant)),
        unmanaged=tuple(sorted(situation.live - handled - known)),
        warnings=resolution.warnings,
        standing=frozenset(step.grant for step in (*grants, *kept, *satisfied))
        | _standing_anyway(situation, revoked),
    )


def _standing_anyway(situation: Situation, revoked: set[Assignment | None]) -> frozenset[Grant]:
    """Required grants that nobody asked for here and that stand by another hand."""
    found = set()
    for grant in situation.required - set(situation.desired):
        identity = situation.resolution.principals.get(grant.principal)
        assignment = _assignment(grant, identity, situation.resolution) if identity else None
        if assignment in situation.live and assignment not in revoked:
            found.add(grant)
    return frozenset(found)


def _holding(grant: Grant, identity: Identity | None, resolution: Resolution) -> str:
    if grant.permission_set in resolution.held_sets:
        return resolution.held_sets[grant.permission_set]
    if identity is None or identity.outcome == "ok":
        return ""
    return {
        "gone": f"{grant.principal} no longer exists",
        "renamed": f"{grant.principal} has another name now",
        "changed": f"{grant.principal} has another id than the pinned one",
    }[identity.outcome]


def _assignment(grant: Grant, identity: Identity, resolution: Resolution) -> Assignment | None:
    known = resolution.permission_sets.get(grant.permission_set)
    if known is None or not identity.id:
        return None
    return Assignment(permission_set_arn=known.arn, kind=grant.principal.kind, principal_id=identity.id)


def _endings(situation: Situation, handled: set[Assignment]) -> tuple[list[Step], list[Row], list[Held]]:
    revokes: list[Step] = []
    forget: list[Row] = []
    held: list[Held] = []
    for row in sorted(situation.rows, key=lambda one: (one.grant, one.assignment)):
        if row.assignment in handled:
            continue
        identity = situation.resolution.principals.get(row.grant.principal)
        dead = (
            identity is not None and identity.id == row.assignment.principal_id and not identity.pinned_exists
        )
        if row.grant in situation.desired and not dead and _is_held(row, identity, situation):
            continue  # its grant is among the held ones already
        if row.assignment not in situation.live:
            forget.append(row)
        elif row.grant.principal in situation.protected and not dead:
            if row.grant not in situation.desired:  # else it is held already, for a reason that fails the run
                reason = f"{row.grant.principal} is protected and is not revoked"
                held.append(Held(grant=row.grant, reason=reason))
        else:
            revokes.append(
                Step(
                    grant=row.grant,
                    principal_id=row.assignment.principal_id,
                    source=row.source,
                    assignment=row.assignment,
                    row=row,
                    dead=dead,
                )
            )
    return revokes, forget, held


def _is_held(row: Row, identity: Identity | None, situation: Situation) -> bool:
    if row.grant.permission_set in situation.resolution.held_sets:
        return True
    return (
        identity is not None and identity.outcome == "renamed" and identity.id == row.assignment.principal_id
    )


def _provisions(
    situation: Situation, grants: Iterable[Step], revoked: set[Assignment | None]
) -> Iterable[str]:
    by_arn = {known.arn: name for name, known in situation.resolution.permission_sets.items()}
    used = {one.permission_set_arn for one in situation.live if one not in revoked}
    used |= {step.assignment.permission_set_arn for step in grants if step.assignment}
    return (arn for arn in situation.stale if arn in used and by_arn.get(arn) in situation.ours)
