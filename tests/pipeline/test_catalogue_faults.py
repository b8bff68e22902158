"""The organization-wide half under the same disturbances: what `catalogue apply` writes, and removes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aftgen.cloud import Behaviour

from .inside import Inside, inside
from .small import ACCOUNT, OTHER, declare, plan
from .test_faults import PASSING
from .trees import POLICY, Tree

PRINCIPALS = ("group:builders-of-ours", "group:going")
USER = {"given_name": "Cyd", "family_name": "C"}
READING = {"description": "Read", "managed_policies": [f"{POLICY}ReadOnlyAccess"]}
BEFORE = Tree(
    revision=1,
    creates_principals=True,
    principals=PRINCIPALS,
    sets={"Reading": READING, "Going": READING},
    groups={"builders-of-ours": {"members": ["ann@x.com", "cyd@x.com"]}, "going": {"members": ["ann@x.com"]}},
    users={"cyd@x.com": USER, "eve@x.com": {"given_name": "Eve", "family_name": "E"}},
)
AFTER = Tree(
    revision=2,
    creates_principals=True,
    principals=PRINCIPALS,
    sets={
        "Reading": {"description": "Read", "managed_policies": [f"{POLICY}SecurityAudit"]},
        "Coming": READING,
    },
    groups={
        "builders-of-ours": {"description": "Changed", "members": ["ann@x.com"]},
        "coming": {"members": ["ann@x.com"]},
    },
    users={"eve@x.com": {"given_name": "Eve", "family_name": "Married"}},
)
WRITES = [
    "AttachManagedPolicyToPermissionSet",
    "CreateGroup",
    "CreateGroupMembership",
    "CreatePermissionSet",
    "DeleteGroup",
    "DeleteGroupMembership",
    "DeletePermissionSet",
    "DeleteUser",
    "DetachManagedPolicyFromPermissionSet",
    "ProvisionPermissionSet",
    "TagResource",
    "TransactWriteItems",
    "UpdateGroup",
    "UpdateUser",
]


@contextmanager
def organization(folder: Path) -> Iterator[Inside]:
    """Revision 1 converged and used by two accounts, revision 2 published."""
    with inside(plan(), Behaviour(calls_per_second=None), folder) as made:
        BEFORE.write(made.tree)
        made.zone.add_permission_set("Foreign")
        assert made.run("catalogue", "apply", account=ACCOUNT).code == 0
        for account in (ACCOUNT, OTHER):
            declare(made.zone, {"Reading": ["group:builders-of-ours"]}, account)
            assert made.apply(account).code == 0
        AFTER.write(made.tree)
        made.cloud.log.clear()
        yield made


def assert_converged(made: Inside) -> None:
    center = made.zone.center
    names = sorted(each.name for each in center.permission_sets.values() if not each.name.startswith("AWS"))
    assert names == ["Coming", "Foreign", "Reading"]
    assert list(made.zone.permission_set("Reading").managed_policies) == [f"{POLICY}SecurityAudit"]
    arn = made.zone.permission_set("Reading").arn
    assert not any(center.is_stale(account, arn) for account in (ACCOUNT, OTHER))
    groups = {each.attributes["DisplayName"] for each in center.store.groups.values()}
    assert groups >= {"builders-of-ours", "coming", "builders", "auditors", "outsiders"}
    assert "going" not in groups
    assert made.zone.find_principal("user:cyd@x.com") is None
    eve = center.store.users[str(made.zone.find_principal("user:eve@x.com"))].attributes
    assert (eve["DisplayName"], eve["Name"]["FamilyName"]) == ("Eve Married", "Married")
    ours = center.store.groups[str(made.zone.find_principal("group:builders-of-ours"))].attributes
    assert ours["Description"] == "Changed"
    assert made.zone.find_principal("user:ann@x.com") is not None
    made.cloud.log.clear()
    again = made.run("catalogue", "apply", account=ACCOUNT)
    assert (again.code, "nothing to change" in again.out) == (0, True)
    assert made.writes() == []


def applied(made: Inside) -> Any:
    return made.run("catalogue", "apply", account=ACCOUNT)


def test_it_makes_these_writes(tmp_path: Path) -> None:
    with organization(tmp_path) as made:
        assert applied(made).code == 0
        writes = {call.operation for call in made.cloud.log.select(write=True)}
        assert sorted(writes - {"UpdateItem", "DeleteItem"}) == WRITES
        assert_converged(made)


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_survived_by_the_same_run(tmp_path: Path, fault: str) -> None:
    with organization(tmp_path) as made:
        for operation in WRITES:
            made.cloud.faults.order(operation, **PASSING[fault])
        done = applied(made)
        assert made.cloud.faults.as_json() == []
        assert done.code == 0, done.text
        assert_converged(made)


@pytest.mark.parametrize("operation", WRITES)
def test_a_run_killed_right_after_a_call_is_finished_by_the_next(tmp_path: Path, operation: str) -> None:
    with organization(tmp_path) as made:
        made.cloud.faults.order(operation, "kill")
        assert applied(made).code is None
        done = applied(made)
        assert done.code == 0, done.text
        assert_converged(made)


def test_re_provisioning_that_fails_is_a_failure_and_is_done_again(tmp_path: Path) -> None:
    with organization(tmp_path) as made:
        made.cloud.faults.order("ProvisionPermissionSet", "failed", reason="not today")
        done = applied(made)
        assert done.code == 1
        assert "not today" in done.text
        assert applied(made).code == 0
        assert_converged(made)
