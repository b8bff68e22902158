"""Strict YAML: what a reviewer sees in the file is what is read, and nothing more.

Duplicate keys, anchors, aliases and tags (``!!python/…`` and all others) are refused, and nothing is
converted: ``007``, ``yes`` and ``1.10`` stay what is written. Places come with every value.
"""

import unicodedata
from collections.abc import Iterator

import yaml

from aftgen.source_tree import MAX_DEPTH, List, Mapping, Node, NotReadable, Scalar

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(text: str) -> Node | None:
    """The one document in a text, or None when it holds none. Raises NotReadable."""
    try:
        return _Reader(yaml.parse(text, Loader=_Loader)).document()
    except yaml.reader.ReaderError as error:
        before = text[: error.position] if isinstance(error.position, int) else ""
        line = before.count("\n") + 1
        raise NotReadable(_character_problem(text, error), line, len(before) - before.rfind("\n")) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        reason = getattr(error, "problem", None) or "it cannot be read"
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise NotReadable(f"this is not YAML: {reason}", line, column) from None


class _Reader:
    """Builds the tree from parser events; recursion is bounded by :data:`MAX_DEPTH`."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self.events = events

    def document(self) -> Node | None:
        found: Node | None = None
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _refusal(event, "there is more than one document ('---'): write one list instead")
            elif isinstance(event, yaml.NodeEvent):
                found = self._node(event, 0)
        return None if isinstance(found, Scalar) and found.text is None else found

    def _node(self, event: yaml.Event, depth: int) -> Node:
        if isinstance(event, yaml.AliasEvent):
            raise _refusal(event, f"the alias '*{event.anchor}' is not read: write the value out")
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor:
            raise _refusal(event, f"the anchor '&{anchor}' is not read: write the value where it is used")
        if tag is not None:
            raise _refusal(event, f"the tag {_shown_tag(tag)} is not read: write plain values")
        if depth > MAX_DEPTH:
            raise _refusal(event, f"this is nested more than {MAX_DEPTH} deep")
        line, column = _place(event)
        if isinstance(event, yaml.ScalarEvent):
            is_plain = not event.style
            text = None if is_plain and event.value == "" else event.value
            return Scalar(text, line, column, is_plain)
        if isinstance(event, yaml.SequenceStartEvent):
            return List(tuple(self._items(depth)), line, column)
        return Mapping(tuple(self._pairs(depth)), line, column)

    def _items(self, depth: int) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                return
            yield self._node(event, depth + 1)

    def _pairs(self, depth: int) -> Iterator[tuple[Scalar, Node]]:
        first_lines: dict[str, int] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                return
            key = self._node(event, depth + 1)
            if not isinstance(key, Scalar) or key.text is None:
                raise _refusal(event, "a key must be text")
            if key.text in first_lines:
                raise _refusal(
                    event, f"the key {key.text!r} is given twice, first on line {first_lines[key.text]}"
                )
            first_lines[key.text] = key.line
            yield key, self._node(next(self.events), depth + 1)


def _refusal(event: yaml.Event, message: str) -> NotReadable:
    return NotReadable(message, *_place(event))


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _shown_tag(tag: str) -> str:
    return "!!" + tag.removeprefix("tag:yaml.org,2002:") if tag.startswith("tag:yaml.org,2002:") else tag


def _character_problem(text: str, error: yaml.reader.ReaderError) -> str:
    bad = next((c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\t\n\r\x85"), None)
    return (
        f"the file holds the control character U+{ord(bad):04X}"
        if bad
        else f"this is not YAML: {error.reason}"
    )
