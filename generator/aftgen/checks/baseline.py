"""A baseline: the findings that a team has today, so that `check` shows only new ones.

An entry knows its finding by rule, request (or file) and message, never by line, so that moving a request
does not bring an old finding back. Entries that match nothing any more are reported: the file only shrinks.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aftgen.checks.finding import Finding
from aftgen.errors import UsageError

_VERSION = 1
_MOVES = re.compile(r"[^\s:]+:\d+(?::\d+)?|\d+")


@dataclass(frozen=True, slots=True)
class Compared:
    """Findings after a baseline: the new ones, how many old ones it hides, and entries that match nothing."""

    new: tuple[Finding, ...]
    hidden: int
    vanished: tuple[str, ...]


def fingerprint(finding: Finding) -> str:
    """What stays the same when the lines around a finding change."""
    what = finding.key or _MOVES.sub("#", finding.message)
    subject = finding.address or finding.place.path
    return hashlib.sha256("\0".join((finding.rule, subject, what)).encode("utf-8", "replace")).hexdigest()[
        :20
    ]


def dump(findings: Sequence[Finding]) -> str:
    """The baseline file that hides these findings."""
    counts = Counter(fingerprint(finding) for finding in findings)
    first = {fingerprint(finding): finding for finding in reversed(findings)}
    entries = [
        {
            "fingerprint": print_,
            "rule": first[print_].rule,
            "about": first[print_].address or first[print_].place.path,
            "message": first[print_].message,
            "count": count,
        }
        for print_, count in counts.items()
    ]
    entries.sort(key=lambda entry: (entry["rule"], entry["about"], entry["message"]))
    return json.dumps({"version": _VERSION, "findings": entries}, indent=2) + "\n"


def compare(findings: Sequence[Finding], entries: "dict[str, Entry]") -> Compared:
    """Take the known findings out. Each entry hides as many as it counted."""
    left = {key: entry.count for key, entry in entries.items()}
    new = []
    for finding in findings:
        key = fingerprint(finding)
        if left.get(key, 0) > 0:
            left[key] -= 1
        else:
            new.append(finding)
    vanished = tuple(f"{entries[key].rule} {entries[key].about}" for key, count in left.items() if count)
    return Compared(tuple(new), len(findings) - len(new), vanished)


@dataclass(frozen=True, slots=True)
class Entry:
    rule: str
    about: str
    count: int


def load(path: Path) -> dict[str, Entry]:
    """Read a baseline file. Raises UsageError when it is not one."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the baseline cannot be read: {error.strerror or error}",
            place=str(path),
            hint=f"write it with 'aftgen check --baseline {path} --write-baseline'",
        ) from None
    except UnicodeDecodeError:
        raise UsageError("the baseline is not UTF-8 text", place=str(path)) from None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"the baseline is not JSON: {error}", place=str(path)) from None
    version = document.get("version") if isinstance(document, dict) else None
    if version != _VERSION:
        raise UsageError(
            f"the baseline has version {version!r}, this release reads {_VERSION}",
            place=str(path),
            hint=f"write it again with 'aftgen check --baseline {path} --write-baseline'",
        )
    return dict(_entries(document.get("findings"), path))


def _entries(findings: Any, path: Path) -> Iterable[tuple[str, Entry]]:
    if not isinstance(findings, list):
        raise UsageError("the baseline has no list of findings", place=str(path))
    for number, item in enumerate(findings, 1):
        if not isinstance(item, dict) or not isinstance(item.get("fingerprint"), str):
            raise UsageError(f"finding {number} of the baseline has no fingerprint", place=str(path))
        count = item.get("count", 1)
        if not isinstance(count, int) or isinstance(count, bool) or count < 1:
            raise UsageError(f"finding {number} of the baseline has the count {count!r}", place=str(path))
        yield item["fingerprint"], Entry(str(item.get("rule", "?")), str(item.get("about", "?")), count)
