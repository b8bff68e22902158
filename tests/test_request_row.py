"""The row of a request, attribute for attribute as AFT's module writes it."""

from pathlib import Path

import pytest
from aftgen.reader.folder import read
from aftgen.repository import find
from aftgen.request_row import NotEvaluated, RequestRow, rows

REQUEST = """
module "payments" {
  source = "./modules/aft-account-request"
  control_tower_parameters = {
    AccountEmail              = "aws+payments@example.com"
    AccountName               = "payments"
    ManagedOrganizationalUnit = "Prod (ou-ab12-wlprod01)"
    SSOUserEmail              = %s
    SSOUserFirstName          = "Ada"
    SSOUserLastName           = "Lovelace"
  }
  account_tags = { a = "<x>", n = 1 }
  change_management_parameters = {
    change_requested_by = "Ada"
    change_reason       = "why"
  }
  custom_fields = { "k" = jsonencode({ b = 1, a = [true] }) }
}
"""


def read_rows(folder: Path, sso: str = '"ada@example.com"') -> list[RequestRow]:
    (folder / "terraform").mkdir(exist_ok=True)
    (folder / "terraform" / "payments.tf").write_text(REQUEST % sso)
    return rows(read(find(folder)).requests)


def test_the_item_is_the_one_of_afts_module(tmp_path: Path) -> None:
    (row,) = read_rows(tmp_path)
    assert (row.name, row.email, row.ou) == (
        "payments",
        "aws+payments@example.com",
        "Prod (ou-ab12-wlprod01)",
    )
    assert (row.address, row.place) == ("module.payments", "terraform/payments.tf:2")
    assert row.item() == {
        "id": {"S": "aws+payments@example.com"},
        "control_tower_parameters": {
            "M": {
                "AccountEmail": {"S": "aws+payments@example.com"},
                "AccountName": {"S": "payments"},
                "ManagedOrganizationalUnit": {"S": "Prod (ou-ab12-wlprod01)"},
                "SSOUserEmail": {"S": "ada@example.com"},
                "SSOUserFirstName": {"S": "Ada"},
                "SSOUserLastName": {"S": "Lovelace"},
            }
        },
        "change_management_parameters": {
            "M": {"change_requested_by": {"S": "Ada"}, "change_reason": {"S": "why"}}
        },
        "account_tags": {"S": '{"a":"\\u003cx\\u003e","n":"1"}'},
        "account_customizations_name": {"S": ""},
        "custom_fields": {"S": '{"k":"{\\"a\\":[true],\\"b\\":1}"}'},
    }


def test_a_number_is_text_in_afts_types(tmp_path: Path) -> None:
    assert read_rows(tmp_path, "7")[0].control_tower_parameters["SSOUserEmail"] == "7"


@pytest.mark.parametrize(
    ("sso", "message"),
    [
        ("timestamp()", "module.payments is not evaluated"),
        ("null", "control_tower_parameters has no usable SSOUserEmail"),
        ('["a"]', "control_tower_parameters has no usable SSOUserEmail"),
    ],
)
def test_what_cannot_be_known_is_refused_with_its_place(tmp_path: Path, sso: str, message: str) -> None:
    with pytest.raises(NotEvaluated, match=message) as refused:
        read_rows(tmp_path, sso)
    assert refused.value.place == "terraform/payments.tf:2"


def test_a_block_that_repeats_is_no_single_row(tmp_path: Path) -> None:
    (tmp_path / "terraform").mkdir()
    repeated = (REQUEST % '"a@b.c"').replace(
        "  source", '  for_each = toset(fileset(path.module, "*.x"))\n  source'
    )
    (tmp_path / "terraform" / "many.tf").write_text(repeated)
    with pytest.raises(NotEvaluated, match=r"module\.payments is not evaluated"):
        rows(read(find(tmp_path)).requests)
