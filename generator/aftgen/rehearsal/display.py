"""Progress while a rehearsal runs: a live list on a terminal, one plain line per stage and account elsewhere,
or one JSON object per line for machines. Each is a context manager whose `hear` takes the events."""

import json
import sys
import threading
import time
from dataclasses import replace
from itertools import pairwise
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Final, Self

from aftgen.rehearsal.events import ORGANIZATION, Event, Run, Status

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

_MARKS: Final = {
    Status.PASSED: ("✓", "green"),
    Status.FAILED: ("✗", "bold red"),
    Status.REFUSED: ("✗", "bold red"),
    Status.SKIPPED: ("-", "dim"),
}
_WHEEL: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_RUNS: Final = {Run.BEFORE: "before", Run.FIRST: "", Run.SECOND: "again"}
#: What runs when a stage has begun or ended.
_BUILDS: Final = tuple(
    f"{kind} {stage}" for kind in ("global", "account") for stage in ("install", "pre", "terraform", "post")
)
_NEXT: Final = {
    "customizations": _BUILDS[0],
    **dict(pairwise(_BUILDS)),
}
_EARLY: Final = ("requests", "control tower", "provisioning")
#: What takes less is not worth a number.
_SHOWN_SECONDS: Final = 0.1


class Silent:
    """Hears and says nothing; what the others are made of."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing to end."""

    def hear(self, event: Event) -> None:
        """One event, from any thread."""


class Lines(Silent):
    """One line when a stage of an account has ended, on standard error."""

    def __init__(self, stream: IO[str] | None = None) -> None:
        self._stream = stream or sys.stderr
        self._lock = threading.Lock()

    def hear(self, event: Event) -> None:
        if event.status is not Status.STARTED:
            with self._lock:
                print(line(event), file=self._stream, flush=True)


class JsonLines(Silent):
    """One object per event, on standard output."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def hear(self, event: Event) -> None:
        self.put(event.as_object())

    def put(self, value: dict[str, Any]) -> None:
        with self._lock:
            sys.stdout.write(json.dumps(value, ensure_ascii=False) + "\n")
            sys.stdout.flush()


class LiveList(Silent):
    """What runs now at the foot of the terminal; above it one line for each account that has ended."""

    def __init__(self, *, colour: bool) -> None:
        self._colour = colour
        self._lock = threading.Lock()
        self._now: dict[str, str] = {}
        self._live: Live | None = None

    def __enter__(self) -> Self:
        from rich.console import Console
        from rich.live import Live

        console = Console(stderr=True, color_system="auto" if self._colour else None, highlight=False)
        self._live = Live(get_renderable=self._picture, console=console, refresh_per_second=8, transient=True)
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def hear(self, event: Event) -> None:
        from rich.text import Text

        said: Text | None = None
        with self._lock:
            ends = event.stage == "customizations" and event.status is not Status.STARTED
            once = not event.account and event.stage != "requests"
            if ends or (once and event.status is not Status.STARTED):
                self._now.pop(event.account or ORGANIZATION, None)
            elif event.account or once:
                shown = _stage(replace(event, stage=_NEXT.get(event.stage, event.stage)))
                self._now[event.account or ORGANIZATION] = shown
            early = once or event.stage in _EARLY
            bad = early and event.status in (Status.FAILED, Status.REFUSED)
            waits = event.stage == "provisioning" and event.status is Status.PASSED
            if bad or waits:
                self._now.pop(event.account, None)
            if ends or bad:
                mark, style = _MARKS[event.status]
                said = Text.assemble((f"{mark} ", style), line(event))
        if said is not None and self._live is not None:
            self._live.console.print(said)

    def _picture(self) -> "RenderableType":
        from rich.console import Group
        from rich.text import Text

        with self._lock:
            now = list(self._now.items())
        height = self._live.console.height - 3 if self._live else 20
        shown = now[:height]
        wheel = _WHEEL[int(time.monotonic() * 10) % len(_WHEEL)]
        rows = [Text.assemble(f"{wheel} ", (f"{name:<20}  ", "cyan"), stage) for name, stage in shown]
        more = [Text(f"  and {len(now) - len(shown)} more", style="dim")] if len(now) > len(shown) else []
        return Group(*rows, *more)


def line(event: Event) -> str:
    """An event that ended something, as one line."""
    seconds = f"{event.seconds:6.1f} s" if event.seconds >= _SHOWN_SECONDS else " " * 8
    who = event.account or ("all requests" if event.stage == "requests" else ORGANIZATION)
    shown = f"{who:<20}  {_stage(event):<25}  {event.status.value:<8}{seconds}"
    return f"{shown}  {' '.join(event.reason.split())}".rstrip()


def _stage(event: Event) -> str:
    run = _RUNS[event.run]
    return f"{event.stage} ({run})" if run else event.stage
