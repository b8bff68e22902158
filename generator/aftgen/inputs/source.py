"""Reads what ``--from`` names, a file or standard input, as text, and says which format it is in."""

import sys
from dataclasses import dataclass
from pathlib import Path

from aftgen.errors import UsageError

#: Thousands of requests fit in; a larger input is something else.
MAX_BYTES = 10 * 1024 * 1024
FORMATS = ("yaml", "json", "csv")
_BY_SUFFIX = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".csv": "csv"}
_OTHER_ENCODINGS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


@dataclass(frozen=True, slots=True)
class Source:
    """``shown`` is how messages name it."""

    shown: str
    text: str
    format: str


def read(name: str, declared_format: str | None) -> Source:
    """The text of a file, or of standard input for ``-``. Raises UsageError when it cannot be used."""
    if name == "-":
        shown, raw = "<stdin>", _standard_input()
        found_format = declared_format or ("json" if raw.lstrip()[:1] in (b"[", b"{") else "yaml")
    else:
        shown = name
        found_format = declared_format or _BY_SUFFIX.get(Path(name).suffix.lower(), "")
        if not found_format:
            raise UsageError(
                "the file's name does not say its format", place=shown, hint="add --format yaml, json or csv"
            )
        raw = _file(Path(name), shown)
    if len(raw) > MAX_BYTES:
        raise UsageError(
            f"the input has more than {MAX_BYTES // 1024 // 1024} MB",
            place=shown,
            hint="split it into several",
        )
    return Source(shown, _decoded(raw, shown), found_format)


def _standard_input() -> bytes:
    return sys.stdin.buffer.read(MAX_BYTES + 1) if sys.stdin is not None else b""


def _file(path: Path, shown: str) -> bytes:
    try:
        if path.is_dir():
            raise UsageError("this is a folder, not a file of requests", place=shown)
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise UsageError("there is no such file", place=shown) from None
    except OSError as error:
        raise UsageError(f"the file cannot be read: {error.strerror or error}", place=shown) from None
    except ValueError as error:  # a NUL in the name
        raise UsageError(f"the file cannot be read: {error}", place=repr(shown)) from None


def _decoded(raw: bytes, shown: str) -> str:
    if raw[:2] in _OTHER_ENCODINGS:
        raise UsageError(f"the input is {_OTHER_ENCODINGS[raw[:2]]} text: save it as UTF-8", place=shown)
    if b"\0" in raw:
        raise UsageError("the input is not text (it holds a NUL byte)", place=shown)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UsageError("the input is not UTF-8 text: save it as UTF-8", place=f"{shown}:{line}") from None
    if not text.strip():
        raise UsageError("the input is empty", place=shown)
    return text
