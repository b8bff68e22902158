"""``aftgen import``: request files for accounts that exist, so that AFT takes them over as they are."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from aftgen.cli import output
from aftgen.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aftgen.adoption.adopt import Adopted
    from aftgen.adoption.existing import Account, Existing
    from aftgen.aws.organization import LiveOrganization
    from aftgen.placement import PlannedFile
    from aftgen.repository import Repository

_REASON: Final = "The account exists: AFT takes it over"


@click.command(
    "import",
    epilog="""\b
Examples:
  aftgen import --ous && aftgen import --ou Workloads/Prod
  aftgen import payments-prod 123456789012 --dry-run
  aftgen import --export organization.json; aftgen import --from organization.json""",
)
@click.argument("accounts", nargs=-1, metavar="[NAME|ID]...")
@click.option("--ou", metavar="PATH", help="Only accounts in this organizational unit and below.")
@click.option(
    "--from",
    "source",
    type=click.Path(),
    metavar="FILE",
    help="Read what exists from a file of --export, not from AWS; - is standard input.",
)
@click.option(
    "--export",
    "target",
    type=click.Path(),
    metavar="FILE",
    help="Write what exists to a JSON file, and no request; - is standard output.",
)
@click.option(
    "--ous", "only_units", is_flag=True, help="Fill organization.yaml with the units, and write no request."
)
@click.option("--customization", default="", metavar="NAME", help="Customization of the accounts.")
@click.option("--requested-by", metavar="TEXT", help="Who asks.  [default: as for 'aftgen new']")
@click.option("--reason", default=_REASON, metavar="TEXT", show_default=True, help="Why.")
@click.option("--dry-run", is_flag=True, help="Print the files instead of writing them.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON (version 1).")
@click.option("-q", "--quiet", is_flag=True, help="Print no hints and no summary.")
@click.option(
    "--path", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository [default: .]"
)
def command(
    accounts: tuple[str, ...],
    ou: str | None,
    source: str | None,
    target: str | None,
    only_units: bool,
    customization: str,
    requested_by: str | None,
    reason: str,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    path: Path,
) -> int:
    """Write a request for each account that exists and has none, exactly as the account is.

    AFT takes such an account over when it is enrolled in Control Tower, with a healthy product in Service
    Catalog: nothing is ordered, and its customizations run. Every other account is left out, with the reason.
    Control Tower's own accounts and AFT's are written only where they are named. Requests that exist are left
    alone.

    The SSO user is the one that Control Tower made the account's administrator. Where nobody can say who that
    is, the request says so, and the account cannot be moved: AFT would make a guess an administrator.

    AWS credentials are the environment's, for AFT's management account. A file of --export needs none: it has
    version, organization, organizational_units and accounts, each with its tags and products.

    Exit code: 0 fine, 1 an account that was named is left out, or nothing could be written, 2 wrong usage.
    """
    from dataclasses import replace

    from aftgen import placement
    from aftgen.adoption.adopt import Manner, Reason, adopt, choose
    from aftgen.adoption.selection import named, within
    from aftgen.adoption.taken import taken
    from aftgen.cli import import_report
    from aftgen.config_file import load_config
    from aftgen.repository import find

    _refuse_combinations(accounts, ou, source, target, only_units=only_units)
    repository = find(path)
    reader = None if source is not None else _live(repository)
    existing = _from_file(source) if source is not None else _surveyed(reader)
    if only_units:
        return _fill_units(repository, existing, dry_run=dry_run, as_json=as_json, quiet=quiet)
    if target is not None:
        return _export(_with_details(reader, existing, existing.accounts), target, quiet=quiet)
    manner = Manner(
        requested_by=_text("--requested-by", _person(repository, requested_by)),
        reason=_text("--reason", reason),
        customization=_customization(repository, customization),
        policy=load_config(repository).policy,
    )
    asked = named(existing, accounts)
    wanted = asked or frozenset(account.id for account in existing.accounts)
    if ou is not None:
        wanted &= within(existing, ou)
    there, not_compared = taken(repository)
    chosen, left_out = choose(existing, there, wanted, asked)
    if reader is not None:
        existing = _with_details(reader, existing, chosen)
        detailed = {account.id: account for account in existing.accounts}
        chosen = [detailed[account.id] for account in chosen]
    made = adopt(existing, chosen, there, manner)
    made = replace(made, left_out=(*left_out, *made.left_out))
    files = _planned(repository, made.adopted)
    if not dry_run:
        placement.write(files)
    if as_json:
        import_report.emit(repository, made, files, dry_run=dry_run)
    else:
        import_report.show(repository, made, files, dry_run=dry_run)
    if not quiet:
        import_report.remarks(repository, existing, made, not_compared)
        if not as_json:
            import_report.next_steps(made, dry_run=dry_run)
    refused = [one for one in made.left_out if one.account.id in asked and one.reason is not Reason.REQUESTED]
    return 1 if refused else 0


def _refuse_combinations(
    accounts: tuple[str, ...], ou: str | None, source: str | None, target: str | None, *, only_units: bool
) -> None:
    if target is not None and only_units:
        raise UsageError("--export and --ous exclude each other")
    for flag, given in (("--export", target is not None), ("--ous", only_units)):
        if given and (accounts or ou is not None):
            raise UsageError(f"{flag} concerns the whole organization: it takes no accounts and no --ou")
    if target is not None and source is not None:
        raise UsageError("--export writes what AWS says: it takes no --from")


# --- what exists


def _from_file(source: str) -> "Existing":
    from aftgen.adoption.exported import parse
    from aftgen.inputs.source import read

    found = read(source, "json")
    return parse(found.text, found.shown)


def _live(repository: "Repository") -> "LiveOrganization":
    """The organization of the environment's credentials. Raises AftgenError without usable ones."""
    from aft_access.catalogue import CatalogueError
    from aft_access.errors import AccessError

    from aftgen.aws.connections import Connections, explained
    from aftgen.aws.organization import LiveOrganization
    from aftgen.config_file import load_config

    home = load_config(repository).aft.home_region or ""
    connections = Connections(tree=repository.organization.parent, home_region=home)
    try:
        connections.check()
    except AccessError as error:
        raise explained(error) from error
    try:
        center = connections.wiring.catalogue.access.identity_center.region
    except CatalogueError:
        center = ""  # a repository without a catalogue: Identity Center is looked for in AFT's region
    return LiveOrganization(connections, center)


def _surveyed(reader: "LiveOrganization | None") -> "Existing":
    from aft_access.errors import AccessError

    from aftgen.aws.connections import explained

    assert reader is not None
    try:
        found = reader.survey()
        if any(one.status == "ACTIVE" and one.product is None for one in found.accounts):
            found = reader.with_baselines(found)
    except AccessError as error:
        raise explained(error) from error
    return found


def _with_details(
    reader: "LiveOrganization | None", existing: "Existing", accounts: "Sequence[Account]"
) -> "Existing":
    """The same, these accounts with their tags and parameters."""
    from dataclasses import replace

    from aft_access.errors import AccessError

    from aftgen.aws.connections import explained

    assert reader is not None
    total = len(accounts)

    def heard(number: int) -> None:
        import sys

        if sys.stderr.isatty() and (number == total or number % 20 == 0):
            click.echo(f"\rread {number:,} of {total:,} accounts", err=True, nl=number == total)

    try:
        found = {one.id: one for one in reader.detailed(accounts, heard)}
    except AccessError as error:
        raise explained(error) from error
    return replace(existing, accounts=tuple(found.get(one.id, one) for one in existing.accounts))


# --- what is said about the requests


def _text(flag: str, given: str) -> str:
    from aftgen.inputs.fields import text_problems
    from aftgen.inputs.surroundings import Surroundings
    from aftgen.limits import normalise

    problems = text_problems(flag.removeprefix("--").replace("-", "_"), given, Surroundings())
    if problems:
        raise UsageError(f"{flag}: {problems[0]}")
    return normalise(given)


def _person(repository: "Repository", given: str | None) -> str:
    from aftgen.config_file import load_config
    from aftgen.inputs.surroundings import git_person

    found = given or load_config(repository).defaults.requested_by or git_person(repository.root)
    return found or "aftgen import"


def _customization(repository: "Repository", name: str) -> str:
    """Raises UsageError for one that AFT's pipeline would not find."""
    from aftgen.errors import nearest
    from aftgen.inputs.surroundings import customizations

    known = customizations(repository)
    if not name or known is None or name.partition("/")[0] in known:
        return name
    close = nearest(name, known)
    hint = f"did you mean {close!r}?" if close else f"there are {', '.join(known) or 'none'}"
    raise UsageError(f"there is no folder account-customizations/{name}", hint=hint)


# --- writing


def _planned(repository: "Repository", adopted: "Sequence[Adopted]") -> "list[PlannedFile]":
    """The files, each read back. Raises Refused where one is there already with other content."""
    from aftgen import placement
    from aftgen.errors import Refused
    from aftgen.writer import render

    if not adopted:
        return []
    texts = {one.request.file_name: render(one.request) for one in adopted}
    files = placement.plan(repository, texts)
    taken = [repository.relative(one.path) for one in files if one.outcome is placement.Outcome.CONFLICT]
    if taken:
        raise Refused(
            f"nothing was written: other content than asked for is in {', '.join(taken[:5])}",
            hint="give that file another name, and import again",
        )
    return files


def _export(existing: "Existing", target: str, *, quiet: bool) -> int:
    from aftgen.adoption.exported import dump
    from aftgen.errors import Refused

    text = dump(existing)
    if target == "-":
        click.echo(text, nl=False)
        return 0
    try:
        Path(target).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise Refused(f"the file cannot be written: {error.strerror or error}", place=target) from None
    if not quiet:
        output.message(f"{len(existing.accounts):,} accounts written to {target}")
    return 0


def _fill_units(
    repository: "Repository", existing: "Existing", *, dry_run: bool, as_json: bool, quiet: bool
) -> int:
    """Fill organization.yaml; nothing of it is touched that names a unit which exists."""
    from aftgen.adoption.units import fill, shown
    from aftgen.editing import files

    place = repository.relative(repository.organization)
    if not repository.organization.parent.is_dir():
        raise UsageError(
            "there is no such folder, and organization.yaml belongs into it",
            place=repository.relative(repository.organization.parent),
            hint="'aftgen init' makes a repository that has it",
        )
    before = repository.organization.read_bytes() if repository.organization.is_file() else None
    try:
        text = before.decode("utf-8-sig") if before is not None else None
    except UnicodeDecodeError as error:
        raise UsageError(f"the file is not UTF-8 text (byte {error.start})", place=place) from None
    filled = fill(text, existing.organization.ous, place)
    after = filled.text.encode()
    change = files.FileChange(path=place, before=before, after=after)
    if not dry_run and (filled.added or filled.changed or before is None):
        files.write(repository.root, [change])
    if as_json:
        output.emit_json(
            {
                "version": 1,
                "dry_run": dry_run,
                "file": place,
                "added": dict(filled.added),
                "changed": dict(filled.changed),
                "remarks": list(filled.remarks),
            }
        )
    elif dry_run:
        click.echo(change.diff(), nl=False)
    else:
        for line in shown(filled):
            output.result(output.printable(line))
    if quiet:
        return 0
    for remark in filled.remarks:
        output.warning(output.printable(remark))
    for unit in existing.units:
        if existing.is_ambiguous(unit.id):
            output.warning(
                output.printable(f"{unit.name!r} ({unit.id}) has no path, because of a '/' in a name")
            )
    if not filled.added and not filled.changed and not as_json:
        output.message(f"nothing to do: {place} has every unit")
    return 0
