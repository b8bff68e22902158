"""Whom a word means."""

import pytest
from adoption.adoption_values import PAYMENTS, account, existing
from aftgen.adoption.selection import named, within
from aftgen.errors import Refused, UsageError

OTHER, TWIN = "666666666666", "777777777777"
THERE = existing(
    account(),
    account(id=OTHER, name="Ledger", email="ledger@example.com", parent="ou-ab12-sandbox01"),
    account(id=TWIN, name="Ledger", email="twin@example.com", parent="ou-ab12-workload1"),
)


@pytest.mark.parametrize("word", [PAYMENTS, "payments", "PAYMENTS", "AWS+Payments@example.com"])
def test_an_account_by_its_name_email_or_id(word: str) -> None:
    assert named(THERE, [word, word]) == {PAYMENTS}


def test_nobody() -> None:
    with pytest.raises(UsageError) as raised:
        named(THERE, ["paymets"])
    assert (raised.value.message, raised.value.hint) == (
        "the organization has no account 'paymets'",
        "did you mean 'payments'?",
    )


def test_a_name_that_two_have() -> None:
    with pytest.raises(Refused) as raised:
        named(THERE, ["ledger"])
    assert raised.value.message == f"'ledger' is the name of 2 accounts: {OTHER}, {TWIN}"
    assert named(THERE, ["twin@example.com"]) == {TWIN}


@pytest.mark.parametrize("unit", ["Workloads", "ou-ab12-workload1"])
def test_a_unit_and_what_is_below_it(unit: str) -> None:
    assert within(THERE, unit) == {PAYMENTS, TWIN}
    assert within(THERE, "Workloads/Prod") == {PAYMENTS}


def test_a_unit_that_is_not_there() -> None:
    with pytest.raises(UsageError) as raised:
        within(THERE, "Workloads/Prd")
    assert raised.value.hint == "did you mean 'Workloads/Prod'?"
    with pytest.raises(UsageError) as raised:
        within(THERE, "ou-ab12-nowhere01")
    assert raised.value.message == "the organization has no unit 'ou-ab12-nowhere01'"
