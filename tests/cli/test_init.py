"""``aftgen init``: flags, prompts, a clone, an empty folder; ``init customization`` as it was."""

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Done, aftgen

FLAGS = (
    "--email",
    "aws+{name}@corp.example",
    "--sso-email",
    "aws@corp.example",
    "--sso-first-name",
    "AWS",
    "--sso-last-name",
    "O'Neil",
    "--ou",
    "Sandbox=ou-ab12-sandbox9",
    "--ou",
    "Workloads/Prod=ou-ab12-wlprod99",
    "--home-region",
    "eu-central-1",
    "--repository",
    "corp/aws-accounts",
    "--owners",
    "@corp/platform @corp/security",
)


def init(capsys: pytest.CaptureFixture[str], *arguments: object) -> Done:
    return aftgen(capsys, "init", *arguments)


def test_an_empty_folder_becomes_a_repository_that_passes_the_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "accounts"
    done = init(capsys, *FLAGS, "--path", root)
    assert done.code == 0
    assert "create   aftgen.yaml\n" in done.out
    assert "Next: read what was written, then\n  git init --initial-branch main\n" in done.err
    assert (root / "tools/ci/publish.sh").stat().st_mode & 0o111 == 0o111
    assert aftgen(capsys, "check", root).code == 0
    again = init(capsys, *FLAGS, "--path", root)
    assert (again.code, again.out) == (1, "")
    assert "this repository is set up already" in again.err
    assert "  - aftgen.yaml is not the example any more" in again.err


def test_json_and_dry_run_write_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = init(capsys, *FLAGS, "--path", tmp_path / "x", "--dry-run", "--json")
    shown = json.loads(done.out)
    assert (shown["version"], shown["written"], shown["kept"]) == (1, False, [])
    assert "global-customizations/organization.yaml" in shown["files"]
    assert not (tmp_path / "x").exists()


def test_answers_that_are_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = init(capsys, *FLAGS[2:-2], "--path", tmp_path / "x")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: nothing was written: answers are missing\n"
        "  - --email: Email of an account, {name} standing for its name, such as aws+{name}@example.com\n"
        "  - --owners: Who must review what runs with rights, such as @my-org/platform\n"
        "hint: give them as flags, or run it at a terminal, where it asks\n"
    )
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("flag", "value", "why"),
    [
        ("--email", "aws@example.com", "it holds no {name}"),
        ("--email", "{name}", "@"),
        ("--sso-email", "nobody", "nobody"),
        ("--home-region", "Frankfurt", "it is no region's name"),
        ("--repository", "a b", "it is no repository's name"),
        ("--owners", "platform", "owners are @user, @org/team"),
        ("--ou", "Sandbox", "write it as PATH=ID"),
        ("--ou", "Sandbox=ou-1", "'ou-1' is no OU id"),
        ("--ou", "/A=ou-ab12-wlprod99", "is no path"),
        ("--ou", "Sandbox=ou-ab12-sandbox8", "it is given twice"),
    ],
)
def test_answers_that_cannot_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], flag: str, value: str, why: str
) -> None:
    done = init(capsys, *FLAGS, flag, value, "--path", tmp_path / "x")
    assert (done.code, done.out) == (2, "")
    assert f"  - {flag} " in done.err
    assert why in done.err
    assert not (tmp_path / "x").exists()


def test_a_folder_with_something_else_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b", "c", "d"):
        (tmp_path / name).touch()
    done = init(capsys, *FLAGS, "--path", tmp_path)
    assert (done.code, done.out) == (1, "")
    assert f"{tmp_path} is not empty (a, b, c, …) and has no aftgen.yaml" in done.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c", "d"]


def test_it_refuses_before_it_asks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a").touch()
    assert init(capsys, "--path", tmp_path).code == 1


def test_it_asks_at_a_terminal(tmp_path: Path) -> None:
    """A wrong answer is asked for again; an empty OU ends the list."""
    answers = [
        "aws@corp.example",
        "aws+{name}@corp.example",
        "aws@corp.example",
        "AWS",
        "Admins",
        "eu-central-1",
        "corp/accounts",
        "@corp/platform",
        "Sandbox",
        "Sandbox=ou-ab12-sandbox9",
        "",
    ]
    environment = {key: value for key, value in os.environ.items() if key != "CI"} | {"TERM": "dumb"}
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "aftgen", "init", "--path", "x"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=theirs, stdout=theirs, stderr=theirs
    ) as child:
        os.close(theirs)
        shown = b""
        for answer in answers:
            shown += _until(terminal, b": ")
            os.write(terminal, f"{answer}\n".encode())
        shown += _until(terminal, None)
    os.close(terminal)
    assert child.returncode == 0, shown.decode()
    assert b"it holds no {name}" in shown
    assert b"write it as PATH=ID" in shown
    assert "Sandbox: ou-ab12-sandbox9" in (tmp_path / "x/global-customizations/organization.yaml").read_text()


def _until(terminal: int, end: bytes | None) -> bytes:
    """What the program prints up to ``end``, or until it is gone."""
    shown = b""
    while end is None or not shown.endswith(end):
        ready, _, _ = select.select([terminal], [], [], 30)
        assert ready, shown
        try:
            read = os.read(terminal, 4096)
        except OSError:
            break
        if not read:
            break
        shown += read
    return shown


def test_a_customization_as_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "aftgen.yaml").write_text("version: 1\n")
    monkeypatch.chdir(tmp_path)
    done = init(capsys, "customization", "data-platform")
    assert done.code == 0
    assert "create  account-customizations/data-platform/terraform/main.tf\n" in done.out
