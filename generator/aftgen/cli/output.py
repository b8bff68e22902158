"""How results and messages reach a person or a script.

Results go to standard output, messages to standard error. Colour is used on a terminal only, unless
``FORCE_COLOR`` or ``CLICOLOR_FORCE`` asks for it; ``NO_COLOR``, ``CLICOLOR=0`` and ``TERM=dumb`` forbid it.
"""

import io
import os
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any

import click

from aftgen import __version__


def wants_colour(stream: IO[str]) -> bool:
    """Whether text for this stream is coloured."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in ("0", "") or os.environ.get("CLICOLOR_FORCE", "0") not in (
        "0",
        "",
    ):
        return True
    if os.environ.get("CLICOLOR") == "0" or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def tolerate_any_text() -> None:
    """Let streams of a narrow encoding (``LC_ALL=C``) show what they cannot encode as escapes."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def is_interactive() -> bool:
    """Whether a person can be asked: both ends are a terminal, and nothing forbids prompts."""
    if os.environ.get("AFTGEN_NO_INPUT") or os.environ.get("CI"):
        return False
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def result(text: str = "") -> None:
    """A line of the result, on standard output."""
    click.echo(text, color=wants_colour(sys.stdout))


def message(text: str = "") -> None:
    """A line for the person, on standard error."""
    click.echo(text, err=True, color=wants_colour(sys.stderr))


def emit_json(value: Any) -> None:
    """The result as JSON, on standard output."""
    import json

    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def error(
    text: str, *, place: str | None = None, hint: str | None = None, details: Sequence[str] = ()
) -> None:
    """An error as every command prints it: what, where, why, and the next step."""
    start = f"{place}: " if place else ""
    message(click.style("error: ", fg="red", bold=True) + start + text)
    for detail in details:
        message(f"  - {detail}")
    if hint:
        message(click.style("hint: ", fg="cyan", bold=True) + hint)


def warning(text: str) -> None:
    """Something a person should know that stops nothing."""
    message(click.style("warning: ", fg="yellow", bold=True) + text)


def usage_error(failure: click.UsageError) -> None:
    """A wrong command line, with where its help is."""
    text = failure.format_message()
    command = failure.ctx.command_path if failure.ctx else "aftgen"
    error(
        text[:1].lower() + text[1:] if text[1:2].islower() else text,
        hint=f"'{command} --help' shows how it is used",
    )


def bug() -> None:
    """An exception nobody expected: the traceback goes to a file, its place to the person."""
    import tempfile
    import traceback

    trace = traceback.format_exc()
    kind, value = sys.exc_info()[:2]
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="aftgen-", suffix=".log", delete=False, encoding="utf-8"
        ) as log:
            log.write(f"aftgen {__version__}, Python {sys.version.split()[0]}, {sys.platform}\n")
            log.write(f"arguments: {sys.argv[1:]!r}\n\n{trace}")
        where = f"the traceback is in {log.name}"
    except OSError:
        where = trace
    name = kind.__name__ if kind else "error"
    error(f"this is a bug in aftgen: {name}: {value}", hint=f"please report it; {where}")


def printable(text: str) -> str:
    """Text of a file as a terminal may safely show it: control characters as their escapes."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, needed: int | None = None) -> None:
    """A table: as wide as the terminal, or plain columns where the output is not one.

    On a narrow terminal, columns after the first ``needed`` are left out, from the last one on, before
    anything is folded.
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    if not sys.stdout.isatty():
        widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
        for row in [list(columns), *cells]:
            padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            result("  ".join(padded).rstrip())
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    colour = wants_colour(sys.stdout)
    console = Console(file=sys.stdout, color_system="auto" if colour else None, highlight=False)
    keep = len(columns)
    while keep > (needed or keep) and _width(columns[:keep], cells) > console.width:
        keep -= 1
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns[:keep]:
        shown.add_column(column, overflow="fold")
    for row in cells:
        shown.add_row(*map(Text, row[:keep]))
    console.print(shown)


def _width(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """What a table of these columns takes; the rule between two columns takes three."""
    from rich.cells import cell_len

    widths = [max([cell_len(name), *(cell_len(row[i]) for row in rows)]) for i, name in enumerate(columns)]
    return sum(widths) + 3 * (len(columns) - 1)


class Progress:
    """One line on a terminal that says what is being read."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self._width = 0

    def __call__(self, what: str, done: int, of: int) -> None:
        if self._shown:
            self._say(f"reading {what}: {done:,} of {of:,}")

    def end(self) -> None:
        """Take the line away."""
        if self._width:
            self._say("")
            click.echo("\r", nl=False, err=True)

    def _say(self, text: str) -> None:
        click.echo("\r" + text.ljust(self._width), nl=False, err=True)
        self._width = len(text)
