"""Everything that went wrong for one account since its request last changed, in the order of AFT's chain.

A failure of an earlier attempt is none of this one's: AFT's tables, logs and queues keep what is long over.
Only an errored provisioned product without an account counts whatever its age, because it is in the way of
the next attempt.
"""

import re
from collections.abc import Iterator
from typing import Final

from aftgen.diagnosis.evidence import Build, Evidence, MachineRun, Part, PipelineRun
from aftgen.diagnosis.outcome import outcome
from aftgen.diagnosis.stage import Signal, Stage

#: Clocks of two services differ, and AFT's audit record is written after the row.
_GRACE: Final = 120.0
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
#: An exception as Python, botocore, AFT or Lambda writes it; a request's own text may hold the word "Error".
_EXCEPTION: Final = re.compile(
    r"\[ERROR\]|\b\w*(?:Exception|Error)\b\s*:|EXCEPTION\W{1,3}|An error occurred \(|Task timed out after"
)
#: Whoever publishes with --follow starts the pipeline once the framework has run.
RERUN_WITHIN: Final = 600.0
_CHATTER: Final = re.compile(r"\[(?:INFO|DEBUG|WARNING)\]")
#: AFT hides an order for 240 s while it works on it; then it is a dead letter (AFT reference §1.4 row 5).
_DEAD_AFTER: Final = 300.0
#: AFT's audit lambda writes within seconds of the row.
_HEARD_WITHIN: Final = 300.0
_STAGE_OF: Final = {
    "aft-account-request-audit-trigger": Stage.STREAM,
    "aft-account-request-action-trigger": Stage.TRIGGER,
    "aft-account-request-processor": Stage.PROCESSOR,
    "aft-invoke-aft-account-provisioning-framework": Stage.INVOKE,
}


def signals(evidence: Evidence) -> tuple[Signal, ...]:
    """In the order of the chain, and of time within one link of it."""
    if evidence.is_removed:
        # What went wrong before is over; but its product is in the way of the next attempt.
        return (*(_requests(evidence) if evidence.in_files else ()), *_product(evidence), *_access(evidence))
    found = [
        *_requests(evidence),
        *logged(evidence),
        *_letters(evidence),
        *_product(evidence),
        *_control_tower(evidence),
        *_framework(evidence),
        *_customizations(evidence),
        *_access(evidence),
        *outcome(evidence),
    ]
    return tuple(sorted(found, key=lambda each: (each.stage, each.at)))


def _since(evidence: Evidence) -> float:
    """What is older is over: before the last change or, where nobody knows of one, before a success."""
    return evidence.changed - _GRACE if evidence.changed else _got_on(evidence)


def _requests(evidence: Evidence) -> Iterator[Signal]:
    run = evidence.requests
    absent = evidence.row is None and not evidence.is_live and evidence.can(Part.REQUEST)
    if absent and run is not None and run.status == "Failed" and run.updated >= _since(evidence):
        yield _of_pipeline(run, Stage.REQUEST_PIPELINE)
    readable = evidence.can(Part.REQUEST, Part.AUDIT, Part.PRODUCT, Part.ACCOUNT)
    just_now = run is not None and (run.is_running or evidence.at - run.updated < _HEARD_WITHIN)
    if (
        readable
        and not just_now
        and evidence.row
        and not (evidence.audit or evidence.product or evidence.member)
    ):
        text = f"aft-request has the row {evidence.row.id}, and aft-request-audit has nothing of it"
        yield Signal(stage=Stage.STREAM, sign="no audit", text=text)


def logged(evidence: Evidence) -> Iterator[Signal]:
    """What AFT's lambdas said went wrong, and is not over: the reason is a line before the last words."""
    since, got_on = _since(evidence), _got_on(evidence)
    for line in evidence.lines:
        if "cannot be modified" in line.text and _reverted(evidence):
            continue  # AFT raises the error once more when the parameter is put back (AFT reference §2.1)
        refused = any(words in line.text for words in _REFUSALS)
        if line.at < since or not (refused or _EXCEPTION.search(line.text)) or _CHATTER.match(line.text):
            continue
        if not refused and line.at < got_on:
            continue  # AWS runs a lambda again that failed
        stage = _STAGE_OF.get(line.function, Stage.FRAMEWORK)
        if stage is Stage.PROCESSOR and not refused and _sent_again(evidence, line.at):
            continue
        yield Signal(stage=stage, text=line.text, at=line.at, place=f"/aws/lambda/{line.function}")


def _sent_again(evidence: Evidence, failed: float) -> bool:
    """Whether the order that failed then has left the dead letters, and orders wait (a redrive)."""
    queue = evidence.queue
    if queue is None or evidence.letters or not evidence.can(Part.QUEUE, Part.LETTERS):
        return False
    return evidence.at - failed > _DEAD_AFTER and queue.waiting + queue.in_flight > 0


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
        yield Signal(
            stage=Stage.PRODUCT, text=text, at=at, state=f"the product is {product.status}", place=place
        )


def _control_tower(evidence: Evidence) -> Iterator[Signal]:
    since = _since(evidence)
    mended = max((each.at for each in evidence.events if each.state == "SUCCEEDED"), default=0.0)
    for event in evidence.events:
        if event.state == "FAILED" and event.at >= max(since, mended):
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
        return
    due = pipeline_due(evidence)
    if due and evidence.at - due > RERUN_WITHIN:
        text = "the request changed after the pipeline started last, and AFT does not start it again"
        yield Signal(stage=Stage.GLOBAL, sign="not rerun", text=text, at=evidence.changed)


def pipeline_due(evidence: Evidence) -> float:
    """Since when a run of the pipeline is due, which AFT does not start; 0: none is."""
    run = evidence.pipeline
    if run is None or run.is_running or evidence.changed <= run.started + _GRACE:
        return 0.0
    if not _pipeline_needed(evidence):
        return 0.0
    return max([evidence.changed, *(each.ended for each in evidence.runs)])


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
    # A build that was stopped or took too long did so in a phase, and not because of what ran there.
    by_command = build.status == "FAILED"
    said = [text, "" if by_command or build.status in text else f"the build ended {build.status}"]
    said.append("" if build.message in text else f"({build.message})")
    return Signal(
        stage=stage,
        text=" ".join(filter(None, said)),
        at=build.ended or build.started,
        state=state,
        phase=build.phase if by_command else "",
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
