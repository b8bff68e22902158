"""Programs on a machine, and GitHub's answers through a ``gh`` that the test plays."""

import json
from pathlib import Path

import pytest
from aftgen.diagnosis import machine
from aftgen.diagnosis.installation import Protection


def _program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_versions_are_read_from_what_programs_print(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    _program(tmp_path, "git", "echo git version 2.51.0")
    _program(tmp_path, "terraform", "echo 'Terraform v1.11.4'; echo on linux_amd64 >&2")
    found = {each.name: each.version for each in machine.programs()}
    assert (found["git"], found["terraform"], found["aws"]) == ("2.51.0", "1.11.4", "")
    _program(tmp_path, "aws", "echo broken; exit 3")
    assert machine.programs()[3].version == "of an unknown version"


def _gh(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    rules: object,
    protection: object,
    code: int = 0,
    ruleset: object = None,
) -> None:
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    (folder / "rules").write_text(json.dumps(rules))
    (folder / "protection").write_text(json.dumps(protection))
    (folder / "ruleset").write_text(json.dumps(ruleset))
    script = (
        '[ "$1 $2 $3" = "api --hostname github.com" ] || exit 9; '
        f'case "$4" in */rules/*) cat {folder}/rules;; '
        f"*/rulesets/7) cat {folder}/ruleset;; *) cat {folder}/protection; exit {code};; esac"
    )
    _program(folder, "gh", script)


_ONLY = {"restrictions": {"users": [{"login": "bot"}], "teams": [{"slug": "platform"}], "apps": []}}


@pytest.mark.parametrize(
    ("rules", "protection", "code", "expected"),
    [
        ([{"type": "update"}], {}, 0, Protection(branch="b", who=("those that the ruleset lets pass",))),
        ([{"type": "deletion"}], _ONLY, 0, Protection(branch="b", who=("bot", "platform"))),
        ([], {"required_pull_request_reviews": {}}, 0, Protection(branch="b")),
        ([], {"message": "Branch not protected"}, 1, Protection(branch="b")),
        ([], {"message": "Not Found"}, 1, Protection(branch="b", why="gh: Not Found")),
        (
            {"message": "Bad credentials"},
            {"message": "Bad credentials"},
            1,
            Protection(branch="b", why="gh: Bad credentials"),
        ),
    ],
)
def test_who_may_push(
    rules: object,
    protection: object,
    code: int,
    expected: Protection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _gh(tmp_path, monkeypatch, rules, protection, code)
    assert machine.protections("Org/aft", ["b"]) == [expected]


def test_whom_a_ruleset_lets_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    actors = [
        {"actor_id": 4711, "actor_type": "Integration"},
        {"actor_id": None, "actor_type": "OrganizationAdmin"},
    ]
    rules = [{"type": "update", "ruleset_id": 7}]
    _gh(tmp_path, monkeypatch, rules, {}, ruleset={"bypass_actors": actors})
    expected = Protection(branch="b", who=("Integration 4711", "OrganizationAdmin"))
    assert machine.protections("Org/aft", ["b"]) == [expected]
    # Another server is asked itself, never github.com in its place.
    assert machine.protections("Org/aft", ["b"], host="git.example.com")[0].why == "gh: gh ended with 9"


def test_without_gh_or_off_github_it_is_not_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert machine.protections("Org/aft", ["b"]) == [Protection(branch="b", why="gh is not on PATH")]
    _gh(tmp_path, monkeypatch, [], {})
    assert machine.protections("", ["b"])[0].why == "the remote is no repository on GitHub"
