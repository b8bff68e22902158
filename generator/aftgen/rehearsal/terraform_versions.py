"""Terraform's version constraints, such as ``>= 1.6.1, < 2.0.0`` or ``~> 1.5``.

Reference: Terraform language, "Version Constraints".
"""

import re
from typing import Final

_PART: Final = re.compile(
    r"\s*(?P<operator>=|!=|>=?|<=?|~>)?\s*v?(?P<version>\d+(?:\.\d+){0,2})(?P<pre>-[0-9A-Za-z.-]+)?\s*"
)


def allows(constraint: str, version: str) -> bool:
    """Whether a release satisfies every part. Raises ValueError when either cannot be read."""
    asked = _PART.fullmatch(version)
    if asked is None or asked["operator"]:
        raise ValueError(f"{version!r} is not a version of Terraform")
    return all(_allows(part, asked) for part in constraint.split(","))


def _allows(part: str, asked: re.Match[str]) -> bool:
    match = _PART.fullmatch(part)
    if match is None:
        raise ValueError(f"{part.strip()!r} is not a version constraint")
    operator, wanted, found = match["operator"] or "=", _numbers(match["version"]), _numbers(asked["version"])
    same = wanted == found and match["pre"] == asked["pre"]
    if asked["pre"] and operator != "=":
        # A pre-release is only ever meant by its own name.
        return operator == "!=" and not same
    below_next = True
    if operator == "~>":
        # Of `~> 1` nothing is kept: any later release will do.
        kept = match["version"].split(".")[:-1]
        below_next = list(found[: len(kept)]) == [int(number) for number in kept]
    return {
        "=": same,
        "!=": not same,
        ">": found > wanted,
        ">=": found >= wanted,
        "<": found < wanted,
        "<=": found <= wanted,
        "~>": found >= wanted and below_next,
    }[operator]


def _numbers(version: str) -> tuple[int, ...]:
    numbers = [int(number) for number in version.split(".")]
    return tuple(numbers + [0] * (3 - len(numbers)))
