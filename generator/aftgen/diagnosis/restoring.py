"""A removed request, found in git's history, and the change that brings back its exact bytes."""

from dataclasses import dataclass
from typing import Final

from aftgen.editing.base import at
from aftgen.editing.files import FileChange
from aftgen.errors import Refused
from aftgen.git import Git, GitError
from aftgen.reader.model import Request, RequestFolder
from aftgen.repository import Repository

#: Commits that touched the request folder, newest first, among which the removal is looked for.
_LOOKS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """The request as it was before ``commit`` removed it."""

    request: Request
    commit: str
    change: FileChange


def base_commit(git: Git) -> str:
    """The head of the default branch as git knows it. Raises GitError."""
    return git.resolve(git.default_branch())


def named(folder: RequestFolder, names: frozenset[str]) -> Request | None:
    """The request that goes by one of these names: address, label, account name or email."""
    for request in folder.requests:
        own = {request.address, request.label, request.name or "", (request.email or "").casefold()}
        if own & names:
            return request
    return None


def find(git: Git, repository: Repository, names: frozenset[str]) -> Restored:
    """The newest removal on the default branch.

    Raises Refused where there is none, or the file was changed since.
    """
    base = base_commit(git)
    top = repository.requests.resolve().relative_to(git.root.resolve()).as_posix()
    listed = git.text("log", f"-{_LOOKS}", "--first-parent", "--format=%H", base, "--", top).split()
    for commit in listed:
        try:
            parent = git.resolve(f"{commit}^1")
        except GitError:
            break
        before = named(at(git, repository, parent), names)
        if before is None or named(at(git, repository, commit), names) is not None:
            continue
        return Restored(request=before, commit=commit, change=_change(git, repository, before, base, commit))
    raise Refused(
        f"no commit of the last {_LOOKS} on the default branch removed this request",
        hint="fetch more of it ('git fetch --unshallow'), or write the request again: 'aftgen new'",
    )


def _change(git: Git, repository: Repository, request: Request, base: str, commit: str) -> FileChange:
    below = repository.root.resolve().relative_to(git.root.resolve())
    path = (below / request.path).as_posix()
    old, removed, now = (_bytes(git, revision, path) for revision in (f"{commit}^1", commit, base))
    if now != removed:
        raise Refused(
            "the file was changed after the request was removed from it; nothing was written",
            place=request.path,
            hint=f"put the request back by hand: 'git show {commit[:10]}^:{path}' has it",
        )
    return FileChange(path=request.path, before=now, after=old)


def _bytes(git: Git, revision: str, path: str) -> bytes | None:
    done = git.run("cat-file", "blob", f"{revision}:{path}", check=False)
    return done.stdout if done.returncode == 0 else None
