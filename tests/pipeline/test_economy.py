"""The figures of `tools/bench_access.py`, which `make bench` prints, held to their targets."""

import importlib.util
import sys
from types import ModuleType

import pytest

from .trees import REPOSITORY

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_access", REPOSITORY / "tools/bench_access.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_access"] = module
    spec.loader.exec_module(module)
    return module


def test_an_unchanged_account_beside_the_call_per_item_way(bench: ModuleType) -> None:
    with bench.organization(33) as world:
        peer, ours, cost = world.call_per_item(), world.run("pre"), world.change(3, 2)
    assert (peer.shared, peer.writes) == (100, 15)
    assert (ours.shared, ours.writes) == (8, 0)
    assert ours.others <= 12
    assert cost.writes == 3 + 2
    assert cost.status <= 6


@pytest.mark.parametrize(("paths", "others"), [(True, 9), (False, 10)])
def test_through_a_delegated_administrator_and_among_many_sets(
    bench: ModuleType, paths: bool, others: int
) -> None:
    """Three OUs deep: without a path in DescribeAccount only the nearest OU is asked for."""
    with bench.organization(133, delegated=True, describes_account_paths=paths) as world:
        ours = world.run("pre")
    assert (ours.shared, ours.writes) == (10, 0)
    assert ours.others == others <= 12
