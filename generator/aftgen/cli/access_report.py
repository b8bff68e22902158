"""``aftgen access report``: who can get into what, through which group, since when, by which request."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from aftgen.cli import output
from aftgen.cli.complete import account_names, organizational_units

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from aftgen.fleet.answer import Answer
    from aftgen.fleet.question import Question

#: So many rows are laid out for a terminal; more are written in plain columns, which takes no time.
_LAID_OUT = 1000


@click.command(
    "report",
    short_help="Say who can get into what, and what is not declared.",
    epilog="Example: aftgen access report --ou Workloads/Prod --out access.html",
)
@click.option(
    "--account",
    "accounts",
    multiple=True,
    metavar="ACCOUNT",
    shell_complete=account_names,
    help="Only this account: its name, email or id (several times).",
)
@click.option(
    "--ou",
    "ous",
    multiple=True,
    metavar="PATH",
    shell_complete=organizational_units,
    help="Only accounts below this OU (several times).",
)
@click.option("--person", default="", metavar="USERNAME", help="Only what this person can get into.")
@click.option("--group", default="", metavar="NAME", help="Only what this group can get into.")
@click.option("--permission-set", default="", metavar="NAME", help="Only this permission set.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "json", "html"]),
    help="[default: by the ending of --out, else table]",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="FILE", help="Write to this file, whole or not at all."
)
@click.option("--drift", is_flag=True, help="List what is not as declared; exit 1 when there is any.")
@click.option("--names", is_flag=True, help="Show people's names in the table.")
@click.option("--thorough", is_flag=True, help="Read every permission set of every account.")
@click.option(
    "--path", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository [default: .]"
)
def command(
    accounts: tuple[str, ...],
    ous: tuple[str, ...],
    person: str,
    group: str,
    permission_set: str,
    form: str | None,
    as_json: bool,
    out: Path | None,
    drift: bool,
    names: bool,
    thorough: bool,
    path: Path,
) -> int:
    """Say who can get into what, through which group, since when, by which request.

    Reads Identity Center, AFT's requests and the ledger of the whole organization; changes nothing. What
    others granted is 'unknown' since when. HTML is one file that opens without a network, for an auditor.
    With --drift the table has only what is not declared; the other forms mark it and hold everything.

    AWS credentials are the environment's, for AFT's management account.

    Exit code: 0 fine, 1 with --drift when there is any (or a request that cannot be read), 2 wrong usage.
    """
    from aftgen.fleet.question import Question

    form = _form(form, as_json=as_json, out=out)
    question = Question(
        accounts=accounts,
        ous=ous,
        person=person,
        group=group,
        permission_set=permission_set,
        thorough=thorough,
    )
    answer = _answer(path, question)
    if form == "table":
        _table(answer, out, drift=drift, names=names or bool(person))
    else:
        from aftgen.access_report.forms import text_of

        _put(text_of(answer.report, form), out)
    _summary(answer, out, names=names or bool(person))
    return 1 if drift and not answer.in_order else 0


def _form(form: str | None, *, as_json: bool, out: Path | None) -> str:
    from aftgen.access_report.forms import format_of
    from aftgen.errors import UsageError

    if as_json and form not in (None, "json"):
        raise UsageError(f"--json and --format {form} contradict each other")
    form = "json" if as_json else form or format_of(out)
    if form == "html" and out is None and sys.stdout.isatty():
        raise UsageError("a page of HTML says nothing on a terminal", hint="write it: --out access.html")
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        why = "is a folder" if out.is_dir() else f"cannot be written: there is no folder {out.parent}"
        raise UsageError(f"{out} {why}")
    return form


def _answer(path: Path, question: "Question") -> "Answer":
    from datetime import UTC, datetime

    from aft_access.catalogue import CatalogueError
    from aft_access.errors import AccessError

    from aftgen.aws import fleet_facts
    from aftgen.aws.assignments import IdentityCenterReads
    from aftgen.aws.connections import connect, explained
    from aftgen.cli.access_program import with_catalogue
    from aftgen.errors import Problems
    from aftgen.fleet.answer import answer

    connections = connect(with_catalogue(path))
    progress = output.Progress()
    try:
        catalogue = connections.wiring.catalogue
        connections.check()
        return answer(
            question,
            fleet_facts.read(connections),
            IdentityCenterReads(connections.wiring),
            catalogue,
            datetime.fromtimestamp(connections.clock.now(), UTC).isoformat(timespec="seconds"),
            progress,
        )
    except CatalogueError as error:
        raise Problems("the access catalogue cannot be used", list(map(str, error.problems))) from None
    except AccessError as error:
        raise explained(error) from error
    finally:
        progress.end()


def _table(answer: "Answer", out: Path | None, *, drift: bool, names: bool) -> None:
    from aft_access.report import without_people

    from aftgen.access_report.tables import HEADINGS, NEEDED, text_rows

    report = answer.report
    rows = list(text_rows(report, report.drift if drift else report.standings, names=names))
    if any(row[2].endswith("*") for row in rows):
        output.message("* a privileged permission set")
    said = [f"not judged by its request: {one}" for one in answer.unjudged] if drift else []
    said = said if names else list(map(without_people, said))
    if out is None and sys.stdout.isatty() and len(rows) <= _LAID_OUT:
        if rows:
            output.table(HEADINGS, rows, needed=NEEDED)
        for line in said:
            output.result(output.printable(line))
        return
    lines = [*(_columns(HEADINGS, rows) if rows else ()), *map(output.printable, said)]
    _put("".join(f"{line}\n" for line in lines), out)


def _columns(headings: "Sequence[str]", rows: "Sequence[Sequence[str]]") -> "Iterator[str]":
    cells = [list(headings), *([output.printable(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _put(text: str, out: Path | None) -> None:
    from aftgen.access_report.forms import write

    if out is None:
        click.echo(text, nl=False)
    else:
        write(out, text)


def _summary(answer: "Answer", out: Path | None, *, names: bool) -> None:
    """What was found, in a few lines for the person: how much, how it was read, where it is."""
    from collections import Counter
    from textwrap import wrap

    from aft_access.report import without_people

    report = answer.report
    counted = Counter(one.judgement for one in report.standings)
    accounts = len({one.account_id for one in report.standings})
    kinds = ", ".join(f"{number:,} {kind.value}" for kind, number in counted.most_common())
    total = f"{_count(len(report.standings), 'grant')} in {_count(accounts, 'account')}"
    for line in wrap(f"{total}: {kinds}" if kinds else total, 78):
        output.message(line)
    for note in report.notes:
        for line in wrap(output.printable(note if names else without_people(note)), 78):
            output.message(line)
    if out is not None:
        output.message(f"wrote {out}; people's names are in it")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
