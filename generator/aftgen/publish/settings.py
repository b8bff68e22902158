"""Where AFT's four repositories are: ``publish`` in aftgen.yaml, and what flags put in its place."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftgen.config import Publish
from aftgen.errors import UsageError, nearest
from aftgen.repository import AFT_REPOSITORIES

NAMES = tuple(AFT_REPOSITORIES.values())
#: AFT's own Terraform creates the four CodeCommit repositories, so that no two can have one name (aft.md §6).
_CODECOMMIT = re.compile(r"^codecommit:|//git-codecommit[.-]|@git-codecommit[.-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One of AFT's four repositories. ``name`` is AFT's own for it, ``folder`` is ours.

    ``remote`` is a git remote's name, a URL or a path; ``repository`` what AFT's module calls it, where
    somebody said so.
    """

    name: str
    folder: str
    remote: str
    branch: str
    repository: str = ""

    @property
    def ref(self) -> str:
        return f"refs/heads/{self.branch}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for. ``remotes``, ``branches`` and ``replaces`` are flags as they were given.

    ``adopt_heads`` are heads (or their first seven digits and more) that may be taken over though publishing
    did not make them; ``replaces`` names what AFT reads today where the targets are new.
    """

    source: str = "main"
    remotes: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    first: bool = False
    replaces: tuple[str, ...] = ()
    adopt_heads: tuple[str, ...] = ()
    allow_removal: tuple[str, ...] = ()
    allow_loss: tuple[str, ...] = ()
    min_revision: int = 0


def targets(
    publish: Publish, *, remotes: Mapping[str, str] | None = None, branches: Mapping[str, str] | None = None
) -> tuple[Target, ...]:
    """The four targets in the order of publishing; ``remotes`` and ``branches`` win over the configuration.

    The key ``""`` of ``remotes`` stands for all four. Raises UsageError where two are in one place.
    """
    remotes, branches = remotes or {}, branches or {}
    found = []
    configured = {str(name): target for name, target in publish.targets.items()}
    for folder, name in AFT_REPOSITORIES.items():
        given = configured.get(name)
        remote = remotes.get(name) or remotes.get("") or (given and given.remote) or publish.remote
        branch = branches.get(name) or (given and given.branch) or f"aft/{name}"
        repository = (given and given.repository) or publish.repository or ""
        found.append(Target(name=name, folder=folder, remote=remote, branch=branch, repository=repository))
    _check(found)
    return tuple(found)


def by_name(flag: str, values: Sequence[str], *, all_allowed: bool = False) -> dict[str, str]:
    """``NAME=VALUE`` of a flag, NAME one of AFT's four; with ``all_allowed`` a bare VALUE is for all of them.

    Raises UsageError.
    """
    found: dict[str, str] = {}
    for value in values:
        name, separator, rest = value.partition("=")
        if separator and name in NAMES and rest:
            found[name] = rest
        elif all_allowed and value and not (separator and re.fullmatch(r"[a-z-]*", name)):
            found[""] = value
        else:
            close = nearest(name, NAMES)
            raise UsageError(
                f"{flag} {value!r} does not name one of AFT's four repositories",
                hint=(f"did you mean {close}? " if close else "") + f"write NAME=… with {', '.join(NAMES)}",
            )
    return found


def _check(found: Sequence[Target]) -> None:
    places: dict[tuple[str, str], Target] = {}
    for target in found:
        for what, value in (("remote", target.remote), ("branch", target.branch)):
            if not value or value.startswith("-") or not value.isprintable():
                raise UsageError(f"{value!r} cannot be the {what} of {target.name}")
        other = places.setdefault((target.remote, target.branch), target)
        if other is not target:
            raise UsageError(
                f"{other.name} and {target.name} would both be the branch {target.branch!r} of "
                f"{target.remote}",
                hint="each of AFT's four repositories is a branch of its own, or a repository of its own",
            )


def check_codecommit(urls: Mapping[str, str]) -> None:
    """``urls``: the URL behind each target's name. Raises UsageError for two in one CodeCommit repository."""
    seen: dict[str, str] = {}
    for name, url in urls.items():
        if not _CODECOMMIT.search(url):
            continue
        other = seen.setdefault(url, name)
        if other != name:
            raise UsageError(
                f"{other} and {name} are one CodeCommit repository, and AFT creates four of its own",
                hint="give each its remote: publish.targets in aftgen.yaml, or --remote NAME=REMOTE",
            )


def repository_name(url: str) -> str:
    """What AFT's module calls the repository behind a URL: ``Org/Repo``, or the name alone for CodeCommit."""
    text = re.sub(r"\.git/*$", "", url.strip().rstrip("/"))
    if _CODECOMMIT.search(text):
        return re.split(r"[/:]+", text)[-1].rpartition("@")[2]
    match = re.match(r"[a-z+]+://[^/]+/(?P<path>.+)$|(?:[^@/]+@)?[^/:]{2,}:(?P<scp>.+)$", text)
    if match and not text.startswith("file://"):
        return (match["path"] or match["scp"]).lstrip("/")
    return text.rpartition("/")[2]
