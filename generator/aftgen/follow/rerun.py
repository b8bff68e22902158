"""Starting accounts' pipelines by hand: which, whether they may, and the same in AFT's own words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aftgen.follow import invocation, preflight
from aftgen.follow.fleet import Job, State, job_of
from aftgen.follow.fleet_run import FleetRun
from aftgen.follow.ports import Accounts
from aftgen.follow.selection import Chosen, Selection, choose
from aftgen.follow.values import pipeline_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What would be done. ``inputs`` are for AFT's ``aft-invoke-customizations``."""

    chosen: Chosen
    jobs: tuple[Job, ...]
    inputs: tuple[dict[str, Any], ...]


def prepare(
    selection: Selection,
    accounts: Accounts,
    fleet: FleetRun,
    *,
    labels: Mapping[str, str],
    revisions: Mapping[str, str],
    now: float,
) -> Prepared:
    """Choose, and look at each account and its pipeline. Nothing is started.

    Raises UsageError for a name that AFT does not manage.
    """
    chosen = choose(selection, accounts.managed(), labels=labels, below=accounts.below, tags=accounts.tags)
    jobs = []
    for account in accounts.with_status(chosen.accounts):
        executions = fleet.executions(pipeline_of(account.id))
        jobs.append(job_of(preflight.look(account, executions, revisions=revisions), now))
    units = [unit for ou in selection.ous for unit in accounts.units_below(ou)]
    inputs = invocation.inputs(
        ids=[each.id for each in chosen.accounts if each.id in chosen.named],
        ous=tuple(dict.fromkeys(units)),
        tags=selection.tags,
        everything=selection.everything,
        excluded=[job.account.id for job in jobs if job.state is State.SKIPPED],
    )
    return Prepared(chosen=chosen, jobs=tuple(jobs), inputs=tuple(inputs))


def went_well(prepared: Prepared, jobs: Sequence[Job], *, wait: bool) -> bool:
    """Whether everything that somebody asked for one by one was done, and nothing that was started failed."""
    if prepared.chosen.unknown:
        return False
    for job in jobs:
        asked = job.account.id in prepared.chosen.named
        if job.went_wrong or (job.state is State.SKIPPED and asked) or (job.state is State.LEFT and wait):
            return False
    return True
