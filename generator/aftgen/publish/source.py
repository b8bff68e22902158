"""The commit to publish, and the four trees that its objects make."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aftgen.errors import Problems, Refused, UsageError
from aftgen.git import SYMLINK, Git, GitError
from aftgen.publish import objects
from aftgen.publish.objects import Entry, Signature
from aftgen.publish.settings import Target
from aftgen.repository import AFT_REPOSITORIES, CONFIG_NAME, Repository

#: Written here, at the top of the published tree; read by ``aft_access`` (wiring.REVISION_FILE).
REVISION_FILE = "revision.json"
REVISED = "global-customizations"
_FORMAT = "--format=%H%n%an%n%ae%n%ad%n%cd%n%s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A commit of the source branch. ``prefix`` is the folder of aftgen.yaml in the git repository, or "".

    ``count`` is the number of commits on its first-parent line: it grows with every merge.
    """

    commit: str
    branch: str
    subject: str
    author: Signature
    committed: str
    count: int
    prefix: str

    def path(self, folder: str) -> str:
        """A folder of the repository as git has it."""
        return f"{self.prefix}/{folder}" if self.prefix else folder


def resolve(git: Git, repository: Repository, branch: str, remotes: Sequence[str]) -> Source:
    """The source that ``branch`` (or any revision) names, here or else on one of the remotes.

    Raises GitError when it names nothing, Refused in a shallow clone, which knows no history.
    """
    if git.text("rev-parse", "--is-shallow-repository") == "true":
        raise Refused(
            "this is a shallow clone: whether the source follows what was published cannot be seen",
            hint="'git fetch --unshallow'; in GitHub Actions 'fetch-depth: 0', in GitLab CI 'GIT_DEPTH: 0'",
        )
    commit = _commit(git, branch, remotes)
    options = ("-s", "--no-show-signature", "--date=raw", "--encoding=UTF-8", "--no-mailmap")
    shown = git.run("show", *options, _FORMAT, commit).stdout.decode("utf-8", "replace").split("\n")
    _, name, email, authored, committed, subject = shown[:6]
    prefix = os.path.relpath(repository.root.resolve(), git.root.resolve())
    return Source(
        commit=commit,
        branch=branch,
        subject=re.sub(r"[\x00-\x1f\x7f]", " ", subject).strip(),
        author=Signature(name=name.strip(), email=email.strip(), date=f"@{authored}"),
        committed=f"@{committed}",
        count=int(git.text("rev-list", "--count", "--first-parent", commit)),
        prefix="" if prefix == "." else Path(prefix).as_posix(),
    )


def _commit(git: Git, branch: str, remotes: Sequence[str]) -> str:
    candidates = [f"refs/heads/{branch}", *(f"refs/remotes/{remote}/{branch}" for remote in remotes), branch]
    for candidate in candidates[:-1]:
        done = git.run("rev-parse", "--verify", "--quiet", f"{candidate}^{{commit}}", check=False)
        if done.returncode == 0:
            return done.stdout.decode().strip()
    try:
        return git.resolve(branch)
    except GitError as error:
        raise UsageError(
            f"there is no branch {branch!r} to publish", hint=f"name it: --source BRANCH; {error.hint}"
        ) from None


def export(git: Git, source: Source, folder: Path) -> Repository:
    """Write what AFT reads, and aftgen.yaml, into an empty folder, byte for byte as committed."""
    git.export(source.commit, folder, [source.path(name) for name in (CONFIG_NAME, *AFT_REPOSITORIES)])
    root = folder / source.prefix
    return Repository(root=root, requests=root / "account-requests" / "terraform")


def trees(git: Git, source: Source, targets: Sequence[Target]) -> dict[str, str]:
    """The id of each folder's tree, by AFT's name. Raises Problems for what AFT could not read from it."""
    found: dict[str, str] = {}
    problems: list[str] = []
    for target in targets:
        tree = objects.find(git, source.commit, source.path(target.folder))
        if tree is None:
            problems.append(f"{target.folder}/ is not there: it is the root of AFT's {target.name}")
            continue
        found[target.name] = tree
        for entry in objects.entries(git, tree, recursive=True):
            problem = _problem(git, entry)
            if problem:
                problems.append(f"{target.folder}/{entry.shown} {problem}")
        if target.name == REVISED and objects.read_blob(git, f"{tree}:{REVISION_FILE}") is not None:
            problems.append(f"{target.folder}/{REVISION_FILE} is committed, and publishing writes it")
    if problems:
        hint = "docs/adopt.md says how a repository gets there" if len(found) < len(targets) else None
        raise Problems(f"{source.commit[:12]} cannot be published", problems, hint=hint)
    return found


def _problem(git: Git, entry: Entry) -> str:
    """Why AFT, which gets the tree as a zip without git, could not use this."""
    if entry.mode == objects.SUBMODULE:
        return "is a submodule: AFT gets a zip of the tree, without submodules"
    if entry.mode == SYMLINK:
        target = os.fsdecode(git.run("cat-file", "blob", entry.id).stdout)
        there = os.path.normpath(f"{os.path.dirname(entry.shown)}/{target}".lstrip("/"))  # noqa: PTH120
        if target.startswith("/") or there == ".." or there.startswith("../"):
            return f"is a link to {target}, outside of the published tree"
    return ""


def with_revision(git: Git, tree: str, text: bytes) -> str:
    """The tree with ``revision.json`` at its top."""
    blob = Entry("100644", "blob", objects.write_blob(git, text), REVISION_FILE.encode())
    return objects.write_tree(git, [*objects.entries(git, tree), blob])


def without_revision(git: Git, tree: str) -> str:
    """The tree as its folder was committed."""
    lines = objects.entries(git, tree)
    kept = [line for line in lines if line.path != REVISION_FILE.encode()]
    return tree if len(kept) == len(lines) else objects.write_tree(git, kept)
