"""Disturbances in process: what strikes, how often, and whether the call took effect."""

import pytest
from aftgen.cloud import Fault
from aftgen.cloud.faults import Killed
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from .world import ONCE, PAYMENTS, World, code


def names(world: World) -> list[str]:
    return [each.name for each in world.center.permission_sets.values() if not each.name.startswith("AWS")]


def test_throttling_strikes_as_often_as_ordered_and_after_the_calls_to_skip(world: World) -> None:
    world.cloud.faults.order("ListInstances", "throttle", times=2, skip=1)
    assert world.sso.list_instances()
    assert [code(world.sso.list_instances) for _ in range(2)] == ["ThrottlingException"] * 2
    assert world.sso.list_instances()
    assert [call.outcome for call in world.cloud.log.select("sso-admin")] == [
        "ok",
        "ThrottlingException",
        "ThrottlingException",
        "ok",
    ]


def test_botocore_retries_what_it_knows_and_not_a_conflict(world: World) -> None:
    patient = world.zone.client(
        "sso-admin", config=Config(retries={"total_max_attempts": 3, "mode": "standard"})
    )
    world.cloud.faults.order("ListInstances", "throttle")
    world.cloud.faults.order("ListInstances", "internal")
    assert patient.list_instances()
    world.cloud.log.clear()
    world.cloud.faults.order("CreatePermissionSet", "conflict")
    asked = {"InstanceArn": world.instance, "Name": "Developer"}
    assert code(patient.create_permission_set, **asked) == "ConflictException"
    assert world.cloud.log.count("sso-admin") == 1


def test_other_services_have_names_of_their_own(world: World) -> None:
    world.cloud.faults.order("identitystore:*", "conflict")
    with pytest.raises(world.store.exceptions.ConflictException) as conflicting:
        world.store.list_groups(IdentityStoreId=world.store_id)
    assert conflicting.value.response["Reason"] == "CONCURRENT_MODIFICATION"
    world.cloud.faults.order("identitystore:*", "throttle")
    with pytest.raises(world.store.exceptions.ThrottlingException) as throttled:
        world.store.list_groups(IdentityStoreId=world.store_id)
    assert throttled.value.response["RetryAfterSeconds"] == 1
    world.cloud.faults.order("organizations:*", "conflict")
    assert code(world.organizations.list_roots) == "ConcurrentModificationException"
    world.cloud.faults.order("organizations:*", "throttle")
    assert code(world.organizations.list_roots) == "TooManyRequestsException"


@pytest.mark.parametrize("executed", [False, True])
@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("timeout", ReadTimeoutError),
        ("disconnect", ConnectionClosedError),
    ],
)
def test_a_lost_answer_hides_whether_the_call_took_effect(
    world: World, kind: str, error: type[Exception], executed: bool
) -> None:
    world.cloud.faults.order("CreatePermissionSet", kind, executed=executed)  # type: ignore[arg-type]
    with pytest.raises(error):
        world.permission_set()
    assert names(world) == (["Developer"] if executed else [])


def test_an_internal_error_may_hide_a_success(world: World) -> None:
    world.cloud.faults.order("CreatePermissionSet", "internal", executed=True)
    asked = {"InstanceArn": world.instance, "Name": "Developer"}
    assert code(world.sso.create_permission_set, **asked) == "InternalServerException"
    assert names(world) == ["Developer"]


def test_expired_credentials_stay_expired_and_new_ones_work(world: World) -> None:
    world.cloud.faults.order("CreatePermissionSet", "expired")
    asked = {"InstanceArn": world.instance, "Name": "Developer"}
    assert code(world.sso.create_permission_set, **asked) == "ExpiredTokenException"
    assert code(world.sso.list_instances) == "ExpiredTokenException"
    assert world.zone.client("sso-admin").create_permission_set(**asked)


def test_a_kill_happens_after_the_call_took_effect(world: World) -> None:
    world.cloud.faults.order("CreatePermissionSet", "kill")
    with pytest.raises(Killed):
        world.permission_set()
    assert names(world) == ["Developer"]


def test_a_hook_runs_after_the_call(world: World) -> None:
    seen: list[tuple[str, str]] = []
    world.cloud.faults.after(
        "CreatePermissionSet", lambda service, operation, _: seen.append((service, operation))
    )
    world.permission_set()
    world.sso.list_instances()
    assert seen == [("sso-admin", "CreatePermissionSet")]


def test_a_fault_may_wait_for_certain_parameters(world: World) -> None:
    world.cloud.faults.order("CreatePermissionSet", "denied", parameters={"Name": "Second"})
    world.permission_set("First")
    asked = {"InstanceArn": world.instance, "Name": "Second"}
    assert code(world.sso.create_permission_set, **asked) == "AccessDeniedException"
    world.permission_set("Second")


def test_a_wrong_order_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown fault kind 'explode'"):
        Fault(operation="x", kind="explode")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown fault field whn"):
        Fault.from_mapping({"operation": "x", "kind": "throttle", "whn": 1})


def test_twenty_calls_a_second_for_each_of_the_two_services(world: World) -> None:
    world.behave(calls_per_second=20.0)
    for _ in range(20):
        world.sso.list_instances()
    assert code(world.sso.list_instances) == "ThrottlingException"
    assert world.store.list_groups(IdentityStoreId=world.store_id)
    delegate = world.zone.client("sso-admin", PAYMENTS, config=ONCE)
    assert code(delegate.list_instances) == "ThrottlingException"
    world.cloud.clock.advance(0.1)
    for _ in range(2):
        world.sso.list_instances()
    assert code(world.sso.list_instances) == "ThrottlingException"


def test_the_log_tells_reads_from_writes_and_forgets_the_backstage(world: World) -> None:
    world.cloud.log.clear()
    arn = world.permission_set()
    world.sso.describe_permission_set(**world.of(arn))
    world.store.get_group_id(
        IdentityStoreId=world.store_id,
        AlternateIdentifier={
            "UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "auditors"}
        },
    )
    world.zone.put_request(PAYMENTS)
    assert [(call.service, call.operation, call.account, call.write) for call in world.cloud.log] == [
        ("sso-admin", "CreatePermissionSet", "111111111111", True),
        ("sso-admin", "DescribePermissionSet", "111111111111", False),
        ("identitystore", "GetGroupId", "111111111111", False),
    ]
    assert world.cloud.log.count("sso-admin", "identitystore") == 3
    assert world.cloud.log.count(write=True) == 1
    assert world.cloud.log.select(operation="CreatePermissionSet")[0].parameters["Name"] == "Developer"
