"""Requests that AWS refuses for their shape alone, checked against botocore's models."""

from typing import Any

import pytest

from .world import World, code, refusal


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            {"Name": "x" * 33},
            "at 'name' failed to satisfy constraint: Member must have length less than or equal to 32",
        ),
        (
            {"Name": "a b/c"},
            "at 'name' failed to satisfy constraint: Member must satisfy regular expression pattern",
        ),
        ({"Name": "P", "SessionDuration": "8h"}, "at 'sessionDuration' failed"),
        ({"Name": "P", "SessionDuration": "PT24H"}, "between PT1H and PT12H"),
        ({"Name": "P", "SessionDuration": "PT30M"}, "between PT1H and PT12H"),
        ({"Name": "P", "Description": "d" * 701}, "less than or equal to 700"),
        ({"Name": "P", "Description": "it’s"}, "at 'description' failed"),
        ({"Name": "P", "Tags": [{"Key": "a!", "Value": ""}]}, "at 'tags.1.member.key' failed"),
    ],
)
def test_create_permission_set(world: World, arguments: dict[str, Any], said: str) -> None:
    got, message = refusal(world.sso.create_permission_set, InstanceArn=world.instance, **arguments)
    assert got == "ValidationException"
    assert said in message
    assert message.startswith("1 validation error detected: ")


def test_every_problem_is_named_at_once(world: World) -> None:
    arguments = {"InstanceArn": world.instance, "Name": "a b", "Description": "d" * 701}
    _, message = refusal(world.sso.create_permission_set, **arguments)
    assert message.startswith("2 validation errors detected: ")


def test_ids_are_checked_before_anything_is_looked_up(world: World) -> None:
    triple = world.triple(world.permission_set())
    for name, wrong in (("PrincipalId", "nope"), ("TargetId", "12345678901a"), ("PrincipalType", "ROBOT")):
        assert code(world.sso.create_account_assignment, **{**triple, name: wrong}) == "ValidationException"
    moto_arn = {"InstanceArn": world.instance, "PermissionSetArn": world.instance + "/ps-0123456789abcdef"}
    assert code(world.sso.describe_permission_set, **moto_arn) == "ValidationException"


def test_identity_store_names_know_unicode_classes(world: World) -> None:
    at = {"IdentityStoreId": world.store_id}
    world.store.create_group(**at, DisplayName="Prüfer 監査 ①")
    assert code(world.store.create_group, **at, DisplayName="bell\x07") == "ValidationException"
    user = {"DisplayName": "x", "Name": {"GivenName": "a", "FamilyName": "b"}, "UserName": "with space"}
    assert code(world.store.create_user, **at, **user) == "ValidationException"
    assert code(world.store.list_groups, **at, MaxResults=101) == "ValidationException"


def test_organizations_names_its_own_error(world: World) -> None:
    assert code(world.organizations.describe_policy, PolicyId="nope") == "InvalidInputException"


def test_standard_parameters_end_at_4096_bytes(world: World) -> None:
    ssm = world.zone.client("ssm", world.zone.plan.aft_management.id)
    ssm.put_parameter(Name="/aft/x", Value="x" * 4096, Type="String")
    for long in ("x" * 4097, "é" * 2049):
        assert code(ssm.put_parameter, Name="/aft/y", Value=long, Type="String") == "ValidationException"
    ssm.put_parameter(Name="/aft/y", Value="x" * 4097, Type="String", Tier="Advanced")


def test_an_operation_that_is_not_here_says_so_and_is_not_retried(world: World) -> None:
    got, message = refusal(world.sso.list_applications, InstanceArn=world.instance)
    assert got == "NotImplementedException"
    assert message == "sso-admin:ListApplications is not in the embedded AWS"
