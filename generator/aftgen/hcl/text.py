"""Values as HCL text, laid out exactly as ``terraform fmt`` would leave them.

There is one way for text from outside into a file: :func:`quote` for values, :func:`key` for keys. Both
return HCL that means the text and nothing else. :func:`mapping` and :func:`texts` arrange them; the fmt rules
that they follow were measured (``reference/generator.md`` §4), and ``tests/hcl`` asks fmt itself.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

#: Columns up to which a list of texts stays on one line.
_LINE_WIDTH = 100

#: Not with two underscores in front: python-hcl2 gives its own notes such names.
_IDENTIFIER = re.compile(r"(?!__)[A-Za-z_][A-Za-z0-9_]*\Z")
#: Words that HCL gives a meaning at the beginning of an object, or that read like a value.
_RESERVED = frozenset({"for", "if", "in", "else", "endif", "endfor", "true", "false", "null"})

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_SPECIAL = re.compile(r'["\\\n\r\t]|[$%](?=\{)|[^\x20-\x7e]')
#: Characters without a shape of their own that turn the text around them: a reviewer must see them.
_UNSEEN = frozenset(
    "\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
)


def quote(text: str) -> str:
    """A string literal that means ``text``.

    ``${`` and ``%{`` are doubled, as Terraform's own writer does. Terraform reads that everywhere, but two
    parsers that have to read our files do not: python-hcl2 (8.1) wants a ``}`` after ``$${`` in the same
    string, and tree-sitter-hcl (1.2) takes ``$$${x}`` for an interpolation. There ``\\u0024{`` is written.
    Control characters and marks that change the direction of text are escaped.
    """
    return f'"{_SPECIAL.sub(_escape, text)}"'


def key(text: str) -> str:
    """A key of an object: bare where it is a plain identifier, else quoted. ``terraform fmt`` keeps both."""
    return text if _IDENTIFIER.match(text) and text not in _RESERVED else quote(text)


def texts(values: Iterable[str], *, before: int = 0) -> str:
    """A list of string literals, on one line unless that becomes long after ``before`` other columns."""
    quoted = [quote(value) for value in values]
    line = f"[{', '.join(quoted)}]"
    if before + len(line) <= _LINE_WIDTH:
        return line
    return "[\n" + "".join(f"  {value},\n" for value in quoted) + "]"


def mapping(entries: Mapping[str, str], *, indent: int = 0) -> str:
    """An object of rendered values, its closing brace at ``indent``; ``{}`` when there are none."""
    return f"{{\n{assignments(entries, indent=indent + 2)}\n{' ' * indent}}}" if entries else "{}"


def assignments(entries: Mapping[str, str], *, indent: int = 0) -> str:
    """``key = value`` lines with their ``=`` aligned; values are rendered HCL.

    A value of several lines stands unaligned and ends the group, as fmt has it.
    """
    lines: list[str] = []
    group: list[tuple[str, str]] = []
    for name, value in entries.items():
        if "\n" in value:
            lines += _aligned(group)
            group = []
            lines += f"{key(name)} = {value}".split("\n")
        else:
            group.append((key(name), value))
    lines += _aligned(group)
    return "\n".join(" " * indent + line for line in lines)


def width(rendered_key: str) -> int:
    """Columns of a key as fmt counts them: grapheme clusters of each token, the quotes being tokens.

    Right for every key that an account request may hold. Not for keys with a virama between two consonants,
    which fmt's older Unicode tables take for two clusters.
    """
    if rendered_key.isascii():
        return len(rendered_key)
    import regex

    return len(regex.findall(r"\X", rendered_key[1:-1])) + 2


def _aligned(group: list[tuple[str, str]]) -> list[str]:
    widest = max((width(name) for name, _ in group), default=0)
    return [f"{name}{' ' * (widest - width(name))} = {value}" for name, value in group]


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character in "$%" and _doubling_is_read(match):
        return character * 2
    if character in "$%" or unicodedata.category(character) == "Cc" or character in _UNSEEN:
        return f"\\u{ord(character):04x}"
    return character


def _doubling_is_read(match: re.Match[str]) -> bool:
    text, start = match.string, match.start()
    return "}" in text[start:] and text[start - 1 : start] not in ("$", "%")
