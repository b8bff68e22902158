"""The gateways alone: what they read out of answers, and which errors are good news."""

from functools import partial

import pytest
from access_fakes import ACCOUNT, DELEGATE, INSTANCE, MANAGEMENT, OTHER, STORE, FakeCalls, World
from aft_access.authoring import DirectoryWriter, PermissionSetGateway
from aft_access.contract import Principal
from aft_access.errors import AwsError
from aft_access.gateway import AssignmentGateway, DirectoryGateway, OrganizationGateway
from aft_access.permission_sets import PermissionSet, PolicyName
from aft_access.values import Assignment, Instance, Ticket


def denied(operation: str) -> AwsError:
    return AwsError(operation, "AccessDeniedException", "no")


@pytest.fixture
def gateway(world: World) -> AssignmentGateway:
    return world.gateway()


def sets(world: World) -> PermissionSetGateway:
    return PermissionSetGateway(
        FakeCalls(world.cloud, MANAGEMENT),
        Instance(arn=INSTANCE, identity_store_id=STORE, owner_account_id=MANAGEMENT),
    )


def test_the_instance_is_the_management_accounts_and_not_the_first(world: World) -> None:
    world.cloud.extra_instances = [
        {"InstanceArn": "other", "IdentityStoreId": "d-x", "OwnerAccountId": OTHER, "Status": "ACTIVE"}
    ]
    assert world.gateway().instance() == Instance(
        arn=INSTANCE, identity_store_id=STORE, owner_account_id=MANAGEMENT
    )
    wrong = AssignmentGateway(FakeCalls(world.cloud, MANAGEMENT), None, ACCOUNT)
    with pytest.raises(AwsError, match="is not in this region \\(2 others seen\\)"):
        wrong.instance()


def test_an_instance_that_is_not_active_is_refused(world: World) -> None:
    world.cloud.extra_instances = [
        {
            "InstanceArn": "x",
            "IdentityStoreId": "d-x",
            "OwnerAccountId": MANAGEMENT,
            "Status": "CREATE_IN_PROGRESS",
        }
    ]
    with pytest.raises(AwsError) as caught:
        world.gateway().instance()
    assert caught.value.code == "NoOrganizationInstance"


def test_pages_after_the_first_are_read_in_every_list(world: World, gateway: AssignmentGateway) -> None:
    world.cloud.page = 1
    first, second = world.cloud.permission_set("A"), world.cloud.permission_set("B")
    for arn in (first, second):
        for principal in ("p1", "p2"):
            world.cloud.give(arn, "group", principal)
            world.cloud.stale.add((ACCOUNT, arn))
    assert gateway.provisioned(ACCOUNT) == {first, second}
    assert gateway.stale(ACCOUNT) == {first, second}
    assert gateway.of_permission_set(ACCOUNT, first) == {
        Assignment(permission_set_arn=first, kind="group", principal_id="p1"),
        Assignment(permission_set_arn=first, kind="group", principal_id="p2"),
    }
    assert gateway.of_principal(ACCOUNT, "group", "p1") == {
        Assignment(permission_set_arn=first, kind="group", principal_id="p1"),
        Assignment(permission_set_arn=second, kind="group", principal_id="p1"),
    }
    assert sets(world).arns() == {"A": first, "B": second}


def test_rows_that_a_user_inherits_from_a_group_are_left_out(
    world: World, gateway: AssignmentGateway
) -> None:
    arn = world.cloud.permission_set("A")
    world.cloud.give(arn, "group", "same-id")
    assert gateway.of_principal(ACCOUNT, "user", "same-id") == frozenset()


@pytest.mark.parametrize("operation", ["ListAccountAssignments", "ListAccountAssignmentsForPrincipal"])
def test_a_read_that_is_denied_is_never_an_empty_answer(
    world: World, gateway: AssignmentGateway, operation: str
) -> None:
    world.cloud.faults = [(operation, denied(operation), False)]
    by_set = operation == "ListAccountAssignments"
    read = partial(gateway.of_permission_set, ACCOUNT, world.cloud.permission_set("A"))
    with pytest.raises(AwsError, match="AccessDeniedException"):
        read() if by_set else gateway.of_principal(ACCOUNT, "group", "x")


def test_what_is_gone_has_nobody(world: World, gateway: AssignmentGateway) -> None:
    assert gateway.of_permission_set(ACCOUNT, "arn:gone") == frozenset()
    absent = AwsError("ListAccountAssignmentsForPrincipal", "ResourceNotFoundException", "gone")
    world.cloud.faults = [("ListAccountAssignmentsForPrincipal", absent, False)]
    assert gateway.of_principal(ACCOUNT, "group", "gone") == frozenset()


def test_deleting_what_is_absent_is_a_success_in_both_ways(world: World, gateway: AssignmentGateway) -> None:
    one = Assignment(permission_set_arn=world.cloud.permission_set("A"), kind="group", principal_id="p")
    assert gateway.delete(ACCOUNT, one) == Ticket(id="", change="revoke", status="SUCCEEDED")
    world.cloud.give(one.permission_set_arn, "group", "p")
    world.cloud.fail["DeleteAccountAssignment"] = "Assignment does not exist"
    world.cloud.polls = 0
    ticket = gateway.delete(ACCOUNT, one)
    assert (ticket.status, ticket.reason) == ("SUCCEEDED", "")
    world.cloud.faults = [("DeleteAccountAssignment", denied("DeleteAccountAssignment"), False)]
    with pytest.raises(AwsError):
        gateway.delete(ACCOUNT, one)


def test_how_requests_ended_is_one_page_and_one_call_for_each_failure(
    world: World, gateway: AssignmentGateway
) -> None:
    world.cloud.polls = 0
    arn = world.cloud.permission_set("A")
    good = gateway.create(ACCOUNT, Assignment(permission_set_arn=arn, kind="group", principal_id="p"))
    world.cloud.fail["CreateAccountAssignment"] = "quota"
    bad = gateway.create(ACCOUNT, Assignment(permission_set_arn=arn, kind="group", principal_id="q"))
    world.cloud.calls = []
    ended = gateway.ended("grant", [good.id, bad.id])
    assert {one: (ticket.status, ticket.reason) for one, ticket in ended.items()} == {
        good.id: ("SUCCEEDED", ""),
        bad.id: ("FAILED", "quota"),
    }
    assert [operation for _, operation, _ in world.cloud.calls] == [
        "ListAccountAssignmentCreationStatus",
        "DescribeAccountAssignmentCreationStatus",
    ]


def test_provisioning_is_followed_for_one_account_or_all(world: World, gateway: AssignmentGateway) -> None:
    arn = world.cloud.permission_set("A")
    world.cloud.stale = {(ACCOUNT, arn), (OTHER, arn)}
    world.cloud.polls = 0
    assert gateway.provision(ACCOUNT, arn).status == "SUCCEEDED"
    assert world.cloud.stale == {(OTHER, arn)}
    gateway.provision(None, arn)
    assert world.cloud.stale == set()
    assert gateway.describe(gateway.provision(ACCOUNT, arn)).account_id == ACCOUNT


def test_the_delegated_administrator_asks_once_what_it_may_not_touch(world: World) -> None:
    world.delegated = True
    gateway = world.gateway()
    held, free = world.cloud.permission_set("A"), world.cloud.permission_set("B")
    world.cloud.give(held, "group", "x", MANAGEMENT)
    assert gateway.reads_by_principal is False
    for arn in (held, free):
        gateway.create(ACCOUNT, Assignment(permission_set_arn=arn, kind="group", principal_id="p"))
    assert [(operation, caller) for _, operation, caller in world.cloud.calls] == [
        ("ListInstances", DELEGATE),
        ("ListPermissionSetsProvisionedToAccount", MANAGEMENT),
        ("CreateAccountAssignment", MANAGEMENT),
        ("CreateAccountAssignment", DELEGATE),
    ]


def test_names_and_ids_of_groups_and_users(world: World) -> None:
    directory = DirectoryGateway(FakeCalls(world.cloud, MANAGEMENT), world.gateway())
    group = world.cloud.principal("group", "auditors", members=False)
    user = world.cloud.principal("user", "ana@example.com")
    assert directory.find(Principal(kind="group", name="auditors")) == group
    assert directory.find(Principal(kind="user", name="ana@example.com")) == user
    assert directory.find(Principal(kind="user", name="nobody")) is None
    assert directory.name_of("group", group) == "auditors"
    assert directory.name_of("user", user) == "ana@example.com"
    assert directory.name_of("user", "none") is None
    assert directory.has_members(group) is False
    world.cloud.members["m"] = (group, user)
    assert directory.has_members(group) is True


def test_namesakes_and_hints_do_without_lists_that_a_store_refuses(world: World) -> None:
    gateway = world.gateway()
    directory = DirectoryGateway(FakeCalls(world.cloud, MANAGEMENT), gateway)
    people = Principal(kind="group", name="people")
    one, other = world.cloud.principal("group", "people"), world.cloud.principal("group", "people")
    world.cloud.principal("group", "PEOPLE")
    ana = world.cloud.principal("user", "ana")
    assert directory.namesakes(people) == {one, other}
    assert directory.namesakes(Principal(kind="user", name="ana")) == {ana}
    assert directory.group_names() == {"people", "PEOPLE"}
    for code in ("ValidationException", "AccessDeniedException"):
        world.cloud.faults = [("ListGroups", AwsError("ListGroups", code, "no"), False)] * 2
        assert directory.group_names() == frozenset()
        if code == "ValidationException":
            assert directory.namesakes(people) == frozenset()
        else:
            with pytest.raises(AwsError, match="AccessDenied"):
                directory.namesakes(people)


@pytest.mark.parametrize("operation", ["GetGroupId", "DescribeGroup"])
def test_a_throttled_look_up_is_not_a_missing_group(world: World, operation: str) -> None:
    directory = DirectoryGateway(FakeCalls(world.cloud, MANAGEMENT), world.gateway())
    world.cloud.faults = [(operation, denied(operation), False)]
    look_up = partial(directory.find, Principal(kind="group", name="x"))
    with pytest.raises(AwsError, match="AccessDeniedException"):
        look_up() if operation == "GetGroupId" else directory.name_of("group", "x")


def test_an_accounts_place_comes_from_its_path_or_its_parents(world: World) -> None:
    organizations = OrganizationGateway(FakeCalls(world.cloud, MANAGEMENT))
    walked = organizations.account(ACCOUNT)
    assert walked is not None
    assert walked.ou_ids == ("ou-ab12-wlprod01", "ou-ab12-workload", "r-ab12")
    assert len(world.cloud.calls) == 4
    for above, asked in ((walked.ou_ids, 2), (walked.ou_ids[1:], 3), (("ou-ab12-elsewhere", "r-ab12"), 4)):
        world.cloud.calls = []
        assert organizations.account(ACCOUNT, above) == walked
        assert len(world.cloud.calls) == asked
    world.cloud.accounts[ACCOUNT] |= {
        "Paths": ["o-1234567890/r-ab12/ou-ab12-workload/ou-ab12-wlprod01/111111111111/"],
        "State": "SUSPENDED",
    }
    world.cloud.calls = []
    told = organizations.account(ACCOUNT)
    assert told is not None
    assert (told.ou_ids, told.status) == (walked.ou_ids, "SUSPENDED")
    assert len(world.cloud.calls) == 1
    assert organizations.account("999999999999") is None
    world.cloud.faults = [("DescribeAccount", denied("DescribeAccount"), False)]
    with pytest.raises(AwsError):
        organizations.account(ACCOUNT)


FULL = PermissionSet(
    name="Full",
    description="All parts",
    session_duration="PT4H",
    relay_state="https://example.com/",
    managed_policies=("arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/B"),
    customer_managed_policies=(PolicyName(name="c"), PolicyName(name="d", path="/team/")),
    inline_policy='{"Statement":[],"Version":"2012-10-17"}',
    boundary=PolicyName(name="edge"),
    tags=(("team", "a"),),
)


def test_a_permission_set_is_written_whole_and_read_back_equal(world: World) -> None:
    remote = sets(world)
    arn = remote.create(FULL, 3)
    live = remote.read(arn)
    assert live is not None
    remote.write(arn, live.content, FULL, 3)
    live = remote.read(arn)
    assert live is not None
    assert (live.content, live.ours) == (FULL, True)
    assert world.cloud.sets[arn]["tags"] == {
        "team": "a",
        "aftgen:owner": "aft-access",
        "aftgen:revision": "3",
    }
    bare = PermissionSet(name="Full", description="Less", boundary="arn:aws:iam::aws:policy/Edge")
    remote.write(arn, FULL, bare, 4)
    live = remote.read(arn)
    assert live is not None
    assert live.content == bare
    assert "RelayState" not in world.cloud.sets[arn]
    remote.write(arn, bare, PermissionSet(name="Full", description="Less"), 5)
    assert "boundary" not in world.cloud.sets[arn]
    world.cloud.calls = []
    remote.write(
        arn, PermissionSet(name="Full", description="Less"), PermissionSet(name="Full", description="Less"), 5
    )
    assert [operation for _, operation, _ in world.cloud.calls] == ["TagResource"]


def test_making_a_set_that_exists_takes_ours_and_refuses_others(world: World) -> None:
    remote = sets(world)
    arn = remote.create(FULL, 1)
    assert remote.create(FULL, 1) == arn
    world.cloud.permission_set("Foreign", ours=False)
    with pytest.raises(AwsError, match="NotOurs: Foreign exists without our tag"):
        remote.create(PermissionSet(name="Foreign", description="x"), 1)
    conflict = AwsError("CreatePermissionSet", "ConflictException", "propagating")
    world.cloud.faults = [("CreatePermissionSet", conflict, False)]
    made = remote.create(PermissionSet(name="New", description="x"), 1)
    assert world.cloud.sets[made]["Name"] == "New"
    world.cloud.faults = [("CreatePermissionSet", denied("CreatePermissionSet"), False)]
    with pytest.raises(AwsError, match="AccessDenied"):
        remote.create(PermissionSet(name="Newer", description="x"), 1)


def test_attaching_again_and_detaching_what_is_gone_are_fine(world: World) -> None:
    remote = sets(world)
    arn = remote.create(FULL, 1)
    one = PermissionSet(name="Full", managed_policies=("arn:aws:iam::aws:policy/A",))
    remote.write(arn, PermissionSet(name="Full"), one, 1)
    remote.write(arn, PermissionSet(name="Full"), one, 1)
    assert world.cloud.sets[arn]["managed"] == {"arn:aws:iam::aws:policy/A"}
    gone = PermissionSet(name="Full", customer_managed_policies=(PolicyName(name="gone"),))
    remote.write(arn, gone, PermissionSet(name="Full"), 1)
    conflict = AwsError("AttachManagedPolicyToPermissionSet", "ConflictException", "propagating")
    world.cloud.faults = [("AttachManagedPolicyToPermissionSet", conflict, False)] * 6
    two = PermissionSet(name="Full", managed_policies=("arn:aws:iam::aws:policy/B",))
    remote.write(arn, PermissionSet(name="Full"), two, 1)
    assert "arn:aws:iam::aws:policy/B" in world.cloud.sets[arn]["managed"]
    world.cloud.faults = [("AttachManagedPolicyToPermissionSet", denied("Attach"), False)]
    with pytest.raises(AwsError):
        remote.write(arn, PermissionSet(name="Full"), two, 1)
    world.cloud.faults = [("UpdatePermissionSet", denied("Update"), False)]
    with pytest.raises(AwsError):
        remote.write(arn, PermissionSet(name="Full", description="x"), two, 1)


def test_a_set_that_is_gone_reads_as_none_and_one_in_use_is_not_deleted(world: World) -> None:
    remote = sets(world)
    assert remote.read("arn:gone") is None
    arn = remote.create(FULL, 1)
    world.cloud.give(arn, "group", "x")
    with pytest.raises(AwsError, match="ConflictException"):
        remote.delete(arn)
    world.cloud.assignments.clear()
    remote.delete(arn)
    remote.delete(arn)
    assert world.cloud.sets == {}
    for operation in ("DescribePermissionSet", "GetPermissionsBoundaryForPermissionSet"):
        again = remote.create(FULL, 1) if not world.cloud.sets else next(iter(world.cloud.sets))
        world.cloud.faults = [(operation, denied(operation), False)]
        with pytest.raises(AwsError):
            remote.read(again)


def test_groups_users_and_memberships_are_made_once_and_removed_once(world: World) -> None:
    from aft_access.catalogue import User

    writer = DirectoryWriter(
        FakeCalls(world.cloud, MANAGEMENT),
        Instance(arn=INSTANCE, identity_store_id=STORE, owner_account_id=MANAGEMENT),
    )
    group = writer.create_group("ops", "Operators")
    assert group is not None
    assert writer.create_group("ops", "") is None
    user = User(name="ana", given_name="A", family_name="L", display_name="A L", email="")
    made = writer.create_user(user)
    assert made is not None
    assert writer.create_user(user) is None
    writer.add_member(group, made)
    assert list(writer.memberships(group)) == [made]
    writer.remove("membership", writer.memberships(group)[made])
    assert writer.memberships(group) == {}
    writer.remove("group", group)
    writer.remove("group", group)
    writer.remove("user", made)
    assert (world.cloud.groups, world.cloud.users) == ({}, {})
    world.cloud.faults = [("CreateGroup", denied("CreateGroup"), False), ("DeleteGroup", denied("x"), False)]
    with pytest.raises(AwsError):
        writer.create_group("x", "")
    with pytest.raises(AwsError):
        writer.remove("group", "x")
