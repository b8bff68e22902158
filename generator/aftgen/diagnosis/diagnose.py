"""From evidence to a diagnosis: how far the account is, the first thing that is wrong, what it means."""

from dataclasses import dataclass, field
from enum import StrEnum

from aftgen.diagnosis.evidence import Evidence, Part
from aftgen.diagnosis.failures import CATALOGUE
from aftgen.diagnosis.known import Known, Way
from aftgen.diagnosis.signals import Signal, Stage, signals
from aftgen.limits import provisioned_product_name


class State(StrEnum):
    OK = "ok"
    RUNNING = "in progress"
    FAILED = "failed"
    UNKNOWN = "unknown failure"
    UNREAD = "not all could be read"
    REMOVED = "not AFT's any more"
    ABSENT = "not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One signal and the row of the catalogue that names it; None: it is in no row."""

    signal: Signal
    known: Known | None = None
    meaning: str = ""
    repair: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.known.title if self.known else "unknown: this is in no row of the catalogue of failures"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """``now`` says in one sentence how far it is; ``later`` are the signals after the first failure."""

    state: State
    now: str
    finding: Finding | None = None
    later: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = field(default=())

    @property
    def way(self) -> Way | None:
        return self.finding.known.way if self.finding and self.finding.known else None

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state is not State.RUNNING

    @property
    def exit_code(self) -> int:
        return 0 if self.state in (State.OK, State.RUNNING, State.REMOVED) else 1


#: A remark rather than a failure: it is as AFT means it to be, or harmless until the next change.
_MILD = frozenset({"tags-left", "ou-not-applied"})
#: Of several rows about one failure, these say only that there is one.
_GENERAL = frozenset({"not-valid", "dead-letter", "describe-account", "vanished", "framework-state"})


def diagnose(evidence: Evidence) -> Diagnosis:
    """What is wrong, or how far it is."""
    found = [_named(signal, evidence) for signal in signals(evidence)]
    wrong = [each for each in found if not (each.known and each.known.id in _MILD)]
    remarks = [f"{each.title}: {each.signal.text}" for each in found if each not in wrong]
    remarks += _remarks(evidence)
    if wrong:
        first = _first(wrong)
        state = State.FAILED if first.known else State.UNKNOWN
        later = _others(first, wrong)
        now = f"{first.signal.stage.shown}: {first.title}"
        return Diagnosis(state=state, now=now, finding=first, later=later, remarks=tuple(remarks))
    state, now = _progress(evidence)
    return Diagnosis(state=state, now=now, remarks=tuple(remarks))


def _first(wrong: list[Finding]) -> Finding:
    """The first in the chain; but a row that says why before one that says only that."""
    first = wrong[0]
    if first.known is not None and first.known.id in _GENERAL:
        telling = [each for each in wrong if each.known and each.known.id not in _GENERAL]
        same = [each for each in telling if each.signal.stage <= Stage.INVOKE]
        return next(iter(same or [each for each in telling if _order(first, each)]), first)
    return first


def _others(first: Finding, wrong: list[Finding]) -> tuple[Finding, ...]:
    """What else went wrong: nothing twice, and not that the same failure is a failure."""
    found: dict[str, Finding] = {}
    for each in wrong:
        name = each.known.id if each.known else each.signal.text
        if each is not first and name not in _GENERAL:
            found.setdefault(name, each)
    found.pop(first.known.id if first.known else first.signal.text, None)
    return tuple(found.values())


def _order(first: Finding, other: Finding) -> bool:
    """Whether both are about one order: Control Tower's reason explains AFT's report of it."""
    return first.signal.stage <= Stage.INVOKE and other.signal.stage in (Stage.PRODUCT, Stage.CONTROL_TOWER)


def _named(signal: Signal, evidence: Evidence) -> Finding:
    subject = evidence.subject
    product = evidence.product.name if evidence.product else provisioned_product_name(subject.name)
    values = {
        "name": subject.shown,
        "email": subject.email or "this email",
        "id": subject.id or (evidence.member.id if evidence.member else "ACCOUNT-ID"),
        "product": product,
    }
    for known in CATALOGUE:
        groups = known.matches(signal, evidence)
        if groups is not None:
            values |= groups
            return Finding(
                signal=signal,
                known=known,
                meaning=known.meaning.format_map(values),
                repair=tuple(step.format_map(values) for step in known.repair),
            )
    return Finding(signal=signal)


def _progress(evidence: Evidence) -> tuple[State, str]:
    if not evidence.known:
        if not evidence.can(Part.REQUEST, Part.ACCOUNT):
            return State.UNREAD, "nothing is known of it, and not everything could be read"
        return State.ABSENT, "neither AFT nor the organization knows this account"
    running = _running(evidence)
    if running:
        return State.RUNNING, running
    if evidence.row is None and evidence.can(Part.REQUEST):
        if evidence.is_removed:
            return State.REMOVED, "its request was removed; AFT has forgotten it, and AWS keeps the account"
        return State.REMOVED, "AFT has no request of it"
    if evidence.unreadable:
        return State.UNREAD, "nothing wrong in what could be read"
    return (
        State.OK,
        "the account stands, and its pipeline has succeeded" if evidence.pipeline else "no problem",
    )


def _running(evidence: Evidence) -> str:
    if evidence.requests is not None and evidence.requests.is_running and evidence.row is None:
        return "the account-request pipeline is writing the requests"
    if evidence.product is not None and evidence.product.status == "UNDER_CHANGE":
        return "Control Tower is at work on the account, which takes 20 to 40 minutes"
    for run in evidence.runs:
        if run.status == "RUNNING":
            return "AFT's provisioning framework is running"
    if evidence.pipeline is not None and evidence.pipeline.is_running:
        return "the customizations pipeline is running"
    if evidence.row is not None and evidence.member is None and evidence.product is None:
        if not evidence.can(Part.ACCOUNT, Part.PRODUCT):
            return ""
        queue = evidence.queue
        if queue is None:
            return "" if evidence.unreadable else "the order waits for AFT"
        ahead = queue.waiting + queue.in_flight
        minutes = f"; {ahead} in the queue, one every five minutes" if ahead else ""
        return f"the order waits for AFT{minutes}"
    if evidence.row is not None and evidence.is_live and not evidence.has_pipeline and not evidence.runs:
        recent = evidence.changed and evidence.at - evidence.changed < 3600
        return "the account is made; AFT's framework has not begun yet" if recent else ""
    return ""


def _remarks(evidence: Evidence) -> list[str]:
    found = []
    access = evidence.access
    if evidence.member is not None and evidence.member.status == "SUSPENDED":
        found.append("the account is suspended")
    if access is not None:
        if access.to_grant or access.to_revoke:
            changes = [f"+ {one}" for one in access.to_grant] + [f"- {one}" for one in access.to_revoke]
            found.append(f"access differs from what is declared: {', '.join(changes)}")
        if access.unmanaged:
            found.append(f"{access.unmanaged} assignments of others in the account, which stay")
        found += access.warnings
    others = (evidence.queue.dead if evidence.queue else 0) - len(evidence.letters)
    if others > 0:
        found.append(f"{others} dead letters of other requests: 'aftgen doctor'")
    run = evidence.requests
    if run is not None and run.status == "Failed" and evidence.row is not None:
        found.append("the last run of ct-aft-account-request failed: newer changes are not in AFT's table")
    return found
