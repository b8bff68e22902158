"""``aftgen check``: find what AFT would refuse after the merge."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aftgen.checks.engine import Report
    from aftgen.repository import Repository

#: The names of :data:`aftgen.checks.formats.FORMATS`, here because the help must not import them.
FORMATS = ("text", "json", "github", "sarif", "gitlab")
_COLOURS = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "rule": {"bold": True},
    "place": {"bold": True},
    "gutter": {"fg": "blue"},
    "mark": {"fg": "red", "bold": True},
    "help": {"fg": "cyan", "bold": True},
}


@click.command(
    "check",
    epilog="Example: aftgen check --format github account-requests/terraform/payments-prod.tf",
)
@click.argument("paths", metavar="[PATH]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--format", "format_name", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "-o",
    "--output",
    "output_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the report to FILE.",
)
@click.option(
    "--select", metavar="ID,...", multiple=True, help="Apply only these rules; a letter names its area."
)
@click.option("--ignore", metavar="ID,...", multiple=True, help="Leave these rules out.")
@click.option(
    "--baseline", metavar="FILE", type=click.Path(path_type=Path), help="Hide the findings that FILE lists."
)
@click.option("--write-baseline", is_flag=True, help="Write today's findings to the --baseline FILE.")
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 whatever is found.")
@click.option(
    "--base",
    metavar="REF",
    help="Judge by the aftgen.yaml, organization and access rules of this revision, not by the change's own.",
)
@click.option("--no-terraform", is_flag=True, help="Evaluate nothing with terraform.")
@click.option("-q", "--quiet", is_flag=True, help="Print the findings only, no summary.")
def command(
    paths: tuple[Path, ...],
    format_name: str,
    output_file: Path | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    baseline: Path | None,
    write_baseline: bool,
    strict: bool,
    exit_zero: bool,
    base: str | None,
    no_terraform: bool,
    quiet: bool,
) -> None:
    """Find what AFT would refuse after the merge.

    Reads every request that AFT would load. A PATH restricts which findings are shown, or names another
    repository; a plain AFT account-request repository is understood too. 'aftgen rules' explains the rules;
    a comment '# aftgen:ignore=ID reason' in or above a request silences one.

    Exit code: 0 no errors, 1 errors (with --strict, warnings too), 2 wrong usage.
    """
    from aftgen.checks.engine import run
    from aftgen.errors import UsageError

    if write_baseline and baseline is None:
        raise UsageError("--write-baseline needs --baseline FILE")
    repository, restricted = _repository(paths)
    if write_baseline and (restricted or select or ignore):
        raise UsageError(
            "--write-baseline writes the findings of the whole repository",
            hint="leave PATH, --select and --ignore out",
        )
    with _judge(repository, base) as judge:
        report = run(
            repository,
            paths=restricted,
            select=_split(select),
            ignore=_split(ignore),
            terraform=not no_terraform,
            judge=judge,
        )
    if write_baseline and baseline is not None:
        _write_baseline(baseline, report)
        return
    vanished: tuple[str, ...] = ()
    if baseline is not None:
        report, vanished = _without_known(report, baseline)
        if restricted or select or ignore or report.not_evaluated:
            # What this run did not look for cannot be said to be gone.
            vanished = ()
    _show(report, format_name, output_file)
    if not quiet:
        _summarise(report, vanished, baseline)
    if (report.errors or (strict and report.warnings)) and not exit_zero:
        raise click.exceptions.Exit(1)


@contextmanager
def _judge(repository: "Repository", base: str | None) -> "Iterator[Repository | None]":
    """The base's own files, which a pull request cannot change."""
    if base is None:
        yield None
        return
    from aftgen.changes.base import open_base

    with open_base(repository, base) as opened:
        yield opened.repository


def _split(values: Sequence[str]) -> tuple[str, ...]:
    return tuple(part for value in values for part in value.replace(" ", ",").split(",") if part)


def _repository(paths: Sequence[Path]) -> "tuple[Repository, tuple[Path, ...]]":
    """The one repository that the paths are in, and the paths, unless one of them is all of it."""
    from aftgen.errors import UsageError
    from aftgen.repository import find

    if not paths:
        return find(Path.cwd()), ()
    repository = find(paths[0])
    for path in paths[1:]:
        if find(path) != repository:
            raise UsageError(f"{paths[0]} and {path} are in two repositories", hint="check one at a time")
    root = repository.root.resolve()
    whole = any(path.resolve() == root or path.resolve() in root.parents for path in paths)
    return repository, () if whole else tuple(paths)


def _without_known(report: "Report", baseline: Path) -> "tuple[Report, tuple[str, ...]]":
    from dataclasses import replace

    from aftgen.checks.baseline import compare, load

    compared = compare(report.findings, load(baseline))
    return replace(report, findings=compared.new, hidden=compared.hidden), compared.vanished


def _write_baseline(baseline: Path, report: "Report") -> None:
    from aftgen.checks.baseline import dump
    from aftgen.cli import output

    _write(baseline, dump(report.findings))
    output.message(f"{_count(len(report.findings), 'finding')} written to {baseline}")


def _write(path: Path, text: str) -> None:
    """Write a whole file or none."""
    import os
    import tempfile

    from aftgen.errors import UsageError

    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
        mask = os.umask(0)
        os.umask(mask)
        Path(file.name).chmod(0o666 & ~mask)
        Path(file.name).replace(path)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from None


def _show(report: "Report", format_name: str, output_file: Path | None) -> None:
    import sys

    from aftgen.checks import formats
    from aftgen.checks.formats import text
    from aftgen.cli import output

    if output_file is not None:
        _write(output_file, formats.FORMATS[format_name](report))
    elif format_name == "text" and output.wants_colour(sys.stdout):
        click.echo(text.render(report.findings, _style), nl=False, color=True)
    else:
        click.echo(formats.FORMATS[format_name](report), nl=False)


def _style(text: str, what: str) -> str:
    return click.style(text, **_COLOURS[what])  # type: ignore[arg-type]


def _summarise(report: "Report", vanished: Sequence[str], baseline: Path | None) -> None:
    from aftgen.cli import output

    output.message(
        f"{_count(report.requests, 'request')} in {_count(report.files, 'file')} checked, "
        f"{_count(report.errors, 'error')}, {_count(report.warnings, 'warning')}"
    )
    if report.not_evaluated:
        because = f": {report.not_evaluated_because}" if report.not_evaluated_because else ""
        output.message(f"{report.not_evaluated} not evaluated{because}")
    if report.silenced:
        output.message(f"{_count(report.silenced, 'finding')} ignored by comments")
    if baseline is not None and report.hidden:
        output.message(f"{_count(report.hidden, 'known finding')} hidden by {baseline}")
    for entry in vanished:
        output.message(f"gone since {baseline}: {entry}")
    if vanished:
        output.message(f"write it again: aftgen check --baseline {baseline} --write-baseline")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
