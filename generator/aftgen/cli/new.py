"""``aftgen new``: account request files from flags, prompts, YAML, JSON or CSV."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import output
from aftgen.cli.edits import exit_code_of, plan_of, pull_request_object, pull_request_option, tell
from aftgen.cli.request_options import FLAGS, from_flags, request_options
from aftgen.errors import Problems, UsageError

if TYPE_CHECKING:
    from aftgen.batch import Batch, Prepared
    from aftgen.inputs.complete import Completed
    from aftgen.inputs.raw import Given
    from aftgen.inputs.surroundings import Surroundings
    from aftgen.pull_request import Opened
    from aftgen.repository import Repository

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
@request_options(defaults=True)
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
@pull_request_option
@click.option("--dry-run", is_flag=True, help="Print the files instead of writing them.")
@click.option("--overwrite", is_flag=True, help="Replace files that exist with other content.")
@click.option("--no-input", is_flag=True, help="Never ask, even at a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON (version 1).")
@click.option("-q", "--quiet", is_flag=True, help="Print no hints and no summary.")
def command(
    source: str | None,
    input_format: str | None,
    as_pull_request: bool,
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

    givens = _from_file(source, input_format, values) if source is not None else [from_flags(values)]
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
    opened = None
    if not dry_run and not prepared.with_outcome(placement.Outcome.CONFLICT):
        if as_pull_request:
            opened = _open(prepared, repository)
        else:
            placement.write([one.file for one in prepared.prepared if one.file is not None])
    _report(prepared, repository, opened, dry_run=dry_run, as_json=as_json, quiet=quiet)
    batch.refuse_conflicts(prepared, repository)
    if opened is not None and not as_json:
        tell(opened)
    elif not quiet and not as_json:
        _next_steps(prepared, dry_run=dry_run)
    exit_code_of(opened)


def _from_file(name: str, input_format: str | None, values: dict[str, Any]) -> "list[Given]":
    """The requests of a file, with the flags' values where the file gives none."""
    from aftgen.inputs import document, source, table

    misplaced = [FLAGS[field] for field in _ONE_ACCOUNT if values[field] is not None]
    if misplaced:
        raise UsageError(
            f"{' and '.join(misplaced)} cannot be used with --from",
            hint="put them into the file, one for each account",
        )
    read = source.read(name, input_format)
    givens = table.read(read) if read.format == "csv" else document.read(read)
    flags = from_flags(values)
    return [given.filled_from(flags) for given in givens]


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
    return f"--tag {key}=…" if key else FLAGS[field]


def _open(batch: "Batch", repository: "Repository") -> "Opened | None":
    """The new files as a pull request; None where there is none to write."""
    from aftgen.editing.files import FileChange
    from aftgen.pull_request import Proposal, open_

    changed = _changed(batch)
    if not changed:
        return None
    names = [one.request.name for one in changed]
    subject, branch = _subject(batch)
    proposal = Proposal(branch=branch, title=subject, summary="\n".join(f"- {name}" for name in names))
    changes = [
        FileChange(path=repository.relative(one.path), before=one.file.existing, after=one.file.content)
        for one in changed
        if one.file is not None
    ]
    return open_(repository, changes, proposal, plan_of)


def _report(
    batch: "Batch",
    repository: "Repository",
    opened: "Opened | None",
    *,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """The result on standard output; what a person should know about it on standard error."""
    from aftgen.placement import Outcome

    wrote = not dry_run and not batch.with_outcome(Outcome.CONFLICT)
    if as_json:
        _emit_json(batch, repository, opened, dry_run=dry_run, wrote=wrote)
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


def _emit_json(
    batch: "Batch", repository: "Repository", opened: "Opened | None", *, dry_run: bool, wrote: bool
) -> None:
    output.emit_json(
        {
            "version": 1,
            "dry_run": dry_run,
            "written": wrote and opened is None,
            **({"pull_request": pull_request_object(opened)} if opened is not None else {}),
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

    changed = _changed(batch)
    if dry_run or not changed:
        if not changed:
            output.message("nothing to do: what was asked for is there already")
        return
    first = changed[0]
    target = os.path.relpath(first.path if len(changed) == 1 else first.path.parent)
    subject, branch = _subject(batch)
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


def _changed(batch: "Batch") -> "list[Prepared]":
    """The requests whose files are written."""
    from aftgen.placement import Outcome

    written = (Outcome.CREATE, Outcome.REPLACE)
    return [one for one in batch.prepared if one.outcome in written and one.file is not None]


def _subject(batch: "Batch") -> tuple[str, str]:
    """What a commit of these files says, and its branch's name."""
    changed = _changed(batch)
    if len(changed) == 1:
        return f"Request account {changed[0].request.name}", f"account/{changed[0].path.stem}"
    return f"Request {len(changed)} accounts", "new-accounts"
