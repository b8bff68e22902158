"""Reads one YAML file strictly, and remembers where every value stands.

These files decide who may enter which account, so a reviewer must see all of what is read: a key
given twice, an anchor, an alias, a merge or a tag is refused, and nothing but plain data is built.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import yaml

Path_ = tuple[str | int, ...]
"""Keys and list positions from the top of a file to a value."""

_DEEPEST: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Problem:
    """One thing wrong in one file. `line` counts from 1; 0 means the file as a whole."""

    file: str
    line: int
    key: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The content of one file and the line of each key and value in it."""

    file: str
    content: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)

    def problem(self, path: Path_, message: str) -> Problem:
        """A problem at a value, placed at the nearest enclosing value that is in the file."""
        at = path
        while at and at not in self.lines:
            at = at[:-1]
        return Problem(file=self.file, line=self.lines.get(at, 0), key=key_path(path), message=message)


def key_path(path: Path_) -> str:
    """`rules[0].where.ous` for ("rules", 0, "where", "ous")."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def read(path: Path, *, file: str) -> tuple[Source, list[Problem]]:
    """Read `path`, called `file` in messages. With problems the content is None. An empty file is {}."""
    try:
        return parse(path.read_bytes().decode("utf-8"), file=file)
    except UnicodeDecodeError as error:
        return Source(file=file), [
            Problem(file=file, line=0, key="", message=f"is not UTF-8 at byte {error.start}")
        ]
    except OSError as error:
        return Source(file=file), [
            Problem(file=file, line=0, key="", message=f"cannot be read: {error.strerror}")
        ]


def parse(text: str, *, file: str) -> tuple[Source, list[Problem]]:
    """Read YAML text; all that is refused comes back as problems, nothing is raised."""
    try:
        problems = [
            Problem(file=file, line=line, key="", message=message) for line, message in _indirections(text)
        ]
        node = None if problems else yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            return Source(file=file, content=None if problems else {}), problems
        lines: dict[Path_, int] = {}
        problems = list(_walk(node, (), file, lines))
        content = None if problems else yaml.SafeLoader("").construct_document(node)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or str(error).splitlines()[0]
        line = mark.line + 1 if mark else 0
        return Source(file=file), [Problem(file=file, line=line, key="", message=f"is not YAML: {reason}")]
    return Source(file=file, content=content, lines=lines), problems


def _indirections(text: str) -> Iterator[tuple[int, str]]:
    documents = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 0
        documents += isinstance(event, yaml.DocumentStartEvent)
        if isinstance(event, yaml.AliasEvent):
            yield line, f"the alias *{event.anchor} is refused; write the value out"
        elif isinstance(event, yaml.NodeEvent) and event.anchor:
            yield line, f"the anchor &{event.anchor} is refused; write the value out"
        if isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) and event.tag is not None:
            yield line, f"the tag {event.tag} is refused; write plain data"
    if documents > 1:
        yield 0, "has more than one document"


def _walk(node: yaml.Node, path: Path_, file: str, lines: dict[Path_, int]) -> Iterator[Problem]:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if len(path) > _DEEPEST:
        yield Problem(file=file, line=line, key=key_path(path), message="is nested too deeply")
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*path, index), file, lines)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            at = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode) or key.tag != "tag:yaml.org,2002:str":
                shown = getattr(key, "value", "")
                message = f"the key {shown!r} must be text; quote it"
                yield Problem(file=file, line=at, key=key_path(path), message=message)
                continue
            step = (*path, key.value)
            if step in lines:
                message = f"is given twice, first on line {lines[step]}"
                yield Problem(file=file, line=at, key=key_path(step), message=message)
                continue
            lines[step] = at
            yield from _walk(value, step, file, lines)
