"""``aftgen rename OLD NEW``: another module label and file name, and the account stays in AFT."""

import click

from aftgen.cli.edits import account_names, base_option, edit_options


@click.command("rename", epilog="Example: aftgen rename payments payments-prod --dry-run")
@click.argument("old", shell_complete=account_names)
@click.argument("new")
@base_option
@edit_options
def command(
    old: str,
    new: str,
    base: str | None,
    as_pull_request: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Rename the module of the request OLD, and its file if that was named after it, to NEW.

    A moved block is written with it: without one, AFT takes the renamed module for the removal of a live
    account. The account's own name stays: AFT cannot change it.
    """
    from aftgen.cli import output
    from aftgen.cli.edits import base_of, finish, load, summary
    from aftgen.editing.rename import rename
    from aftgen.errors import Refused
    from aftgen.inputs.fields import text_problems
    from aftgen.inputs.surroundings import Surroundings
    from aftgen.pull_request import Proposal
    from aftgen.request import label_for

    problems = (
        text_problems("label", label_for(new), Surroundings()) if new.strip() else ["the name is empty"]
    )
    if problems:
        raise Refused(f"{new!r} cannot be a label: {problems[0]}")
    repository, folder, request = load(old)
    edited = rename(repository, folder, request, new, base_of(repository, base))
    finish(
        repository,
        edited.changes,
        edited.differences,
        Proposal(
            branch=f"rename/{label_for(new)}",
            title=f"Rename the request of {request.name or request.address} to {label_for(new)}",
            summary=summary(edited.differences),
        ),
        {"as_pull_request": as_pull_request, "dry_run": dry_run, "as_json": as_json, "quiet": quiet},
        {"request": request.name or request.address},
    )
    if edited.changes and not quiet and not as_json:
        output.message(f"The account's own name stays {request.name or 'what it is'}: AFT cannot change it.")
