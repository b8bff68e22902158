"""Names to ids, all at once, before anything is changed.

A principal's name is pinned to its id at first use, for the whole organization (DESIGN, "Names and
ids"). Five answers are possible, and telling them apart is what keeps a leaver from blocking a
pipeline and a squatter from inheriting a group's access:

  ok        the name leads to the pinned id, or to its first id, which is then pinned
  unknown   it was never resolved: nothing at all may be concluded, the run refuses
  gone      it was pinned and neither name nor id exist: a leaver
  renamed   nobody has the name, and the pinned id exists under another one
  changed   the name leads to another id: its grants stop until principals.yaml, reviewed, carries that

What each means for grants that stand is told in `plan.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from . import names
from .catalogue import Catalogue
from .contract import Principal
from .ports import Directory, PermissionSetReads
from .values import KnownSet, Names

Outcome = Literal["ok", "gone", "renamed", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a principal's name leads to. `id` is the one to use, else the pinned one.

    It is empty for a group or user that is ours to make and not made yet.
    """

    id: str
    outcome: Outcome = "ok"
    other_id: str = ""
    """With `changed`: the id that the name leads to now."""
    pinned_exists: bool = True
    """With `changed`: whether the pinned id still exists, under another name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """Answers for every name that a run needs."""

    principals: dict[Principal, Identity] = field(default_factory=dict)
    permission_sets: dict[str, KnownSet] = field(default_factory=dict)
    """By name; one that is ours and not yet made is absent."""
    unknown: tuple[str, ...] = ()
    """A sentence for each name that leads nowhere."""
    held_sets: dict[str, str] = field(default_factory=dict)
    """Permission sets whose ARN is not the pinned one, with the reason."""
    new_pins: dict[Principal, str] = field(default_factory=dict)
    new_sets: dict[str, KnownSet] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def principals(
    wanted: Iterable[Principal],
    owned: Iterable[Principal],
    catalogue: Catalogue,
    known: Names,
    store: Directory,
) -> Resolution:
    """Resolve every principal. One that is only owned and never pinned is left to its ledger row's id.

    Costs one call for each principal; up to three more for a name that is new, and one for a name that
    moved.
    """
    found: dict[Principal, Identity] = {}
    pins: dict[Principal, str] = {}
    unknown: list[str] = []
    missing: list[tuple[Principal, bool]] = []
    warnings: list[str] = []
    required = set(wanted)
    for principal in sorted(required | set(owned)):
        reviewed = catalogue.pins.get(principal)
        pin = reviewed or known.principals.get(principal)
        current = store.find(principal)
        if pin is None:
            if current is None and principal in required and created(principal, catalogue):
                found[principal] = Identity(id="")
            elif current is None or store.name_of(principal.kind, current) != principal.name:
                if principal in required:
                    missing.append((principal, bool(current)))
            elif len(store.namesakes(principal)) > 1:
                if principal in required:
                    unknown.append(
                        f"{principal} is the name of several {principal.kind}s: "
                        "say in principals.yaml which one is meant"
                    )
            else:
                found[principal] = Identity(id=current)
                pins[principal] = current
                if principal.kind == "group" and not store.has_members(current):
                    warnings.append(f"{principal} has no members: its grants let nobody in")
        elif current == pin:
            found[principal] = Identity(id=pin)
            if known.principals.get(principal) != pin:
                pins[principal] = pin
        else:
            name = store.name_of(principal.kind, pin)
            if name == principal.name:
                found[principal] = Identity(id=pin)
                warnings.append(
                    f"{principal} is the name of another {principal.kind} too; the pinned one is used"
                )
                continue
            found[principal] = _moved(pin, current, name is not None)
            warnings.append(_moved_warning(principal, found[principal]))
    existing = store.group_names() if any(one.kind == "group" for one, _ in missing) else frozenset()
    unknown += [
        _unknown_principal(
            principal,
            catalogue,
            existing if principal.kind == "group" else frozenset(),
            other_case=other_case,
        )
        for principal, other_case in missing
    ]
    return Resolution(principals=found, unknown=tuple(unknown), new_pins=pins, warnings=tuple(warnings))


def permission_sets(
    wanted: Iterable[str], catalogue: Catalogue, known: Names, remote: PermissionSetReads
) -> Resolution:
    """Resolve every permission set. Only a name that the ledger has not seen costs calls: one for each
    page of the organization's sets and one for each set, the API having no look-up by name."""
    found: dict[str, KnownSet] = {}
    fresh: dict[str, KnownSet] = {}
    unknown: list[str] = []
    held: dict[str, str] = {}
    listed: dict[str, str] | None = None
    for name in sorted(set(wanted)):
        near = catalogue.unknown_permission_set(name)
        if near is not None:
            hint = f"; did you mean {near[0]}?" if near else ""
            unknown.append(f"there is no permission set {name} in the catalogue{hint}")
            continue
        external = catalogue.permission_sets[name].external
        row = known.permission_sets.get(name)
        reviewed = catalogue.permission_set_pins.get(name)
        if row is not None and row.arn and not row.removed and reviewed in (None, row.arn):
            found[name] = row
            continue
        if row is not None and row.removed and not external:
            continue
        listed = remote.arns() if listed is None else listed
        arn = listed.get(name)
        if arn is None:
            if external:
                near_live = names.nearest(name, listed)
                hint = f"; the nearest that exists is {near_live}" if near_live else ""
                unknown.append(f"the external permission set {name} does not exist in Identity Center{hint}")
            continue
        if reviewed is not None and arn != reviewed:
            held[name] = f"{name} is {arn}, and principals.yaml says {reviewed}"
            continue
        found[name] = fresh[name] = KnownSet(arn=arn)
        if not external:
            live = remote.read(arn)
            if live is None or not live.ours:
                held[name] = (
                    f"{name} exists and is not ours: it lacks our tag; use another name or `external`"
                )
                del found[name], fresh[name]
            else:
                found[name] = fresh[name] = KnownSet(arn=arn, digest=live.content.digest, ours=True)
    return Resolution(permission_sets=found, unknown=tuple(unknown), held_sets=held, new_sets=fresh)


def created(principal: Principal, catalogue: Catalogue) -> bool:
    """Whether a principal that does not exist is ours to make."""
    if not catalogue.creates_principals:
        return False
    return principal.name in (catalogue.groups if principal.kind == "group" else catalogue.users)


def merge(first: Resolution, second: Resolution) -> Resolution:
    """Both answers as one."""
    return Resolution(
        principals=first.principals | second.principals,
        permission_sets=first.permission_sets | second.permission_sets,
        unknown=first.unknown + second.unknown,
        held_sets=first.held_sets | second.held_sets,
        new_pins=first.new_pins | second.new_pins,
        new_sets=first.new_sets | second.new_sets,
        warnings=first.warnings + second.warnings,
    )


def _moved(pin: str, current: str | None, exists: bool) -> Identity:
    if current is not None:
        return Identity(id=pin, outcome="changed", other_id=current, pinned_exists=exists)
    return Identity(id=pin, outcome="renamed" if exists else "gone", pinned_exists=exists)


def _moved_warning(principal: Principal, identity: Identity) -> str:
    if identity.outcome == "gone":
        return f"{principal} no longer exists: it is not granted, and what it had is cleaned up"
    if identity.outcome == "renamed":
        return (
            f"{principal} was renamed in the identity store: what it has stays and it gets nothing new; "
            "write its new name in requests and rules"
        )
    return (
        f"{principal} is not who it was: its id is {identity.other_id}, and {identity.id} is pinned; "
        "its grants stop until principals.yaml carries the new id (`aftgen access repin`)"
    )


def _unknown_principal(
    principal: Principal, catalogue: Catalogue, existing: frozenset[str], *, other_case: bool
) -> str:
    named = {one.name for one in catalogue.named_principals() if one.kind == principal.kind}
    near = names.nearest(principal.name, (existing or named) - {principal.name})
    hint = f"; did you mean {near}?" if near else ""
    if other_case:
        hint = "; one with other letter case exists, and a name must be exact"
    group = catalogue.groups.get(principal.name) if principal.kind == "group" else None
    source = group.source if group is not None and group.source else catalogue.access.source_of_groups
    origin = "groups.yaml" if catalogue.creates_principals else source
    return f"{principal} does not exist in Identity Center and should come from {origin}{hint}"
