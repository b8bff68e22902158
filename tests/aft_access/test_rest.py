"""Requests, report, notification, following of requests: each by itself."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from access_fakes import ACCOUNT, FakeCalls, FakeClock, World, declare
from aft_access.contract import Grant
from aft_access.errors import AwsError, LeaseLostError, RefusedError
from aft_access.failure import Failure
from aft_access.ledger import AccountState
from aft_access.notify import Topics
from aft_access.plan import Held, Plan, Step
from aft_access.report import Done, Report, shown, without_people
from aft_access.requests import Requests, parse
from aft_access.settle import carry_out
from aft_access.values import Account, Assignment, Change, Ticket

READ = Grant.parse("ReadOnlyAccess:group:auditors")
PERSON = Grant.parse("ReadOnlyAccess:user:ana@example.com")
PAYMENTS = Account(id=ACCOUNT, name="p", email="payments@example.com", status="ACTIVE", ou_ids=())


def requests(world: World) -> Requests:
    return Requests(FakeCalls(world.cloud, "aft"), "aft-request", "aft-request-metadata")


def test_a_request_is_found_by_the_accounts_email(world: World) -> None:
    world.request(declare("ReadOnlyAccess:group:auditors"), tags={"env": "dev"})
    found = requests(world).of(PAYMENTS)
    assert found is not None
    assert (found.id, found.tags, found.sso_user_email, found.problem) == (
        "payments@example.com",
        {"env": "dev"},
        "owner@example.com",
        "",
    )
    assert len(world.cloud.calls) == 1
    assert requests(world).of(None) is None


def test_a_request_in_another_letter_case_is_found_by_metadata_or_by_looking(world: World) -> None:
    world.request(declare(), id_="Payments@Example.com")
    assert getattr(requests(world).of(PAYMENTS), "id", None) == "Payments@Example.com"
    item = {"id": {"S": ACCOUNT}, "email": {"S": "Payments@Example.com"}}
    world.cloud.table.put_item(TableName="aft-request-metadata", Item=item)
    world.cloud.calls = []
    assert getattr(requests(world).of(PAYMENTS), "id", None) == "Payments@Example.com"
    assert [operation for _, operation, _ in world.cloud.calls] == ["GetItem"] * 3
    world.cloud.table.delete_item(TableName="aft-request-metadata", Key={"id": {"S": ACCOUNT}})
    world.request(declare(), id_="PAYMENTS@example.com")
    found = requests(world).of(PAYMENTS)
    assert found is not None
    assert found.problem == "several rows are for it: PAYMENTS@example.com, Payments@Example.com"


def test_a_missing_request_is_none(world: World) -> None:
    assert requests(world).of(PAYMENTS) is None


@pytest.mark.parametrize(
    ("custom_fields", "access", "problem"),
    [
        ("", None, ""),
        ("null", None, ""),
        ("{}", None, ""),
        ('{"access":"{}"}', "{}", ""),
        ('{"access":{}}', None, "the custom field access must be a text made by jsonencode()"),
        ("[]", None, "custom_fields is not a JSON object"),
        ("{", None, "custom_fields is not JSON: Expecting property name enclosed in double quotes"),
    ],
)
def test_a_row_is_read_as_afts_module_writes_it(custom_fields: str, access: str | None, problem: str) -> None:
    found = parse({"id": {"S": "x"}, "custom_fields": {"S": custom_fields}})
    assert found.access == access
    assert found.problem.startswith(problem)
    assert bool(found.problem) == bool(problem)


def report(**parts: Any) -> Report:
    plan = parts.pop("plan", Plan(account_id=ACCOUNT))
    return Report(
        account_id=ACCOUNT,
        account_name="payments",
        place="Workloads/Prod",
        sso_user_email=parts.pop("sso", "owner@example.com"),
        request_id="payments@example.com",
        status=parts.pop("status", "planned"),
        plan=plan,
        **parts,
    )


FULL = Plan(
    account_id=ACCOUNT,
    needs=("ReadOnlyAccess",),
    provisions=("arn:x/ps-1",),
    grants=(Step(grant=READ, principal_id="g", source="request"),),
    revokes=(
        Step(grant=PERSON, principal_id="u", source="request"),
        Step(grant=Grant.parse("A:group:gone"), principal_id="u", source="request", dead=True),
    ),
    kept=(Step(grant=Grant.parse("B:group:b"), principal_id="b", source="rule:r"),),
    satisfied=(Step(grant=Grant.parse("C:group:c"), principal_id="c", source="request"),),
    held=(Held(grant=Grant.parse("D:group:d"), reason="because"),),
    unmanaged=(Assignment(permission_set_arn="arn/ps-9", kind="user", principal_id="u-9"),),
    refusals=("user:ana@example.com may not",),
    warnings=("careful",),
)


def test_a_plan_reads_as_lines_without_peoples_names() -> None:
    person = shown(PERSON.principal)
    owner = without_people("user:owner@example.com")
    assert report(plan=FULL, status="deferred").text().splitlines() == [
        f"{ACCOUNT} payments (Workloads/Prod): deferred",
        f"  ! {person} may not",
        "  * ReadOnlyAccess is created or updated first, for the organization",
        "  * arn:x/ps-1 is provisioned again in this account",
        "  + ReadOnlyAccess to group:auditors (request)",
        f"  - ReadOnlyAccess from {person}",
        "  - A from group:gone (no longer exists)",
        "  = B to group:b",
        "  = C to group:c (stands, not ours)",
        f"  = AWSAdministratorAccess to {owner} (Control Tower, SSOUserEmail)",
        "  . D:group:d is held: because",
        "  ? ps-9 to user u-9 (unmanaged)",
        "  warning: careful",
        "  Revoking does not end sessions that are live: they last as long as their permission set allows. "
        "To end one now, deny its user (identitystore:UserId) in a service control policy.",
        "  The account's first grants wait for post, so that nobody enters before its baseline.",
    ]
    assert person.startswith("user:~")
    assert "ana@example.com" not in report(plan=FULL).text()
    assert "ana@example.com" in report(plan=FULL).text(names=True)


def test_json_has_everything_under_a_version() -> None:
    data = json.loads(report(plan=FULL).json())
    assert (data["version"], data["status"], data["fingerprint"]) == (1, "planned", FULL.fingerprint)
    assert data["revoke"][0] == {
        "permission_set": "ReadOnlyAccess",
        "principal": "user:ana@example.com",
        "source": "request",
    }
    assert data["unmanaged"] == [
        {"permission_set": "arn/ps-9", "principal_type": "user", "principal_id": "u-9"}
    ]


@pytest.mark.parametrize(
    ("status", "code"), [("planned", 0), ("unchanged", 0), ("converged", 0), ("refused", 1), ("failed", 1)]
)
def test_the_status_decides_the_exit_code(status: str, code: int) -> None:
    assert report(status=status).exit_code == code


def test_who_may_enter_leaves_out_what_failed() -> None:
    failed = (Done(what="grant", subject=str(READ), ok=False, reason="no"),)
    assert [str(one) for one in report(plan=FULL).entering] == [
        "B:group:b",
        "C:group:c",
        "ReadOnlyAccess:group:auditors",
    ]
    assert [str(one) for one in report(plan=FULL, done=failed).entering] == ["B:group:b", "C:group:c"]
    assert report(plan=FULL).digest != report(plan=FULL, done=failed).digest


def test_equal_plans_have_equal_fingerprints() -> None:
    assert Plan(account_id="1").fingerprint == Plan(account_id="1", warnings=("x",)).fingerprint
    assert Plan(account_id="1").fingerprint != Plan(account_id="2").fingerprint
    assert (Plan(account_id="1").empty, FULL.empty, FULL.changes) == (True, False, 5)


def test_the_topics_are_told_the_truth(world: World) -> None:
    topics = Topics(FakeCalls(world.cloud, "aft"), "arn:ready", "arn:failed")
    done = (Done(what="revoke", subject=str(PERSON), ok=True),)
    topics.ready(report(plan=FULL, done=done, portal_url="https://x.awsapps.com/start"))
    assert world.cloud.published[0]["TopicArn"] == "arn:ready"
    assert world.cloud.published[0]["Subject"] == "Account payments is ready"
    assert world.cloud.published[0]["Message"].splitlines()[:9] == [
        f"Account {ACCOUNT} payments is ready.",
        "",
        "Who can enter:",
        "  group:b: B",
        "  group:c: C",
        "  group:auditors: ReadOnlyAccess",
        "  user:owner@example.com: AWSAdministratorAccess (by Control Tower)",
        "",
        "Sign in: https://x.awsapps.com/start",
    ]
    topics.ready(report(sso=""))
    topics.failed(ACCOUNT, Failure.of(RefusedError(["a", "b"])))
    topics.failed(ACCOUNT, Failure.of(AwsError("X", "Y", "z")))
    failing = Plan(account_id=ACCOUNT, held=(Held(grant=READ, reason="held", failing=True),))
    late = report(plan=failing, done=(Done(what="grant", subject="s", ok=False, reason="r"),))
    topics.failed(ACCOUNT, Failure.in_report(late))
    head = f"Access of account {ACCOUNT} did not converge.\n\n"
    assert [one["Message"] for one in world.cloud.published[2:]] == [
        head + "Refused, nothing was changed:\na\nb\n",
        head + "X: Y: z\n",
        head + "grant s: r\nReadOnlyAccess:group:auditors is held: held\n",
    ]
    Topics(FakeCalls(world.cloud, "aft"), "", "").ready(report())
    assert len(world.cloud.published) == 5


class Slow:
    """Requests that stay in progress for a number of polls, then end as told."""

    def __init__(self, polls: int, statuses: dict[str, tuple[str, str]] | None = None) -> None:
        self.polls, self.statuses = polls, statuses or {}
        self.left: dict[str, int] = {}
        self.most = 0
        self.asked = 0

    def start(self, item: str) -> Ticket:
        self.left[item] = self.polls
        self.most = max(self.most, sum(left > 0 for left in self.left.values()))
        return Ticket(id=item, change="grant")

    def running(self, change: Change) -> frozenset[str]:
        self.asked += 1
        self.left = {one: left - 1 for one, left in self.left.items()}
        return frozenset(one for one, left in self.left.items() if left > 0)

    def ended(self, change: Change, ids: list[str]) -> dict[str, Ticket]:
        return {one: self.describe(Ticket(id=one, change=change)) for one in ids}

    def describe(self, ticket: Ticket) -> Ticket:
        status, reason = self.statuses.pop(ticket.id, ("SUCCEEDED", ""))
        return Ticket(id=ticket.id, change="grant", status=status, reason=reason)  # type: ignore[arg-type]


def follow(slow: Slow, items: list[str], clock: FakeClock, **parts: Any) -> list[tuple[str, str, str]]:
    start: Callable[[str], Ticket] = parts.pop("start", slow.start)
    outcomes = carry_out(
        items,
        "grant",
        start,
        slow,  # type: ignore[arg-type]
        clock,
        in_flight=parts.pop("in_flight", 3),
        poll_seconds=1.0,
        deadline=clock.now() + parts.pop("seconds", 100.0),
        **parts,
    )
    return sorted((one.item, one.ticket.status, one.ticket.reason) for one in outcomes)


def test_never_more_than_a_few_are_in_flight() -> None:
    slow = Slow(2)
    names = [f"{number}" for number in range(7)]
    assert follow(slow, names, FakeClock()) == [(name, "SUCCEEDED", "") for name in names]
    assert slow.most == 3
    assert slow.asked == 6


def test_the_deadline_ends_what_is_in_flight_and_what_waits() -> None:
    assert follow(Slow(1000), ["a", "b"], FakeClock(), in_flight=1, seconds=3) == [
        ("a", "FAILED", "not at its end at this run's deadline"),
        ("b", "FAILED", "no time left to start it"),
    ]


def test_a_request_that_is_not_listed_and_not_ended_is_waited_for() -> None:
    assert follow(Slow(1, {"a": ("IN_PROGRESS", "")}), ["a"], FakeClock()) == [("a", "SUCCEEDED", "")]
    slow = Slow(1)
    slow.describe = lambda ticket: Ticket(id="a", change="grant")  # type: ignore[method-assign]
    assert follow(slow, ["a"], FakeClock(), seconds=5) == [
        ("a", "FAILED", "not at its end at this run's deadline")
    ]


def test_a_failure_at_once_is_asked_for_its_reason_and_an_error_is_one() -> None:
    slow = Slow(1, {"a": ("FAILED", "quota")})

    def start(item: str) -> Ticket:
        if item == "b":
            raise AwsError("Create", "AccessDeniedException", "no")
        return Ticket(id=item, change="grant", status="FAILED")

    assert follow(slow, ["a", "b"], FakeClock(), start=start) == [
        ("a", "FAILED", "quota"),
        ("b", "FAILED", "Create: AccessDeniedException: no"),
    ]


def test_a_lost_lease_stops_before_the_next_start() -> None:
    slow = Slow(1)

    def lost() -> None:
        raise LeaseLostError("lost")

    with pytest.raises(LeaseLostError):
        follow(slow, ["a"], FakeClock(), alive=lost)
    assert slow.left == {}


def test_nothing_to_do_costs_nothing() -> None:
    slow = Slow(1)
    assert follow(slow, [], FakeClock()) == []
    assert slow.asked == 0
    assert AccountState() == AccountState(rows=(), baseline=False, announced="")
