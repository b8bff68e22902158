"""``aftgen new``: account request files from flags, prompts, YAML, JSON or CSV."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import complete as completion
from aftgen.cli import output
from aftgen.errors import Problems, UsageError

if TYPE_CHECKING:
    from aftgen.batch import Batch
    from aftgen.inputs.complete import Completed
    from aftgen.inputs.raw import Given
    from aftgen.inputs.surroundings import Surroundings
    from aftgen.repository import Repository

_FLAGS = {
    "name": "NAME",
    "ou": "--ou",
    "email": "--email",
    "sso_email": "--sso-email",
    "sso_first_name": "--sso-first-name",
    "sso_last_name": "--sso-last-name",
    "requested_by": "--requested-by",
    "reason": "--reason",
    "customization": "--customization",
    "label": "--label",
    "tags": "--tag",
    "custom_fields": "--field",
    "grants": "--grant",
}
#: These belong to one account: they cannot fill in for all the accounts of a file.
_ONE_ACCOUNT = ("name", "email", "label")


class _Missing(Problems):
    """Values that nobody gave, and no terminal to ask at."""

    exit_code = 2


@click.command(
    "new",
    epilog="""\b
Examples:
  aftgen new payments-prod --ou Workloads/Prod --tag cost-center=123456 \\
      --reason "Payments go live" --grant ReadOnlyAccess=group:auditors
  aftgen new --from examples/requests.csv --dry-run""",
)
@click.argument("name", required=False)
@click.option(
    "--ou",
    metavar="PATH",
    shell_complete=completion.organizational_units,
    help="Organizational unit: Workloads/Prod.",
)
@click.option("--email", metavar="EMAIL", help="The account's root email.  [default: from aftgen.yaml]")
@click.option(
    "--sso-email", metavar="EMAIL", help="User that Control Tower makes the account's administrator."
)
@click.option("--sso-first-name", metavar="TEXT", help="That user's first name.")
@click.option("--sso-last-name", metavar="TEXT", help="That user's last name.")
@click.option("--requested-by", metavar="TEXT", help="Who asks.  [default: from aftgen.yaml, or git's user]")
@click.option("--reason", metavar="TEXT", help="Why the account is needed.")
@click.option(
    "--tag",
    "tags",
    metavar="KEY=VALUE",
    multiple=True,
    shell_complete=completion.tags,
    help="A tag of the account. Repeatable.",
)
@click.option(
    "--field", "custom_fields", metavar="KEY=VALUE", multiple=True, help="A custom field. Repeatable."
)
@click.option(
    "--grant",
    "grants",
    metavar="SET=PRINCIPAL,…",
    multiple=True,
    shell_complete=completion.permission_sets,
    help="A permission set for group:NAME or user:NAME. Repeatable.",
)
@click.option(
    "--customization",
    metavar="NAME",
    shell_complete=completion.customizations,
    help="Folder of account-customizations/.",
)
@click.option("--label", metavar="TEXT", help="Terraform label.  [default: from the name]")
@click.option(
    "--from",
    "source",
    metavar="FILE",
    type=click.Path(),
    help="Read requests from a YAML, JSON or CSV file; - is standard input.",
)
@click.option(
    "--format",
    "input_format",
    type=click.Choice(["yaml", "json", "csv"]),
    help="Format of --from.  [default: by its name]",
)
@click.option("--dry-run", is_flag=True, help="Print the files instead of writing them.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist with other content.")
@click.option("--no-input", is_flag=True, help="Never ask, even at a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON (version 1).")
@click.option("-q", "--quiet", is_flag=True, help="Print no hints and no summary.")
def command(
    source: str | None,
    input_format: str | None,
    dry_run: bool,
    overwrite: bool,
    no_input: bool,
    as_json: bool,
    quiet: bool,
    **values: Any,
) -> None:
    """Write account requests that AFT accepts, one file for each account.

    What is not given comes from aftgen.yaml; at a terminal the rest is asked for. With --from, flags fill in
    what the file leaves out. Nothing is written unless every request is right, and no file that exists with
    other content is touched without --overwrite.

    CSV: a header with the columns name, ou, email, sso_email, sso_first_name, sso_last_name, requested_by,
    reason, customization, label, tag:KEY, field:KEY and grant:SET (principals separated by ';').
    YAML and JSON: the same names, with tags, custom_fields and grants as mappings; one request or a list.
    """
    from aftgen import batch, placement
    from aftgen.inputs import surroundings as around
    from aftgen.inputs.complete import complete
    from aftgen.repository import find

    givens = _from_file(source, input_format, values) if source is not None else [_from_flags(values)]
    if source is None and input_format is not None:
        raise UsageError("--format says how to read --from, which is not there")
    repository = find(Path.cwd())
    surroundings = around.load(repository)
    if not quiet:
        for note in surroundings.notes:
            output.warning(note)
    completed = [complete(given, surroundings) for given in givens]
    if source is None:
        completed = [_nothing_missing(completed[0], surroundings, no_input)]
    prepared = batch.prepare(completed, repository, overwrite=overwrite)
    if not dry_run and not prepared.with_outcome(placement.Outcome.CONFLICT):
        placement.write([one.file for one in prepared.prepared if one.file is not None])
    _report(prepared, repository, dry_run=dry_run, as_json=as_json, quiet=quiet)
    batch.refuse_conflicts(prepared, repository)
    if not quiet and not as_json:
        _next_steps(prepared, dry_run=dry_run)


def _from_flags(values: dict[str, Any]) -> "Given":
    from aftgen.inputs.raw import given

    def place(path: tuple[str | int, ...]) -> str:
        if not path:
            return "the command line"
        return " ".join([_FLAGS[str(path[0])], *map(str, path[1:2])])

    data: dict[str, Any] = {field: value for field, value in values.items() if isinstance(value, str)}
    data["tags"] = _pairs("--tag", values["tags"])
    data["custom_fields"] = _pairs("--field", values["custom_fields"])
    data["grants"] = _grants(values["grants"])
    return given(data, place)


def _from_file(name: str, input_format: str | None, values: dict[str, Any]) -> "list[Given]":
    """The requests of a file, with the flags' values where the file gives none."""
    from aftgen.inputs import document, source, table

    misplaced = [_FLAGS[field] for field in _ONE_ACCOUNT if values[field] is not None]
    if misplaced:
        raise UsageError(
            f"{' and '.join(misplaced)} cannot be used with --from",
            hint="put them into the file, one for each account",
        )
    read = source.read(name, input_format)
    givens = table.read(read) if read.format == "csv" else document.read(read)
    flags = _from_flags(values)
    return [given.filled_from(flags) for given in givens]


def _pairs(flag: str, texts: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise UsageError(f"{flag} {text!r} is not KEY=VALUE")
        if key in pairs:
            raise UsageError(f"{flag} {key!r} is given twice")
        pairs[key] = value
    return pairs


def _grants(texts: Sequence[str]) -> dict[str, tuple[str, ...]] | None:
    from aftgen.cli.prompts import split_grant

    grants: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, principals = split_grant(text)
        if not name or not principals:
            raise UsageError(f"--grant {text!r} is not PermissionSet=group:name,user:name")
        grants[name] = tuple(dict.fromkeys((*grants.get(name, ()), *principals)))
    return grants or None


def _nothing_missing(completed: "Completed", surroundings: "Surroundings", no_input: bool) -> "Completed":
    """The request with nothing missing, asked for where there is a person to ask. Raises _Missing."""
    if not completed.missing:
        return completed
    if completed.problems or no_input or not output.is_interactive():
        flags = ", ".join(_flag(name) for name in completed.missing)
        raise _Missing(
            f"missing: {flags}",
            completed.problems,
            hint="give them, or set defaults in aftgen.yaml; at a terminal, 'aftgen new' asks for them",
        )
    from aftgen.cli.prompts import ask

    return ask(completed, surroundings)


def _flag(missing: str) -> str:
    field, _, key = missing.partition(".")
    return f"--tag {key}=…" if key else _FLAGS[field]


def _report(batch: "Batch", repository: "Repository", *, dry_run: bool, as_json: bool, quiet: bool) -> None:
    """The result on standard output; what a person should know about it on standard error."""
    from aftgen.placement import Outcome

    wrote = not dry_run and not batch.with_outcome(Outcome.CONFLICT)
    if as_json:
        _emit_json(batch, repository, dry_run=dry_run, wrote=wrote)
    elif dry_run:
        for one in batch.prepared:
            if len(batch.prepared) > 1:
                click.echo(f"# ---- {repository.relative(one.path)} ----")
            click.echo(one.text, nl=False)
    elif wrote:
        for one in batch.prepared:
            output.result(f"{one.outcome.value:<9}  {one.held_at or repository.relative(one.path)}")
    if quiet:
        return
    for one in batch.with_outcome(Outcome.CONFLICT)[:3]:
        if one.file is not None:
            output.message(one.file.diff(repository.relative(one.path)).rstrip("\n"))
    if len(batch.prepared) > 1:
        counts = [(outcome, len(batch.with_outcome(outcome))) for outcome in Outcome]
        shown = ", ".join(f"{number:,} {_would_be(outcome, wrote)}" for outcome, number in counts if number)
        output.message(f"{len(batch.prepared):,} requests: {shown}")
    if batch.not_compared:
        output.warning(
            f"{batch.not_compared} existing requests or files could not be read and were not compared: "
            "'aftgen check' evaluates them"
        )


def _would_be(outcome: Any, wrote: bool) -> str:
    from aftgen.placement import Outcome

    if outcome is Outcome.CONFLICT:
        return "in conflict"
    return str(outcome.value) if wrote or outcome is Outcome.IDENTICAL else f"to be {outcome.value}"


def _emit_json(batch: "Batch", repository: "Repository", *, dry_run: bool, wrote: bool) -> None:
    output.emit_json(
        {
            "version": 1,
            "dry_run": dry_run,
            "written": wrote,
            "requests": [
                {
                    "name": one.request.name,
                    "email": one.request.email,
                    "label": one.request.label,
                    "file": one.held_at.rpartition(":")[0] if one.held_at else repository.relative(one.path),
                    "outcome": one.outcome.name.lower(),
                    **({"content": one.text} if dry_run else {}),
                }
                for one in batch.prepared
            ],
        }
    )


def _next_steps(batch: "Batch", *, dry_run: bool) -> None:
    """What a person does now. Commands name files from where the person is."""
    import os
    import shlex

    from aftgen.placement import Outcome

    changed = [
        one
        for one in batch.prepared
        if one.outcome in (Outcome.CREATE, Outcome.REPLACE) and one.file is not None
    ]
    if dry_run or not changed:
        if not changed:
            output.message("nothing to do: what was asked for is there already")
        return
    first = changed[0]
    one_file = len(changed) == 1
    target = os.path.relpath(first.path if one_file else first.path.parent)
    subject = f"Request account {first.request.name}" if one_file else f"Request {len(changed)} accounts"
    branch = f"account/{first.path.stem}" if one_file else "new-accounts"
    output.message()
    output.message("Next: review what was written, then")
    for line in (
        "aftgen check",
        f"git switch -c {shlex.quote(branch)}",
        f"git add {shlex.quote(target)}",
        f"git commit -m {shlex.quote(subject)}",
    ):
        output.message(f"  {line}")
    output.message("and open a pull request: AFT creates the account when it is merged.")
