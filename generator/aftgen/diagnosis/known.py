"""A row of the catalogue of failures: what it looks like, what it means, the repair, its source."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from aftgen.diagnosis.evidence import Evidence
from aftgen.diagnosis.stage import Signal, Stage


class Way(StrEnum):
    """Which of AFT's ways leads on once the cause is gone."""

    AGAIN = "again"  # the request is removed and added again, or its dead letter redriven: 'aftgen retry'
    RERUN = "rerun"  # the account's pipeline runs again: 'aftgen rerun'
    FRAMEWORK = "framework"  # AFT's framework runs again: the state machine aft-invoke-customizations
    EDIT = "edit"  # a pull request that changes the request, and its merge
    OUTSIDE = "outside"  # somebody changes something in AWS
    NOTHING = "nothing"  # it is as AFT means it to be


When = Callable[[Signal, Evidence], bool]


def always(_: Signal, __: Evidence) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One failure. ``pattern`` is looked for in everything that the signal says, ``sign`` is its own sign.

    ``meaning`` and ``repair`` may name ``{name}``, ``{email}``, ``{id}`` and ``{product}``, and the groups of
    ``pattern``. ``source`` is the row of the AFT reference, or the issue of AFT, that says so.
    """

    id: str
    title: str
    stages: frozenset[Stage]
    meaning: str
    repair: tuple[str, ...]
    source: str
    way: Way
    pattern: str = ""
    sign: str = ""
    phases: frozenset[str] = frozenset()
    when: When = always

    def matches(self, signal: Signal, evidence: Evidence) -> "dict[str, str] | None":
        """The groups of the pattern where this is the signal's failure, else None."""
        if signal.stage not in self.stages or (self.sign and self.sign != signal.sign):
            return None
        if self.phases and signal.phase not in self.phases:
            return None
        groups: dict[str, str] = {}
        if self.pattern:
            found = _compiled(self.pattern).search(signal.words)
            if found is None:
                return None
            groups = {key: value or "" for key, value in found.groupdict().items()}
        return groups if self.when(signal, evidence) else None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def stages(*names: Stage) -> frozenset[Stage]:
    return frozenset(names)
