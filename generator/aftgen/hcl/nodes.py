"""What an HCL file says, as plain values with places.

Offsets are bytes into :attr:`Source.data`; lines and columns are computed only when somebody asks, because
a check of thousands of files asks for very few of them.
"""

import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Position:
    """Line and column, both from 1; the column counts characters, as editors do."""

    line: int
    column: int


@dataclass(frozen=True)
class Source:
    """A file's bytes, without a byte order mark, and its path relative to the repository (``/`` inside)."""

    path: str
    data: bytes
    has_bom: bool = False

    @classmethod
    def of(cls, path: str, raw: bytes) -> "Source":
        if raw.startswith(BOM):
            return cls(path, raw[len(BOM) :], has_bom=True)
        return cls(path, raw)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        start = self.data.find(b"\n")
        while start != -1:
            starts.append(start + 1)
            start = self.data.find(b"\n", start + 1)
        return starts

    def position(self, offset: int) -> Position:
        """Where a byte offset is."""
        index = bisect.bisect_right(self._line_starts, offset) - 1
        before = self.data[self._line_starts[index] : offset]
        return Position(index + 1, len(before.decode("utf-8", "replace")) + 1)

    def line(self, number: int) -> str:
        """The text of a line, from 1, without its line end."""
        starts = self._line_starts
        if not 1 <= number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.data)
        return self.data[starts[number - 1] : end].decode("utf-8", "replace").rstrip("\r\n")

    def text(self, start: int, end: int) -> str:
        return self.data[start:end].decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression's extent; the subclasses say what it is."""

    start: int
    end: int

    def children(self) -> "tuple[Expr, ...]":
        return ()

    def walk(self) -> "Iterator[Expr]":
        """This expression and all inside it."""
        yield self
        for child in self.children():
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class Constant(Expr):
    """A string without interpolation (decoded, NFC), a bool, or null (None)."""

    value: str | bool | None


@dataclass(frozen=True, slots=True)
class Numeral(Expr):
    """A number as it is written."""

    text: str


@dataclass(frozen=True, slots=True)
class Template(Expr):
    """A quoted or heredoc template with interpolations; literal parts are decoded strings."""

    parts: tuple[str | Expr, ...]

    def children(self) -> tuple[Expr, ...]:
        return tuple(part for part in self.parts if not isinstance(part, str))


@dataclass(frozen=True, slots=True)
class Item:
    """One ``key = value`` of an object. A bare identifier as key is a string, not a reference."""

    key: Expr
    value: Expr


@dataclass(frozen=True, slots=True)
class Object(Expr):
    items: tuple[Item, ...]

    def children(self) -> tuple[Expr, ...]:
        return tuple(part for item in self.items for part in (item.key, item.value))


@dataclass(frozen=True, slots=True)
class Tuple(Expr):
    items: tuple[Expr, ...]

    def children(self) -> tuple[Expr, ...]:
        return self.items


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A function call; ``name`` holds the namespace too (``provider::aws::f``)."""

    name: str
    arguments: tuple[Expr, ...]
    expands_last: bool = False

    def children(self) -> tuple[Expr, ...]:
        return self.arguments


@dataclass(frozen=True, slots=True)
class Reference(Expr):
    """``root.step.step``, with literal indexes among the steps (``local.ous["prod"].id``)."""

    root: str
    steps: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Opaque(Expr):
    """Anything else (``for``, conditionals, operators, splats), with the expressions inside it.

    ``binds`` are the names that a ``for`` introduces.
    """

    kind: str
    inside: tuple[Expr, ...] = ()
    binds: tuple[str, ...] = ()

    def children(self) -> tuple[Expr, ...]:
        return self.inside


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    value: Expr
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Label:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Body:
    """Attributes by name (the first of each; a second one is a syntax problem) and blocks in order."""

    attributes: dict[str, Attribute] = field(default_factory=dict)
    blocks: "tuple[Block, ...]" = ()

    def of_type(self, block_type: str) -> "Iterator[Block]":
        return (block for block in self.blocks if block.type == block_type)


@dataclass(frozen=True, slots=True)
class Block:
    """``type "label" { … }``; ``header_end`` is the end of the last label, or of the type."""

    type: str
    labels: tuple[Label, ...]
    body: Body
    start: int
    end: int
    header_end: int


@dataclass(frozen=True, slots=True)
class Comment:
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """Why the file cannot be loaded, and where."""

    message: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class File:
    """A parsed file. With problems, the body holds whatever could still be read."""

    source: Source
    body: Body
    comments: tuple[Comment, ...]
    problems: tuple[SyntaxProblem, ...]
