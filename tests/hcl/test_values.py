"""Terraform's conversions, as far as they can be known without it."""

from decimal import Decimal

import pytest
from aftgen.hcl.values import (
    Unknown,
    Value,
    first_unknown,
    is_known,
    json_text,
    number,
    number_text,
    to_string,
    unify_map,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1.50", "1.5"),
        ("1e3", "1000"),
        ("007", "7"),
        ("100", "100"),
        ("-0", "0"),
        ("0.0", "0"),
        ("0.10", "0.1"),
        ("1e-7", "0.0000001"),
        ("12345678901234567890123", "12345678901234567890123"),
    ],
)
def test_numbers_as_text(text: str, shown: str) -> None:
    assert number_text(Decimal(text)) == shown
    assert number_text(number(text)) == shown


@pytest.mark.parametrize("text", ["1e200", "1" * 101, "0x10", "abc"])
def test_numbers_that_are_left_to_terraform(text: str) -> None:
    assert number(text) == Unknown(f"the number {text}")


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (False, "false"), (Decimal("1.50"), "1.5"), ("x", "x"), (None, None), (["x"], ["x"])],
)
def test_to_string(value: Value, text: Value) -> None:
    assert to_string(value) == text


@pytest.mark.parametrize(
    ("given", "unified"),
    [
        ({"a": Decimal(1), "b": "x"}, {"a": "1", "b": "x"}),
        ({"a": Decimal(1), "b": Decimal(2)}, {"a": Decimal(1), "b": Decimal(2)}),
        ({"a": True, "b": "x", "c": None}, {"a": "true", "b": "x", "c": None}),
        ({"a": Unknown("u"), "b": "x"}, {"a": Unknown("u"), "b": "x"}),
        ({}, {}),
    ],
)
def test_unify_map(given: dict[str, Value], unified: dict[str, Value]) -> None:
    assert unify_map(given) == unified


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": Decimal("1.50"), "a": [True, None]}, '{"a":[true,null],"b":1.5}'),
        ("<&>\u2028\u2029é", '"\\u003c\\u0026\\u003e\\u2028\\u2029é"'),
        (Decimal("1e-7"), "0.0000001"),
        (Decimal("0.1000000000000000000000000001"), "0.1000000000000000000000000001"),
        ({}, "{}"),
        ("a\tb\x01", '"a\\tb\\u0001"'),
    ],
)
def test_json_text(value: Value, text: str) -> None:
    assert json_text(value) == text


def test_unknown_inside() -> None:
    unknown = Unknown("why")
    value = {"a": ["x", {"b": unknown}]}
    assert not is_known(value)
    assert first_unknown(value) is unknown
    assert is_known({"a": ["x", {"b": None}]})
    assert first_unknown(["x"]) is None
