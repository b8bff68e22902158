"""Labels, file names and the item of a request."""

import pytest
from aft_access.contract import AccessDeclaration, Grant
from aftgen.request import AccountRequest, file_stem_for, label_for


def request(**changes: object) -> AccountRequest:
    values: dict[str, object] = {
        "name": "payments-prod",
        "email": "aws+payments-prod@example.com",
        "ou": "Prod (ou-ab12-wlprod01)",
        "sso_email": "ops@example.com",
        "sso_first_name": "Ops",
        "sso_last_name": "Team",
        "requested_by": "Ada",
        "reason": "new product",
    }
    return AccountRequest(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("payments-prod", "payments-prod"),
        ("Payments Prod", "Payments-Prod"),
        ("a.b", "a_b"),
        ("9lives", "account_9lives"),
        ("_x", "_x"),
    ],
)
def test_a_label_is_a_terraform_identifier(name: str, label: str) -> None:
    assert label_for(name) == label


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("payments-prod", "payments-prod"),
        ("Payments Prod", "Payments-Prod"),
        ("backend", "backend-account"),
        ("Backend", "Backend-account"),
        ("aft-providers", "aft-providers-account"),
        ("override", "override-account"),
        ("x_override", "x_override-account"),
    ],
)
def test_a_file_never_has_a_name_with_a_meaning_of_its_own(name: str, stem: str) -> None:
    assert file_stem_for(name) == stem


def test_a_given_label_is_kept() -> None:
    assert request(label="old_name").label == "old_name"
    assert request().label == "payments-prod"


def test_the_item_holds_every_value() -> None:
    access = AccessDeclaration(grants=(Grant.parse("ReadOnlyAccess:group:auditors"),))
    made = request(
        tags={"env": "prod"}, custom_fields={"budget": "10"}, access=access, customization="workload"
    )
    assert made.item() == {
        "id": "aws+payments-prod@example.com",
        "control_tower_parameters": {
            "AccountEmail": "aws+payments-prod@example.com",
            "AccountName": "payments-prod",
            "ManagedOrganizationalUnit": "Prod (ou-ab12-wlprod01)",
            "SSOUserEmail": "ops@example.com",
            "SSOUserFirstName": "Ops",
            "SSOUserLastName": "Team",
        },
        "change_management_parameters": {"change_requested_by": "Ada", "change_reason": "new product"},
        "account_tags": {"env": "prod"},
        "account_customizations_name": "workload",
        "custom_fields": {
            "budget": "10",
            "access": {"version": 1, "grants": {"ReadOnlyAccess": ["group:auditors"]}},
        },
    }


def test_no_declaration_is_not_an_empty_one() -> None:
    assert "access" not in request().all_custom_fields()
    assert request(access=AccessDeclaration()).all_custom_fields()["access"] == '{"grants":{},"version":1}'
