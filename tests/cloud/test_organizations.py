"""The organization: exact ids, and the rules of policies that moto forgets."""

import json
from typing import Any

import pytest

from .world import PAYMENTS, World, code

DENY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
)
PROD = "ou-ab12-workprod1"
FULL = "p-FullAWSAccess"
SCP = "SERVICE_CONTROL_POLICY"


def policy(world: World, name: str, content: str = DENY, kind: str = SCP) -> str:
    made = world.organizations.create_policy(Name=name, Description="", Type=kind, Content=content)
    return str(made["Policy"]["PolicySummary"]["Id"])


def test_ids_are_those_of_the_plan(world: World) -> None:
    roots = world.organizations.list_roots()["Roots"]
    assert [(root["Id"], root["PolicyTypes"]) for root in roots] == [
        ("r-ab12", [{"Type": SCP, "Status": "ENABLED"}])
    ]
    parents = world.organizations.list_parents(ChildId=PAYMENTS)["Parents"]
    assert parents == [{"Id": PROD, "Type": "ORGANIZATIONAL_UNIT"}]
    assert world.organizations.list_parents(ChildId=PROD)["Parents"][0]["Id"] == "ou-ab12-workload1"
    assert world.organizations.list_parents(ChildId="ou-ab12-workload1")["Parents"][0]["Id"] == "r-ab12"
    shown = world.organizations.describe_account(AccountId=PAYMENTS)["Account"]
    assert (shown["Name"], shown["Email"], shown["Status"]) == (
        "payments-prod",
        "payments@example.com",
        "ACTIVE",
    )
    tags = world.organizations.list_tags_for_resource(ResourceId=PAYMENTS)["Tags"]
    assert tags == [{"Key": "env", "Value": "prod"}]
    organization = world.organizations.describe_organization()["Organization"]
    assert (organization["Id"], organization["MasterAccountId"]) == ("o-embedded01", "111111111111")


def test_attaching_twice_detaching_twice_and_the_last_one(world: World) -> None:
    one = policy(world, "one")
    target = {"PolicyId": one, "TargetId": PROD}
    world.organizations.attach_policy(**target)
    assert code(world.organizations.attach_policy, **target) == "DuplicatePolicyAttachmentException"
    world.organizations.detach_policy(**target)
    assert code(world.organizations.detach_policy, **target) == "PolicyNotAttachedException"
    last = {"PolicyId": FULL, "TargetId": PROD}
    assert code(world.organizations.detach_policy, **last) == "ConstraintViolationException"
    world.organizations.attach_policy(**target)
    world.organizations.detach_policy(PolicyId=FULL, TargetId=PROD)
    absent = {"PolicyId": one, "TargetId": "ou-ab12-00000000"}
    assert code(world.organizations.attach_policy, **absent) == "TargetNotFoundException"


@pytest.mark.parametrize("limit", [5, 10])
def test_a_target_takes_so_many_policies(world: World, limit: int) -> None:
    world.behave(policies_per_target=limit)
    for number in range(limit - 1):
        world.organizations.attach_policy(PolicyId=policy(world, f"p{number}"), TargetId=PAYMENTS)
    with pytest.raises(world.organizations.exceptions.ConstraintViolationException) as raised:
        world.organizations.attach_policy(PolicyId=policy(world, "more"), TargetId=PAYMENTS)
    assert raised.value.response["Reason"] == "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"


def test_content_is_a_policy_and_not_too_long(world: World) -> None:
    make = world.organizations.create_policy
    base = {"Name": "p", "Description": "", "Type": SCP}
    for malformed in ("nope", "{}", '{"Statement":[{"Effect":"Maybe","Action":"*"}]}'):
        assert code(make, **base, Content=malformed) == "MalformedPolicyDocumentException"
    long = DENY[:-1] + " " * (10_241 - len(DENY)) + "}"
    assert code(make, **base, Content=long) == "ConstraintViolationException"
    world.behave(policy_characters=5120)
    assert code(make, **base, Content=DENY[:-1] + " " * 5120 + "}") == "ConstraintViolationException"
    one = policy(world, "one")
    policy(world, "two")
    assert code(world.organizations.update_policy, PolicyId=one, Name="two") == "DuplicatePolicyException"
    assert code(world.organizations.update_policy, PolicyId=FULL, Content=DENY) == "InvalidInputException"
    date = json.loads(DENY)
    date["Statement"][0]["Condition"] = {"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:00Z"}}
    world.organizations.update_policy(PolicyId=one, Content=json.dumps(date))


def test_a_type_is_enabled_before_its_policies_are_attached(world: World) -> None:
    kind = "RESOURCE_CONTROL_POLICY"
    content = json.loads(DENY)
    content["Statement"][0]["Principal"] = "*"
    one = policy(world, "rcp", json.dumps(content), kind)
    target = {"PolicyId": one, "TargetId": PROD}
    assert code(world.organizations.attach_policy, **target) == "PolicyTypeNotEnabledException"
    world.behave(enable_policy_type_polls=2)
    enable = {"RootId": "r-ab12", "PolicyType": kind}
    world.organizations.enable_policy_type(**enable)
    assert code(world.organizations.enable_policy_type, **enable) == "PolicyTypeAlreadyEnabledException"

    def status() -> str:
        types = world.organizations.list_roots()["Roots"][0]["PolicyTypes"]
        return next(str(each["Status"]) for each in types if each["Type"] == kind)

    assert code(world.organizations.attach_policy, **target) == "PolicyTypeNotEnabledException"
    assert [status() for _ in range(3)] == ["PENDING_ENABLE", "PENDING_ENABLE", "ENABLED"]
    world.organizations.attach_policy(**target)
    world.organizations.enable_policy_type(RootId="r-ab12", PolicyType="DECLARATIVE_POLICY_EC2")


def test_unit_names_and_account_addresses_are_unique(world: World) -> None:
    make = world.organizations.create_organizational_unit
    assert code(make, ParentId="ou-ab12-workload1", Name="Prod") == "DuplicateOrganizationalUnitException"
    assert make(ParentId="ou-ab12-sandbox01", Name="Prod")["OrganizationalUnit"]["Id"]
    status = world.organizations.create_account(AccountName="x", Email="Payments@example.com")[
        "CreateAccountStatus"
    ]
    assert (status["State"], status["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    again = world.organizations.describe_create_account_status(CreateAccountRequestId=status["Id"])
    assert again["CreateAccountStatus"]["State"] == "FAILED"
    status = world.organizations.create_account(AccountName="y", Email="y@example.com")["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"


def test_member_accounts_are_denied_and_delegates_read(world: World) -> None:
    member = world.zone.client("organizations", PAYMENTS)
    assert member.describe_organization()["Organization"]["MasterAccountId"] == "111111111111"
    assert code(member.list_accounts) == "AccessDeniedException"
    world.zone.delegate("333333333333")
    delegate = world.zone.client("organizations", "333333333333")
    assert len(delegate.list_accounts()["Accounts"]) == 7
    assert delegate.describe_account(AccountId=PAYMENTS)["Account"]["Name"] == "payments-prod"
    one = policy(world, "one")
    assert code(delegate.attach_policy, PolicyId=one, TargetId=PROD) == "AccessDeniedException"


def test_pages_have_twenty_rows_at_most(world: World) -> None:
    for number in range(20):
        policy(world, f"p{number}")
    pages = list(world.organizations.get_paginator("list_policies").paginate(Filter=SCP))
    assert [len(page["Policies"]) for page in pages] == [20, 1]
    world.behave(page_size=2)

    def sizes(name: str, member: str, **arguments: Any) -> list[int]:
        return [len(page[member]) for page in world.organizations.get_paginator(name).paginate(**arguments)]

    assert sizes("list_accounts", "Accounts") == [2, 2, 2, 1]
    assert sizes("list_children", "Children", ParentId="r-ab12", ChildType="ORGANIZATIONAL_UNIT") == [2, 2]
    assert sizes("list_targets_for_policy", "Targets", PolicyId=FULL)[0] == 2


def test_the_tree_can_be_walked_from_the_root(world: World) -> None:
    def units(parent: str) -> list[str]:
        found = world.organizations.list_organizational_units_for_parent(ParentId=parent)
        return [unit["Name"] for unit in found["OrganizationalUnits"]]

    assert units("r-ab12") == ["Security", "Infrastructure", "Sandbox", "Workloads"]
    assert units("ou-ab12-workload1") == ["Prod", "Dev"]
    there = world.organizations.list_accounts_for_parent(ParentId=PROD)["Accounts"]
    assert [account["Id"] for account in there] == [PAYMENTS]
    inherited = world.organizations.list_policies_for_target(TargetId=PAYMENTS, Filter=SCP)["Policies"]
    assert [each["Id"] for each in inherited] == [FULL]
    lists = world.organizations
    assert code(lists.list_parents, ChildId="999999999999") == "ChildNotFoundException"
    assert code(lists.list_accounts_for_parent, ParentId="ou-ab12-00000000") == "ParentNotFoundException"
    assert (
        code(lists.list_policies_for_target, TargetId="999999999999", Filter=SCP) == "TargetNotFoundException"
    )


def test_resource_and_effective_policies(world: World) -> None:
    assert code(world.organizations.describe_resource_policy) == "ResourcePolicyNotFoundException"
    world.organizations.put_resource_policy(Content=DENY)
    shown = world.organizations.describe_resource_policy()["ResourcePolicy"]
    assert shown["Content"] == DENY
    effective = {"PolicyType": "TAG_POLICY", "TargetId": PAYMENTS}
    got = code(world.organizations.describe_effective_policy, **effective)
    assert got == "EffectivePolicyNotFoundException"


def test_longer_root_ids_are_welcome() -> None:
    from dataclasses import replace

    from aftgen.cloud import LandingZone, LandingZonePlan, in_process

    units = {
        "Root": "r-abcdef12",
        "Security": "ou-abcdef12-security1",
        "Infrastructure": "ou-abcdef12-infra00001",
    }
    plan = LandingZonePlan(organizational_units=units)
    with in_process() as cloud:
        zone = LandingZone.build(cloud, plan)
        client = zone.client("organizations")
        assert client.list_roots()["Roots"][0]["Id"] == "r-abcdef12"
        client.attach_policy(
            PolicyId=client.create_policy(Name="p", Description="", Type=SCP, Content=DENY)["Policy"][
                "PolicySummary"
            ]["Id"],
            TargetId="ou-abcdef12-security1",
        )
        assert replace(plan, organization_id="o-x").root_id == "r-abcdef12"
