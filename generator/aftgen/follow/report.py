"""What became of a publication, or of pipelines that were started by hand: text, JSON and Markdown."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from aftgen.changes.formats.markdown import LIMIT, code, prose
from aftgen.follow.fleet import Job, State
from aftgen.follow.outcome import Followed, Report, Step
from aftgen.follow.values import Failure
from aftgen.follow.work import Awaits

#: Begins the comment on a pull request.
MARKER: Final = "<!-- aftgen-follow -->"
_SHOWN: Final = 40

_WORDS: Final = {
    State.HELD: "waits",
    State.FIRST: "waits for AFT to start it",
    State.WAITING: "waits for the run that is going on",
    State.QUEUED: "queued",
    State.RUNNING: "running",
    State.SUCCEEDED: "succeeded",
    State.FAILED: "failed",
    State.SKIPPED: "not started",
    State.LEFT: "still running",
    State.NOT_STARTED: "not started",
}


def job_line(job: Job) -> str:
    """One line about an account's pipeline: ``payments-prod: succeeded after 4 min``."""
    text = _WORDS[job.state]
    if job.state is State.SUCCEEDED and job.ended > job.started > 0:
        text += f" after {minutes(job.ended - job.started)}"
    if job.state is State.RUNNING:
        text = "started" if job.started_here else "running"
        text += f" ({job.execution[:8]})"
    if job.state is State.SKIPPED:
        text = "skipped"
    details = [each for each in (job.reason, job.note) if each]
    return f"{job.account.name}: {text}" + (f": {'; '.join(details)}" if details else "")


def job_lines(job: Job) -> Iterator[str]:
    """The same, with the end of a failed build's log and the next step."""
    yield job_line(job)
    if job.failure is not None:
        yield from failure_lines(job.failure)
    if job.next_step:
        yield f"    next: {job.next_step}"


def failure_lines(failure: Failure) -> Iterator[str]:
    """A log's end, and where the whole of it is."""
    for line in failure.log:
        yield f"    | {line}"
    if failure.log_place:
        yield f"    log: {failure.log_place}"


def minutes(seconds: float) -> str:
    """``45 s``, ``4 min``, ``1 h 20 min``."""
    if seconds < 60:
        return f"{round(seconds)} s"
    whole = round(seconds / 60)
    return f"{whole} min" if whole < 60 else f"{whole // 60} h {whole % 60} min"


def summary(jobs: Iterable[Job]) -> str:
    """``2 succeeded, 1 failed``."""
    states = [_WORDS[job.state] if job.state is not State.SKIPPED else "skipped" for job in jobs]
    counted = dict.fromkeys(states)
    return ", ".join(f"{states.count(each):,} {each}" for each in counted) or "nothing to start"


def account_text(account: Followed) -> str:
    """One account in one sentence."""
    return f"{account.work.name}: {_outcome(account)}"


def _outcome(account: Followed) -> str:
    parts = []
    if account.work.awaits is Awaits.REFUSED:
        parts.append(f"AFT refuses it: {account.work.words}")
    if account.framework == "succeeded":
        parts.append(_DONE[account.work.awaits])
    elif account.framework == "running":
        parts.append("AFT's framework run has not ended")
    elif account.framework:
        why = account.framework_failure.text if account.framework_failure else ""
        parts.append(f"AFT's framework {'failed' if account.framework == 'failed' else 'did not run'}: {why}")
    if account.job is not None:
        parts.append("pipeline " + job_line(account.job).partition(": ")[2])
    elif account.work.reasons:
        parts.append("pipeline not started")
    return "; ".join(parts) or "nothing to do"


_DONE: Final = {
    Awaits.CREATE: "created",
    Awaits.ADD: "created or taken over",
    Awaits.TAKE_OVER: "taken over",
    Awaits.MOVE: "moved",
    Awaits.CUSTOMIZE: "updated",
}


def headline(report: Report) -> str:
    """The whole in one line."""
    done = sum(account.ok for account in report.accounts)
    whole = len(report.accounts)
    if report.ok:
        return f"AFT has applied {report.work.source[:12]}" + (
            f": {whole:,} account{'s' * (whole != 1)} done" if whole else ", and no account needed anything"
        )
    if report.stopped:
        return f"AFT has not applied {report.work.source[:12]}"
    return f"AFT has applied {report.work.source[:12]} in part: {done:,} of {whole:,} accounts done"


def text(report: Report) -> Iterator[tuple[str, bool]]:
    """Lines for a person, each with whether it is good."""
    yield headline(report), report.ok
    for step in report.steps:
        yield f"  {step.name}: {step.detail}", step.ok
        if not step.ok:
            for line in _step_details(step):
                yield f"  {line}", True
    for account in report.accounts:
        yield f"  {account_text(account)}", account.ok
        if not account.ok:
            for line in _account_details(account):
                yield f"  {line}", True
    if report.work.removed:
        yield f"  no longer AFT's: {', '.join(report.work.removed)}", True
    if report.work.note:
        yield f"  {report.work.note}", True


def _step_details(step: Step) -> Iterator[str]:
    if step.failure is not None:
        yield f"    {step.failure.text}"
        yield from failure_lines(step.failure)
    for line in step.lines[-_SHOWN:]:
        yield f"    | {line}"
    if step.next_step:
        yield f"    next: {step.next_step}"


def _account_details(account: Followed) -> Iterator[str]:
    if account.job is not None:
        yield from list(job_lines(account.job))[1:]


def as_object(report: Report) -> dict[str, Any]:
    """The result for a machine; version 1, in what holds it."""
    return {
        "ok": report.ok,
        "source": report.work.source,
        "base": report.work.base or None,
        "revision": report.work.revision,
        "steps": [
            {
                "name": step.name,
                "ok": step.ok,
                "detail": step.detail,
                "output": list(step.lines),
                "failure": failure_object(step.failure),
                "next_step": step.next_step or None,
            }
            for step in report.steps
        ],
        "accounts": [
            {
                "name": account.work.name,
                "email": account.work.email,
                "ok": account.ok,
                "does": account.work.awaits.value,
                "reasons": list(account.work.reasons),
                "refusal": account.work.words or None,
                "framework": account.framework or None,
                "framework_failure": failure_object(account.framework_failure),
                "pipeline": job_object(account.job) if account.job else None,
            }
            for account in report.accounts
        ],
        "removed": list(report.work.removed),
        "note": report.work.note or None,
    }


def job_object(job: Job) -> dict[str, Any]:
    """One pipeline for a machine."""
    return {
        "account_id": job.account.id,
        "name": job.account.name,
        "email": job.account.email,
        "pipeline": job.pipeline if job.account.id else None,
        "state": job.state.name.lower(),
        "execution": job.execution or None,
        "started_here": job.started_here,
        "reason": job.reason or None,
        "note": job.note or None,
        "next_step": job.next_step or None,
        "failure": failure_object(job.failure),
    }


def failure_object(failure: Failure | None) -> dict[str, Any] | None:
    """A failure for a machine."""
    if failure is None:
        return None
    return {
        "where": failure.where or None,
        "reason": failure.reason or None,
        "log": list(failure.log),
        "log_place": failure.log_place or None,
    }


def markdown(report: Report, limit: int = LIMIT) -> str:
    """A comment for the pull request: what is wrong first. Logs stay in AWS: a pull request may be public."""
    mark = "**Done.**" if report.ok else "**Not done.**"
    lines = [MARKER, f"### aftgen publish\n\n{mark} {prose(headline(report))}\n"]
    for step in report.steps:
        words = f": {prose(step.failure.text)}" if step.failure else ""
        lines.append(f"- {_mark(step.ok)} {code(step.name)}: {prose(step.detail)}{words}")
        if step.next_step:
            lines.append(f"  - next: {prose(step.next_step)}")
    ordered = sorted(report.accounts, key=lambda account: account.ok)
    for account in ordered[:_SHOWN]:
        lines.append(f"- {_mark(account.ok)} {code(account.work.name)}: {prose(_outcome(account))}")
        if account.job is not None and account.job.next_step and not account.ok:
            lines.append(f"  - next: {prose(account.job.next_step)}")
    if len(ordered) > _SHOWN:
        rest = ordered[_SHOWN:]
        lines.append(
            f"- and {len(rest):,} more, {sum(not account.ok for account in rest):,} of them not done"
        )
    if report.work.removed:
        lines.append("- no longer AFT's: " + ", ".join(code(name) for name in report.work.removed[:_SHOWN]))
    if report.work.note:
        lines.append(f"\n{prose(report.work.note)}")
    if not report.ok:
        lines.append("\nRunning the publishing workflow again does what is missing and repeats nothing.")
    written = "\n".join(lines) + "\n"
    if len(written.encode()) <= limit:
        return written
    return written.encode()[: limit - 40].decode(errors="ignore") + "\n\n… (cut: too long)\n"


def _mark(ok: bool) -> str:
    return "✅" if ok else "❌"
