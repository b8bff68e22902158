"""Entries into and out of objects and lists, as splices of the text around them.

A new entry is written as the last one is: on a line of its own with the same indentation, or on the same
line; with a comma where the others have one. What is taken out takes its line and the comment behind it.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from aftgen.editing.layout import Splice
from aftgen.hcl.nodes import Expr, File, Object, Tuple

_BLANK = b" \t"
_SPACE = b" \t\r\n"


@dataclass(frozen=True, slots=True)
class Extent:
    """From ``start`` to ``end``, parentheses included."""

    start: int
    end: int


class Text:
    """A file's bytes and where its comments are."""

    def __init__(self, file: File) -> None:
        self.data = file.source.data
        self._comments = sorted((comment.start, comment.end) for comment in file.comments)
        self._starts = [start for start, _ in self._comments]

    @property
    def line_end(self) -> bytes:
        """How the file ends its lines."""
        first = self.data.find(b"\n")
        return b"\r\n" if first > 0 and self.data[first - 1] == 0x0D else b"\n"

    def line_start(self, at: int) -> int:
        return self.data.rfind(b"\n", 0, at) + 1

    def end_of_line(self, at: int) -> int:
        """The offset of the line end (of ``\\r`` in CRLF) behind an offset, comments being passed over."""
        while at < len(self.data):
            comment = self._comment_from(at)
            if comment is not None:
                at = comment
            elif self.data[at] == 0x0A:
                return at - 1 if self.data[at - 1 : at] == b"\r" else at
            else:
                at += 1
        return at

    def indentation(self, at: int) -> bytes:
        """The white space at the beginning of an offset's line."""
        start = self.line_start(at)
        rest = self.data[start:]
        return rest[: len(rest) - len(rest.lstrip(_BLANK))]

    def is_first_on_line(self, at: int) -> bool:
        return not self.data[self.line_start(at) : at].strip()

    def is_one_line(self, start: int, end: int) -> bool:
        return b"\n" not in self.data[start:end]

    def skip(self, at: int, *, lines: bool) -> int:
        """Past blanks and comments; with ``lines`` past line ends too."""
        while at < len(self.data):
            comment = self._comment_from(at)
            if comment is not None and (lines or not self._is_line_comment(at)):
                at = comment
            elif self.data[at] in (_SPACE if lines else _BLANK):
                at += 1
            else:
                break
        return at

    def has_comment(self, start: int, end: int) -> bool:
        at = bisect_right(self._starts, start - 1)
        return at < len(self._starts) and self._starts[at] < end

    def extent(self, expr: Expr, begin: int) -> Extent:
        """An expression with the parentheses around it; ``begin`` is where it cannot begin before."""
        start, end = expr.start, expr.end
        while True:
            before = self._back(start, begin)
            after = self.skip(end, lines=True)
            if before <= begin or self.data[before - 1] != 0x28 or self.data[after : after + 1] != b")":
                return Extent(start, end)
            start, end = before - 1, after + 1

    def _comment_from(self, at: int) -> int | None:
        index = bisect_right(self._starts, at) - 1
        if index >= 0 and self._comments[index][0] == at:
            return max(self._comments[index][1], at + 1)
        return None

    def _is_line_comment(self, at: int) -> bool:
        return not self.data.startswith(b"/*", at)

    def _back(self, at: int, begin: int) -> int:
        """Before an offset, back over white space and comments."""
        while at > begin:
            ends = [start for start, end in self._comments if end == at and start >= begin]
            if ends:
                at = ends[0]
            elif self.data[at - 1] in _SPACE:
                at -= 1
            else:
                break
        return at


@dataclass(frozen=True, slots=True)
class Container:
    """An object or a list: its brackets, and the extent of each member with its key."""

    text: Text
    open: int
    close: int
    members: tuple[Extent, ...]
    is_list: bool

    @classmethod
    def of(cls, text: Text, expr: Object | Tuple) -> "Container":
        members, begin = [], expr.start + 1
        if isinstance(expr, Tuple):
            for item in expr.items:
                members.append(text.extent(item, begin))
                begin = members[-1].end
        else:
            for entry in expr.items:
                key = text.extent(entry.key, begin)
                value = text.extent(entry.value, key.end)
                members.append(Extent(key.start, value.end))
                begin = value.end
        return cls(text, expr.start, expr.end - 1, tuple(members), isinstance(expr, Tuple))

    def inserted(self, rendered: Sequence[str], *, inline: bool, unit: str) -> list[Splice]:
        """Members put behind the last one. ``inline`` keeps an empty container's text on its line."""
        if not rendered:
            return []
        if not self.members:
            return [self._into_empty(rendered, inline=inline, unit=unit)]
        last = self.members[-1]
        comma = self._own_comma(last)
        if b"\n" not in self.text.data[comma or last.end : self.close]:
            joined = ", ".join(rendered).encode()
            if comma is None:
                return [Splice(last.end, last.end, b", " + joined)]
            return [Splice(comma, comma, b" " + joined + b",")]
        indentation = self.text.indentation(last.start)
        if not self.text.is_first_on_line(last.start):
            indentation += unit.encode()
        wanted = self._separator(comma is not None)
        splices = []
        if comma is None and wanted:
            splices.append(Splice(last.end, last.end, b","))
        at = self.text.end_of_line(comma or last.end)
        end = self.text.line_end
        parts = []
        for number, one in enumerate(rendered):
            is_last = number == len(rendered) - 1
            mark = wanted if comma is not None or not is_last else b""
            parts.append(end + _indented(one, indentation, unit, end) + mark)
        return [*splices, Splice(at, at, b"".join(parts))]

    def removed(self, gone: Sequence[int]) -> list[Splice]:
        """Members taken out, by their numbers."""
        left = [number for number in range(len(self.members)) if number not in gone]
        splices = [self._without(number) for number in gone]
        if not left and not self._remains(splices):
            return [Splice(self.open + 1, self.close, b"")]
        return splices

    def _remains(self, splices: Sequence[Splice]) -> bool:
        """Whether anything but white space is left between the brackets."""
        inner = bytearray(self.text.data)
        for splice in splices:
            inner[splice.start : splice.end] = b" " * (splice.end - splice.start)
        return bool(bytes(inner[self.open + 1 : self.close]).strip(b" \t\r\n,"))

    def _separator(self, last_has_comma: bool) -> bytes:
        """What stands between members on lines of their own."""
        if self.is_list or last_has_comma:
            return b","
        return b"," if any(self._own_comma(member) for member in self.members[:-1]) else b""

    def _own_comma(self, member: Extent) -> int | None:
        """The offset behind a member's comma, if it has one."""
        at = self.text.skip(member.end, lines=True)
        return at + 1 if self.text.data[at : at + 1] == b"," else None

    def _into_empty(self, rendered: Sequence[str], *, inline: bool, unit: str) -> Splice:
        data, end = self.text.data, self.text.line_end
        outer = self.text.indentation(self.open)
        between = data[self.open + 1 : self.close]
        mark = b"," if self.is_list else b""
        if inline:
            joined = ", ".join(rendered).encode()
            return (
                Splice(self.open + 1, self.close, b" " + joined + b" ")
                if not between.strip()
                else Splice(self.close, self.close, joined + b" ")
            )
        lines = b"".join(_indented(one, outer + unit.encode(), unit, end) + mark + end for one in rendered)
        if not between.strip():
            return Splice(self.open + 1, self.close, end + lines + outer)
        if self.text.is_first_on_line(self.close):
            at = self.text.line_start(self.close)
            return Splice(at, at, lines)
        kept = self.open + 1 + len(between.rstrip(_BLANK))
        return Splice(kept, self.close, end + lines + outer)

    def _without(self, number: int) -> Splice:
        text, data = self.text, self.text.data
        member = self.members[number]
        own_end = self._own_comma(member) or member.end
        rest = text.skip(own_end, lines=False)
        ends_line = rest >= len(data) or data[rest] in b"\r\n" or text._comment_from(rest) is not None
        if text.is_first_on_line(member.start) and ends_line:
            end = text.end_of_line(rest)
            newline = data.find(b"\n", end) + 1
            return Splice(text.line_start(member.start), newline, b"")
        following = self.members[number + 1] if number + 1 < len(self.members) else None
        if following is not None and text.is_one_line(own_end, following.start):
            quiet = not text.has_comment(own_end, following.start)
            return Splice(member.start, following.start if quiet else own_end, b"")
        previous = self.members[number - 1].end if number else self.open + 1
        if not text.has_comment(previous, member.start):
            is_only = number == 0 and following is None
            start = text.skip(previous, lines=False) if is_only else previous
            return Splice(start, own_end if number == 0 else member.end, b"")
        return Splice(member.start, own_end, b"")


def _indented(rendered: str, indentation: bytes, unit: str, line_end: bytes) -> bytes:
    """Rendered lines, whose own indentation is in steps of two spaces, at an indentation and in its unit."""
    return line_end.join(indentation + line for line in _in_units(rendered, unit))


def _in_units(rendered: str, unit: str) -> Iterator[bytes]:
    for line in rendered.split("\n"):
        bare = line.lstrip(" ")
        yield (unit * ((len(line) - len(bare)) // 2) + bare).encode()
