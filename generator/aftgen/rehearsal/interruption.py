"""Signals that end a rehearsal from its first moment on: before there is a workspace to clear up, while what
takes a second to import is imported. Only the standard library is imported here."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

SIGNALS: Final = ("SIGINT", "SIGTERM", "SIGHUP")


class Interrupted(KeyboardInterrupt):
    """A signal ended the run; `signal` is its number. `aftgen.cli.main` answers 130, as to Ctrl-C."""

    def __init__(self, signal: int) -> None:
        super().__init__(signal)
        self.signal = signal


def handle(handler: Any) -> dict[int, Any]:
    """Make `handler` the one for every signal; answers the handlers before, by number.

    nohup sets SIGHUP aside, a shell SIGINT for its background jobs: that was on purpose and stays so. Only
    the main thread can handle signals; in another one nothing happens.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    # Windows has no SIGHUP.
    numbers = [getattr(signal, name) for name in SIGNALS if hasattr(signal, name)]
    return {
        number: signal.signal(number, handler)
        for number in numbers
        if signal.getsignal(number) != signal.SIG_IGN
    }


def restore(handlers: dict[int, Any]) -> None:
    """Back to what `handle` answered."""
    for number, handler in handlers.items():
        signal.signal(number, handler)


@contextmanager
def interruptible() -> Iterator[None]:
    """Every signal raises Interrupted inside; one that somebody's `except` swallowed, at the end."""
    came: list[int] = []

    def on_signal(number: int, _: FrameType | None) -> None:
        came.append(number)
        if len(came) == 1:  # a second one must not cut short the clearing up after the first
            raise Interrupted(number)

    before = handle(on_signal)
    try:
        yield
    finally:
        restore(before)
    if came:
        raise Interrupted(came[0])
