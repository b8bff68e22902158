"""Time, so that a test can move it: tokens expire, requests finish and buckets refill when it is moved."""

import threading
import time


class Clock:
    """The real time plus what was added; `frozen` stands still until it is advanced."""

    def __init__(self, *, frozen: bool = False) -> None:
        self._lock = threading.Lock()
        self._frozen_at = time.time() if frozen else None
        self._offset = 0.0

    def now(self) -> float:
        with self._lock:
            base = time.time() if self._frozen_at is None else self._frozen_at
            return base + self._offset

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._offset += seconds
