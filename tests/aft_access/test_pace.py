"""The rate of one process, and what many of them do to a rate that they share."""

import random

import pytest
from access_fakes import FakeClock
from aft_access.pace import SLOWEST, Pace


def test_it_keeps_to_its_limit_and_no_slower() -> None:
    clock = FakeClock()
    pace = Pace(clock, 4.0)
    for _ in range(3):
        pace.wait()
        pace.answered()
    assert (clock.slept, pace.rate) == ([0.25, 0.25], 4.0)


def test_each_second_of_throttling_halves_the_rate_and_answers_give_it_back() -> None:
    clock = FakeClock()
    pace = Pace(clock, 8.0)
    for _ in range(3):
        pace.throttled()  # one piece of news
    assert pace.rate == 4.0
    for expected in (2.0, 1.0, SLOWEST, SLOWEST):
        clock.sleep(1.0)
        pace.throttled()
        assert pace.rate == expected
    for _ in range(250):
        pace.answered()
    assert pace.rate == pytest.approx(8.0)
    pace.answered()
    assert pace.rate == 8.0


def test_a_rate_below_the_slowest_is_kept() -> None:
    pace = Pace(FakeClock(), 0.2)
    pace.throttled()
    assert pace.rate == 0.2


def test_slowed_processes_do_not_come_back_at_the_same_moments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aft_access.pace.random", random.Random(7))
    clock = FakeClock()
    pace = Pace(clock, 8.0)
    pace.throttled()
    for _ in range(20):
        pace.wait()
    assert len(set(clock.slept)) == 19
    assert min(clock.slept) >= 0.125
    assert max(clock.slept) <= 0.375


@pytest.mark.parametrize("processes", [8, 20])
def test_processes_that_share_a_rate_converge_without_a_storm(
    processes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each wants 8 calls a second; together they may have 20, held by a bucket of one second."""
    monkeypatch.setattr("aft_access.pace.random", random.Random(7))

    class Own(FakeClock):
        def sleep(self, seconds: float) -> None:
            self.time += seconds

    clocks = [Own(now=0.0) for _ in range(processes)]
    paces = [Pace(clock, 8.0) for clock in clocks]
    tokens, filled, taken, refused = 20.0, 0.0, 0, 0
    for _ in range(4000):
        turn = min(range(processes), key=lambda one: max(clocks[one].time, paces[one].next_at))
        paces[turn].wait()
        now = clocks[turn].time
        tokens, filled = min(20.0, tokens + (now - filled) * 20.0), now
        if tokens >= 1.0:
            tokens -= 1.0
            taken += 1
            paces[turn].answered()
        else:
            refused += 1
            paces[turn].throttled()
    assert refused / (taken + refused) < 0.1
    assert taken / filled > 15.0
