"""Permission sets and provisioning: names, whole updates, policies, staleness, roles with a suffix."""

import json
import re

import pytest
from moto import mock_aws

from .world import LEDGER, PAYMENTS, World, code, refusal

READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
VIEW_ONLY = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
STALE = "LATEST_PERMISSION_SET_NOT_PROVISIONED"
FRESH = "LATEST_PERMISSION_SET_PROVISIONED"


def described(world: World, arn: str) -> dict[str, str]:
    shown = world.sso.describe_permission_set(**world.of(arn))["PermissionSet"]
    return {key: value for key, value in shown.items() if key != "CreatedDate"}


def in_account(world: World, account: str, status: str = "") -> list[str]:
    more = {"ProvisioningStatus": status} if status else {}
    answer = world.sso.list_permission_sets_provisioned_to_account(
        InstanceArn=world.instance, AccountId=account, **more
    )
    return [world.center.permission_sets[arn].name for arn in answer["PermissionSets"]]


def test_arn_and_default_duration_are_those_of_aws(world: World) -> None:
    arn = world.permission_set()
    assert re.fullmatch(r"arn:aws:sso:::permissionSet/ssoins-[0-9a-f]{16}/ps-[0-9a-f]{16}", arn)
    assert described(world, arn) == {"Name": "Developer", "PermissionSetArn": arn, "SessionDuration": "PT1H"}


def test_plain_moto_differs() -> None:
    """The negative control: what this layer corrects is really wrong without it."""
    import boto3

    with mock_aws():
        plain = boto3.client("sso-admin", "us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
        instance = plain.list_instances()["Instances"][0]["InstanceArn"]
        for _ in range(2):
            made = plain.create_permission_set(InstanceArn=instance, Name="Developer")["PermissionSet"]
        assert ":permissionSet/" not in made["PermissionSetArn"]
        with pytest.raises(NotImplementedError):
            plain.list_tags_for_resource(InstanceArn=instance, ResourceArn=made["PermissionSetArn"])


def test_a_name_is_taken_once(world: World) -> None:
    world.permission_set()
    again = {"InstanceArn": world.instance, "Name": "Developer"}
    assert code(world.sso.create_permission_set, **again) == "ConflictException"


def test_an_omitted_relay_state_is_cleared_and_the_rest_follows_the_settings(world: World) -> None:
    arn = world.permission_set(Description="old", SessionDuration="PT4H", RelayState="https://x")
    world.sso.update_permission_set(**world.of(arn), Description="new")
    assert described(world, arn) == {
        "Name": "Developer",
        "PermissionSetArn": arn,
        "Description": "new",
        "SessionDuration": "PT1H",
    }
    world.behave(update_resets_omitted_duration=False, update_clears_omitted_description=True)
    world.sso.update_permission_set(**world.of(arn), SessionDuration="PT8H", RelayState="https://y")
    world.sso.update_permission_set(**world.of(arn), RelayState="https://y")
    assert described(world, arn) == {
        "Name": "Developer",
        "PermissionSetArn": arn,
        "SessionDuration": "PT8H",
        "RelayState": "https://y",
    }


def test_a_set_in_use_cannot_be_deleted(world: World) -> None:
    arn = world.permission_set()
    world.zone.assign(PAYMENTS, "Developer", "group:developers")
    got, message = refusal(world.sso.delete_permission_set, **world.of(arn))
    assert (got, message) == ("ConflictException", "PermissionSet has ApplicationProfile associated with it")
    world.zone.unassign(PAYMENTS, "Developer", "group:developers")
    world.sso.delete_permission_set(**world.of(arn))
    assert code(world.sso.describe_permission_set, **world.of(arn)) == "ResourceNotFoundException"


def test_a_set_whose_grant_is_in_flight_cannot_be_deleted(world: World) -> None:
    world.behave(polls_until_done=None, seconds_until_done=None)
    arn = world.permission_set()
    world.grant(arn)
    assert code(world.sso.delete_permission_set, **world.of(arn)) == "ConflictException"


def test_tags(world: World) -> None:
    arn = world.permission_set(Tags=[{"Key": "a", "Value": "1"}])
    resource = {"InstanceArn": world.instance, "ResourceArn": arn}
    world.sso.tag_resource(**resource, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "3"}])
    tags = world.sso.list_tags_for_resource(**resource)["Tags"]
    assert tags == [{"Key": "a", "Value": "3"}, {"Key": "b", "Value": "2"}]
    world.sso.untag_resource(**resource, TagKeys=["a"])
    assert world.sso.list_tags_for_resource(**resource)["Tags"] == [{"Key": "b", "Value": "2"}]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    assert code(world.sso.tag_resource, **resource, Tags=many) == "ServiceQuotaExceededException"
    assert (
        code(world.sso.tag_resource, **resource, Tags=[{"Key": "aws:x", "Value": ""}])
        == "ValidationException"
    )


def test_managed_policies_with_a_path_exist_and_unknown_ones_do_not(world: World) -> None:
    arn = world.permission_set()
    for policy in (READ_ONLY, VIEW_ONLY):
        world.sso.attach_managed_policy_to_permission_set(**world.of(arn), ManagedPolicyArn=policy)
    attached = world.sso.list_managed_policies_in_permission_set(**world.of(arn))["AttachedManagedPolicies"]
    assert [(each["Name"], each["Arn"]) for each in attached] == [
        ("ReadOnlyAccess", READ_ONLY),
        ("ViewOnlyAccess", VIEW_ONLY),
    ]
    attach = world.sso.attach_managed_policy_to_permission_set
    assert code(attach, **world.of(arn), ManagedPolicyArn=VIEW_ONLY) == "ConflictException"
    for absent in ("arn:aws:iam::aws:policy/NopeNope", "arn:aws:iam::aws:policy/ViewOnlyAccess"):
        assert code(attach, **world.of(arn), ManagedPolicyArn=absent) == "ResourceNotFoundException"
    world.sso.detach_managed_policy_from_permission_set(**world.of(arn), ManagedPolicyArn=READ_ONLY)
    detach = world.sso.detach_managed_policy_from_permission_set
    assert code(detach, **world.of(arn), ManagedPolicyArn=READ_ONLY) == "ResourceNotFoundException"


def test_twenty_policies_of_both_kinds_and_no_more(world: World) -> None:
    arn = world.permission_set()
    attach = world.sso.attach_customer_managed_policy_reference_to_permission_set
    world.sso.attach_managed_policy_to_permission_set(**world.of(arn), ManagedPolicyArn=READ_ONLY)
    for number in range(19):
        attach(**world.of(arn), CustomerManagedPolicyReference={"Name": f"p{number}"})
    one_more = {"Name": "p19", "Path": "/x/"}
    assert code(attach, **world.of(arn), CustomerManagedPolicyReference=one_more) == (
        "ServiceQuotaExceededException"
    )
    assert code(attach, **world.of(arn), CustomerManagedPolicyReference={"Name": "p1"}) == "ConflictException"
    detach = world.sso.detach_customer_managed_policy_reference_from_permission_set
    detach(**world.of(arn), CustomerManagedPolicyReference={"Name": "p1", "Path": "/"})
    gone = code(detach, **world.of(arn), CustomerManagedPolicyReference={"Name": "p1"})
    assert gone == "ResourceNotFoundException"
    listed = world.sso.list_customer_managed_policy_references_in_permission_set(**world.of(arn))
    assert len(listed["CustomerManagedPolicyReferences"]) == 18


def test_inline_policy(world: World) -> None:
    arn = world.permission_set()
    put = world.sso.put_inline_policy_to_permission_set
    get = world.sso.get_inline_policy_for_permission_set
    document = json.dumps({"Version": "2012-10-17", "Statement": []})
    assert get(**world.of(arn))["InlinePolicy"] == ""
    put(**world.of(arn), InlinePolicy=document)
    assert get(**world.of(arn))["InlinePolicy"] == document
    assert code(put, **world.of(arn), InlinePolicy="not json") == "ValidationException"
    long = json.dumps({"a": "x" * 10_241})
    assert code(put, **world.of(arn), InlinePolicy=long) == "ServiceQuotaExceededException"
    put(**world.of(arn), InlinePolicy=json.dumps({"a": " " * 20_000}))
    world.sso.delete_inline_policy_from_permission_set(**world.of(arn))
    world.sso.delete_inline_policy_from_permission_set(**world.of(arn))
    world.behave(delete_absent_inline_policy="ResourceNotFoundException")
    gone = code(world.sso.delete_inline_policy_from_permission_set, **world.of(arn))
    assert gone == "ResourceNotFoundException"


def test_permissions_boundary(world: World) -> None:
    arn = world.permission_set()
    put = world.sso.put_permissions_boundary_to_permission_set
    get = world.sso.get_permissions_boundary_for_permission_set
    assert code(get, **world.of(arn)) == "ResourceNotFoundException"
    put(**world.of(arn), PermissionsBoundary={"ManagedPolicyArn": READ_ONLY})
    assert get(**world.of(arn))["PermissionsBoundary"] == {"ManagedPolicyArn": READ_ONLY}
    put(**world.of(arn), PermissionsBoundary={"CustomerManagedPolicyReference": {"Name": "B"}})
    reference = {"CustomerManagedPolicyReference": {"Name": "B", "Path": "/"}}
    assert get(**world.of(arn))["PermissionsBoundary"] == reference
    both = {**reference, "ManagedPolicyArn": READ_ONLY}
    assert code(put, **world.of(arn), PermissionsBoundary=both) == "ValidationException"
    world.sso.delete_permissions_boundary_from_permission_set(**world.of(arn))
    delete = world.sso.delete_permissions_boundary_from_permission_set
    assert code(delete, **world.of(arn)) == "ResourceNotFoundException"


def test_provisioned_sets_follow_from_the_assignments_of_each_account(world: World) -> None:
    world.behave(polls_until_done=0)
    arn = world.permission_set()
    assert "Developer" not in in_account(world, PAYMENTS)
    world.granting(world.grant(arn)["RequestId"])
    assert in_account(world, PAYMENTS)[-1] == "Developer"
    assert "Developer" not in in_account(world, LEDGER)
    accounts = world.sso.list_accounts_for_provisioned_permission_set(**world.of(arn))["AccountIds"]
    assert accounts == [PAYMENTS]
    world.revoking(world.revoke(arn)["RequestId"])
    assert "Developer" not in in_account(world, PAYMENTS)


@pytest.mark.parametrize("change", ["attach", "inline", "boundary", "duration"])
def test_a_changed_set_is_stale_until_it_is_provisioned_again(world: World, change: str) -> None:
    world.behave(polls_until_done=0)
    arn = world.permission_set()
    for account in (PAYMENTS, LEDGER):
        world.zone.assign(account, "Developer", "group:developers")
    of = world.of(arn)
    if change == "attach":
        world.sso.attach_managed_policy_to_permission_set(**of, ManagedPolicyArn=READ_ONLY)
    elif change == "inline":
        world.sso.put_inline_policy_to_permission_set(**of, InlinePolicy="{}")
    elif change == "boundary":
        boundary = {"ManagedPolicyArn": READ_ONLY}
        world.sso.put_permissions_boundary_to_permission_set(**of, PermissionsBoundary=boundary)
    else:
        world.sso.update_permission_set(**of, SessionDuration="PT2H")
    assert in_account(world, PAYMENTS, STALE) == ["Developer"]
    assert "Developer" not in in_account(world, PAYMENTS, FRESH)
    request = world.sso.provision_permission_set(**of, TargetType="AWS_ACCOUNT", TargetId=PAYMENTS)
    status = request["PermissionSetProvisioningStatus"]
    assert (status["Status"], status["AccountId"]) == ("IN_PROGRESS", PAYMENTS)
    done = world.sso.describe_permission_set_provisioning_status(
        InstanceArn=world.instance, ProvisionPermissionSetRequestId=status["RequestId"]
    )
    assert done["PermissionSetProvisioningStatus"]["Status"] == "SUCCEEDED"
    assert in_account(world, PAYMENTS, STALE) == []
    stale = world.sso.list_accounts_for_provisioned_permission_set(**of, ProvisioningStatus=STALE)
    assert stale["AccountIds"] == [LEDGER]
    world.sso.provision_permission_set(**of, TargetType="ALL_PROVISIONED_ACCOUNTS")
    world.settle()
    assert in_account(world, LEDGER, STALE) == []


def test_description_and_tags_do_not_make_a_set_stale_unless_told_so(world: World) -> None:
    arn = world.permission_set()
    world.zone.assign(PAYMENTS, "Developer", "group:developers")
    world.sso.update_permission_set(**world.of(arn), Description="new")
    world.sso.tag_resource(InstanceArn=world.instance, ResourceArn=arn, Tags=[{"Key": "a", "Value": "b"}])
    assert in_account(world, PAYMENTS, STALE) == []
    world.behave(every_update_makes_stale=True)
    world.sso.update_permission_set(**world.of(arn), Description="newer")
    assert in_account(world, PAYMENTS, STALE) == ["Developer"]


def test_a_second_grant_refreshes_a_stale_set_only_when_told_so(world: World) -> None:
    world.behave(polls_until_done=0)
    arn = world.permission_set()
    world.zone.assign(PAYMENTS, "Developer", "group:developers")
    world.sso.put_inline_policy_to_permission_set(**world.of(arn), InlinePolicy="{}")
    world.granting(world.grant(arn, "group:auditors")["RequestId"])
    assert in_account(world, PAYMENTS, STALE) == ["Developer"]
    world.behave(create_refreshes_stale=True)
    world.granting(world.grant(arn, "user:bob")["RequestId"])
    assert in_account(world, PAYMENTS, STALE) == []


def test_provisioning_where_nothing_is_assigned(world: World) -> None:
    world.behave(polls_until_done=0)
    arn = world.permission_set()

    def provision() -> str:
        asked = world.sso.provision_permission_set(
            **world.of(arn), TargetType="AWS_ACCOUNT", TargetId=PAYMENTS
        )
        request = asked["PermissionSetProvisioningStatus"]["RequestId"]
        rows = world.sso.list_permission_set_provisioning_status(InstanceArn=world.instance)
        statuses = {row["RequestId"]: row["Status"] for row in rows["PermissionSetsProvisioningStatus"]}
        return str(statuses[request])

    assert provision() == "SUCCEEDED"
    assert "Developer" not in in_account(world, PAYMENTS)
    world.behave(provision_unassigned="FAILED")
    assert provision() == "FAILED"


def test_provisioning_fails_on_demand_wants_a_target_and_runs_three_at_a_time(world: World) -> None:
    arn = world.permission_set()
    provision = world.sso.provision_permission_set
    assert code(provision, **world.of(arn), TargetType="AWS_ACCOUNT") == "ValidationException"
    to = {**world.of(arn), "TargetType": "AWS_ACCOUNT", "TargetId": PAYMENTS}
    world.behave(polls_until_done=None)
    world.cloud.faults.order("ProvisionPermissionSet", "failed", reason="no")
    request = provision(**to)["PermissionSetProvisioningStatus"]["RequestId"]
    for _ in range(2):
        provision(**to)
    assert code(provision, **to) == "ThrottlingException"
    world.settle()
    status = world.sso.describe_permission_set_provisioning_status(
        InstanceArn=world.instance, ProvisionPermissionSetRequestId=request
    )["PermissionSetProvisioningStatus"]
    assert (status["Status"], status["FailureReason"]) == ("FAILED", "no")
    assert provision(**to)


def test_the_role_in_the_account_keeps_its_name_until_the_last_grant_goes(world: World) -> None:
    world.permission_set()
    iam = world.zone.client("iam", PAYMENTS)

    def roles() -> list[str]:
        found = [role["RoleName"] for role in iam.list_roles()["Roles"]]
        return [name for name in found if name.startswith("AWSReservedSSO_Developer_")]

    world.zone.assign(PAYMENTS, "Developer", "group:developers")
    first = roles()
    assert re.fullmatch(r"AWSReservedSSO_Developer_[0-9a-f]{16}", first[0])
    world.zone.assign(PAYMENTS, "Developer", "group:auditors")
    world.zone.unassign(PAYMENTS, "Developer", "group:developers")
    assert roles() == first
    world.zone.unassign(PAYMENTS, "Developer", "group:auditors")
    assert roles() == []
    world.zone.assign(PAYMENTS, "Developer", "group:developers")
    assert len(roles()) == 1
    assert roles() != first


def test_lists_have_second_pages(world: World) -> None:
    for number in range(5):
        world.permission_set(f"Set{number}")
    world.behave(page_size=3)
    pages = list(world.sso.get_paginator("list_permission_sets").paginate(InstanceArn=world.instance))
    assert [len(page["PermissionSets"]) for page in pages] == [3, 3, 3, 2]
    assert len({arn for page in pages for arn in page["PermissionSets"]}) == 11
    short = world.sso.list_permission_sets(InstanceArn=world.instance, MaxResults=2)
    assert len(short["PermissionSets"]) == 2
    other = {**world.of(world.permission_set("Last")), "NextToken": short["NextToken"]}
    assert code(world.sso.list_managed_policies_in_permission_set, **other) == "ValidationException"
    token = {"InstanceArn": world.instance, "NextToken": "bm9wZQ=="}
    assert code(world.sso.list_permission_sets, **token) == "ValidationException"
