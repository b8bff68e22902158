"""``aftgen status NAME``: where an account is on its way through AFT, and what is wrong with it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aftgen.cli import output
from aftgen.cli.edits import account_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aftgen.aws.evidence import Collector, Reading
    from aftgen.diagnosis.diagnose import Diagnosis
    from aftgen.diagnosis.evidence import Evidence, Subject
    from aftgen.repository import Repository


@click.command("status", epilog="Example: aftgen status payments-prod --watch")
@click.argument("name", shell_complete=account_names)
@click.option("--watch", is_flag=True, help="Look again until the account has arrived or failed.")
@click.option(
    "--interval",
    type=click.IntRange(5, 3600),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="With --watch: between two looks.",
)
@click.option(
    "--timeout",
    type=click.IntRange(1),
    default=180,
    show_default=True,
    metavar="MINUTES",
    help="With --watch: look no longer.",
)
@click.option(
    "--no-access", is_flag=True, help="Do not plan the account's access, which asks Identity Center."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (version 1).")
def command(name: str, watch: bool, interval: int, timeout: int, no_access: bool, as_json: bool) -> int:
    """Show where the account NAME (a name, email or id) is, and the first thing that is wrong.

    Reads AFT's tables, queue, dead letters, logs, state machines and pipelines, Service Catalog, Control
    Tower and the access ledger; what may not be read is named, and the rest is shown. Changes nothing.

    AWS credentials are the environment's, for AFT's management account.

    Exit code: 0 all is well or under way, 1 something failed or could not be read, 2 wrong usage.
    """
    from aft_access.errors import AccessError

    from aftgen.aws.connections import explained

    try:
        collector = collector_of(name, with_access=not no_access)
        evidence, diagnosis = _looked(collector, watch=watch, interval=interval, timeout=timeout)
    except AccessError as error:
        raise explained(error) from error
    if as_json:
        from aftgen.diagnosis.report import as_object

        output.emit_json(as_object(evidence, diagnosis))
    else:
        from aftgen.diagnosis.report import lines

        show(lines(evidence, diagnosis))
    return diagnosis.exit_code


def _looked(
    collector: "Collector", *, watch: bool, interval: int, timeout: int
) -> "tuple[Evidence, Diagnosis]":
    from aftgen.diagnosis.diagnose import diagnose

    if not watch:
        evidence = collector.collect()
        return evidence, diagnose(evidence)
    from aftgen.diagnosis import watch as watching
    from aftgen.diagnosis.report import iso, short

    def hear(evidence: "Evidence", diagnosis: "Diagnosis") -> None:
        output.message(output.printable(f"{iso(evidence.at)}  {short(diagnosis)}"))

    clock = collector.reading.connections.clock
    return watching.watch(collector.collect, clock, hear, interval=interval, timeout=timeout * 60.0)


def collector_of(name: str, *, with_access: bool) -> "Collector":
    """What reads the evidence of an account. Raises AccessError or AftgenError without usable credentials."""
    from aftgen.aws.evidence import Collector
    from aftgen.errors import UsageError

    if not name.strip():
        raise UsageError("nothing says which account", hint="give its name, email or id")
    repository = here()
    reading = reading_of(repository)
    return Collector(
        reading=reading, name=name, candidates=requested(repository, name), with_access=with_access
    )


def reading_of(repository: "Repository | None") -> "Reading":
    """Connections with the credentials of the environment, which must be AFT's as far as that can be seen."""
    from aft_access.errors import AwsError

    from aftgen.aws.connections import Connections
    from aftgen.aws.evidence import DENIED, Reading
    from aftgen.config_file import load_config

    tree = repository.organization.parent if repository else Path()
    home = (load_config(repository).aft.home_region or "") if repository else ""
    connections = Connections(tree=tree, home_region=home)
    account = ""
    try:
        account = connections.check()
    except AwsError as error:
        # Whoever may not read AFT's parameters may still read a table or a pipeline.
        if error.code not in DENIED:
            raise
    return Reading(connections, account)


def here() -> "Repository | None":
    """The repository that this folder is in; accounts may be looked at without one."""
    from aftgen.errors import UsageError
    from aftgen.repository import find

    try:
        return find(Path.cwd())
    except UsageError:
        return None


def requested(repository: "Repository | None", name: str) -> "tuple[Subject, ...]":
    """Whom the repository's requests call so, by name, email, label or address."""
    from aftgen.diagnosis.evidence import Subject

    if repository is None:
        return ()
    from aftgen.cli.show import find
    from aftgen.reader.folder import read

    found = find(read(repository).requests, name)
    return tuple(
        Subject(name=each.name or "", email=each.email or "") for each in found if each.email or each.name
    )


def show(lines: "Iterable[tuple[str, str]]") -> None:
    """Lines with their colours."""
    styles: dict[str, dict[str, object]] = {
        "bold": {"bold": True},
        "dim": {"dim": True},
        "red": {"fg": "red"},
        "green": {"fg": "green"},
        "yellow": {"fg": "yellow"},
    }
    for text, style in lines:
        shown = output.printable(text)
        output.result(click.style(shown, **styles[style]) if style else shown)  # type: ignore[arg-type]
