"""The report on the pull request, through gh."""

from pathlib import Path

import pytest
from aftgen.cli.following import write_report
from aftgen.follow.outcome import Report
from aftgen.follow.work import Work
from aftgen.repository import Repository

_GH = """#!/bin/sh
echo "$@" >> "$GH_LOG"
case "$1" in
  api) echo "$GH_NUMBER" ;;
  pr) cat > "$GH_LOG.body"; [ -z "$GH_FAILS" ] || { echo "no rights" >&2; exit 1; } ;;
esac
"""


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bin").mkdir()
    gh = tmp_path / "bin/gh"
    gh.write_text(_GH)
    gh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    monkeypatch.setenv("GH_LOG", str(tmp_path / "log"))
    monkeypatch.setenv("GH_NUMBER", "12")
    return tmp_path / "log"


def write(folder: Path, pull_request: str, file: Path | None = None) -> None:
    repository = Repository(root=folder, requests=folder)
    write_report(Report(work=Work(source="s" * 40)), file, pull_request, repository)


def test_the_pull_request_of_the_commit_gets_it(log: Path, tmp_path: Path) -> None:
    write(tmp_path, "merged")
    assert log.read_text().splitlines() == [
        f"api repos/{{owner}}/{{repo}}/commits/{'s' * 40}/pulls --jq .[0].number // empty",
        "pr comment 12 --body-file -",
    ]
    assert (tmp_path / "log.body").read_text().startswith("<!-- aftgen-follow -->\n### aftgen publish\n")


@pytest.mark.parametrize(
    ("variable", "value", "warning"),
    [
        ("GH_NUMBER", "", "warning: no pull request of ssssssssssss was found\n"),
        ("GH_FAILS", "yes", "warning: gh pr comment 12: no rights\n"),
        ("PATH", "/nowhere", "warning: the pull request gets no comment: gh is not on PATH\n"),
    ],
)
def test_what_cannot_be_told_fails_nothing(
    log: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    warning: str,
) -> None:
    monkeypatch.setenv(variable, value)
    write(tmp_path, "merged")
    assert capsys.readouterr().err == warning


def test_a_file_that_cannot_be_written_fails_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(tmp_path, "", tmp_path / "none" / "report.md")
    assert capsys.readouterr().err == (
        f"warning: {tmp_path / 'none' / 'report.md'} cannot be written: No such file or directory\n"
    )
