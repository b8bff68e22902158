"""The landing zone: what AFT, Control Tower and an identity provider leave behind, and its edges."""

import json

import pytest
from aftgen.cloud import Account, Behaviour, Cloud, LandingZone, LandingZonePlan, in_process, install
from aftgen.cloud.control_tower import GROUPS, PERMISSION_SETS

from .world import LEDGER, PAYMENTS, PLAN, World, code

AFT = "444444444444"


def test_aft_has_its_tables_and_ours(world: World) -> None:
    dynamodb = world.zone.client("dynamodb", AFT)
    assert sorted(dynamodb.list_tables()["TableNames"]) == [
        "aft-controltower-events",
        "aft-request",
        "aft-request-audit",
        "aft-request-metadata",
        "aftgen-access",
    ]
    table = dynamodb.describe_table(TableName="aftgen-access")["Table"]
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [
        ("pk", "HASH"),
        ("sk", "RANGE"),
    ]
    assert table["DeletionProtectionEnabled"] is True
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert world.zone.client("dynamodb", PAYMENTS).list_tables()["TableNames"] == []


def test_our_table_can_be_missing() -> None:
    with in_process() as cloud:
        zone = LandingZone.build(cloud, LandingZonePlan(access_table=False))
        dynamodb = zone.client("dynamodb", AFT)
        assert code(dynamodb.describe_table, TableName="aftgen-access") == "ResourceNotFoundException"


def test_aft_parameters_and_topics(world: World) -> None:
    ssm = world.zone.client("ssm", AFT)
    names = [
        parameter["Name"]
        for page in ssm.get_paginator("get_parameters_by_path").paginate(Path="/aft", Recursive=True)
        for parameter in page["Parameters"]
    ]
    assert {"/aft/account/ct-management/account-id", "/aft/config/aft/version"} < set(names)
    topic = ssm.get_parameter(Name="/aft/account/aft-management/sns/topic-arn")["Parameter"]["Value"]
    assert topic == f"arn:aws:sns:eu-central-1:{AFT}:aft-notifications"
    world.zone.client("sns", AFT).publish(TopicArn=topic, Subject="ready", Message="text")
    assert world.zone.notifications() == [("aft-notifications", "ready", "text")]


def test_a_request_row_is_the_one_of_aft(world: World) -> None:
    world.zone.put_request(PAYMENTS, custom_fields={"access": json.dumps({"version": 1})}, tags={"a": "b"})
    dynamodb = world.zone.client("dynamodb", AFT)
    row = dynamodb.get_item(TableName="aft-request", Key={"id": {"S": "payments@example.com"}})["Item"]
    assert row["control_tower_parameters"]["M"]["AccountName"] == {"S": "payments-prod"}
    assert row["control_tower_parameters"]["M"]["ManagedOrganizationalUnit"] == {"S": "Prod"}
    assert row["account_tags"] == {"S": '{"a": "b"}'}
    assert json.loads(json.loads(row["custom_fields"]["S"])["access"]) == {"version": 1}
    by_email = dynamodb.query(
        TableName="aft-request-metadata",
        IndexName="emailIndex",
        KeyConditionExpression="email = :e",
        ExpressionAttributeValues={":e": {"S": "payments@example.com"}},
    )
    assert [item["id"] for item in by_email["Items"]] == [{"S": PAYMENTS}]
    world.zone.put_custom_field(PAYMENTS, "access", "tampered")
    there = world.zone.client("ssm", PAYMENTS)
    name = "/aft/account-request/custom-fields/access"
    assert there.get_parameter(Name=name)["Parameter"]["Value"] == "tampered"


def test_control_tower_is_there_or_not(world: World) -> None:
    assert {each.name for each in world.center.permission_sets.values()} == set(PERMISSION_SETS)
    assert all(world.zone.find_principal(f"group:{name}") for name in GROUPS)
    assert [row[1] for row in world.zone.access("111111111111")] == [
        "AWSAdministratorAccess",
        "AWSPowerUserAccess",
        "AWSReadOnlyAccess",
        "AWSServiceCatalogAdminFullAccess",
        "AWSServiceCatalogEndUserAccess",
    ]
    assert (PAYMENTS, "AWSAdministratorAccess", "user:owner@example.com") in world.zone.access()
    assert len(world.zone.access(LEDGER)) == 3


def test_self_managed_identity_and_identity_center_as_the_source() -> None:
    plan = LandingZonePlan(
        accounts=PLAN.accounts,
        control_tower_identity=False,
        identity_source="identity-center",
        groups={"developers": ("ann@example.com",)},
    )
    with in_process() as cloud:
        zone = LandingZone.build(cloud, plan)
        assert zone.access() == []
        assert zone.center.permission_sets == {}
        store = zone.client("identitystore")
        groups = store.list_groups(IdentityStoreId=zone.center.store.id)["Groups"]
        assert [(group["DisplayName"], "ExternalIds" in group) for group in groups] == [("developers", False)]


def test_another_region_an_account_instance_and_a_delegate() -> None:
    plan = LandingZonePlan(
        home_region="us-west-2",
        identity_center_region="eu-west-1",
        delegated_administrator="333333333333",
        account_instance="333333333333",
    )
    with in_process() as cloud:
        zone = LandingZone.build(cloud, plan)
        client = zone.client("sso-admin", "333333333333")
        rows = client.list_instances()["Instances"]
        assert [row["OwnerAccountId"] for row in rows] == ["333333333333", "111111111111"]
        assert client.meta.region_name == "eu-west-1"
        management = zone.client("sso-admin").list_instances()["Instances"]
        assert [row["OwnerAccountId"] for row in management] == ["333333333333", "111111111111"]
        assert zone.client("sso-admin", AFT).list_instances()["Instances"] == []
        own = client.describe_instance(InstanceArn=rows[0]["InstanceArn"])
        assert own["OwnerAccountId"] == "333333333333"
        theirs = {"InstanceArn": rows[0]["InstanceArn"]}
        assert code(zone.client("sso-admin").describe_instance, **theirs) == "AccessDeniedException"
        assert zone.client("sso-admin", region="us-west-2").list_instances()["Instances"] == []
        everywhere = zone.client("sso-admin", region="us-west-2").list_instances(RegionScope="ALL_REGIONS")
        assert everywhere["Instances"][-1]["PrimaryRegion"] == "eu-west-1"


def test_moving_suspending_and_recreating(world: World) -> None:
    world.zone.move(PAYMENTS, "Sandbox")
    assert world.organizations.list_parents(ChildId=PAYMENTS)["Parents"][0]["Id"] == "ou-ab12-sandbox01"
    world.zone.suspend(PAYMENTS)
    assert world.organizations.describe_account(AccountId=PAYMENTS)["Account"]["Status"] == "SUSPENDED"
    before = world.zone.find_principal("group:auditors")
    world.zone.remove_principal("group:auditors")
    assert world.zone.add_group("auditors") != before
    with pytest.raises(ValueError, match="no organizational unit 'Nowhere'"):
        world.zone.move(PAYMENTS, "Nowhere")


def test_one_cloud_at_a_time_and_one_zone_in_it(world: World) -> None:
    with pytest.raises(ValueError, match="already has a landing zone"):
        LandingZone.build(world.cloud)
    with pytest.raises(RuntimeError, match="already installed"), install(Cloud()):
        raise AssertionError("not reached")


def test_backstage_calls_happen_once(world: World) -> None:
    sns = world.zone.backstage("sns", AFT)
    sns.publish(TopicArn=f"arn:aws:sns:eu-central-1:{AFT}:aft-notifications", Message="once")
    assert world.zone.notifications() == [("aft-notifications", "", "once")]


def test_a_name_is_taken_once_unless_a_duplicate_is_wanted(world: World) -> None:
    with pytest.raises(ValueError, match="there is a group auditors already"):
        world.zone.add_group("auditors")
    world.zone.add_group("auditors", duplicate=True)
    wanted = [{"AttributePath": "DisplayName", "AttributeValue": "auditors"}]
    found = world.store.list_groups(IdentityStoreId=world.store_id, Filters=wanted)["Groups"]
    assert len(found) == 2


def test_a_member_of_one_organization_may_own_the_next() -> None:
    for management in ("111111111111", PAYMENTS, "111111111111"):
        member = PAYMENTS if management == "111111111111" else "111111111111"
        plan = LandingZonePlan(
            management=Account(id=management, name="m", email="m@example.com"),
            accounts=(Account(id=member, name="x", email="x@example.com"),),
        )
        with in_process() as cloud:
            zone = LandingZone.build(cloud, plan)
            organization = zone.client("organizations").describe_organization()["Organization"]
            assert organization["MasterAccountId"] == management


def test_each_cloud_starts_empty_and_a_seed_repeats_the_ids() -> None:
    def instance() -> str:
        with in_process(seed=3) as cloud:
            zone = LandingZone.build(
                cloud,
                LandingZonePlan(
                    accounts=(Account(id=PAYMENTS, name="p", email="p@example.com", ou="Sandbox"),)
                ),
            )
            assert len(zone.client("organizations").list_accounts()["Accounts"]) == 5
            return zone.center.arn

    assert instance() == instance()


def test_plans_and_settings_from_json() -> None:
    plan = LandingZonePlan.from_mapping(
        {
            "accounts": [{"id": PAYMENTS, "name": "p", "email": "p@example.com", "ou": "Sandbox"}],
            "groups": {"g": ["u"]},
            "management": {"id": "999999999999", "name": "m", "email": "m@example.com"},
        }
    )
    assert (plan.accounts[0].ou, plan.groups, plan.management.id) == (
        "Sandbox",
        {"g": ("u",)},
        "999999999999",
    )
    with pytest.raises(ValueError, match="unknown landing zone field wrong"):
        LandingZonePlan.from_mapping({"wrong": 1})
    with pytest.raises(ValueError, match="unknown behaviour wrong; known: anonymous_account"):
        Behaviour.from_mapping({"wrong": 1})
