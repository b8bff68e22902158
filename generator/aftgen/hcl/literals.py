"""The text that a quoted string or a heredoc stands for, decoded as Terraform does."""

import re
import unicodedata

_ESCAPE = re.compile(
    r'\\(?:([nrt"\\])|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.?))|(\$\$(?=\{)|%%(?=\{))', re.DOTALL
)
_SIMPLE_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_OPENING = re.compile(r"[$%]\{")

#: tree-sitter-hcl takes some escaped ``$${`` for interpolations, and knows no exponents.
_ESCAPED_BRACE = re.compile(rb"(?:\${2,}|%{2,})\{")
_EXPONENT = re.compile(rb"(?<![\w.-])(\d+(?:\.\d+)?)([eE][+-]?)(?=\d)")


def without_escaped_braces(data: bytes) -> bytes:
    """A file with other text of the same length in place of ``$${`` and ``%%{``, for tree-sitter."""
    if b"$${" not in data and b"%%{" not in data:
        return data
    return _ESCAPED_BRACE.sub(lambda match: b"`" * len(match[0]), data)


def without_exponents(data: bytes) -> bytes:
    """A file with longer numbers in place of those with an exponent, for tree-sitter."""
    return _EXPONENT.sub(lambda match: match[1] + b"0" * len(match[2]), data)


def unquote(text: str) -> str:
    """Decode what stands between quotes: backslash escapes, ``$${`` and ``%%{``, each once, from the left."""
    return _ESCAPE.sub(_decode_escape, text) if "\\" in text else unescape_template(text)


def has_unknown_escape(text: str) -> bool:
    return "\\" in text and any(match[4] is not None for match in _ESCAPE.finditer(text))


def has_interpolation(text: str) -> bool:
    """Whether text that should be plain holds ``${`` or ``%{`` that is not escaped."""
    return "{" in text and _OPENING.search(text.replace("$${", ".").replace("%%{", ".")) is not None


def _decode_escape(match: re.Match[str]) -> str:
    if match[5]:
        return match[5][1:]
    if match[1]:
        return _SIMPLE_ESCAPES[match[1]]
    digits = match[2] or match[3]
    if digits and int(digits, 16) < 0x110000 and not 0xD800 <= int(digits, 16) < 0xE000:
        return chr(int(digits, 16))
    return "\ufffd" if digits else match[0]


def unescape_template(text: str) -> str:
    if "{" not in text:
        return text
    return text.replace("$${", "${").replace("%%{", "%{")


#: What Go's unicode.IsSpace counts, which is what HCL trims.
_SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)


def flush(text: str) -> str | None:
    """Remove the indentation that the lines of a ``<<-`` heredoc share; blank lines stay as they are.

    None where characters would have to be counted as Terraform counts them (grapheme clusters).
    """
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    indents: dict[int, int] = {}
    for index, line in enumerate(lines):
        rest = line.lstrip(_SPACE)
        if rest:
            leading = line[: len(line) - len(rest)]
            if leading.strip(" \t") or unicodedata.category(rest[0])[0] in "MC":
                return None
            indents[index] = len(leading)
    shared = min(indents.values(), default=0)
    return "".join(line[shared:] if index in indents else line for index, line in enumerate(lines))
