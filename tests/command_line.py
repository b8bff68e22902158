"""Runs the command line as a person does, in this process or in one of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from aftgen.cli.main import run


@dataclass(frozen=True, slots=True)
class Done:
    """What a run printed and its exit code."""

    code: int
    out: str
    err: str


def aftgen(capsys: pytest.CaptureFixture[str], *arguments: object) -> Done:
    """Run a command line in this process."""
    code = run([str(argument) for argument in arguments])
    captured = capsys.readouterr()
    return Done(code, captured.out, captured.err)


def process(*arguments: object, cwd: Path, **environment: str) -> Done:
    """Run a command line in a process of its own, without a terminal."""
    done = subprocess.run(
        [sys.executable, "-m", "aftgen", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
