"""Every write call, disturbed in every way: the run converges, or says why not and the next one does.

Nothing unmanaged is touched and no grant that should stand is ever taken away, at any of these moments.
"""

import os
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from .transition import ACCOUNT, Transition, transition

#: The whole product of calls and faults takes minutes: `AFTGEN_FAULTS=each` asks for it.
EACH = os.environ.get("AFTGEN_FAULTS") == "each"
ONLY_WHEN_ASKED = pytest.mark.skipif(not EACH, reason="takes minutes: set AFTGEN_FAULTS=each")

SSO_ADMIN = [
    "AttachCustomerManagedPolicyReferenceToPermissionSet",
    "AttachManagedPolicyToPermissionSet",
    "CreateAccountAssignment",
    "CreatePermissionSet",
    "DeleteAccountAssignment",
    "DeleteInlinePolicyFromPermissionSet",
    "DeletePermissionsBoundaryFromPermissionSet",
    "DetachCustomerManagedPolicyReferenceFromPermissionSet",
    "DetachManagedPolicyFromPermissionSet",
    "ProvisionPermissionSet",
    "PutInlinePolicyToPermissionSet",
    "PutPermissionsBoundaryToPermissionSet",
    "TagResource",
    "UntagResource",
    "UpdatePermissionSet",
]
IDENTITY_STORE = [
    "CreateGroup",
    "CreateGroupMembership",
    "CreateUser",
    "DeleteGroupMembership",
    "UpdateGroup",
    "UpdateUser",
]
DYNAMODB = ["DeleteItem", "TransactWriteItems", "UpdateItem"]
WRITES = [*SSO_ADMIN, *IDENTITY_STORE, *DYNAMODB, "Publish"]
ASYNCHRONOUS = ["CreateAccountAssignment", "DeleteAccountAssignment", "ProvisionPermissionSet"]
#: What strikes once, and whether the call took effect before its answer was lost.
PASSING: dict[str, dict[str, Any]] = {
    "throttled": {"kind": "throttle"},
    "in conflict": {"kind": "conflict"},
    "internal error": {"kind": "internal"},
    "internal error, done": {"kind": "internal", "executed": True},
    "read timeout": {"kind": "timeout"},
    "read timeout, done": {"kind": "timeout", "executed": True},
    "expired token": {"kind": "expired"},
}


def test_the_transition_makes_every_write_call(tmp_path: Path) -> None:
    with transition(tmp_path) as world:
        done = world.apply(ACCOUNT)
        assert done.code == 0, done.text
        assert sorted({call.operation for call in world.cloud.log.select(write=True)}) == sorted(WRITES)
        world.assert_converged()


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_survived_by_the_same_run(tmp_path: Path, fault: str) -> None:
    """Each write call is struck in this one run."""
    with transition(tmp_path) as world:
        for operation in WRITES:
            world.cloud.faults.order(operation, **PASSING[fault])
        done = world.apply(ACCOUNT)
        assert world.cloud.faults.as_json() == []
        assert done.code == 0, done.text
        world.assert_converged()


@ONLY_WHEN_ASKED
@pytest.mark.parametrize("operation", WRITES)
def test_everything_that_passes_one_after_the_other_is_survived_by_the_same_run(
    tmp_path: Path, operation: str
) -> None:
    """The call that takes effect is the last one of the series, and its answer is lost too."""
    with transition(tmp_path) as world:
        for fault in sorted(PASSING.values(), key=lambda fault: bool(fault.get("executed"))):
            world.cloud.faults.order(operation, **fault)
            if fault.get("executed"):
                break
        done = world.apply(ACCOUNT)
        assert world.cloud.faults.as_json() == []
        assert done.code == 0, done.text
        world.assert_converged()


@ONLY_WHEN_ASKED
@pytest.mark.parametrize("fault", PASSING)
@pytest.mark.parametrize("operation", WRITES)
def test_each_pair_alone(tmp_path: Path, operation: str, fault: str) -> None:
    with transition(tmp_path) as world:
        world.cloud.faults.order(operation, **PASSING[fault])
        done = world.apply(ACCOUNT)
        assert world.cloud.faults.as_json() == []
        assert done.code == 0, done.text
        world.assert_converged()


@pytest.mark.parametrize("operation", ASYNCHRONOUS)
def test_what_fails_late_fails_the_build_with_its_reason(tmp_path: Path, operation: str) -> None:
    with transition(tmp_path) as world:
        world.cloud.faults.order(operation, "failed", reason="the role quota is used up")
        done = world.apply(ACCOUNT)
        assert done.code == 1
        assert "the role quota is used up" in done.out
        assert [topic for topic, _, text in world.zone.notifications() if "role quota" in text] == [
            "aft-failure-notifications"
        ]
        world.assert_harmless()
        if operation != "DeleteAccountAssignment":
            assert "DeleteAccountAssignment" not in world.writes()
        done = world.apply(ACCOUNT)
        assert done.code == 0, done.text
        world.assert_converged()


def finished_by_the_next(world: Transition) -> None:
    """The run that died did no harm, and an ordinary one converges."""
    world.assert_harmless()
    done = world.apply(ACCOUNT)
    assert done.code == 0, done.text
    world.assert_converged()


@pytest.mark.parametrize("operation", WRITES)
def test_a_run_killed_right_after_a_call_is_finished_by_the_next(tmp_path: Path, operation: str) -> None:
    with transition(tmp_path) as world:
        world.cloud.faults.order(operation, "kill")
        assert world.apply(ACCOUNT).code is None
        finished_by_the_next(world)


@pytest.mark.parametrize("start", range(1, 7, 1 if EACH else 3))
def test_a_run_killed_after_any_of_its_ledger_writes_is_finished_by_the_next(
    tmp_path: Path, start: int
) -> None:
    """Every sixth write from `start` on, until there is none left to die after."""
    for number in count(start, 6):
        with transition(tmp_path / str(number)) as world:
            world.cloud.faults.order("TransactWriteItems", "kill", skip=number)
            if world.apply(ACCOUNT).code == 0:
                break
            finished_by_the_next(world)
    assert number > 18
