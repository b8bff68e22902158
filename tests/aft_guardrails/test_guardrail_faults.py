"""Every change of a run, disturbed in every way: it converges, or says why not and the next run does."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from guardrails_cloud import LEDGER, PAYMENTS, ROOT, SANDBOX, WORKLOADS, Guarded, deny, entry, guarded

#: Every moment to die at takes a while: `AFTGEN_FAULTS=each` asks for it.
EACH = os.environ.get("AFTGEN_FAULTS") == "each"
WRITES = [
    "AttachPolicy",
    "CreatePolicy",
    "DeletePolicy",
    "DetachPolicy",
    "EnablePolicyType",
    "TagResource",
    "UntagResource",
    "UpdatePolicy",
]
PASSING: dict[str, dict[str, Any]] = {
    "throttled": {"kind": "throttle"},
    "another change under way": {"kind": "conflict"},
    "internal error": {"kind": "internal"},
    "internal error, done": {"kind": "internal", "executed": True},
    "read timeout": {"kind": "timeout"},
    "read timeout, done": {"kind": "timeout", "executed": True},
    "expired token": {"kind": "expired"},
}
BEFORE = {
    "changed": entry({"ous": ["Workloads"]}, tags={"old": "1"}),
    "leaving": entry({"ous": ["Root", "Sandbox"]}),
}
AFTER = {
    "changed": entry({"ous": ["Sandbox"]}, tags={"new": "1"}, description="Other"),
    "coming": entry({"ous": ["Root", "Workloads"]}),
}


@contextmanager
def transition(folder: Path) -> Iterator[Guarded]:
    """An organization that published BEFORE and where AFTER is about to be published; the type was switched
    off in between, so that every write call is made."""
    with guarded(folder) as cloud:
        cloud.publish(BEFORE)
        assert cloud.run("apply", "--organization").code == 0
        cloud.by_hand("aws-guardrails-x", None, WORKLOADS, SANDBOX)
        cloud.organizations.disable_policy_type(RootId=ROOT, PolicyType="SERVICE_CONTROL_POLICY")
        cloud.publish(AFTER, {"changed": deny("ec2:*", sid="New")}, revision=2)
        cloud.cloud.log.clear()
        yield cloud


def assert_converged(cloud: Guarded) -> None:
    assert cloud.on(ROOT) == ["coming"]
    assert cloud.on(WORKLOADS) == ["aws-guardrails-x", "coming"]
    assert cloud.on(SANDBOX) == ["aws-guardrails-x", "changed"]
    assert sorted(cloud.policies()) == ["aws-guardrails-x", "changed", "coming"]
    assert json.loads(cloud.content("changed")) == deny("ec2:*", sid="New")
    rows = {row["sk"]: row["state"] for row in cloud.rows("attach#")}
    assert sorted(rows) == [
        f"attach#changed#{SANDBOX}",
        f"attach#coming#{WORKLOADS}",
        f"attach#coming#{ROOT}",
    ]
    assert set(rows.values()) == {"attached"}
    known = {row["sk"]: (row["removed"], row.get("id")) for row in cloud.rows("policy#")}
    ids = cloud.policies()
    assert known["policy#changed"] == ("no", ids["changed"])
    assert known["policy#coming"] == ("no", ids["coming"])
    assert known["policy#leaving"][0] == "yes"
    cloud.cloud.log.clear()
    done = cloud.run("apply", "--organization")
    assert (done.code, cloud.writes()) == (0, []), done.text


def test_the_transition_makes_every_write_call(tmp_path: Path) -> None:
    with transition(tmp_path) as cloud:
        done = cloud.run("apply", "--organization")
        assert done.code == 0, done.text
        assert sorted(set(cloud.writes())) == WRITES
        assert_converged(cloud)


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_survived_by_the_same_run(tmp_path: Path, fault: str) -> None:
    """Each write call is struck in this one run."""
    with transition(tmp_path) as cloud:
        for operation in WRITES:
            cloud.cloud.faults.order(operation, **PASSING[fault])
        done = cloud.run("apply", "--organization")
        assert cloud.cloud.faults.as_json() == []
        assert done.code == 0, done.text
        assert_converged(cloud)


@pytest.mark.parametrize("operation", WRITES)
def test_what_is_denied_is_told_and_the_next_run_converges(tmp_path: Path, operation: str) -> None:
    with transition(tmp_path) as cloud:
        cloud.cloud.faults.order(operation, "denied")
        done = cloud.run("apply", "--organization")
        assert (done.code, "AccessDeniedException" in done.out) == (1, True)
        if operation not in {"DetachPolicy", "DeletePolicy"}:
            assert {"DetachPolicy", "DeletePolicy"} & set(cloud.writes()) == set()  # nothing is taken away
        done = cloud.run("apply", "--organization")
        assert done.code == 0, done.text
        assert_converged(cloud)


@pytest.mark.parametrize("operation", WRITES)
def test_a_run_killed_right_after_a_call_is_finished_by_the_next(tmp_path: Path, operation: str) -> None:
    with transition(tmp_path) as cloud:
        cloud.cloud.faults.order(operation, "kill")
        assert cloud.run("apply", "--organization").code is None
        done = cloud.run("apply", "--organization")
        assert done.code == 0, done.text
        assert_converged(cloud)


@pytest.mark.parametrize("start", range(3) if EACH else [1])
def test_a_run_killed_after_any_of_its_ledger_writes_is_finished_by_the_next(
    tmp_path: Path, start: int
) -> None:
    for number in count(start, 3):
        with transition(tmp_path / str(number)) as cloud:
            cloud.cloud.faults.order("TransactWriteItems", "kill", skip=number)
            if cloud.run("apply", "--organization").code == 0:
                break
            done = cloud.run("apply", "--organization")
            assert done.code == 0, done.text
            assert_converged(cloud)
    assert number > 9


def test_killed_between_create_and_attach_there_is_one_policy_and_it_is_attached(tmp_path: Path) -> None:
    with guarded(tmp_path) as cloud:
        cloud.publish({"one": entry({"ous": ["Sandbox"]})})
        cloud.cloud.faults.order("CreatePolicy", "kill", executed=True)
        assert cloud.run("apply", "--organization").code is None
        assert (list(cloud.policies()), cloud.on(SANDBOX)) == (["one"], [])
        made = cloud.policies()["one"]
        cloud.cloud.log.clear()
        done = cloud.run("apply", "--organization")
        assert (done.code, cloud.policies(), cloud.on(SANDBOX)) == (0, {"one": made}, ["one"])
        assert cloud.writes() == ["AttachPolicy"]
        assert "  ~ update one (only our record of it)\n" in done.out


def test_killed_and_then_dropped_from_the_tree_it_is_removed(tmp_path: Path) -> None:
    with guarded(tmp_path) as cloud:
        cloud.publish({"one": entry({"ous": ["Sandbox"]})})
        cloud.cloud.faults.order("CreatePolicy", "kill", executed=True)
        assert cloud.run("apply", "--organization").code is None
        cloud.publish({}, revision=2)
        assert cloud.run("apply", "--organization").code == 0
        assert cloud.policies() == {}


def test_the_type_may_be_enabled_and_not_everywhere_yet(tmp_path: Path) -> None:
    """The root says ENABLED, and the first attachment is refused all the same."""
    with guarded(tmp_path, service_control_policies=False) as cloud:
        cloud.publish({"one": entry({"ous": ["Sandbox"]})})

        def late(*_: object) -> None:
            cloud.cloud.organization.pending_types["SERVICE_CONTROL_POLICY"] = 1

        def enabled(*_: object) -> None:
            cloud.cloud.organization.pending_types["SERVICE_CONTROL_POLICY"] = 0

        cloud.cloud.faults.after("CreatePolicy", late)
        waited: list[float] = []
        sleep = cloud.at.sleep

        def sleeping(seconds: float) -> None:
            waited.append(seconds)
            enabled()
            sleep(seconds)

        cloud.at.sleep = sleeping  # type: ignore[method-assign]
        done = cloud.run("apply", "--organization")
        assert (done.code, cloud.on(SANDBOX), waited) == (0, ["one"], [1, 5.0]), done.text
        refused = [call.outcome for call in cloud.cloud.log.select(operation="AttachPolicy")]
        assert refused == ["PolicyTypeNotEnabledException", "ok"]


def settled(cloud: Guarded) -> None:
    """A policy that accounts will want is published."""
    cloud.publish({"one": entry({"names": ["*"]}), "two": entry({"names": ["pay*"]})})
    assert cloud.run("apply", "--organization").code == 0


@pytest.mark.parametrize("fault", PASSING)
def test_an_accounts_run_survives_what_passes(tmp_path: Path, fault: str) -> None:
    with guarded(tmp_path) as cloud:
        settled(cloud)
        for operation in ("AttachPolicy", "TransactWriteItems", "UpdateItem"):
            cloud.cloud.faults.order(operation, **PASSING[fault])
        done = cloud.run("apply", "--account", PAYMENTS)
        assert (done.code, cloud.on(PAYMENTS)) == (0, ["one", "two"]), done.text
        cloud.publish({"one": entry({"names": ["*"]}), "two": entry()}, revision=2)
        cloud.cloud.faults.order("DetachPolicy", **PASSING[fault])
        done = cloud.run("apply", "--account", PAYMENTS)
        assert (done.code, cloud.on(PAYMENTS)) == (0, ["one"]), done.text
        assert cloud.cloud.faults.as_json() == []


@pytest.mark.parametrize("operation", ["AttachPolicy", "TransactWriteItems"])
@pytest.mark.parametrize("skip", [0, 1])
def test_an_accounts_run_that_was_killed_is_finished_by_the_next(
    tmp_path: Path, operation: str, skip: int
) -> None:
    with guarded(tmp_path) as cloud:
        settled(cloud)
        cloud.cloud.faults.order(operation, "kill", skip=skip)
        assert cloud.run("apply", "--account", PAYMENTS).code is None
        done = cloud.run("apply", "--account", PAYMENTS)
        assert (done.code, cloud.on(PAYMENTS)) == (0, ["one", "two"]), done.text
        assert {row["state"] for row in cloud.rows("guardrail#")} == {"attached"}
        cloud.cloud.log.clear()
        assert cloud.run("apply", "--account", PAYMENTS).code == 0
        assert cloud.writes() == []


def test_a_policy_deleted_under_an_accounts_run_is_told(tmp_path: Path) -> None:
    with guarded(tmp_path) as cloud:
        settled(cloud)
        cloud.organizations.delete_policy(PolicyId=cloud.policies()["one"])
        done = cloud.run("apply", "--account", LEDGER, account=LEDGER)
        assert (done.code, "PolicyNotFoundException" in done.out) == (1, True)
        assert cloud.run("apply", "--organization").code == 0
        done = cloud.run("apply", "--account", LEDGER, account=LEDGER)
        assert (done.code, cloud.on(LEDGER)) == (0, ["one"])
