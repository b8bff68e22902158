"""What the repository held where the work began: which requests exist already, and what they said.

AFT knows a request from the merge on. One that is not on the base is not known to AFT yet and may be changed
freely.
"""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from aftgen.git import Git, GitError
from aftgen.reader.folder import read
from aftgen.reader.model import ForeignBlock, Request, RequestFolder
from aftgen.repository import AFT_REPOSITORIES, Repository

#: Where 'aftgen publish' puts what AFT reads, most telling first.
_PUBLISHED = ("origin/aft/account-request", "aft/account-request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A revision's requests. ``folder`` is None where there is no revision to look at, ``why`` says why."""

    revision: str = ""
    folder: RequestFolder | None = None
    why: str = ""

    def request(self, request: Request) -> Request | None:
        """The same request there: by its address, or else by its email."""
        found = self.folder.requests if self.folder else ()
        same = [one for one in found if one.address == request.address]
        if not same and request.email:
            same = [one for one in found if (one.email or "").lower() == request.email.lower()]
        return same[0] if same else None

    def is_live(self, request: Request) -> bool:
        """Whether AFT may know the account. Without a base, it must be taken to."""
        return self.folder is None or self.request(request) is not None


def load(repository: Repository, revision: str | None = None) -> Base:
    """The requests of a revision, or of where the work left the default branch.

    Raises GitError for a named revision that cannot be read.
    """
    try:
        git = Git(repository.root)
        commit = git.resolve(revision) if revision else git.merge_base(git.default_branch())
        return Base(revision=commit, folder=at(git, repository, commit))
    except GitError as error:
        if revision:
            raise
        return Base(why=error.message)


def at(git: Git, repository: Repository, commit: str) -> RequestFolder:
    """The request folder of a commit. What only evaluating tells is not known in it."""
    root = repository.root.resolve().relative_to(git.root.resolve()).as_posix()
    requests = repository.requests.resolve().relative_to(git.root.resolve()).as_posix()
    marker = repository.config.resolve().relative_to(git.root.resolve()).as_posix()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        # All that modules beside the folder may be called from, without the rest of the repository.
        paths = [requests if requests != "." else "", marker]
        git.export(commit, folder, [path for path in paths if path] if requests != "." else ())
        (folder / requests).mkdir(parents=True, exist_ok=True)
        return read(replace(repository, root=folder / root, requests=folder / requests))


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The moved blocks that AFT's pipeline has had, and the revision that says so."""

    revision: str
    moved: Sequence[ForeignBlock]


def published(repository: Repository, revision: str | None = None) -> Published:
    """What AFT reads: the published branch where git knows one, else the default branch.

    Raises GitError where there is neither.
    """
    git = Git(repository.root)
    if revision is None:
        revision = next(_known(git, _PUBLISHED), None) or git.default_branch()
    commit = git.resolve(revision)
    if not revision.endswith(_PUBLISHED[1]):
        return Published(revision=revision, moved=at(git, repository, commit).moved)
    # The published tree is the content of account-requests/, without the folder.
    top = next(iter(reversed(AFT_REPOSITORIES)))
    below = repository.requests.resolve().relative_to(repository.root.resolve()).as_posix()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        git.export(commit, folder)
        requests = folder / below.removeprefix(f"{top}/")
        requests.mkdir(parents=True, exist_ok=True)
        found = read(Repository(root=folder, requests=requests))
    return Published(revision=revision, moved=found.moved)


def _known(git: Git, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if git.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False).returncode == 0:
            yield name
