"""Comments that silence a rule: where they reach, and what is said when they are wrong."""

from pathlib import Path

import pytest
from check_repositories import EXAMPLE, check, request, sound, write

_UPPER = 'control_tower_parameters = {\n  AccountEmail = "A@example.com"\n}\n'


def _rules(tmp_path: Path, text: str, **options: object) -> tuple[list[str], int]:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: text})
    report = check(repository, **options)
    return [finding.rule for finding in report.findings], report.silenced


_BLOCK = request(_UPPER)


@pytest.mark.parametrize(
    "text",
    [
        "# aftgen:ignore=E003 imported\n" + _BLOCK,
        "// aftgen:ignore=E003 imported\n" + _BLOCK,
        "/* aftgen:ignore=E003 imported */\n" + _BLOCK,
        "#aftgen:ignore = e003: imported\n" + _BLOCK,
        "# aftgen:ignore=E003 imported\n# owned by payments\n" + _BLOCK,
        "# aftgen:ignore=E003, X003 imported\n".replace(", X003", "") + _BLOCK,
        _BLOCK.replace('module "example" {', 'module "example" { # aftgen:ignore=E003 imported'),
        _BLOCK.replace('"A@example.com"', '"A@example.com" # aftgen:ignore=E003 imported'),
        _BLOCK.replace("    AccountEmail", "    # aftgen:ignore=E003 imported\n    AccountEmail"),
        _BLOCK.rstrip("\n") + " # aftgen:ignore=E003 imported\n",
        ("# aftgen:ignore=E003 imported\n" + _BLOCK).replace("\n", "\r\n"),
        "\ufeff# aftgen:ignore=E003 imported\n" + _BLOCK,
    ],
)
def test_a_comment_in_or_above_the_request(tmp_path: Path, text: str) -> None:
    assert _rules(tmp_path, text) == ([], 1)


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("# aftgen:ignore=E003 imported\n\n" + _BLOCK, ["X003", "E003"]),
        (_BLOCK + "# aftgen:ignore=E003 imported\n", ["E003", "X003"]),
        ("# aftgen:ignore=E003\n" + _BLOCK, ["X001", "E003"]),
        ("# aftgen:ignore imported\n" + _BLOCK, ["X002", "E003"]),
        ("# aftgen:ignore=\n" + _BLOCK, ["X002", "E003"]),
        ("# aftgen:ignore=E999 imported\n" + _BLOCK, ["X002", "E003"]),
        ("# aftgen:ignore=N001 imported\n" + _BLOCK, ["X003", "E003"]),
        ("# aftgen:ignore=E003,N001 imported\n" + _BLOCK, ["X003"]),
    ],
)
def test_wrong_comments(tmp_path: Path, text: str, rules: list[str]) -> None:
    assert _rules(tmp_path, text)[0] == rules


def test_it_silences_one_request_only(tmp_path: Path) -> None:
    second = request(_UPPER.replace("A@", "B@").replace("{\n", '{\n  AccountName = "other"\n'), "second")
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: "# aftgen:ignore=E003 imported\n" + _BLOCK + second})
    assert [finding.address for finding in check(repository).findings] == ["module.second"]


def test_a_rule_that_was_not_applied_is_not_unused(tmp_path: Path) -> None:
    text = "# aftgen:ignore=N001 imported\n" + request()
    assert _rules(tmp_path, text, ignore=["N001"]) == ([], 0)
    assert _rules(tmp_path, text, select=["E", "X"]) == ([], 0)


def test_a_request_that_nobody_evaluated_has_no_unused_comments(tmp_path: Path) -> None:
    text = "# aftgen:ignore=E003 imported\n" + request(
        'control_tower_parameters = {\n  AccountEmail = format("%s@example.com", "A")\n}\n'
    )
    assert _rules(tmp_path, text) == (["V001"], 0)


def test_a_hash_in_a_string_is_no_comment(tmp_path: Path) -> None:
    text = request('control_tower_parameters = {\n  SSOUserLastName = "# aftgen:ignore=E003 x"\n}\n')
    assert _rules(tmp_path, text) == ([], 0)
