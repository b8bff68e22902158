"""A plan in words, the same in every form: short phrases for the head, one sentence for each fact."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from aftgen.changes.access import Line
from aftgen.changes.decision import OU, Verdict
from aftgen.changes.fields import FieldChange
from aftgen.changes.plan import MINUTES_PER_REQUEST, AccountChange, Kind, Plan, Step

_LONGEST_VALUE = 200
_WORDS = {
    Kind.REFUSED: "refused",
    Kind.CREATE: "created",
    Kind.TAKE_OVER: "taken over",
    Kind.MOVE: "moved",
    Kind.CUSTOMIZE: "customized again",
    Kind.REMOVE: "removed from AFT",
    Kind.RENAME: "renamed in Terraform",
    Kind.PIPELINE: "with a pipeline to start",
}


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts to which the same happens and nothing else: their pipelines must run."""

    changes: tuple[AccountChange, ...]
    reasons: tuple[str, ...]


def headline(plan: Plan) -> str:
    """The whole plan in one sentence."""
    if not plan.changes and not plan.unevaluated and not plan.dangers:
        return "No account changes."
    counted = {kind: len(plan.of(kind)) for kind in _WORDS}
    dangerous = sum(Kind.REFUSED not in one.kinds and one.is_refused for one in plan.changes)
    parts = [f"{number:,} {_WORDS[kind]}" for kind, number in counted.items() if number]
    if dangerous:
        parts.insert(0, f"{dangerous:,} dangerous")
    granted = sum(len(change.access.granted) for change in plan.changes)
    revoked = sum(len(change.access.revoked) for change in plan.changes)
    if granted:
        parts.append(f"{count(granted, 'grant')} added")
    if revoked:
        parts.append(f"{count(revoked, 'grant')} revoked")
    if plan.unevaluated:
        parts.append(f"{len(plan.unevaluated):,} not evaluated")
    verb = "changes" if len(plan.changes) == 1 else "change"
    return f"{count(len(plan.changes), 'account')} {verb}: {', '.join(parts)}."


def ordered(plan: Plan) -> tuple[tuple[AccountChange, ...], tuple[Group, ...]]:
    """The accounts to show one by one, the worst first, and those that only need their pipeline."""
    groups: dict[tuple[str, ...], list[AccountChange]] = {}
    single = []
    for change in plan.changes:
        if change.kinds == (Kind.PIPELINE,) and not change.access.changes and not change.dangers:
            groups.setdefault(change.pipeline_reasons, []).append(change)
        else:
            single.append(change)
    single.sort(key=lambda one: (not one.is_refused, Kind.REMOVE not in one.kinds))
    return tuple(single), tuple(Group(tuple(found), reasons) for reasons, found in groups.items())


def label(change: AccountChange) -> str:
    """What happens to an account, in a few words."""
    words = [_WORDS[kind] for kind in change.kinds if kind is not Kind.PIPELINE]
    if change.is_refused and Kind.REFUSED not in change.kinds:
        words.insert(0, "dangerous")
    if Kind.PIPELINE in change.kinds and not words:
        words.append("pipeline to start")
    return ", ".join(words)


def sentences(change: AccountChange) -> Iterator[str]:
    """Every fact about one account."""
    for danger in change.dangers:
        yield f"Dangerous: {danger.text}"
    for step in change.steps:
        yield from _decided(step, change)
    yield from (f"{_named(one)}: {_values(one)}" for one in change.fields if _is_shown(one, change))
    access = change.access
    yield from (f"Refused: {text}" for text in access.refused)
    yield from (f"Granted: {_line(line)}" for line in access.granted)
    yield from (f"Revoked: {_line(line)}" for line in access.revoked)
    yield from (f"Left without a declaration: {_line(line)}" for line in access.gone)
    if access.stays:
        yield f"Stays after the removal: the account, its resources and {count(len(access.stays), 'grant')}"
        yield from (f"Stays: {_line(line)}" for line in access.stays)
    yield from (note[:1].upper() + note[1:] for note in change.notes)
    if change.needs_pipeline:
        yield f"Its pipeline must run ({'; '.join(change.pipeline_reasons)}); AFT does not start it"


def opening(plan: Plan) -> Iterator[str]:
    """What must be read before any account."""
    yield from (f"Dangerous: {danger.text}" for danger in plan.dangers)


def closing(plan: Plan) -> Iterator[str]:
    """What is true of the whole: time, pipelines, policy, what is not known."""
    if plan.queued:
        yield (
            f"AFT takes one request in {MINUTES_PER_REQUEST} minutes: about {duration(plan.minutes)} for "
            f"{count(plan.queued, 'request')}, and what Control Tower then needs"
        )
    if plan.pipelines:
        yield (
            f"{count(len(plan.pipelines), 'pipeline')} must be started, which AFT does not do: "
            f"{shortened(change.name for change in plan.pipelines)}"
        )
    claims = [change.name for change in plan.changes if change.claim]
    if claims:
        yield (
            f"{count(len(claims), 'account')} taken for existing because the request says so: where that is "
            "wrong, AFT creates an account, with the SSO user as its administrator"
        )
    if plan.everywhere:
        yield f"Every account's pipeline runs what changed here: {shortened(plan.everywhere)}"
    if plan.policy_files:
        yield (
            f"Policy changes: {shortened(plan.policy_files)}; requests are judged by "
            f"{plan.base or 'the base'}'s"
        )
    for text in plan.access_problems:
        yield f"Access cannot be planned: {text}"
    for one in plan.unevaluated:
        yield f"Not evaluated ({one.side}): {one.address} at {one.place}: {one.reason}"
    if plan.unevaluated:
        yield "What is not evaluated may create, change or remove accounts that this plan does not name"


def count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def duration(minutes: int) -> str:
    if minutes < 120:
        return f"{minutes} minutes"
    hours, rest = divmod(minutes, 60)
    return f"{hours} hours" + (f" {rest} minutes" if rest else "")


def shortened(names: Iterable[str], most: int = 8) -> str:
    listed = list(names)
    more = f" and {len(listed) - most:,} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more


def _decided(step: Step, change: AccountChange) -> Iterator[str]:
    decision, row = step.decision, change.row
    match decision.verdict:
        case Verdict.CREATE:
            yield f"AFT creates the account {row.email} in {row.ou}"
        case Verdict.UPDATE:
            (moved,) = (one for one in decision.changed if one.name == OU)
            yield f"AFT moves the account from {moved.old} to {moved.new}"
        case Verdict.CUSTOMIZE if step.event == "INSERT":
            yield "AFT takes the account over as it is: it compares neither the name nor the OU"
        case Verdict.CUSTOMIZE:
            yield "AFT sets its tags and custom fields again"
        case Verdict.REMOVE:
            yield "AFT deletes the account's pipeline and forgets it"
        case Verdict.REFUSE:
            detail = f" ({decision.log})" if decision.log else ""
            yield f"AFT refuses, after the merge: {decision.words}{detail}"
            for one in decision.immutable:
                yield f"Cannot change: {one.name} from {_value(one.old)} to {_value(one.new)}"
            if step.event == "MODIFY" and decision.queued:
                yield "The other changes of this request are not applied either"
        case Verdict.NOTHING:
            yield f"AFT does nothing: {decision.words}"


def _is_shown(change: FieldChange, of: AccountChange) -> bool:
    """Parameters are told with the decision, access by its grants."""
    if change.kind == "parameter":
        return False
    return change.kind != "custom field" or change.name != "access" or not (of.access.changes)


def _named(change: FieldChange) -> str:
    if change.kind in ("tag", "custom field"):
        return f"{change.kind.capitalize()} {change.name}"
    return change.name


def _values(change: FieldChange) -> str:
    if change.old is None:
        return f"{_value(change.new)} added"
    if change.new is None:
        return f"{_value(change.old)} removed"
    return f"{_value(change.old)} becomes {_value(change.new)}"


def _value(value: str | None) -> str:
    text = value or "(empty)"
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _line(line: Line) -> str:
    return f"{line.grant.permission_set} to {line.grant.principal} ({line.source})"
