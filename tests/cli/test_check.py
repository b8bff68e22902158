"""``aftgen check`` on a command line: exit codes, streams, files, baselines."""

import json
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from check_repositories import EXAMPLE, REQUESTS, request, sound, write
from command_line import aftgen, process

_UPPER = 'control_tower_parameters = {\n  AccountEmail = "A@example.com"\n}\n'
_WARNING = 'control_tower_parameters = {\n  ManagedOrganizationalUnit = "Root"\n}\n'
_TEXT = f"""\
{EXAMPLE}:5:20: ERROR E003 AFT looks 'A@example.com' up exactly, capital letters included
  |
5 |     AccountEmail = "A@example.com"
  |                    ^^^^^^^^^^^^^^^
  help: write 'a@example.com'

"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with one error."""
    top = tmp_path / "repository"
    sound(top)
    write(top, {EXAMPLE: request(_UPPER)})
    return top


def test_findings_on_stdout_and_the_summary_on_stderr(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "check", root)
    assert done.out == _TEXT
    assert done.err == "1 request in 1 file checked, 1 error, 0 warnings\n"
    assert done.code == 1


def test_nothing_to_find(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, {EXAMPLE: request(), f"{REQUESTS}/b.tf": "# nothing\n"})
    done = aftgen(capsys, "check", root)
    assert (done.code, done.out, done.err) == (0, "", "1 request in 1 file checked, 0 errors, 0 warnings\n")


@pytest.mark.parametrize(
    ("fragment", "arguments", "code"),
    [
        (_UPPER, [], 1),
        (_UPPER, ["--exit-zero"], 0),
        (_UPPER, ["--ignore", "E003"], 0),
        (_UPPER, ["--select", "N,M"], 0),
        (_UPPER, ["--select", "nonsense"], 2),
        (_WARNING, [], 0),
        (_WARNING, ["--strict"], 1),
        (_WARNING, ["--strict", "--exit-zero"], 0),
        (_UPPER, ["--format", "xml"], 2),
        (_UPPER, ["--write-baseline"], 2),
        (_UPPER, ["--baseline", "nowhere.json"], 2),
    ],
)
def test_exit_codes(
    root: Path, capsys: pytest.CaptureFixture[str], fragment: str, arguments: list[str], code: int
) -> None:
    write(root, {EXAMPLE: request(fragment)})
    assert aftgen(capsys, "check", root, *arguments).code == code


def test_the_current_folder_is_checked(root: Path) -> None:
    done = process("check", "--quiet", cwd=root / REQUESTS)
    assert (done.code, done.out, done.err) == (1, _TEXT, "")


def test_a_path_restricts(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        root,
        {
            f"{REQUESTS}/other.tf": request(label="other")
            .replace("example@", "o@")
            .replace('"example"', '"o"')
        },
    )
    assert aftgen(capsys, "check", root / REQUESTS / "other.tf").code == 0
    assert aftgen(capsys, "check", root / EXAMPLE).code == 1
    assert aftgen(capsys, "check", root / REQUESTS / "other.tf", root / EXAMPLE).code == 1


def test_paths_of_two_repositories(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sound(tmp_path / "second")
    done = aftgen(capsys, "check", root, tmp_path / "second")
    assert done.code == 2
    assert "are in two repositories" in done.err


def test_a_path_that_is_not_there(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "check", root / "nowhere.tf")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: {root / 'nowhere.tf'} does not exist\n"


def test_the_report_goes_to_a_file(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.json"
    done = aftgen(capsys, "check", root, "--format", "json", "--output", file)
    assert (done.code, done.out) == (1, "")
    assert json.loads(file.read_text(encoding="utf-8"))["summary"]["errors"] == 1
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["report.json"]


def test_a_report_that_cannot_be_written(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = aftgen(capsys, "check", root, "--output", tmp_path / "no" / "report.txt")
    assert done.code == 2
    assert done.err.endswith("cannot be written: No such file or directory\n")


def test_a_team_starts_with_a_baseline(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "baseline.json"
    done = aftgen(capsys, "check", root, "--baseline", file, "--write-baseline")
    assert (done.code, done.out, done.err) == (0, "", f"1 finding written to {file}\n")
    done = aftgen(capsys, "check", root, "--baseline", file)
    assert (done.code, done.out) == (0, "")
    assert done.err == (
        f"1 request in 1 file checked, 0 errors, 0 warnings\n1 known finding hidden by {file}\n"
    )
    write(root, {EXAMPLE: "\n\n" + request(_UPPER + "account_tags = null\n")})
    done = aftgen(capsys, "check", root, "--baseline", file)
    assert done.code == 1
    assert "E003" not in done.out
    assert "M008" in done.out
    write(root, {EXAMPLE: request()})
    done = aftgen(capsys, "check", root, "--baseline", file)
    assert done.code == 0
    assert done.err == (
        "1 request in 1 file checked, 0 errors, 0 warnings\n"
        f"gone since {file}: E003 module.example\n"
        f"write it again: aftgen check --baseline {file} --write-baseline\n"
    )


def test_what_was_not_looked_for_is_not_gone(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "baseline.json"
    aftgen(capsys, "check", root, "--baseline", file, "--write-baseline")
    done = aftgen(capsys, "check", root, "--baseline", file, "--select", "M")
    assert "gone" not in done.err


def test_not_evaluated_requests_are_counted(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, {EXAMPLE: request('account_customizations_name = lower("WORKLOAD")\n')})
    done = aftgen(capsys, "check", root, "--no-terraform")
    assert done.code == 0
    assert done.err == (
        "1 request in 1 file checked, 0 errors, 1 warning\n1 not evaluated: --no-terraform was given\n"
    )


def test_ignored_findings_are_counted(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, {EXAMPLE: "# aftgen:ignore=E003 imported\n" + request(_UPPER)})
    done = aftgen(capsys, "check", root)
    assert done.err == "1 request in 1 file checked, 0 errors, 0 warnings\n1 finding ignored by comments\n"


def test_colour_only_where_it_is_wanted(root: Path) -> None:
    plain = process("check", cwd=root)
    coloured = process("check", cwd=root, FORCE_COLOR="1")
    forbidden = process("check", cwd=root, FORCE_COLOR="1", NO_COLOR="1")
    assert "\x1b[31m" in coloured.out
    assert "\x1b" not in plain.out + forbidden.out
    assert click.unstyle(coloured.out) == plain.out


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from aftgen.cli.main import run; run(['check', '--help']); run(['rules', '--help']);"
        "heavy = {'rich', 'importlib.metadata', 'yaml', 'boto3', 'jinja2', 'pydantic', 'moto', 'hcl2',"
        " 'tree_sitter', 'tree_sitter_hcl'} & set(sys.modules); print('heavy:', sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("heavy: []\n")


def test_a_file_name_that_is_not_text(root: Path) -> None:
    try:
        (root / os.fsdecode(b"account-requests/terraform/\xff.tf")).write_bytes(b"data x y {}\n")
    except OSError:
        pytest.skip("this file system wants UTF-8 names")
    for name in ("text", "json", "github", "sarif", "gitlab"):
        done = process("check", "--format", name, cwd=root)
        assert done.code == 1, done.err
