"""Follows asynchronous requests to their end, in batches, at most a few at a time.

A wave of requests is polled with one list call for all of them (the whole organization's, so own
ids are picked out); only when none is left in progress is it asked how they ended. A request is a
success when AWS says SUCCEEDED, never because it is no longer listed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from .errors import AwsError
from .ports import Assignments, Clock
from .values import Change, Ticket

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Item]):
    """What became of one item."""

    item: Item
    ticket: Ticket

    @property
    def succeeded(self) -> bool:
        """Whether AWS said SUCCEEDED."""
        return self.ticket.status == "SUCCEEDED"


def carry_out(
    items: Sequence[Item],
    change: Change,
    start: Callable[[Item], Ticket],
    assignments: Assignments,
    clock: Clock,
    *,
    in_flight: int,
    poll_seconds: float,
    deadline: float,
    alive: Callable[[], None] = lambda: None,
) -> list[Outcome[Item]]:
    """Start each item and follow it. Never more than `in_flight` at once. `alive` may raise to stop.

    A call that AWS refuses for good is a failure of its item; the others go on. What is not at its end
    at `deadline` (seconds since the epoch) is FAILED with that reason.
    """
    waiting = list(items)
    flying: dict[str, Item] = {}
    landed: list[tuple[str, Item]] = []
    done: list[Outcome[Item]] = []
    while waiting or flying:
        alive()
        while waiting and len(flying) < in_flight:
            item = waiting.pop(0)
            ticket = _started(item, change, start)
            if ticket.status == "IN_PROGRESS":
                flying[ticket.id] = item
            elif ticket.id and ticket.status == "FAILED" and not ticket.reason:
                landed.append((ticket.id, item))
            else:
                done.append(Outcome(item=item, ticket=ticket))
        if not flying:
            continue
        clock.sleep(poll_seconds)
        running = assignments.running(change)
        if clock.now() > deadline:
            late, never = "not at its end at this run's deadline", "no time left to start it"
            done += [
                Outcome(item=item, ticket=Ticket(id=one, change=change, status="FAILED", reason=late))
                for one, item in flying.items()
            ]
            done += [
                Outcome(item=item, ticket=Ticket(id="", change=change, status="FAILED", reason=never))
                for item in waiting
            ]
            waiting, flying = [], {}
        for one in [one for one in flying if one not in running]:
            landed.append((one, flying.pop(one)))
    if landed:
        ended = assignments.ended(change, [one for one, _ in landed])
        for one, item in landed:
            ticket = ended[one]
            if ticket.status == "IN_PROGRESS":
                ticket = _until_ended(ticket, assignments, clock, poll_seconds, deadline)
            done.append(Outcome(item=item, ticket=ticket))
    return done


def _started(item: Item, change: Change, start: Callable[[Item], Ticket]) -> Ticket:
    try:
        return start(item)
    except AwsError as error:
        return Ticket(id="", change=change, status="FAILED", reason=str(error))


def _until_ended(
    ticket: Ticket, assignments: Assignments, clock: Clock, poll_seconds: float, deadline: float
) -> Ticket:
    while ticket.status == "IN_PROGRESS" and clock.now() <= deadline:
        clock.sleep(poll_seconds)
        ticket = assignments.describe(ticket)
    if ticket.status == "IN_PROGRESS":
        return replace(ticket, status="FAILED", reason="not at its end at this run's deadline")
    return ticket


def wait_for_earlier(
    changes: Iterable[Change],
    account_id: str,
    assignments: Assignments,
    clock: Clock,
    *,
    poll_seconds: float,
    deadline: float,
    alive: Callable[[], None] = lambda: None,
) -> None:
    """Wait until nothing that an earlier, dead run of this account asked for is in progress.

    Called only when the ledger has unfinished rows: without it an assignment could appear after this
    run read that it is absent.
    """
    for change in changes:
        mine = {
            one
            for one in assignments.running(change)
            if assignments.describe(Ticket(id=one, change=change)).account_id == account_id
        }
        while mine and clock.now() <= deadline:
            alive()
            clock.sleep(poll_seconds)
            mine &= assignments.running(change)
