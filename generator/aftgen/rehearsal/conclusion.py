"""The result of a rehearsal: the states of its accounts, beside what the embedded AWS says about them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aftgen.organization import Organization
from aftgen.rehearsal import state
from aftgen.rehearsal.events import Run
from aftgen.rehearsal.findings import Finder
from aftgen.rehearsal.landing import SOMEBODY
from aftgen.rehearsal.requests import Refusal
from aftgen.rehearsal.result import AccountResult, Entry, Failure, Policy, Result
from aftgen.rehearsal.state import AccountState

if TYPE_CHECKING:
    from aft_access.catalogue import Catalogue

    from aftgen.rehearsal.pipeline import StageResult

Held = dict[str, set[tuple[str, str]]]
"""Account id to (permission set, principal)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """How things stood at the revision before: access, and policies in force by account id."""

    access: Held
    policies: Mapping[str, tuple[Policy, ...]]

    @classmethod
    def now(cls, finder: Finder) -> "Before":
        accounts = [str(account.id) for account in finder.zone.accounts()]
        return cls(access=finder.access(), policies={each: finder.policies(each) for each in accounts})


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How it went: `removed` are accounts whose requests are gone.

    `organization` is what was written once for all accounts.
    """

    release: str
    accounts: Sequence[AccountState]
    removed: Sequence[AccountState] = ()
    refusals: Sequence[Refusal] = ()
    organization: "Sequence[tuple[Run, StageResult]]" = ()
    stopped: tuple[str, ...] = ()
    second_writes: tuple[str, ...] = ()
    before: Before | None = None


def conclude(course: Course, finder: Finder, *, remarks: Iterable[str] = (), before: str = "") -> Result:
    """Everything as it stands now. `before` is the name of the revision before, where there was one."""
    held = finder.access()
    accounts = [_account(each, course, finder, held) for each in course.accounts]
    names = {account.name for account in accounts}
    accounts += [
        AccountResult(name=each.name, ou=each.ou, what="refused", failures=(_of_refusal(each),))
        for each in course.refusals
        if each.name not in names
    ]
    return Result(
        release=course.release,
        accounts=tuple(accounts),
        organization=tuple(
            state.failed(stage, run) for run, stage in course.organization if _counts(stage, run)
        ),
        removed=tuple(_account(each, course, finder, held, gone=True) for each in course.removed),
        stopped=course.stopped,
        remarks=tuple(dict.fromkeys([*remarks, *_notes(course), *_failed_before(course, before)])),
        second_writes=course.second_writes,
        before=before,
        members=_members(finder.zone.plan.groups, finder.catalogue),
    )


def _members(
    outside: Mapping[str, tuple[str, ...]], catalogue: "Catalogue | None"
) -> dict[str, tuple[str, ...]]:
    """Of groups whose members the repository knows."""
    members = {group: each for group, each in outside.items() if each and each != (SOMEBODY,)}
    if catalogue is not None:
        members |= {group.name: group.members for group in catalogue.groups.values() if group.members}
    return members


def _account(
    account: AccountState, course: Course, finder: Finder, held: Held, *, gone: bool = False
) -> AccountResult:
    row = account.row
    failures = [
        *state.failures(account),
        *(_of_refusal(each) for each in course.refusals if each.name == row.name),
    ]
    organization = Organization(finder.zone.plan.organizational_units)
    what = state.what(account, organization)
    if not account.id:
        return AccountResult(
            name=row.name,
            ou=row.ou,
            what=what,
            customization=row.account_customizations_name,
            failures=tuple(failures),
        )
    now = held.get(account.id, set())
    past = now if course.before is None else course.before.access.get(account.id, now)
    entries = finder.entries(account.id, row, now)
    policies = finder.policies(account.id)
    policies_past = policies if course.before is None else course.before.policies.get(account.id, policies)
    return AccountResult(
        name=row.name,
        id=account.id,
        ou=finder.ou(account.id),
        what=what,
        customization=row.account_customizations_name,
        entries=entries,
        missing=finder.missing(account.id, row, now) if account.runs and not gone else (),
        gained=tuple(each for each in entries if (each.permission_set, each.principal) not in past),
        lost=tuple(
            Entry(principal=principal, permission_set=permission_set)
            for permission_set, principal in sorted(past - now)
        ),
        tags=finder.tags(account.id),
        policies=policies,
        policies_gained=tuple(each for each in policies if each not in policies_past),
        policies_lost=tuple(each for each in policies_past if each not in policies),
        failures=tuple(failures),
        first=account.runs.get(Run.FIRST),
        second=account.runs.get(Run.SECOND),
    )


def _counts(stage: "StageResult", run: Run) -> bool:
    return not stage.ok and run is not Run.BEFORE


def _of_refusal(refusal: Refusal) -> Failure:
    return Failure(stage="requests", reasons=refusal.reasons, place=refusal.place)


def _notes(course: Course) -> Iterable[str]:
    """What stages remark, once for all accounts that hear the same."""
    return [
        f"{_named(stage, account)}: {note}"
        for account in course.accounts
        for run in account.runs.values()
        for stage in run.stages
        for note in stage.notes
    ]


def _named(stage: "StageResult", account: AccountState) -> str:
    """A stage with the customization that it is about, where there is more than one."""
    customization = account.row.account_customizations_name if stage.name.startswith("account ") else ""
    return f"{stage.name} of {customization}" if customization else stage.name


def _failed_before(course: Course, before: str) -> Iterable[str]:
    return [
        f"{stage.name} failed already at {before}: {stage.reason}"
        for run, stage in course.organization
        if run is Run.BEFORE and not stage.ok
    ] + [
        f"{account.row.name} failed already at {before}: {run.reason}"
        for account in course.accounts
        for number, run in account.runs.items()
        if number is Run.BEFORE and not run.ok
    ]
