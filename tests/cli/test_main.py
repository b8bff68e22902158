"""The command as a whole: exit codes, help, typing slips, bugs, colour, start-up."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aftgen import __version__
from aftgen.cli import main
from command_line import aftgen, process
from hcl_texts import request


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "--help")
    assert done.code == 0
    for name in main.COMMANDS:
        assert f"\n  {name} " in done.out
    assert max(map(len, done.out.splitlines())) <= 80


@pytest.mark.parametrize("name", list(main.COMMANDS))
def test_every_command_has_a_help_with_an_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, name, "--help")
    assert done.code == 0
    assert "Example: " in done.out or "Examples:" in done.out
    assert done.err == ""


def test_no_command_shows_the_help_and_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys)
    assert done.code == 2
    assert "Usage: aftgen" in done.err


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert aftgen(capsys, "--version").out == f"aftgen {__version__}\n"


def test_a_typing_slip_is_answered_with_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "chekc")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: there is no command 'chekc'. Did you mean 'check'?\n"
        "hint: 'aftgen --help' shows how it is used\n"
    )


def test_an_unknown_option_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "list", "--jsno")
    assert done.code == 2
    assert "--json" in done.err


def test_a_bug_is_an_exit_code_of_its_own_with_a_place_to_read(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr("aftgen.repository.find", crash)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    done = aftgen(capsys, "list")
    assert done.code == 3
    assert "this is a bug in aftgen: RuntimeError: boom" in done.err
    (log,) = tmp_path.glob("aftgen-*.log")
    assert str(log) in done.err
    assert "Traceback" in log.read_text()


def test_an_interrupt_is_130(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("aftgen.repository.find", interrupt)
    done = aftgen(capsys, "list")
    assert (done.code, done.out, done.err) == (130, "", "\ninterrupted\n")


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "0"}, False),
    ],
)
def test_colour_is_for_terminals_and_for_who_asks(
    environment: dict[str, str], coloured: bool, tmp_path: Path
) -> None:
    (tmp_path / "terraform").mkdir()
    done = process("show", "nobody", cwd=tmp_path, **environment)
    assert done.code == 1
    assert ("\x1b[" in done.err) is coloured


def test_a_reader_that_goes_away_is_told_apart_quietly(tmp_path: Path) -> None:
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "a.tf").write_text(request("lab"))
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        command = [sys.executable, "-m", "aftgen", "list", "--json"]
        done = subprocess.run(
            command, stdout=pipe, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path
        )
    assert (done.returncode, done.stderr) == (141, "")


_HEAVY = (
    "rich",
    "importlib.metadata",
    "yaml",
    "boto3",
    "botocore",
    "jinja2",
    "pydantic",
    "moto",
    "hcl2",
    "tree_sitter",
)


@pytest.mark.parametrize("arguments", [["--help"], *([name, "--help"] for name in main.COMMANDS)])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from aftgen.cli.main import run; code = run(sys.argv[2:]);"
        "heavy = [name for name in sys.argv[1].split() if name in sys.modules];"
        "print(heavy, file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, " ".join(_HEAVY), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_ctrl_c_while_working_leaves_quietly(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, aftgen.repository as r\n"
        "r.find = lambda *_: os.kill(os.getpid(), signal.SIGINT) or __import__('time').sleep(5)\n"
        "from aftgen.cli.main import run; sys.exit(run(['list']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (130, "\ninterrupted\n")


def test_text_that_the_terminal_cannot_encode_is_escaped(tmp_path: Path) -> None:
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "a.tf").write_text(request("lab", ou="日本"))
    done = process("list", cwd=tmp_path, PYTHONIOENCODING="latin-1")
    assert (done.code, done.err) == (0, "")
    assert "\\u65e5\\u672c" in done.out
