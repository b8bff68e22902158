"""The text that a person reads, and the JSON."""

import json
from dataclasses import replace

from aftgen.diagnosis import report
from aftgen.diagnosis.diagnose import diagnose
from aftgen.diagnosis.evidence import Access, Evidence, Part
from aftgen.diagnosis.timeline import timeline
from aftgen.diagnosis.watch import watch
from diagnosis_evidence import (
    MEMBER,
    PARAMETERS,
    ROW,
    T,
    customizations,
    errored,
    letter,
    lines,
    new,
    pipeline,
    run,
    standing,
)


def _text(evidence: Evidence) -> list[str]:
    return [line for line, _ in report.lines(evidence, diagnose(evidence))]


def test_a_timeline_has_durations_where_both_ends_are_known() -> None:
    evidence = standing(member=replace(MEMBER, joined=T + 1900), letters=(letter(),))
    assert [(each.at - T, each.what, each.outcome, each.seconds) for each in timeline(evidence)] == [
        (0, "request added", "", None),
        (540, "order (ADD) became a dead letter", "failed", None),
        (1900, "account in the organization", "", None),
        (2000, "account-provisioning-framework", "ok", 100),
        (2200, "customizations pipeline", "ok", 300),
    ]
    running = standing(pipeline=replace(pipeline(), status="InProgress"), runs=(replace(run(), ended=0.0),))
    assert [(each.outcome, each.seconds) for each in timeline(running)] == [
        ("", None),
        ("ok", None),
        ("running", None),
    ]


def test_a_timeline_says_what_a_change_changed_and_what_aft_logged() -> None:
    first = new().audit[0]
    moved = {**PARAMETERS, "ManagedOrganizationalUnit": "Workloads", "AccountName": "stall"}
    second = replace(first, at=T + 60, event="MODIFY", row=replace(ROW, parameters=moved, tags='{"A": "b"}'))
    third = replace(second, at=T + 90, row=replace(second.row, fields='{"x": "y"}', customization="lab"))
    said = lines("aft-account-request-processor", "Control Tower parameter AccountName cannot be modified")
    told = timeline(standing(audit=(first, second, third), lines=said, runs=(), pipeline=None))
    assert [(each.at - T, each.what, each.detail) for each in told] == [
        (0, "request added", "Sandbox"),
        (60, "request changed", "OU Sandbox -> Workloads, AccountName, tags"),
        (90, "request changed", "custom fields, customization"),
        (300, "request processor", "Control Tower parameter AccountName cannot be modified"),
    ]


def test_a_repair_is_indented_below_its_number() -> None:
    told = _text(errored("EMAIL_ALREADY_EXISTS"))
    start = told.index("  repair    1. choose an email that no account has or had")
    assert told[start + 1 : start + 3] == [
        "            2. terminate the errored provisioned product: 'aftgen retry shop'",
        "               prints the command",
    ]
    assert "  where     the product is ERROR" in told


def test_the_text_of_a_failure() -> None:
    log = "Error: a\n[Container] Phase complete: BUILD State: FAILED"
    lines = _text(customizations("BUILD", log))
    start = lines.index(
        "failed: global customizations: Terraform failed, and the post helper was skipped"[:78].rpartition(
            " "
        )[0]
    )
    assert lines[start + 2 : start + 4] == [
        "  where     AFT-Global-Customizations/Apply, phase BUILD",
        "  said      Build terminated with state: FAILED",
    ]
    assert lines[-4:] == [
        "  log",
        "    Error: a",
        "    [Container] Phase complete: BUILD State: FAILED",
        "  place     /aws/codebuild/aft-global-customizations-terraform 1",
    ]
    assert max(map(len, lines)) <= 80


def test_access_that_differs_is_a_remark() -> None:
    access = Access(
        owned=1,
        plan="planned",
        to_grant=("Reading:group:new",),
        to_revoke=("Reading:group:old",),
        unmanaged=2,
    )
    lines = _text(standing(access=access))
    assert "  access    1 grant of ours; a plan now: planned" in lines
    assert lines[-3:] == [
        "  note      access differs from what is declared: + Reading:group:new, -",
        "            Reading:group:old",
        "  note      2 assignments of others in the account, left alone",
    ]


def test_parts_that_were_denied_together_are_told_together() -> None:
    blind = standing(unreadable={Part.QUEUE: "no", Part.LETTERS: "no", Part.LOGS: "other"})
    lines = _text(blind)
    assert "  not readable: queue, dead letters: no" in lines
    assert "  not readable: AFT's logs: other" in lines


def test_the_json_holds_the_evidence_and_no_receipt() -> None:
    evidence = replace(errored("ACCOUNT_LIMIT_EXCEEDED"), letters=(replace(letter(), receipt="secret"),))
    found = json.loads(json.dumps(report.as_object(evidence, diagnose(evidence))))
    assert found["version"] == 1
    assert found["at"] == "2027-01-15T08:10:00Z"
    assert found["state"] == "failed"
    assert found["finding"]["id"] == "account-quota"
    assert found["finding"]["way"] == "again"
    assert found["evidence"]["product"]["records"][0]["errors"] == ["ACCOUNT_LIMIT_EXCEEDED"]
    assert "receipt" not in found["evidence"]["letters"][0]
    assert "secret" not in json.dumps(found)


class Clock:
    """Nobody waits for it."""

    at = 0.0

    def now(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def test_watching_goes_on_over_what_could_not_be_read_once() -> None:
    busy = standing(unreadable={Part.FRAMEWORK: "ThrottlingException"})
    for looks, last in (([busy, busy, standing()], 2), ([busy] * 9, 2)):
        clock, left = Clock(), iter(looks)
        _, diagnosis = watch(
            lambda left=left: next(left),  # type: ignore[misc]
            clock,
            lambda *_: None,
            interval=30,
            timeout=600,
        )
        assert clock.at == last * 30
        assert diagnosis.exit_code == (0 if looks[-1] is not busy else 1)


def test_watching_tells_each_change_once_and_ends() -> None:
    looks = iter([new(), new(), standing(pipeline=replace(pipeline(), status="InProgress")), standing()])
    heard: list[str] = []
    clock = Clock()
    watch(
        lambda: next(looks),
        clock,
        lambda _, diagnosis: heard.append(report.short(diagnosis)),
        interval=30,
        timeout=600,
    )
    assert heard == [
        "in progress: the order waits for AFT",
        "in progress: the customizations pipeline is running",
        "ok: the account stands, and its pipeline has succeeded",
    ]
    assert clock.at == 90.0
