"""Git, as far as this program needs it: revisions, the files of one, and what differs from it.

The only module that runs ``git``. No method but :meth:`Git.run`, which does what it is told, changes the
repository's history or its working tree.
"""

import io
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from aftgen.errors import UsageError

SYMLINK, EXECUTABLE = "120000", "100755"
_BRANCHES = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


class GitError(UsageError):
    """Git is missing, or said no; the message holds its own words."""


class Git:
    """The work tree that ``folder`` is in. Raises GitError where there is none, or no git."""

    def __init__(self, folder: Path) -> None:
        self._binary = which("git") or ""
        if not self._binary:
            raise GitError("git is not on PATH", hint="install git, or run where it is")
        self.root = folder
        try:
            self.root = Path(self.text("rev-parse", "--show-toplevel"))
        except GitError as error:
            raise GitError(f"{folder} is not in a git work tree", hint=error.message) from None

    def run(
        self,
        *arguments: str,
        check: bool = True,
        input: bytes | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[bytes]:
        """One git command at the work tree's root, which never asks anybody for anything.

        Raises GitError with git's own words when it fails and ``check`` is set.
        """
        quiet = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
        done = subprocess.run(
            [self._binary, *arguments],
            cwd=self.root,
            input=b"" if input is None else input,
            capture_output=True,
            env={**os.environ, **quiet, **(environment or {})},
            check=False,
        )
        if check and done.returncode != 0:
            said = done.stderr.decode("utf-8", "replace").strip() or f"it ended with {done.returncode}"
            raise GitError(f"git {arguments[0]}: {said}")
        return done

    def text(self, *arguments: str) -> str:
        """What a command prints, without the last line's end."""
        return self.run(*arguments).stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def resolve(self, revision: str) -> str:
        """The commit that a name means. Raises GitError when it means none."""
        done = self.run(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}", check=False
        )
        # Git takes an empty name for HEAD.
        if not revision or done.returncode != 0:
            raise GitError(
                f"git knows no revision {revision!r}",
                hint="fetch it first: 'git fetch origin'; a shallow clone needs 'git fetch --unshallow'",
            )
        return done.stdout.decode().strip()

    def default_branch(self) -> str:
        """The branch that changes are merged into: the remote's default, else main or master.

        Raises GitError when there is none of them.
        """
        for name in _BRANCHES:
            if (
                self.run("rev-parse", "--verify", "--quiet", f"{name}^{{commit}}", check=False).returncode
                == 0
            ):
                return name
        raise GitError("there is no default branch to compare with", hint="name one: --base REF")

    def merge_base(self, one: str, other: str = "HEAD") -> str:
        """Where two revisions parted. Raises GitError when they have nothing in common."""
        first, second = self.resolve(one), self.resolve(other)
        done = self.run("merge-base", first, second, check=False)
        if done.returncode != 0:
            raise GitError(
                f"{one} and {other} have no commit in common",
                hint="a shallow clone does not know it: 'git fetch --unshallow'",
            )
        return done.stdout.decode().strip()

    def files(self, revision: str, paths: Sequence[str] = ()) -> list["Blob"]:
        """Every file of a revision, or those at and under ``paths``; submodules are left out."""
        commit = self.resolve(revision)
        listed = self.run("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths).stdout
        found = []
        for entry in filter(None, listed.split(b"\0")):
            head, _, path = entry.partition(b"\t")
            mode, kind, name = head.decode().split()
            if kind == "blob":
                found.append(Blob(path=os.fsdecode(path), mode=mode, id=name))
        return found

    def export(self, revision: str, folder: Path, paths: Sequence[str] = ()) -> None:
        """Write the files of a revision, or those at and under ``paths``, into an existing folder.

        Byte for byte as they are stored: no filter, end-of-line conversion or ``export-ignore``, with which a
        pull request could show one thing and mean another.
        """
        blobs = self.files(revision, paths)
        wanted = "".join(f"{blob.id}\n" for blob in blobs).encode()
        stream = io.BytesIO(self.run("cat-file", "--batch", input=wanted).stdout)
        for blob in blobs:
            size = int(stream.readline().split()[2])
            content = stream.read(size)
            stream.read(1)
            target = folder / blob.path
            target.parent.mkdir(parents=True, exist_ok=True)
            if blob.mode == SYMLINK:
                target.symlink_to(os.fsdecode(content))
                continue
            target.write_bytes(content)
            if blob.mode == EXECUTABLE:
                target.chmod(0o755)

    def changed(self, paths: Sequence[str] = ()) -> list[str]:
        """Paths under ``paths`` that differ from the last commit, new files included."""
        listed = self.run(
            "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--", *paths
        )
        return [os.fsdecode(entry[3:]) for entry in listed.stdout.split(b"\0") if entry]


@dataclass(frozen=True, slots=True)
class Blob:
    """One file of a revision: its path from the root, git's mode and the id of its content."""

    path: str
    mode: str
    id: str
