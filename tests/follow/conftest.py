"""One landing zone for the tests of a module; each begins with a change of its own."""

from collections.abc import Iterator

import pytest

from .aft_world import Aft, aft_world


@pytest.fixture(scope="module")
def aft_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aft]:
    with pytest.MonkeyPatch.context() as patch, aft_world(tmp_path_factory.mktemp("aft"), patch) as made:
        yield made


@pytest.fixture
def aft(aft_of_module: Aft, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aft]:
    """Signed in, nothing going on, nothing counted."""
    aft_of_module.begin(monkeypatch)
    yield aft_of_module
    aft_of_module.zone.cloud.faults.clear()
