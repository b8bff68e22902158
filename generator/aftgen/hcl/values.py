"""Values as Terraform has them, and its conversions between them, for what can be known without it.

A value is a str, bool, None, :class:`decimal.Decimal` (any number), list, dict with str keys, or
:class:`Unknown`. Containers may hold unknowns. Nothing here guesses: a conversion that depends on an unknown
is unknown.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

#: Digits up to which Terraform's 512-bit numbers and Decimal print the same text.
_EXACT_DIGITS = 100


@dataclass(frozen=True, slots=True)
class Unknown:
    """Not known without evaluating; ``reason`` names the construct (``for_each``, ``file()``, …)."""

    reason: str


Value: TypeAlias = Any
"""str | bool | None | Decimal | list[Value] | dict[str, Value] | Unknown; recursive, mypy does not follow."""


def number(text: str) -> Value:
    """The number that a numeral stands for, or Unknown where Decimal and Terraform could differ."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return Unknown(f"the number {text}")
    shown = format(value, "f")
    if len(shown) > _EXACT_DIGITS:
        return Unknown(f"the number {text}")
    return value


def is_known(value: Value) -> bool:
    """Whether a value holds no unknown anywhere."""
    return first_unknown(value) is None


def first_unknown(value: Value) -> Unknown | None:
    """Some unknown inside a value, to say why it is not known."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, Unknown):
            return item
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return None


def number_text(value: Decimal) -> str:
    """A number as Terraform converts it to a string (``1.50`` is ``1.5``, ``1e3`` is ``1000``)."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def to_string(value: Value) -> Value:
    """Terraform's conversion of a primitive to string; anything else is returned as it is."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    return value


def unify_map(values: Mapping[str, Value]) -> dict[str, Value]:
    """What ``map(any)`` makes of an object: one string among primitives turns all of them into strings."""
    if any(isinstance(value, Unknown) for value in values.values()):
        return dict(values)
    if any(isinstance(value, str) for value in values.values()):
        return {key: to_string(value) for key, value in values.items()}
    return dict(values)


def json_text(value: Value) -> str:
    """Terraform's ``jsonencode``: sorted keys, no spaces, ``<``, ``>`` and ``&`` escaped as Go does."""
    text = _json(value)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _json(value: Value) -> str:
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(key)}:{_json(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
