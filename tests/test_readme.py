"""The README is true: its demo is what the program prints, its commands exist, its files are there."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from aftgen.cli.main import COMMANDS, aftgen

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()
#: Of rich's SVG, in its own unit.
CHARACTER_WIDTH = 12.2


def shown_demo() -> str:
    """The demo's block in the README, with the text of the picture where the picture is."""
    match = re.search(
        r"<!-- demo -->\n```console\n(.*?)\n```\n\n!\[[^]]*\]\(([^)]+)\)\n\n(.*?)\n<!-- /demo -->",
        README,
        re.DOTALL,
    )
    assert match is not None
    return f"{match[1]}\n{text_of(ROOT / match[2])}\n\n{match[3]}"


def text_of(picture: Path) -> str:
    """The lines that an SVG of rich shows: pieces of text, each at its column."""
    lines: dict[str, str] = {}
    for piece in ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text"):
        where = piece.attrib.get("clip-path")
        if where is not None:
            text = (piece.text or "").replace("\N{NO-BREAK SPACE}", " ").rstrip("\n")
            before = lines.setdefault(where, "")
            column = round(float(piece.attrib["x"]) / CHARACTER_WIDTH)
            lines[where] = before.ljust(column) + text if text else before
    return "\n".join(line.rstrip() for line in lines.values())


@pytest.mark.slow
def test_the_demo_prints_what_the_readme_shows(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "demo.py", tmp_path / "demo"],
        capture_output=True,
        text=True,
        check=False,
        env={
            **{name: value for name, value in os.environ.items() if name.startswith("PIP_")},
            "PATH": "/usr/bin:/bin",
            "HOME": str(tmp_path),
            "AFTGEN_CACHE_DIR": str(ROOT / ".pytest_cache" / "rehearsal"),
        },
    )
    assert done.returncode == 0, done.stderr
    printed = done.stdout.replace(str(tmp_path / "demo"), "build/demo")
    assert shown_demo().strip() == printed.strip()


def commands() -> list[str]:
    """Every aftgen command line in the README's console blocks, continuation lines joined."""
    blocks = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    found = [line.split("| ")[-1].removeprefix("$ ") for line in lines if line.startswith("$ ")]
    return sorted({re.sub(r"\s+# .*", "", line) for line in found if line.startswith("aftgen ")})


@pytest.mark.parametrize("line", commands())
def test_the_readmes_commands_are_commands(line: str) -> None:
    words = shlex.split(line)[1:]
    name = words[0]
    context = click.Context(aftgen)
    command = aftgen.get_command(context, name)
    assert command is not None
    while isinstance(command, click.Group) and words[1:]:
        words = words[1:]
        command = command.get_command(context, words[0])
        assert command is not None
    command.make_context(name, words[1:], parent=context).close()


def test_the_readme_names_every_command() -> None:
    for name in COMMANDS:
        assert re.search(rf"aftgen {name}\b", README), name


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_the_readmes_links_lead_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", README + (ROOT / "CONTRIBUTING.md").read_text()))
    assert named - {"it"} <= targets
