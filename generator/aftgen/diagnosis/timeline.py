"""What happened to one account, oldest first, each with how long it took where both ends are known."""

from collections.abc import Iterator
from dataclasses import dataclass

from aftgen.diagnosis.evidence import Evidence, MachineRun, Row
from aftgen.diagnosis.signals import logged

_OK = frozenset({"SUCCEEDED", "Succeeded", "AVAILABLE"})
_RUNNING = frozenset({"RUNNING", "IN_PROGRESS", "InProgress", "Stopping", "CREATED", "UNDER_CHANGE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened. ``seconds`` is None while it lasts and where nobody knows.

    ``outcome`` is ``ok``, ``failed``, ``running`` or ``""``: it is neither.
    """

    at: float
    what: str
    outcome: str = ""
    seconds: float | None = None
    detail: str = ""


def timeline(evidence: Evidence) -> tuple[Moment, ...]:
    """Everything that has a time."""
    return tuple(sorted((each for each in _moments(evidence) if each.at), key=lambda each: each.at))


def _outcome(status: str) -> str:
    if status in _OK:
        return "ok"
    return "running" if status in _RUNNING else "failed"


def _span(status: str, started: float, ended: float) -> float | None:
    return ended - started if ended >= started > 0 and _outcome(status) != "running" else None


def _moments(evidence: Evidence) -> Iterator[Moment]:
    changes = {"INSERT": "request added", "MODIFY": "request changed", "REMOVE": "request removed"}
    before: Row | None = None
    for record in evidence.audit:
        detail = record.row.ou if record.event == "INSERT" else ""
        if record.event == "MODIFY" and before is not None:
            detail = ", ".join(_differences(before, record.row))
        before = record.row
        yield Moment(at=record.at, what=changes.get(record.event, record.event), detail=detail)
    for said in logged(evidence):
        yield Moment(at=said.at, what=said.stage.shown, outcome="failed", detail=said.text)
    for letter in evidence.letters:
        what = f"order ({letter.operation}) became a dead letter"
        yield Moment(at=letter.sent, what=what, outcome="failed")
    product = evidence.product
    for operation in product.records if product is not None else ():
        yield Moment(
            at=operation.created,
            what=f"Service Catalog {_words(operation.type)}",
            outcome=_outcome(operation.status),
            seconds=_span(operation.status, operation.created, operation.updated),
            detail="; ".join(operation.errors),
        )
    for event in evidence.events:
        yield Moment(
            at=event.at,
            what=f"Control Tower: {event.name}",
            outcome=_outcome(event.state),
            detail=event.message if event.state != "SUCCEEDED" else "",
        )
    for one in evidence.operations:
        yield Moment(
            at=one.started,
            what=f"Control Tower: {_words(one.type)}",
            outcome=_outcome(one.status),
            seconds=_span(one.status, one.started, one.ended),
            detail=one.message,
        )
    if evidence.member is not None and evidence.member.joined:
        yield Moment(at=evidence.member.joined, what="account in the organization", detail=evidence.member.id)
    for run in evidence.runs:
        yield from _runs(run)
    creation = evidence.creation
    if creation is not None:
        yield Moment(
            at=creation.started,
            what="build aft-create-pipeline",
            outcome=_outcome(creation.status),
            seconds=_span(creation.status, creation.started, creation.ended),
        )
    for pipeline in (evidence.pipeline,):
        if pipeline is not None:
            yield Moment(
                at=pipeline.started,
                what="customizations pipeline",
                outcome="" if pipeline.status == "Superseded" else _outcome(pipeline.status),
                seconds=_span(pipeline.status, pipeline.started, pipeline.updated),
                detail=pipeline.where,
            )


def _differences(old: Row, new: Row) -> Iterator[str]:
    """What a change changed, in a few words; values only where they are one word each."""
    if old.ou != new.ou:
        yield f"OU {old.ou} -> {new.ou}"
    keys = sorted({*old.parameters, *new.parameters} - {"ManagedOrganizationalUnit"})
    yield from (key for key in keys if old.parameters.get(key) != new.parameters.get(key))
    named = (
        ("tags", old.tags, new.tags),
        ("custom fields", old.fields, new.fields),
        ("customization", old.customization, new.customization),
    )
    yield from (name for name, before, after in named if before != after)


def _runs(run: MachineRun) -> Iterator[Moment]:
    yield Moment(
        at=run.started,
        what=run.machine.removeprefix("aft-"),
        outcome=_outcome(run.status),
        seconds=_span(run.status, run.started, run.ended),
        detail=run.state.removeprefix("aft_account_provisioning_framework_"),
    )
    if run.inner is not None:
        yield from _runs(run.inner)


def _words(name: str) -> str:
    return name.replace("_", " ").lower() or "operation"
