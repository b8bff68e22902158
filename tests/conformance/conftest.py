"""A release of the AFT framework, and the environment of its lambda layer, made once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aftgen.rehearsal.environments import Environments
from aftgen.rehearsal.framework.lambdas import requirements
from aftgen.rehearsal.processes import Workspace

from .checkouts import Judge, checkout


@pytest.fixture(scope="session")
def release() -> Judge:
    return checkout()


@pytest.fixture
def workspace() -> Iterator[Workspace]:
    with Workspace.open() as opened:
        yield opened


@pytest.fixture(scope="session")
def cache(request: pytest.FixtureRequest) -> Path:
    """Environments that outlive one run."""
    return Path(request.config.rootpath) / ".pytest_cache" / "rehearsal"


@pytest.fixture
def layer(release: Judge, workspace: Workspace, cache: Path) -> Path:
    """The interpreter with what the release's lambda layer installs, from the cache."""
    wanted = workspace.folder / "layer.txt"
    wanted.write_text(requirements(release.folder))
    return Environments(workspace, folder=cache).of(wanted).folder / "bin" / "python"
