"""From Terraform's plan to requests: one for each instance of a request's module block."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from aftgen.evaluate.standin import RESOURCE
from aftgen.hcl.values import Unknown, Value, first_unknown
from aftgen.reader.model import ARGUMENTS, EvaluatedBy, Request

_STEP = re.compile(r'module\.([^.\[]+)(?:\[("(?:[^"\\]|\\.)*"|\d+)\])?(?:\.|\Z)')
_AT_APPLY = Unknown("a value that is only known when it is applied")
_SENSITIVE = Unknown("a sensitive value")


def instances(plan: Mapping[str, Any]) -> dict[str, list[tuple[str, dict[str, Value]]]]:
    """Address and arguments of each planned request, by its address without instance keys."""
    found: dict[str, list[tuple[tuple[tuple[int, str, int], ...], str, dict[str, Value]]]] = {}
    for change in plan.get("resource_changes", ()):
        if change.get("type") != "terraform_data" or change.get("name") != RESOURCE:
            continue
        address = change["module_address"]
        steps = _STEP.findall(address)
        static = ".".join(f"module.{label}" for label, _ in steps)
        order = tuple((0, "", int(key)) if key.isdigit() else (1, key, 0) for _, key in steps)
        found.setdefault(static, []).append((order, address, _arguments(change["change"])))
    return {
        static: [(address, arguments) for _, address, arguments in sorted(planned, key=lambda item: item[:2])]
        for static, planned in found.items()
    }


def _arguments(change: Mapping[str, Any]) -> dict[str, Value]:
    try:
        given = _value(
            (change.get("after") or {}).get("input"),
            _inside(change.get("after_unknown"), "input"),
            _inside(change.get("after_sensitive"), "input"),
        )
    except RecursionError:
        given = Unknown("a value that is nested too deeply")
    if isinstance(given, Unknown):
        return dict.fromkeys(ARGUMENTS, given)
    known = given if isinstance(given, dict) else {}
    return {name: known.get(name, default) for name, default in ARGUMENTS.items()}


def _inside(marks: Any, key: str | int) -> Any:
    """The marks of one element: true marks everything below it."""
    if isinstance(marks, bool):
        return marks
    if isinstance(marks, dict):
        return marks.get(key, False)
    if isinstance(marks, list) and isinstance(key, int):
        return marks[key] if key < len(marks) else False
    return False


def _value(value: Any, unknown: Any, sensitive: Any) -> Value:
    if unknown is True:
        return _AT_APPLY
    if sensitive is True:
        return _SENSITIVE
    if isinstance(value, dict) or (value is None and isinstance(unknown, dict) and unknown):
        inside = value or {}
        keys = [
            *inside,
            *(key for key in (unknown if isinstance(unknown, dict) else ()) if key not in inside),
        ]
        return {key: _value(inside.get(key), _inside(unknown, key), _inside(sensitive, key)) for key in keys}
    if isinstance(value, list):
        return [
            _value(item, _inside(unknown, index), _inside(sensitive, index))
            for index, item in enumerate(value)
        ]
    return value


def evaluated(request: Request, planned: list[tuple[str, dict[str, Value]]]) -> Iterator[Request]:
    """A request's instances. One that still holds something unknown counts as not evaluated."""
    for address, arguments in planned:
        unknown = next(filter(None, map(first_unknown, arguments.values())), None)
        yield replace(
            request,
            address=address,
            arguments=arguments,
            evaluated_by=EvaluatedBy.NOTHING if unknown else EvaluatedBy.TERRAFORM,
            reason=unknown.reason if unknown else "",
        )
