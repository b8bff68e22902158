"""Which run of AFT's provisioning framework is an account's: :func:`of`, and until when to wait for it."""

from collections.abc import Iterable

from aftgen.follow.values import FrameworkRun
from aftgen.follow.work import MINUTES, AccountWork, Awaits


def of(runs: Iterable[FrameworkRun], email: str, since: float = 0.0) -> FrameworkRun | None:
    """The latest of ``runs`` that is for the account with this email; letter case does not count."""
    wanted = email.casefold()
    late_enough = (run for run in runs if run.started >= since - 1)
    mine = [run for run in late_enough if any(each.casefold() == wanted for each in run.emails)]
    return max(mine, key=lambda run: run.started, default=None)


def deadline(account: AccountWork, applied: float, queue_minutes: int) -> float:
    """When there is nothing to wait for any more; ``applied`` is when the requests were applied."""
    queues = account.awaits in (Awaits.CREATE, Awaits.ADD, Awaits.MOVE)
    queued = queue_minutes if queues else 0
    return applied + 60 * (queued + MINUTES.get(account.awaits, 0))
