"""An organization in plain values: its units, an account that is as it should be, and a request."""

from typing import Any

from aftgen.adoption.existing import Account, Existing, Product, Unit
from aftgen.request_row import RequestRow

ROOT = "r-ab12"
UNITS = (
    Unit(id="ou-ab12-sandbox01", name="Sandbox", parent=ROOT),
    Unit(id="ou-ab12-workload1", name="Workloads", parent=ROOT),
    Unit(id="ou-ab12-workprod1", name="Prod", parent="ou-ab12-workload1"),
    Unit(id="ou-ab12-security1", name="Security", parent=ROOT),
)
SSO = {"SSOUserEmail": "ann@example.com", "SSOUserFirstName": "Ann", "SSOUserLastName": "Lee"}
PAYMENTS = "555555555555"


def product(**values: Any) -> Product:
    return Product(
        **{
            "id": "pp-1",
            "name": "payments",
            "status": "AVAILABLE",
            "succeeded": True,
            "parameters": SSO,
            **values,
        }
    )


def account(**values: Any) -> Account:
    made = {
        "id": PAYMENTS,
        "name": "payments",
        "email": "aws+payments@example.com",
        "status": "ACTIVE",
        "parent": "ou-ab12-workprod1",
        "tags": {"environment": "prod"},
        "products": (product(),),
    }
    return Account(**{**made, **values})


def existing(*accounts: Account, **values: Any) -> Existing:
    return Existing(root=ROOT, units=UNITS, accounts=accounts, **values)


def row(name: str, email: str, place: str = "terraform/one.tf:3") -> RequestRow:
    parameters = {
        "AccountName": name,
        "AccountEmail": email,
        "ManagedOrganizationalUnit": "Sandbox",
        "SSOUserEmail": "ann@example.com",
        "SSOUserFirstName": "Ann",
        "SSOUserLastName": "Lee",
    }
    return RequestRow(
        id=email,
        control_tower_parameters=parameters,
        change_management_parameters={},
        account_tags="{}",
        custom_fields="{}",
        account_customizations_name="",
        address="module.one",
        place=place,
    )
