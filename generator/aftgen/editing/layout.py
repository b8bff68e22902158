"""The lines of a file as ``terraform fmt`` sees them, and splices that keep its alignment.

fmt aligns the ``=`` of consecutive lines that hold a whole assignment, and the comments behind consecutive
lines (``hclwrite/format.go``, formatCells). A splice touches the lines around it only where they stood as fmt
would leave them; then the group is aligned again, so that a file that was formatted stays so.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

_HEREDOC = re.compile(rb"<<-?([^\W\d][\w-]*)[ \t]*\r?\n")


@dataclass(frozen=True, slots=True)
class Splice:
    """Bytes ``start`` to ``end`` become ``text``."""

    start: int
    end: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Line:
    """One line (a heredoc's lines belong to the one that begins it), in bytes of the file.

    ``equal`` is where the ``=`` of its assignment is and ``whole`` whether the value ends on the line;
    ``comment`` is where a comment behind something begins.
    """

    start: int
    end: int
    first: int
    equal: int | None
    whole: bool
    comment: int | None


def lines(data: bytes) -> list[Line]:
    """Every line of a file without syntax problems."""
    return list(_Scanner(data).lines())


class _Scanner:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def lines(self) -> Iterator[Line]:
        data, size, at = self.data, len(self.data), 0
        while at < size:
            start, first, equal, comment, depth = at, -1, None, None, 0
            while at < size and data[at] != 0x0A:
                character = data[at : at + 1]
                if character.isspace():
                    at += 1
                    continue
                if character == b"#" or data.startswith(b"//", at):
                    comment = at if first >= 0 else None
                    first = at if first < 0 else first
                    newline = data.find(b"\n", at)
                    at = size if newline < 0 else newline
                    continue
                is_equal = character == b"=" and data[at : at + 2] not in (b"==", b"=>")
                if is_equal and first >= 0 and equal is None and data[at - 1 : at] not in (b"!", b"<", b">"):
                    equal, depth = at, 0
                first = at if first < 0 else first
                if character in (b"(", b"[", b"{"):
                    depth += 1
                elif character in (b")", b"]", b"}"):
                    depth -= 1
                at = self._after_token(at)
            at = min(at + 1, size)
            whole = equal is not None and depth == 0
            yield Line(start, at, first if first >= 0 else start, equal, whole, comment)

    def _after_token(self, at: int) -> int:
        """Where the token at an offset ends, or the part of it that must be skipped as one."""
        data = self.data
        if data[at] == 0x22:
            return self._after_quoted(at + 1)
        if data.startswith(b"/*", at):
            end = data.find(b"*/", at + 2)
            return len(data) if end < 0 else end + 2
        if data.startswith(b"==", at):
            return at + 2
        heredoc = _HEREDOC.match(data, at) if data.startswith(b"<<", at) else None
        if heredoc is not None:
            closing = re.compile(rb"^[ \t]*" + re.escape(heredoc[1]) + rb"[ \t]*(?=\r?$)", re.MULTILINE)
            found = closing.search(data, heredoc.end())
            return len(data) if found is None else found.end()
        return at + 1

    def _after_quoted(self, at: int) -> int:
        data, size = self.data, len(self.data)
        while at < size and data[at] != 0x22:
            if data[at] == 0x5C:
                at += 2
            elif data.startswith((b"$${", b"%%{"), at):
                at += 3
            elif data.startswith((b"${", b"%{"), at):
                at = self._after_interpolation(at + 2)
            else:
                at += 1
        return at + 1

    def _after_interpolation(self, at: int) -> int:
        data, size, depth = self.data, len(self.data), 1
        while at < size and depth:
            depth += {0x7B: 1, 0x7D: -1}.get(data[at], 0)
            at = self._after_token(at)
        return at


def spliced(data: bytes, splices: Sequence[Splice]) -> bytes:
    """The splices applied, and the lines that they touch aligned where they were aligned before."""
    ordered = sorted(splices, key=lambda splice: (splice.start, splice.end))
    for one, following in pairwise(ordered):
        if one.end > following.start:
            raise AssertionError(f"splices overlap: {one} and {following}")
    before, after = lines(data), _applied(data, ordered)
    origin = _origins(before, lines(after), ordered)
    for column in _COLUMNS:
        after = _applied(
            after, list(_realigned(_View(data, before), _View(after, lines(after)), origin, column))
        )
    return after


def _applied(data: bytes, splices: Sequence[Splice]) -> bytes:
    parts, cursor = [], 0
    for splice in sorted(splices, key=lambda splice: splice.start):
        parts += [data[cursor : splice.start], splice.text]
        cursor = splice.end
    return b"".join([*parts, data[cursor:]])


def _origins(before: Sequence[Line], after: Sequence[Line], splices: Sequence[Splice]) -> list[int | None]:
    """For each line after, the line before whose first token it has; None for a line that came in."""
    moved = {}
    for number, line in enumerate(before):
        shift, gone = 0, False
        for splice in splices:
            if splice.end <= line.first:
                shift += len(splice.text) - (splice.end - splice.start)
            gone |= splice.start <= line.first < splice.end
        if not gone:
            moved[line.first + shift] = number
    return [moved.get(line.first) for line in after]


Group: TypeAlias = list[int]
#: Assignments first: where they stand moves the comments behind them.
_COLUMNS: tuple[Literal["equal", "comment"], ...] = ("equal", "comment")


@dataclass(frozen=True, slots=True)
class _View:
    data: bytes
    lines: Sequence[Line]

    def groups(self, column: Literal["equal", "comment"]) -> Iterator[Group]:
        """Numbers of the lines whose ``=``, or whose comments, fmt puts into one column.

        An assignment whose value goes on for lines stands alone.
        """
        group: Group = []
        for number, line in enumerate(self.lines):
            belongs = line.comment is not None if column == "comment" else line.whole
            if belongs:
                group.append(number)
                continue
            if group:
                yield group
            group = []
            if column == "equal" and line.equal is not None:
                yield [number]
        if group:
            yield group

    def alignment(self, group: Group, column: Literal["equal", "comment"]) -> Iterator[Splice]:
        """What must change for a group to stand as fmt leaves it; nothing where it does."""
        cells = []
        for number in group:
            line = self.lines[number]
            begin, place = (line.first, line.equal) if column == "equal" else (line.start, line.comment)
            assert place is not None
            lead = self.data[begin:place].rstrip()
            cells.append((begin + len(lead), place, columns(lead)))
        widest = max(width for _, _, width in cells)
        for end, place, width in cells:
            spaces = b" " * (widest - width + 1)
            if self.data[end:place] != spaces:
                yield Splice(end, place, spaces)


def _realigned(
    old: _View, new: _View, origin: Sequence[int | None], column: Literal["equal", "comment"]
) -> Iterator[Splice]:
    """The spaces to change in groups that a splice touched, where all old lines of them were aligned."""
    group_of = {number: group for group in old.groups(column) for number in group}
    for group in new.groups(column):
        sources = [origin[number] for number in group]
        companions = {
            one for source in sources if source is not None for one in group_of.get(source, [source])
        }
        if any(list(old.alignment(group_of[one], column)) for one in companions if one in group_of):
            if column == "equal":
                yield from _beside_neighbours(new, group, origin)
        elif column == "comment" or any(group_of.get(one or 0) != sources for one in sources):
            yield from new.alignment(group, column)


def _beside_neighbours(view: _View, group: Group, origin: Sequence[int | None]) -> Iterator[Splice]:
    """In a group with a layout of its own, only a new line moves: to the column of the line above it."""
    for position, number in enumerate(group):
        if origin[number] is not None or position == 0:
            continue
        line, above = view.lines[number], view.lines[group[position - 1]]
        assert line.equal is not None
        assert above.equal is not None
        lead = view.data[line.first : line.equal].rstrip()
        spaces = columns(view.data[above.first : above.equal]) - columns(lead)
        yield Splice(line.first + len(lead), line.equal, b" " * max(1, spaces))


def columns(text: bytes) -> int:
    """Columns as fmt counts them: grapheme clusters, the quotes of a text being tokens of their own."""
    if text.isascii():
        return len(text)
    import regex

    shown = text.decode("utf-8", "replace")
    return sum(len(regex.findall(r"\X", part)) for part in shown.split('"')) + shown.count('"')
