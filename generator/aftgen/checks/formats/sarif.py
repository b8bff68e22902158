"""For code scanning: SARIF 2.1.0 (OASIS), with every rule described."""

import json
from typing import Any
from urllib.parse import quote

from aftgen import __version__
from aftgen.checks.baseline import fingerprint
from aftgen.checks.engine import Report
from aftgen.checks.finding import Finding
from aftgen.checks.registry import RULES

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_INDEX = {rule.id: number for number, rule in enumerate(RULES)}


def write(report: Report) -> str:
    """One run with all rules, and the findings as its results; an empty list of results for none."""
    run = {
        "tool": {
            "driver": {
                "name": "aftgen",
                "semanticVersion": __version__,
                "rules": [_rule(rule.id) for rule in RULES],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding) for finding in report.findings],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(rule_id: str) -> dict[str, Any]:
    rule = RULES[_INDEX[rule_id]]
    return {
        "id": rule.id,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.fix},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _result(finding: Finding) -> dict[str, Any]:
    place = finding.place
    physical: dict[str, Any] = {
        "artifactLocation": {"uri": quote(place.path, errors="surrogatepass"), "uriBaseId": "%SRCROOT%"},
    }
    if place.line:
        physical["region"] = {
            "startLine": place.line,
            "startColumn": max(place.column, 1),
            "endLine": max(place.end_line, place.line),
            "endColumn": max(place.end_column, 1),
        }
    text = finding.message + (f"\n{finding.hint}" if finding.hint else "")
    return {
        "ruleId": finding.rule,
        "ruleIndex": _INDEX[finding.rule],
        "level": finding.severity.value,
        "message": {"text": text},
        "locations": [{"physicalLocation": physical}],
        "partialFingerprints": {"aftgen/v1": fingerprint(finding)},
    }
