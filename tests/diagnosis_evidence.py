"""Evidence as the AFT reference gives it, built in one line for a test."""

from dataclasses import replace
from typing import Any

from aftgen.diagnosis.evidence import (
    Access,
    AuditRecord,
    Build,
    Evidence,
    Letter,
    LifecycleEvent,
    Line,
    MachineRun,
    Member,
    PipelineRun,
    Product,
    Queue,
    Record,
    Row,
    Subject,
)

T = 1_800_000_000.0
EMAIL, ID = "aws+shop@example.com", "666666666666"
NOT_VALID = "CT Request is not valid"
BUSY = "another AWS Control Tower operation is in progress. Try again later."
PARAMETERS = {
    "AccountEmail": EMAIL,
    "AccountName": "shop",
    "ManagedOrganizationalUnit": "Sandbox",
    "SSOUserEmail": "ann@example.com",
    "SSOUserFirstName": "Ann",
    "SSOUserLastName": "Example",
}
ROW = Row(id=EMAIL, parameters=PARAMETERS)
MEMBER = Member(id=ID, name="shop", email=EMAIL, status="ACTIVE", ou_id="ou-ab12-sandbox1", ou_name="Sandbox")
HEALTHY = Product(id="pp-1", name="shop", status="AVAILABLE", account_id=ID, succeeded=True)


def new(**changes: Any) -> Evidence:
    """A request that was merged ten minutes ago, of which nothing has come yet."""
    made = Evidence(
        subject=Subject(name="shop", email=EMAIL),
        at=T + 600,
        row=ROW,
        audit=(AuditRecord(at=T, event="INSERT", row=ROW),),
        queue=Queue(),
    )
    return replace(made, **changes)


def standing(**changes: Any) -> Evidence:
    """An account that has gone the whole way."""
    made = new(
        subject=Subject(name="shop", email=EMAIL, id=ID),
        has_metadata=True,
        product=HEALTHY,
        member=MEMBER,
        runs=(run(),),
        pipeline=pipeline(),
        has_pipeline=True,
    )
    return replace(made, at=T + 9000, **changes)


def processor(*texts: str, **changes: Any) -> Evidence:
    """A new request, and what the processor logged."""
    return new(lines=lines("aft-account-request-processor", *texts), **changes)


def lines(function: str, *texts: str) -> tuple[Line, ...]:
    return tuple(Line(at=T + 300 + number, function=function, text=text) for number, text in enumerate(texts))


def errored(reason: str, **changes: Any) -> Evidence:
    """A new request whose product ended in ERROR."""
    record = Record(id="rec-1", status="FAILED", created=T + 300, updated=T + 400, errors=(reason,))
    product = Product(id="pp-1", name="shop", status="ERROR", created=T + 300, records=(record,))
    return new(product=product, **changes)


def letter(operation: str = "ADD") -> Letter:
    return Letter(id="m-1", operation=operation, name="shop", email=EMAIL, sent=T + 540)


def event(message: str) -> LifecycleEvent:
    return LifecycleEvent(at=T + 400, name="CreateManagedAccount", state="FAILED", message=message)


def run(state: str = "", cause: str = "", **more: Any) -> MachineRun:
    """An execution of the framework; one with a state has failed there."""
    name = "aft-account-provisioning-framework"
    return MachineRun(
        machine=name,
        arn=f"arn:aws:states:eu-central-1:444444444444:execution:{name}:1",
        status="FAILED" if state else "SUCCEEDED",
        started=T + 2000,
        ended=T + 2100,
        state=f"aft_account_provisioning_framework_{state}" if state and "_prov" not in state else state,
        cause=cause,
        **more,
    )


def framework(state: str, cause: str, **more: Any) -> Evidence:
    """An account whose framework failed in a state."""
    return standing(runs=(run(state, cause, **more),), pipeline=None, has_pipeline=False)


def pipeline(phase: str = "", log: str = "", *, stage: str = "", **more: Any) -> PipelineRun:
    """The account's pipeline; with a stage, its build failed in a phase and printed a log."""
    made = PipelineRun(
        pipeline=f"{ID}-customizations-pipeline",
        id="x-1",
        status="Failed" if stage else "Succeeded",
        started=T + 2200,
        updated=T + 2500,
    )
    if not stage:
        return replace(made, **more)
    project = f"aft-{stage.lower()}-customizations-terraform"
    build = Build(
        id=f"{project}:1",
        status="FAILED",
        started=T + 2300,
        ended=T + 2500,
        phase=phase,
        log=tuple(log.splitlines()),
        log_place=f"/aws/codebuild/{project} 1",
    )
    where = f"AFT-{stage}-Customizations/Apply"
    reason = "Build terminated with state: FAILED"
    return replace(made, where=where, reason=reason, build=build, **more)


def customizations(phase: str, log: str, stage: str = "Global") -> Evidence:
    """An account whose pipeline failed."""
    return standing(pipeline=pipeline(phase, log, stage=stage))


def changed(**row: Any) -> tuple[AuditRecord, ...]:
    """The request as it was, and a change of it ten minutes before the look."""
    return (
        AuditRecord(at=T, event="INSERT", row=ROW),
        AuditRecord(at=T + 8000, event="MODIFY", row=replace(ROW, **row)),
    )


def access(**values: Any) -> Evidence:
    return standing(access=Access(**values))


def requests_failed(log: str) -> Evidence:
    made = pipeline("BUILD", log, stage="Global")
    return new(row=None, audit=(), requests=replace(made, pipeline="ct-aft-account-request"))


def ended(status: str) -> Evidence:
    """A build of the account that ended so while Terraform ran."""
    failed = pipeline("BUILD", "Still creating...", stage="Global")
    assert failed.build is not None
    reason = f"Build terminated with state: {status}"
    return standing(pipeline=replace(failed, reason=reason, build=replace(failed.build, status=status)))


def refused_change() -> tuple[Line, ...]:
    """What the processor says of the change that `changed` makes."""
    text = "Control Tower parameter AccountName cannot be modified"
    return (replace(lines("aft-account-request-processor", text)[0], at=T + 8100),)
