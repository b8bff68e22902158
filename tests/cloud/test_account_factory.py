"""Account Factory: orders that are refused at once, ones that fail later, and accounts that come of them."""

from collections.abc import Iterator

import pytest
from aftgen.cloud import LandingZone, LandingZonePlan, in_process
from aftgen.cloud.account_factory import AccountFactory
from aftgen.cloud.errors import AwsError

ASKED = {
    "AccountEmail": "lab@example.com",
    "AccountName": "lab",
    "ManagedOrganizationalUnit": "Sandbox",
    "SSOUserEmail": "ana@example.com",
    "SSOUserFirstName": "Ana",
    "SSOUserLastName": "Lovelace",
}


@pytest.fixture
def factory() -> Iterator[AccountFactory]:
    with in_process(seed=1) as cloud:
        yield AccountFactory(LandingZone.build(cloud, LandingZonePlan()))


def test_an_order_becomes_an_account_with_its_sso_user(factory: AccountFactory) -> None:
    order = factory.provision("lab", ASKED)
    made = factory.zone.account(order.account)
    assert (order.ok, made.name, made.email) == (True, "lab", "lab@example.com")
    assert made.parent_id == factory.zone.plan.organizational_units["Sandbox"]
    assert ("AWSAdministratorAccess", "user:ana@example.com") in {
        each[1:] for each in factory.zone.access(order.account)
    }
    assert factory.zone.has_role(order.account, "AWSControlTowerExecution")
    assert not factory.zone.has_role(order.account, "AWSAFTExecution")
    product = factory.healthy(order.account)
    assert product is not None
    assert product.is_healthy
    detail = order.event["detail"]
    assert detail["eventName"] == "CreateManagedAccount"
    assert detail["serviceEventDetails"]["createManagedAccountStatus"]["account"] == {
        "accountName": "lab",
        "accountId": order.account,
    }


def test_a_nested_ou_is_found_by_name_and_id_only(factory: AccountFactory) -> None:
    units = factory.zone.plan.organizational_units
    assert factory.resolve(f"Prod ({units['Workloads/Prod']})") == units["Workloads/Prod"]
    for wrong in ("Prod", "Workloads/Prod", units["Workloads/Prod"], "Prod (ou-ab12-sandbox01)", "Root"):
        with pytest.raises(AwsError, match="is not enrolled in AWS Control Tower"):
            factory.resolve(wrong)


def test_an_email_that_is_taken_fails_when_the_account_is_asked_for(factory: AccountFactory) -> None:
    order = factory.provision("lab", {**ASKED, "AccountEmail": factory.zone.plan.audit.email.upper()})
    assert (order.ok, order.account, order.product.status) == (False, "", "ERROR")
    assert order.reason.startswith("EMAIL_ALREADY_EXISTS: ")
    status = order.event["detail"]["serviceEventDetails"]["createManagedAccountStatus"]
    assert (status["state"], status["account"]["accountId"]) == ("FAILED", "Not Available")
    assert not order.product.is_healthy


def test_a_product_name_is_taken_even_by_a_failed_one(factory: AccountFactory) -> None:
    factory.provision("lab", {**ASKED, "AccountEmail": "no"})
    with pytest.raises(AwsError, match=r"A stack named lab already exists\."):
        factory.provision("lab", ASKED)


def test_an_update_moves_the_account(factory: AccountFactory) -> None:
    order = factory.provision("lab", ASKED)
    units = factory.zone.plan.organizational_units
    moved = factory.update(
        order.product.id, {**ASKED, "ManagedOrganizationalUnit": f"Prod ({units['Workloads/Prod']})"}
    )
    assert factory.zone.account(order.account).parent_id == units["Workloads/Prod"]
    assert moved.event["detail"]["eventName"] == "UpdateManagedAccount"
    with pytest.raises(AwsError, match="not found"):
        factory.update("pp-none", ASKED)
