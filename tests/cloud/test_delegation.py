"""One instance, seen from two accounts; what the delegated administrator may not do; nothing elsewhere."""

from .world import LEDGER, PAYMENTS, World, code

DELEGATE = "333333333333"


def delegated(world: World) -> World:
    world.zone.delegate(DELEGATE)
    there = World(world.zone)
    there.sso = world.zone.client("sso-admin", DELEGATE)
    there.store = world.zone.client("identitystore", DELEGATE)
    return there


def test_the_instance_is_shared_with_the_delegate_and_absent_elsewhere(world: World) -> None:
    there = delegated(world)
    for client in (world.sso, there.sso):
        rows = client.list_instances()["Instances"]
        assert [row["InstanceArn"] for row in rows] == [world.instance]
        assert rows[0]["OwnerAccountId"] == "111111111111"
        assert rows[0]["IdentityStoreId"] == world.store_id
    assert world.zone.client("sso-admin", PAYMENTS).list_instances()["Instances"] == []
    assert world.zone.client("sso-admin", region="us-east-1").list_instances()["Instances"] == []
    stranger = world.zone.client("sso-admin", PAYMENTS)
    assert code(stranger.list_permission_sets, InstanceArn=world.instance) == "AccessDeniedException"
    elsewhere = world.zone.client("sso-admin", region="us-east-1")
    assert code(elsewhere.list_permission_sets, InstanceArn=world.instance) == "ResourceNotFoundException"
    outsider = world.zone.client("identitystore", PAYMENTS)
    assert code(outsider.list_groups, IdentityStoreId=world.store_id) == "AccessDeniedException"


def test_describe_instance_and_regions(world: World) -> None:
    shown = world.sso.describe_instance(InstanceArn=world.instance)
    assert (shown["Status"], shown["PrimaryRegion"], shown["PermissionSetsEnabled"]) == (
        "ACTIVE",
        "eu-central-1",
        True,
    )
    regions = world.sso.list_regions(InstanceArn=world.instance)["Regions"]
    assert [(row["RegionName"], row["IsPrimaryRegion"]) for row in regions] == [("eu-central-1", True)]


def test_the_instance_has_a_name_and_a_store(world: World) -> None:
    world.sso.update_instance(InstanceArn=world.instance, Name="ours")
    assert world.sso.list_instances()["Instances"][0]["Name"] == "ours"
    stores = world.store.list_identity_stores()["IdentityStores"]
    assert [store["IdentityStoreId"] for store in stores] == [world.store_id]
    assert world.zone.client("identitystore", PAYMENTS).list_identity_stores()["IdentityStores"] == []


def test_the_delegate_manages_sets_that_are_not_in_the_management_account(world: World) -> None:
    there = delegated(world)
    arn = there.permission_set()
    assert there.grant(arn)["Status"] == "IN_PROGRESS"
    there.sso.update_permission_set(**there.of(arn), Description="x")
    assert there.store.create_group(IdentityStoreId=world.store_id, DisplayName="g")["GroupId"]


def test_the_delegate_cannot_touch_the_management_account_nor_its_sets(world: World) -> None:
    there = delegated(world)
    mine = there.permission_set()
    management = there.triple(mine, account="111111111111")
    assert code(there.sso.create_account_assignment, **management) == "AccessDeniedException"
    shared = world.zone.permission_set("AWSReadOnlyAccess").arn
    elsewhere = there.triple(shared, account=LEDGER)
    assert code(there.sso.create_account_assignment, **elsewhere) == "AccessDeniedException"
    assert code(there.sso.delete_account_assignment, **elsewhere) == "AccessDeniedException"
    for call, more in (
        (there.sso.update_permission_set, {"Description": "x"}),
        (there.sso.put_inline_policy_to_permission_set, {"InlinePolicy": "{}"}),
        (there.sso.provision_permission_set, {"TargetType": "AWS_ACCOUNT", "TargetId": PAYMENTS}),
        (there.sso.delete_permission_set, {}),
    ):
        assert code(call, **there.of(shared), **more) == "AccessDeniedException"
    tagged = {"InstanceArn": world.instance, "ResourceArn": shared, "Tags": [{"Key": "a", "Value": "b"}]}
    assert code(there.sso.tag_resource, **tagged) == "AccessDeniedException"
    free = world.zone.permission_set("AWSOrganizationsFullAccess").arn
    assert there.grant(free, account=LEDGER)["Status"] == "IN_PROGRESS"
    rows = there.sso.list_account_assignments(**there.of(shared), AccountId="111111111111")
    assert len(rows["AccountAssignments"]) == 1
    assert world.grant(shared, account=LEDGER)["Status"] == "IN_PROGRESS"


def test_the_list_for_a_principal_is_for_the_management_account_only(world: World) -> None:
    there = delegated(world)
    wanted = {
        "InstanceArn": world.instance,
        "PrincipalId": world.zone.find_principal("group:developers"),
        "PrincipalType": "GROUP",
    }
    assert world.sso.list_account_assignments_for_principal(**wanted)["AccountAssignments"] == []
    assert code(there.sso.list_account_assignments_for_principal, **wanted) == "AccessDeniedException"


def test_registering_a_delegate_over_the_api_opens_the_door(world: World) -> None:
    registered = {"AccountId": DELEGATE, "ServicePrincipal": "sso.amazonaws.com"}
    world.organizations.register_delegated_administrator(**registered)
    listed = world.organizations.list_delegated_administrators(ServicePrincipal="sso.amazonaws.com")
    assert [row["Id"] for row in listed["DelegatedAdministrators"]] == [DELEGATE]
    there = world.zone.client("sso-admin", DELEGATE)
    assert len(there.list_instances()["Instances"]) == 1
    world.organizations.deregister_delegated_administrator(**registered)
    assert there.list_instances()["Instances"] == []
