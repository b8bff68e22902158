"""A rehearsal from the command's options to the result: workspace, embedded AWS, landing zone, rounds.

Everything that is started lives in one `Workspace` and one `serve()`, which `rehearsed` closes again however
it ends; with --keep the command waits inside.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aftgen.checks.access import load_catalogue
from aftgen.cloud import Behaviour, LandingZone, serve
from aftgen.config_file import load_organization
from aftgen.errors import AftgenError, UsageError
from aftgen.git import Git
from aftgen.organization import Organization
from aftgen.rehearsal import landing, requests, trees
from aftgen.rehearsal.chain import Framework, Setting
from aftgen.rehearsal.conclusion import Before, conclude
from aftgen.rehearsal.environments import Environments
from aftgen.rehearsal.events import Listener, Run
from aftgen.rehearsal.findings import Finder
from aftgen.rehearsal.processes import Workspace
from aftgen.rehearsal.publishing import Publishing
from aftgen.rehearsal.rehearsal import Rehearsal
from aftgen.rehearsal.requests import Requests
from aftgen.rehearsal.result import Result
from aftgen.rehearsal.trees import Trees
from aftgen.repository import AFT_REPOSITORIES, CONFIG_NAME, Repository, find

if TYPE_CHECKING:
    from aft_access.catalogue import Catalogue

    from aftgen.rehearsal.pipeline import Distribution

_ONLY_REQUESTS: Final = (
    "there is no global-customizations/ here: rehearsed up to the account, no pipeline was run"
)
_LAST_READ: Final = {"1.17": "1.17.1", "1.18": "1.18.1", "1.20": "1.20.1"}
#: AFT's maximum_concurrent_customizations.
MOST_AT_ONCE: Final = 5
#: Time is not what is rehearsed: nothing waits for AWS, and no quota of calls a second slows a run.
BEHAVIOUR: Final = Behaviour(
    polls_until_done=0,
    seconds_until_done=0.0,
    answers_when_done=True,
    calls_per_second=None,
    # Terraform is not applied here, and it is what makes them.
    checks_customer_policies=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked for. `framework` is a checkout of AFT; `names` are account names, none for all."""

    path: Path
    names: tuple[str, ...] = ()
    before: str = ""
    aft_version: str = "1.20"
    distribution: "Distribution" = "oss"
    terraform: bool = True
    checks: bool = True
    framework: Path | None = None
    logs: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """The result, and the embedded AWS as it stands, for as long as the context lasts."""

    result: Result
    zone: LandingZone
    endpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Revision:
    name: str
    repository: Repository
    requests: Requests
    trees: Trees
    organization: Organization
    catalogue: "Catalogue | None"
    problems: tuple[str, ...] = ()

    @property
    def has_customizations(self) -> bool:
        """Without AFT's tree of global customizations no pipeline can run."""
        return self.trees.has(trees.GLOBAL)


@contextmanager
def rehearsed(options: Options, listen: Listener) -> Iterator[Rehearsed]:
    """Rehearse. Raises UsageError for what cannot be rehearsed at all; failures are in the result."""
    with Workspace.open() as workspace, serve(BEHAVIOUR, seed=1) as server:
        revisions = list(_revisions(options, workspace))
        requests.check_names(options.names, *(each.requests for each in revisions))
        rows = [row for each in revisions for row in each.requests.rows]
        now = revisions[-1]
        ground = landing.describe(
            now.repository,
            now.organization,
            rows,
            catalogue=now.catalogue,
            aft_version=full_version(options.aft_version),
            distribution=options.distribution,
        )
        zone = ground.build(server.cloud)
        setting = Setting(
            zone=zone,
            workspace=workspace,
            environments=Environments(workspace),
            distribution=options.distribution,
            has_state_machine=ground.has_state_machine,
        )
        framework = _framework(options, setting)
        rehearsal = Rehearsal(framework, zone, listen, jobs=jobs(), logs=options.logs)
        finder = Finder(zone, now.catalogue)
        before = None
        for revision in revisions:
            chosen = requests.select(revision.requests, options.names)
            run = Run.FIRST if revision is now else Run.BEFORE
            if revision.has_customizations:
                framework.publish(revision.trees)
            rehearsal.move_to(chosen, run)
            if revision.has_customizations and not chosen.stopped:
                rehearsal.customize(run, Publishing(trees=revision.trees, zone=zone, workspace=workspace))
            if revision is not now:
                before = Before.now(finder)
        if now.has_customizations and not now.requests.stopped:
            rehearsal.customize(Run.SECOND, Publishing(trees=now.trees, zone=zone, workspace=workspace))
        result = conclude(
            rehearsal.course(before=before),
            finder,
            remarks=[*ground.remarks, *(remark for each in revisions for remark in _remarks(each))],
            before=options.before,
        )
        yield Rehearsed(result=result, zone=zone, endpoint=server.endpoint)


def jobs() -> int:
    """How many accounts run at once: about as many as there are processors, as AFT at most five."""
    return max(2, min(MOST_AT_ONCE, 2 * (os.cpu_count() or 1)))


def full_version(text: str) -> str:
    """The release that `1.20` means: the last that was read, else its first. Raises UsageError."""
    parts = text.removeprefix("v").split(".")
    if not 2 <= len(parts) <= 3 or not all(part.isdigit() for part in parts):
        raise UsageError(f"{text!r} is not a version of AFT", hint="write it as 1.20 or 1.17.1")
    return _LAST_READ.get(".".join(parts), ".".join([*parts, "0"][:3]))


def _framework(options: Options, setting: Setting) -> Framework:
    if options.framework is not None:
        from aftgen.rehearsal.framework import load

        return load(options.framework, setting)
    from aftgen.rehearsal.builtin import BuiltIn

    return BuiltIn(setting)


def _revisions(options: Options, workspace: Workspace) -> Iterator[_Revision]:
    repository = find(options.path)
    folder = workspace.folder
    if options.before:
        git = Git(repository.root)
        commit = git.resolve(options.before)
        export = folder / "before"
        export.mkdir()
        below = repository.root.resolve().relative_to(git.root.resolve())
        git.export(commit, export, _published(git, commit, below))
        before = find(export / below)
        published = trees.from_folder(before.root, into=folder / "trees-before", revision=1, commit=commit)
        yield _revision(options, options.before, before, published, folder / "requests-before")
    published = trees.from_work_tree(repository.root, into=folder / "trees", revision=2)
    yield _revision(options, "", repository, published, folder / "requests")


def _published(git: Git, commit: str, below: Path) -> Sequence[str]:
    """The paths of a revision that AFT or this program reads; all of it where it is no repository of ours."""
    names = [str(below / name) for name in (CONFIG_NAME, *AFT_REPOSITORIES)]
    return names if git.files(commit, names) else ()


def _revision(
    options: Options, name: str, repository: Repository, published: Trees, scratch: Path
) -> _Revision:
    problems: list[str] = []
    organization = Organization()
    if repository.organization.is_file():
        try:
            organization = load_organization(repository)
        except AftgenError as error:
            problems.append(f"{error.place or 'organization.yaml'}: {error.message}")
    catalogue, unusable = load_catalogue(repository)
    problems += [f"{each.path}: {each.message}" for each in unusable]
    read = requests.read(
        repository,
        scratch=scratch,
        distribution=options.distribution,
        terraform=options.terraform,
        # What was merged is there, whatever `aftgen check` says of it today.
        checks=options.checks and not name,
    )
    return _Revision(
        name=name,
        repository=repository,
        requests=read,
        trees=published,
        organization=organization,
        catalogue=catalogue,
        problems=tuple(problems),
    )


def _remarks(revision: _Revision) -> list[str]:
    where = f"{revision.name}: " if revision.name else ""
    missing = [] if revision.has_customizations else [_ONLY_REQUESTS]
    return [where + text for text in (*revision.requests.remarks, *revision.problems, *missing)]
