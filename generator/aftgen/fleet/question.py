"""What a person asks about access, and what of the fleet and of Identity Center it means.

A name that nobody has is refused with the nearest one, before the long reading begins.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from aft_access.contract import Kind, Principal
from aft_access.places import ROOT
from aft_access.values import Names as KnownNames

from aftgen.access_report.model import DELETED, Standing
from aftgen.errors import UsageError, nearest
from aftgen.fleet.collect import Reads
from aftgen.fleet.standings import Names, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """``accounts`` are names, emails or ids, ``ous`` paths. Empty is everything."""

    accounts: tuple[str, ...] = ()
    ous: tuple[str, ...] = ()
    person: str = ""
    group: str = ""
    permission_set: str = ""
    thorough: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Everything that the report needs beside Identity Center.

    ``places`` is OU path by account id; ``waiting`` are requests whose account does not exist yet. The pins
    are the ledger's: principals' ids and permission sets' ARNs. ``known`` is all that it has of names.
    """

    subjects: tuple[Subject, ...]
    management_account_id: str
    places: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    pins: Mapping[Principal, str] = field(default_factory=dict)
    set_pins: Mapping[str, str] = field(default_factory=dict)
    known: KnownNames = field(default_factory=KnownNames)


def chosen(question: Question, fleet: Fleet) -> tuple[Subject, ...]:
    """The accounts asked for. Raises UsageError for one that there is none of."""
    if not (question.accounts or question.ous):
        return fleet.subjects
    found: dict[str, Subject] = {}
    for text in question.accounts:
        matching = [one for one in fleet.subjects if text in _ways_to_say(one)]
        matching = matching or [
            one for one in fleet.subjects if text.casefold() in map(str.casefold, _ways_to_say(one))
        ]
        if not matching:
            known = [way for one in fleet.subjects for way in _ways_to_say(one)]
            raise _unknown(f"there is no account {text!r}", text, known)
        found |= {one.id: one for one in matching}
    for path in question.ous:
        below = [one for one in fleet.subjects if _is_below(fleet.places.get(one.id, ""), path)]
        if not below:
            paths = {place for place in fleet.places.values() if place}
            raise _unknown(f"there is no account in an OU {path!r}", path, [*_with_parents(paths), ROOT])
        found |= {one.id: one for one in below}
    return tuple(one for one in fleet.subjects if one.id in found)


def _ways_to_say(subject: Subject) -> tuple[str, ...]:
    account = subject.account
    return (subject.id, account.name, account.email) if account else (subject.id,)


def _is_below(place: str, path: str) -> bool:
    return path == ROOT or place == path or place.startswith(f"{path}/")


def _with_parents(paths: Iterable[str]) -> list[str]:
    found = {path.rsplit("/", depth)[0] for path in paths for depth in range(path.count("/") + 1)}
    return sorted(found)


def _unknown(message: str, text: str, known: Sequence[str]) -> UsageError:
    close = nearest(text, known)
    return UsageError(message, hint=f"did you mean {close!r}?" if close else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Whom and what the person asked about; None is everybody and everything."""

    ids: frozenset[tuple[Kind, str]] | None
    principals: frozenset[str] | None
    arns: frozenset[str] | None
    permission_set: str

    @classmethod
    def of(cls, question: Question, names: Names, reads: Reads, subjects: Iterable[Subject]) -> "Wanted":
        ways: list[dict[tuple[Kind, str], str]] = []
        rows = [row.grant for one in subjects for row in one.rows]
        if question.person:
            ways.append(_person(question.person, names, reads, [one.principal for one in rows]))
        if question.group:
            ways.append(_ids("group", question.group, names, [one.principal for one in rows]))
        arns = None
        if question.permission_set:
            arns = frozenset(arn for arn, name in names.sets.items() if name == question.permission_set)
            known = {*names.sets.values(), *(one.permission_set for one in rows)}
            if question.permission_set not in known:
                text = question.permission_set
                raise _unknown(f"there is no permission set {text!r}", text, sorted(known))
        if not ways:
            return cls(ids=None, principals=None, arns=arns, permission_set=question.permission_set)
        ids = frozenset.intersection(*(frozenset(way) for way in ways))
        return cls(
            ids=ids,
            principals=frozenset(ways[0][one] for one in ids),
            arns=arns,
            permission_set=question.permission_set,
        )

    def keeps(self, standing: Standing) -> bool:
        named = standing.principal.removesuffix(DELETED)
        return (self.principals is None or named in self.principals) and (
            not self.permission_set or standing.permission_set == self.permission_set
        )


def _ids(kind: Kind, name: str, names: Names, owned: Iterable[Principal]) -> dict[tuple[Kind, str], str]:
    """Every id that a name means or meant, with how it is shown. Raises UsageError."""
    known = {one: called for one, called in names.principals.items() if one[0] == kind}
    found = {one for one, called in known.items() if called == name}
    if not found and kind == "user":
        found = {one for one, called in known.items() if called.casefold() == name.casefold()}
    pin = names.pins.get(Principal(kind=kind, name=name))
    found |= {(kind, pin)} if pin else set()
    if not found:
        seen = [*known.values(), *(one.name for one in owned if one.kind == kind)]
        what = "group" if kind == "group" else "user"
        raise _unknown(f"Identity Center has no {what} {name!r}", name, seen)
    return {one: f"{kind}:{known.get(one, name)}" for one in found}


def _person(name: str, names: Names, reads: Reads, owned: Iterable[Principal]) -> dict[tuple[Kind, str], str]:
    """A person and the groups that the person is in."""
    found = _ids("user", name, names, owned)
    for _, user_id in sorted(found):
        for group_id in reads.groups_with(user_id):
            found["group", group_id] = names.shown("group", group_id).removesuffix(DELETED)
    return found
