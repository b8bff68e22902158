"""What a run that did not converge leaves behind: an audit record, and one message for each build.

AFT runs the helpers twice in a build. Pre has to tell the topic, because post never runs when Terraform
fails between them (reference/aft.md §3.2); post has to, because its exit code is the build's. So each
failure is recorded first, and who finds the same one recorded by its own build keeps silent. A pre that
can keep no record (the table is missing, say) leaves the message to post.

The guardrails of pre (phase `guardrails`) end the build when they fail, so there is no post to leave it to.

After a message of failure the ledger forgets who was announced, so that the run which ends the trouble
says again that the account is ready. Nothing here reads the catalogue: one that cannot be loaded is a
failure like the others.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol, Self

from .catalogue import CatalogueError
from .errors import AccessError, LeaseBusyError, RefusedError
from .ledger import Entry, Ledger
from .report import Report

LONGEST_BUILD: Final = 24 * 3600
"""Seconds: no build of CodeBuild's lasts longer, its time in the queue included."""

_DETAIL: Final = 4000
"""Characters of the reasons that a record keeps."""

_LEASE_SECONDS: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a run did not converge. `refused` means that the whole plan was, and nothing was changed."""

    reasons: tuple[str, ...]
    refused: bool = False

    @classmethod
    def of(cls, error: Exception) -> Self:
        """What an exception says; one that nobody expected is a bug, named without its traceback."""
        if isinstance(error, RefusedError):
            return cls(reasons=error.reasons, refused=True)
        if isinstance(error, CatalogueError):
            return cls(reasons=tuple(map(str, error.problems)))
        if isinstance(error, AccessError):
            return cls(reasons=(str(error), *([error.next_step] if error.next_step else [])))
        return cls(reasons=(f"a bug, whose traceback is in the build log: {type(error).__name__}",))

    @classmethod
    def in_report(cls, report: Report) -> Self:
        """The changes that failed and the declared grants that are held."""
        failed = [f"{one.what} {one.subject}: {one.reason}" for one in report.done if not one.ok]
        held = [f"{one.grant} is held: {one.reason}" for one in report.plan.held if one.failing]
        return cls(reasons=(*failed, *report.plan.refusals, *held))

    @property
    def digest(self) -> str:
        """Equal for the same failure."""
        return hashlib.sha256("\n".join(self.reasons).encode()).hexdigest()[:16]

    def entry(self, phase: str) -> Entry:
        """The audit record."""
        return Entry(
            what="run refused" if self.refused else "run failed",
            subject="run",
            detail="; ".join(self.reasons)[:_DETAIL],
            phase=phase,
            digest=self.digest,
        )


class Tells(Protocol):
    """What is told to people: `notify.Topics`."""

    def failed(self, account_id: str, failure: Failure) -> None: ...


def leave(
    failure: Failure,
    account_id: str,
    phase: str,
    ledger: Callable[[], Ledger],
    topics: Callable[[], Tells],
) -> tuple[str, ...]:
    """Record a failure and tell it once in its build. Raises nothing; says what could not be done."""
    complaints: list[str] = []
    known = recorded = False
    try:
        known = _known(ledger(), account_id, failure)
        ledger().record(account_id, failure.entry(phase))
        recorded = True
    except AccessError as error:
        if str(error) not in failure.reasons:
            complaints.append(f"the failure could not be recorded: {error}")
    if known or (phase == "pre" and not recorded):
        return tuple(complaints)
    try:
        topics().failed(account_id, failure)
        if recorded:
            _unannounce(ledger(), account_id)
    except LeaseBusyError:
        pass  # whoever holds the lease goes on to say how it ended
    except AccessError as error:
        if str(error) not in failure.reasons:
            complaints.append(f"AFT's topic could not be told: {error}")
    return tuple(complaints)


def _known(ledger: Ledger, account_id: str, failure: Failure) -> bool:
    """Whether this build has recorded the same failure."""
    build = ledger.stamp.build
    if not build:
        return False
    recent = ledger.audit(account_id, since=ledger.clock.now() - LONGEST_BUILD)
    return any((one["build"], one.get("digest")) == (build, failure.digest) for one in recent)


def _unannounce(ledger: Ledger, account_id: str) -> None:
    lease = ledger.lease(f"account#{account_id}", _LEASE_SECONDS, 0)
    try:
        state = ledger.account(account_id)
        if state.announced:
            row = (f"account#{account_id}", "account", replace(state, announced="").fields)
            ledger.write(lease, put=[row])
    finally:
        lease.release()
