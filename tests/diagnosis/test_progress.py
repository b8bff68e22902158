"""How far an account is, where nothing went wrong."""

from dataclasses import replace

import pytest
from aftgen.diagnosis.diagnose import diagnose
from aftgen.diagnosis.evidence import Evidence, Part, Queue, Record
from aftgen.diagnosis.progress import State
from diagnosis_evidence import (
    EMAIL,
    HEALTHY,
    ID,
    MEMBER,
    PARAMETERS,
    T,
    changed,
    new,
    pipeline,
    processor,
    requests_failed,
    run,
    standing,
)


@pytest.mark.parametrize(
    ("evidence", "state", "now"),
    [
        (standing(), State.OK, "the account stands, and its pipeline has succeeded"),
        (new(), State.RUNNING, "the order waits for AFT"),
        (
            new(queue=Queue(waiting=2, in_flight=1)),
            State.RUNNING,
            "the order waits for AFT; 3 in the queue, one every five minutes",
        ),
        (
            new(product=replace(HEALTHY, status="UNDER_CHANGE", succeeded=False)),
            State.RUNNING,
            "Control Tower is at work on the account, which takes 20 to 40 minutes",
        ),
        (
            standing(runs=(replace(run(), status="RUNNING"),)),
            State.RUNNING,
            "AFT's provisioning framework is running",
        ),
        (
            standing(pipeline=replace(pipeline(), status="InProgress")),
            State.RUNNING,
            "the customizations pipeline is running",
        ),
        (
            new(subject=replace(new().subject, id=ID), member=MEMBER, product=HEALTHY),
            State.RUNNING,
            "the account is made; AFT's framework has not begun yet",
        ),
        (standing(row=None, audit=()), State.REMOVED, "AFT has no request of it"),
        (new(row=None, audit=()), State.ABSENT, "neither AFT nor the organization knows this account"),
    ],
)
def test_how_far_it_is(evidence: Evidence, state: State, now: str) -> None:
    diagnosis = diagnose(evidence)
    assert (diagnosis.state, diagnosis.now) == (state, now)


_WORKLOADS = {**PARAMETERS, "ManagedOrganizationalUnit": "Workloads"}


_AGAIN = replace(run(), started=T + 8010, ended=T + 8060)
_NOT_RERUN = "global customizations: the pipeline has not run since the request changed"


def _later(seconds: float, **changes: object) -> Evidence:
    """So many seconds after a change of an account's request."""
    return replace(standing(audit=changed()), at=T + 8000 + seconds, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("evidence", "state", "now"),
    [
        (_later(60), State.RUNNING, "AFT has the change; its framework has not begun yet"),
        (_later(60, runs=(replace(run(), started=T + 8010),)), State.OK, ""),
        (_later(600), State.OK, ""),
        (
            _later(400, audit=changed(fields='{"access": "{}"}'), runs=(_AGAIN,)),
            State.RUNNING,
            "AFT has the change; 'aftgen publish --follow' or 'aftgen rerun' starts the pipeline",
        ),
        (_later(700, audit=changed(fields='{"access": "{}"}'), runs=(_AGAIN,)), State.FAILED, _NOT_RERUN),
        (
            replace(standing(pipeline=None), at=T + 2200),
            State.RUNNING,
            "the customizations pipeline is made, and starts by itself",
        ),
        (_later(600, audit=changed(parameters=_WORKLOADS)), State.RUNNING, "the change waits for AFT"),
        (
            _later(1000, audit=changed(parameters=_WORKLOADS), queue=Queue(waiting=1)),
            State.RUNNING,
            "the change waits for AFT; 1 in the queue, one every five minutes",
        ),
        (_later(1000, audit=changed(parameters=_WORKLOADS)), State.OK, ""),
        (
            _later(
                600,
                audit=changed(parameters=_WORKLOADS),
                product=replace(HEALTHY, records=(Record(id="r", status="SUCCEEDED", created=T + 8200),)),
            ),
            State.OK,
            "",
        ),
    ],
)
def test_a_change_of_an_account_is_under_way_until_something_comes_of_it(
    evidence: Evidence, state: State, now: str
) -> None:
    diagnosis = diagnose(evidence)
    assert diagnosis.state is state
    assert diagnosis.now == now or state is State.OK


def test_a_request_in_the_files_that_aft_does_not_have_yet() -> None:
    nothing = new(row=None, audit=(), in_files=True)
    ahead = diagnose(nothing)
    assert (ahead.state, ahead.exit_code, ahead.is_over) == (State.AHEAD, 0, False)
    writing = replace(pipeline(), pipeline="ct-aft-account-request", status="InProgress")
    assert diagnose(replace(nothing, requests=writing)).now == (
        "the account-request pipeline is writing the requests"
    )
    added = new().audit[0]
    removed = replace(nothing, audit=(added, replace(added, at=T + 100, event="REMOVE")))
    assert diagnose(removed).state is State.AHEAD
    failed = requests_failed("Error: ConditionalCheckFailedException").requests
    assert failed is not None
    found = diagnose(replace(removed, requests=failed)).finding
    assert found is not None
    assert found.known is not None
    assert found.known.id == "row-exists"
    before = replace(failed, updated=T - 9000)
    assert diagnose(replace(removed, requests=before)).state is State.AHEAD


def test_an_account_without_a_request() -> None:
    known = diagnose(standing(row=None, audit=(), has_metadata=False, has_pipeline=False, pipeline=None))
    assert (known.state, known.exit_code) == (State.REMOVED, 0)
    assert known.remarks == ("'aftgen import' writes a request for an account that exists",)
    left = diagnose(standing(row=None, audit=()))
    assert left.remarks == (
        "without a request, AFT still has its row in aft-request-metadata and its pipeline",
    )


def test_what_could_not_be_read_is_never_taken_for_not_there() -> None:
    blind = replace(new(), at=T + 9000, unreadable={Part.ACCOUNT: "denied", Part.PRODUCT: "denied"})
    diagnosis = diagnose(blind)
    assert (diagnosis.state, diagnosis.exit_code) == (State.UNREAD, 1)
    made = standing(runs=(), pipeline=None, has_pipeline=False)
    early = replace(made, at=T + 600)
    assert diagnose(early).state is State.RUNNING
    for part in (Part.FRAMEWORK, Part.CUSTOMIZATIONS):
        assert diagnose(replace(early, unreadable={part: "denied"})).state is State.UNREAD
    email = processor(f"No healthy provisioned product found for {EMAIL}")
    named = diagnose(replace(email, unreadable={Part.ACCOUNT: "denied"})).finding
    assert named is not None
    assert named.known is not None
    assert named.known.id == "no-healthy-product"
