"""Edits of an AWS configuration file (``~/.aws/config``) that leave every other byte alone.

The file is a person's own: comments, order, other profiles, line ends and a missing last newline stay. A
section that is there gets the keys that differ; one that is not is added at the end. The result is read
back with botocore's own parser before anybody sees it: it must mean what was asked, and nothing else may
mean anything new.
"""

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aftgen.errors import Refused

_SECTION = re.compile(r"^\s*\[(?P<name>[^\]]*)\]")
_KEY = re.compile(r"^(?P<key>[^\s#;=:][^=:]*?)\s*[=:]")

#: Section name (as between the brackets, ``profile x`` or ``sso-session y``) to its keys.
Sections = Mapping[str, Mapping[str, str]]


def merged(text: str, sections: Sections) -> str:
    """The text with these sections in it. Raises Refused when the file or the result cannot be understood."""
    lines = text.splitlines(keepends=True)
    end = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    for name, settings in sections.items():
        lines = _with_section(lines, name, settings, end)
    result = "".join(lines)
    _verify(text, result, sections)
    return result


def _with_section(lines: list[str], name: str, settings: Mapping[str, str], end: str) -> list[str]:
    start = next((number for number, line in enumerate(lines) if _names(line, name)), None)
    if start is None:
        return _appended(lines, name, settings, end)
    stop = next(
        (number for number in range(start + 1, len(lines)) if _SECTION.match(lines[number])), len(lines)
    )
    body = lines[start + 1 : stop]
    missing = dict(settings)
    last = 0
    for number, line in enumerate(body):
        found = _KEY.match(line)
        if line.strip() and not line.lstrip().startswith(("#", ";")):
            last = number + 1
        if found is None or found["key"] not in missing:
            continue
        value = missing.pop(found["key"])
        if line[found.end() :].strip() != value:
            body[number] = f"{line[: found.end()]} {value}{_end_of(line) or end}"
    added = [f"{key} = {value}{end}" for key, value in missing.items()]
    before = lines[: start + 1]
    if added and last == 0:
        before[-1] = _ended(before[-1], end)
    elif added:
        body[last - 1] = _ended(body[last - 1], end)
    return [*before, *body[:last], *added, *body[last:], *lines[stop:]]


def _appended(lines: list[str], name: str, settings: Mapping[str, str], end: str) -> list[str]:
    before = list(lines)
    if before:
        before[-1] = _ended(before[-1], end)
        if before[-1].strip():
            before.append(end)
    return [*before, f"[{name}]{end}", *(f"{key} = {value}{end}" for key, value in settings.items())]


def _names(line: str, name: str) -> bool:
    found = _SECTION.match(line)
    if found is None:
        return False
    words = found["name"].split(None, 1)
    return (
        [words[0], *(word.strip().strip("\"'") for word in words[1:])] == name.split(None, 1)
        if words
        else False
    )


def _end_of(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def _ended(line: str, end: str) -> str:
    return line if _end_of(line) else f"{line}{end}"


def _verify(before: str, after: str, sections: Sections) -> None:
    old, new = parsed(before), parsed(after)
    for name, settings in sections.items():
        kind, _, short = name.partition(" ")
        kept = _in(old, kind, short)
        if _in(new, kind, short) != {**kept, **settings}:
            raise Refused(f"the section [{name}] cannot be changed safely", hint="change it by hand")
        for state in (old, new):
            state.get(_KINDS[kind], {}).pop(short, None)
    if {key: value for key, value in old.items() if value} != {
        key: value for key, value in new.items() if value
    }:
        raise Refused(
            "the file cannot be changed safely", hint="its other sections would change their meaning"
        )


_KINDS = {"profile": "profiles", "sso-session": "sso_sessions"}


def _in(state: Mapping[str, Any], kind: str, name: str) -> dict[str, Any]:
    return dict(state.get(_KINDS[kind], {}).get(name, {}))


def parsed(text: str) -> dict[str, Any]:
    """What botocore reads from the text. Raises Refused when it cannot."""
    from botocore.configloader import load_config
    from botocore.exceptions import ConfigParseError

    with tempfile.TemporaryDirectory(prefix="aftgen-") as folder:
        path = Path(folder) / "config"
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        try:
            read: dict[str, Any] = load_config(str(path))
        except ConfigParseError:
            raise Refused(
                "the AWS tools cannot read the file", hint="mend it first: nothing was written"
            ) from None
    return read


def owned(text: str, profile: str, session: str) -> bool:
    """Whether a profile may be written: it is not there, or it is of this sso-session."""
    found = parsed(text).get("profiles", {}).get(profile)
    return found is None or found.get("sso_session") == session


def read(path: Path) -> str:
    """The file's text; "" when there is none. Raises Refused when it cannot be read."""
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Refused(f"the file cannot be read: {error.strerror or error}", place=str(path)) from None


def write(path: Path, before: str, after: str, *, stamp: Callable[[], str]) -> Path | None:
    """Replace the file's text, the old text kept beside it as ``<name>.<stamp>.bak``; answers that path.

    Raises Refused when the file changed since it was read, or cannot be written. A link is followed: it is
    how people keep the file elsewhere. Whole or not at all.
    """
    target = path.resolve()
    backup = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if read(path) != before:
            raise Refused(
                "the file was changed by someone else just now", place=str(path), hint="run the command again"
            )
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o600
        if before:
            backup = target.with_name(f"{target.name}.{stamp()}.bak")
            _put(backup, before, mode)
        _put(target, after, mode)
    except OSError as error:
        raise Refused(f"the file cannot be written: {error.strerror or error}", place=str(path)) from None
    return backup


def _put(target: Path, text: str, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(text.encode("utf-8", "surrogateescape"))
            os.fsync(stream.fileno())
        part.chmod(mode)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
