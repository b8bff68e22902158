"""For people: place, id and message, the line with what is meant underlined, and what to do.

Everything that comes from a file is made visible first: a request must not move the cursor, recolour the
terminal or reorder the text of the report about it.
"""

import unicodedata
from collections.abc import Callable, Iterable

from aftgen.checks.engine import Report
from aftgen.checks.finding import Finding, Severity

_WIDTH = 80
_TAB = 4

Style = Callable[[str, str], str]
"""``style(text, what)``; ``what`` is one of error, warning, rule, place, gutter, mark, help."""


def write(report: Report) -> str:
    """The report without colour."""
    return render(report.findings, lambda text, _: text)


def render(findings: Iterable[Finding], style: Style) -> str:
    """The findings, each as a block of lines."""
    return "".join(f"{_block(finding, style)}\n" for finding in findings)


def visible(text: str) -> str:
    """Text whose control and formatting characters are shown as escapes; line breaks too."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    category = unicodedata.category(character)
    # A zero-width joiner holds emoji together; every other format character can reorder or hide text.
    if category in ("Cc", "Cs", "Zl", "Zp", "Cn", "Co") or (category == "Cf" and character != "\u200d"):
        code = ord(character)
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return character


def _block(finding: Finding, style: Style) -> str:
    severity = finding.severity.value
    label = style("ERROR" if finding.severity is Severity.ERROR else "WARNING", severity)
    place = style(visible(str(finding.place)), "place")
    lines = [f"{place}: {label} {style(finding.rule, 'rule')} {visible(finding.message)}"]
    lines += _excerpt(finding, style)
    if finding.hint:
        lines.append(f"  {style('help:', 'help')} {visible(finding.hint)}")
    return "\n".join(lines) + "\n"


def _excerpt(finding: Finding, style: Style) -> list[str]:
    """The line and the marks under it, both cut to the width of a screen around what is meant."""
    place = finding.place
    if not place.line or not place.excerpt.strip():
        return []
    number = str(place.line)
    room = _WIDTH - len(number) - 5
    cells, starts = _cells(place.excerpt)
    first = starts[min(place.column - 1, len(place.excerpt))]
    last_column = place.end_column - 1 if place.end_line == place.line else len(place.excerpt)
    last = max(starts[min(max(last_column, place.column - 1), len(place.excerpt))], first + 1)
    shown, offset = _cut(cells, first, last, room)
    first, last = first - offset, min(last - offset, room)
    gutter = style("|", "gutter")
    blank = " " * len(number)
    return [
        f"{blank} {gutter}",
        f"{style(number, 'gutter')} {gutter} {shown}".rstrip(),
        f"{blank} {gutter} {' ' * first}{style('^' * max(last - first, 1), 'mark')}",
    ]


def _cells(line: str) -> tuple[list[str], list[int]]:
    """The line as screen cells, and the cell at which each character begins (and the end).

    A wide character takes two cells, the second of them empty; a combining one joins the cell before it.
    """
    cells: list[str] = []
    starts = []
    for character in line:
        starts.append(len(cells))
        if character == "\t":
            cells.extend(" " * (_TAB - len(cells) % _TAB))
            continue
        shown = _visible_character(character)
        if len(shown) > 1:
            cells.extend(shown)
        elif unicodedata.combining(character) or character in "\u200d\ufe0f":
            starts[-1] = max(len(cells) - 1, 0)
            if cells:
                cells[-1] += character
            else:
                cells.append(character)
        elif unicodedata.east_asian_width(character) in "WF":
            cells.extend((character, ""))
        else:
            cells.append(character)
    starts.append(len(cells))
    return cells, starts


def _cut(cells: list[str], first: int, last: int, room: int) -> tuple[str, int]:
    """At most ``room`` cells that show the range, and how many were cut from the left."""
    if len(cells) <= room:
        return "".join(cells), 0
    start = 0
    if last > room - 1:
        start = max(min(first - room // 4, last - room + 2), 0)
    end = min(start + room, len(cells))
    window = cells[start:end]
    if window and window[0] == "":
        window[0] = " "
    if start:
        window[0] = "…"
        if len(window) > 1 and window[1] == "":
            window[1] = " "
    if end < len(cells):
        if window[-1] == "" and len(window) > 1:
            window[-2] = " "
        window[-1] = "…"
    return "".join(window), start
