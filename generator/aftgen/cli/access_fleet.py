"""``aftgen access plan|apply`` for many accounts: one reading, then a run in each account that changes."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import output
from aftgen.cli.complete import account_names, organizational_units

if TYPE_CHECKING:
    from aftgen.aws.fleet_access import FleetAccess
    from aftgen.fleet.converge import Converged, Ended
    from aftgen.fleet.plan import FleetPlan, Planned
    from aftgen.fleet.question import Question

accounts_option = click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="ACCOUNT",
    shell_complete=account_names,
    help="This account: its id, name or email (several times) [default: VENDED_ACCOUNT_ID].",
)
ous_option = click.option(
    "--ou",
    "ous",
    multiple=True,
    metavar="PATH",
    shell_complete=organizational_units,
    help="The accounts below this OU (several times).",
)
all_option = click.option("--all", "every", is_flag=True, help="Every account that has a request.")


def question(accounts: Sequence[str], ous: Sequence[str], *, every: bool) -> "Question | None":
    """What the options ask for; None for one account by its id, which is the pipeline's own command.

    Raises UsageError where they ask for nothing, or contradict each other.
    """
    import os

    from aftgen.errors import UsageError
    from aftgen.fleet.question import Question

    if every and (accounts or ous):
        raise UsageError("--all is every account: it goes with neither --account nor --ou")
    if not (every or accounts or ous):
        vended = os.environ.get("VENDED_ACCOUNT_ID")
        if not vended:
            raise UsageError("no account was given", hint="--account ID|NAME, --ou PATH or --all")
        accounts = (vended,)
    if not (every or ous) and len(accounts) == 1 and is_id(accounts[0]):
        return None
    return Question(accounts=tuple(accounts), ous=tuple(ous))


def is_id(text: str) -> bool:
    return len(text) == 12 and text.isascii() and text.isdigit()


def plan(asked: "Question", path: Path, *, names: bool, as_json: bool) -> int:
    """Say what apply would do in each of the accounts; change nothing."""
    fleet, found = _planned(asked, path)
    if as_json:
        output.emit_json({**_data(found), "calls": fleet.reads.counts})
    else:
        _show(found, names=names)
        _say_effort(fleet, found)
        _next(found, asked)
    return 1 if found.refused else 0


def apply(asked: "Question", path: Path, *, expect: str, names: bool, as_json: bool) -> int:
    """Converge the accounts that change; one that fails stops no other one."""
    from aftgen.errors import Refused
    from aftgen.fleet.converge import converge

    fleet, found = _planned(asked, path)
    if expect and expect != found.fingerprint:
        raise Refused(
            f"the plan is another one than {expect}: it is {found.fingerprint}; nothing was changed",
            hint="look at it with 'aftgen access plan' and the same options",
        )
    _refuse_needs(found)
    if not as_json:
        _show_refused(found, names=names)
    _say_effort(fleet, found)
    result = converge(
        found,
        lambda one: fleet.apply(one, exactly=bool(expect)),
        lambda ended, number, of: _heard(ended, number, of, names=names),
    )
    if as_json:
        output.emit_json({**_data(found), "result": _result(result)})
    _say_end(result, found)
    if result.interrupted:
        return 130
    return 1 if found.refused or result.failed else 0


def _planned(asked: "Question", path: Path) -> "tuple[FleetAccess, FleetPlan]":
    from aft_access.catalogue import CatalogueError
    from aft_access.errors import AccessError

    from aftgen.aws.connections import connect, explained
    from aftgen.aws.fleet_access import FleetAccess
    from aftgen.cli.access_program import with_catalogue
    from aftgen.errors import Problems

    connections = connect(with_catalogue(path))
    progress = output.Progress()
    try:
        fleet = FleetAccess(connections)
        _ = connections.wiring.catalogue
        connections.check()
        return fleet, fleet.plan(asked, progress)
    except CatalogueError as error:
        raise Problems("the access catalogue cannot be used", list(map(str, error.problems))) from None
    except AccessError as error:
        raise explained(error) from error
    finally:
        progress.end()


def _refuse_needs(found: "FleetPlan") -> None:
    from aftgen.errors import Refused

    if found.needs:
        raise Refused(
            f"permission sets must be made or updated first: {', '.join(found.needs)}; nothing was changed",
            hint="'aftgen access catalogue apply' does it once, for the organization",
        )


def _show(found: "FleetPlan", *, names: bool) -> None:
    for report in found.reports:
        click.echo(report.text(names=names), nl=False)
    _show_refused(found, names=names)


def _show_refused(found: "FleetPlan", *, names: bool) -> None:
    from aft_access.report import without_people

    for one in found.refused:
        output.result(f"{one.subject.id} {one.name or '(gone)'}: refused")
        for reason in one.reasons:
            output.result(f"  ! {output.printable(reason if names else without_people(reason))}")


def _say_effort(fleet: "FleetAccess", found: "FleetPlan") -> None:
    from aftgen.fleet.converge import WORKERS

    alone = f"; {found.left_alone:,} without a request are left alone" if found.left_alone else ""
    refused = f", {len(found.refused):,} refused" if found.refused else ""
    output.message(
        f"{_count(len(found.accounts), 'account')}: {len(found.changing):,} change, "
        f"{found.unchanged:,} unchanged{refused}{alone}"
    )
    if not found.changing:
        return
    limits = fleet.connections.wiring.catalogue.access.limits
    writes = found.writes
    output.message(
        f"{_count(writes['grants'], 'grant')}, {_count(writes['revokes'], 'revoke')}, "
        f"{_count(writes['provisions'], 'provision')}: about "
        f"{_time(found.seconds(limits, WORKERS))}, at {limits.calls_per_second:g} calls a second and some "
        "10 seconds for each write"
    )


def _next(found: "FleetPlan", asked: "Question") -> None:
    from shlex import quote

    if found.needs:
        output.message(
            f"First, for the organization ({', '.join(found.needs)}): aftgen access catalogue apply"
        )
    if found.changing:
        which = [f"--account {quote(one)}" for one in asked.accounts] + [
            f"--ou {quote(one)}" for one in asked.ous
        ]
        line = " ".join(which) or "--all"
        output.message(f"Then: aftgen access apply {line} --expect {found.fingerprint}")


def _heard(ended: "Ended", number: int, of: int, *, names: bool) -> None:
    from aft_access.report import without_people

    account = ended.planned
    status = ended.report.status if ended.report is not None else "failed"
    lines = [f"[{number:,}/{of:,}] {account.subject.id} {account.name}: {status}"]
    lines += [f"  {one}" for one in (ended.error, ended.next_step) if one]
    if ended.report is not None and not ended.is_well:
        lines += [f"  ! {one}" for one in ended.report.plan.refusals]
        lines += [
            f"  FAILED {one.what} {one.subject}: {one.reason}" for one in ended.report.done if not one.ok
        ]
    for line in lines:
        output.message(output.printable(line if names else without_people(line)))
    sys.stderr.flush()


def _say_end(result: "Converged", found: "FleetPlan") -> None:
    from aft_access.report import SESSIONS

    good = len(result.ended) - len(result.failed)
    parts = [f"{_count(good, 'account')} converged"]
    parts += [f"{len(result.failed):,} failed"] if result.failed else []
    parts += [f"{len(result.left):,} not begun"] if result.left else []
    if result.interrupted:
        output.message("Interrupted; the accounts under way have ended.")
    output.message(", ".join(parts))
    if result.failed or result.left:
        output.message("The same command goes on: what was done needs nothing any more.")
    if found.writes["revokes"]:
        output.message(SESSIONS)


def _data(found: "FleetPlan") -> dict[str, Any]:
    return {
        "version": 1,
        "fingerprint": found.fingerprint,
        "needs": list(found.needs),
        "accounts": len(found.accounts),
        "unchanged": found.unchanged,
        "left_alone": found.left_alone,
        "writes": found.writes,
        "changing": [{**report.data(), "calls": {}} for report in found.reports],
        "refused": [_refused(one) for one in found.refused],
    }


def _refused(one: "Planned") -> dict[str, Any]:
    return {"account": {"id": one.subject.id, "name": one.name}, "reasons": list(one.reasons)}


def _result(result: "Converged") -> dict[str, Any]:
    return {
        "interrupted": result.interrupted,
        "not_begun": sorted(one.subject.id for one in result.left),
        "accounts": [
            {
                "id": one.planned.subject.id,
                "status": one.report.status if one.report is not None else "failed",
                "error": one.error,
                "done": one.report.data()["done"] if one.report is not None else [],
                "refusals": list(one.report.plan.refusals) if one.report is not None else [],
            }
            for one in sorted(result.ended, key=lambda one: one.planned.subject.id)
        ],
    }


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _time(seconds: float) -> str:
    if seconds < 90:
        return _count(max(1, round(seconds)), "second")
    return f"{round(seconds / 60)} minutes" if seconds < 5400 else f"{seconds / 3600:.1f} hours"
