"""What is read of an organization for `aftgen import`, on the embedded AWS."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from adoption.adoption_world import UNITS, account, organization, product
from aft_access.errors import AwsError
from aftgen.adoption.existing import Account, Product, Unit
from aftgen.aws.connections import Connections
from aftgen.aws.organization import LiveOrganization
from diagnosis_world import SHOP, aft_in_trouble
from pipeline.inside import Inside

ACCOUNTS = [account(number) for number in range(45)]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inside]:
    with organization(tmp_path / "aws", monkeypatch, *ACCOUNTS) as made:
        product(made.zone, ACCOUNTS[0])
        yield made


@pytest.fixture
def live(world: Inside, tmp_path: Path) -> LiveOrganization:
    return LiveOrganization(Connections(tree=tmp_path, clock=world))


def detailed(live: LiveOrganization, account_id: str) -> Account:
    (found,) = [one for one in live.survey().accounts if one.id == account_id]
    (made,) = live.detailed([found])
    return made


def parameters(live: LiveOrganization, number: int = 0) -> Product:
    (found,) = detailed(live, ACCOUNTS[number].id).products
    return found


def test_the_tree_with_every_page_of_it(live: LiveOrganization, world: Inside) -> None:
    found = live.survey()
    assert (found.root, found.organization.ous) == ("r-ab12", UNITS)
    assert Unit(id=UNITS["Workloads/Prod"], name="Prod", parent=UNITS["Workloads"]) in found.units
    assert {one.id for one in found.accounts} == {
        *(one.id for one in ACCOUNTS),
        *(one.id for one in world.zone.plan.shared_accounts),
    }
    (seventh,) = [one for one in found.accounts if one.name == "acc-007"]
    assert seventh == Account(
        id="600000000007",
        name="acc-007",
        email="aws+acc-007@example.com",
        status="ACTIVE",
        parent=UNITS["Workloads/Prod"],
    )
    assert (found.management, found.log_archive, found.audit) == (
        "111111111111",
        "222222222222",
        "333333333333",
    )
    assert (found.aft_management, found.aft_version) == ("444444444444", "1.20.1")
    assert not [
        call.operation for call in world.cloud.log.select(write=True) if call.operation != "AssumeRole"
    ]


def test_products_by_account_and_their_second_page(live: LiveOrganization, world: Inside) -> None:
    for number in range(1, 130):
        product(
            world.zone, ACCOUNTS[1], status="ERROR", last_successful_record="", physical_id=f"{number:012d}"
        )
    product(world.zone, ACCOUNTS[2], status="TAINTED", records={"rec-600000000002": "it\n  broke"})
    by_id = {one.id: one for one in live.survey().accounts}
    assert by_id[ACCOUNTS[0].id].products == (
        Product(id="pp-600000000000-0", name="acc-000", status="AVAILABLE", succeeded=True),
    )
    assert by_id[ACCOUNTS[1].id].products == ()
    (tainted,) = by_id[ACCOUNTS[2].id].products
    assert (tainted.status, tainted.succeeded, tainted.message) == ("TAINTED", True, "it broke")


def test_tags_and_the_sso_user_with_the_names_of_identity_center(live: LiveOrganization) -> None:
    found = detailed(live, ACCOUNTS[0].id)
    assert found.tags == {"cost-center": "000000", "team": "core"}
    (one,) = found.products
    assert one.parameters == {
        "AccountEmail": "aws+acc-000@example.com",
        "SSOUserEmail": "owner0@example.com",
        "SSOUserFirstName": "owner0",
        "SSOUserLastName": "Family",
    }
    assert one.sso_user is not None


def test_a_user_is_asked_about_once(live: LiveOrganization, world: Inside) -> None:
    product(world.zone, ACCOUNTS[5])
    chosen = [one for one in live.survey().accounts if one.products]
    heard: list[int] = []
    assert len(list(live.detailed(chosen, heard.append))) == 2
    assert heard == [1, 2]
    asked = [call.operation for call in world.cloud.log.select("identitystore")]
    assert asked == ["GetUserId", "DescribeUser"]


def test_a_user_who_left_has_no_names(live: LiveOrganization, world: Inside) -> None:
    world.zone.remove_principal("user:owner0@example.com")
    one = parameters(live)
    assert (one.sso_user, one.unknown) == (None, "it was owner0@example.com, who is not in Identity Center")
    assert one.parameters["SSOUserEmail"] == "owner0@example.com"


def test_a_user_without_a_last_name(live: LiveOrganization, world: Inside) -> None:
    user = world.zone.center.store.users[world.zone.find_principal("user:owner0@example.com") or ""]
    user.attributes["Name"] = {"GivenName": "Owner", "FamilyName": " "}
    assert parameters(live).unknown == (
        "it was owner0@example.com, who has no first or last name in Identity Center"
    )


def test_an_account_of_a_registered_unit_has_no_sso_user(live: LiveOrganization, world: Inside) -> None:
    product(world.zone, ACCOUNTS[1], parameters={"AccountEmail": ACCOUNTS[1].email})
    assert parameters(live, 1).unknown == (
        "its product pp-600000000001-1 names none (accounts of a registered OU have none)"
    )


def test_without_outputs_nothing_is_known(live: LiveOrganization, world: Inside) -> None:
    (found,) = [one for one in live.survey().accounts if one.products]
    assert world.cloud.service_catalog is not None
    world.cloud.service_catalog.factory.products.clear()
    (made,) = live.detailed([found])
    assert made.products[0].unknown == (
        "its product pp-600000000000-0 has no outputs (ResourceNotFoundException)"
    )
    assert made.products[0].sso_user is None


@pytest.mark.parametrize("operation", ["GetProvisionedProductOutputs", "GetUserId", "ListTagsForResource"])
def test_what_is_denied_ends_it(operation: str, live: LiveOrganization, world: Inside) -> None:
    """A request that says 'unknown' because of missing rights would be wrong for ever."""
    world.cloud.faults.order(operation, "denied")
    with pytest.raises(AwsError) as raised:
        parameters(live)
    assert raised.value.operation == operation


def test_without_identity_center_in_the_region_names_are_not_known(world: Inside, tmp_path: Path) -> None:
    elsewhere = LiveOrganization(Connections(tree=tmp_path, clock=world), center_region="us-west-2")
    assert parameters(elsewhere).unknown == (
        "it was owner0@example.com, whose names nobody can ask: Identity Center was not found in us-west-2"
    )


def test_control_tower_that_does_not_answer_leaves_it_open(live: LiveOrganization) -> None:
    found = live.with_baselines(live.survey())
    assert {one.has_baseline for one in found.accounts} == {None}


def test_what_control_tower_governs_with_the_rights_of_a_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with aft_in_trouble(tmp_path, monkeypatch) as aft:
        aft.product(SHOP, "shop")
        live = LiveOrganization(Connections(tree=tmp_path, clock=aft.clock))
        found = live.with_baselines(live.survey())
        assert {one.id for one in found.accounts if one.has_baseline} == {SHOP}
        assert {one.has_baseline for one in found.accounts} == {True, False}
        (shop,) = live.detailed([one for one in found.accounts if one.id == SHOP])
        assert shop.products[0].parameters["SSOUserEmail"] == "ann@example.com"
