"""``aftgen rules`` on a command line."""

import json
from pathlib import Path

import pytest
from aftgen.checks.registry import RULES
from command_line import aftgen

_DOCS = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_table_has_every_rule(capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "rules")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0].split() == ["ID", "SEVERITY", "NAME", "WHAT", "IT", "FINDS"]
    assert [line.split()[:3] for line in lines[1:]] == [
        [rule.id, rule.severity.value, rule.name] for rule in RULES
    ]


@pytest.mark.parametrize("name", ["K001", "k001", "customization-missing"])
def test_one_rule_explained(capsys: pytest.CaptureFixture[str], name: str) -> None:
    done = aftgen(capsys, "rules", name)
    assert done.code == 0
    assert done.out == (
        "K001 customization-missing (error)\n"
        "There is no such customization.\n"
        "\n"
        "The account's pipeline stops with 'directory does not exist', after the account\n"
        "was made.\n"
        "\n"
        "To fix it: name a folder of account-customizations/, or make one with 'aftgen\n"
        "init customization NAME'.\n"
        "\n"
        "bad:\n"
        '    account_customizations_name = "workloads"\n'
        "\n"
        "good:\n"
        '    account_customizations_name = "workload"\n'
    )


@pytest.mark.parametrize("rule", [rule.id for rule in RULES])
def test_every_rule_can_be_explained_within_80_columns_of_prose(
    capsys: pytest.CaptureFixture[str], rule: str
) -> None:
    done = aftgen(capsys, "rules", rule)
    assert done.code == 0
    prose = done.out.split("\nbad:")[0]
    assert max(len(line) for line in prose.splitlines()) <= 80


def test_an_unknown_rule(capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "rules", "duplicate-emial")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: there is no rule 'duplicate-emial'\n"
        "hint: did you mean duplicate-email? 'aftgen rules' lists them\n"
    )


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    whole = json.loads(aftgen(capsys, "rules", "--json").out)
    assert (whole["version"], len(whole["rules"])) == (1, len(RULES))
    one = json.loads(aftgen(capsys, "rules", "E001", "--json").out)
    assert [rule["name"] for rule in one["rules"]] == ["duplicate-email"]


def test_markdown_is_the_documentation(capsys: pytest.CaptureFixture[str]) -> None:
    assert aftgen(capsys, "rules", "--markdown").out == _DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [("--json", "--markdown"), ("E001", "--markdown")])
def test_contradictions(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    assert aftgen(capsys, "rules", *arguments).code == 2
