"""``aftgen rerun``: start the customizations pipelines of accounts, and see how they end."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aftgen.follow.fleet import Job
    from aftgen.follow.rerun import Prepared
    from aftgen.follow.selection import Selection
    from aftgen.repository import Repository

#: Minutes: a customization may take an hour in each of its two builds, and the last may wait for others.
_TIMEOUT = 240


_NOTHING: dict[str, list[Any]] = {"accounts": [], "unknown": [], "aft_invoke_customizations": []}


@click.command(
    "rerun",
    epilog="""\b
Examples:
  aftgen rerun payments-prod 123456789012
  aftgen rerun --base origin/main~1 --dry-run
  aftgen rerun --ou Workloads/Prod --tag Team=payments --no-wait""",
)
@click.argument("names", metavar="[ACCOUNT]...", nargs=-1)
@click.option("--base", metavar="REF", help="The accounts whose pipelines the changes since REF need.")
@click.option("--ou", "ous", metavar="PATH", multiple=True, help="Those in a unit and below, by path or id.")
@click.option("--tag", "tags", metavar="KEY=VALUE", multiple=True, help="Those with all of these tags.")
@click.option("--all", "everything", is_flag=True, help="Every account that AFT manages.")
@click.option("--no-wait", is_flag=True, help="Start them, in waves, and leave.")
@click.option(
    "--timeout",
    type=click.IntRange(1),
    default=_TIMEOUT,
    show_default=True,
    metavar="MINUTES",
    help="Wait no longer.",
)
@click.option("--dry-run", is_flag=True, help="Show what would start, and AFT's input for the same.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON (version 1).")
def command(
    names: tuple[str, ...],
    base: str | None,
    ous: tuple[str, ...],
    tags: tuple[str, ...],
    everything: bool,
    no_wait: bool,
    timeout: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Start the customizations pipelines of accounts, and wait for their results.

    ACCOUNT is a name, an email, an id or the label of a request. What several options choose is added
    together. AFT starts no pipeline when a request or a customization changes, and checks none that it
    starts. As many run at once as AFT itself would start. A pipeline that is running is waited for, and then
    started, because it may not have the newest commit.

    AWS credentials are the environment's, for AFT's management account. Interrupting leaves pipelines
    running; the same command again follows them.

    Exit code: 0 all succeeded, 1 one did not or could not be started, 2 wrong usage.
    """
    from aft_access.errors import AccessError

    from aftgen.aws.connections import explained
    from aftgen.errors import UsageError

    repository = _repository(needed=base is not None)
    selection = _selection(repository, names, base, ous, tags, everything)
    if not selection:
        if base is None:
            raise UsageError(
                "nothing says which accounts",
                hint="name them, or give --base REF, --ou PATH, --tag KEY=VALUE or --all",
            )
        output.message(f"what changed since {base} needs no account's pipeline")
        if as_json:
            output.emit_json({"version": 1, "dry_run": dry_run, **_NOTHING})
        return
    try:
        ended = _run(
            repository, selection, timeout * 60.0, wait=not no_wait, dry_run=dry_run, as_json=as_json
        )
    except AccessError as error:
        raise explained(error) from error
    if not ended:
        raise click.exceptions.Exit(1)


def _run(
    repository: "Repository | None",
    selection: "Selection",
    timeout: float,
    *,
    wait: bool,
    dry_run: bool,
    as_json: bool,
) -> bool:
    """Whether all is well."""
    from aftgen.aws.accounts import AwsAccounts
    from aftgen.aws.connections import connect
    from aftgen.aws.pipelines import AwsPipelines
    from aftgen.follow import rerun
    from aftgen.follow.fleet_run import FleetRun
    from aftgen.follow.report import job_line

    connections = connect(repository)
    connections.check()
    revisions = _heads(repository)
    heard = lambda job: output.message(output.printable(job_line(job)))  # noqa: E731
    fleet = FleetRun(
        AwsPipelines(connections.aft), connections.clock, heard, limit=connections.limit, revisions=revisions
    )
    prepared = rerun.prepare(
        selection,
        AwsAccounts(connections),
        fleet,
        labels=_labels(repository),
        revisions=revisions,
        now=connections.clock.now(),
    )
    for email in prepared.chosen.unknown:
        output.warning(f"{email}: AFT manages no account with this email")
    if not dry_run:
        try:
            for job in prepared.jobs:
                fleet.add(job)
            fleet.run(connections.clock.now() + timeout, wait=wait)
        except BaseException:
            _left_behind(fleet.jobs)
            raise
    jobs = prepared.jobs if dry_run else tuple(fleet.jobs.values())
    if as_json:
        output.emit_json(_as_object(prepared, jobs, dry_run=dry_run))
    else:
        _show(prepared, jobs, dry_run=dry_run)
    return rerun.went_well(prepared, jobs, wait=wait)


def _left_behind(jobs: "Mapping[str, Job]") -> None:
    from aftgen.follow.fleet import State

    running = [job.account.name for job in jobs.values() if job.state is State.RUNNING]
    queued = [job.account.name for job in jobs.values() if not job.is_over and job.state is not State.RUNNING]
    if running:
        output.message(f"these pipelines go on without this program: {', '.join(running)}")
    if queued:
        output.message(f"not started: {', '.join(queued)}")
    if running or queued:
        output.message("the same command again follows what runs and starts the rest")


def _show(prepared: "Prepared", jobs: "tuple[Job, ...]", *, dry_run: bool) -> None:
    import json

    from aftgen.follow import report

    for job in jobs:
        first, *rest = report.job_lines(job)
        colour = "red" if job.went_wrong else None
        output.result(click.style(output.printable(first), fg=colour))
        for line in rest:
            output.result(output.printable(line))
    counted = report.summary(jobs)
    output.result(click.style(f"would do: {counted}" if dry_run else counted, bold=True))
    if dry_run:
        output.result(
            "\nThe same by AFT itself, which runs its framework for each account first and checks no"
        )
        output.result("result: start executions of the state machine aft-invoke-customizations with")
        for each in prepared.inputs:
            output.result(json.dumps(each, ensure_ascii=False))


def _as_object(prepared: "Prepared", jobs: "tuple[Job, ...]", *, dry_run: bool) -> dict[str, Any]:
    from aftgen.follow import report

    return {
        "version": 1,
        "dry_run": dry_run,
        "accounts": [report.job_object(job) for job in jobs],
        "unknown": list(prepared.chosen.unknown),
        "aft_invoke_customizations": list(prepared.inputs),
    }


def _repository(*, needed: bool) -> "Repository | None":
    """The one that this folder is in; accounts may be named without one."""
    from aftgen.errors import UsageError
    from aftgen.repository import find

    try:
        return find(Path.cwd())
    except UsageError:
        if needed:
            raise
        return None


def _selection(
    repository: "Repository | None",
    names: tuple[str, ...],
    base: str | None,
    ous: tuple[str, ...],
    tags: tuple[str, ...],
    everything: bool,
) -> "Selection":
    from aftgen.errors import UsageError
    from aftgen.follow.selection import Selection

    pairs = {}
    for tag in tags:
        key, separator, value = tag.partition("=")
        if not separator or not key:
            raise UsageError(f"--tag {tag!r} is not KEY=VALUE")
        pairs[key] = value
    emails: tuple[str, ...] = ()
    if base is not None and repository is not None:
        from aftgen.changes.load import plan

        emails = tuple(change.id for change in plan(repository, base).pipelines)
    return Selection(
        names=names,
        emails=emails,
        ous=tuple(_unit(repository, ou) for ou in ous),
        tags=pairs or None,
        everything=everything,
    )


def _unit(repository: "Repository | None", ou: str) -> str:
    """The id of a unit that is given as a path, as ``Name (ou-id)`` or as its id."""
    import re

    from aftgen.config_file import load_organization
    from aftgen.errors import UsageError

    match = re.search(r"(?:^|\()((?:ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})|r-[0-9a-z]{4,32})\)?$", ou)
    if match:
        return match[1]
    organization = load_organization(repository) if repository else None
    if organization is None or ou not in organization.ous:
        close = organization.nearest(ou) if organization else None
        raise UsageError(
            f"--ou {ou!r} is in no organization.yaml here",
            hint=f"did you mean {close}?" if close else "give its id, ou-…, or run this in the repository",
        )
    return organization.ous[ou]


def _labels(repository: "Repository | None") -> dict[str, str]:
    """The labels of requests, with their emails, as far as they are written out."""
    if repository is None:
        return {}
    from aftgen.changes.access import Policy
    from aftgen.changes.load import side
    from aftgen.organization import Organization

    found = side(repository, terraform=False, policy_of=Policy(organization=Organization()))
    return {row.address.removeprefix("module."): row.email for row in found.rows.values()}


def _heads(repository: "Repository | None") -> dict[str, str]:
    """The commits that a pipeline would run if it started now, where the branches can be read."""
    if repository is None:
        return {}
    from aftgen.config_file import load_config
    from aftgen.follow.values import ACCOUNT_SOURCE, GLOBAL_SOURCE
    from aftgen.git import Git, GitError
    from aftgen.publish import remotes, settings

    sources = {"global-customizations": GLOBAL_SOURCE, "account-customizations": ACCOUNT_SOURCE}
    found: dict[str, str] = {}
    try:
        git = Git(repository.root)
        for target in settings.targets(load_config(repository).publish):
            if target.name in sources:
                head = remotes.read(git, target.remote).heads.get(target.ref)
                found |= {sources[target.name]: head} if head else {}
    except GitError:
        return {}
    return found if len(found) == len(sources) else {}
