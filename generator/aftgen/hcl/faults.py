"""Why a file cannot be read, in words for its author.

tree-sitter recovers from errors and names the place where it could not go on, which is often far from the
mistake. This looks at a file that is known to be wrong once more, for the mistakes that people make.
"""

import re
from typing import Any

from aftgen.hcl.nodes import SyntaxProblem

_NEXT = re.compile(rb"""["'{}\[\]();#/<\n]|\xe2\x80[\x98-\x9d]""")
_IN_STRING = re.compile(rb'["\\\n]|[$%]\{')
_HEREDOC = re.compile(rb"<<-?([^\W\d][\w-]*)[ \t]*\r?\n")
_TOP_LEVEL = re.compile(
    rb"(?:module|locals|variable|output|resource|provider|data|moved|terraform)\b[^=\n]*\{"
)
_CONFLICT = re.compile(rb"(?:<{7}|={7}|>{7})(?:[ \r\n]|\Z)")
_NO_EQUALS = re.compile(rb'[ \t]*[A-Za-z_][\w-]*[ \t]+"[^"\n]*"[ \t]*\r?(?:\n|\Z)')
_NO_VALUE = re.compile(rb"[ \t]*[A-Za-z_][\w-]*[ \t]*=[ \t]*\r?(?:\n|\Z)")
_DIGIT = re.compile(rb"[ \t]*(\d[\w-]*)[ \t]*=")
_COMMA = re.compile(
    rb"[ \t]*[A-Za-z_][\w-]*[ \t]*=[^\n{\[(#/\"]*(?:\"[^\"\n]*\")?[ \t]*(,)[ \t]*\r?(?:\n|\Z)"
)
_ESCAPES = (b"n", b"r", b"t", b'"', b"\\", b"u", b"U")
UNKNOWN_ESCAPE = 'text knows the escapes \\n \\r \\t \\" \\\\ \\uNNNN \\UNNNNNNNN only'
_CLOSES = {b"}": b"{", b"]": b"[", b")": b"("}
_MISSING = {
    "identifier": "a value",
    "quoted_template_end": "a closing quote",
    "heredoc_identifier": "the end of a heredoc",
}


def first_error(root: Any, data: bytes) -> SyntaxProblem:
    """The mistake in a file whose tree, a tree-sitter node, has errors."""
    known = explain(data) or _error_below(root, data)
    if known is not None:
        return known
    start = root.start_byte
    return _problem(f"this cannot be read: {_first_line(data[start:])!r}", start, root.end_byte)


def _error_below(node: Any, data: bytes) -> SyntaxProblem | None:
    """The first place at which tree-sitter could not go on."""
    for child in node.children:
        start, end = child.start_byte, child.end_byte
        if child.is_missing:
            return _problem(f"{_MISSING.get(child.type, repr(child.type))} is missing here", start, end)
        if child.type == "ERROR":
            text = _first_line(data[start:end])
            return _problem(
                f"unexpected {text!r}" if text else "this cannot be read", start, max(end, start + 1)
            )
        if child.has_error and (found := _error_below(child, data)):
            return found
    return None


def explain(data: bytes) -> SyntaxProblem | None:
    """The first mistake of a kind that is known, or None."""
    return _Scanner(data).scan()


class _Scanner:
    def __init__(self, data: bytes) -> None:
        self.data = data
        #: Open brackets, and ``"`` for a string that an interpolation stands in.
        self.open: list[tuple[bytes, int]] = []

    def scan(self) -> SyntaxProblem | None:
        problem = self._line(0)
        at = 0
        while problem is None:
            match = _NEXT.search(self.data, at)
            if match is None:
                return self._at_end()
            at, problem = self._token(match[0], match.start())
        return problem

    def _token(self, token: bytes, at: int) -> tuple[int, SyntaxProblem | None]:
        data = self.data
        if token == b"\n":
            return at + 1, self._line(at + 1)
        if token == b'"':
            return self._string(at, at + 1)
        if token in (b"{", b"[", b"("):
            self.open.append((token, at))
        elif token in _CLOSES:
            return self._close(token, at)
        elif token == b"#" or data.startswith(b"//", at):
            end = data.find(b"\n", at)
            return (len(data) if end == -1 else end), None
        elif data.startswith(b"/*", at):
            end = data.find(b"*/", at + 2)
            return end + 2, None if end != -1 else _problem("this comment is never closed", at, at + 2)
        elif heredoc := _HEREDOC.match(data, at):
            closing = re.compile(rb"^[ \t]*" + re.escape(heredoc[1]) + rb"[ \t]*\r?$", re.MULTILINE)
            end_match = closing.search(data, heredoc.end())
            if end_match is None:
                name = heredoc[1].decode("utf-8", "replace")
                return at, _problem(f"the line {name} that closes this text is missing", at, heredoc.end(1))
            return end_match.end(), None
        elif token == b"'" or token.startswith(b"\xe2"):
            return at, _problem('text is written in double quotes: "…"', at, at + len(token))
        elif token == b";":
            return at, _problem("';' has no meaning here", at, at + 1)
        return at + len(token), None

    def _line(self, at: int) -> SyntaxProblem | None:
        """What is wrong with a line as a whole."""
        data = self.data
        if _CONFLICT.match(data, at):
            return _problem("a merge conflict is left in the file", at, at + 7)
        if self.open and _TOP_LEVEL.match(data, at) and self.open[-1][0] != b'"':
            bracket, opened = self.open[-1]
            number = data.count(b"\n", 0, at) + 1
            return _problem(
                f"this {bracket.decode()!r} is never closed (the next block begins on line {number})",
                opened,
                opened + 1,
            )
        if self.open and self.open[-1][0] != b"{":
            return None
        if match := _NO_EQUALS.match(data, at):
            return self._whole(match, "a '=' is missing between the name and its value")
        if match := _NO_VALUE.match(data, at):
            return self._whole(match, "a value is missing after the '='")
        if match := _DIGIT.match(data, at):
            return _problem("a name begins with a letter or '_'", match.start(1), match.end(1))
        if len(self.open) <= 1 and (match := _COMMA.match(data, at)):
            return _problem("an argument ends with its line, without a comma", match.start(1), match.end(1))
        return None

    def _whole(self, match: re.Match[bytes], message: str) -> SyntaxProblem:
        start = match.end() - len(match[0].lstrip())
        return _problem(message, start, match.start() + len(match[0].rstrip()))

    def _string(self, opened: int, at: int) -> tuple[int, SyntaxProblem | None]:
        """To the end of a quoted string, or to an interpolation in it."""
        while match := _IN_STRING.search(self.data, at):
            token, at = match[0], match.start()
            if token == b"\n":
                break
            if token == b'"':
                return at + 1, None
            if token == b"\\":
                if self.data[at + 1 : at + 2] not in _ESCAPES:
                    return at, _problem(UNKNOWN_ESCAPE, at, at + 2)
            elif self.data[at - 1 : at] != token[:1]:
                self.open += [(b'"', opened), (b"{", at + 1)]
                return at + 2, None
            at += 2
        return at, _problem("this text has no closing quote on its line", opened, opened + 1)

    def _close(self, token: bytes, at: int) -> tuple[int, SyntaxProblem | None]:
        if not self.open:
            return at, _problem(f"this {token.decode()!r} closes nothing", at, at + 1)
        bracket, opened = self.open.pop()
        if bracket != _CLOSES[token]:
            number = self.data.count(b"\n", 0, opened) + 1
            return at, _problem(
                f"the {bracket.decode()!r} of line {number} is not closed before this", at, at + 1
            )
        if self.open and self.open[-1][0] == b'"':
            return self._string(self.open.pop()[1], at + 1)
        return at + 1, None

    def _at_end(self) -> SyntaxProblem | None:
        if not self.open:
            return None
        bracket, opened = self.open[-1]
        return _problem(f"this {bracket.decode()!r} is never closed", opened, opened + 1)


def _problem(message: str, start: int, end: int) -> SyntaxProblem:
    return SyntaxProblem(message, start, end)


def _first_line(data: bytes) -> str:
    return data.lstrip().split(b"\n", 1)[0].decode("utf-8", "replace").rstrip()[:40]
