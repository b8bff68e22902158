"""What a run costs in calls: Identity Center's rate is the whole organization's (DESIGN, "Economy")."""

from collections import Counter
from pathlib import Path

import pytest
from access_fakes import MANAGEMENT, World, declare, write_tree
from aft_access.catalogue import load

SETS = [f"Team{number:02d}Reading" for number in range(33)]
PEOPLE = ["group:one", "group:two", "group:three"]
ACCESS = "identity_center: {region: eu-west-1}\n"
READ = 'description: Read\nmanaged_policies: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]\n'


def settled(world: World, folder: Path, sets: int = 33, *, delegated: bool = False) -> None:
    """An account with 5 permission sets for 3 principals, in an organization of many sets."""
    world.delegated = delegated
    world.catalogue = load(write_tree(folder, ACCESS, sets=dict.fromkeys(SETS[:sets], READ)))
    for name in ("one", "two", "three"):
        world.cloud.principal("group", name)
    world.request(declare(*(f"{name}:{one}" for name in SETS[:5] for one in PEOPLE)))
    for name in SETS[5:sets]:
        world.cloud.permission_set(name)
    assert world.run().apply("post").status == "converged"
    assert len(world.cloud.assignments) == 15
    world.spent()


@pytest.mark.parametrize(("delegated", "most"), [(False, 8), (True, 10)])
def test_an_unchanged_account(world: World, tmp_path: Path, delegated: bool, most: int) -> None:
    settled(world, tmp_path, delegated=delegated)
    assert world.run().apply("pre").status == "unchanged"
    shared, writes, others = world.spent()
    assert (shared, writes) == (most, 0)
    parameters_and_roles = 3
    assert others + parameters_and_roles <= 12


def test_the_organizations_other_sets_cost_nothing(world: World, tmp_path: Path) -> None:
    settled(world, tmp_path, sets=5)
    world.run().apply("pre")
    assert world.spent()[0] == 8


@pytest.mark.parametrize(("more", "fewer"), [(3, 0), (0, 3), (3, 3), (1, 2)])
def test_changes_cost_one_write_each_and_at_most_six_status_reads(
    world: World, tmp_path: Path, more: int, fewer: int
) -> None:
    settled(world, tmp_path)
    triples = [f"{name}:{one}" for name in SETS[:5] for one in PEOPLE]
    if more:
        key = next(iter(world.cloud.assignments))
        for key in list(world.cloud.assignments)[:more]:
            del world.cloud.assignments[key]
    world.request(declare(*triples[: len(triples) - fewer]))
    world.cloud.calls = []
    assert world.run().apply("pre").status == "converged"
    names = Counter(operation for service, operation, _ in world.cloud.calls if service == "sso-admin")
    status = sum(count for name, count in names.items() if "Status" in name)
    shared, writes, _ = world.spent()
    assert writes == more + fewer
    assert status <= 6
    assert shared == 8 + writes + status


def test_drift_is_listed_when_asked_and_touched_never(world: World, tmp_path: Path) -> None:
    settled(world, tmp_path)
    arn = world.cloud.arn(SETS[20])
    world.cloud.give(arn, "group", "somebody-else")
    assert world.run().plan().plan.unmanaged == ()
    report = world.run().plan(drift=True)
    assert [(one.permission_set_arn, one.principal_id) for one in report.plan.unmanaged] == [
        (arn, "somebody-else")
    ]
    assert "(unmanaged)" in report.text()
    assert report.plan.changes == 0


def test_a_first_use_of_an_external_set_lists_the_organization_once(world: World, tmp_path: Path) -> None:
    settled(world, tmp_path, sets=5)
    world.cloud.permission_set("AWSReadOnlyAccess", ours=False)
    sets = dict.fromkeys(SETS[:5], READ) | {"AWSReadOnlyAccess": "external: true"}
    world.catalogue = load(write_tree(tmp_path, ACCESS, sets=sets))
    world.request(declare("AWSReadOnlyAccess:group:one", *(f"{n}:{p}" for n in SETS[:5] for p in PEOPLE)))
    assert world.run().apply("pre").status == "converged"
    assert [one for one in world.cloud.calls if one[1] == "ListPermissionSets"] == [
        ("sso-admin", "ListPermissionSets", MANAGEMENT)
    ]
    world.spent()
    world.run().apply("pre")
    assert world.spent()[:2] == (8, 0)
