"""``aftgen plan``: what AFT will do with a change, account by account, before it is merged."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aftgen.changes.plan import Plan

FORMATS = ("text", "markdown", "json")
_COLOURS = {
    "refused": {"fg": "red", "bold": True},
    "create": {"fg": "green", "bold": True},
    "remove": {"fg": "red"},
    "change": {"fg": "yellow", "bold": True},
    "head": {"bold": True},
    "dim": {"dim": True},
}


@click.command("plan", epilog="Example: aftgen plan --base origin/main --format markdown")
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option(
    "--base",
    metavar="REF",
    help="Compare with this revision.  [default: where HEAD left the default branch]",
)
@click.option(
    "--organization",
    metavar="FILE",
    type=click.Path(),
    help="Judge by the accounts that exist, from 'aftgen import --export'.",
)
@click.option("--format", "format_name", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json (version 1).")
@click.option("--no-terraform", is_flag=True, help="Evaluate nothing with terraform.")
def command(
    path: Path,
    base: str | None,
    organization: str | None,
    format_name: str,
    as_json: bool,
    no_terraform: bool,
) -> None:
    """Say what AFT will do with this change.

    Compares the working tree with a revision and says for each account whether AFT creates it, moves it,
    sets its tags and fields again, removes it or refuses; which access is granted and revoked; which
    pipelines must be started, because AFT does not; and how long AFT takes. Restrictions are judged by the
    revision's files.

    What the base requests is taken to exist, and so is an account of which its request says that it does
    ('aftgen import'); names and emails that the organization uses elsewhere are not known here, unless
    --organization tells.

    Exit code: 0 nothing to refuse, 1 refused or dangerous, 2 wrong usage.
    """
    from aftgen.changes.load import plan
    from aftgen.cli import output
    from aftgen.errors import UsageError
    from aftgen.repository import find

    if as_json and format_name == "markdown":
        raise UsageError("--json and --format markdown exclude each other")
    known = None
    if organization is not None:
        from aftgen.adoption.exported import parse
        from aftgen.inputs.source import read

        source = read(organization, "json")
        known = parse(source.text, source.shown).known
    found = plan(find(path), base, terraform=not no_terraform, known=known)
    _show(found, "json" if as_json else format_name)
    if found.unevaluated:
        output.warning(f"{len(found.unevaluated)} not evaluated: this plan is not complete")
    if found.is_refused:
        raise click.exceptions.Exit(1)


def _show(plan: "Plan", format_name: str) -> None:
    import sys

    from aftgen.changes.formats import json_document, markdown, text
    from aftgen.cli import output

    if format_name == "json":
        click.echo(json_document.render(plan), nl=False)
    elif format_name == "markdown":
        click.echo(markdown.render(plan), nl=False)
    elif output.wants_colour(sys.stdout):
        click.echo(text.render(plan, _style, _width()), nl=False, color=True)
    else:
        click.echo(text.render(plan, width=_width()), nl=False)


def _width() -> int:
    """The terminal's, up to what is good to read; 80 columns where there is none."""
    import shutil

    return max(40, min(shutil.get_terminal_size((80, 24)).columns, 100))


def _style(text: str, what: str) -> str:
    return click.style(text, **_COLOURS[what])  # type: ignore[arg-type]
