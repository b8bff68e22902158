"""Inputs for AFT's aft-invoke-customizations."""

import json

from aftgen.follow.invocation import inputs

IDS = ["111122223333", "444455556666"]


def test_each_kind_once_and_what_must_not_start_excluded() -> None:
    found = inputs(
        ids=IDS,
        ous=[("Sandbox", "ou-ab12-sandbox1"), ("Prod", "ou-ab12-wlprod01")],
        tags={"Team": "x", "Env": "dev"},
        excluded={"444455556666", "777788889999"},
    )
    assert found == [
        {
            "include": [
                {"type": "ous", "target_value": ["Sandbox (ou-ab12-sandbox1)", "Prod (ou-ab12-wlprod01)"]},
                {"type": "tags", "target_value": [{"Env": "dev"}, {"Team": "x"}]},
                {"type": "accounts", "target_value": ["111122223333"]},
            ],
            "exclude": [{"type": "accounts", "target_value": ["444455556666", "777788889999"]}],
        }
    ]


def test_nothing_to_exclude_is_left_out_because_an_empty_list_is_an_error() -> None:
    assert inputs(ids=IDS) == [{"include": [{"type": "accounts", "target_value": IDS}]}]
    assert inputs(everything=True, ids=IDS) == [{"include": [{"type": "all"}]}]
    assert inputs() == []


def test_what_is_too_long_becomes_several_of_at_most_four_items() -> None:
    ids = [f"{number:012d}" for number in range(40_000)]
    found = inputs(ids=ids)
    assert len(found) == 4
    assert all(len(json.dumps(each)) <= 262_144 for each in found)
    assert all(1 <= len(each["include"]) <= 4 for each in found)
    assert [one for each in found for item in each["include"] for one in item["target_value"]] == ids
    small = inputs(ids=ids[:64], longest=400)
    assert all(len(json.dumps(each)) <= 400 for each in small)
    assert [one for each in small for item in each["include"] for one in item["target_value"]] == ids[:64]
