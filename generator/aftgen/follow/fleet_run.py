"""Starts and watches the pipelines of many accounts: the effects of :mod:`aftgen.follow.fleet`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from aft_access.errors import AwsError

from aftgen.follow import fleet
from aftgen.follow.fleet import Job, State
from aftgen.follow.ports import Clock, NoPipeline, Pipelines
from aftgen.follow.values import Execution

#: Seconds between two looks at a pipeline: a customization takes minutes.
POLL_SECONDS: Final = 20.0
#: Rounds in a row that may fail before the failure counts; each call has been repeated for a minute by then.
PATIENCE: Final = 5
#: Errors that no waiting mends.
_HOPELESS: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnrecognizedClientException"})

Tell = Callable[[Job], None]


class FleetRun:
    """The jobs of one run, by account id. ``tell`` hears each change of a job."""

    def __init__(
        self,
        pipelines: Pipelines,
        clock: Clock,
        tell: Tell,
        *,
        limit: int,
        revisions: Mapping[str, str] | None = None,
    ) -> None:
        self.jobs: dict[str, Job] = {}
        self._pipelines = pipelines
        self._clock = clock
        self._tell = tell
        self._limit = limit
        self._revisions = revisions

    def add(self, job: Job) -> None:
        """One more job, or another state of one."""
        self.jobs[job.account.id] = job
        self._tell(job)

    def executions(self, pipeline: str) -> Sequence[Execution] | None:
        """None where there is no such pipeline."""
        try:
            return self._pipelines.executions(pipeline)
        except NoPipeline:
            return None

    @property
    def is_over(self) -> bool:
        return all(job.is_over for job in self.jobs.values())

    @property
    def all_started(self) -> bool:
        return all(job.is_over or job.state is State.RUNNING for job in self.jobs.values())

    def tick(self) -> None:
        """Looks at every pipeline that something is expected of, then starts what may start."""
        watched = (State.FIRST, State.WAITING, State.RUNNING)
        for job in [job for job in self.jobs.values() if job.state in watched]:
            self._update(job, self._observed(job))
        for job in fleet.startable(self.jobs.values(), self._limit):
            observed = self._observed(job)
            self._update(job, self._started(observed) if observed.state is State.QUEUED else observed)

    def run(self, deadline: float, *, wait: bool = True) -> None:
        """Rounds until everything is over (or, without ``wait``, started), or it is ``deadline``."""
        failures = 0
        while True:
            try:
                self.tick()
                failures = 0
            except AwsError as error:
                failures += 1
                if is_hopeless(error) or failures > PATIENCE:
                    raise
            if self.is_over or (not wait and self.all_started):
                break
            if self._clock.now() + POLL_SECONDS > deadline:
                break
            self._clock.sleep(POLL_SECONDS)
        self.leave("" if not wait and self.all_started else "the time is over")

    def leave(self, why: str) -> None:
        """Gives up waiting; pipelines that run go on."""
        for job in list(self.jobs.values()):
            if job.state is State.RUNNING:
                self.add(replace(job, state=State.LEFT, reason=why))
            elif not job.is_over:
                self.add(replace(job, state=State.NOT_STARTED, reason=_unstarted(job, why)))

    def _observed(self, job: Job) -> Job:
        found = self.executions(job.pipeline)
        observed = fleet.observe(job, found, self._clock.now(), self._revisions)
        if observed.state is State.FAILED and observed.failure is None and observed.execution:
            failure = self._pipelines.failure(observed.pipeline, observed.execution)
            observed = replace(observed, failure=failure, reason=observed.reason or failure.text)
        return observed

    def _started(self, job: Job) -> Job:
        now = self._clock.now()
        try:
            execution = self._pipelines.start(job.pipeline)
        except NoPipeline:
            return replace(job, state=State.FAILED, ended=now, reason="its pipeline is not there any more")
        return replace(job, state=State.RUNNING, execution=execution, started=now, started_here=True)

    def _update(self, before: Job, after: Job) -> None:
        self.jobs[after.account.id] = after
        if (before.state, before.execution) != (after.state, after.execution):
            self._tell(after)


def is_hopeless(error: AwsError) -> bool:
    """Whether calling again later cannot help: expired or refused credentials."""
    return error.code in _HOPELESS or "Expired" in error.code or "Credentials" in error.code


def _unstarted(job: Job, why: str) -> str:
    waiting = {
        State.FIRST: "AFT has not started its first run",
        State.WAITING: f"execution {job.execution[:8]} still runs",
        State.HELD: "its provisioning framework run has not ended",
    }
    return ", ".join(filter(None, (why, waiting.get(job.state, ""))))


def wrong(jobs: Iterable[Job]) -> list[Job]:
    """The jobs that did not end as they should."""
    return [job for job in jobs if job.went_wrong]
