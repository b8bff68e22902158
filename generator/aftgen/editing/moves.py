"""The moved blocks of a request folder: read, and told apart by whether AFT has had them.

Terraform keeps a module's account through another label by a moved block, and needs it for one apply only.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from aftgen.checks.moves import Address, read_sides
from aftgen.editing import verify
from aftgen.editing.blocks import is_bare, removed, respliced
from aftgen.editing.files import FileChange, raw
from aftgen.hcl.nodes import Block, File
from aftgen.reader.folder import read
from aftgen.reader.model import ForeignBlock, RequestFolder
from aftgen.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A moved block: where it is, and from and to what, within its module (``scope``, "" for the root)."""

    file: File
    block: Block
    scope: str
    source: Address
    target: Address

    @property
    def key(self) -> tuple[str, str, str]:
        return self.scope, str(self.source), str(self.target)

    @property
    def place(self) -> str:
        return f"{self.file.source.path}:{self.file.source.position(self.block.start).line}"


def moves(blocks: Sequence[ForeignBlock]) -> Iterator[Move]:
    """Those that can be read."""
    for foreign in blocks:
        sides = read_sides(foreign.file, foreign.block)
        if sides is not None:
            yield Move(
                file=foreign.file,
                block=foreign.block,
                scope=foreign.module_folder,
                source=sides[0],
                target=sides[1],
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """What tidying would do, and which blocks stay and why."""

    changes: Sequence[FileChange]
    gone: Sequence[Move]
    kept: Sequence[tuple[Move, str]]


def tidy(repository: Repository, folder: RequestFolder, published: Sequence[ForeignBlock]) -> Tidied:
    """Remove the blocks that are published. Raises NotAsMeant.

    One stays although it is published: where a block that is not leads to its source, Terraform follows both.
    """
    there = {move.key for move in moves(published)}
    mine = list(moves(folder.moved))
    by_source = {(move.scope, str(move.source)): move for move in mine if move.key in there}
    needed: set[tuple[str, str, str]] = set()
    for move in mine:
        at = move if move.key not in there else None
        while at is not None and (at.scope, str(at.target)) in by_source:
            at = by_source[at.scope, str(at.target)]
            if at.key in needed:
                break
            needed.add(at.key)
    gone = [move for move in mine if move.key in there and move.key not in needed]
    kept = [
        (
            move,
            "another block that is not published yet leads to it"
            if move.key in there
            else "not published yet",
        )
        for move in mine
        if move not in gone
    ]
    by_file: dict[str, list[Move]] = {}
    for move in gone:
        by_file.setdefault(move.file.source.path, []).append(move)
    after: dict[str, File | None] = {}
    changes = []
    for path, those in by_file.items():
        old = those[0].file
        new = without_blocks(old, [move.block for move in those])
        after[path] = new
        changes.append(FileChange(path=path, before=raw(old), after=None if new is None else raw(new)))
    verified(repository, folder, after, {})
    return Tidied(changes=changes, gone=gone, kept=kept)


def without_blocks(file: File, blocks: Sequence[Block], *, with_comments: bool = False) -> File | None:
    """The file without some of its blocks; None when nothing but their comments would be left."""
    gone = {block.start for block in blocks}
    after = file
    # From the end, one at a time: the places of those before stay what they are.
    for start in sorted(gone, reverse=True):
        block = next(block for block in after.body.blocks if block.start == start)
        after = respliced(after, [removed(after, block, with_comments=with_comments)])
    return None if is_bare(after) else after


def verified(
    repository: Repository,
    folder: RequestFolder,
    after: Mapping[str, File | None],
    renamed: Mapping[str, str],
    gone: Sequence[str] = (),
) -> RequestFolder:
    """The folder with other files in it, every request meaning what it meant. Raises NotAsMeant."""
    found = read(repository, {**verify.all_files(folder), **after})
    verify.others_unchanged(folder, found, renamed, gone=gone)
    return found
