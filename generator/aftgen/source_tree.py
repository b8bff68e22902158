"""What a YAML or JSON text says, before anything is made of it: scalars as they are written, with places.

Requests carry values such as the tag ``cost-center: 007``, and what is written there is what must arrive: a
scalar stays text until a model asks for something else.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of a file to a value."""

MAX_DEPTH = 20
_BOOLEANS = {"true": True, "True": True, "false": False, "False": False}


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text; None where there is none (``key:`` and nothing after it). ``plain`` is False in quotes."""

    text: str | None
    line: int
    column: int
    plain: bool = False


@dataclass(frozen=True, slots=True)
class Mapping:
    items: "tuple[tuple[Scalar, Node], ...]"
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class List:
    items: "tuple[Node, ...]"
    line: int
    column: int


Node: TypeAlias = Scalar | Mapping | List


class NotReadable(Exception):
    """The text cannot be used; ``line`` and ``column`` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def plain(node: Node, not_text: Sequence[Path] = (), path: Path = ()) -> Any:
    """The node as dicts, lists and strings.

    At the paths in ``not_text`` (``"*"`` is any step) an unquoted whole number or true or false becomes one.
    """
    if isinstance(node, Mapping):
        return {key.text: plain(value, not_text, (*path, key.text or "")) for key, value in node.items}
    if isinstance(node, List):
        return [plain(value, not_text, (*path, index)) for index, value in enumerate(node.items)]
    if node.plain and node.text is not None and any(_matches(path, pattern) for pattern in not_text):
        if node.text in _BOOLEANS:
            return _BOOLEANS[node.text]
        if node.text.isascii() and node.text.isdigit():
            return int(node.text)
    return node.text


def at(node: Node, path: Sequence[str | int]) -> tuple[int, int]:
    """Line and column of the value at a path, or of the nearest thing around it that is there."""
    place = (node.line, node.column)
    for step in path:
        found = next(_children(node, step), None)
        if found is None:
            break
        place, node = found
    return place


def _children(node: Node, step: str | int) -> Iterator[tuple[tuple[int, int], Node]]:
    if isinstance(node, Mapping):
        for key, value in node.items:
            if key.text == step:
                yield (
                    (
                        (key.line, key.column)
                        if not isinstance(value, Scalar) or value.text is None
                        else (value.line, value.column)
                    ),
                    value,
                )
    elif isinstance(node, List) and isinstance(step, int) and step < len(node.items):
        value = node.items[step]
        yield (value.line, value.column), value


def _matches(path: Path, pattern: Path) -> bool:
    return len(path) == len(pattern) and all(
        wanted in ("*", step) for step, wanted in zip(path, pattern, strict=True)
    )
