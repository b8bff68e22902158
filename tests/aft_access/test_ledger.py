"""The table: leases, conditional writes, pins, append-only audit, pages."""

import pytest
from access_fakes import ACCOUNT, World
from aft_access.attributes import row_from
from aft_access.contract import Principal
from aft_access.errors import AwsError, LeaseBusyError, LeaseLostError
from aft_access.ledger import Entry, Ledger, timestamp
from aft_access.values import KnownSet

SCOPE = f"account#{ACCOUNT}"
AUDITORS = Principal(kind="group", name="auditors")


def code(operation: str, name: str, message: str = "x") -> AwsError:
    return AwsError(operation, name, message)


def test_one_run_has_the_lease_and_may_renew_it(world: World) -> None:
    first, second = world.ledger("first"), world.ledger("second")
    lease = first.lease(SCOPE, 60, 0)
    waited: list[int] = []
    with pytest.raises(LeaseBusyError) as caught:
        second.lease(SCOPE, 60, 5, lambda: waited.append(1))
    assert caught.value.next_step == "wait for it to end, then run this pipeline again"
    assert len(waited) == 3
    world.clock.time = lease.expires - 31
    before = lease.expires
    lease.ensure()
    assert lease.expires == before
    world.clock.time += 2
    lease.ensure()
    assert lease.expires == world.clock.time + 60
    lease.release()
    second.lease(SCOPE, 60, 0)
    lease.release()
    with pytest.raises(LeaseBusyError):
        world.ledger("third").lease(SCOPE, 60, 0)


def test_a_lease_that_ended_is_not_revived_by_its_old_owner(world: World) -> None:
    ledger = world.ledger("first")
    lease = ledger.lease(SCOPE, 60, 0)
    world.clock.time += 61
    other = world.ledger("second").lease(SCOPE, 60, 0)
    other.release()
    with pytest.raises(LeaseLostError):
        lease.ensure()
    with pytest.raises(LeaseLostError):
        ledger.write(lease, put=[(SCOPE, "x", {"a": "b"})])
    assert ledger.account(ACCOUNT).rows == ()


def test_an_error_of_the_table_is_not_a_busy_lease(world: World) -> None:
    ledger = world.ledger()
    world.cloud.faults = [("UpdateItem", code("UpdateItem", "AccessDeniedException"), False)]
    with pytest.raises(AwsError, match="AccessDenied"):
        ledger.lease(SCOPE, 60, 0)
    lease = ledger.lease(SCOPE, 60, 0)
    world.cloud.faults = [("DeleteItem", code("DeleteItem", "AccessDeniedException"), False)]
    with pytest.raises(AwsError, match="AccessDenied"):
        lease.release()
    world.cloud.faults = [("TransactWriteItems", code("TransactWriteItems", "AccessDeniedException"), False)]
    with pytest.raises(AwsError, match="AccessDenied"):
        ledger.write(lease, put=[(SCOPE, "x", {})])


def cancelled(reasons: str) -> AwsError:
    message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{reasons}]"
    return code("TransactWriteItems", "TransactionCanceledException", message)


def test_what_cancels_a_transaction_decides_what_it_means(world: World) -> None:
    ledger = world.ledger()
    lease = ledger.lease(SCOPE, 60, 0)
    world.cloud.faults = [("TransactWriteItems", cancelled("None, TransactionConflict"), False)] * 3
    ledger.write(lease, put=[("org", "name#group:x", {"id": "1"})])
    assert (
        ledger.names([Principal(kind="group", name="x")], []).principals[Principal(kind="group", name="x")]
        == "1"
    )
    world.cloud.faults = [("TransactWriteItems", cancelled("None, TransactionConflict"), False)] * 8
    with pytest.raises(AwsError, match="the rows stayed busy"):
        ledger.write(lease, put=[("org", "y", {})])
    world.cloud.faults = [("TransactWriteItems", cancelled("None, ValidationError"), False)]
    with pytest.raises(AwsError, match="ValidationError"):
        ledger.write(lease, put=[("org", "y", {})])
    world.cloud.faults = [("TransactWriteItems", cancelled("ConditionalCheckFailed, None"), False)]
    with pytest.raises(LeaseLostError):
        ledger.write(lease, put=[("org", "y", {})])


def test_an_answer_that_was_lost_is_not_a_lost_lease(world: World) -> None:
    ledger = world.ledger()
    lease = ledger.lease(SCOPE, 60, 0)
    throttled = code("TransactWriteItems", "ThrottlingException")
    world.cloud.faults = [("TransactWriteItems", throttled, True)]
    ledger.write(lease, audit=[(ACCOUNT, Entry(what="granted", subject="s"))])
    assert [one["what"] for one in ledger.audit(ACCOUNT)] == ["granted"]


def test_a_name_keeps_its_first_id_unless_a_review_says_otherwise(world: World) -> None:
    ledger = world.ledger()
    lease = ledger.lease(SCOPE, 60, 0)
    ledger.pin(lease, {AUDITORS: "one"})
    ledger.pin(lease, {AUDITORS: "one"})
    with pytest.raises(AwsError) as caught:
        ledger.pin(lease, {AUDITORS: "two"})
    assert caught.value.code == "PinnedMeanwhile"
    assert ledger.names([AUDITORS], []).principals == {AUDITORS: "one"}
    ledger.pin(lease, {AUDITORS: "two"}, reviewed=[AUDITORS])
    assert ledger.names([AUDITORS], []).principals == {AUDITORS: "two"}


def test_a_set_that_another_run_recorded_is_not_overwritten(world: World) -> None:
    ledger = world.ledger()
    lease = ledger.lease(SCOPE, 60, 0)
    ledger.note_sets(lease, {"A": KnownSet(arn="first", revision=2, ours=True)})
    ledger.note_sets(lease, {"A": KnownSet(arn="second")})
    assert ledger.names([], ["A"]).permission_sets == {"A": KnownSet(arn="first", revision=2, ours=True)}
    world.cloud.faults = [("TransactWriteItems", code("TransactWriteItems", "AccessDeniedException"), False)]
    with pytest.raises(AwsError, match="AccessDenied"):
        ledger.note_sets(lease, {"B": KnownSet(arn="x")})


def test_an_audit_record_is_written_once_with_who_and_why(world: World) -> None:
    ledger = world.ledger("run-x")
    lease = ledger.lease(SCOPE, 60, 0)
    ledger.write(lease, audit=[(ACCOUNT, Entry(what="granted", subject="A:group:x", detail="request"))])
    assert ledger.audit(ACCOUNT) == [
        {
            "pk": f"audit#{ACCOUNT}",
            "sk": f"{timestamp(world.clock.time)}#run-x#00001",
            "what": "granted",
            "subject": "A:group:x",
            "detail": "request",
            "build": "build:1",
            "commit": "abc",
            "revision": "1",
        }
    ]


def test_more_names_than_one_read_takes_are_all_read(world: World) -> None:
    ledger = world.ledger()
    lease = ledger.lease(SCOPE, 60, 0)
    people = [Principal(kind="user", name=f"u{number}") for number in range(130)]
    ledger.pin(lease, {one: f"id-{one.name}" for one in people})
    world.cloud.calls = []
    assert len(ledger.names(people, []).principals) == 130
    assert [operation for _, operation, _ in world.cloud.calls] == ["BatchGetItem"] * 3


class Paged:
    """Answers in two pages, as a large table does."""

    def __init__(self) -> None:
        self.starts: list[object] = []

    def call(self, service: str, operation: str, **asked: object) -> dict[str, object]:
        if operation == "BatchGetItem":
            self.starts.append(asked["RequestItems"])
            first = len(self.starts) == 1
            item = {"pk": {"S": "org"}, "sk": {"S": "name#user:a"}, "id": {"S": "1"}}
            return {
                "Responses": {"aftgen-access": [item]},
                "UnprocessedKeys": {"aftgen-access": {"Keys": []}} if first else {},
            }
        self.starts.append(asked.get("ExclusiveStartKey"))
        item = {"pk": {"S": "audit#1"}, "sk": {"S": str(len(self.starts))}}
        return {"Items": [item], **({"LastEvaluatedKey": {"k": 1}} if len(self.starts) == 1 else {})}

    def pages(self, *_: object, **__: object) -> list[object]:
        return []


def test_every_page_of_the_table_is_read(world: World) -> None:
    stamp = world.ledger().stamp
    for read in ("audit", "scan"):
        paged = Paged()
        assert [one["sk"] for one in getattr(Ledger(paged, world.clock, stamp), read)("")] == ["1", "2"]
        assert paged.starts == [None, {"k": 1}]
    paged = Paged()
    person = Principal(kind="user", name="a")
    assert Ledger(paged, world.clock, stamp).names([person], []).principals == {person: "1"}
    assert paged.starts[1] == {"aftgen-access": {"Keys": []}}


def test_a_row_is_read_with_what_it_lacks_empty() -> None:
    row = row_from(
        {
            "permission_set": "A",
            "permission_set_arn": "arn",
            "principal": "user:a:b",
            "principal_id": "u",
            "state": "owned",
        }
    )
    assert (str(row.grant), row.source, row.assignment.kind) == ("A:user:a:b", "", "user")
