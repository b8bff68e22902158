"""From the push to the last pipeline: :class:`Following`.

The order is the point of it. AFT's repository pipelines must have applied the commit first. Then what belongs
to the whole organization is written, once, so that no account's pipeline needs to. Then each account: as soon
as AFT's own framework run for it has ended, well or not, its pipeline starts, because a revocation must not
wait for another account's creation, nor for its own tags.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Final

from aft_access.errors import AwsError

from aftgen.follow import awaited, framework, preflight
from aftgen.follow.awaited import Awaited, Progress
from aftgen.follow.fleet import Job, State, job_of
from aftgen.follow.fleet_run import PATIENCE, POLL_SECONDS, FleetRun, is_hopeless
from aftgen.follow.outcome import Followed, Report, Step
from aftgen.follow.ports import Accounts, Clock, Convergence, Framework, Pipelines, Refusals
from aftgen.follow.values import (
    REQUESTS_PIPELINE,
    Execution,
    Failure,
    FrameworkRun,
    Vended,
    pipeline_of,
)
from aftgen.follow.work import AccountWork, Awaits, Commit, Work

#: How long a push may take to start its pipeline.
_TRIGGER_SECONDS: Final = 15 * 60.0
#: Between two looks for the reason of a request of which nothing is heard.
_DIAGNOSIS_SECONDS: Final = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The ports together."""

    pipelines: Pipelines
    framework: Framework
    accounts: Accounts
    refusals: Refusals
    convergence: Convergence
    clock: Clock


class Following:
    """Follows one publication. ``contains`` says of a commit of a pipeline whether it has the wanted one in
    it.

    ``tell`` gets lines for a person while it goes on; ``report`` is right at any moment.
    """

    def __init__(
        self,
        work: Work,
        outside: Outside,
        *,
        contains: Callable[[Commit, str], bool],
        changed_since: Callable[[str], Collection[str]],
        tell: Callable[[str], None],
        tell_job: Callable[[Job], None],
        limit: int,
    ) -> None:
        self.report = Report(work=work)
        self._work = work
        self._outside = outside
        self._clock = outside.clock
        self._contains = contains
        self._changed_since = changed_since
        self._tell = tell
        self._fleet = FleetRun(
            outside.pipelines, outside.clock, self._heard(tell_job), limit=limit, revisions=work.revisions
        )
        self._pending: list[Followed] = []
        self._executions: dict[str, Sequence[Execution]] = {}
        self._recent: Collection[str] | None = None  # emails; None: all of them
        self._began = 0.0
        self._earliest = 0.0
        self._applied = 0.0

    def follow(self, timeout: float) -> Report:
        """Follows to the end, or for ``timeout`` seconds. Raises AccessError where AWS ends it."""
        deadline = self._clock.now() + timeout
        self.report.accounts = [Followed(work=account) for account in self._work.accounts]
        if not self._commits(deadline):
            self.report.stopped = True
            return self.report
        self._converge("catalogue", self._outside.convergence.catalogue)
        self._converge("guardrails", self._outside.convergence.guardrails)
        self._accounts()
        self._rounds(deadline)
        return self.report

    # --- AFT's repository pipelines

    def _commits(self, deadline: float) -> bool:
        """Whether every pipeline has succeeded with its commit."""
        waiting = list(self._work.commits)
        seen_by = self._clock.now() + _TRIGGER_SECONDS
        told: set[str] = set()
        while waiting:
            for commit in tuple(waiting):
                found = self._judged(commit)
                now = self._clock.now()
                unseen = found.progress is Progress.NOT_SEEN
                if found.progress is Progress.RUNNING and commit.pipeline not in told:
                    told.add(commit.pipeline)
                    self._tell(f"{commit.pipeline} runs {commit.commit[:12]}")
                if found.is_over or (unseen and (not commit.expected or now >= seen_by)) or now >= deadline:
                    waiting.remove(commit)
                    self._step(self._ended(commit, found))
            if waiting:
                self._clock.sleep(POLL_SECONDS)
        return all(step.ok for step in self.report.steps)

    def _look_back(self, commit: Commit, by: Execution) -> None:
        """Since when AFT's framework may have run for what is followed.

        What an earlier execution has applied already had its run then, and nothing comes of it now.
        """
        executions = self._executions[commit.pipeline]
        older = executions[executions.index(by) + 1 :]
        ours = [each for each in older if each.revisions.get(commit.source) in commit.since_base]
        self._applied, self._earliest = by.updated, min(each.started for each in (by, *ours))
        done = next((each for each in ours if each.status == "Succeeded"), None)
        later = older if done is None else older[: older.index(done)]
        self._began = min(each.started for each in (by, *(each for each in later if each in ours)))
        if done is not None:
            self._recent = self._changed_since(done.revisions[commit.source])

    def _judged(self, commit: Commit) -> Awaited:
        executions = self._fleet.executions(commit.pipeline) or ()
        self._executions[commit.pipeline] = executions
        return awaited.judge(executions, commit.source, lambda one: self._contains(commit, one))

    def _ended(self, commit: Commit, found: Awaited) -> Step:
        name, shown = commit.pipeline, commit.commit[:12]
        if commit.pipeline == REQUESTS_PIPELINE and found.execution is not None:
            self._look_back(commit, found.execution)
        again = (
            f"correct the cause, 'aws codepipeline start-pipeline-execution --name {name}', run this again"
        )
        if found.progress is Progress.SUCCEEDED:
            return Step(name=name, ok=True, detail=f"applied {shown}")
        if found.progress is Progress.FAILED and found.execution is not None:
            failure = self._outside.pipelines.failure(name, found.execution.id)
            words = found.execution.status.lower()
            return Step(name=name, ok=False, detail=f"{words} with {shown}", failure=failure, next_step=again)
        if found.progress is Progress.RUNNING:
            return Step(
                name=name,
                ok=False,
                detail=f"still runs {shown}: the time is over",
                next_step="run publish --follow again: it goes on from here",
            )
        if not commit.expected:
            return Step(name=name, ok=True, detail=f"has nothing new to apply ({shown})")
        return Step(
            name=name,
            ok=False,
            detail=f"has not started with {shown}",
            next_step=f"look at AFT's connection to the repository, or start it: "
            f"aws codepipeline start-pipeline-execution --name {name}",
        )

    # --- the organization

    def _converge(self, name: str, run: Callable[[], tuple[int, str] | None]) -> None:
        done = run()
        if done is None:
            self._step(Step(name=name, ok=True, detail="nothing is declared"))
            return
        code, text = done
        lines = tuple(line for line in text.splitlines() if line.strip())
        if code == 0:
            self._step(Step(name=name, ok=True, detail="converged", lines=lines))
            return
        what = "access catalogue" if name == "catalogue" else "guardrails"
        self._step(
            Step(
                name=name,
                ok=False,
                detail=f"did not converge (exit code {code})",
                lines=lines,
                next_step=f"'aftgen {what} plan' says what it would do; publish --follow again applies it",
            )
        )

    def _step(self, step: Step) -> None:
        self.report.steps.append(step)
        self._tell(f"{step.name}: {step.detail}" + (f": {step.failure.text}" if step.failure else ""))

    # --- accounts

    def _accounts(self) -> None:
        """Jobs for the accounts that wait for nothing; the others are pending."""
        free: list[Followed] = []
        for account in self.report.accounts:
            if account.work.awaits in (Awaits.NOTHING, Awaits.REFUSED):
                if account.work.reasons:
                    free.append(account)
            else:
                account.framework = "running"
                self._pending.append(account)
        self._release(free)

    def _release(self, free: list[Followed]) -> None:
        """Each account's pipeline may run now."""
        if not free:
            return
        managed = {each.request.casefold(): each for each in self._outside.accounts.managed()}
        found = [managed.get(account.work.email.casefold()) for account in free]
        asked = self._outside.accounts.with_status([vended for vended in found if vended])
        statuses = {each.id: each for each in asked}
        for account, known in zip(free, found, strict=True):
            vended = known or _new(account.work)
            if not vended.id:
                reason = "AFT manages no account with this email"
                account.job = Job(account=vended, state=State.NOT_STARTED, reason=reason)
                self._tell(f"{account.work.name}: {reason}")
                continue
            executions = self._fleet.executions(pipeline_of(vended.id))
            found_now = preflight.look(
                statuses[vended.id], executions, revisions=self._work.revisions, since=self._applied
            )
            job = job_of(found_now, self._clock.now(), self._applied)
            done = self._done(executions or ())
            if job.state is State.QUEUED and done is not None:
                job = replace(
                    job, state=State.SUCCEEDED, execution=done.id, note="ran already", started=done.started
                )
            elif job.state is State.SKIPPED:
                job = replace(job, state=State.NOT_STARTED)
            self._fleet.add(job)

    def _done(self, executions: Sequence[Execution]) -> Execution | None:
        """An execution that has done what is wanted: these commits, after the requests were applied."""
        return next(
            (
                each
                for each in executions
                if each.status == "Succeeded"
                and preflight.is_same(each, self._work.revisions)
                and each.started >= self._applied
            ),
            None,
        )

    def _rounds(self, deadline: float) -> None:
        failures = 0
        while True:
            try:
                self._frameworks()
                self._fleet.tick()
                failures = 0
            except AwsError as error:
                failures += 1
                if is_hopeless(error) or failures > PATIENCE:
                    raise
            if not self._pending and self._fleet.is_over:
                return
            if self._clock.now() + POLL_SECONDS > deadline:
                break
            self._clock.sleep(POLL_SECONDS)
        for account in self._pending:
            self._tell(f"{account.work.name}: AFT's framework run has not ended; the time is over")
        self._fleet.leave("the time is over")

    def _frameworks(self) -> None:
        if not self._pending:
            return
        runs = self._outside.framework.runs(min(self._began, self._earliest))
        free: list[Followed] = []
        for account in tuple(self._pending):
            run = framework.of(runs, account.work.email, self._since(account))
            if run is not None and not run.is_running:
                self._pending.remove(account)
                self._framework_ended(account, run)
                if account.work.awaits.starts_itself:
                    self._first(account, run)
                elif account.work.reasons:
                    free.append(account)
                continue
            until = framework.deadline(account.work, self._applied, self._work.minutes)
            late = self._clock.now() >= until or not self._is_recent(account)
            if run is None and self._given_up(account, late):
                self._pending.remove(account)
                if account.work.reasons and not account.work.awaits.starts_itself:
                    free.append(account)
        self._release(free)

    def _is_recent(self, account: Followed) -> bool:
        return self._recent is None or account.work.email in self._recent

    def _since(self, account: Followed) -> float:
        return self._began if self._is_recent(account) else self._earliest

    def _framework_ended(self, account: Followed, run: FrameworkRun) -> None:
        account.framework = "succeeded" if run.succeeded else "failed"
        if not run.succeeded:
            account.framework_failure = self._outside.framework.failure(run)
            self._tell(f"{account.work.name}: AFT's framework failed: {account.framework_failure.text}")
        else:
            self._tell(f"{account.work.name}: AFT's framework run succeeded")

    def _first(self, account: Followed, run: FrameworkRun) -> None:
        """AFT starts a new account's pipeline itself, if its framework came so far as to make it."""
        vended = _new(account.work, run.account_id)
        if account.framework == "failed":
            reason = "AFT's framework failed before it made the pipeline"
            self._fleet.add(Job(account=vended, state=State.NOT_STARTED, reason=reason))
            return
        self._fleet.add(Job(account=vended, state=State.FIRST, since=run.started))

    def _given_up(self, account: Followed, late: bool) -> bool:
        """Whether nothing more will come; the reason is looked for now and then, and at the end."""
        now = self._clock.now()
        if not late and now - account.checked_at < _DIAGNOSIS_SECONDS:
            return False
        account.checked_at = now
        reason, where = self._outside.refusals.product_failure(account.work.name), "Control Tower"
        if not reason:
            since = self._since(account)
            reason = self._outside.refusals.logged(account.work.name, account.work.email, since)
            where = "AFT refused it"
        if not reason and not late:
            return False
        account.framework = "not seen"
        account.framework_failure = Failure(
            where=where if reason else "AFT has not begun with it",
            reason=reason
            or "look at the queue aft-account-request-dlq.fifo and the topic aft-failure-notifications",
        )
        self._tell(f"{account.work.name}: {account.framework_failure.text}")
        return True

    def _heard(self, tell_job: Callable[[Job], None]) -> Callable[[Job], None]:
        """Keeps each account's job up to date, and hands it on."""

        def hear(job: Job) -> None:
            for account in self.report.accounts:
                if account.work.email.casefold() == (job.account.request or job.account.email).casefold():
                    account.job = job
            tell_job(job)

        return hear


def _new(work: AccountWork, account_id: str = "") -> Vended:
    """The account of a request that AFT's tables do not know yet."""
    return Vended(id=account_id, name=work.name, email=work.email, request=work.email)
