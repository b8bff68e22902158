"""AFT's trees as they would be published: what git would take of each of AFT's repositories.

A build gets a checkout of its own. It holds the files of one folder of this repository and nothing beside
them, as the zip file in which AFT's CodePipeline hands a branch over: no `.git`, no link that leads out of
it. Python modules come with their bytecode, which costs a second per build to make and changes nothing else.
"""

import json
import os
import py_compile
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aftgen.errors import UsageError
from aftgen.git import Git, GitError
from aftgen.repository import AFT_REPOSITORIES

GLOBAL: Final = "global-customizations"
ACCOUNT: Final = "account-customizations"
#: What no AFT branch holds, where no git says so.
_LEFT_OUT: Final = frozenset({".git", ".terraform", ".venv", "venv", "node_modules", "__pycache__"})
_CACHE: Final = "_cache"
_REGULAR, _EXECUTABLE, _ANY_EXECUTE = 0o644, 0o755, 0o111


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """A folder per AFT repository that there is (names: keys of `AFT_REPOSITORIES`). Nobody writes there."""

    folder: Path
    revision: int
    commit: str

    def has(self, name: str) -> bool:
        return (self.folder / name).is_dir()

    def tree(self, name: str) -> Path:
        """The root of one of AFT's repositories. Raises UsageError when there is no such folder."""
        if not self.has(name):
            raise UsageError(
                f"there is no {name}/ to publish",
                hint="run this in a repository that 'aftgen init' made, or create the folder",
            )
        return self.folder / name

    def checkout(self, name: str, into: Path) -> Path:
        """A fresh copy at `into`, which must not exist; its folders are made."""
        tree = self.tree(name)
        into.parent.mkdir(parents=True, exist_ok=True)
        return Path(shutil.copytree(tree, into, symlinks=True))


def from_work_tree(root: Path, *, into: Path, revision: int = 1, commit: str = "") -> Trees:
    """What git would take of the working tree at a repository's root: tracked files and new ones.

    Without git, everything but caches, Terraform's own folders and virtual environments. `into` must not
    exist. `commit` is HEAD's unless given.
    """
    try:
        git: Git | None = Git(root)
        listed = list(_files_of_git(Git(root), root))
    except GitError:
        git, listed = None, []
    if git and not commit:
        with suppress(GitError):  # a repository without a commit
            commit = git.resolve("HEAD")
    # A work tree that ignores the whole repository, such as a scratch folder, knows nothing of its files.
    return _publish(root, listed or _files_of_folder(root), into, revision, commit)


def from_folder(root: Path, *, into: Path, revision: int = 1, commit: str = "") -> Trees:
    """Every file of a revision that `Git.export` wrote; `into` must not exist."""
    return _publish(root, _files_of_folder(root), into, revision, commit)


def _files_of_git(git: Git, root: Path) -> Iterator[Path]:
    """Paths relative to the root. A submodule or a repository inside is a folder here, and not published."""
    below = root.resolve().relative_to(git.root.resolve())
    found = git.run(
        "--literal-pathspecs",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        *(str(below / name) for name in AFT_REPOSITORIES),
    ).stdout
    for name in dict.fromkeys(filter(None, found.split(b"\0"))):
        path = Path(os.fsdecode(name)).relative_to(below)
        if (root / path).is_symlink() or (root / path).is_file():
            yield path


def _files_of_folder(root: Path) -> Iterator[Path]:
    for name in AFT_REPOSITORIES:
        for folder, folders, files in os.walk(root / name):
            here = Path(folder)
            folders[:] = sorted(each for each in folders if not _is_left_out(here / each))
            links = [each for each in folders if (here / each).is_symlink()]
            for each in sorted([*files, *links]):
                if not each.endswith((".pyc", ".tfstate")):
                    yield (here / each).relative_to(root)


def _is_left_out(folder: Path) -> bool:
    name = folder.name
    return name in _LEFT_OUT or name.endswith(_CACHE) or (folder / "pyvenv.cfg").exists()


def _publish(root: Path, files: Iterable[Path], into: Path, revision: int, commit: str) -> Trees:
    into.mkdir(parents=True)
    for path in files:
        _copy(root, path, into)
    commit = commit or "0" * 40
    if (into / GLOBAL).is_dir():
        text = json.dumps({"revision": revision, "commit": commit})
        (into / GLOBAL / "revision.json").write_text(text + "\n", encoding="utf-8")
    for name in (GLOBAL, ACCOUNT):
        for module in sorted((into / name).rglob("*.py")):
            _compile(module)
    return Trees(folder=into, revision=revision, commit=commit)


def _copy(root: Path, path: Path, into: Path) -> None:
    source, target = root / path, into / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        tree = (root / path.parts[0]).resolve()
        leads_to = Path(os.path.normpath(source.parent.resolve() / source.readlink()))
        if leads_to.is_relative_to(tree) and not source.readlink().is_absolute():
            target.symlink_to(source.readlink())
        return
    shutil.copyfile(source, target)
    # Git keeps one bit of a file's mode.
    target.chmod(_EXECUTABLE if source.stat().st_mode & _ANY_EXECUTE else _REGULAR)


def _compile(module: Path) -> None:
    """Bytecode that every copy with the same time can use; what cannot be compiled fails where it runs."""
    if module.is_symlink():
        return
    with suppress(py_compile.PyCompileError, OSError, ValueError):
        py_compile.compile(
            str(module),
            doraise=True,
            quiet=2,
            invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP,
        )
