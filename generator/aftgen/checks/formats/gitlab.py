"""For GitLab: a Code Quality report (the documented subset of the Code Climate format)."""

import json
from collections import Counter
from typing import Any

from aftgen.checks.baseline import fingerprint
from aftgen.checks.engine import Report
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.registry import BY_ID

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor"}


def write(report: Report) -> str:
    """A JSON list. GitLab wants a fingerprint that no other finding has and that survives moved lines."""
    seen: Counter[str] = Counter()
    entries = []
    for finding in report.findings:
        mark = fingerprint(finding)
        seen[mark] += 1
        entries.append(_entry(finding, mark if seen[mark] == 1 else f"{mark}-{seen[mark]}"))
    return json.dumps(entries, indent=2) + "\n"


def _entry(finding: Finding, mark: str) -> dict[str, Any]:
    return {
        "description": finding.message + (f" ({finding.hint})" if finding.hint else ""),
        "check_name": f"{finding.rule} {BY_ID[finding.rule].name}",
        "fingerprint": mark,
        "severity": _SEVERITIES[finding.severity],
        "location": {"path": finding.place.path, "lines": {"begin": finding.place.line or 1}},
    }
