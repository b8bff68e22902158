"""Files to be changed, as values, and the one function that changes them on disk.

The same changes can be made in the working tree or in another tree of the same repository, which is what a
pull request does. A file is changed whole or not at all, and only while it still holds what was read.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from aftgen import placement
from aftgen.errors import Refused
from aftgen.hcl.nodes import BOM, File
from aftgen.placement import Outcome, PlannedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file, by its path in the repository.

    ``before`` None: it is created; ``after`` None: it is removed. ``new_path`` is another name that it gets.
    """

    path: str
    before: bytes | None
    after: bytes | None
    new_path: str | None = None

    @property
    def outcome(self) -> str:
        if self.before is None:
            return "created"
        if self.after is None:
            return "removed"
        return "renamed" if self.new_path else "edited"

    @property
    def paths(self) -> list[str]:
        return [self.path, *([self.new_path] if self.new_path else [])]

    @property
    def target(self) -> str:
        return self.new_path or self.path

    def diff(self) -> str:
        """The change as a unified diff that git and patch read."""
        before = _lines(self.before)
        after = _lines(self.after)
        old = f"a/{self.path}" if self.before is not None else "/dev/null"
        new = f"b/{self.target}" if self.after is not None else "/dev/null"
        parts = [f"rename from {self.path}\nrename to {self.new_path}\n"] if self.new_path else []
        for line in unified_diff(before, after, old, new):
            parts.append(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n")
        return "".join(parts)


def raw(file: File) -> bytes:
    """A parsed file's bytes as they are on disk."""
    return (BOM if file.source.has_bom else b"") + file.source.data


def write(root: Path, changes: Sequence[FileChange]) -> None:
    """Make the changes below a root. Raises Refused, before any of them, when a file is not what it was."""
    for change in changes:
        _check(root, change)
    for change in changes:
        path = root / change.path
        if change.after is None:
            path.unlink()
            continue
        if change.after != change.before:
            placement.write([_planned(path, change)])
        if change.new_path is not None:
            path.rename(root / change.new_path)


def _check(root: Path, change: FileChange) -> None:
    path = root / change.path
    if change.before is None:
        if path.exists() or path.is_symlink():
            raise Refused("the file was created by someone else just now", place=change.path)
    elif path.is_symlink() or not path.is_file():
        raise Refused("this is a link or no file any more; nothing was written", place=change.path)
    elif path.read_bytes() != change.before:
        raise Refused("the file was changed by someone else just now", place=change.path)
    if change.new_path is not None:
        target = root / change.new_path
        same = target.exists() and target.samefile(path)
        taken = next(
            (one.name for one in target.parent.iterdir() if one.name.casefold() == target.name.casefold()),
            None,
        )
        if taken is not None and not same:
            raise Refused(f"{taken} is there already; nothing was written", place=change.new_path)


def _planned(path: Path, change: FileChange) -> PlannedFile:
    assert change.after is not None
    outcome = Outcome.CREATE if change.before is None else Outcome.REPLACE
    return PlannedFile(path=path, content=change.after, existing=change.before, outcome=outcome)


def _lines(content: bytes | None) -> list[str]:
    # Not splitlines(), for which a lone \r, a form feed or U+2028 ends a line too.
    parts = (content or b"").decode("utf-8", "replace").split("\n")
    return [f"{part}\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])
