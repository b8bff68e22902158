"""Everything that went wrong for one account since its request last changed, in the order of AFT's chain.

A failure of an earlier attempt is none of this one's: AFT's tables, logs and queues keep what is long over.
Only an errored provisioned product without an account counts whatever its age, because it is in the way of
the next attempt.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from aftgen.diagnosis.evidence import Build, Evidence, MachineRun, Part, PipelineRun
from aftgen.limits import parse_ou

#: Clocks of two services differ, and AFT's audit record is written after the row.
_GRACE: Final = 120.0
#: AFT takes one order every five minutes; when its queue has been empty for so long, the order is gone.
_LOST_AFTER: Final = 900.0


class Stage(IntEnum):
    """Where in AFT's chain something is, first to last."""

    REQUEST_PIPELINE = 1
    STREAM = 2
    TRIGGER = 3
    PROCESSOR = 4
    DEAD_LETTER = 5
    PRODUCT = 6
    CONTROL_TOWER = 7
    INVOKE = 8
    FRAMEWORK = 9
    FEATURES = 10
    PROVISIONING = 11
    CREATE_PIPELINE = 12
    GLOBAL = 13
    ACCOUNT = 14
    ACCESS = 15
    OUTCOME = 16

    @property
    def shown(self) -> str:
        return _SHOWN[self]


_SHOWN: Final = {
    Stage.REQUEST_PIPELINE: "account-request pipeline",
    Stage.STREAM: "stream of aft-request",
    Stage.TRIGGER: "action trigger",
    Stage.PROCESSOR: "request processor",
    Stage.DEAD_LETTER: "dead-letter queue",
    Stage.PRODUCT: "Service Catalog",
    Stage.CONTROL_TOWER: "Control Tower",
    Stage.INVOKE: "start of the provisioning framework",
    Stage.FRAMEWORK: "provisioning framework",
    Stage.FEATURES: "feature options",
    Stage.PROVISIONING: "provisioning customizations",
    Stage.CREATE_PIPELINE: "pipeline creation",
    Stage.GLOBAL: "global customizations",
    Stage.ACCOUNT: "account customizations",
    Stage.ACCESS: "access",
    Stage.OUTCOME: "the account as it is",
}
#: What AFT logs when it refuses; it does not think better of it.
_REFUSALS: Final = (
    "already used in Organizations",
    "CT Request is not valid",
    "cannot be modified",
    "No healthy provisioned product found",
    "not found in Organization",
    "not found in aft-request",
    "is a shared account",
    "Unsupported action",
)
_EXCEPTION: Final = re.compile(r"\b(?:\w*Exception|\w*Error|EXCEPTION|ERROR)\b")
_STAGE_OF: Final = {
    "aft-account-request-audit-trigger": Stage.STREAM,
    "aft-account-request-action-trigger": Stage.TRIGGER,
    "aft-account-request-processor": Stage.PROCESSOR,
    "aft-invoke-aft-account-provisioning-framework": Stage.INVOKE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that went wrong: where, AWS's or AFT's own words, and what was around them.

    ``sign`` names a state that no text tells (``ou differs``); ``phase`` is a build's, ``state`` a machine's.
    """

    stage: Stage
    text: str
    at: float = 0.0
    sign: str = ""
    state: str = ""
    phase: str = ""
    excerpt: tuple[str, ...] = ()
    place: str = ""

    @property
    def words(self) -> str:
        """Everything that a pattern may look at."""
        return "\n".join((self.text, *self.excerpt))


def signals(evidence: Evidence) -> tuple[Signal, ...]:
    """In the order of the chain, and of time within one link of it."""
    if evidence.is_removed:
        # What went wrong before is over; but its product is in the way of the next attempt.
        return (*_product(evidence), *_access(evidence))
    found = [
        *_requests(evidence),
        *_lines(evidence),
        *_letters(evidence),
        *_product(evidence),
        *_control_tower(evidence),
        *_framework(evidence),
        *_customizations(evidence),
        *_access(evidence),
        *_outcome(evidence),
    ]
    return tuple(sorted(found, key=lambda each: (each.stage, each.at)))


def _since(evidence: Evidence) -> float:
    return evidence.changed - _GRACE if evidence.changed else 0.0


def _requests(evidence: Evidence) -> Iterator[Signal]:
    run = evidence.requests
    absent = evidence.row is None and not evidence.is_live and evidence.can(Part.REQUEST)
    if absent and run is not None and run.status == "Failed":
        yield _of_pipeline(run, Stage.REQUEST_PIPELINE)
    readable = evidence.can(Part.REQUEST, Part.AUDIT, Part.PRODUCT, Part.ACCOUNT)
    if readable and evidence.row and not (evidence.audit or evidence.product or evidence.member):
        text = f"aft-request has the row {evidence.row.id}, and aft-request-audit has nothing of it"
        yield Signal(stage=Stage.STREAM, sign="no audit", text=text)


def _lines(evidence: Evidence) -> Iterator[Signal]:
    """What a lambda said before its last words belongs to them: the reason is logged, then raised."""
    since, got_on = _since(evidence), _got_on(evidence)
    for line in evidence.lines:
        if "cannot be modified" in line.text and _reverted(evidence):
            continue  # AFT raises the error once more when the parameter is put back (AFT reference §2.1)
        refused = any(words in line.text for words in _REFUSALS)
        if line.at < since or not (refused or _EXCEPTION.search(line.text)):
            continue
        if not refused and line.at < got_on:
            continue  # AWS runs a lambda again that failed
        stage = _STAGE_OF.get(line.function, Stage.FRAMEWORK)
        yield Signal(stage=stage, text=line.text, at=line.at, place=f"/aws/lambda/{line.function}")


def _got_on(evidence: Evidence) -> float:
    """The last time at which the chain is seen to have gone on."""
    times = [each.started for each in evidence.runs if each.status in ("RUNNING", "SUCCEEDED")]
    if evidence.product is not None:
        times += [each.created for each in evidence.product.records if each.status != "FAILED"]
    return max(times, default=0.0)


def _reverted(evidence: Evidence) -> bool:
    """Whether the last change put back what the change before it had changed."""
    records = sorted(evidence.audit, key=lambda each: each.at)
    if len(records) < 3:
        return False
    before, _, last = (
        {key: value for key, value in each.row.parameters.items() if key != "ManagedOrganizationalUnit"}
        for each in records[-3:]
    )
    return before == last


def _letters(evidence: Evidence) -> Iterator[Signal]:
    for letter in evidence.letters:
        stale = evidence.product is not None and evidence.product.is_healthy and letter.operation == "ADD"
        if letter.sent >= _since(evidence) and not stale:
            text = f"the message {letter.operation} for {letter.email} is in the dead-letter queue"
            yield Signal(stage=Stage.DEAD_LETTER, sign="dead letter", text=text, at=letter.sent)


def _product(evidence: Evidence) -> Iterator[Signal]:
    product = evidence.product
    if product is None or product.status == "UNDER_CHANGE":
        return
    last = product.records[0] if product.records else None
    errors = last.errors if last is not None and last.errors else (product.message,)
    text = "; ".join(filter(None, errors)) or f"its provisioned product is {product.status}, without a reason"
    failed = last is not None and last.status in ("FAILED", "IN_PROGRESS_IN_ERROR")
    fresh = failed and last is not None and last.updated >= _since(evidence)
    if (not product.is_healthy and product.status != "AVAILABLE") or fresh:
        at = last.updated if last is not None else product.created
        place = (
            f"{product.name} ({product.id}), record {last.id}" if last else f"{product.name} ({product.id})"
        )
        yield Signal(stage=Stage.PRODUCT, text=text, at=at, state=product.status, place=place)


def _control_tower(evidence: Evidence) -> Iterator[Signal]:
    since = _since(evidence)
    for event in evidence.events:
        if event.state == "FAILED" and event.at >= since:
            text = event.message or f"{event.name} failed, without a reason"
            yield Signal(stage=Stage.CONTROL_TOWER, text=text, at=event.at, state=event.name)
    for one in evidence.operations:
        if one.status == "FAILED" and (one.ended or one.started) >= since:
            text = one.message or f"{one.type} failed, without a reason"
            yield Signal(
                stage=Stage.CONTROL_TOWER,
                text=text,
                at=one.ended,
                state=one.type,
                place=f"operation {one.id}",
            )


def _framework(evidence: Evidence) -> Iterator[Signal]:
    run = max(evidence.runs, key=lambda each: each.started, default=None)
    since = _since(evidence)
    if run is not None and run.started >= since and run.status in ("FAILED", "TIMED_OUT", "ABORTED"):
        yield _of_machine(run)
        return
    build = evidence.creation
    if build is not None and run is not None and run.status == "SUCCEEDED" and run.started > build.started:
        return
    if build is not None and build.status not in ("SUCCEEDED", "IN_PROGRESS") and build.started >= since:
        yield _of_build(build, Stage.CREATE_PIPELINE, build.message or f"the build ended {build.status}")


def _of_machine(run: MachineRun) -> Signal:
    innermost = run
    while innermost.inner is not None:
        innermost = innermost.inner
    text = innermost.cause or run.cause or f"the execution ended {run.status}, without a cause"
    build = innermost.build
    return Signal(
        stage=_stage_of_state(run),
        text=text,
        at=run.ended or run.started,
        state=run.state if innermost is run else f"{run.state} > {innermost.state}",
        phase=build.phase if build else "",
        excerpt=build.log if build else (),
        place=(build.log_place if build else "") or run.arn,
    )


def _stage_of_state(run: MachineRun) -> Stage:
    if "aft_features" in run.state:
        return Stage.FEATURES
    # The reason that a caught failure leaves is the missing path of the next state (AFT reference §2.2).
    if "provisioning_customizations" in run.state or "run_create_pipeline" in run.state:
        return Stage.PROVISIONING
    if "create_pipeline" in run.state:
        return Stage.CREATE_PIPELINE
    return Stage.FRAMEWORK


def _customizations(evidence: Evidence) -> Iterator[Signal]:
    run = evidence.pipeline
    if run is None:
        return
    if run.status in ("Failed", "Stopped", "Cancelled"):
        stage = Stage.ACCOUNT if "account" in run.where.lower() else Stage.GLOBAL
        yield _of_pipeline(run, stage)
    elif not run.is_running and evidence.changed > run.started + _GRACE and _pipeline_needed(evidence):
        text = "the request changed after the pipeline started last, and AFT does not start it again"
        yield Signal(stage=Stage.GLOBAL, sign="not rerun", text=text, at=evidence.changed)


def _pipeline_needed(evidence: Evidence) -> bool:
    """Whether the last change of the request was of what only a pipeline run brings to the account."""
    last, before = ([*sorted(evidence.audit, key=lambda each: each.at, reverse=True), None, None])[:2]
    if last is None or before is None or last.event != "MODIFY":
        return False
    return (last.row.fields, last.row.customization) != (before.row.fields, before.row.customization)


def _of_pipeline(run: PipelineRun, stage: Stage) -> Signal:
    text = run.reason or f"the pipeline ended {run.status}"
    if run.build is not None:
        return _of_build(run.build, stage, text, state=run.where)
    return Signal(stage=stage, text=text, at=run.updated, state=run.where, place=run.pipeline)


def _of_build(build: Build, stage: Stage, text: str, state: str = "") -> Signal:
    return Signal(
        stage=stage,
        text=text if not build.message or build.message in text else f"{text} ({build.message})",
        at=build.ended or build.started,
        state=state,
        phase=build.phase,
        excerpt=build.log,
        place=build.log_place or build.id,
    )


def _access(evidence: Evidence) -> Iterator[Signal]:
    access = evidence.access
    if access is None:
        return
    for refusal in access.refusals:
        yield Signal(stage=Stage.ACCESS, sign="access refused", text=refusal, at=evidence.at)
    if access.unfinished:
        text = "unfinished in the ledger: " + ", ".join(access.unfinished)
        yield Signal(stage=Stage.ACCESS, sign="access unfinished", text=text, at=evidence.at)
    last = evidence.pipeline.started if evidence.pipeline else 0.0
    if access.last_failure and access.last_failure_at >= last:
        text = access.last_failure
        yield Signal(stage=Stage.ACCESS, sign="access failed", text=text, at=access.last_failure_at)


def _outcome(evidence: Evidence) -> Iterator[Signal]:
    row, member = evidence.row, evidence.member
    if row is None:
        return
    if member is None:
        yield from _vanished(evidence)
        return
    settled = evidence.product is None or evidence.product.status != "UNDER_CHANGE"
    wanted = parse_ou(row.ou)
    if settled and member.ou_id and row.ou:
        by_id = wanted.id is not None and wanted.id != member.ou_id
        by_name = wanted.id is None and wanted.name != member.ou_name
        if by_id or by_name:
            now = f"{member.ou_name} ({member.ou_id})"
            sign = "other unit of the name" if by_id and wanted.name == member.ou_name else "ou differs"
            text = f"the request says {row.ou}, the account is in {now}"
            yield Signal(stage=Stage.OUTCOME, sign=sign, text=text)
    left = sorted((_keys_once(evidence) - set(_object(row.tags))) & set(member.tags))
    if left:
        text = f"no longer in the request, and still on the account: {', '.join(left)}"
        yield Signal(stage=Stage.OUTCOME, sign="tags left", text=text)
    running = any(run.status == "RUNNING" for run in evidence.runs)
    if not evidence.has_pipeline and not running and _finished(evidence):
        text = "the framework succeeded, and the account has no customizations pipeline"
        yield Signal(stage=Stage.OUTCOME, sign="no pipeline", text=text)
    if evidence.has_pipeline and not evidence.has_metadata and evidence.can(Part.REQUEST):
        text = "aft-request-metadata has no row of the account"
        yield Signal(stage=Stage.OUTCOME, sign="no metadata", text=text)


def _finished(evidence: Evidence) -> bool:
    last = max(evidence.runs, key=lambda each: each.started, default=None)
    return last is not None and last.status == "SUCCEEDED" and evidence.can(Part.CUSTOMIZATIONS)


def _vanished(evidence: Evidence) -> Iterator[Signal]:
    """The order is in no queue, and nothing came of it."""
    needed = (Part.QUEUE, Part.LETTERS, Part.PRODUCT, Part.ACCOUNT, Part.AUDIT)
    queue = evidence.queue
    if not evidence.can(*needed) or queue is None or evidence.product is not None or not evidence.audit:
        return
    waits = queue.waiting or queue.in_flight or evidence.letters
    if not waits and evidence.at - evidence.changed > _LOST_AFTER:
        text = "the order is in no queue any more, and there is neither a product nor an account"
        yield Signal(stage=Stage.OUTCOME, sign="vanished", text=text)


def _keys_once(evidence: Evidence) -> set[str]:
    return {key for record in evidence.audit for key in _object(record.row.tags)}


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
