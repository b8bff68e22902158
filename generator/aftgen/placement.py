"""Puts generated files into the request folder: created, found identical, or in conflict; never half.

:func:`plan` looks and decides, :func:`write` acts on what it decided and on nothing else. A file appears
whole or not at all, a file that came into being in between is not overwritten, and nothing outside the folder
is ever touched: links are refused, not followed.
"""

import os
import shutil
import signal
import stat
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import unified_diff
from enum import Enum
from pathlib import Path
from secrets import token_hex

from aftgen.errors import Refused
from aftgen.repository import Repository


class Outcome(Enum):
    CREATE = "created"
    IDENTICAL = "identical"
    CONFLICT = "conflict"
    REPLACE = "replaced"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFile:
    """One file: what is to be there, what is there now (None: nothing), and what follows from the two."""

    path: Path
    content: bytes
    existing: bytes | None
    outcome: Outcome

    def diff(self, shown: str) -> str:
        """The difference between what is there and what would be, as a unified diff."""
        before = (self.existing or b"").decode("utf-8", "replace").splitlines(keepends=True)
        after = self.content.decode().splitlines(keepends=True)
        lines = unified_diff(before, after, shown, f"{shown} (as asked for)")
        return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)


def plan(repository: Repository, files: Mapping[str, str], *, overwrite: bool = False) -> list[PlannedFile]:
    """Compare files (name to text) with the request folder. Raises Refused where writing would be unsafe."""
    folder = repository.requests
    _check_folder(repository)
    by_folded: dict[str, list[str]] = {}
    for present in os.listdir(folder):  # noqa: PTH208 - names are all that is needed
        by_folded.setdefault(present.casefold(), []).append(present)
    return [
        _planned(repository, folder / name, text.encode(), by_folded.get(name.casefold(), []), overwrite)
        for name, text in files.items()
    ]


def write(files: Sequence[PlannedFile]) -> None:
    """Write what is to be created or replaced. Raises Refused when a file changed since it was planned.

    Interrupted by Ctrl-C or SIGTERM, it leaves whole files and no others.
    """
    with _termination_as_interrupt():
        for file in files:
            if file.outcome in (Outcome.CREATE, Outcome.REPLACE):
                _write(file)


def _check_folder(repository: Repository) -> None:
    folder = repository.requests
    shown = repository.relative(folder)
    if not folder.is_dir():
        raise Refused(
            "there is no such folder",
            place=shown,
            hint="AFT reads requests from it: create it, or run elsewhere",
        )
    below = folder.relative_to(repository.root) if folder.is_relative_to(repository.root) else Path()
    for part in (folder, *(repository.root / parent for parent in below.parents if parent.parts)):
        if part.is_symlink():
            raise Refused(
                "this is a link, and requests are written into a folder of the repository", place=str(part)
            )


def _planned(
    repository: Repository, path: Path, content: bytes, present: Sequence[str], overwrite: bool
) -> PlannedFile:
    if path.name != os.path.basename(path.name) or path.parent != repository.requests:  # noqa: PTH119
        raise AssertionError(f"not a file name: {path.name!r}")
    shown = f"{repository.relative(repository.requests)}/{path.name}"
    other = next((name for name in present if name != path.name), None)
    if other is not None:
        raise Refused(
            f"{other} is there already, and some file systems take the two names for one",
            place=shown,
            hint="choose another account name",
        )
    if not present:
        return PlannedFile(path=path, content=content, existing=None, outcome=Outcome.CREATE)
    kind = path.stat(follow_symlinks=False).st_mode
    if not stat.S_ISREG(kind):
        what = "a link" if stat.S_ISLNK(kind) else "a folder" if stat.S_ISDIR(kind) else "not a file"
        raise Refused(
            f"this is {what}; nothing was written", place=shown, hint="remove it, or choose another name"
        )
    try:
        existing = path.read_bytes()
    except OSError as error:
        raise Refused(f"the file cannot be read: {error.strerror or error}", place=shown) from None
    if existing == content:
        outcome = Outcome.IDENTICAL
    else:
        outcome = Outcome.REPLACE if overwrite else Outcome.CONFLICT
    return PlannedFile(path=path, content=content, existing=existing, outcome=outcome)


def _write(file: PlannedFile) -> None:
    # Terraform ignores names that begin with a dot.
    part = file.path.with_name(f".{file.path.name}.{token_hex(6)}.part")
    try:
        with open(part, "xb") as stream:  # noqa: PTH123 - Path.open has no way to say it better
            stream.write(file.content)
            stream.flush()
            os.fsync(stream.fileno())
        if file.outcome is Outcome.CREATE:
            _link(part, file.path)
        elif file.path.is_symlink() or file.path.read_bytes() != file.existing:
            raise Refused("the file was changed by someone else just now", place=str(file.path))
        else:
            shutil.copymode(file.path, part)
            part.replace(file.path)
        _sync(file.path.parent)
    except OSError as error:
        raise Refused(
            f"the file cannot be written: {error.strerror or error}", place=str(file.path)
        ) from error
    finally:
        with suppress(OSError):
            part.unlink()


def _link(part: Path, path: Path) -> None:
    """Give the finished file its name, unless the name is taken."""
    try:
        os.link(part, path)
    except FileExistsError:
        raise Refused(
            "the file was created by someone else just now", place=str(path), hint="run the command again"
        ) from None
    except (OSError, NotImplementedError):
        # No hard links here. Windows' rename refuses to overwrite; elsewhere a short gap remains.
        if path.exists() or path.is_symlink():
            raise Refused("the file was created by someone else just now", place=str(path)) from None
        part.rename(path)


def _sync(folder: Path) -> None:
    """Make the new name durable, where folders can be synchronised."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Let SIGTERM unwind like Ctrl-C, so that unfinished files are removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
