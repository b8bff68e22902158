"""The calls per second that a whole organization shares.

Reference: Identity Center reference §3 "Quotas": IdC APIs 20 TPS collectively, Identity Store APIs a
separate 20.
"""

from collections.abc import Callable

_ROUNDING = 1e-5  # seconds since 1970 as a float are exact to about a microsecond


class TokenBucket:
    """Holds up to one second's worth of calls and refills evenly. Not locked: its owner is."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._tokens: float | None = None
        self._filled_at = now()

    def take(self, per_second: float) -> bool:
        now = self._now()
        if self._tokens is None:
            self._tokens = per_second
        self._tokens = min(per_second, self._tokens + (now - self._filled_at) * per_second)
        self._filled_at = now
        if self._tokens < 1 - _ROUNDING:
            return False
        self._tokens -= 1
        return True
