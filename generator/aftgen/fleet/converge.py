"""Carries a fleet plan out: the accounts that change, a few at once, each by its own ordinary run.

Nothing is kept of where it stood: the same command plans again, and what was done needs nothing any more. An
account that fails stops no other one. Interrupted, it begins no further account and lets those under way
finish, so that no lease and no half-written grant is left behind.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from threading import Event

from aft_access.errors import AccessError
from aft_access.report import Report

from aftgen.fleet.plan import FleetPlan, Planned

WORKERS = 3
"""Accounts at once; each has three writes in flight at most, and AWS takes ten of an organization
(reference/identity-center.md §3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What became of one account: the report of its run, or what stopped it."""

    planned: Planned
    report: Report | None = None
    error: str = ""
    next_step: str = ""

    @property
    def is_well(self) -> bool:
        return self.report is not None and self.report.exit_code == 0


@dataclass(slots=True, kw_only=True)
class Converged:
    """Everything that was done; ``left`` are the accounts that were not begun."""

    ended: list[Ended] = field(default_factory=list)
    left: list[Planned] = field(default_factory=list)
    interrupted: bool = False

    @property
    def failed(self) -> list[Ended]:
        return [one for one in self.ended if not one.is_well]


Run = Callable[[Planned], Report]
"""Applies one account's plan. May raise AccessError; called from several threads."""


def converge(
    plan: FleetPlan, run: Run, heard: Callable[[Ended, int, int], None], *, workers: int = WORKERS
) -> Converged:
    """Apply the plan. ``heard`` is told of each account as it ends, how many have, and how many there are.

    An exception that nobody expects is raised again when the accounts under way have ended.
    """
    work = plan.changing
    result = Converged()
    stop = Event()
    bug: list[BaseException] = []

    def one(planned: Planned) -> Ended | None:
        if stop.is_set():
            return None
        try:
            return Ended(planned=planned, report=run(planned))
        except AccessError as error:
            return Ended(planned=planned, error=str(error), next_step=error.next_step)

    def take(future: "Future[Ended | None]", planned: Planned) -> None:
        error = None if future.cancelled() else future.exception()
        if error is not None:
            stop.set()
            bug.append(error)
            return
        ended = None if future.cancelled() else future.result()
        if ended is None:
            result.left.append(planned)
            return
        result.ended.append(ended)
        heard(ended, len(result.ended), len(work))

    with ThreadPoolExecutor(max_workers=workers) as pool:
        futures = {pool.submit(one, planned): planned for planned in work}
        waiting = set(futures)
        try:
            for future in as_completed(futures):
                waiting.discard(future)
                take(future, futures[future])
        except KeyboardInterrupt:
            result.interrupted = True
            stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
            for future in sorted(waiting, key=lambda one: futures[one].name):
                take(future, futures[future])
    if bug:
        raise bug[0]
    return result
