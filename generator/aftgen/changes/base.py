"""The base of a comparison: a revision's requests and policy, exported as a repository of their own.

Byte for byte, into a temporary folder, so that whatever reads a repository reads it as any other.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from posixpath import dirname

from aftgen.errors import UsageError
from aftgen.git import Git
from aftgen.repository import CONFIG_NAME, Repository

GLOBAL, ACCOUNT = "global-customizations", "account-customizations"
IDENTITY_CENTER = f"{GLOBAL}/identity-center"
ORGANIZATION = f"{GLOBAL}/organization.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """``name`` as it was given or found, ``commit`` what it means, ``repository`` the exported copy.

    ``inside`` is the repository's folder in the git work tree and ``published`` the folder in it that AFT's
    account-request repository is; both end with a slash, or are "".
    """

    name: str
    commit: str
    repository: Repository
    git: Git
    inside: str
    published: str

    def changed(self) -> frozenset[str]:
        """Paths, relative to the repository, that differ between the base and the working tree."""
        where = ("--", self.inside or ".")
        options = ("--name-only", "-z", "--no-renames", "--no-ext-diff")
        listed = self.git.run("diff", *options, self.commit, *where).stdout
        options = ("--others", "--exclude-standard", "-z", "--full-name")
        listed += self.git.run("ls-files", *options, *where).stdout
        paths = listed.decode("utf-8", "surrogateescape").split("\0")
        return frozenset(path.removeprefix(self.inside) for path in paths if path)

    def blobs(self) -> dict[str, str]:
        """Git's ids of the published files, by path relative to the repository."""
        below = f"{self.inside}{self.published}"
        found = self.git.files(self.commit, [f":(literal){below}"] if below else [])
        return {blob.path.removeprefix(self.inside): blob.id for blob in found}


@contextmanager
def open_base(repository: Repository, reference: str | None) -> Iterator[Base]:
    """The base that a reference names, by default where HEAD and the default branch parted.

    Raises GitError without git, a default branch or such a revision, UsageError where the repository is a
    link out of its work tree.
    """
    git = Git(repository.root)
    name = git.default_branch() if reference is None else reference
    commit = git.merge_base(name) if reference is None else git.resolve(name)
    inside, published = _inside(git, repository), _published(repository)
    with tempfile.TemporaryDirectory(prefix="aftgen-base-") as scratch:
        exported = _export(git, commit, repository, inside, published, Path(scratch))
        yield Base(name=name, commit=commit, repository=exported, git=git, inside=inside, published=published)


def _inside(git: Git, repository: Repository) -> str:
    """The repository's folder in the work tree, with a slash at its end, or ""."""
    try:
        inside = repository.root.resolve().relative_to(git.root.resolve()).as_posix()
    except ValueError:
        raise UsageError(f"{repository.root} leads out of its git work tree") from None
    return "" if inside == "." else f"{inside}/"


def _published(repository: Repository) -> str:
    """The folder that AFT's account-request repository is, relative to the root; "" is all of it."""
    if repository.requests == repository.root:
        return ""
    top = dirname(repository.relative(repository.requests))
    return f"{top}/" if top else ""


def _export(
    git: Git, commit: str, repository: Repository, inside: str, published: str, scratch: Path
) -> Repository:
    """The base's requests and policy, as a repository of their own."""
    wanted = [published, CONFIG_NAME, ORGANIZATION, f"{IDENTITY_CENTER}/"]
    paths = [""] if not published else [path for path in wanted if path]
    # Git's pathspec "" is refused; "." at the root is everything.
    git.export(commit, scratch, [f":(literal){inside}{path}" if inside + path else "." for path in paths])
    root = scratch / inside
    root.mkdir(parents=True, exist_ok=True)
    requests = root / PurePosixPath(repository.relative(repository.requests))
    return Repository(root=root, requests=requests)
