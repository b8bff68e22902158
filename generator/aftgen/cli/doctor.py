"""``aftgen doctor``: whether the AFT installation, and this machine, are as they must be."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aftgen.aws.evidence_installation import Installation
    from aftgen.diagnosis.installation import Branch, Center, Check
    from aftgen.repository import Repository

#: What is asked of AWS, in the order of the report.
_AREAS: Final = (
    "AFT",
    "settings",
    "branches",
    "roles",
    "Identity Center",
    "access ledger",
    "queue",
    "topics",
    "pipelines",
)
_UNASKED: Final = "AFT's account could not be asked"
_COLOURS: Final = {"ok": "green", "warning": "yellow", "failed": "red", "not checked": "cyan"}


@click.command("doctor", epilog="Example: aftgen doctor --json | jq '.checks[] | select(.verdict != \"ok\")'")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (version 1).")
def command(as_json: bool) -> int:
    """Check the AFT installation, the branches that it reads, and this machine.

    Reads AFT's settings, roles, queue, topics, pipelines, our table and Identity Center, and asks GitHub who
    may push to the branches that AFT applies. Changes nothing. What cannot be asked (no credentials, no
    rights, no gh) is 'not checked', with the reason.

    Exit code: 0 nothing failed, 1 something did, 2 wrong usage.
    """
    from aftgen.cli.status import here
    from aftgen.diagnosis import installation, machine

    repository, broken = _configured(here())
    checks = [*broken, *_aws(repository), *_pushers(repository), *installation.programs(machine.programs())]
    if as_json:
        shown = [
            {
                "area": each.area,
                "verdict": str(each.verdict),
                "said": each.said,
                "next_step": each.next_step or None,
            }
            for each in checks
        ]
        output.emit_json({"version": 1, "checks": shown})
    else:
        _print(checks)
    return installation.exit_code(checks)


def _configured(repository: "Repository | None") -> "tuple[Repository | None, list[Check]]":
    """The repository, unless its settings cannot be read: then the rest is checked without it."""
    from aftgen.config_file import load_config
    from aftgen.diagnosis.installation import Check, Verdict
    from aftgen.errors import AftgenError

    if repository is None:
        return None, []
    try:
        load_config(repository)
    except AftgenError as error:
        step = error.hint or "'aftgen check' says all of it"
        said = f"aftgen.yaml: {error.message}"
        return None, [Check(area="configuration", verdict=Verdict.FAILED, said=said, next_step=step)]
    return repository, []


def _aws(repository: "Repository | None") -> "list[Check]":
    """Everything that AWS says, or why it could not be asked."""
    from aft_access.errors import AccessError

    from aftgen.aws.connections import NoCredentials, explained
    from aftgen.aws.evidence_installation import Installation
    from aftgen.cli.status import reading_of
    from aftgen.diagnosis.installation import Check, Verdict, unchecked
    from aftgen.errors import AftgenError

    try:
        reading = reading_of(repository)
    except AccessError as error:
        problem: AftgenError = explained(error)
    except AftgenError as error:
        problem = error
    else:
        aft = Installation(reading)
        account = reading.account or "of AFT, whose parameters they may not read"
        said = f"account {account}, {reading.connections.region}, as {aft.identity()}"
        if os.environ.get("AWS_PROFILE"):
            said += f", profile {os.environ['AWS_PROFILE']}"
        first = Check(area="credentials", verdict=Verdict.OK, said=said)
        return [first, *_asked(repository, aft)]
    missing = isinstance(problem, NoCredentials)
    verdict = Verdict.UNCHECKED if missing else Verdict.FAILED
    first = Check(area="credentials", verdict=verdict, said=problem.message, next_step=problem.hint or "")
    return [first, *unchecked(_AREAS, _UNASKED)]


def _asked(repository: "Repository | None", aft: "Installation") -> "Iterator[Check]":
    from aft_access.errors import AccessError

    from aftgen.aws.evidence import reason
    from aftgen.diagnosis import installation as judge

    questions = (
        ("AFT", lambda: judge.version(aft.parameters)),
        ("settings", lambda: judge.settings(aft.parameters)),
        ("branches", lambda: judge.branches(_branches(repository, aft))),
        ("roles", lambda: judge.roles([aft.hub()])),
        ("roles", lambda: judge.roles(aft.roles())),
        ("Identity Center", lambda: judge.center(_center(repository, aft))),
        ("access ledger", lambda: judge.table(aft.table())),
        ("queue", lambda: judge.queue(aft.queue())),
        ("topics", lambda: judge.topics(aft.topics())),
        ("pipelines", lambda: judge.pipelines(aft.pipelines())),
    )
    for area, ask in questions:
        yield from judge.asked(area, ask, AccessError, reason)


def _branches(repository: "Repository | None", aft: "Installation") -> "list[Branch]":
    """What AFT reads beside what is published from here."""
    from aftgen.diagnosis.installation import Branch
    from aftgen.repository import AFT_REPOSITORIES

    if repository is None:
        unknown = "this is in no repository of requests, so that what it publishes is not known"
        return [
            Branch(
                name=name,
                read_repository=aft.read_by_aft(name, "name"),
                read_branch=aft.read_by_aft(name, "branch"),
                our_repository="",
                our_branch="",
                why=unknown,
            )
            for name in AFT_REPOSITORIES.values()
        ]
    from aftgen.config_file import load_config
    from aftgen.git import Git, GitError
    from aftgen.publish import remotes, settings

    found = []
    for target in settings.targets(load_config(repository).publish):
        there, why, ours = None, "", target.repository
        try:
            git = Git(repository.root)
            ours = ours or _repository_name(remotes.url(git, target.remote))
            there = target.ref in remotes.read(git, target.remote).heads
        except GitError as error:
            why = error.message
        found.append(
            Branch(
                name=target.name,
                read_repository=aft.read_by_aft(target.name, "name"),
                read_branch=aft.read_by_aft(target.name, "branch"),
                our_repository=ours,
                our_branch=target.branch,
                there=there,
                why=why,
            )
        )
    return found


def _repository_name(url: str) -> str:
    """What AFT would call the repository behind a URL; "" for a path, which AFT cannot read anyway."""
    from aftgen.publish import settings

    local = url.startswith(("/", ".", "file:")) or Path(url).exists()
    return "" if local else settings.repository_name(url)


def _center(repository: "Repository | None", aft: "Installation") -> "Center | None":
    from aft_access.catalogue import CatalogueError, load
    from aft_access.errors import UsageError

    management = aft.parameters.get("/aft/account/ct-management/account-id", "")
    owners = [management] if management else []
    if repository is None or not (repository.identity_center / "access.yaml").is_file():
        found = aft.center(aft.region, owners)
        return found if found.instances else None
    try:
        center = load(repository.identity_center.parent).access.identity_center
    except CatalogueError as error:
        raise UsageError("; ".join(map(str, error.problems))) from None
    return aft.center(center.region, owners)


def _pushers(repository: "Repository | None") -> "list[Check]":
    """Who may push to what AFT applies unasked, as GitHub says through gh."""
    from aftgen.config_file import load_config
    from aftgen.diagnosis import installation, machine
    from aftgen.git import Git, GitError
    from aftgen.publish import remotes, settings

    area = ["who may push"]
    if repository is None:
        return installation.unchecked(area, "this is in no repository of requests")
    by_repository: dict[tuple[str, str], list[str]] = {}
    try:
        git = Git(repository.root)
        for target in settings.targets(load_config(repository).publish):
            url = remotes.url(git, target.remote)
            if "github" not in _host(url):
                said = f"only GitHub can be asked, and {remotes.redacted(url)} is elsewhere"
                return installation.unchecked(area, said)
            named = (settings.repository_name(url), _host(url))
            by_repository.setdefault(named, []).append(target.branch)
    except GitError as error:
        return installation.unchecked(area, error.message)
    found = [
        each
        for (name, host), branches in by_repository.items()
        for each in machine.protections(name, branches, host=host)
    ]
    return installation.protections(found)


def _host(url: str) -> str:
    """The server of a remote, without user and port: ``git@github.com:Org/Repo`` is at ``github.com``."""
    from urllib.parse import urlsplit

    if "://" in url:
        return urlsplit(url).hostname or ""
    server, colon, _ = url.partition(":")
    return server.rpartition("@")[2] if colon and "/" not in server else ""


def _print(checks: "Sequence[Check]") -> None:
    from textwrap import wrap

    unasked = [each.area for each in checks if each.said == _UNASKED]
    width = max(len(each.area) for each in checks)
    room = max(20, 78 - 11 - 2 - width - 2)
    for each in checks:
        if each.area in unasked[1:]:
            continue
        said = f"nor {', '.join(unasked[1:])}: {_UNASKED}" if each.area in unasked else each.said
        verdict = click.style(f"{each.verdict:<11}", fg=_COLOURS[str(each.verdict)])
        rows = wrap(output.printable(said), room, break_on_hyphens=False) or [""]
        output.result(f"{verdict}  {each.area:<{width}}  {rows[0]}")
        blank = " " * (11 + 2 + width + 2)
        for row in rows[1:]:
            output.result(blank + row)
        for row in wrap(f"-> {each.next_step}", room, break_on_hyphens=False) if each.next_step else ():
            output.result(blank + row)
    counted: dict[str, Any] = {}
    for each in checks:
        counted[str(each.verdict)] = counted.get(str(each.verdict), 0) + 1
    output.message(", ".join(f"{number} {verdict}" for verdict, number in counted.items()))
