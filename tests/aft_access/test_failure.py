"""What a failed run leaves where something else is broken too."""

from typing import Any

import pytest
from access_fakes import ACCOUNT, FakeCalls, World
from aft_access import guard
from aft_access.errors import AwsError, UsageError
from aft_access.failure import Failure, leave
from aft_access.ledger import AccountState, Ledger
from aft_access.notify import Topics
from aft_access.values import Request

FAILURE = Failure(reasons=("because",))


def topics(world: World) -> Topics:
    return Topics(FakeCalls(world.cloud, "aft"), "arn:ready", "arn:failed")


def left(world: World, phase: str = "post", failure: Failure = FAILURE, **parts: Any) -> tuple[str, ...]:
    ledger: Ledger = parts.get("ledger") or world.ledger()
    return leave(failure, ACCOUNT, phase, lambda: ledger, parts.get("topics") or (lambda: topics(world)))


def test_what_nobody_expected_is_named_without_its_traceback() -> None:
    failure = Failure.of(RuntimeError("ana@example.com"))
    assert failure.reasons == ("a bug, whose traceback is in the build log: RuntimeError",)
    assert Failure.of(UsageError("x", next_step="do y")).reasons == ("x", "do y")


def test_the_record_keeps_what_fits(world: World) -> None:
    assert left(world, failure=Failure(reasons=("x" * 9000,))) == ()
    (record,) = world.ledger().audit(ACCOUNT)
    assert (record["what"], record["phase"], len(record["detail"])) == ("run failed", "post", 4000)


@pytest.mark.parametrize("phase", ["pre", "post"])
def test_a_record_that_cannot_be_kept_is_said_and_post_tells(world: World, phase: str) -> None:
    world.cloud.faults = [("PutItem", AwsError("PutItem", "AccessDeniedException", "no"), False)]
    assert left(world, phase) == ("the failure could not be recorded: PutItem: AccessDeniedException: no",)
    assert len(world.cloud.published) == (1 if phase == "post" else 0)


def test_a_record_whose_answer_was_lost_stands_once(world: World) -> None:
    lost = AwsError("PutItem", "ConditionalCheckFailedException", "it is there")
    world.cloud.faults = [("PutItem", lost, True)]
    assert left(world) == ()
    assert len(world.ledger().audit(ACCOUNT)) == 1


def test_a_topic_that_cannot_be_told_is_said_unless_that_is_the_failure_itself(world: World) -> None:
    def broken() -> Topics:
        raise UsageError("AFT's parameters are missing")

    assert left(world, topics=broken) == ("AFT's topic could not be told: AFT's parameters are missing",)
    own = Failure(reasons=("AFT's parameters are missing",))
    assert left(world, failure=own, topics=broken) == ()
    assert len(world.ledger().audit(ACCOUNT)) == 2


def test_a_run_without_a_build_tells_each_time(world: World) -> None:
    ledger = world.ledger()
    object.__setattr__(ledger.stamp, "build", "")
    for count in (1, 2):
        left(world, ledger=ledger)
        assert len(world.cloud.published) == count


def test_the_announcement_is_taken_back_under_the_lease(world: World) -> None:
    ledger = world.ledger()
    state = AccountState(baseline=True, announced="digest", above=("ou-1", "r-1"))
    lease = ledger.lease(f"account#{ACCOUNT}", 60, 0)
    ledger.write(lease, put=[(f"account#{ACCOUNT}", "account", state.fields)])
    left(world)
    assert world.ledger().account(ACCOUNT) == state  # another run has the lease, and says how it ended
    lease.release()
    left(world, failure=Failure(reasons=("another",)))
    assert world.ledger().account(ACCOUNT) == AccountState(baseline=True, above=("ou-1", "r-1"))


def test_a_request_of_the_management_account_that_cannot_be_read_is_a_refusal(world: World) -> None:
    damaged = Request(id="x", access=None, problem="custom_fields is not JSON")
    (reason,) = guard.management_refusals(None, damaged, ACCOUNT)  # type: ignore[arg-type]
    assert reason.endswith("and its request cannot be read: custom_fields is not JSON")
