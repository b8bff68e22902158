"""What another hand changes in objects that are ours: the catalogue's plan sees it, apply puts it right."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aftgen.cloud import Behaviour

from .inside import Inside, inside
from .small import ACCOUNT, declare, ours, plan
from .trees import POLICY, Tree

GROUP, USER = "group:operators", "user:eve@x.com"
EVE = {"given_name": "Eve", "family_name": "E"}
TREE = Tree(
    revision=1,
    creates_principals=True,
    principals=(GROUP,),
    sets={"Reading": {"description": "Read", "managed_policies": [f"{POLICY}ReadOnlyAccess"]}},
    groups={"operators": {"description": "Operate", "members": ["ann@x.com", "eve@x.com"]}},
    users={"eve@x.com": EVE, "oncall@x.com": {"given_name": "On", "family_name": "Call"}},
)
CLEAN = "catalogue\n  nothing to change\n"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Inside]:
    """The catalogue applied and used by one account. `oncall@x.com` was there before."""
    with inside(plan(), Behaviour(calls_per_second=None), tmp_path) as world:
        TREE.write(world.tree)
        declare(world.zone, {"Reading": [GROUP]})
        assert world.run("catalogue", "apply", account=ACCOUNT).code == 0
        assert world.apply(ACCOUNT).code == 0
        assert planned(world) == CLEAN
        yield world


def planned(world: Inside) -> str:
    """The plan's text, which changed nothing; people are left out of it."""
    world.cloud.log.clear()
    done = world.run("catalogue", "plan", account=ACCOUNT)
    assert (done.code, done.err, world.writes()) == (0, "", [])
    return re.sub(r"~[0-9a-f]{10}", "~", done.out)


def put_right(world: Inside) -> None:
    """Applied, everything is as declared, and a second time writes nothing."""
    done = world.run("catalogue", "apply", account=ACCOUNT)
    assert done.code == 0, done.text
    group = attributes(world, GROUP)
    assert (group["DisplayName"], group["Description"]) == ("operators", "Operate")
    assert members(world) >= {principal(world, "user:ann@x.com"), principal(world, USER)}
    user = attributes(world, USER)
    assert (user["DisplayName"], user["Name"]) == ("Eve E", {"GivenName": "Eve", "FamilyName": "E"})
    assert [one["Value"] for one in user["Emails"]] == ["eve@x.com"]
    assert "update" not in planned(world)
    assert world.run("catalogue", "apply", account=ACCOUNT).code == 0
    assert world.writes() == []


def principal(world: Inside, name: str) -> str:
    return str(world.zone.find_principal(name))


def attributes(world: Inside, name: str) -> dict[str, Any]:
    store = world.zone.center.store
    found: dict[str, Any] = {**store.groups, **store.users}[principal(world, name)].attributes
    return found


def members(world: Inside) -> set[str]:
    store, group = world.zone.center.store, principal(world, GROUP)
    return {one.user for one in store.memberships.values() if one.group == group}


@pytest.mark.parametrize(
    ("who", "changed", "seen"),
    [
        (GROUP, {"Description": "mine"}, "~ update group operators (description)"),
        (GROUP, {"DisplayName": "mine"}, "~ update group operators (name)"),
        (USER, {"DisplayName": "Me"}, "~ update user:~ (display_name)"),
        (
            USER,
            {"Name": {"GivenName": "M", "FamilyName": "E"}, "Emails": []},
            "~ update user:~ (given_name, email)",
        ),
    ],
)
def test_attributes(made: Inside, who: str, changed: dict[str, Any], seen: str) -> None:
    attributes(made, who).update(changed)
    assert planned(made) == f"catalogue\n  {seen}\n"
    put_right(made)


def test_a_removed_member_comes_back_and_one_by_another_hand_stays_and_is_reported(made: Inside) -> None:
    store = made.zone.center.store
    store.drop_memberships(user=principal(made, USER))
    made.zone.add_member(principal(made, GROUP), principal(made, "user:oncall@x.com"))
    assert planned(made) == (
        "catalogue\n  ~ update group operators (members)\n"
        "  warning: group:operators has 1 members by another hand: they stay\n"
    )
    put_right(made)
    assert principal(made, "user:oncall@x.com") in members(made)


def test_a_deleted_group_is_made_again_and_its_grants_move_to_it(made: Inside) -> None:
    """It is ours: nobody has to review a pin of what the catalogue itself made."""
    before = principal(made, GROUP)
    made.zone.remove_principal(GROUP)
    assert planned(made) == "catalogue\n  ~ update group operators (it was deleted by hand)\n"
    put_right(made)
    assert principal(made, GROUP) != before
    done = made.apply(ACCOUNT)
    assert done.code == 0, done.text
    assert ours(made.zone) == {("Reading", GROUP)}
    assert [row["principal_id"] for row in made.rows("grant#")] == [principal(made, GROUP)]


@pytest.mark.parametrize("operation", ["CreateGroup", "TransactWriteItems"])
def test_making_it_again_survives_a_kill_at_any_write(made: Inside, operation: str) -> None:
    made.zone.remove_principal(GROUP)
    for skip in range(1 if operation == "CreateGroup" else 4):
        made.cloud.faults.order(operation, "kill", skip=skip)
        if made.run("catalogue", "apply", account=ACCOUNT).code is None:
            continue
        made.cloud.faults.clear()
    put_right(made)
    assert made.apply(ACCOUNT).code == 0


def test_a_deleted_group_whose_name_somebody_took_is_refused(made: Inside) -> None:
    made.zone.remove_principal(GROUP)
    taken = made.zone.add_group("operators", ("ann@x.com",))
    done = made.run("catalogue", "apply", account=ACCOUNT)
    assert (done.code, "exists and is not ours to change" in done.err) == (1, True)
    assert taken not in {row["id"] for row in made.rows("name#group:operators")}


def test_a_deleted_user_is_made_again_with_its_membership(made: Inside) -> None:
    made.zone.remove_principal(USER)
    assert planned(made) == (
        "catalogue\n  ~ update group operators (members)\n  ~ update user:~ (it was deleted by hand)\n"
    )
    put_right(made)


def test_a_user_that_was_renamed_is_reported(made: Inside) -> None:
    attributes(made, USER)["UserName"] = "eve@y.com"
    assert "warning: user:~ was renamed by another hand: name it back" in planned(made)


def test_a_member_who_left_is_reported_and_blocks_nothing(made: Inside) -> None:
    made.zone.remove_principal("user:ann@x.com")
    assert planned(made) == (
        "catalogue\n  nothing to change\n".replace("nothing to change", "warning: user:~, a member of ")[:-1]
        + "group:operators, does not exist any more\n"
    )
    assert made.run("catalogue", "apply", account=ACCOUNT).code == 0


def test_changed_attributes_of_the_catalogue_are_written_once(made: Inside) -> None:
    changed = {**TREE.users, "eve@x.com": {**EVE, "family_name": "Married"}}
    Tree(**{**{name: getattr(TREE, name) for name in TREE.__slots__}, "revision": 2, "users": changed}).write(
        made.tree
    )
    assert planned(made) == "catalogue\n  ~ update user:~\n"
    assert made.run("catalogue", "apply", account=ACCOUNT).code == 0
    assert attributes(made, USER)["DisplayName"] == "Eve Married"
    assert planned(made) == CLEAN
    on_call = attributes(made, "user:oncall@x.com")  # was there before: used as it is
    assert on_call["DisplayName"] == "oncall"


def test_an_older_tree_plans_no_correction(made: Inside) -> None:
    attributes(made, USER)["DisplayName"] = "Me"
    attributes(made, GROUP)["Description"] = "mine"
    Tree(**{**{name: getattr(TREE, name) for name in TREE.__slots__}, "revision": 0}).write(made.tree)
    refused = made.run("catalogue", "apply", account=ACCOUNT)
    assert (refused.code, "publish the newer one" in refused.err) == (1, True)
    assert made.writes() == []
