"""Runs the ``run:`` steps of a workflow in a scratch clone as a runner would; what they call only records."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
CI = ROOT / "tools" / "ci"
#: The commit of a pull request.
SHA = "a" * 40
_EXPRESSION = re.compile(r"\$\{\{\s*(?P<name>[^}]+?)\s*\}\}")

#: Answers from a folder by method and path, filters with --jq as gh does, and records what was sent.
GH = """#!{python}
import json, os, pathlib, subprocess, sys
arguments = sys.argv[2:]
assert sys.argv[1] == "api", sys.argv
method, path, query, sent, fields = "", "", None, None, {{}}
while arguments:
    word = arguments.pop(0)
    if word == "--method": method = arguments.pop(0)
    elif word == "--jq": query = arguments.pop(0)
    elif word == "--input": sent = json.loads(pathlib.Path(arguments.pop(0)).read_text())
    elif word == "-f":
        key, _, value = arguments.pop(0).partition("="); fields[key] = value
    elif word not in ("--paginate", "--silent"):
        assert not word.startswith("-"), word
        path = word
method = method or ("POST" if sent or fields else "GET")
assert os.environ["GH_TOKEN"] == "token"
home = pathlib.Path(os.environ["GH_STUB"])
with (home / "calls").open("a") as calls:
    calls.write(json.dumps([method, path, fields, sent]) + "\\n")
answer = json.loads((home / "answers").read_text()).get(method + " " + path, {{}})
text = json.dumps(answer)
if query is not None:
    text = subprocess.run(["jq", "-r", query], input=text, text=True, capture_output=True, check=True).stdout
    print(text, end="")
"""


def load(path: Path) -> dict[str, Any]:
    """A workflow as YAML 1.2 readers have it: ``on`` is a key, and no truth."""
    read = yaml.safe_load(path.read_text())
    return {("on" if key is True else key): value for key, value in read.items()}


def runs(workflow: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every step that runs a shell."""
    return [step for job in workflow["jobs"].values() for step in job["steps"] if "run" in step]


@dataclass
class Runner:
    """A machine with the steps' tools on PATH and a folder to keep what they record."""

    home: Path
    context: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tools = self.home / "tools"
        self.tools.mkdir(parents=True)
        self.tool("gh", GH.format(python=sys.executable))
        self.tool("aftgen", f'#!/bin/sh\nexec {sys.executable} -m aftgen "$@"\n')
        self.answer({})

    def tool(self, name: str, text: str) -> None:
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def answer(self, answers: Mapping[str, object]) -> None:
        (self.home / "answers").write_text(json.dumps(answers))

    @property
    def calls(self) -> list[list[Any]]:
        """What gh was asked: method, path, fields, body."""
        file = self.home / "calls"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def run(self, workflow: str, step: str, cwd: Path, **extra: str) -> subprocess.CompletedProcess[str]:
        """Run one step by its name."""
        (found,) = [one for one in runs(load(WORKFLOWS / workflow)) if one.get("name") == step]
        environment = {name: self._filled(str(value)) for name, value in found.get("env", {}).items()}
        return self.shell(found["run"], cwd, **environment, **extra)

    def shell(self, script: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        base = {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "HOME": str(self.home),
            "RUNNER_TEMP": str(self.home / "temp"),
            "GITHUB_STEP_SUMMARY": str(self.home / "summary"),
            "GH_STUB": str(self.home),
            "CI": "true",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
        }
        (self.home / "temp").mkdir(exist_ok=True)
        return subprocess.run(
            ["bash", "-e", "-c", script],
            cwd=cwd,
            env={**base, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def _filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda match: self.context[match["name"]], text)
