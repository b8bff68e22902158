"""Whole blocks: taken out of a file, put behind another, and the names that refer to one."""

import re
from collections.abc import Iterable, Iterator

from aftgen.editing.containers import Text
from aftgen.editing.layout import Splice, spliced
from aftgen.editing.refusal import cannot
from aftgen.hcl.nodes import Block, Expr, File, Reference, Source
from aftgen.hcl.syntax import parse

#: Written above a moved block by 'aftgen rename'; 'aftgen tidy' takes it away with the block.
COMMENT = "# AFT keeps the live account by this block; 'aftgen tidy' removes it once it is published."


def respliced(file: File, splices: Iterable[Splice]) -> File:
    """The file with splices applied, read again. Raises CannotEdit when the result is no HCL."""
    wanted = list(splices)
    source = file.source
    after = parse(Source(source.path, spliced(source.data, wanted), source.has_bom))
    if after.problems:
        raise cannot(file, wanted[0].start, "this is written in a way that cannot be edited here")
    return after


def removed(file: File, block: Block, *, with_comments: bool = False) -> Splice:
    """A block taken out with its lines, our own comment above it and one blank line.

    ``with_comments`` takes the comments that stand right above it too.
    """
    text, data = Text(file), file.source.data
    if not text.is_first_on_line(block.start):
        return Splice(block.start, block.end, b"")
    start = text.line_start(block.start)
    own = {comment.start for comment in file.comments if text.is_first_on_line(comment.start)}
    while start:
        above = text.line_start(start - 1)
        line = data[above:start].strip()
        begin = above + len(data[above:start]) - len(data[above:start].lstrip())
        if not (line == COMMENT.encode() or (with_comments and begin in own and not line.startswith(b"/*"))):
            break
        start = above
    end = text.end_of_line(block.end)
    end = data.find(b"\n", end) + 1 or len(data)
    above = text.line_start(start - 1) if start else 0
    if start and not data[above:start].strip():
        start = above
    elif not start:
        following = data.find(b"\n", end) + 1
        end = following if following and not data[end:following].strip() else end
    return Splice(start, end, b"")


def moved_block(text: Text, block: Block, old: str, new: str) -> Splice:
    """A moved block behind a module's block, in the file's way of ending lines."""
    at = text.end_of_line(block.end)
    lines = ["", "", COMMENT, "moved {", f"  from = module.{old}", f"  to   = module.{new}", "}"]
    return Splice(at, at, text.line_end.join(line.encode() for line in lines))


def references(file: File, label: str) -> Iterator[Splice]:
    """Where the label of a module is named, in expressions of blocks other than moved ones."""
    named = re.compile(rb"module\s*\.\s*(" + re.escape(label.encode()) + rb")(?![\w-])")
    seen: set[int] = set()
    for block in file.body.blocks:
        if block.type == "moved":
            continue
        for expr in _expressions(block):
            if isinstance(expr, Reference) and expr.root == "module" and expr.steps[:1] == (label,):
                match = named.match(file.source.data, expr.start)
                if match is not None and match.start(1) not in seen:
                    seen.add(match.start(1))
                    yield Splice(match.start(1), match.end(1), b"")


def _expressions(block: Block) -> Iterator[Expr]:
    for attribute in block.body.attributes.values():
        yield from attribute.value.walk()
    for inner in block.body.blocks:
        yield from _expressions(inner)


def is_bare(file: File) -> bool:
    """Whether nothing but white space and comments is in a file."""
    return not file.body.blocks and not file.body.attributes
