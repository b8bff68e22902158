"""A small landing zone on the embedded AWS, in process, with time standing still."""

from collections.abc import Iterator

import pytest
from aftgen.cloud import Behaviour, LandingZone, in_process
from aftgen.cloud.clock import Clock

from .world import PLAN, World


@pytest.fixture
def world() -> Iterator[World]:
    with in_process(Behaviour(calls_per_second=None), clock=Clock(frozen=True), seed=7) as cloud:
        yield World(LandingZone.build(cloud, PLAN))
