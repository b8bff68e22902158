"""What the ledger asks of DynamoDB, word for word: moto forgives what AWS would not, such as a stale read."""

import time
from typing import Any

import pytest
from access_fakes import FakeClock
from aft_access.contract import Grant, Principal
from aft_access.errors import AwsError, LeaseBusyError, LeaseLostError, TableMissingError
from aft_access.ledger import AccountState, Entry, Lease, Ledger, timestamp
from aft_access.values import Assignment, KnownPrincipal, KnownSet, Row, Stamp

TABLE = {"TableName": "aftgen-access"}
LEASE = {"pk": {"S": "account#1"}, "sk": {"S": "lease"}}
NOW, TIME = 1_795_500_000.0, "2026-11-24T06:00:00.000Z"
CHECK = {
    "ConditionCheck": {
        **TABLE,
        "Key": LEASE,
        "ConditionExpression": "#o = :o",
        "ExpressionAttributeNames": {"#o": "owner"},
        "ExpressionAttributeValues": {":o": {"S": "run-1"}},
    }
}
GROUP, USER = Principal(kind="group", name="a"), Principal(kind="user", name="b")


class Recorder:
    """Answers from a list, else with nothing; keeps what was asked."""

    def __init__(self, *answers: dict[str, Any] | AwsError) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def call(self, service: str, operation: str, **asked: Any) -> dict[str, Any]:
        self.asked.append((service, operation, asked))
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, AwsError):
            raise answer
        return answer

    def pages(self, *_: Any, **__: Any) -> list[Any]:
        raise AssertionError("the table's pages are its own")

    @property
    def only(self) -> tuple[str, dict[str, Any]]:
        """The one thing that was asked of DynamoDB."""
        ((service, operation, asked),) = self.asked
        assert service == "dynamodb"
        return operation, asked


def ledger(calls: Recorder) -> Ledger:
    stamp = Stamp(run="run-1", build="build:1", commit="abc", revision=7)
    return Ledger(calls, FakeClock(NOW), stamp)


def held(calls: Recorder) -> tuple[Ledger, Lease]:
    """A ledger with a fresh lease; what taking it cost is forgotten."""
    made = ledger(calls)
    lease = Lease(made, "account#1", "run-1", 60)
    lease.expires = NOW + 60
    return made, lease


def error(code: str, message: str = "x") -> AwsError:
    return AwsError("TransactWriteItems", code, message)


def transactions(calls: Recorder) -> list[list[dict[str, Any]]]:
    """The actions of each transaction after its lease condition."""
    found = []
    tokens = set()
    for service, operation, asked in calls.asked:
        assert (service, operation) == ("dynamodb", "TransactWriteItems")
        assert set(asked) == {"TransactItems", "ClientRequestToken"}
        assert asked["TransactItems"][0] == CHECK
        tokens.add(asked["ClientRequestToken"])
        found.append(asked["TransactItems"][1:])
    assert all(len(token) == 36 for token in tokens)
    assert len(tokens) == len(found)
    return found


def record(number: int, account: str, **fields: str) -> dict[str, Any]:
    """The append-only put of an audit record."""
    item = {"pk": f"audit#{account}", "sk": f"{TIME}#run-1#{number:05d}", **fields}
    item |= {"build": "build:1", "commit": "abc", "revision": "7"}
    return {
        "Put": {
            **TABLE,
            "Item": {key: {"S": value} for key, value in item.items()},
            "ConditionExpression": "attribute_not_exists(pk)",
        }
    }


def test_times_are_utc_wherever_the_build_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert timestamp(NOW + 0.0129) == "2026-11-24T06:00:00.012Z"
    finally:
        monkeypatch.undo()
        time.tzset()


# --- reading


def query(partition: str, **more: Any) -> tuple[str, str, dict[str, Any]]:
    asked = {
        **TABLE,
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": {"S": partition}},
        "ConsistentRead": True,
    }
    return "dynamodb", "Query", asked | more


def test_an_account_is_read_consistently_and_to_its_last_page() -> None:
    row = {
        "pk": "account#1",
        "sk": "grant#Read#ps-1#group#g-1",
        "permission_set": "Read",
        "permission_set_arn": "arn/ps-1",
        "principal": "group:a",
        "principal_id": "g-1",
        "state": "granting",
        "source": "rule:x",
        "since": "then",
        "request": "a@x.com",
        "build": "build:0",
        "commit": "abc",
    }
    item = {key: {"S": value} for key, value in row.items()}
    account = {"sk": {"S": "account"}, "baseline": {"S": "yes"}, "announced": {"S": "digest"}}
    calls = Recorder(
        {"Items": [item, {"sk": {"S": "lease"}}], "LastEvaluatedKey": {"k": 1}}, {"Items": [account]}
    )
    assert ledger(calls).account("1") == AccountState(
        rows=(
            Row(
                grant=Grant.parse("Read:group:a"),
                assignment=Assignment(permission_set_arn="arn/ps-1", kind="group", principal_id="g-1"),
                state="granting",
                source="rule:x",
                since="then",
                request="a@x.com",
                build="build:0",
                commit="abc",
            ),
        ),
        baseline=True,
        announced="digest",
    )
    assert calls.asked == [query("account#1"), query("account#1", ExclusiveStartKey={"k": 1})]


@pytest.mark.parametrize(
    ("fields", "baseline", "announced"),
    [({}, False, ""), ({"baseline": {"S": "no"}}, False, ""), ({"announced": {"S": "x"}}, False, "x")],
)
def test_an_account_that_never_came_through(fields: Any, baseline: bool, announced: str) -> None:
    calls = Recorder({"Items": [{"sk": {"S": "account"}, **fields}]})
    assert ledger(calls).account("1") == AccountState(baseline=baseline, announced=announced)
    assert ledger(Recorder({})).account("1") == AccountState()


def test_names_are_read_in_one_batch_with_what_they_lack_empty() -> None:
    found = [
        {"sk": {"S": "name#group:a"}, "id": {"S": "g-1"}},
        {"sk": {"S": "set#Full"}, "arn": {"S": "arn:f"}, "digest": {"S": "d"}, "revision": {"S": "3"}}
        | {"ours": {"S": "yes"}, "removed": {"S": "yes"}},
        {"sk": {"S": "set#Empty"}, "ours": {"S": "no"}},
        {"sk": {"S": "object#group#a"}, "id": {"S": "g-1"}, "digest": {"S": "d"}, "revision": {"S": "4"}},
        {"sk": {"S": "object#user#b"}, "id": {"S": "u-1"}, "before": {"S": "u-0"}},
    ]
    calls = Recorder({"Responses": {"aftgen-access": found}})
    names = ledger(calls).names([USER, GROUP, GROUP], ["Full", "Empty"])
    assert names.principals == {GROUP: "g-1"}
    assert names.permission_sets == {
        "Full": KnownSet(arn="arn:f", digest="d", revision=3, ours=True, removed=True),
        "Empty": KnownSet(arn=""),
    }
    assert names.groups == {"a": KnownPrincipal(id="g-1", digest="d", revision=4)}
    assert names.users == {"b": KnownPrincipal(id="u-1", before="u-0")}
    keys = ["name#group:a", "name#user:b", "set#Empty", "set#Full", "object#group#a", "object#user#b"]
    wanted = {"Keys": [{"pk": {"S": "org"}, "sk": {"S": key}} for key in keys], "ConsistentRead": True}
    assert calls.only == ("BatchGetItem", {"RequestItems": {"aftgen-access": wanted}})
    calls = Recorder({})
    ledger(calls).names([GROUP], [], objects=False)
    assert calls.only[1]["RequestItems"]["aftgen-access"]["Keys"] == [
        {"pk": {"S": "org"}, "sk": {"S": "name#group:a"}}
    ]
    calls = Recorder({"Responses": {"aftgen-access": [{"sk": {"S": "object#group#a"}}]}})
    assert ledger(calls).names([GROUP], []).groups == {"a": KnownPrincipal(id="")}


def test_a_name_may_hold_the_sign_that_parts_a_key() -> None:
    sharp = Principal(kind="group", name="a#b")
    found = [
        {"sk": {"S": "name#group:a#b"}, "id": {"S": "g-1"}},
        {"sk": {"S": "object#group#a#b"}, "id": {"S": "g-1"}},
    ]
    names = ledger(Recorder({"Responses": {"aftgen-access": found}})).names([sharp], [])
    assert (names.principals, names.groups) == ({sharp: "g-1"}, {"a#b": KnownPrincipal(id="g-1")})


def test_a_batch_has_a_hundred_keys_and_is_asked_again_for_the_rest() -> None:
    rest = {"aftgen-access": {"Keys": ["k"], "ConsistentRead": True}}
    calls = Recorder({"UnprocessedKeys": rest}, {"Responses": {}}, {})
    ledger(calls).names([], [f"S{number:03d}" for number in range(101)])
    first, again, last = (asked["RequestItems"] for _, _, asked in calls.asked)
    assert (len(first["aftgen-access"]["Keys"]), again, len(last["aftgen-access"]["Keys"])) == (100, rest, 1)
    assert last["aftgen-access"]["Keys"] == [{"pk": {"S": "org"}, "sk": {"S": "set#S100"}}]
    calls = Recorder()
    ledger(calls).names([], [])
    assert calls.asked == []


def test_the_organizations_rows_are_told_without_its_lease() -> None:
    items = [{"sk": {"S": key}, "id": {"S": key}} for key in ("lease", "set#A", "name#group:a")]
    calls = Recorder({"Items": items})
    assert ledger(calls).organization() == {
        "set#A": {"sk": "set#A", "id": "set#A"},
        "name#group:a": {"sk": "name#group:a", "id": "name#group:a"},
    }
    assert calls.asked == [query("org")]


def test_the_record_of_an_account() -> None:
    calls = Recorder({"Items": [{"sk": {"S": "1"}}]})
    assert ledger(calls).audit("1") == [{"sk": "1"}]
    assert calls.asked == [query("audit#1")]


@pytest.mark.parametrize(
    ("prefix", "expression", "value"),
    [("grant#", "begins_with(sk, :p)", "grant#"), ("", "begins_with(pk, :p)", "audit#")],
)
def test_a_scan_is_consistent_and_goes_to_the_last_page(prefix: str, expression: str, value: str) -> None:
    calls = Recorder({"LastEvaluatedKey": {"k": 1}}, {"Items": [{"sk": {"S": "x"}}]})
    assert ledger(calls).scan(prefix) == [{"sk": "x"}]
    asked = {
        **TABLE,
        "FilterExpression": expression,
        "ExpressionAttributeValues": {":p": {"S": value}},
        "ConsistentRead": True,
    }
    assert calls.asked == [
        ("dynamodb", "Scan", asked),
        ("dynamodb", "Scan", asked | {"ExclusiveStartKey": {"k": 1}}),
    ]


# --- the lease


def test_a_lease_is_taken_when_free_expired_or_ours() -> None:
    calls = Recorder()
    lease = ledger(calls).lease("account#1", 60, 0)
    assert (lease.scope, lease.owner, lease.seconds, lease.expires) == ("account#1", "run-1", 60, NOW + 60)
    assert calls.only == (
        "UpdateItem",
        {
            **TABLE,
            "Key": LEASE,
            "UpdateExpression": "SET #o = :o, expires = :e",
            "ConditionExpression": "attribute_not_exists(pk) OR #o = :o OR expires < :n",
            "ExpressionAttributeNames": {"#o": "owner"},
            "ExpressionAttributeValues": {
                ":o": {"S": "run-1"},
                ":e": {"N": "1795500060.000"},
                ":n": {"N": "1795500000.000"},
            },
        },
    )


def test_a_lease_is_renewed_only_while_it_is_ours() -> None:
    calls = Recorder()
    _, lease = held(calls)
    lease.expires = NOW + 30
    lease.ensure()
    assert calls.asked == []
    lease.expires = NOW + 29.5
    lease.ensure()
    assert lease.expires == NOW + 60
    assert calls.only == (
        "UpdateItem",
        {
            **TABLE,
            "Key": LEASE,
            "UpdateExpression": "SET #o = :o, expires = :e",
            "ConditionExpression": "#o = :o",
            "ExpressionAttributeNames": {"#o": "owner"},
            "ExpressionAttributeValues": {":o": {"S": "run-1"}, ":e": {"N": "1795500060.000"}},
        },
    )
    calls = Recorder(error("ConditionalCheckFailedException"))
    _, lease = held(calls)
    lease.expires = NOW
    with pytest.raises(LeaseLostError) as lost:
        lease.ensure()
    assert str(lost.value) == "the lease of account#1 went to another run; this one stops"


def test_a_lease_is_given_back_once_and_losing_it_is_no_error() -> None:
    for answer in ({}, error("ConditionalCheckFailedException")):
        calls = Recorder(answer)
        held(calls)[1].release()
        assert calls.only == (
            "DeleteItem",
            {
                **TABLE,
                "Key": LEASE,
                "ConditionExpression": "#o = :o",
                "ExpressionAttributeNames": {"#o": "owner"},
                "ExpressionAttributeValues": {":o": {"S": "run-1"}},
            },
        )


@pytest.mark.parametrize(
    ("seconds", "patience", "pauses"),
    [(60, 5, [2.0, 2.0, 2.0]), (20, 2, [1.0, 1.0]), (1, 0.15, [0.1, 0.1]), (60, 0, [])],
)
def test_it_is_waited_for_in_pauses_that_fit_the_lease(
    seconds: int, patience: float, pauses: list[float]
) -> None:
    busy = error("ConditionalCheckFailedException")
    calls = Recorder(*[busy] * 9)
    waiting = ledger(calls)
    kept: list[int] = []
    with pytest.raises(LeaseBusyError) as caught:
        waiting.lease("org", seconds, patience, lambda: kept.append(1))
    assert str(caught.value) == "another run has the lease of org"
    assert caught.value.next_step == "wait for it to end, then run this pipeline again"
    assert waiting.clock.slept == pauses  # type: ignore[attr-defined]
    assert len(kept) == len(pauses)
    assert len(calls.asked) == len(pauses) + 1


# --- writing


def test_rows_and_records_are_one_transaction_under_the_lease() -> None:
    calls = Recorder()
    made, lease = held(calls)
    made.write(
        lease,
        put=[("org", "set#A", {"arn": "x", "empty": ""})],
        delete=[("account#1", "grant#B")],
        audit=[
            ("1", Entry(what="granted", subject="s", detail="d")),
            ("org", Entry(what="w", subject="t")),
            ("1", Entry(what="u", subject="v")),
        ],
    )
    assert transactions(calls) == [
        [
            {"Put": {**TABLE, "Item": {"arn": {"S": "x"}, "pk": {"S": "org"}, "sk": {"S": "set#A"}}}},
            record(1, "1", what="granted", subject="s", detail="d"),
            {"Delete": {**TABLE, "Key": {"pk": {"S": "account#1"}, "sk": {"S": "grant#B"}}}},
            record(2, "org", what="w", subject="t"),
            record(3, "1", what="u", subject="v"),
        ]
    ]


def test_nothing_to_write_is_no_transaction() -> None:
    calls = Recorder()
    made, lease = held(calls)
    made.write(lease)
    made.pin(lease, {})
    made.note_sets(lease, {})
    assert calls.asked == []


def test_five_hundred_rows_fit_dynamodbs_hundred_actions_each_with_its_record() -> None:
    calls = Recorder()
    made, lease = held(calls)
    rows = [("account#1", f"grant#{number:03d}", {"n": str(number)}) for number in range(500)]
    made.write(lease, put=rows, audit=[("1", Entry(what="w", subject=sk)) for _, sk, _ in rows])
    written = transactions(calls)
    assert [len(one) for one in written] == [80] * 12 + [40]
    for actions in written:
        for put, audit in zip(actions[::2], actions[1::2], strict=True):
            assert put["Put"]["Item"]["sk"] == audit["Put"]["Item"]["subject"]


def test_a_pin_is_first_come_unless_it_is_reviewed_and_is_recorded() -> None:
    calls = Recorder({"Responses": {"aftgen-access": [{"sk": {"S": "name#user:c"}, "id": {"S": "same"}}]}})
    made, lease = held(calls)
    made.pin(lease, {USER: "u-1", GROUP: "g-1", Principal(kind="user", name="c"): "same"}, reviewed=[USER])
    assert calls.asked.pop(0)[1] == "BatchGetItem"
    group = {"pk": "org", "sk": "name#group:a", "id": "g-1", "since": TIME}
    user = {"pk": "org", "sk": "name#user:b", "id": "u-1", "since": TIME}
    assert transactions(calls) == [
        [
            {
                "Put": {
                    **TABLE,
                    "Item": {key: {"S": value} for key, value in group.items()},
                    "ConditionExpression": "attribute_not_exists(pk) OR #i = :i",
                    "ExpressionAttributeNames": {"#i": "id"},
                    "ExpressionAttributeValues": {":i": {"S": "g-1"}},
                }
            },
            record(1, "org", what="pinned", subject="group:a", detail="g-1"),
            {"Put": {**TABLE, "Item": {key: {"S": value} for key, value in user.items()}}},
            record(2, "org", what="pinned", subject="user:b", detail="u-1"),
        ]
    ]


def test_many_pins_are_several_transactions() -> None:
    calls = Recorder()
    made, lease = held(calls)
    made.pin(lease, {Principal(kind="user", name=f"u{number:03d}"): "x" for number in range(81)})
    calls.asked.pop(0)
    assert [len(one) for one in transactions(calls)] == [80, 80, 2]


def test_a_pin_that_another_run_set_differently_stops_this_one() -> None:
    cancelled = error("TransactionCanceledException", "reasons [None, ConditionalCheckFailed, None]")
    made, lease = held(Recorder({}, cancelled))
    with pytest.raises(AwsError) as caught:
        made.pin(lease, {USER: "u-1"})
    assert (caught.value.operation, caught.value.code) == ("TransactWriteItems", "PinnedMeanwhile")
    assert str(caught.value).endswith("a name has another id now")


def test_sets_are_noted_one_by_one_and_a_known_one_stays() -> None:
    known = error("TransactionCanceledException", "reasons [None, ConditionalCheckFailed]")
    calls = Recorder(known)
    made, lease = held(calls)
    made.note_sets(lease, {"B": KnownSet(arn="b"), "A": KnownSet(arn="a", digest="d", revision=2, ours=True)})

    def put(**fields: str) -> list[dict[str, Any]]:
        item = {key: {"S": value} for key, value in {"pk": "org", **fields}.items()}
        return [{"Put": {**TABLE, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}]

    assert transactions(calls) == [
        put(sk="set#A", arn="a", digest="d", revision="2", ours="yes", removed="no"),
        put(sk="set#B", arn="b", revision="0", ours="no", removed="no"),
    ]


@pytest.mark.parametrize(
    ("reasons", "raises"),
    [
        ("ConditionalCheckFailed, None", LeaseLostError),
        ("ConditionalCheckFailed, TransactionConflict", LeaseLostError),
        ("None, ValidationError", AwsError),
        ("None, ConditionalCheckFailed", None),
    ],
)
def test_what_cancels_a_write(reasons: str, raises: type[Exception] | None) -> None:
    made, lease = held(Recorder(error("TransactionCanceledException", f"Cancelled [x] reasons [{reasons}]")))
    if raises is None:
        made.write(lease, delete=[("a", "b")])
    else:
        with pytest.raises(raises) as caught:
            made.write(lease, delete=[("a", "b")])
        if raises is LeaseLostError:
            assert str(caught.value) == "the lease of account#1 was lost before a write"


def test_a_conflict_is_tried_again_with_the_same_token_eight_times() -> None:
    busy = error("TransactionCanceledException", "reasons [None, TransactionConflict]")
    calls = Recorder(*[busy] * 7)
    made, lease = held(calls)
    made.write(lease, delete=[("a", "b")])
    assert len({asked["ClientRequestToken"] for _, _, asked in calls.asked}) == 1
    assert made.clock.slept == [0.2] * 7  # type: ignore[attr-defined]
    made, lease = held(Recorder(*[busy] * 8))
    with pytest.raises(AwsError) as caught:
        made.write(lease, delete=[("a", "b")])
    assert (caught.value.operation, caught.value.code) == ("TransactWriteItems", "TransactionConflict")
    assert str(caught.value).endswith("the rows stayed busy")


def test_a_lost_lease_writes_nothing() -> None:
    calls = Recorder(error("ConditionalCheckFailedException"))
    made, lease = held(calls)
    lease.expires = NOW
    with pytest.raises(LeaseLostError):
        made.write(lease, delete=[("a", "b")])
    assert [operation for _, operation, _ in calls.asked] == ["UpdateItem"]


# --- errors


def test_a_missing_table_says_what_was_skipped_and_what_makes_it() -> None:
    with pytest.raises(TableMissingError) as caught:
        ledger(Recorder(error("ResourceNotFoundException"))).account("1")
    assert str(caught.value) == (
        "the table aftgen-access does not exist in AFT's management account: "
        "access was skipped and nothing was changed"
    )
    assert caught.value.next_step == "apply account-provisioning-customizations, which makes it"


def test_any_other_error_is_itself() -> None:
    for act in (
        lambda made, lease: made.account("1"),
        lambda made, lease: made.take(lease),
        lambda made, lease: made.give_back(lease),
        lambda made, lease: made.write(lease, delete=[("a", "b")]),
        lambda made, lease: made.note_sets(lease, {"A": KnownSet(arn="a")}),
    ):
        made, lease = held(Recorder(error("AccessDeniedException")))
        with pytest.raises(AwsError, match="AccessDeniedException"):
            act(made, lease)
