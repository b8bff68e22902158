"""Which accounts somebody means."""

import pytest
from aftgen.errors import UsageError
from aftgen.follow.selection import Chosen, Selection, choose

from .follow_fakes import vended

ACCOUNTS = [vended(1), vended(2, request=""), vended(3, name="account-1b")]
TAGS = {"000000000001": {"Team": "a", "Env": "dev"}, "000000000002": {"Team": "a"}, "000000000003": {}}


def chosen(**values: object) -> Chosen:
    return choose(
        Selection(**values),  # type: ignore[arg-type]
        ACCOUNTS,
        labels={"one": "Account-1@example.com"},
        below=lambda ou: {"ou-1": ["000000000002", "999999999999"], "ou-2": []}[ou],
        tags=lambda account: TAGS[account],
    )


@pytest.mark.parametrize("name", ["account-1", "000000000001", "ACCOUNT-1@example.com", "one"])
def test_a_name_an_id_an_email_or_a_label(name: str) -> None:
    found = chosen(names=(name,))
    assert [each.id for each in found.accounts] == ["000000000001"]
    assert found.named == {"000000000001"}


def test_parts_are_added_and_tags_must_all_be_there() -> None:
    found = chosen(names=("account-1b",), ous=("ou-1",), tags={"Team": "a", "Env": "dev"})
    assert [each.name for each in found.accounts] == ["account-1", "account-1b", "account-2"]
    assert found.named == {"000000000003"}
    assert (found.by_ou, found.by_tag) == ({"000000000002"}, {"000000000001"})
    assert [each.id for each in chosen(tags={"Team": "b"}).accounts] == []
    assert len(chosen(everything=True).accounts) == 3


def test_requests_without_an_account_are_told() -> None:
    found = chosen(emails=("account-1@EXAMPLE.com", "new@example.com"))
    assert (found.named, found.unknown) == ({"000000000001"}, ("new@example.com",))


def test_a_name_that_nothing_has() -> None:
    with pytest.raises(UsageError) as raised:
        chosen(names=("acount-2",))
    assert raised.value.message == "AFT manages no account 'acount-2'"
    assert raised.value.hint == "did you mean account-2?"


def test_a_name_that_two_have() -> None:
    with pytest.raises(UsageError, match="'same' could be 000000000001, 000000000002"):
        choose(
            Selection(names=("same",)),
            [vended(1, name="same"), vended(2, name="same")],
            labels={},
            below=lambda _: [],
            tags=lambda _: {},
        )
