"""JSON with places: the same tree as YAML gives, so that every message names line and column.

Python's own reader tells neither places nor duplicate keys nor how a number was written.
"""

import json
import re
from json.decoder import scanstring  # type: ignore[attr-defined]  # the standard library's own string reader

from aftgen.source_tree import MAX_DEPTH, List, Mapping, Node, NotReadable, Scalar

_SPACE = re.compile(r"[ \t\n\r]*")
_WORD = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?(?![\w.])|true\b|false\b|null\b", re.ASCII)


def read(text: str) -> Node:
    """The value in a text. Numbers, true and false are plain scalars as written, null is None."""
    reader = _Reader(text)
    node, end = reader.value(reader.skip(0), 0)
    end = reader.skip(end)
    if end != len(text):
        raise reader.refusal("nothing may follow the first value", end)
    return node


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        # Places are asked for in ascending order: counting on from the last one keeps this linear.
        self._counted = 0
        self._line = 1
        self._line_start = 0

    def skip(self, position: int) -> int:
        match = _SPACE.match(self.text, position)
        return match.end() if match else position

    def place(self, position: int) -> tuple[int, int]:
        if position < self._counted:
            before = self.text[:position]
            return before.count("\n") + 1, position - before.rfind("\n")
        newlines = self.text.count("\n", self._counted, position)
        if newlines:
            self._line += newlines
            self._line_start = self.text.rfind("\n", 0, position) + 1
        self._counted = position
        return self._line, position - self._line_start + 1

    def refusal(self, message: str, position: int) -> NotReadable:
        return NotReadable(message, *self.place(position))

    def value(self, start: int, depth: int) -> tuple[Node, int]:
        if depth > MAX_DEPTH:
            raise self.refusal(f"this is nested more than {MAX_DEPTH} deep", start)
        line, column = self.place(start)
        first = self.text[start : start + 1]
        if first == "{":
            return self._object(start, depth)
        if first == "[":
            return self._array(start, depth)
        if first == '"':
            text, end = self._string(start)
            return Scalar(text, line, column), end
        match = _WORD.match(self.text, start)
        if match is None:
            raise self.refusal("this is not JSON: a value is expected here", start)
        return Scalar(None if match[0] == "null" else match[0], line, column, plain=True), match.end()

    def _string(self, start: int) -> tuple[str, int]:
        if self.text[start : start + 1] != '"':
            raise self.refusal("this is not JSON: a key in double quotes is expected here", start)
        try:
            text, end = scanstring(self.text, start + 1, True)
        except json.JSONDecodeError as error:
            raise self.refusal(
                f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}", error.pos
            ) from None
        return text, end

    def _array(self, start: int, depth: int) -> tuple[Node, int]:
        line, column = self.place(start)
        items: list[Node] = []
        position = self.skip(start + 1)
        while self.text[position : position + 1] != "]" or items:
            item, position = self.value(position, depth + 1)
            items.append(item)
            position = self._comma(position, "]")
            if position < 0:
                return List(tuple(items), line, column), -position
        return List((), line, column), position + 1

    def _object(self, start: int, depth: int) -> tuple[Node, int]:
        line, column = self.place(start)
        items: list[tuple[Scalar, Node]] = []
        lines: dict[str, int] = {}
        position = self.skip(start + 1)
        while self.text[position : position + 1] != "}" or items:
            at = self.place(position)
            key, end = self._string(position)
            if key in lines:
                raise self.refusal(f"the key {key!r} is given twice, first on line {lines[key]}", position)
            lines[key] = at[0]
            end = self.skip(end)
            if self.text[end : end + 1] != ":":
                raise self.refusal("this is not JSON: ':' is expected here", end)
            node, position = self.value(self.skip(end + 1), depth + 1)
            items.append((Scalar(key, *at), node))
            position = self._comma(position, "}")
            if position < 0:
                return Mapping(tuple(items), line, column), -position
        return Mapping((), line, column), position + 1

    def _comma(self, position: int, closing: str) -> int:
        """Where the next item begins; the negative end where the container closes instead."""
        position = self.skip(position)
        found = self.text[position : position + 1]
        if found == closing:
            return -(position + 1)
        if found != ",":
            raise self.refusal(f"this is not JSON: ',' or '{closing}' is expected here", position)
        return self.skip(position + 1)
