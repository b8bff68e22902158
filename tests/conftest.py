"""What every test shares: no network but loopback, no outside configuration, Terraform or a named skip."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

TERRAFORM = shutil.which("terraform")

# CI judges a change, always by the same cases; a developer's machine and `make fuzz` look for new ones.
settings.register_profile("ci", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need Terraform are skipped, by name, where it is not."""
    if TERRAFORM:
        return
    skip = pytest.mark.skip(reason="terraform is not on PATH")
    for item in items:
        if item.get_closest_marker("terraform"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def ada(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Git's settings, whoever runs the tests."""
    path = tmp_path_factory.mktemp("git") / "config"
    path.write_text("[user]\n  name = Ada Lovelace\n  email = ada@example.com\n")
    return path


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch, ada: Path) -> None:
    """Nothing of the developer's own settings reaches a test."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "AFTGEN_", "TF_")) and name not in _KEPT:
            monkeypatch.delenv(name)
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "CI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(ada))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


_KEPT = frozenset({"AFTGEN_MEANING_CASES", "AWS_CA_BUNDLE"})
