"""What the rehearsal's tests share: a cache of virtual environments that outlives one run."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aftgen.rehearsal.processes import Workspace


@pytest.fixture(scope="session")
def environment_cache(request: pytest.FixtureRequest) -> Path:
    """Shared by the workers of a run, and by later runs: each environment is made once."""
    return Path(request.config.rootpath) / ".pytest_cache" / "rehearsal"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace in the test's own folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Workspace.open() as opened:
        yield opened
