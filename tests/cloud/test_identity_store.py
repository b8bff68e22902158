"""Users, groups and memberships: unique, cascading, with external ids and revisions."""

from typing import Any

import pytest

from .world import PAYMENTS, World, code, refusal

NAME = {"GivenName": "G", "FamilyName": "F"}


def by(path: str, value: str) -> dict[str, Any]:
    return {"UniqueAttribute": {"AttributePath": path, "AttributeValue": value}}


def test_another_store_does_not_exist(world: World) -> None:
    wanted = {"IdentityStoreId": "d-0000000000"}
    assert code(world.store.list_groups, **wanted) == "ResourceNotFoundException"
    shown = world.store.describe_identity_store(IdentityStoreId=world.store_id)
    assert shown["IdentityStoreArn"].endswith(f"identitystore/{world.store_id}")


def test_group_names_are_unique_and_some_are_reserved(world: World) -> None:
    at = {"IdentityStoreId": world.store_id}
    made = world.store.create_group(**at, DisplayName="writers")
    assert made["GroupId"].startswith(world.store_id.removeprefix("d-") + "-")
    with pytest.raises(world.store.exceptions.ConflictException) as raised:
        world.store.create_group(**at, DisplayName="writers")
    assert raised.value.response["Reason"] == "UNIQUENESS_CONSTRAINT_VIOLATION"
    for reserved in ("Administrator", "AWSAdministrators"):
        assert code(world.store.create_group, **at, DisplayName=reserved) == "ValidationException"
    world.store.create_group(**at, DisplayName="Writers")
    world.behave(names_unique_ignoring_case=True)
    assert code(world.store.create_group, **at, DisplayName="WRITERS") == "ConflictException"


def test_user_names_and_addresses_are_unique(world: World) -> None:
    at = {"IdentityStoreId": world.store_id, "DisplayName": "x", "Name": NAME}
    taken = [{"Value": "ann@example.com"}]
    assert code(world.store.create_user, **at, UserName="bob") == "ConflictException"
    assert code(world.store.create_user, **at, UserName="other", Emails=taken) == "ConflictException"
    assert world.store.create_user(**at, UserName="other", Emails=[{"Value": "other@example.com"}])["UserId"]
    nameless = {"IdentityStoreId": world.store_id, "DisplayName": "x", "UserName": "y"}
    assert code(world.store.create_user, **nameless) == "ValidationException"


def test_lookups(world: World) -> None:
    at = {"IdentityStoreId": world.store_id}
    group = world.zone.find_principal("group:developers")
    assert (
        world.store.get_group_id(**at, AlternateIdentifier=by("displayName", "developers"))["GroupId"]
        == group
    )
    ann = world.zone.find_principal("user:ann@example.com")
    # bob has no e-mail address: plain moto crashes here.
    found = world.store.get_user_id(**at, AlternateIdentifier=by("emails.value", "ann@example.com"))
    assert found["UserId"] == ann
    assert (
        world.store.get_user_id(**at, AlternateIdentifier=by("userName", "ann@example.com"))["UserId"] == ann
    )
    for absent in (by("userName", "nobody"), by("emails.value", "nobody@example.com")):
        assert code(world.store.get_user_id, **at, AlternateIdentifier=absent) == "ResourceNotFoundException"
    wrong = by("nickName", "x")
    assert code(world.store.get_user_id, **at, AlternateIdentifier=wrong) == "ValidationException"


def test_lookups_compare_case_or_not(world: World) -> None:
    wanted = {"IdentityStoreId": world.store_id, "AlternateIdentifier": by("displayName", "DEVELOPERS")}
    assert code(world.store.get_group_id, **wanted) == "ResourceNotFoundException"
    world.behave(lookup_ignores_case=True)
    assert world.store.get_group_id(**wanted)["GroupId"] == world.zone.find_principal("group:developers")


def test_external_ids_and_authors_tell_where_a_group_came_from(world: World) -> None:
    at = {"IdentityStoreId": world.store_id}
    outside = world.store.describe_group(**at, GroupId=world.zone.find_principal("group:developers"))
    assert outside["CreatedBy"] == "SCIM"
    external = outside["ExternalIds"][0]
    found = world.store.get_group_id(**at, AlternateIdentifier={"ExternalId": external})
    assert found["GroupId"] == outside["GroupId"]
    made = world.store.create_group(**at, DisplayName="ours")["GroupId"]
    ours = world.store.describe_group(**at, GroupId=made)
    assert "ExternalIds" not in ours
    assert ours["CreatedBy"].endswith("assumed-role/AWSAFTExecution/administrator")
    stranger = {"ExternalId": {"Issuer": external["Issuer"], "Id": "x"}}
    assert code(world.store.get_group_id, **at, AlternateIdentifier=stranger) == "ResourceNotFoundException"


def test_a_directory_may_have_been_synchronized_with_deletions(world: World) -> None:
    world.behave(assignments_outlive_principal=False)
    world.permission_set()
    world.zone.assign(PAYMENTS, "Developer", "user:bob")
    world.store.delete_user(IdentityStoreId=world.store_id, UserId=world.zone.find_principal("user:bob"))
    assert not any(row[1] == "Developer" for row in world.zone.access())


def test_updates_are_conditional_on_the_revision(world: World) -> None:
    group = {"IdentityStoreId": world.store_id, "GroupId": world.zone.find_principal("group:developers")}
    change = [{"AttributePath": "description", "AttributeValue": "new"}]
    before = world.store.describe_group(**group)["Revision"]
    after = world.store.update_group(**group, Operations=change, Revision=before)["Revision"]
    assert int(after) == int(before) + 1
    with pytest.raises(world.store.exceptions.ConflictException) as raised:
        world.store.update_group(**group, Operations=change, Revision=before)
    assert raised.value.response["Reason"] == "CONCURRENT_MODIFICATION"
    assert world.store.describe_group(**group)["Description"] == "new"
    taken = [{"AttributePath": "displayName", "AttributeValue": "auditors"}]
    assert code(world.store.update_group, **group, Operations=taken) == "ConflictException"
    assert code(world.store.delete_group, **group, Revision=before) == "ConflictException"


def test_update_user_reaches_into_structures_and_removes(world: World) -> None:
    user = {"IdentityStoreId": world.store_id, "UserId": world.zone.find_principal("user:bob")}
    world.store.update_user(
        **user,
        Operations=[
            {"AttributePath": "name.givenName", "AttributeValue": "Robert"},
            {"AttributePath": "nickName", "AttributeValue": "Bob"},
        ],
    )
    shown = world.store.describe_user(**user)
    assert (shown["Name"]["GivenName"], shown["NickName"]) == ("Robert", "Bob")
    world.store.update_user(**user, Operations=[{"AttributePath": "nickName"}])
    assert "NickName" not in world.store.describe_user(**user)


def test_memberships_exist_once_and_go_with_their_group_or_user(world: World) -> None:
    at = {"IdentityStoreId": world.store_id}
    group, bob = world.zone.find_principal("group:auditors"), world.zone.find_principal("user:bob")
    pair = {**at, "GroupId": group, "MemberId": {"UserId": bob}}
    made = world.store.create_group_membership(**pair)["MembershipId"]
    assert code(world.store.create_group_membership, **pair) == "ConflictException"
    assert world.store.get_group_membership_id(**pair)["MembershipId"] == made
    assert world.store.describe_group_membership(**at, MembershipId=made)["MemberId"] == {"UserId": bob}
    answer = world.store.is_member_in_groups(**at, MemberId={"UserId": bob}, GroupIds=[group])
    assert [row["MembershipExists"] for row in answer["Results"]] == [True]
    of_bob = world.store.list_group_memberships_for_member(**at, MemberId={"UserId": bob})
    assert len(of_bob["GroupMemberships"]) == 2
    world.store.delete_group(**at, GroupId=group)
    of_bob = world.store.list_group_memberships_for_member(**at, MemberId={"UserId": bob})
    assert len(of_bob["GroupMemberships"]) == 1
    gone = code(world.store.delete_group_membership, **at, MembershipId=made)
    assert gone == "ResourceNotFoundException"
    world.store.delete_user(**at, UserId=bob)
    left = world.store.list_group_memberships(**at, GroupId=world.zone.find_principal("group:developers"))
    assert len(left["GroupMemberships"]) == 1


def test_what_is_absent_is_not_found(world: World) -> None:
    at = {"IdentityStoreId": world.store_id}
    absent = "0123456789-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
    got, message = refusal(world.store.delete_group, **at, GroupId=absent)
    assert (got, message) == ("ResourceNotFoundException", "GROUP not found.")
    assert code(world.store.delete_user, **at, UserId=absent) == "ResourceNotFoundException"
    member = {"GroupId": absent, "MemberId": {"UserId": world.zone.find_principal("user:bob")}}
    assert code(world.store.create_group_membership, **at, **member) == "ResourceNotFoundException"
    assert code(world.store.list_group_memberships, **at, GroupId=absent) == "ResourceNotFoundException"


def test_lists_filter_and_page(world: World) -> None:
    at = {"IdentityStoreId": world.store_id}
    wanted = [{"AttributePath": "DisplayName", "AttributeValue": "developers"}]
    found = world.store.list_groups(**at, Filters=wanted)["Groups"]
    assert [group["DisplayName"] for group in found] == ["developers"]
    users = world.store.list_users(**at, Filters=[{"AttributePath": "UserName", "AttributeValue": "bob"}])
    assert [user["UserName"] for user in users["Users"]] == ["bob"]
    world.behave(page_size=4)
    pages = list(world.store.get_paginator("list_groups").paginate(**at))
    assert [len(page["Groups"]) for page in pages] == [4, 4, 2]
