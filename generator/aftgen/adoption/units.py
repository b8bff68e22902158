"""``organization.yaml`` from the live tree of units: what is missing is added, and what stands there stays.

An entry whose id is in the live tree is never touched, whatever its path is called by now: rules of
access.yaml may name it. An entry whose id nobody has (an example's, say) gets the id of the unit that has its
path.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aftgen import source_tree, yaml_text
from aftgen.errors import Refused
from aftgen.limits import normalise

_KEY = "organizational_units"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*([ /][A-Za-z0-9_-]+)*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_NEW = """\
# yaml-language-server: $schema=../schemas/organization.schema.json
#
# Organizational units: path below the organization's root -> Organizations id. Written by 'aftgen import'.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """The file's new text, what was added and changed (path to id), and what a person must look at."""

    text: str
    added: Mapping[str, str]
    changed: Mapping[str, str]
    remarks: tuple[str, ...] = ()


def fill(text: str | None, live: Mapping[str, str], place: str) -> Filled:
    """``text`` None: there is no file. Raises Refused where the file is of a form that cannot be added to."""
    try:
        tree = yaml_text.read(text) if text is not None else None
    except source_tree.NotReadable as error:
        raise Refused(error.message, place=f"{place}:{error.line}:{error.column}") from None
    if tree is None:
        body = "".join(_line("  ", path, live[path]) for path in live)
        head = text or _NEW
        said = f"{_KEY}:\n{body}" if live else f"{_KEY}: {{}}\n"
        return Filled(text=_ended(head) + said, added=dict(live), changed={})
    assert text is not None
    entries = _entries(tree)
    if entries is None:
        raise Refused(f"this is not a mapping with {_KEY}", place=place)
    registered = {path.text or "": unit.text or "" for path, unit in entries}
    added, changed, remarks = _compared(registered, live)
    lines = text.splitlines(keepends=True)
    for path, unit in entries:
        new = changed.get(path.text or "")
        if new is not None:
            line = lines[unit.line - 1]
            start = unit.column - 1
            lines[unit.line - 1] = line[:start] + line[start:].replace(unit.text or "", new, 1)
    if added:
        _insert(lines, entries, added)
    result = Filled(text="".join(lines), added=added, changed=changed, remarks=tuple(remarks))
    _verify(result, registered, place)
    return result


def _entries(tree: source_tree.Node | None) -> list[tuple[source_tree.Scalar, source_tree.Scalar]] | None:
    if not isinstance(tree, source_tree.Mapping):
        return None
    for key, value in tree.items:
        if key.text == _KEY:
            if isinstance(value, source_tree.Scalar):
                return [] if value.text is None else None
            if isinstance(value, source_tree.Mapping):
                return [(path, unit) for path, unit in value.items if isinstance(unit, source_tree.Scalar)]
            return None
    return []


def _compared(
    registered: Mapping[str, str], live: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, str], list[str]]:
    paths = {unit: path for path, unit in live.items()}
    entries = {unit: path for path, unit in registered.items()}
    added, changed, remarks = {}, {}, []
    for path, unit in live.items():
        if unit in entries:
            if entries[unit] != path:
                remarks.append(
                    f"{unit} stands as {entries[unit]!r} and is {path!r} by now: rename it, and what names it"
                )
        elif path not in registered:
            added[path] = unit
        elif registered[path] in paths:
            remarks.append(
                f"{path!r} stands with {registered[path]}, which is {paths[registered[path]]!r} by now"
            )
        else:
            changed[path] = unit
    for path, unit in registered.items():
        if unit not in paths and path not in changed and not unit.startswith("r-"):
            remarks.append(f"{path!r} ({unit}) is not in the organization: remove it, and what names it")
    return added, changed, remarks


def _insert(
    lines: list[str],
    entries: list[tuple[source_tree.Scalar, source_tree.Scalar]],
    added: Mapping[str, str],
) -> None:
    """After the last entry, or below the key, or at the file's end."""
    if entries:
        last = max(unit.line for _, unit in entries)
        indent = " " * (entries[0][0].column - 1)
    else:
        last = next((n for n, line in enumerate(lines, 1) if re.match(rf"{_KEY}\s*:", line)), 0)
        indent = "  "
        if last:
            lines[last - 1] = re.sub(r":\s*\{\s*\}", ":", lines[last - 1], count=1)
        else:
            lines.append(f"{_KEY}:\n")
            last = len(lines)
    if last:
        lines[last - 1] = _ended(lines[last - 1])
    lines[last:last] = [_line(indent, path, unit) for path, unit in added.items()]


def _verify(filled: Filled, registered: Mapping[str, str], place: str) -> None:
    """The text must read as what was meant; a mapping in braces, for one, cannot be added to."""
    wanted = {**registered, **filled.added, **filled.changed}
    try:
        entries = _entries(yaml_text.read(normalise(filled.text)))
    except source_tree.NotReadable:
        entries = None
    if entries is None or {path.text: unit.text for path, unit in entries} != wanted:
        lines = "".join(_line("  ", path, unit) for path, unit in {**filled.changed, **filled.added}.items())
        raise Refused(
            f"this file cannot be added to as it is; nothing was written; it needs:\n{lines.rstrip()}",
            place=place,
            hint=f"write one line for each unit below {_KEY}:",
        )


def _line(indent: str, path: str, unit: str) -> str:
    plain = _PLAIN.fullmatch(path) and path.casefold() not in _WORDS
    return f"{indent}{path if plain else json.dumps(path, ensure_ascii=False)}: {unit}\n"


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def shown(filled: Filled) -> Iterator[str]:
    """What was done, a line for each unit."""
    yield from (f"added      {path}: {unit}" for path, unit in filled.added.items())
    yield from (f"changed    {path}: {unit}" for path, unit in filled.changed.items())
