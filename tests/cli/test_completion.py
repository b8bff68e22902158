"""Shell completion: the scripts, and what they complete."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import aftgen
from hcl_texts import request


@pytest.mark.parametrize(
    ("shell", "mark"),
    [
        ("bash", "complete -o nosort -F"),
        ("zsh", "#compdef aftgen"),
        ("fish", "complete --no-files --command aftgen"),
    ],
)
def test_the_script_of_each_shell(shell: str, mark: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "completion", shell)
    assert (done.code, done.err) == (0, "")
    assert mark in done.out
    assert "_AFTGEN_COMPLETE" in done.out


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not on PATH")
def test_bash_takes_the_script(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(aftgen(capsys, "completion", "bash").out)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0


def test_an_unknown_shell(capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "completion", "tcsh")
    assert done.code == 2
    assert "'bash', 'zsh', 'fish'" in done.err


def complete(folder: Path, *words: str) -> list[str]:
    """What bash would be offered for a command line that ends in the last word."""
    done = subprocess.run(
        [sys.executable, "-m", "aftgen"],
        cwd=folder,
        env={
            **os.environ,
            "_AFTGEN_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(["aftgen", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.split("\n") if line]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "aftgen.yaml").write_text("version: 1\n")
    requests = tmp_path / "account-requests" / "terraform"
    requests.mkdir(parents=True)
    (requests / "a.tf").write_text(request("payments-prod"))
    (requests / "b.tf").write_text(request("lab"))
    (tmp_path / "account-customizations" / "workload" / "terraform").mkdir(parents=True)
    (tmp_path / "global-customizations").mkdir()
    (tmp_path / "global-customizations" / "organization.yaml").write_text(
        "organizational_units:\n  Sandbox: ou-ab12-sandbox1\n  Workloads/Prod: ou-ab12-wlprod01\n"
    )
    return tmp_path


def test_commands(repository: Path) -> None:
    assert complete(repository, "ch") == ["check"]


def test_account_names(repository: Path) -> None:
    assert complete(repository, "show", "pay") == ["payments-prod"]


def test_organizational_units(repository: Path) -> None:
    assert complete(repository, "new", "x", "--ou", "Work") == ["Workloads/Prod"]


def test_customizations(repository: Path) -> None:
    assert complete(repository, "new", "x", "--customization", "w") == ["workload"]


def test_outside_a_repository_there_is_nothing_to_complete(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert complete(tmp_path, "show", "p") == []
