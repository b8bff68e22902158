"""Requests checked against botocore's own service models: required, length, range, pattern, enum.

botocore itself checks only what is required and the minimum length, and moto checks next to nothing, so a
name of 33 characters or a principal id of `nope` passes every test on plain moto.

Reference: Identity Center reference §4 "validation" and consequence (5); §3 "PS name ...", "SessionDuration".
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import botocore.session
import regex

from aftgen.cloud.errors import AwsError

# Services whose requests are checked, and the code with which each refuses.
_REFUSAL = {
    "sso-admin": "ValidationException",
    "identitystore": "ValidationException",
    "organizations": "InvalidInputException",
}
_MINIMUM_SESSION = 3600
_MAXIMUM_SESSION = 12 * 3600
_DURATION = regex.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
INLINE_POLICY_CHARACTERS = 10_240


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def knows(service: str, operation: str) -> bool:
    return operation in _model(service).operation_names


def validate(service: str, operation: str, parameters: Mapping[str, Any]) -> None:
    """Raises the service's own error that names every violated constraint."""
    code = _REFUSAL.get(service)
    if code is None or not knows(service, operation):
        return
    shape = _model(service).operation_model(operation).input_shape
    problems: list[str] = []
    if shape is not None:
        _check(shape, dict(parameters), "", problems)
    if service == "sso-admin":
        problems.extend(_session_duration(parameters.get("SessionDuration")))
    if problems:
        plural = "error" if len(problems) == 1 else "errors"
        raise AwsError(code, f"{len(problems)} validation {plural} detected: {'; '.join(problems)}")


def _check(shape: Any, value: Any, path: str, problems: list[str]) -> None:
    kind = shape.type_name
    limits = shape.metadata
    if kind == "structure" and isinstance(value, dict):
        for name in shape.required_members:
            if value.get(name) is None:
                problems.append(
                    f"Value null at '{_join(path, name)}' failed to satisfy constraint: "
                    "Member must not be null"
                )
        for name, member in shape.members.items():
            if value.get(name) is not None:
                _check(member, value[name], _join(path, name), problems)
    elif kind == "list" and isinstance(value, list):
        _bounds(len(value), limits, "length", value, path, problems)
        for index, item in enumerate(value, start=1):
            _check(shape.member, item, f"{path}.{index}.member", problems)
    elif kind == "string" and isinstance(value, str):
        _bounds(len(value), limits, "length", value, path, problems)
        if limits.get("enum") and value not in limits["enum"]:
            _refuse(value, path, f"enum value set: [{', '.join(limits['enum'])}]", problems)
        elif limits.get("pattern") and not _pattern(limits["pattern"]).fullmatch(value):
            _refuse(value, path, f"regular expression pattern: {limits['pattern']}", problems)
    elif kind in ("integer", "long") and isinstance(value, int):
        _bounds(value, limits, "value", value, path, problems)


def _bounds(
    size: int, limits: Mapping[str, Any], what: str, value: Any, path: str, problems: list[str]
) -> None:
    word = "have length" if what == "length" else "have value"
    for limit, comparison, broken in (
        ("min", "greater than or equal to", size < limits.get("min", size)),
        ("max", "less than or equal to", size > limits.get("max", size)),
    ):
        if broken:
            problems.append(
                f"Value {_shown(value)} at '{path}' failed to satisfy constraint: "
                f"Member must {word} {comparison} {limits[limit]}"
            )


def _refuse(value: str, path: str, constraint: str, problems: list[str]) -> None:
    problems.append(
        f"Value {_shown(value)} at '{path}' failed to satisfy constraint: Member must satisfy {constraint}"
    )


def _shown(value: Any) -> str:
    text = f"'{value}'" if not isinstance(value, list) else str(value)
    return text if len(text) <= 120 else f"{text[:110]}...'"


def _join(path: str, name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    return f"{path}.{lowered}" if path else lowered


@cache
def _pattern(pattern: str) -> Any:
    return regex.compile(pattern)


def _session_duration(value: Any) -> list[str]:
    """The model's pattern admits PT24H; the service does not."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return []
    hours, minutes, seconds = (int(part or 0) for part in match.groups())
    total = hours * 3600 + minutes * 60 + seconds
    if _MINIMUM_SESSION <= total <= _MAXIMUM_SESSION:
        return []
    return [f"Value '{value}' at 'sessionDuration' failed to satisfy constraint: between PT1H and PT12H"]


def check_inline_policy(document: str) -> None:
    """Reference: Identity Center reference §3 "1 inline policy", §4 "validation" (moto accepts non-JSON)."""
    try:
        parsed = json.loads(document)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise AwsError(
            "ValidationException", "The provided inline policy is not a valid JSON policy document"
        )
    if sum(not character.isspace() for character in document) > INLINE_POLICY_CHARACTERS:
        raise AwsError(
            "ServiceQuotaExceededException",
            f"Inline policy exceeds the limit of {INLINE_POLICY_CHARACTERS} non-whitespace characters",
        )
