"""``aftgen guardrails``: each command line becomes the pipeline's own, and ends as that one ends."""

import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import pytest
from aftgen.cli.guardrails import command
from command_line import aftgen

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of our shape with guardrails."""
    monkeypatch.delenv("VENDED_ACCOUNT_ID", raising=False)
    (tmp_path / "aftgen.yaml").write_text("")
    (tmp_path / "account-requests" / "terraform").mkdir(parents=True)
    (tmp_path / "global-customizations" / "service-control-policies").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("name", sorted(command.commands))
def test_every_command_has_a_help_with_an_example_that_fits(name: str, capsys: Captured) -> None:
    done = aftgen(capsys, "guardrails", name, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"Example: aftgen guardrails {name} " in done.out
    assert max(map(len, done.out.splitlines())) <= 80


def test_a_help_imports_nothing_of_the_pipelines_program() -> None:
    script = (
        "import sys; from aftgen.cli.main import run; run(['guardrails', 'plan', '--help']); "
        "names = ('aft_guardrails', 'aft_access', 'boto3', 'yaml', 'pydantic', 'rich'); "
        "sys.exit(sum(name in sys.modules for name in names))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, "Say what apply would do" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("plan", "plan --organization"),
        ("plan --json", "plan --organization --json"),
        ("plan --account 5 --account 6", "plan --account 5 --account 6"),
        ("plan --organization --all", "plan --organization --all"),
        ("apply", "apply --organization"),
        ("apply --all --json", "apply --all --json"),
        ("apply --account 5 --expect 0f", "apply --account 5 --expect 0f"),
    ],
)
@pytest.mark.parametrize("code", [0, 1])
def test_the_line_is_handed_on_and_its_exit_code_back(
    root: Path, capsys: Captured, given: str, expected: str, code: int
) -> None:
    with patch("aft_guardrails.cli.main", return_value=code) as main:
        done = aftgen(capsys, "guardrails", *given.split(), "--path", root / "account-requests")
    assert done.code == code
    (call,) = main.call_args_list
    assert call.args[0] == ["--tree", str(root / "global-customizations"), *expected.split()]


@pytest.mark.parametrize("line", ["", "undo", "plan --expect 1", "apply x", "plan --account"])
def test_wrong_usage_is_2_and_calls_nothing(root: Path, capsys: Captured, line: str) -> None:
    with patch("aft_guardrails.cli.main") as main:
        done = aftgen(capsys, "guardrails", *line.split())
    assert (done.code, done.out) == (2, "")
    main.assert_not_called()


def test_a_repository_without_guardrails(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "terraform").mkdir()
    done = aftgen(capsys, "guardrails", "plan", "--path", tmp_path)
    assert done.code == 2
    assert done.err == (
        f"error: {tmp_path} has no global-customizations/service-control-policies\n"
        "hint: policies are declared in guardrails.yaml there, one JSON document beside it for each\n"
    )


def test_problems_of_the_files_are_told_before_aws_is_asked(root: Path, capsys: Captured) -> None:
    tree = root / "global-customizations"
    (tree / "organization.yaml").write_text("{}")
    (tree / "service-control-policies" / "guardrails.yaml").write_text("policies: {}\nlimit: 1\n")
    done = aftgen(capsys, "guardrails", "plan", "--path", root)
    assert (done.code, done.out) == (1, "")
    assert done.err == "service-control-policies/guardrails.yaml:2: limit: is not a known key\n"


def test_check_finds_the_same_with_a_rule_and_a_place(root: Path, capsys: Captured) -> None:
    scps = root / "global-customizations" / "service-control-policies"
    (scps.parent / "organization.yaml").write_text("{}")
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    front = "policies:\n  a: {description: x, attach: [{ous: [Nowhere]}]}\n"
    (scps / "guardrails.yaml").write_text(front)
    (scps / "a.json").write_text(json.dumps(document, indent=2))
    done = aftgen(capsys, "check", "--format", "json", root)
    findings = [
        (one["rule"], one["file"].rpartition("/")[2], one["line"])
        for one in json.loads(done.out)["findings"]
        if one["rule"].startswith("G")
    ]
    assert (done.code, sorted(findings)) == (
        1,
        [("G002", "guardrails.yaml", 2), ("G003", "a.json", 4)],
    )
