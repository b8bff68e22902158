"""A fresh world for each test; nobody's git settings are needed to publish."""

from pathlib import Path

import pytest
from published_world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world that nothing was published from, where git knows nobody."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("CI", "true")
    return World.make(tmp_path)
