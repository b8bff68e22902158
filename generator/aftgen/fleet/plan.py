"""What a run would do in each of many accounts, and the whole of it as one plan that can be reviewed.

Every account is planned by ``aft_access``'s own ``AccountRun``; here are only the many. An account without a
request and without anything of ours is nobody's business and is counted, not planned.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from aft_access.errors import RefusedError
from aft_access.models import Limits
from aft_access.report import Report

from aftgen.fleet.standings import Subject

Progress = Callable[[str, int, int], None]
#: Calls that an account's own run makes beside its writes, when it changes something (`make bench`).
CALLS_OF_A_RUN: Final = 12
#: Seconds that AWS takes for one assignment, for an estimate before anything was measured.
SECONDS_OF_A_WRITE: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One account: the report of its plan, or why there is none."""

    subject: Subject
    report: Report | None = None
    refusals: tuple[str, ...] = ()

    @property
    def status(self) -> str:
        """``planned`` (it changes), ``unchanged``, ``skipped`` or ``refused``."""
        return self.report.status if self.report is not None else "refused"

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it is refused."""
        return self.report.plan.refusals if self.report is not None else self.refusals

    @property
    def name(self) -> str:
        return self.subject.account.name if self.subject.account else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlan:
    """The accounts that were planned, in the order of their names; ``left_alone`` are nobody's."""

    accounts: tuple[Planned, ...]
    left_alone: int = 0

    @property
    def changing(self) -> tuple[Planned, ...]:
        """Those in which a run would write something."""
        return tuple(one for one in self.accounts if one.status == "planned")

    @property
    def refused(self) -> tuple[Planned, ...]:
        return tuple(one for one in self.accounts if one.status == "refused")

    @property
    def unchanged(self) -> int:
        return len(self.accounts) - len(self.changing) - len(self.refused)

    @property
    def needs(self) -> tuple[str, ...]:
        """Permission sets that an account's run would create or update first, for the organization."""
        return tuple(sorted({name for one in self.reports for name in one.plan.needs}))

    @property
    def reports(self) -> tuple[Report, ...]:
        """Those of the accounts that change."""
        return tuple(one.report for one in self.changing if one.report is not None)

    @property
    def writes(self) -> dict[str, int]:
        """How many grants, revokes and provisions."""
        plans = [one.plan for one in self.reports]
        return {
            "grants": sum(len(one.grants) for one in plans),
            "revokes": sum(len(one.revokes) for one in plans),
            "provisions": sum(len(one.provisions) for one in plans),
        }

    @property
    def fingerprint(self) -> str:
        """Equal for fleet plans that would do the same."""
        content = "\n".join(f"{one.account_id} {one.plan.fingerprint}" for one in self.reports)
        return hashlib.sha256(content.encode()).hexdigest()[:16]

    def seconds(self, limits: Limits, workers: int) -> float:
        """How long carrying it out may take: what the rate allows, or what AWS needs for the writes."""
        writes = sum(self.writes.values())
        calls = len(self.changing) * CALLS_OF_A_RUN + 2 * writes
        at_once = workers * min(limits.in_flight, 3)
        return max(calls / limits.calls_per_second, writes * SECONDS_OF_A_WRITE / at_once)


def plan(
    subjects: Iterable[Subject], report_of: Callable[[Subject], Report], progress: Progress
) -> FleetPlan:
    """Plan the accounts that are somebody's. A RefusedError of ``report_of`` is kept as a refusal."""
    everyone = tuple(subjects)
    ours = [one for one in everyone if one.request is not None or one.rows]
    planned = []
    for number, subject in enumerate(ours, 1):
        try:
            planned.append(Planned(subject=subject, report=report_of(subject)))
        except RefusedError as error:
            planned.append(Planned(subject=subject, refusals=error.reasons))
        progress("accounts", number, len(ours))
    return FleetPlan(accounts=tuple(planned), left_alone=len(everyone) - len(ours))
