"""A machine that runs steps, and a repository with the scripts that they run."""

import shutil
from pathlib import Path

import pytest
from published_world import World

from .steps import CI, SHA, Runner


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(
        tmp_path / "runner",
        {
            "github.event.pull_request.base.sha": "",
            "github.event.workflow_run.head_repository.owner.login": "mallory",
            "github.event.workflow_run.head_branch": "$(touch owned)`touch owned`",
            "github.event.workflow_run.head_sha": SHA,
            "github.repository": "corp/accounts",
            "github.token": "token",
            "inputs.allow_loss": "",
            "inputs.allow_removal": "",
            "vars.AFTGEN_PUBLISH_ROLE": "",
        },
    )


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A repository with the scripts in it, as 'aftgen init' leaves one."""
    made = World.make(tmp_path)
    shutil.copytree(CI, made.root / "tools/ci", ignore=shutil.ignore_patterns("__pycache__"))
    made.merge("Workflows")
    return made
