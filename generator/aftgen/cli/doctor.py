"""``aftgen doctor``: whether the AFT installation, and this machine, are as they must be."""

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

    repository = here()
    checks = [*_aws(repository), *_pushers(repository), *installation.programs(machine.programs())]
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
        identity = f"account {reading.account}, {reading.connections.region}"
        first = Check(area="credentials", verdict=Verdict.OK, said=identity)
        return [first, *_asked(repository, Installation(reading))]
    missing = isinstance(problem, NoCredentials)
    verdict = Verdict.UNCHECKED if missing else Verdict.FAILED
    first = Check(area="credentials", verdict=verdict, said=problem.message, next_step=problem.hint or "")
    return [first, *unchecked(_AREAS, "there are no credentials that AFT's account takes")]


def _asked(repository: "Repository | None", aft: "Installation") -> "Iterator[Check]":
    from aft_access.errors import AccessError

    from aftgen.diagnosis import installation as judge

    questions = {
        "AFT": lambda: judge.version(aft.parameters),
        "settings": lambda: judge.settings(aft.parameters),
        "branches": lambda: judge.branches(_branches(repository, aft)),
        "roles": lambda: judge.roles(aft.roles()),
        "Identity Center": lambda: judge.center(_center(repository, aft)),
        "access ledger": lambda: judge.table(aft.table()),
        "queue": lambda: judge.queue(aft.queue()),
        "topics": lambda: judge.topics(aft.topics()),
        "pipelines": lambda: judge.pipelines(aft.pipelines()),
    }
    for area in _AREAS:
        yield from judge.asked(area, questions[area], AccessError)


def _branches(repository: "Repository | None", aft: "Installation") -> "list[Branch]":
    """What AFT reads beside what is published from here."""
    from aft_access.errors import UsageError

    from aftgen.config_file import load_config
    from aftgen.diagnosis.installation import Branch
    from aftgen.git import Git, GitError
    from aftgen.publish import remotes, settings

    if repository is None:
        raise UsageError("this is in no repository of requests, so that what it publishes is not known")
    found = []
    for target in settings.targets(load_config(repository).publish):
        prefix = f"/aft/config/{target.name}"
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
                read_repository=aft.parameters.get(f"{prefix}/repo-name", ""),
                read_branch=aft.parameters.get(f"{prefix}/repo-branch", ""),
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

    if repository is None or not (repository.identity_center / "access.yaml").is_file():
        return None
    try:
        center = load(repository.identity_center.parent).access.identity_center
    except CatalogueError as error:
        raise UsageError("; ".join(map(str, error.problems))) from None
    management = aft.parameters.get("/aft/account/ct-management/account-id", "")
    return aft.center(center.region, [management] if management else [])


def _pushers(repository: "Repository | None") -> "list[Check]":
    """Who may push to what AFT applies unasked, as GitHub says through gh."""
    from aftgen.config_file import load_config
    from aftgen.diagnosis import installation, machine
    from aftgen.git import Git, GitError
    from aftgen.publish import remotes, settings

    area = ["who may push"]
    if repository is None:
        return installation.unchecked(area, "this is in no repository of requests")
    by_repository: dict[str, list[str]] = {}
    try:
        git = Git(repository.root)
        for target in settings.targets(load_config(repository).publish):
            url = remotes.url(git, target.remote)
            if "github" not in url:
                said = f"{target.branch}: only GitHub can be asked, and {remotes.redacted(url)} is elsewhere"
                return installation.unchecked(area, said)
            by_repository.setdefault(settings.repository_name(url), []).append(target.branch)
    except GitError as error:
        return installation.unchecked(area, error.message)
    found = [each for name, branches in by_repository.items() for each in machine.protections(name, branches)]
    return installation.protections(found)


def _print(checks: "Sequence[Check]") -> None:
    from textwrap import wrap

    width = max(len(each.area) for each in checks)
    room = max(20, 78 - 11 - 2 - width - 2)
    for each in checks:
        verdict = click.style(f"{each.verdict:<11}", fg=_COLOURS[str(each.verdict)])
        rows = wrap(output.printable(each.said), room, break_on_hyphens=False) or [""]
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
