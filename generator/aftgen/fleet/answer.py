"""Who can get into what: the report, from what was read of the fleet, Identity Center and the catalogue.

Only what the question needs is read.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from aft_access.catalogue import Catalogue
from aft_access.contract import Kind

from aftgen.access_report.model import AccessReport, ReportedAccount, Standing
from aftgen.fleet.collect import Collected, Directory, Progress, Reads, Scope, collect, directory
from aftgen.fleet.question import Fleet, Question, Wanted, chosen
from aftgen.fleet.standings import Judged, Names, Subject, judge

GONE: Final = "GONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The report, and why some accounts could not be judged by their request."""

    report: AccessReport
    unjudged: tuple[str, ...] = ()

    @property
    def in_order(self) -> bool:
        """Whether everything is as declared, as far as anybody could tell."""
        return not (self.report.drift or self.unjudged)


def answer(
    question: Question,
    fleet: Fleet,
    reads: Reads,
    catalogue: Catalogue,
    generated: str,
    progress: Progress = lambda *_: None,
) -> Answer:
    """Reads Identity Center and judges it. Raises UsageError for a name that nobody has."""
    subjects = chosen(question, fleet)
    found = directory(reads, progress)
    names = Names(
        sets=found.sets,
        principals=found.principals,
        pins={**fleet.pins, **catalogue.pins},
        set_pins={**fleet.set_pins, **catalogue.permission_set_pins},
    )
    wanted = Wanted.of(question, names, reads, subjects)
    narrowed = question.accounts or question.ous
    collected = collect(
        reads,
        found,
        Scope(
            accounts={one.id for one in subjects} if narrowed else None,
            sets=wanted.arns,
            principals=wanted.ids,
        ),
        [one.id for one in fleet.subjects if one.account is not None],
        progress,
        thorough=question.thorough,
    )
    names, deleted = _named(names, found, collected, reads)
    known = {one.id for one in subjects}
    subjects += tuple(Subject(id=one, account=None) for one in sorted(set(collected.live) - known))
    live = {account: frozenset(held) for account, held in collected.live.items()}
    judged = judge(subjects, live, names, catalogue, fleet.management_account_id)
    standings = tuple(one for one in judged.standings if wanted.keeps(one))
    report = AccessReport(
        generated=generated,
        accounts=tuple(_reported(one, fleet.places) for one in subjects),
        standings=standings,
        members=_members(standings, names, reads, progress),
        privileged=frozenset(
            name for name in {one.permission_set for one in standings} if catalogue.is_privileged(name)
        ),
        portal_url=catalogue.access.identity_center.portal_url or "",
        notes=tuple(_notes(question, fleet, collected, deleted, judged)),
    )
    return Answer(report=report, unjudged=judged.unjudged)


def _named(
    names: Names, found: Directory, collected: Collected, reads: Reads
) -> tuple[Names, frozenset[tuple[Kind, str]]]:
    """Names of those too whom the lists did not have; and those who really exist no more."""
    seen = {(one.kind, one.principal_id) for held in collected.live.values() for one in held}
    asked = {one: reads.name_of(*one) for one in sorted(seen - set(found.principals))}
    there = {one: name for one, name in asked.items() if name is not None}
    deleted = frozenset(set(asked) - set(there))
    return replace(names, principals={**names.principals, **there}), deleted


def _members(
    standings: Iterable[Standing], names: Names, reads: Reads, progress: Progress
) -> dict[str, tuple[str, ...]]:
    groups: dict[str, list[str]] = {}
    shown = {one.principal for one in standings}
    for kind, principal_id in names.principals:
        label = names.shown(kind, principal_id)
        if kind == "group" and label in shown:
            groups.setdefault(label, []).append(principal_id)
    found: dict[str, tuple[str, ...]] = {}
    called: dict[str, str] = {}

    def name(user_id: str) -> str:
        if user_id not in called:
            known = names.principals.get(("user", user_id))
            called[user_id] = known or reads.name_of("user", user_id) or user_id
        return called[user_id]

    for number, (label, ids) in enumerate(sorted(groups.items()), 1):
        found[label] = tuple(sorted({name(user) for one in ids for user in reads.members(one)}))
        progress("groups' members", number, len(groups))
    return found


def _reported(subject: Subject, places: Mapping[str, str]) -> ReportedAccount:
    account = subject.account
    return ReportedAccount(
        id=subject.id,
        name=account.name if account else subject.id,
        email=account.email if account else "",
        ou=places.get(subject.id, ""),
        status=account.status if account else GONE,
        requested=subject.request is not None,
    )


def _notes(
    question: Question,
    fleet: Fleet,
    collected: Collected,
    deleted: Iterable[tuple[Kind, str]],
    judged: Judged,
) -> Iterable[str]:
    narrowed = [
        ("account", ", ".join(question.accounts)),
        ("OU", ", ".join(question.ous)),
        ("person", question.person),
        ("group", question.group),
        ("permission set", question.permission_set),
    ]
    asked = "; ".join(f"{what} {text}" for what, text in narrowed if text)
    if asked:
        yield f"Only a part of the organization: {asked}."
    yield from collected.notes
    gone = sorted(f"{kind}:{principal_id}" for kind, principal_id in deleted)
    if gone:
        yield f"Deleted, and some of their grants are left: {', '.join(gone)}."
    if fleet.waiting and not asked:
        yield f"Requested, and not there yet: {', '.join(fleet.waiting)}."
    yield from (f"Not judged by its request: {one}." for one in judged.unjudged)
