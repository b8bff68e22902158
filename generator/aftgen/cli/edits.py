"""What the commands that change requests share: find the request, show the change, write or propose it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from aftgen.editing.base import Base
    from aftgen.editing.files import FileChange
    from aftgen.editing.wanted import Difference
    from aftgen.pull_request import Opened, Proposal
    from aftgen.reader.model import Request, RequestFolder
    from aftgen.repository import Repository

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

pull_request_option = click.option(
    "--pr", "as_pull_request", is_flag=True, help="Commit, push and open a pull request instead."
)
base_option = click.option(
    "--base", metavar="REF", help="What AFT has.  [default: where this left the default branch]"
)


def edit_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--pr``, ``--dry-run``, ``--json`` and ``--quiet``."""
    for option in (
        click.option("-q", "--quiet", is_flag=True, help="Print no hints and no summary."),
        click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON (version 1)."),
        click.option("--dry-run", is_flag=True, help="Print the difference instead of writing it."),
        pull_request_option,
    ):
        function = option(function)
    return function


def account_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Completion of an account's name."""
    from aftgen.cli.complete import account_names as found

    return found(ctx, param, incomplete)


def load(name: str) -> "tuple[Repository, RequestFolder, Request]":
    """The request that a name means, as it stands in the files. Raises Refused.

    A name that only Terraform tells is asked of it; the request that is edited is always the one in the file.
    """
    from aftgen.cli.list_ import load as load_folder
    from aftgen.cli.show import find, pick

    repository, folder = load_folder(Path.cwd(), use_terraform=False)
    if not find(folder.requests, name):
        _, evaluated = load_folder(Path.cwd(), use_terraform=True)
        found = pick(evaluated.requests, name)
        return (
            repository,
            folder,
            next(one for one in folder.requests if one.block is found.block or _same_place(one, found)),
        )
    return repository, folder, pick(folder.requests, name)


def _same_place(one: "Request", other: "Request") -> bool:
    return (one.path, one.block.start) == (other.path, other.block.start)


def base_of(repository: "Repository", revision: str | None) -> "Base":
    """What AFT has already."""
    from aftgen.editing.base import load as load_base

    return load_base(repository, revision)


def finish(
    repository: "Repository",
    changes: "Sequence[FileChange]",
    differences: "Sequence[Difference]",
    proposal: "Proposal",
    options: "dict[str, bool]",
    more: "dict[str, Any] | None" = None,
) -> None:
    """Show the change, write it or open a pull request with it, and say what comes next."""
    from aftgen import pull_request
    from aftgen.editing import files

    dry_run, as_json, quiet = options["dry_run"], options["as_json"], options["quiet"]
    proposes = options["as_pull_request"]
    opened: Opened | None = None
    commands: list[str] = []
    if changes and proposes and dry_run:
        commands = pull_request.preview(repository, changes, proposal)
    elif changes and proposes:
        opened = pull_request.open_(repository, changes, proposal, plan_of)
    elif changes and not dry_run:
        files.write(repository.root, changes)
    if as_json:
        _emit(changes, differences, opened, commands, dry_run=dry_run, more=more or {})
        exit_code_of(opened)
        return
    _show(changes, differences, dry_run=dry_run, quiet=quiet)
    if quiet and opened is None:
        return
    if not changes:
        output.message("nothing to do: what was asked for is there already")
    elif opened is not None:
        tell(opened)
        exit_code_of(opened)
    elif proposes:
        output.message("\nWithout --dry-run this would do what these commands do, beside your checkout:")
        for command in commands:
            output.message(f"  {command}")
    elif not dry_run:
        next_steps(repository, changes, proposal)


def plan_of(repository: "Repository", start: str) -> str | None:
    """What AFT will do, as Markdown."""
    from aftgen.changes.formats import markdown
    from aftgen.changes.load import plan
    from aftgen.errors import AftgenError

    try:
        found = plan(repository, start)
    except AftgenError as error:
        return f"`aftgen plan` could not say what AFT will do: {error.message}"
    return markdown.render(found).removeprefix(markdown.MARKER).lstrip()


def _show(
    changes: "Sequence[FileChange]", differences: "Sequence[Difference]", *, dry_run: bool, quiet: bool
) -> None:
    if dry_run:
        for change in changes:
            click.echo(change.diff(), nl=False)
    else:
        for change in changes:
            arrow = f" -> {change.new_path}" if change.new_path else ""
            output.result(f"{change.outcome:<8}  {change.path}{arrow}")
    say = output.message if dry_run else output.result
    width = max((len(one.what) for one in differences), default=0)
    if not quiet or not dry_run:
        for one in differences:
            say(f"  {one.what.ljust(width)}  {output.printable(values(one))}")


def values(one: "Difference") -> str:
    """``old -> new``, ``+ new`` or ``- old``."""
    if one.old is None:
        return f"+ {one.new}"
    return f"- {one.old}" if one.new is None else f"{one.old} -> {one.new}"


def summary(differences: "Sequence[Difference]") -> str:
    """The differences as a list in Markdown, for a commit and a pull request."""
    return "\n".join(f"- {one.what}: {output.printable(values(one))}" for one in differences)


def _emit(
    changes: "Sequence[FileChange]",
    differences: "Sequence[Difference]",
    opened: "Opened | None",
    commands: Sequence[str],
    *,
    dry_run: bool,
    more: "dict[str, Any]",
) -> None:
    output.emit_json(
        {
            "version": 1,
            "dry_run": dry_run,
            "written": bool(changes) and not dry_run and opened is None,
            **more,
            "changes": [{"what": one.what, "old": one.old, "new": one.new} for one in differences],
            "files": [
                {
                    "file": change.path,
                    "new_file": change.new_path,
                    "outcome": change.outcome,
                    **({"diff": change.diff()} if dry_run else {}),
                }
                for change in changes
            ],
            "pull_request": pull_request_object(opened) if opened is not None else None,
            **({"commands": list(commands)} if commands else {}),
        }
    )


def pull_request_object(opened: "Opened") -> "dict[str, Any]":
    """A pull request as the JSON output has it."""
    return {
        "branch": opened.branch,
        "base": opened.base,
        "url": opened.url or None,
        "note": opened.note or None,
        "commands": list(opened.commands),
    }


def exit_code_of(opened: "Opened | None") -> None:
    """Raise click's Exit where gh or glab was asked and failed."""
    if opened is not None and opened.failed:
        raise click.exceptions.Exit(1)


def tell(opened: "Opened") -> None:
    """Where the pull request is, or how it is opened."""
    if opened.url:
        output.result(f"pull request  {opened.url}")
        return
    output.message(f"\nThe branch {opened.branch} is pushed. Open its pull request ({opened.note}):")
    for line in filter(None, (opened.compare, *opened.commands)):
        output.message(f"  {line}")


def next_steps(repository: "Repository", changes: "Sequence[FileChange]", proposal: "Proposal") -> None:
    """What a person does now. Commands name files from where the person is."""
    import os
    from shlex import quote

    paths = dict.fromkeys(os.path.relpath(repository.root / path) for one in changes for path in one.paths)
    output.message()
    output.message("Next: review what was written, then")
    for line in (
        "aftgen check",
        f"git switch -c {quote(proposal.branch)}",
        f"git add --all {' '.join(map(quote, paths))}",
        f"git commit -m {quote(proposal.title)}",
    ):
        output.message(f"  {line}")
    output.message("and open a pull request. With --pr, all of this is done for you.")
