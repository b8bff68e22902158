"""What each format writes: exact text, escapes, and documents that their readers take."""

import json
import unicodedata
from typing import Any

import jsonschema
import pytest
from aftgen.checks.engine import Report
from aftgen.checks.finding import Finding, Place, Severity
from aftgen.checks.formats import FORMATS
from aftgen.checks.formats.text import render, visible
from aftgen.checks.registry import RULES
from aftgen.cli.check import FORMATS as NAMES


def _finding(excerpt: str, column: int, end: int, **values: Any) -> Finding:
    place = Place(path="a.tf", line=7, column=column, end_line=7, end_column=end, excerpt=excerpt)
    return Finding(
        **{
            "rule": "E003",
            "severity": Severity.ERROR,
            "message": "no",
            "place": place,
            "hint": "yes",
            **values,
        }
    )


def _report(*findings: Finding) -> Report:
    return Report(findings=findings, requests=1, files=1)


def _text(finding: Finding) -> list[str]:
    return render([finding], lambda text, _: text).split("\n")


def test_the_command_names_every_format() -> None:
    assert tuple(FORMATS) == NAMES


def test_text() -> None:
    assert FORMATS["text"](_report(_finding('  a = "x"', 7, 10))) == (
        'a.tf:7:7: ERROR E003 no\n  |\n7 |   a = "x"\n  |       ^^^\n  help: yes\n\n'
    )


def test_text_about_a_file() -> None:
    finding = Finding(rule="F003", severity=Severity.WARNING, message="no", place=Place(path="a.tf"))
    assert FORMATS["text"](_report(finding)) == "a.tf: WARNING F003 no\n\n"


@pytest.mark.parametrize(
    ("excerpt", "column", "end", "shown", "marks"),
    [
        ("\ta = 1", 2, 3, "    a = 1", "    ^"),
        ("x\ta = 1", 3, 4, "x   a = 1", "    ^"),
        ("日本 = 1", 6, 7, "日本 = 1", "       ^"),
        ("日本 = 1", 1, 3, "日本 = 1", "^^^^"),
        ("e\u0301 = 1", 6, 7, "e\u0301 = 1", "    ^"),
        ("a\x1b[31m", 2, 3, "a\\x1b[31m", " ^^^^"),
        ("a\u202eb", 2, 3, "a\\u202eb", " ^^^^^^"),
        ("a\x9bb", 2, 3, "a\\x9bb", " ^^^^"),
        ("a", 1, 1, "a", "^"),
        ("a", 9, 12, "a", " ^"),
    ],
)
def test_what_is_meant_is_underlined(excerpt: str, column: int, end: int, shown: str, marks: str) -> None:
    _, _, line, under, *_ = _text(_finding(excerpt, column, end))
    assert (line, under) == (f"7 | {shown}", f"  | {marks}")


def test_a_range_of_several_lines_is_marked_to_the_end_of_the_first() -> None:
    place = Place(path="a.tf", line=7, column=3, end_line=9, end_column=2, excerpt="ab cd")
    assert _text(_finding("", 1, 1, place=place))[3] == "  |   ^^^"


@pytest.mark.parametrize("character", ["x", "日", "é"])
@pytest.mark.parametrize("column", [1, 20, 200, 399, 400])
def test_long_lines_are_cut_around_what_is_meant(character: str, column: int) -> None:
    line = character * (column - 1) + '"' + character * (400 - column)
    _, _, shown, marks, *_ = _text(_finding(line, column, column + 1))
    width = sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in shown)
    assert width <= 80
    position = marks.index("^")
    cells = ""
    for one in shown:
        cells += one + ("\0" if unicodedata.east_asian_width(one) in "WF" else "")
    assert cells[position] == '"'
    assert ("…" in shown) is True


def test_no_text_of_a_file_reaches_the_terminal_as_control() -> None:
    evil = "\x1b]0;x\x07\r\n\u2028\u202e\x9b\ud800"
    place = Place(path=f"a{evil}.tf", line=1, column=1, end_line=1, end_column=2, excerpt=evil)
    finding = _finding("", 1, 1, place=place, message=evil, hint=evil, address=evil)
    for name, write in FORMATS.items():
        written = write(_report(finding))
        bad = {
            one for one in written if unicodedata.category(one) in ("Cc", "Cf", "Cs", "Zl") and one != "\n"
        }
        assert bad == set(), name


def test_visible_leaves_ordinary_text_alone() -> None:
    assert visible("Zoë 日本 👩‍👧") == "Zoë 日本 👩‍👧"
    assert visible("a\nb\tc") == "a\\x0ab\\x09c"


def test_github_escapes_as_the_runner_reads() -> None:
    place = Place(path="a,b:c%.tf", line=2, column=3, end_line=2, end_column=4, excerpt="x")
    finding = _finding("", 1, 1, place=place, message="50%: a,b::c", hint="do\nit")
    assert FORMATS["github"](_report(finding)) == (
        "::error title=E003 email-upper-case,file=a%2Cb%3Ac%25.tf,line=2,endLine=2,col=3,endColumn=4"
        "::50%25: a,b::c%0Ado\\x0ait\n"
    )


def test_github_about_a_file_and_a_range() -> None:
    about_file = Finding(rule="F003", severity=Severity.WARNING, message="no", place=Place(path="a.tf"))
    lines = _finding("", 1, 1, place=Place(path="a.tf", line=1, column=3, end_line=4, end_column=1), hint="")
    assert FORMATS["github"](_report(about_file, lines)) == (
        "::warning title=F003 never-loaded,file=a.tf::no\n"
        "::error title=E003 email-upper-case,file=a.tf,line=1,endLine=4::no\n"
    )


def test_json() -> None:
    report = Report(
        findings=(_finding("x", 1, 2, address="module.a"),), requests=3, files=2, silenced=1, hidden=4
    )
    assert json.loads(FORMATS["json"](report)) == {
        "version": 1,
        "summary": {
            "requests": 3,
            "files": 2,
            "errors": 1,
            "warnings": 0,
            "silenced": 1,
            "baseline": 4,
            "not_evaluated": 0,
        },
        "findings": [
            {
                "rule": "E003",
                "name": "email-upper-case",
                "severity": "error",
                "message": "no",
                "help": "yes",
                "request": "module.a",
                "file": "a.tf",
                "line": 7,
                "column": 1,
                "end_line": 7,
                "end_column": 2,
            }
        ],
    }


def test_gitlab_fingerprints_are_unique() -> None:
    finding = _finding("x", 1, 2)
    entries = json.loads(FORMATS["gitlab"](_report(finding, finding)))
    assert len({entry["fingerprint"] for entry in entries}) == 2
    assert entries[0] | {"fingerprint": ""} == {
        "description": "no (yes)",
        "check_name": "E003 email-upper-case",
        "fingerprint": "",
        "severity": "major",
        "location": {"path": "a.tf", "lines": {"begin": 7}},
    }


_TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
#: What SARIF 2.1.0 says about the properties that are used here (sections 3.14 to 3.58), closed to others.
_SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool", "results"],
                "additionalProperties": False,
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name", "rules"],
                                "additionalProperties": False,
                                "properties": {
                                    "name": {"type": "string"},
                                    "semanticVersion": {"type": "string"},
                                    "rules": {
                                        "type": "array",
                                        "uniqueItems": True,
                                        "items": {
                                            "type": "object",
                                            "required": ["id"],
                                            "additionalProperties": False,
                                            "properties": {
                                                "id": {"type": "string"},
                                                "name": {"type": "string"},
                                                "shortDescription": _TEXT,
                                                "fullDescription": _TEXT,
                                                "help": _TEXT,
                                                "defaultConfiguration": {
                                                    "type": "object",
                                                    "properties": {
                                                        "level": {"enum": ["error", "warning", "note"]}
                                                    },
                                                },
                                            },
                                        },
                                    },
                                },
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message", "ruleId", "ruleIndex", "level", "locations"],
                            "additionalProperties": False,
                            "properties": {
                                "ruleId": {"type": "string"},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["error", "warning", "note"]},
                                "message": _TEXT,
                                "partialFingerprints": {
                                    "type": "object",
                                    "additionalProperties": {"type": "string"},
                                },
                                "locations": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "properties": {
                                            "physicalLocation": {
                                                "type": "object",
                                                "required": ["artifactLocation"],
                                                "properties": {
                                                    "artifactLocation": {
                                                        "type": "object",
                                                        "properties": {
                                                            "uri": {"type": "string", "pattern": "^[!-~]+$"}
                                                        },
                                                    },
                                                    "region": {
                                                        "type": "object",
                                                        "required": ["startLine"],
                                                        "additionalProperties": {
                                                            "type": "integer",
                                                            "minimum": 1,
                                                        },
                                                    },
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


@pytest.mark.parametrize(
    "findings",
    [
        (),
        (_finding("x", 1, 2),),
        (Finding(rule="F003", severity=Severity.WARNING, message="no", place=Place(path="a b/é.tf")),),
    ],
)
def test_sarif_is_of_the_standard_s_form(findings: tuple[Finding, ...]) -> None:
    document = json.loads(FORMATS["sarif"](_report(*findings)))
    jsonschema.Draft7Validator(_SARIF).validate(document)
    (run,) = document["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.id for rule in RULES]
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]


def test_no_findings() -> None:
    written = {name: write(_report()) for name, write in FORMATS.items()}
    assert written["text"] == ""
    assert written["github"] == ""
    assert json.loads(written["gitlab"]) == []
    assert json.loads(written["json"])["findings"] == []
