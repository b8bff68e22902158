"""Pipelines of many accounts, in waves: what to start next, and what became of each. Pure values.

A job goes FIRST or HELD or WAITING, then QUEUED, then RUNNING, then to its end. ``observe`` says from a
pipeline's executions where a job is now, ``startable`` which may start: never more at once than AFT's own
limit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from aftgen.follow.preflight import Preflight, Verdict, is_same
from aftgen.follow.values import Execution, Failure, Vended, pipeline_of


class State(Enum):
    """Where a job is."""

    HELD = "held"  # something else of this account must end first
    FIRST = "first"  # AFT starts a new pipeline itself
    WAITING = "waiting"  # an execution that may not have the new commit is running
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    LEFT = "left running"  # nobody waits for it any more: --no-wait, or the time is over
    NOT_STARTED = "not started"


_OVER = frozenset({State.SUCCEEDED, State.FAILED, State.SKIPPED, State.LEFT, State.NOT_STARTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One account's pipeline. ``started_here``: this program started the execution.

    ``since``: an execution that began earlier does not count as AFT's first. ``note`` is for a person.
    """

    account: Vended
    state: State
    execution: str = ""
    since: float = 0.0
    started: float = 0.0
    ended: float = 0.0
    started_here: bool = False
    reason: str = ""
    next_step: str = ""
    note: str = ""
    failure: Failure | None = None

    @property
    def pipeline(self) -> str:
        return pipeline_of(self.account.id)

    @property
    def is_over(self) -> bool:
        return self.state in _OVER

    @property
    def went_wrong(self) -> bool:
        return self.state in (State.FAILED, State.NOT_STARTED)


def job_of(found: Preflight, now: float, since: float = 0.0) -> Job:
    """The job that a preflight leads to; an execution that began before ``since`` is not the wanted one."""
    match found.verdict:
        case Verdict.SKIP:
            return Job(
                account=found.account, state=State.SKIPPED, reason=found.reason, next_step=found.next_step
            )
        case Verdict.WAIT:
            note = f"{found.execution[:8]} may not have this commit"
            return Job(
                account=found.account, state=State.WAITING, execution=found.execution, since=since, note=note
            )
        case Verdict.JOIN:
            return Job(
                account=found.account,
                state=State.RUNNING,
                execution=found.execution,
                started=now,
                note="was running already",
            )
    return Job(account=found.account, state=State.QUEUED, since=since)


def startable(jobs: Iterable[Job], limit: int) -> tuple[Job, ...]:
    """Which queued jobs may start now, in their order."""
    listed = list(jobs)
    busy = sum(job.state in (State.RUNNING, State.WAITING) for job in listed)
    queued = [job for job in listed if job.state is State.QUEUED]
    return tuple(queued[: max(0, limit - busy)])


def observe(
    job: Job, executions: Sequence[Execution] | None, now: float, revisions: Mapping[str, str] | None = None
) -> Job:
    """Where a job is, by its pipeline's executions, newest first (None: there is no pipeline)."""
    if executions is None:
        if job.state in (State.FIRST, State.HELD):
            return job
        return replace(job, state=State.FAILED, ended=now, reason="its pipeline is not there any more")
    if job.state is State.FIRST:
        first = next((each for each in executions if each.started >= job.since - 1), None)
        if first is None:
            return job
        running = replace(job, state=State.RUNNING, execution=first.id, started=first.started)
        return observe(running, executions, now)
    if job.state in (State.QUEUED, State.WAITING):
        current = next((each for each in executions if each.is_running), None)
        if current is None:
            return replace(job, state=State.QUEUED, execution="", note="")
        if is_same(current, revisions) and current.started >= job.since:
            note = "was started by another"
            return replace(job, state=State.RUNNING, execution=current.id, started=current.started, note=note)
        return replace(job, state=State.WAITING, execution=current.id)
    if job.state is State.RUNNING:
        return _running(job, executions, now)
    return job


def _running(job: Job, executions: Sequence[Execution], now: float) -> Job:
    mine = next((each for each in executions if each.id == job.execution), None)
    if mine is None or mine.is_running:
        return job
    if mine.status == "Succeeded":
        return replace(job, state=State.SUCCEEDED, ended=now)
    if mine.status == "Superseded":
        # The later execution that took its place runs the newest commits of the same branches.
        newer = executions[: executions.index(mine)]
        if not newer:
            return job
        next_one = newer[-1]
        note = f"superseded by {next_one.id[:8]}"
        return _running(replace(job, execution=next_one.id, note=note), executions, now)
    if mine.status == "Failed":
        return replace(job, state=State.FAILED, ended=now)
    return replace(job, state=State.FAILED, ended=now, reason=f"somebody ended it ({mine.status.lower()})")
