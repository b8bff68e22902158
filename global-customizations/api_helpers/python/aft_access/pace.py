"""How fast one process calls Identity Center, whose rate all pipelines of the organization share.

Nobody tells a process how many others there are; a throttled answer does. Each one halves this process's
rate, and each answer that comes gives a little of it back, so that any number of runs end up sharing what
there is, as TCP's connections do. The pauses of a slowed process are uneven on purpose: processes that were
throttled at the same moment must not come back at the same moment.
"""

import random
from threading import Lock
from typing import Final

from .ports import Clock

SLOWEST: Final = 0.5
"""Calls a second that are never gone below: forty such runs still share 20."""

_SETTLING: Final = 1.0
"""Seconds in which several throttled answers are one piece of news: the same full second of AWS's."""

_RECOVERY: Final = 0.03
"""Calls a second that each answer gives back."""


class Pace:
    """The rate of one process, shared by its threads: `calls_per_second` at first and at most."""

    def __init__(self, clock: Clock, calls_per_second: float = 20.0) -> None:
        self._clock = clock
        self._limit = calls_per_second
        self.rate = calls_per_second
        self.next_at = 0.0
        self._slowed_at = float("-inf")
        self._lock = Lock()

    def wait(self) -> None:
        """Sleep until the next call may be made."""
        with self._lock:
            now = self._clock.now()
            mine = max(now, self.next_at)
            gap = 1.0 / self.rate
            if self.rate < self._limit:
                gap *= 0.5 + random.random()
            self.next_at = mine + gap
        if mine > now:
            self._clock.sleep(mine - now)

    def throttled(self) -> None:
        """AWS said that there are too many calls."""
        now = self._clock.now()
        with self._lock:
            if now - self._slowed_at >= _SETTLING:
                self.rate = max(min(SLOWEST, self._limit), self.rate / 2)
                self._slowed_at = now

    def answered(self) -> None:
        """AWS took a call."""
        with self._lock:
            self.rate = min(self._limit, self.rate + _RECOVERY)
