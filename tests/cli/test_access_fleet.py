"""``aftgen access plan|apply`` for many accounts, on the embedded AWS: what an account's own run would do."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aft_access.plan import Plan
from aft_access.report import Report
from aftgen.aws.connections import Connections
from aftgen.aws.fleet_access import FleetAccess
from aftgen.cloud import Account, LandingZonePlan
from aftgen.fleet import converge as converging
from aftgen.fleet.plan import FleetPlan
from aftgen.fleet.question import Question
from command_line import Done, aftgen
from fleet.report_world import (
    ASKING,
    LEDGER,
    LEFT,
    OLD,
    PAYMENTS,
    UNITS,
    organization,
    settle,
    sign_in,
)
from pipeline.inside import Inside
from pipeline.trees import declaration

Captured = pytest.CaptureFixture[str]
Access = Callable[..., Done]
#: What a role for applying needs beside what the report does.
CHANGING = {
    "Effect": "Allow",
    "Action": [
        "dynamodb:BatchGetItem",
        "dynamodb:ConditionCheckItem",
        "dynamodb:DeleteItem",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "sns:Publish",
    ],
    "Resource": "*",
}
MANY = tuple(f"{number:012d}" for number in range(700000000001, 700000000025))
PRINCIPALS = ("group:builders", "group:auditors", "user:oncall@x.com")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Inside]:
    with organization(tmp_path) as made:
        settle(made)
        yield made


@pytest.fixture
def access(world: Inside, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> Access:
    """`aftgen access` in the repository, signed in with what it needs and no more."""
    sign_in(world.zone, monkeypatch, *ASKING, CHANGING)
    monkeypatch.chdir(world.tree.parent)
    world.cloud.log.clear()
    return lambda *arguments: aftgen(capsys, "access", *arguments)


def test_the_plan_of_everything(access: Access, world: Inside) -> None:
    done = access("plan", "--all")
    assert done.code == 1  # two accounts are refused
    assert done.out.splitlines() == [
        f"{LEDGER} ledger (Workloads): planned",
        "  + Reading to group:auditors (rule:audit)",
        "  = AWSAdministratorAccess to user:~f3752061f2 (Control Tower, SSOUserEmail)",
        f"{LEFT} left: refused",
        "  ! the account has no row in AFT's request table, so what it should have is unknown",
        f"{OLD} old: refused",
        "  ! the account is SUSPENDED; Identity Center can be changed in active accounts only",
    ]
    assert done.err.splitlines()[:2] == [
        "4 accounts: 1 change, 1 unchanged, 2 refused; 5 without a request are left alone",
        "1 grant, 0 revokes, 0 provisions: about 1 second, at 20 calls a second and some 10 seconds for each "
        "write",
    ]
    assert world.writes() == []


def test_only_the_account_that_changes_is_run_and_the_second_time_none(access: Access, world: Inside) -> None:
    before = set(world.zone.access())
    fingerprint = json.loads(access("plan", "--ou", "Workloads", "--json").out)["fingerprint"]
    done = access("apply", "--ou", "Workloads", "--expect", fingerprint)
    assert done.code == 1  # 'left' is refused
    assert "[1/1] 666666666666 ledger: converged\n1 account converged\n" in done.err
    assert set(world.zone.access()) - before == {(LEDGER, "Reading", "group:auditors")}
    assert world.writes() == ["CreateAccountAssignment"]
    world.cloud.log.clear()
    done = access("apply", "--account", "ledger", "--account", "payments")
    assert (done.code, done.out) == (0, "")
    assert done.err == "2 accounts: 0 change, 2 unchanged\n0 accounts converged\n"
    assert world.writes() == []


def test_another_plan_than_the_reviewed_one_is_refused(access: Access, world: Inside) -> None:
    fingerprint = json.loads(access("plan", "--all", "--json").out)["fingerprint"]
    world.zone.unassign(PAYMENTS, "Reading", "user:oncall@x.com")
    done = access("apply", "--all", "--expect", fingerprint)
    assert done.code == 1
    assert f"error: the plan is another one than {fingerprint}: it is " in done.err
    assert world.writes() == []


def test_what_changes_between_the_plan_and_an_accounts_run_is_refused_there(
    access: Access, world: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    fingerprint = json.loads(access("plan", "--account", "ledger", "--json").out)["fingerprint"]
    planned = FleetAccess.plan

    def then_somebody_grants(self: FleetAccess, *arguments: Any) -> FleetPlan:
        found = planned(self, *arguments)
        world.zone.put_request(
            LEDGER, custom_fields=declaration({"Building": ["group:builders"]}), sso_user="nobody@x.com"
        )
        return found

    monkeypatch.setattr(FleetAccess, "plan", then_somebody_grants)
    done = access("apply", "--account", "ledger", "--expect", fingerprint)
    assert done.code == 1
    assert f"[1/1] {LEDGER} ledger: failed\n" in done.err
    assert " was reviewed\n0 accounts converged, 1 failed\n" in done.err
    assert world.writes() == []


def test_a_failed_write_is_told_and_the_same_command_completes(access: Access, world: Inside) -> None:
    world.zone.unassign(PAYMENTS, "Reading", "user:oncall@x.com")
    world.cloud.faults.order(
        "CreateAccountAssignment", "failed", reason="no room", parameters={"TargetId": LEDGER}
    )
    done = access("apply", "--account", "ledger", "--account", "payments")
    assert done.code == 1
    assert f" {LEDGER} ledger: failed\n  FAILED grant Reading:group:auditors: no room\n" in done.err
    assert f" {PAYMENTS} payments: converged\n" in done.err
    assert "1 account converged, 1 failed\nThe same command goes on: " in done.err
    assert (PAYMENTS, "Reading", "user:oncall@x.com") in world.zone.access()
    done = access("apply", "--account", "ledger", "--account", "payments")
    assert done.code == 0
    assert (LEDGER, "Reading", "group:auditors") in world.zone.access()


def test_throttled_it_slows_down_and_ends_well(access: Access, world: Inside) -> None:
    for operation in ("ListAccountAssignmentsForPrincipal", "CreateAccountAssignment", "GetGroupId"):
        world.cloud.faults.order(operation, "throttle", times=3)
    done = access("apply", "--account", "ledger", "--account", "payments")
    assert done.code == 0
    assert world.cloud.faults.as_json() == []
    assert (LEDGER, "Reading", "group:auditors") in world.zone.access()


def test_permission_sets_come_first_and_once(access: Access, world: Inside) -> None:
    sets = world.tree / "identity-center" / "permission-sets"
    (sets / "Reading.yaml").write_text((sets / "Reading.yaml").read_text().replace("Read", "Read all", 1))
    revision = world.tree / "revision.json"
    revision.write_text('{"revision": 2, "commit": "c"}')
    assert (
        "First, for the organization (Reading): aftgen access catalogue apply\n"
        in access("plan", "--all").err
    )
    done = access("apply", "--all")
    assert done.code == 1
    assert "error: permission sets must be made or updated first: Reading; nothing was changed\n" in done.err
    assert world.writes() == []


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("plan", "no account was given"),
        ("apply --all --ou Workloads", "--all is every account"),
        ("plan --all --drift", "--drift goes with one account"),
        ("plan --ou Workload", "there is no account in an OU 'Workload'\nhint: did you mean 'Workloads'?"),
        ("apply --account paymnts", "there is no account 'paymnts'\nhint: did you mean 'payments'?"),
    ],
)
def test_wrong_usage(access: Access, world: Inside, line: str, says: str) -> None:
    done = access(*line.split())
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert world.writes() == []


def test_interrupted_it_ends_what_is_under_way_and_goes_on_the_next_time(
    access: Access, world: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.zone.unassign(PAYMENTS, "Reading", "user:oncall@x.com")
    taken = converging.as_completed

    def interrupted(futures: Any) -> Any:
        yield next(taken(futures))
        raise KeyboardInterrupt

    with monkeypatch.context() as only_now:
        only_now.setattr(converging, "as_completed", interrupted)
        done = access("apply", "--account", "ledger", "--account", "payments")
    assert done.code == 130
    assert "Interrupted; the accounts under way have ended.\n" in done.err
    assert [one for one in world.rows() if one["sk"] == "lease"] == []
    assert access("apply", "--account", "ledger", "--account", "payments").code == 0
    assert {(LEDGER, "Reading", "group:auditors"), (PAYMENTS, "Reading", "user:oncall@x.com")} <= set(
        world.zone.access()
    )


def of(report: Report | None) -> Plan:
    """The plan without what others granted: by principal nobody sees that."""
    assert report is not None
    return replace(report.plan, unmanaged=())


def test_the_fleets_plan_is_each_accounts_own_and_reads_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Random declarations, some converged, then changed: 24 accounts, one reading."""
    chance = random.Random(20261124)
    accounts = tuple(
        Account(
            id=one,
            name=f"a{one[-2:]}",
            email=f"a{one[-2:]}@x.com",
            ou=chance.choice(["Workloads", "Sandbox"]),
        )
        for one in MANY
    )
    plan = LandingZonePlan(
        organizational_units=UNITS,
        accounts=accounts,
        users=("ann@x.com", "bob@x.com", "oncall@x.com"),
        groups={"builders": ("ann@x.com", "bob@x.com"), "auditors": ("ann@x.com",), "former": ()},
    )

    def declared() -> dict[str, str]:
        names = [name for name in ("Building", "Reading") if chance.random() < 0.7]
        return declaration({name: chance.sample(PRINCIPALS, chance.randint(1, 3)) for name in names})

    with organization(tmp_path, plan) as world:
        for one in MANY:
            world.zone.put_request(one, custom_fields=declared(), sso_user="nobody@x.com")
        for one in MANY[::2]:
            assert world.apply(one).code == 0
        for one in MANY[::3]:
            world.zone.put_request(one, custom_fields=declared(), sso_user="nobody@x.com")
        for one in MANY[::5]:
            standing = sorted(world.zone.access(one))
            world.zone.unassign(one, *standing[0][1:])
            world.zone.assign(one, "Reading", "group:former")
        sign_in(world.zone, monkeypatch, *ASKING, CHANGING)
        world.cloud.log.clear()
        fleet = FleetAccess(Connections(tree=world.tree))
        found = fleet.plan(Question(), lambda *_: None)
        asked = fleet.reads.counts
        own = {one: of(Connections(tree=world.tree).access(world.tree, one).run().plan()) for one in MANY}
        assert {one.subject.id: of(one.report) for one in found.accounts} == own
        assert len({len(plan.grants) for plan in own.values()}) > 2
        assert any(plan.revokes for plan in own.values())
        assert asked["ListAccountAssignmentsForPrincipal"] <= len(PRINCIPALS)
        assert sum(asked.values()) <= 25
