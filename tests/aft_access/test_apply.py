"""One account from its request to its access: order, ownership, crashes, failures."""

from pathlib import Path

import boto3
import pytest
from access_fakes import (
    ACCOUNT,
    ADMINISTRATOR,
    BASE_ACCESS,
    MANAGEMENT,
    OTHER,
    FakeCalls,
    Killed,
    World,
    declare,
    write_tree,
)
from aft_access.catalogue import load
from aft_access.errors import AwsError, LeaseBusyError, LeaseLostError, RefusedError, TableMissingError
from aft_access.ledger import TABLE

READ = "ReadOnlyAccess:group:auditors"
ADMIN = "AdministratorAccess:group:platform-admins"


@pytest.fixture
def ready(world: World, tmp_path: Path) -> World:
    """Both groups exist, no permission set does; the request asks for both grants."""
    world.catalogue = load(write_tree(tmp_path))
    world.cloud.principal("group", "auditors")
    world.cloud.principal("group", "platform-admins")
    world.request(declare(READ, ADMIN))
    return world


def group(world: World, name: str) -> str:
    return next(made for made, one in world.cloud.groups.items() if one == name)


def access(world: World, account: str = ACCOUNT) -> set[tuple[str, str]]:
    cloud = world.cloud
    names = cloud.groups | cloud.users
    return {
        (cloud.sets[arn]["Name"], names.get(principal, principal))
        for where, arn, _, principal in cloud.assignments
        if where == account
    }


def rows(world: World) -> dict[str, str]:
    return {str(row.grant): row.state for row in world.ledger().account(ACCOUNT).rows}


def audit(world: World, account: str = ACCOUNT) -> list[tuple[str, str]]:
    return [(one["what"], one["subject"]) for one in world.ledger().audit(account)]


def test_declared_access_exists_and_a_second_run_writes_nothing(ready: World) -> None:
    report = ready.run().apply("post")
    assert (report.status, report.exit_code) == ("converged", 0)
    assert access(ready) == {("ReadOnlyAccess", "auditors"), ("AdministratorAccess", "platform-admins")}
    assert rows(ready) == {READ: "owned", ADMIN: "owned"}
    assert audit(ready) == [("granted", ADMIN), ("granted", READ)]
    assert audit(ready, "org") == [
        ("create permission set", "AdministratorAccess"),
        ("create permission set", "ReadOnlyAccess"),
        ("pinned", "group:auditors"),
        ("pinned", "group:platform-admins"),
    ]
    ready.spent()
    again = ready.run().apply("post")
    assert (again.status, again.plan.changes, len(again.plan.kept)) == ("unchanged", 0, 2)
    assert ready.spent()[1] == 0


def test_a_dropped_grant_is_revoked_and_nobody_elses(ready: World) -> None:
    ready.run().apply("post")
    arn = ready.cloud.arn("ReadOnlyAccess")
    ready.cloud.give(arn, "user", "by-another-hand")
    ready.cloud.give(arn, "group", group(ready, "auditors"), OTHER)
    ready.request(declare(ADMIN))
    report = ready.run().apply("pre")
    assert report.status == "converged"
    assert access(ready) == {
        ("AdministratorAccess", "platform-admins"),
        ("ReadOnlyAccess", "by-another-hand"),
    }
    assert access(ready, OTHER) == {("ReadOnlyAccess", "auditors")}
    assert rows(ready) == {ADMIN: "owned"}
    assert audit(ready)[-1] == ("revoked", READ)
    assert "Revoking does not end sessions" in report.text()


def test_what_another_hand_granted_is_satisfied_and_never_revoked(ready: World) -> None:
    arn = ready.cloud.permission_set(
        "ReadOnlyAccess",
        Description="Read",
        SessionDuration="PT1H",
        managed={"arn:aws:iam::aws:policy/ReadOnlyAccess"},
    )
    ready.cloud.give(arn, "group", group(ready, "auditors"))
    ready.request(declare(READ))
    report = ready.run().apply("post")
    assert [str(one.grant) for one in report.plan.satisfied] == [READ]
    assert rows(ready) == {}
    assert "ReadOnlyAccess to group:auditors (stands, not ours)" in report.text()
    ready.request(declare())
    assert ready.run().apply("post").status == "unchanged"
    assert access(ready) == {("ReadOnlyAccess", "auditors")}


def test_first_grants_wait_for_post(ready: World) -> None:
    report = ready.run().apply("pre")
    assert (report.status, report.exit_code) == ("deferred", 0)
    assert access(ready) == set()
    assert ready.cloud.sets == {}
    assert ready.run().apply("post").status == "converged"
    ready.request(declare(READ))
    assert ready.run().apply("pre").status == "converged"
    assert access(ready) == {("ReadOnlyAccess", "auditors")}


def test_no_grant_is_lost_when_another_fails_and_no_revoke_happens(ready: World) -> None:
    ready.request(declare(READ))
    ready.run().apply("post")
    ready.request(declare(ADMIN))
    ready.cloud.fail["CreateAccountAssignment"] = "Cannot exceed quota for RolesPerAccount: 1000"
    report = ready.run().apply("post")
    assert (report.status, report.exit_code) == ("failed", 1)
    assert [(one.what, one.subject, one.ok) for one in report.done[1:]] == [
        ("grant", ADMIN, False),
        ("revoke", READ, False),
    ]
    assert "FAILED grant AdministratorAccess:group:platform-admins: Cannot exceed quota" in report.text()
    assert access(ready) == {("ReadOnlyAccess", "auditors")}
    assert rows(ready) == {READ: "owned", ADMIN: "granting"}
    ready.cloud.fail.clear()
    assert ready.run().apply("post").status == "converged"
    assert access(ready) == {("AdministratorAccess", "platform-admins")}
    assert rows(ready) == {ADMIN: "owned"}


def test_a_failed_revoke_keeps_its_row_and_is_done_next_time(ready: World) -> None:
    ready.run().apply("post")
    ready.request(declare(ADMIN))
    ready.cloud.fail["DeleteAccountAssignment"] = "internal"
    assert ready.run().apply("post").exit_code == 1
    assert rows(ready) == {READ: "revoking", ADMIN: "owned"}
    ready.cloud.fail.clear()
    assert ready.run().apply("post").status == "converged"
    assert rows(ready) == {ADMIN: "owned"}


WRITES = (
    "CreatePermissionSet",
    "AttachManagedPolicyToPermissionSet",
    "TagResource",
    "CreateAccountAssignment",
    "TransactWriteItems",
    "UpdateItem",
)


@pytest.mark.parametrize("happened", [False, True])
@pytest.mark.parametrize("call", WRITES)
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_run_that_is_killed_at_a_write_is_finished_by_the_next(
    ready: World, call: str, happened: bool, nth: int
) -> None:
    ready.cloud.faults = [(call, None, False)] * 0
    seen = 0
    original = FakeCalls._fault

    def killing(self: FakeCalls, operation: str) -> tuple[BaseException | None, bool] | None:
        nonlocal seen
        seen += operation == call
        if operation == call and seen == nth:
            return Killed(), happened
        return original(self, operation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeCalls, "_fault", killing)
        try:
            ready.run().apply("post")
        except Killed:
            patch.setattr(FakeCalls, "_fault", original)
    assert ready.run().apply("post").exit_code == 0
    assert access(ready) == {("ReadOnlyAccess", "auditors"), ("AdministratorAccess", "platform-admins")}
    assert len(ready.cloud.sets) == 2
    assert rows(ready) == {READ: "owned", ADMIN: "owned"}
    ready.spent()
    ready.run().apply("post")
    assert ready.spent()[1] == 0


@pytest.mark.parametrize("call", ["DeleteAccountAssignment", "TransactWriteItems"])
@pytest.mark.parametrize("happened", [False, True])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_killed_revocation_is_finished_by_the_next(
    ready: World, call: str, happened: bool, nth: int
) -> None:
    ready.run().apply("post")
    ready.request(declare(ADMIN))
    ready.cloud.faults = [(call, None, True)] * 0
    count = 0
    original = FakeCalls._fault

    def killing(self: FakeCalls, operation: str) -> tuple[BaseException | None, bool] | None:
        nonlocal count
        count += operation == call
        return (Killed(), happened) if operation == call and count == nth else original(self, operation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FakeCalls, "_fault", killing)
        try:
            ready.run().apply("pre")
        except Killed:
            patch.setattr(FakeCalls, "_fault", original)
    ready.run().apply("pre")
    assert access(ready) == {("AdministratorAccess", "platform-admins")}
    assert rows(ready) == {ADMIN: "owned"}


def test_a_grant_still_in_progress_of_a_dead_run_is_waited_for(ready: World) -> None:
    ready.cloud.polls = 3
    ready.cloud.faults = [("ListAccountAssignmentCreationStatus", Killed(), False)]
    with pytest.raises(Killed):
        ready.run().apply("post")
    assert set(rows(ready).values()) == {"granting"}
    ready.request(declare())
    report = ready.run().apply("post")
    assert report.status == "converged"
    assert access(ready) == set()
    assert rows(ready) == {}


def test_two_runs_of_one_account_exclude_each_other_until_the_lease_expires(ready: World) -> None:
    lease = ready.ledger("other").lease(f"account#{ACCOUNT}", 3600, 1)
    with pytest.raises(LeaseBusyError, match="another run has the lease of account#111111111111"):
        ready.run().apply("post")
    assert access(ready) == set()
    ready.clock.time = lease.expires + 1
    assert ready.run().apply("post").status == "converged"
    with pytest.raises(LeaseLostError, match="the lease of account#111111111111 went to another run"):
        ready.ledger("other").write(lease, put=[("account#x", "y", {})])
    lease.expires = ready.clock.time + 3600
    with pytest.raises(LeaseLostError, match="was lost before a write"):
        ready.ledger("other").write(lease, put=[("account#x", "y", {})])


def test_a_reviewed_plan_is_the_one_that_is_applied(ready: World) -> None:
    plan = ready.run().plan()
    assert plan.status == "planned"
    assert ready.spent()[1] == 0
    with pytest.raises(RefusedError, match="and 0123 was reviewed"):
        ready.run().apply("post", expected="0123")
    assert ready.run().apply("post", expected=plan.plan.fingerprint).status == "converged"


def test_without_the_table_nothing_is_changed(ready: World) -> None:
    boto3.client("dynamodb", region_name="eu-west-1").delete_table(TableName=TABLE)
    with pytest.raises(TableMissingError, match="access was skipped and nothing was changed") as caught:
        ready.run().apply("post")
    assert caught.value.next_step == "apply account-provisioning-customizations, which makes it"
    assert ready.spent()[0] == 0


def test_the_management_account_is_never_a_target(ready: World) -> None:
    ready.cloud.accounts[MANAGEMENT] = {
        "Id": MANAGEMENT,
        "Name": "management",
        "Email": "root@example.com",
        "State": "ACTIVE",
    }
    ready.cloud.parents[MANAGEMENT] = ("r-ab12", "ROOT")
    ready.request(declare(), id_="root@example.com")
    for report in (ready.run(MANAGEMENT).plan(), ready.run(MANAGEMENT).apply("post")):
        assert (report.exit_code, report.announceable) == (0, False)
        assert report.text() == (
            f"{MANAGEMENT} management: skipped: the management account is never a target, "
            "and nothing is declared for it\n"
        )
    ready.request(declare(READ), id_="root@example.com")
    for act in (ready.run(MANAGEMENT).plan, ready.run(MANAGEMENT).apply):
        with pytest.raises(RefusedError, match="never a target, and its request declares access"):
            act()
    assert ready.spent()[0] == 0
    assert ready.ledger().account(MANAGEMENT).fields["announced"] == ""


def test_a_changed_permission_set_is_written_and_provisioned_here(ready: World, tmp_path: Path) -> None:
    ready.run().apply("post")
    sets = {
        "ReadOnlyAccess": "description: Read more\nsession_duration: PT2H\n"
        'managed_policies: ["arn:aws:iam::aws:policy/SecurityAudit"]',
        "AdministratorAccess": ADMINISTRATOR,
    }
    ready.catalogue, ready.revision = load(write_tree(tmp_path, sets=sets)), 2
    report = ready.run().apply("pre")
    assert [(one.what, one.ok) for one in report.done] == [
        ("update permission set ReadOnlyAccess", True),
        ("provision", True),
    ]
    live = ready.cloud.sets[ready.cloud.arn("ReadOnlyAccess")]
    assert (live["Description"], live["SessionDuration"], live["managed"]) == (
        "Read more",
        "PT2H",
        {"arn:aws:iam::aws:policy/SecurityAudit"},
    )
    assert ready.cloud.stale == set()
    ready.revision = 1
    ready.catalogue = load(write_tree(tmp_path))
    assert ready.run().apply("pre").status == "unchanged"
    assert live["Description"] == "Read more"


def test_a_set_of_the_same_name_without_our_tag_is_never_adopted(ready: World) -> None:
    arn = ready.cloud.permission_set("ReadOnlyAccess", ours=False)
    with pytest.raises(RefusedError, match="lacks our tag") as caught:
        ready.run().apply("post")
    assert len(caught.value.reasons) >= 1
    assert ready.cloud.sets[arn]["tags"] == {}
    assert access(ready) == set()


def test_unknown_names_are_all_told_at_once_and_nothing_is_revoked(ready: World) -> None:
    ready.run().apply("post")
    ready.request(
        declare("ReadOnlyAccess:group:auditor", "ReadOnlyAcess:group:auditors", "ReadOnlyAccess:user:x")
    )
    with pytest.raises(RefusedError) as caught:
        ready.run().apply("post")
    assert caught.value.reasons == (
        "group:auditor does not exist in Identity Center and should come from "
        "your identity provider (its SCIM provisioning); did you mean auditors?",
        "user:x does not exist in Identity Center and should come from your identity provider "
        "(its SCIM provisioning)",
        "there is no permission set ReadOnlyAcess in the catalogue; did you mean ReadOnlyAccess?",
    )
    assert len(access(ready)) == 2


def test_a_leaver_is_warned_about_and_cleaned_up(ready: World) -> None:
    ready.run().apply("post")
    gone = group(ready, "auditors")
    del ready.cloud.groups[gone]
    report = ready.run().apply("post")
    assert (report.status, report.exit_code) == ("converged", 0)
    assert report.plan.warnings == (
        "group:auditors no longer exists: it is not granted, and what it had is cleaned up",
    )
    assert access(ready) == {("AdministratorAccess", "platform-admins")}
    assert rows(ready) == {ADMIN: "owned"}


def test_a_renamed_group_keeps_its_access_and_its_rows(ready: World) -> None:
    ready.run().apply("post")
    ready.cloud.groups[group(ready, "auditors")] = "accountants"
    report = ready.run().apply("post")
    assert (report.status, report.exit_code) == ("failed", 1)
    assert [one.reason for one in report.plan.held] == ["group:auditors has another name now"]
    assert rows(ready)[READ] == "owned"
    assert access(ready) == {("AdministratorAccess", "platform-admins"), ("ReadOnlyAccess", "accountants")}


def test_a_group_made_again_gets_nothing_until_its_new_id_is_reviewed(ready: World, tmp_path: Path) -> None:
    ready.run().apply("post")
    del ready.cloud.groups[group(ready, "auditors")]
    new = ready.cloud.principal("group", "auditors")
    report = ready.run().apply("post")
    assert (report.status, report.exit_code) == ("failed", 1)
    assert access(ready) == {("AdministratorAccess", "platform-admins")}
    pins = f'principals: {{"group:auditors": {{id: "{new}", reason: same people, reviewed: 2026-11-24}}}}'
    ready.catalogue = load(write_tree(tmp_path, principals=pins))
    assert ready.run().apply("post").status == "converged"
    assert access(ready) == {("AdministratorAccess", "platform-admins"), ("ReadOnlyAccess", "auditors")}
    ready.catalogue = load(write_tree(tmp_path))
    assert ready.run().apply("post").status == "unchanged"


def test_a_name_squatter_gets_nothing_and_the_old_id_loses_what_nothing_declares(ready: World) -> None:
    ready.run().apply("post")
    ready.cloud.groups[group(ready, "auditors")] = "auditors-old"
    squatter = ready.cloud.principal("group", "auditors")
    report = ready.run().apply("post")
    assert report.exit_code == 1
    assert not ready.cloud.has("ReadOnlyAccess", squatter)
    assert access(ready) == {("AdministratorAccess", "platform-admins")}
    assert READ not in rows(ready)
    ready.request(declare(ADMIN))
    assert ready.run().apply("post").status == "unchanged"


def test_another_letter_case_is_not_the_same_group(ready: World) -> None:
    ready.cloud.principal("group", "Operators")
    ready.request(declare("ReadOnlyAccess:group:operators"))
    with pytest.raises(RefusedError, match="one with other letter case exists, and a name must be exact"):
        ready.run().apply("post")


def test_through_a_delegated_administrator_sets_of_the_management_account_go_through_it(ready: World) -> None:
    ready.delegated = True
    ready.run().apply("post")
    arn = ready.cloud.arn("ReadOnlyAccess")
    ready.cloud.give(arn, "group", "somebody", MANAGEMENT)
    ready.request(declare())
    assert ready.run().apply("post").status == "converged"
    deletes = [caller for _, operation, caller in ready.cloud.calls if operation == "DeleteAccountAssignment"]
    assert sorted(deletes) == sorted([MANAGEMENT, "333333333333"])


def test_an_error_of_one_grant_does_not_stop_the_others(ready: World) -> None:
    refused = AwsError("CreateAccountAssignment", "AccessDeniedException", "no")
    ready.cloud.faults = [("CreateAccountAssignment", refused, False)]
    report = ready.run().apply("post")
    assert report.exit_code == 1
    assert access(ready) == {("ReadOnlyAccess", "auditors")}
    assert [one.reason for one in report.done if not one.ok] == [
        "CreateAccountAssignment: AccessDeniedException: no"
    ]


def test_throttling_and_conflicts_end_well(ready: World) -> None:
    conflict = AwsError("CreateAccountAssignment", "ConflictException", "propagating")
    throttled = AwsError("CreateAccountAssignment", "ThrottlingException", "too many")
    ready.cloud.faults = [
        ("CreateAccountAssignment", conflict, False),
        ("CreateAccountAssignment", throttled, True),
    ]
    assert ready.run().apply("post").status == "converged"
    assert len(access(ready)) == 2


def test_groups_users_and_memberships_that_are_ours_are_made_once(ready: World, tmp_path: Path) -> None:
    access_file = BASE_ACCESS + "identity_source: identity-center\n"
    groups = """
groups: {operators: {description: Ops, members: [ana@example.com]}}
users: {ana@example.com: {given_name: Ana, family_name: Lima}}
"""
    ready.catalogue = load(write_tree(tmp_path, access_file, groups=groups))
    ready.request(declare("ReadOnlyAccess:group:operators", "ReadOnlyAccess:user:ana@example.com"))
    report = ready.run().apply("post")
    assert report.status == "converged"
    made = group(ready, "operators")
    user = next(iter(ready.cloud.users))
    assert [one for one in ready.cloud.members.values() if one[0] == made] == [(made, user)]
    assert access(ready) == {("ReadOnlyAccess", "operators"), ("ReadOnlyAccess", "ana@example.com")}
    ready.spent()
    assert ready.run().apply("post").status == "unchanged"
    assert ready.spent()[1] == 0
    groups = "groups: {operators: {description: Ops, members: []}}\n" + groups.splitlines()[2]
    ready.catalogue, ready.revision = load(write_tree(tmp_path, access_file, groups=groups)), 2
    assert ready.run().apply("post").status == "converged"
    assert [one for one in ready.cloud.members.values() if one[0] == made] == []


def test_a_rule_that_becomes_the_requests_changes_hands_in_the_ledger_only(
    ready: World, tmp_path: Path
) -> None:
    rule = "rules: [{name: audit, match: {ous: [Root]}, grants: {ReadOnlyAccess: ['group:auditors']}}]\n"
    ready.catalogue = load(write_tree(tmp_path, BASE_ACCESS + rule))
    ready.request(declare())
    ready.run().apply("post")
    assert [row.source for row in ready.ledger().account(ACCOUNT).rows] == ["rule:audit"]
    ready.request(declare(READ))
    ready.spent()
    assert ready.run().apply("post").status == "converged"
    assert ready.spent()[1] == 0
    assert [row.source for row in ready.ledger().account(ACCOUNT).rows] == ["request"]
    ready.request(declare(retired=True))
    assert ready.run().apply("post").status == "converged"
    assert access(ready) == set()


def test_a_set_that_a_newer_tree_removed_is_not_made_again(ready: World) -> None:
    ready.run().apply("post")
    ledger = ready.ledger()
    lease = ledger.lease("org", 60, 1)
    from aft_access.attributes import set_row
    from aft_access.values import KnownSet

    ledger.write(
        lease, put=[("org", "set#ReadOnlyAccess", set_row(KnownSet(arn="x", revision=9, removed=True)))]
    )
    lease.release()
    for key in [key for key in ready.cloud.assignments if key[1] == ready.cloud.arn("ReadOnlyAccess")]:
        del ready.cloud.assignments[key]
    with pytest.raises(RefusedError, match="needs an object that a newer tree removed"):
        ready.run().apply("post")
