"""Organization-wide objects: by revision, under one lease, and removed only when ours."""

from pathlib import Path

import pytest
from access_fakes import ACCOUNT, BASE_ACCESS, MANAGEMENT, OTHER, READ_ONLY, World, declare, write_tree
from aft_access import catalogue_apply
from aft_access.catalogue import load
from aft_access.errors import AwsError, RefusedError
from aft_access.organization import group_need, set_need
from aft_access.permission_sets import PermissionSet
from aft_access.values import KnownPrincipal, KnownSet

OURS = BASE_ACCESS + "identity_source: identity-center\n"
GROUPS = """
groups: {operators: {description: Ops, members: [ana@example.com]}}
users: {ana@example.com: {given_name: Ana, family_name: Lima}}
"""


@pytest.fixture
def ready(world: World, tmp_path: Path) -> World:
    world.catalogue = load(write_tree(tmp_path, OURS, groups=GROUPS))
    return world


def converge(world: World) -> list[tuple[str, bool]]:
    organization = world.organization()
    plan = catalogue_apply.plan(organization)
    return [(one.what, one.ok) for one in catalogue_apply.apply(organization, plan, world.gateway())]


def planned(world: World) -> list[str]:
    return [str(one) for one in catalogue_apply.plan(world.organization()).actions]


def test_everything_of_the_catalogue_is_made_and_then_nothing(ready: World) -> None:
    assert planned(ready) == [
        "create group operators",
        "create permission set AdministratorAccess",
        "create permission set ReadOnlyAccess",
        "create user ana@example.com",
    ]
    assert converge(ready) == [
        ("create group:operators", True),
        ("create user:ana@example.com", True),
        ("add user:ana@example.com to group:operators", True),
        ("create permission set AdministratorAccess", True),
        ("create permission set ReadOnlyAccess", True),
    ]
    assert planned(ready) == []
    ready.spent()
    assert converge(ready) == []
    assert ready.spent()[1] == 0


def test_a_change_by_hand_is_put_right_and_provisioned_everywhere(ready: World) -> None:
    converge(ready)
    arn = ready.cloud.arn("ReadOnlyAccess")
    ready.cloud.give(arn, "group", "x")
    ready.cloud.give(arn, "group", "x", OTHER)
    ready.cloud.sets[arn] |= {"Description": "hacked", "inline": '{"Statement":[]}'}
    ready.cloud.sets[arn]["managed"].add("arn:aws:iam::aws:policy/AdministratorAccess")
    assert planned(ready) == [
        "update permission set ReadOnlyAccess (description, managed_policies, inline_policy)"
    ]
    assert converge(ready) == [("update permission set ReadOnlyAccess", True), ("provision", True)]
    assert ready.cloud.stale == set()
    assert planned(ready) == []


def test_what_left_the_catalogue_and_is_ours_is_removed(ready: World, tmp_path: Path) -> None:
    converge(ready)
    ready.cloud.permission_set("Foreign", ours=False)
    ready.catalogue = load(
        write_tree(
            tmp_path,
            "identity_center: {region: eu-west-1}\nidentity_source: identity-center",
            {},
            groups="groups: {}",
        )
    )
    ready.revision = 2
    assert planned(ready) == [
        "delete group operators",
        "delete permission set AdministratorAccess",
        "delete permission set ReadOnlyAccess",
        "delete user ana@example.com",
    ]
    assert {ok for _, ok in converge(ready)} == {True}
    assert [one["Name"] for one in ready.cloud.sets.values()] == ["Foreign"]
    assert (ready.cloud.groups, ready.cloud.users) == ({}, {})
    assert planned(ready) == []


def test_a_set_in_use_is_not_removed_and_says_so(ready: World, tmp_path: Path) -> None:
    converge(ready)
    ready.cloud.give(ready.cloud.arn("ReadOnlyAccess"), "group", "x")
    sets = {
        "AdministratorAccess": (
            tmp_path / "identity-center/permission-sets/AdministratorAccess.yaml"
        ).read_text()
    }
    ready.catalogue, ready.revision = load(write_tree(tmp_path, OURS, sets, groups=GROUPS)), 2
    organization = ready.organization()
    done = catalogue_apply.apply(organization, catalogue_apply.plan(organization), ready.gateway())
    assert [(one.subject, one.ok, one.reason) for one in done] == [
        ("ReadOnlyAccess", False, "DeletePermissionSet: ConflictException: it is associated")
    ]
    ready.cloud.assignments.clear()
    ready.cloud.sets[ready.cloud.arn("ReadOnlyAccess")]["tags"] = {}
    done = catalogue_apply.apply(organization, catalogue_apply.plan(organization), ready.gateway())
    assert done[0].reason.endswith("ReadOnlyAccess lacks our tag now: it is not removed")


def test_an_older_tree_and_too_many_deletions_are_refused(ready: World, tmp_path: Path) -> None:
    ready.revision = 5
    converge(ready)
    ready.revision = 4
    with pytest.raises(RefusedError, match="this tree has revision 4 and the organization is at 5"):
        converge(ready)
    ready.revision = 6
    access = "identity_center: {region: eu-west-1}\nmax_revocations: 1\n"
    ready.catalogue = load(write_tree(tmp_path, access, {}, groups="groups: {}"))
    plan = catalogue_apply.plan(ready.organization())
    assert plan.refusals == (
        "4 objects would be deleted and max_revocations is 1: remove them in smaller steps",
    )
    assert "  ! 4 objects" in plan.text()


def test_a_set_deleted_by_hand_is_made_again(ready: World) -> None:
    converge(ready)
    del ready.cloud.sets[ready.cloud.arn("ReadOnlyAccess")]
    assert planned(ready) == ["update permission set ReadOnlyAccess (it was deleted by hand)"]
    converge(ready)
    assert ready.cloud.arn("ReadOnlyAccess")
    assert planned(ready) == []


def test_a_group_of_another_hand_is_refused_and_the_rest_goes_on(ready: World) -> None:
    ready.cloud.principal("group", "operators")
    ready.cloud.permission_set("ReadOnlyAccess", ours=False)
    organization = ready.organization()
    done = catalogue_apply.apply(organization, catalogue_apply.plan(organization), ready.gateway())
    assert [(one.subject, one.reason) for one in done if not one.ok] == [
        (
            "operators",
            "group:operators exists and is not ours to change: remove it from groups.yaml",
        ),
        (
            "ReadOnlyAccess",
            "the permission set ReadOnlyAccess exists and lacks our tag: it is somebody else's",
        ),
    ]
    assert ready.cloud.arn("AdministratorAccess")


def test_a_member_that_does_not_exist_is_refused(ready: World, tmp_path: Path) -> None:
    groups = "groups: {operators: {members: [nobody]}}"
    ready.catalogue = load(write_tree(tmp_path, OURS, groups=groups))
    organization = ready.organization()
    done = catalogue_apply.apply(organization, catalogue_apply.plan(organization), ready.gateway())
    assert done[0].reason.endswith("user:nobody, a member of group:operators, does not exist")


def test_a_name_taken_between_two_calls_is_found(ready: World) -> None:
    lost = AwsError("CreateGroup", "ThrottlingException", "the answer was lost")
    ready.cloud.faults = [("CreateGroup", lost, True)]
    assert ("create group:operators", True) in converge(ready)
    assert list(ready.cloud.groups.values()) == ["operators"]


def test_the_text_and_json_of_a_plan(ready: World) -> None:
    plan = catalogue_apply.plan(ready.organization())
    assert "  + create permission set ReadOnlyAccess\n" in plan.text()
    assert "ana@example.com" not in plan.text()
    assert '"verb": "create"' in plan.json()
    converge(ready)
    assert catalogue_apply.plan(ready.organization()).text() == "catalogue\n  nothing to change\n"


WANTED = PermissionSet(name="A", description="x")


@pytest.mark.parametrize(
    ("known", "revision", "need"),
    [
        (None, 1, "create"),
        (KnownSet(arn="", revision=1), 1, "create"),
        (KnownSet(arn="a", digest=WANTED.digest, revision=9), 1, None),
        (KnownSet(arn="a", digest="old", revision=1), 2, "update"),
        (KnownSet(arn="a", digest="new", revision=3), 2, None),
        (KnownSet(arn="a", digest="other", revision=2), 2, None),
        (KnownSet(arn="a", digest="", revision=2), 2, "update"),
        (KnownSet(arn="a", digest="", revision=3), 2, None),
        (KnownSet(arn="a", digest="other", revision=0), 0, "update"),
        (KnownSet(arn="a", digest="x", revision=2, removed=True), 2, None),
        (KnownSet(arn="a", digest="x", revision=2, removed=True), 3, "create"),
    ],
)
def test_only_a_newer_tree_writes(known: KnownSet | None, revision: int, need: str | None) -> None:
    assert set_need(WANTED, known, revision) == need
    assert set_need(PermissionSet(name="A", external=True), known, revision) is None


def test_a_group_follows_the_same_rule(ready: World) -> None:
    assert ready.catalogue is not None
    group = ready.catalogue.groups["operators"]
    assert group_need(group, KnownPrincipal(id="", revision=1), 1) == "create"
    assert group_need(group, KnownPrincipal(id="g", digest="old", revision=1), 2) == "update"
    assert group_need(group, KnownPrincipal(id="g", digest="new", revision=3), 2) is None


def test_many_runs_and_older_trees_end_with_one_set_at_the_newer_revision(
    world: World, tmp_path: Path
) -> None:
    world.cloud.principal("group", "auditors")
    world.request(declare("ReadOnlyAccess:group:auditors"))
    older = load(write_tree(tmp_path / "older", BASE_ACCESS))
    newer_set = READ_ONLY.replace("Read", "Newer", 1)
    sets = {"ReadOnlyAccess": newer_set, "AdministratorAccess": READ_ONLY}
    newer = load(write_tree(tmp_path / "newer", BASE_ACCESS, sets))
    for catalogue, revision in ((older, 1), (newer, 2), (older, 1), (newer, 2)):
        world.catalogue, world.revision = catalogue, revision
        assert world.run().apply("post").exit_code == 0
    assert [(one["Name"], one["Description"]) for one in world.cloud.sets.values()] == [
        ("ReadOnlyAccess", "Newer")
    ]
    assert world.cloud.has("ReadOnlyAccess", next(iter(world.cloud.groups)), ACCOUNT)
    assert MANAGEMENT not in {key[0] for key in world.cloud.assignments}


def test_a_group_that_vanished_while_it_was_made_is_an_error(ready: World) -> None:
    organization = ready.organization()
    writes = organization.writes()
    writes.create_group = lambda name, description: None  # type: ignore[method-assign]
    writes.create_user = lambda user: None  # type: ignore[method-assign]
    organization.writes = lambda: writes
    done = catalogue_apply.apply(organization, catalogue_apply.plan(organization), ready.gateway())
    assert [one.reason for one in done if not one.ok] == [
        "CreateGroup: Conflict: group:operators can be neither made nor found",
        "CreateUser: Conflict: a user can be neither made nor found",
    ]


def test_another_runs_finished_work_is_taken_as_it_is(ready: World) -> None:
    converge(ready)
    ready.spent()
    wanted = ["ReadOnlyAccess", "group:operators", "user:ana@example.com"]
    assert ready.organization().ensure(wanted) == ()
    assert ready.spent()[1] == 0
