"""From evidence to a diagnosis: how far the account is, the first thing that is wrong, what it means."""

from dataclasses import dataclass, field

from aftgen.diagnosis.evidence import Evidence, Part
from aftgen.diagnosis.failures import CATALOGUE
from aftgen.diagnosis.known import Known, Way
from aftgen.diagnosis.progress import State, progress
from aftgen.diagnosis.signals import signals
from aftgen.diagnosis.stage import Signal, Stage
from aftgen.limits import provisioned_product_name

_FINE = frozenset({State.OK, State.RUNNING, State.AHEAD, State.REMOVED})


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
        return self.state not in (State.RUNNING, State.AHEAD)

    @property
    def exit_code(self) -> int:
        return 0 if self.state in _FINE else 1


#: A remark rather than a failure: it is as AFT means it to be, or harmless until the next change.
_MILD = frozenset({"tags-left", "ou-not-applied", "name-not-applied"})
#: Of several rows about one failure, these say only that there is one.
_GENERAL = frozenset({"not-valid", "dead-letter", "describe-account", "vanished", "framework-state"})
#: These come of changing a request that had failed before: the reason is what failed before.
_AFTERWARDS = frozenset({"failed-request-changed", "failed-request-renamed", "failed-request-edited"})


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
    state, now = progress(evidence)
    return Diagnosis(state=state, now=now, remarks=tuple(remarks))


def _first(wrong: list[Finding]) -> Finding:
    """The first in the chain; but a row that says why before one that says only that."""
    first = wrong[0]
    if first.known is not None and first.known.id in _AFTERWARDS:
        before = [each for each in wrong if _order(first, each)]
        return next(iter(before), first)
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
            assignments = "assignment" if access.unmanaged == 1 else "assignments"
            found.append(f"{access.unmanaged} {assignments} of others in the account, left alone")
        found += access.warnings
    if evidence.row is None and evidence.can(Part.REQUEST) and not evidence.letters:
        left = ["its row in aft-request-metadata"] if evidence.has_metadata else []
        left += ["its pipeline"] if evidence.has_pipeline else []
        if left:
            found.append(f"without a request, AFT still has {' and '.join(left)}")
        elif evidence.is_live and not evidence.is_removed:
            found.append("'aftgen import' writes a request for an account that exists")
    others = (evidence.queue.dead if evidence.queue else 0) - len(evidence.letters)
    if others > 0:
        letters = "dead letter of another request" if others == 1 else "dead letters of other requests"
        found.append(f"{others} {letters}: 'aftgen doctor'")
    run = evidence.requests
    if run is not None and run.status == "Failed" and evidence.row is not None:
        found.append("the last run of ct-aft-account-request failed: newer changes are not in AFT's table")
    return found
