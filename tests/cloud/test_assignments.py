"""Account assignments: asynchronous, limited, idempotent, conflicting, as the reference describes them."""

from typing import Any

import pytest
from aftgen.cloud import Account
from botocore.exceptions import ClientError

from .world import LEDGER, PAYMENTS, SUSPENDED, World, code, refusal

UNKNOWN_ID = "0123456789-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"


def test_create_is_in_progress_until_it_was_read_often_enough(world: World) -> None:
    world.behave(polls_until_done=2, seconds_until_done=None)
    arn = world.permission_set()
    request = world.grant(arn)
    assert request["Status"] == "IN_PROGRESS"
    statuses = [world.granting(request["RequestId"])["Status"] for _ in range(3)]
    assert statuses == ["IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"]
    assert (PAYMENTS, "Developer", "group:developers") in world.zone.access()


def test_a_request_that_nobody_reads_ends_with_time(world: World) -> None:
    world.behave(polls_until_done=None, seconds_until_done=5)
    arn = world.permission_set()
    request = world.grant(arn)["RequestId"]
    assert world.granting(request)["Status"] == "IN_PROGRESS"
    world.cloud.clock.advance(4.9)
    assert world.granting(request)["Status"] == "IN_PROGRESS"
    world.cloud.clock.advance(0.2)
    assert world.granting(request)["Status"] == "SUCCEEDED"


def test_create_answers_in_progress_even_when_it_takes_no_time(world: World) -> None:
    world.behave(polls_until_done=0, seconds_until_done=0)
    assert world.grant(world.permission_set())["Status"] == "IN_PROGRESS"


def test_failed_on_demand_carries_its_reason_and_grants_nothing(world: World) -> None:
    world.behave(polls_until_done=0)
    arn = world.permission_set()
    before = world.zone.access()
    world.cloud.faults.order("CreateAccountAssignment", "failed", reason="role quota exceeded")
    status = world.granting(world.grant(arn)["RequestId"])
    assert (status["Status"], status["FailureReason"]) == ("FAILED", "role quota exceeded")
    assert world.zone.access() == before
    assert world.granting(world.grant(arn)["RequestId"])["Status"] == "SUCCEEDED"


def test_stuck_on_demand_never_ends(world: World) -> None:
    world.behave(polls_until_done=0, seconds_until_done=1)
    world.cloud.faults.order("CreateAccountAssignment", "stuck")
    request = world.grant(world.permission_set())["RequestId"]
    world.settle()
    assert world.granting(request)["Status"] == "IN_PROGRESS"


def test_delete_has_a_request_of_its_own_and_the_old_one_stays_readable(world: World) -> None:
    world.behave(polls_until_done=0)
    arn = world.permission_set()
    created = world.grant(arn)["RequestId"]
    world.granting(created)
    deleted = world.revoke(arn)["RequestId"]
    assert deleted != created
    assert world.revoking(deleted)["Status"] == "SUCCEEDED"
    assert world.granting(created)["Status"] == "SUCCEEDED"
    assert world.zone.access(PAYMENTS) == [
        (PAYMENTS, "AWSAdministratorAccess", "user:owner@example.com"),
        (PAYMENTS, "AWSOrganizationsFullAccess", "group:AWSControlTowerAdmins"),
        (PAYMENTS, "AWSPowerUserAccess", "group:AWSSecurityAuditPowerUsers"),
        (PAYMENTS, "AWSReadOnlyAccess", "group:AWSSecurityAuditors"),
    ]


def test_granting_twice_makes_one_assignment_and_costs_a_second_request(world: World) -> None:
    world.behave(polls_until_done=0)
    arn = world.permission_set()
    for _ in range(2):
        assert world.granting(world.grant(arn)["RequestId"])["Status"] == "SUCCEEDED"
    rows = world.sso.list_account_assignments(**world.of(arn), AccountId=PAYMENTS)["AccountAssignments"]
    assert [(row["AccountId"], row["PrincipalType"]) for row in rows] == [(PAYMENTS, "GROUP")]


@pytest.mark.parametrize(
    ("rule", "same", "opposite"),
    [
        ("any", "ConflictException", "ConflictException"),
        ("opposite", "ok", "ConflictException"),
        ("never", "ok", "ok"),
    ],
)
def test_writes_for_one_triple_conflict_while_one_is_in_flight(
    world: World, rule: str, same: str, opposite: str
) -> None:
    world.behave(same_triple_conflict=rule, polls_until_done=None, seconds_until_done=None)
    arn = world.permission_set()
    world.zone.assign(PAYMENTS, "Developer", "group:developers")
    world.grant(arn)

    def outcome(call: Any) -> str:
        try:
            call(**world.triple(arn))
        except ClientError as error:
            return str(error.response["Error"]["Code"])
        return "ok"

    assert outcome(world.sso.create_account_assignment) == same
    assert outcome(world.sso.delete_account_assignment) == opposite
    assert world.sso.create_account_assignment(**world.triple(arn, "group:auditors"))


def test_conflict_says_that_a_retry_is_the_answer(world: World) -> None:
    world.cloud.faults.order("CreateAccountAssignment", "conflict")
    arn = world.permission_set()
    got, message = refusal(world.sso.create_account_assignment, **world.triple(arn))
    assert got == "ConflictException"
    assert "did not have time to propagate" in message
    assert world.grant(arn)["Status"] == "IN_PROGRESS"


@pytest.mark.parametrize(
    "error", ["ThrottlingException", "ServiceQuotaExceededException", "ConflictException"]
)
def test_fifteen_requests_are_outstanding_and_no_more(world: World, error: str) -> None:
    world.behave(polls_until_done=None, seconds_until_done=1, outstanding_error=error)
    arn = world.permission_set()
    for number in range(16):
        world.zone.add_group(f"team-{number}")
    for number in range(15):
        world.grant(arn, f"group:team-{number}")
    assert code(world.sso.create_account_assignment, **world.triple(arn, "group:team-15")) == error
    world.zone.assign(LEDGER, "Developer", "group:auditors")
    assert code(world.sso.delete_account_assignment, **world.triple(arn, "group:auditors", LEDGER)) == error
    world.behave(outstanding_counts_deletions=False)
    assert world.revoke(arn, "group:auditors", LEDGER)["Status"] == "IN_PROGRESS"
    world.settle()
    assert world.grant(arn, "group:team-15")["Status"] == "IN_PROGRESS"


def test_the_outstanding_limit_can_be_switched_off(world: World) -> None:
    world.behave(polls_until_done=None, seconds_until_done=None, outstanding_limit=None)
    arn = world.permission_set()
    for number in range(20):
        world.zone.add_group(f"team-{number}")
        world.grant(arn, f"group:team-{number}")


def test_one_account_updates_one_role_at_a_time(world: World) -> None:
    world.behave(polls_until_done=1, seconds_until_done=None)
    first, second = world.permission_set("First"), world.permission_set("Second")
    one = world.grant(first)["RequestId"]
    two = world.grant(second)["RequestId"]
    elsewhere = world.grant(second, account=LEDGER)["RequestId"]
    assert [world.granting(two)["Status"] for _ in range(4)] == ["IN_PROGRESS"] * 4
    assert [world.granting(elsewhere)["Status"] for _ in range(2)] == ["IN_PROGRESS", "SUCCEEDED"]
    assert [world.granting(one)["Status"] for _ in range(2)] == ["IN_PROGRESS", "SUCCEEDED"]
    assert [world.granting(two)["Status"] for _ in range(2)] == ["IN_PROGRESS", "SUCCEEDED"]


def test_one_account_updates_many_roles_when_told_so(world: World) -> None:
    world.behave(polls_until_done=1, seconds_until_done=None, one_role_update_per_account=False)
    world.grant(world.permission_set("First"))
    two = world.grant(world.permission_set("Second"))["RequestId"]
    assert [world.granting(two)["Status"] for _ in range(2)] == ["IN_PROGRESS", "SUCCEEDED"]


def test_deleting_an_absent_assignment_is_not_found_or_fails_later(world: World) -> None:
    arn = world.permission_set()
    assert code(world.sso.delete_account_assignment, **world.triple(arn)) == "ResourceNotFoundException"
    world.behave(delete_absent="FAILED", polls_until_done=0)
    status = world.revoking(world.revoke(arn)["RequestId"])
    assert status["Status"] == "FAILED"
    assert "Assignment does not exist" in status["FailureReason"]


def test_an_unknown_principal_is_refused_or_fails_later(world: World) -> None:
    arn = world.permission_set()
    triple = {**world.triple(arn), "PrincipalId": UNKNOWN_ID}
    assert code(world.sso.create_account_assignment, **triple) == "ResourceNotFoundException"
    world.behave(unknown_principal="FAILED", polls_until_done=0)
    request = world.sso.create_account_assignment(**triple)["AccountAssignmentCreationStatus"]["RequestId"]
    assert world.granting(request)["Status"] == "FAILED"
    group = world.triple(arn)["PrincipalId"]
    world.behave(unknown_principal="ResourceNotFoundException")
    mistaken = {**triple, "PrincipalId": group, "PrincipalType": "USER"}
    assert code(world.sso.create_account_assignment, **mistaken) == "ResourceNotFoundException"


def test_unknown_and_suspended_accounts_cannot_be_reached(world: World) -> None:
    world.behave(polls_until_done=0)
    arn = world.permission_set()
    stranger = {**world.triple(arn), "TargetId": "999999999999"}
    assert code(world.sso.create_account_assignment, **stranger) == "ResourceNotFoundException"
    status = world.granting(world.grant(arn, account=SUSPENDED)["RequestId"])
    assert (status["Status"], status["FailureReason"]) == ("FAILED", f"Account {SUSPENDED} is suspended")
    world.behave(unknown_account="FAILED", suspended_account="ResourceNotFoundException")
    assert world.sso.create_account_assignment(**stranger)
    assert code(world.sso.create_account_assignment, **world.triple(arn, account=SUSPENDED)) == (
        "ResourceNotFoundException"
    )


def test_unknown_permission_set_and_instance_are_not_found(world: World) -> None:
    arn = world.permission_set()
    other = arn[:-16] + "0" * 16
    triple = {**world.triple(arn), "PermissionSetArn": other}
    assert code(world.sso.create_account_assignment, **triple) == "ResourceNotFoundException"
    strange = {**world.triple(arn), "InstanceArn": "arn:aws:sso:::instance/ssoins-0000000000000000"}
    assert code(world.sso.create_account_assignment, **strange) == "ResourceNotFoundException"


def test_status_lists_show_all_kinds_apart_and_count_as_one_read_each(world: World) -> None:
    world.behave(polls_until_done=1, seconds_until_done=None)
    arn = world.permission_set()
    ids = [world.grant(arn, principal)["RequestId"] for principal in ("group:developers", "group:auditors")]

    def in_progress() -> list[str]:
        answer = world.sso.list_account_assignment_creation_status(
            InstanceArn=world.instance, Filter={"Status": "IN_PROGRESS"}
        )
        return [row["RequestId"] for row in answer["AccountAssignmentsCreationStatus"]]

    assert sorted(in_progress()) == sorted(ids)
    assert in_progress() == []
    rows = world.sso.list_account_assignment_creation_status(InstanceArn=world.instance)
    assert {(row["RequestId"], row["Status"]) for row in rows["AccountAssignmentsCreationStatus"]} == {
        (each, "SUCCEEDED") for each in ids
    }
    assert set(rows["AccountAssignmentsCreationStatus"][0]) == {"Status", "RequestId", "CreatedDate"}
    deletions = world.sso.list_account_assignment_deletion_status(InstanceArn=world.instance)
    assert deletions["AccountAssignmentsDeletionStatus"] == []


def test_a_creation_in_progress_is_listed_or_not(world: World) -> None:
    world.behave(polls_until_done=None, seconds_until_done=None)
    arn = world.permission_set()
    world.grant(arn)

    def listed() -> int:
        answer = world.sso.list_account_assignments(**world.of(arn), AccountId=PAYMENTS)
        return len(answer["AccountAssignments"])

    assert listed() == 1
    world.behave(lists_assignments_in_progress=False)
    assert listed() == 0


def test_the_list_for_a_principal_filters_and_may_include_groups(world: World) -> None:
    world.permission_set()
    world.zone.assign(PAYMENTS, "Developer", "user:bob")
    world.zone.assign(LEDGER, "Developer", "user:bob")
    world.zone.assign(PAYMENTS, "Developer", "group:developers")

    def rows(**more: Any) -> list[tuple[str, str]]:
        answer = world.sso.list_account_assignments_for_principal(
            InstanceArn=world.instance,
            PrincipalId=world.zone.find_principal("user:bob"),
            PrincipalType="USER",
            **more,
        )
        return [(row["AccountId"], row["PrincipalType"]) for row in answer["AccountAssignments"]]

    assert rows() == [(PAYMENTS, "USER"), (LEDGER, "USER")]
    assert rows(Filter={"AccountId": LEDGER}) == [(LEDGER, "USER")]
    world.behave(user_listing_includes_groups=True)
    assert rows(Filter={"AccountId": PAYMENTS}) == [(PAYMENTS, "USER"), (PAYMENTS, "GROUP")]


def test_a_customer_policy_that_the_account_lacks_fails_later(world: World) -> None:
    world.behave(polls_until_done=0)
    arn = world.permission_set()
    world.sso.attach_customer_managed_policy_reference_to_permission_set(
        **world.of(arn), CustomerManagedPolicyReference={"Name": "Boundary", "Path": "/access/"}
    )
    status = world.granting(world.grant(arn)["RequestId"])
    assert status["Status"] == "FAILED"
    assert f"arn:aws:iam::{PAYMENTS}:policy/access/Boundary does not exist" in status["FailureReason"]
    world.zone.client("iam", PAYMENTS).create_policy(
        PolicyName="Boundary",
        Path="/access/",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    )
    assert world.granting(world.grant(arn)["RequestId"])["Status"] == "SUCCEEDED"


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ({"roles_per_account": 2}, "RolesPerAccount"),
        ({"permission_sets_per_account": 4}, "permission sets per account"),
    ],
)
def test_quotas_of_the_account_surface_only_in_the_status(
    world: World, setting: dict[str, int], reason: str
) -> None:
    world.behave(polls_until_done=0, **setting)
    status = world.granting(world.grant(world.permission_set())["RequestId"])
    assert status["Status"] == "FAILED"
    assert reason in status["FailureReason"]


def test_assignments_of_a_deleted_principal_stay_or_go(world: World) -> None:
    world.permission_set()
    world.zone.assign(PAYMENTS, "Developer", "user:bob")
    bob = world.zone.find_principal("user:bob")
    world.zone.remove_principal("user:bob")
    assert (PAYMENTS, "Developer", f"user:{bob}") in world.zone.access()
    world.behave(assignments_outlive_principal=False)
    world.zone.assign(PAYMENTS, "Developer", "group:auditors")
    world.zone.remove_principal("group:auditors")
    assert not any("auditors" in row[2] for row in world.zone.access())


def test_an_account_that_was_vended_later_has_what_control_tower_grants(world: World) -> None:
    world.zone.add_account(
        Account(id="888888888888", name="new", email="new@example.com", sso_user="new@x.test")
    )
    assert [row[1:] for row in world.zone.access("888888888888")] == [
        ("AWSAdministratorAccess", "user:new@x.test"),
        ("AWSOrganizationsFullAccess", "group:AWSControlTowerAdmins"),
        ("AWSPowerUserAccess", "group:AWSSecurityAuditPowerUsers"),
        ("AWSReadOnlyAccess", "group:AWSSecurityAuditors"),
    ]
