"""How far an account is on its way, where nothing went wrong."""

from enum import StrEnum
from typing import Final

from aftgen.diagnosis.evidence import AuditRecord, Evidence, Part, Queue
from aftgen.diagnosis.outcome import LOST_AFTER
from aftgen.diagnosis.signals import pipeline_due

#: AFT's framework starts within seconds of a change that needs no order.
_STARTS_WITHIN: Final = 300.0
#: Between the end of Control Tower's work and the start of AFT's framework.
_FOLLOWS_WITHIN: Final = 3600.0
#: AFT takes one order every five minutes.
_EVERY: Final = 300.0
_GRACE: Final = 30.0
#: What it says of an account, it says when it has taken the order.
_PROCESSOR: Final = "aft-account-request-processor"


class State(StrEnum):
    OK = "ok"
    RUNNING = "in progress"
    AHEAD = "not with AFT yet"
    FAILED = "failed"
    UNKNOWN = "unknown failure"
    UNREAD = "not all could be read"
    REMOVED = "not AFT's"
    ABSENT = "not known"


def progress(evidence: Evidence) -> tuple[State, str]:
    """The state, and one sentence about it."""
    running = _running(evidence)
    if running:
        return State.RUNNING, running
    if evidence.in_files and evidence.row is None and not evidence.is_live and evidence.can(Part.REQUEST):
        return State.AHEAD, "its request is in the files here and not in AFT's table: merge and publish it"
    if not evidence.known:
        if not evidence.can(Part.REQUEST, Part.ACCOUNT):
            return State.UNREAD, "nothing is known of it, and not everything could be read"
        return State.ABSENT, "neither AFT nor the organization knows this account"
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
    row = evidence.row
    if evidence.requests is not None and evidence.requests.is_running and row is None and evidence.in_files:
        return "the account-request pipeline is writing the requests"
    if evidence.product is not None and evidence.product.status == "UNDER_CHANGE":
        return "Control Tower is at work on the account, which takes 20 to 40 minutes"
    for run in evidence.runs:
        if run.status == "RUNNING":
            return "AFT's provisioning framework is running"
    if evidence.pipeline is not None and evidence.pipeline.is_running:
        return "the customizations pipeline is running"
    if row is not None and evidence.member is None and evidence.product is None:
        return _ordered(evidence)
    untouched = evidence.can(Part.FRAMEWORK, Part.CUSTOMIZATIONS) and not (
        evidence.has_pipeline or evidence.runs
    )
    if row is not None and evidence.is_live and untouched:
        recent = evidence.changed and evidence.at - evidence.changed < _FOLLOWS_WITHIN
        return "the account is made; AFT's framework has not begun yet" if recent else ""
    return _changed(evidence) or _due(evidence)


def _due(evidence: Evidence) -> str:
    """Whether the pipeline is about to start: by itself when it is new, else by who publishes."""
    ended = max((run.ended for run in evidence.runs if run.status == "SUCCEEDED"), default=0.0)
    new = evidence.has_pipeline and evidence.pipeline is None and evidence.can(Part.CUSTOMIZATIONS)
    if new and evidence.at - ended < _STARTS_WITHIN:
        return "the customizations pipeline is made, and starts by itself"
    if pipeline_due(evidence):
        return "AFT has the change; 'aftgen publish --follow' or 'aftgen rerun' starts the pipeline"
    return ""


def _ordered(evidence: Evidence) -> str:
    if not evidence.can(Part.ACCOUNT, Part.PRODUCT):
        return ""
    if evidence.queue is None:
        return "" if evidence.unreadable else "the order waits for AFT"
    return f"the order waits for AFT{_ahead(evidence.queue)}"


def _ahead(queue: Queue) -> str:
    ahead = queue.waiting + queue.in_flight
    return f"; {ahead} in the queue, one every five minutes" if ahead else ""


def _changed(evidence: Evidence) -> str:
    """Whether a change of an account's request is on its way: nothing that it starts has begun."""
    records = sorted(evidence.audit, key=lambda each: each.at)
    needed = (Part.FRAMEWORK, Part.PRODUCT, Part.AUDIT)
    if evidence.row is None or evidence.member is None or not records or not evidence.can(*needed):
        return ""
    last = records[-1]
    begun = [run.started for run in evidence.runs]
    begun += [each.created for each in (evidence.product.records if evidence.product else ())]
    begun += [each.at for each in evidence.lines if each.function == _PROCESSOR]
    if last.event == "REMOVE" or any(at >= last.at - _GRACE for at in begun):
        return ""
    waited = evidence.at - last.at
    if not _needs_order(records):
        return "AFT has the change; its framework has not begun yet" if waited < _STARTS_WITHIN else ""
    queue = evidence.queue or Queue()
    if waited < LOST_AFTER + _EVERY * (queue.waiting + queue.in_flight):
        return f"the change waits for AFT{_ahead(queue)}"
    return ""


def _needs_order(records: list[AuditRecord]) -> bool:
    """Whether the last change was one of Control Tower's parameters, which AFT queues."""
    return len(records) > 1 and dict(records[-1].row.parameters) != dict(records[-2].row.parameters)
