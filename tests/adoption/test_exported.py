"""The file of --export: what is written is read again, and what cannot be used is said with its place."""

import json
from typing import Any

import pytest
from adoption.adoption_values import PAYMENTS, ROOT, UNITS, account, existing, product
from aftgen.adoption.exported import Unusable, dump, parse
from aftgen.errors import Problems, UsageError

WHOLE = existing(
    account(tags={"name": "Zoë", "a": "1"}, has_baseline=True),
    account(id="666666666666", name="bare", email="bare@example.com", tags={}, products=()),
    account(
        id="777777777777",
        name="broken",
        email="broken@example.com",
        has_baseline=False,
        products=(product(status="ERROR", succeeded=False, message="no", parameters={}, unknown="why"),),
    ),
    management="111111111111",
    aft_version="1.20.1",
)


def value() -> dict[str, Any]:
    """A small file that is right."""
    made: dict[str, Any] = {
        "version": 1,
        "organization": {"root": ROOT},
        "organizational_units": [{"id": "ou-ab12-sandbox01", "name": "Sandbox", "parent": ROOT}],
        "accounts": [
            {
                "id": PAYMENTS,
                "name": "payments",
                "email": "p@example.com",
                "status": "ACTIVE",
                "parent": "ou-ab12-sandbox01",
            }
        ],
    }
    return made


def refused(content: dict[str, Any]) -> list[str]:
    with pytest.raises(Unusable) as raised:
        parse(json.dumps(content), "o.json")
    assert raised.value.exit_code == 2
    assert raised.value.message == "o.json cannot be used"
    assert raised.value.hint == "'aftgen import --export FILE' writes such a file"
    return list(raised.value.problems)


def test_what_is_written_is_read_again() -> None:
    text = dump(WHOLE)
    assert parse(text, "o.json") == WHOLE
    assert dump(parse(text, "o.json")) == text
    assert json.loads(text)["accounts"][0]["tags"] == {"a": "1", "name": "Zoë"}
    assert "log_archive" not in json.loads(text)["organization"]


def test_the_least_that_is_needed() -> None:
    found = parse(json.dumps(value()), "o.json")
    assert (found.accounts[0].products, found.accounts[0].has_baseline, found.management) == ((), None, "")


def test_no_json() -> None:
    with pytest.raises(UsageError) as raised:
        parse('{"version": 1,\n  nonsense}', "o.json")
    assert (raised.value.place, raised.value.exit_code) == ("o.json:2:3", 2)
    assert raised.value.hint == "'aftgen import --export FILE' writes such a file"


@pytest.mark.parametrize("text", ["[]", '"x"', "null", "{}"])
def test_json_of_another_kind(text: str) -> None:
    with pytest.raises(Problems):
        parse(text, "o.json")


def test_a_version_of_another_time() -> None:
    assert refused({**value(), "version": 2}) == ["o.json:1:13: version must be 1, not 2"]


def test_every_problem_with_its_place() -> None:
    content = value()
    content["accounts"][0] |= {
        "id": "12",
        "email": "",
        "nmae": "x",
        "products": [{"id": "pp", "status": "A"}],
    }
    content["accounts"][0]["name"] = "two\nlines"
    found = refused(content)
    assert [each.partition(": ")[2] for each in found] == [
        "accounts.0.id: '12' is not an account's id of 12 digits",
        "accounts.0.name: 'two\\nlines' is not a line of text",
        "accounts.0.email: '' is not a line of text",
        "accounts.0.products.0.succeeded is missing",
        "'accounts.0.nmae' is not known here: did you mean 'name'?",
    ]
    assert all(each.startswith("o.json:1:") for each in found)


def test_a_parameter_that_aft_does_not_know() -> None:
    content = value()
    content["accounts"][0]["products"] = [
        {"id": "pp", "status": "AVAILABLE", "succeeded": True, "parameters": {"SSOEmail": "x"}}
    ]
    (found,) = refused(content)
    assert "accounts.0.products.0.parameters.SSOEmail" in found
    assert "SSOUserEmail" in found


def test_places_that_are_not_in_the_tree() -> None:
    content = value()
    content["organizational_units"] += [
        {"id": "ou-ab12-sandbox01", "name": "Again", "parent": ROOT},
        {"id": "ou-ab12-orphan001", "name": "Orphan", "parent": "ou-ab12-nowhere01"},
        {"id": "ou-ab12-loopone01", "name": "One", "parent": "ou-ab12-looptwo01"},
        {"id": "ou-ab12-looptwo01", "name": "Two", "parent": "ou-ab12-loopone01"},
    ]
    content["accounts"] += [{**content["accounts"][0], "parent": "ou-ab12-nowhere01"}]
    assert [each.partition(": ")[2] for each in refused(content)] == [
        "the unit ou-ab12-sandbox01 is given twice",
        "its parent ou-ab12-nowhere01 is not in the file",
        "the units above ou-ab12-loopone01 do not lead to the root",
        "the units above ou-ab12-looptwo01 do not lead to the root",
        f"the account {PAYMENTS} is given twice",
        "its parent ou-ab12-nowhere01 is not in the file",
    ]


def test_units_by_path() -> None:
    slashed = [{"id": "ou-ab12-slashed01", "name": "A/B", "parent": ROOT}]
    slashed += [{"id": "ou-ab12-below0001", "name": "Below", "parent": "ou-ab12-slashed01"}]
    content = {**value(), "organizational_units": [*value()["organizational_units"], *slashed]}
    found = parse(json.dumps(content), "o.json")
    assert found.organization.ous == {"Sandbox": "ou-ab12-sandbox01"}
    assert str(found.reference("ou-ab12-below0001")) == "Below (ou-ab12-below0001)"
    assert found.below("ou-ab12-slashed01") == {"ou-ab12-slashed01", "ou-ab12-below0001"}
    assert WHOLE.organization.ous["Workloads/Prod"] == UNITS[2].id
