"""For scripts: one JSON document. New keys may appear within a version; other changes raise it."""

import json
from typing import Any

from aftgen.checks.engine import Report
from aftgen.checks.finding import Finding
from aftgen.checks.registry import BY_ID

VERSION = 1


def write(report: Report) -> str:
    """The report as JSON, in ASCII, so that nothing in it can act on a terminal."""
    document = {
        "version": VERSION,
        "summary": {
            "requests": report.requests,
            "files": report.files,
            "errors": report.errors,
            "warnings": report.warnings,
            "silenced": report.silenced,
            "baseline": report.hidden,
            "not_evaluated": report.not_evaluated,
        },
        "findings": [_finding(finding) for finding in report.findings],
    }
    return json.dumps(document, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    place = finding.place
    return {
        "rule": finding.rule,
        "name": BY_ID[finding.rule].name,
        "severity": finding.severity.value,
        "message": finding.message,
        "help": finding.hint,
        "request": finding.address or None,
        "file": place.path,
        "line": place.line or None,
        "column": place.column or None,
        "end_line": place.end_line or None,
        "end_column": place.end_column or None,
    }
