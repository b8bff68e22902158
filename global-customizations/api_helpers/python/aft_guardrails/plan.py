"""A plan: a value, computed from values, that `carry_out.py` carries out as it is.

For each attachment that should stand, or that the ledger says is ours:

  desired   live   ours      then
  yes       no     any       attach
  yes       yes    yes       kept (and confirmed, if an earlier run died before it could say so)
  yes       yes    no        stands, not ours
  no        yes    yes       detach
  no        no     yes       forget the row
  no        yes    no        unmanaged: reported, never touched

A policy that left the tree is deleted if it carries our tag and nothing but attachments of ours hold it.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from . import document
from .declarations import Policy
from .values import FULL_ACCESS, KnownPolicy, LivePolicy, Pair, Root, Row, Summary, is_account

Verb = Literal["enable", "create", "update", "attach", "detach", "delete"]
ORDER: Final[dict[str, int]] = {
    verb: place for place, verb in enumerate(("enable", "create", "update", "attach", "detach", "delete"))
}
ORGANIZATION: Final = "organization"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change. `policy` is a name, `target` an id; `detail` says why or how much, for people.

    `digest` is of the content that is written.
    """

    verb: Verb
    policy: str = ""
    target: str = ""
    policy_id: str = ""
    detail: str = ""
    digest: str = ""

    @property
    def pair(self) -> Pair:
        """The attachment that it is about."""
        return Pair(self.policy, self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What stays as it is, and why."""

    policy: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """Everything that a plan is computed from. `scope` is an account's id, or the organization."""

    scope: str
    wanted: Mapping[str, Policy] = field(default_factory=dict)
    """Declared policies whose contents are this run's to write: all or none."""
    leaving: frozenset[str] = frozenset()
    """Policies that the ledger knows and the tree does not."""
    known: Mapping[str, KnownPolicy] = field(default_factory=dict)
    live: Mapping[str, LivePolicy] = field(default_factory=dict)
    """What stands under these names, whoever made it."""
    desired: frozenset[Pair] = frozenset()
    attached: frozenset[Pair] = frozenset()
    """Where the policies of `known` and `live` are attached, of the targets that this run may change."""
    rows: tuple[Row, ...] = ()
    on: Mapping[str, tuple[Summary, ...]] = field(default_factory=dict)
    """Everything that is attached to the targets that change."""
    allowing: frozenset[str] = frozenset()
    """Ids of policies that allow something today."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Targets as people know them."""
    root: Root | None = None
    characters: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run does, and what it leaves alone. Everything is sorted; changes are in their order."""

    scope: str
    changes: tuple[Change, ...] = ()
    confirm: tuple[Row, ...] = ()
    forget: tuple[Row, ...] = ()
    kept: tuple[Pair, ...] = ()
    satisfied: tuple[Pair, ...] = ()
    unmanaged: tuple[Pair, ...] = ()
    held: tuple[Held, ...] = ()
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    early: frozenset[Pair] = frozenset()
    """Detachments that must come before attachments: their target has no slot left for both."""
    labels: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, int] = field(default_factory=dict)
    """Policies on each changed target once the plan is carried out."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write anywhere, the ledger included."""
        return not (self.changes or self.confirm or self.forget)

    @property
    def fingerprint(self) -> str:
        """Equal for plans that would do the same: what was reviewed is what is applied."""
        content = [
            self.scope,
            [[one.verb, one.policy, one.target, one.detail, one.digest] for one in self.changes],
            [list(row.pair) for row in self.forget],
        ]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    def of(self, *verbs: Verb) -> tuple[Change, ...]:
        """Its changes of these kinds."""
        return tuple(one for one in self.changes if one.verb in verbs)


def compute(situation: Situation, slots: int) -> Plan:
    """The plan for a situation; `slots` is how many policies a target takes. The guard judges it."""
    rows = {row.pair: row for row in situation.rows}
    desired, attached = situation.desired, situation.attached
    standing = desired & attached
    unmanaged = tuple(sorted(attached - desired - set(rows)))
    changes = [*_enabling(situation), *_contents(situation)]
    changes += [_attachment("attach", pair, situation) for pair in desired - attached]
    detached = {pair for pair in rows if pair in attached and pair not in desired}
    changes += [_attachment("detach", pair, situation) for pair in detached]
    held, deletions = _endings(situation, unmanaged)
    changes += deletions
    changes.sort(key=lambda one: (ORDER[one.verb], one.policy, situation.labels.get(one.target, "")))
    plan = Plan(
        scope=situation.scope,
        changes=tuple(changes),
        confirm=tuple(rows[one] for one in sorted(standing) if one in rows and rows[one].state != "attached"),
        forget=tuple(rows[one] for one in sorted(rows) if one not in attached and one not in desired),
        kept=tuple(sorted(one for one in standing if one in rows)),
        satisfied=tuple(sorted(one for one in standing if one not in rows)),
        unmanaged=unmanaged,
        held=tuple(held),
        labels=situation.labels,
    )
    counts = {target: len(after) for target, after in remaining(plan, situation).items()}
    early = {
        pair
        for pair in detached
        if counts.get(pair.target, 0) + sum(other.target == pair.target for other in detached) > slots
    }
    return replace(plan, early=frozenset(early), slots=counts)


def remaining(plan: Plan, situation: Situation) -> dict[str, frozenset[str]]:
    """Ids, or names of what has none yet, of the policies on each changed target afterwards."""
    found: dict[str, frozenset[str]] = {}
    for change in plan.of("attach", "detach"):
        before = found.get(change.target)
        if before is None:
            before = frozenset(one.id for one in situation.on.get(change.target, ()))
            if situation.root is not None and not situation.root.status:
                before |= {FULL_ACCESS}  # AWS attaches it everywhere when the type is enabled
        one = frozenset({change.policy_id or change.policy})
        found[change.target] = before | one if change.verb == "attach" else before - one
    return found


def differences(wanted: Policy, live: LivePolicy) -> tuple[str, ...]:
    """Names of the parts that differ, for a person to read."""
    found = []
    if live.name != wanted.name:
        found.append("name")
    if live.description != wanted.description:
        found.append("description")
    if not document.same(live.content, wanted.document.content):
        found.append("content")
    if live.tags != wanted.tags:
        found.append("tags")
    return tuple(found)


def _enabling(situation: Situation) -> Iterable[Change]:
    if situation.root is None or situation.root.status == "ENABLED" or not situation.wanted:
        return
    waiting = situation.root.status == "PENDING_ENABLE"
    yield Change(
        verb="enable", target=situation.root.id, detail="it is on its way already" if waiting else ""
    )


def _contents(situation: Situation) -> Iterable[Change]:
    for name, wanted in situation.wanted.items():
        live, known = situation.live.get(name), situation.known.get(name, KnownPolicy())
        if live is None:
            length = len(wanted.document.content)
            detail = f"{length:,} of {situation.characters:,} characters"
            yield Change(verb="create", policy=name, detail=detail, digest=wanted.digest)
            continue
        if not live.ours:
            continue  # the guard refuses
        parts = differences(wanted, live)
        if parts or known.digest != wanted.digest or known.id != live.id or known.removed:
            detail = ", ".join(parts) or "only our record of it"
            yield Change(verb="update", policy=name, policy_id=live.id, detail=detail, digest=wanted.digest)


def _attachment(verb: Verb, pair: Pair, situation: Situation) -> Change:
    live = situation.live.get(pair.policy)
    known = live.id if live else ""
    if live is None and pair.policy not in situation.wanted:  # what is wanted is about to get another id
        known = situation.known.get(pair.policy, KnownPolicy()).id
    if verb == "detach" and not known:
        known = next((row.policy_id for row in situation.rows if row.pair == pair), "")
    return Change(verb=verb, policy=pair.policy, target=pair.target, policy_id=known)


def _endings(situation: Situation, unmanaged: tuple[Pair, ...]) -> tuple[list[Held], list[Change]]:
    held: list[Held] = []
    changes: list[Change] = []
    for name in sorted(situation.leaving):
        live = situation.live.get(name)
        others = [situation.labels.get(one.target, one.target) for one in unmanaged if one.policy == name]
        if live is not None and not live.ours:
            held.append(Held(policy=name, reason="lacks our tag now: it is not deleted"))
        elif others:
            reason = (
                f"another hand attached it to {', '.join(others)}: it is not deleted until that is undone"
            )
            held.append(Held(policy=name, reason=reason))
        else:
            # One that is gone already only loses its row's promise.
            changes.append(Change(verb="delete", policy=name, policy_id=live.id if live else ""))
    return held, changes


def describe(target: str, labels: Mapping[str, str]) -> str:
    """A target for people."""
    label = labels.get(target, "")
    if not label:
        return target
    return f"{target} {label}" if is_account(target) else label
