"""Reads one generated request file with python-hcl2, to say what it means before it is written.

python-hcl2 (8.1) leaves three things to its user, each done here: strings come back in their quotes with
escapes as written, ``$${`` and ``%%{`` included; an expression comes back as ``${…}`` around its text, whose
inside parses again as the value of an attribute; and its grammar, three seconds of work, is cached beside
its own code, which is often not writable, so the cache moves to the user's cache folder.
"""

import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

_ESCAPE = re.compile(r'\\([nrt"\\]|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})')
_SIMPLE = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_JSONENCODE = re.compile(r"\$\{\s*jsonencode\s*\((?P<inside>.*)\)\s*\}\Z", re.DOTALL)
_PARENTHESES = re.compile(r"\$\{\s*\((?P<inside>.*)\)\s*\}\Z", re.DOTALL)
_ARGUMENTS = {
    "source",
    "control_tower_parameters",
    "account_tags",
    "change_management_parameters",
    "custom_fields",
    "account_customizations_name",
}
_LABELS = {"module": 1, "variable": 1, "output": 1, "provider": 1, "resource": 2, "data": 2}
#: What python-hcl2 adds of its own.
_NOTES = frozenset({"__comments__", "__inline_comments__", "__is_block__"})


class NotARequest(Exception):
    """The text is not one request module made of literals only."""


def item_in(text: str, *, label: str, source: str) -> dict[str, Any]:
    """The item that a generated file stands for, in the form of ``AccountRequest.item``.

    Raises NotARequest when the text holds anything but one module of this label and source with AFT's
    arguments, or a value that is not a literal.
    """
    content = _parse(text)
    if set(content) - _NOTES != {"module"} or len(content["module"]) != 1:
        raise NotARequest(f"expected one module block, found {sorted(set(content) - _NOTES)}")
    (block,) = content["module"]
    if [_text(name) for name in block] != [label]:
        raise NotARequest(f"expected the label {label!r}, found {list(block)}")
    (body,) = block.values()
    if set(body) - _NOTES != _ARGUMENTS:
        raise NotARequest(f"unexpected arguments: {sorted(set(body) - _NOTES ^ _ARGUMENTS)}")
    if _text(body["source"]) != source:
        raise NotARequest(f"unexpected source: {body['source']}")
    parameters = _texts(body["control_tower_parameters"])
    return {
        "id": parameters.get("AccountEmail"),
        "control_tower_parameters": parameters,
        "change_management_parameters": _texts(body["change_management_parameters"]),
        "account_tags": _texts(body["account_tags"]),
        "account_customizations_name": _text(body["account_customizations_name"]),
        "custom_fields": {name: _field(value) for name, value in _entries(body["custom_fields"])},
    }


@lru_cache(maxsize=16)
def blocks_in(text: str) -> tuple[tuple[tuple[str, ...], Any], ...]:
    """Every block of a hand-written file as python-hcl2 has it: its type and labels, and its content.

    Values are texts as they are written; :func:`entries_of` and :func:`value_of` decode them. Comments are
    left out. Raises NotARequest when python-hcl2 cannot read the file.
    """
    import hcl2
    from lark.exceptions import LarkError

    try:
        with _grammar_cache():
            content = _without_notes(hcl2.loads(text))
    except (LarkError, ValueError, KeyError, RecursionError) as error:
        raise NotARequest(str(error).partition("\n")[0]) from None
    found: list[tuple[tuple[str, ...], Any]] = []
    for block_type, blocks in content.items():
        for block in blocks if isinstance(blocks, list) else [blocks]:
            head, body = [block_type], block
            for _ in range(_LABELS.get(block_type, 0)):
                if not (isinstance(body, dict) and len(body) == 1):
                    break
                ((label, body),) = body.items()
                head.append(_text(label) if label.startswith('"') else label)
            found.append((tuple(head), body))
    return tuple(found)


def entries_of(value: Any) -> dict[str, Any]:
    """An object's entries by their decoded keys, the values as they are written. Raises NotARequest."""
    entries = _entries(_without_parentheses(value))
    return {
        _text(found) if (found := _without_parentheses(name)) != name else name: item
        for name, item in entries
    }


def value_of(value: Any) -> Any:
    """A text, or what a ``jsonencode`` of literals encodes. Raises NotARequest for anything else."""
    return _field(_without_parentheses(value))


def _without_parentheses(value: Any) -> Any:
    """``${("x")}``, as python-hcl2 has a value in parentheses, as the value itself."""
    from lark.exceptions import LarkError

    while isinstance(value, str) and (match := _PARENTHESES.match(value)):
        try:
            value = _parse(f"v = {match['inside']}\n")["v"]
        except LarkError:
            # An object in parentheses comes back as Python's own text of a dict.
            raise NotARequest("python-hcl2 does not give objects in parentheses back") from None
    return value


def _without_notes(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_notes(item) for key, item in value.items() if key not in _NOTES}
    return [_without_notes(item) for item in value] if isinstance(value, list) else value


def _parse(text: str) -> Any:
    import hcl2

    with _grammar_cache():
        return hcl2.loads(text)


def _entries(value: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(value, dict):
        raise NotARequest(f"not an object: {value!r}")
    for name, item in value.items():
        if name not in _NOTES:
            yield _text(name) if name.startswith('"') else name, item


def _texts(value: Any) -> dict[str, str]:
    return {name: _text(item) for name, item in _entries(value)}


def _field(value: Any) -> Any:
    """A custom field: a string, or what a ``jsonencode`` encodes."""
    match = _JSONENCODE.match(value) if isinstance(value, str) else None
    return _data(_parse(f"v = {match['inside']}\n")["v"]) if match else _text(value)


def _data(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _data(item) for name, item in _entries(value)}
    if isinstance(value, list):
        return [_data(item) for item in value]
    if isinstance(value, bool | int):
        return value
    return _text(value)


def _text(value: Any) -> str:
    """A quoted literal's text; an interpolation or anything else that is not a literal is refused."""
    if not (isinstance(value, str) and len(value) >= 2 and value[0] == value[-1] == '"'):
        raise NotARequest(f"not a string literal: {value!r}")
    inside = value[1:-1]
    decoded = []
    position = 0
    while position < len(inside):
        if inside.startswith(("$${", "%%{"), position):
            decoded.append(inside[position] + "{")
            position += 3
        elif inside.startswith(("${", "%{", '"', "\n"), position):
            raise NotARequest(f"not a literal: {value!r}")
        elif inside[position] == "\\":
            match = _ESCAPE.match(inside, position)
            if match is None:
                raise NotARequest(f"not an escape of HCL: {value!r}")
            decoded.append(_SIMPLE[match[1]] if match[1] in _SIMPLE else chr(int(match[1][1:], 16)))
            position = match.end()
        else:
            decoded.append(inside[position])
            position += 1
    return "".join(decoded)


_grammar_is_loaded = False


@contextmanager
def _grammar_cache() -> Iterator[None]:
    """Around the first parse of a process: the grammar is loaded from, or stored in, the user's cache."""
    global _grammar_is_loaded
    folder = None if _grammar_is_loaded else private_cache_folder()
    if folder is None:
        yield
    else:
        parser = sys.modules["hcl2.parser"]
        parser.PARSER_FILE = folder / f"hcl2-python{sys.version_info.major}.{sys.version_info.minor}.bin"  # type: ignore[attr-defined]
        with _exclusively(folder / "hcl2.lock"):
            yield
    _grammar_is_loaded = True


def private_cache_folder() -> Path | None:
    """``aftgen`` in the user's cache folder, made if need be; None where that is not possible or not safe.

    The grammar is a pickle, which can run code when it is read: only a folder that nobody else can write to
    will do.
    """
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin" and not os.environ.get("XDG_CACHE_HOME"):
        base = os.path.expanduser("~/Library/Caches")  # noqa: PTH111 - Path.expanduser raises without a home
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111
    if not Path(base).is_absolute():
        return None
    folder = Path(base, "aftgen")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        info = folder.stat(follow_symlinks=False)
    except OSError:
        return None
    if not stat.S_ISDIR(info.st_mode) or not os.access(folder, os.W_OK):
        return None
    if hasattr(os, "getuid") and (info.st_uid != os.getuid() or info.st_mode & 0o077):
        return None
    return folder


@contextmanager
def _exclusively(lock: Path) -> Iterator[None]:
    """One process at a time builds the grammar or reads it; the others wait instead of building it too."""
    try:
        import fcntl
    except ImportError:  # Windows: a half-written cache is found out and built again
        yield
        return
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        yield
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
