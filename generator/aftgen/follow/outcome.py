"""What became of a publication, as values: :class:`Report`."""

from dataclasses import dataclass, field

from aftgen.follow.fleet import Job, State
from aftgen.follow.values import Failure
from aftgen.follow.work import AccountWork, Awaits, Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that was waited for or done once. ``detail`` is one line, ``lines`` what it printed."""

    name: str
    ok: bool
    detail: str = ""
    lines: tuple[str, ...] = ()
    failure: Failure | None = None
    next_step: str = ""


@dataclass(slots=True, kw_only=True)
class Followed:
    """One account. ``framework`` is "" (none to wait for), "running", "succeeded", "failed", "not seen"."""

    work: AccountWork
    framework: str = ""
    framework_failure: Failure | None = None
    job: Job | None = None
    checked_at: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether AFT took the change and the pipeline, if it must run, succeeded."""
        if self.work.awaits is Awaits.REFUSED or self.framework not in ("", "succeeded"):
            return False
        return self.job is None or self.job.state is State.SUCCEEDED


@dataclass(slots=True, kw_only=True)
class Report:
    """What became of a publication."""

    work: Work
    steps: list[Step] = field(default_factory=list)
    accounts: list[Followed] = field(default_factory=list)
    stopped: bool = False

    @property
    def ok(self) -> bool:
        return (
            not self.stopped
            and all(step.ok for step in self.steps)
            and all(account.ok for account in self.accounts)
        )
