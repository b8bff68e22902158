"""A finding: one rule's objection, with its place."""

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """An error surely or very likely fails after the merge; a warning is legal but suspicious."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A range in a file: lines and columns from 1, columns in characters, the end exclusive.

    ``line`` is 0 for a finding about the file as a whole.
    """

    path: str
    line: int = 0
    column: int = 0
    end_line: int = 0
    end_column: int = 0
    #: The text of the first line, for the excerpt; secrets in it are masked.
    excerpt: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}" if self.line else self.path


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong, where, and what to do. ``address`` is the module address of the request, if it has one.

    ``key`` is what a baseline knows the finding by where the message holds places that move.
    """

    rule: str
    severity: Severity
    message: str
    place: Place
    hint: str = ""
    address: str = ""
    key: str = ""

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """By place, so that a file is read from top to bottom."""
        return (self.place.path, self.place.line, self.place.column, self.rule, self.message)
