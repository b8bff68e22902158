"""Secrets that a build printed: CodeBuild keeps its log for years, and many more people may read it than may
have what stands in it.

What counts: the keys of the profiles that the build was given, and whatever looks like a credential.
"""

from collections.abc import Mapping
from configparser import ConfigParser
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aftgen.checks.redaction import secrets_in

_MASK: Final = "[secret]"
_KEYS: Final = {
    "aws_access_key_id": "access key id",
    "aws_secret_access_key": "secret access key",
    "aws_session_token": "session token",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What was printed, and in which line of the text, from 1."""

    what: str
    line: int

    def __str__(self) -> str:
        return f"{self.what} (line {self.line} of the log)"


def profile_secrets(credentials: Path) -> dict[str, str]:
    """Every key of a credentials file, with what it is."""
    parser = ConfigParser(interpolation=None)
    parser.read(credentials, encoding="utf-8")
    return {
        value: f"the {name} of profile {profile}"
        for profile in parser.sections()
        for key, name in _KEYS.items()
        if (value := parser.get(profile, key, fallback=""))
    }


def mask(text: str, known: Mapping[str, str]) -> tuple[str, tuple[Leak, ...]]:
    """The text without its secrets, and what they were, in order. `known` maps secrets to their names."""
    found = [
        (start, start + len(value), name)
        for value, name in known.items()
        for start in _occurrences(text, value)
    ]
    data = text.encode("utf-8", "replace")
    for first, last in secrets_in(data):
        start = len(data[:first].decode("utf-8", "replace"))
        end = start + len(data[first:last].decode("utf-8", "replace"))
        if not any(start < there and begun < end for begun, there, _ in found):
            found.append((start, end, "what looks like a credential"))
    pieces: list[str] = []
    leaks: list[Leak] = []
    at = 0
    for start, end, name in sorted(found):
        pieces.append(text[at : max(start, at)])
        if end > at:
            pieces.append(_MASK)
        leaks.append(Leak(what=name, line=text.count("\n", 0, start) + 1))
        at = max(at, end)
    pieces.append(text[at:])
    return "".join(pieces), tuple(leaks)


def _occurrences(text: str, value: str) -> list[int]:
    found, at = [], text.find(value)
    while at != -1:
        found.append(at)
        at = text.find(value, at + len(value))
    return found
