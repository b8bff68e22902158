"""An account of which its request says that it exists is there when the request is rehearsed."""

from dataclasses import replace
from pathlib import Path

from adoption.adoption_values import row as adopted_row
from adoption.adoption_world import UNITS, account, repository
from aftgen.cloud import LandingZone, LandingZonePlan, in_process
from aftgen.cloud.account_factory import AccountFactory
from aftgen.organization import Organization
from aftgen.rehearsal import landing
from aftgen.request_row import RequestRow

PAYMENTS = "555555555555"


def row(
    account_id: str, ou: str = "Prod (ou-ab12-workprod1)", sso: str = "ann@example.com", **more: str
) -> RequestRow:
    made = adopted_row(more.get("name", "payments"), more.get("email", "aws+payments@example.com"))
    parameters = {**made.control_tower_parameters, "ManagedOrganizationalUnit": ou, "SSOUserEmail": sso}
    return replace(made, control_tower_parameters=parameters, account=account_id)


def enrolled(root: Path, *rows: RequestRow) -> list[tuple[str, str, str, bool]]:
    found = landing.describe(
        repository(root),
        Organization(UNITS),
        rows,
        catalogue=None,
        aft_version="1.20.1",
        distribution="oss",
    )
    return [(one.id, one.ou, one.sso_user, one.enrolled) for one in found.plan.accounts]


def test_the_account_is_where_its_request_has_it(tmp_path: Path) -> None:
    assert enrolled(tmp_path, row(PAYMENTS)) == [(PAYMENTS, "Workloads/Prod", "ann@example.com", True)]


def test_nobody_is_made_its_administrator_where_nobody_knows_who_that_is(tmp_path: Path) -> None:
    unknown = row(PAYMENTS, sso="unknown: stays in Prod (ou-ab12-workprod1)")
    assert enrolled(tmp_path, unknown) == [(PAYMENTS, "Workloads/Prod", "", True)]


def test_one_account_for_both_revisions_and_none_for_what_cannot_be(tmp_path: Path) -> None:
    rows = (
        row(PAYMENTS),
        row(PAYMENTS, ou="Sandbox"),
        row("", name="new", email="new@example.com"),
        row("111111111111", name="taken", email="taken@example.com"),
        row("666666666666", ou="Nowhere", name="lost", email="lost@example.com"),
    )
    assert [one[0] for one in enrolled(tmp_path, *rows)] == [PAYMENTS]


def test_account_factory_has_a_healthy_product_of_it() -> None:
    one = replace(account(7), enrolled=True)
    with in_process() as cloud:
        zone = LandingZone.build(
            cloud, LandingZonePlan(organizational_units=UNITS, accounts=(one, account(8)))
        )
        factory = AccountFactory(zone)
        product = factory.healthy(one.id)
        assert product is not None
        assert (product.is_healthy, product.parameters["SSOUserEmail"]) == (True, "owner2@example.com")
        assert factory.healthy(account(8).id) is None
