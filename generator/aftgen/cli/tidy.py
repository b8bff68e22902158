"""``aftgen tidy``: remove the moved blocks that AFT has had."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aftgen.cli.edits import edit_options

if TYPE_CHECKING:
    from aftgen.editing.wanted import Difference


@click.command("tidy", epilog="Example: aftgen tidy --dry-run")
@click.option(
    "--published",
    metavar="REF",
    help="What AFT reads.  [default: aft/account-request, or the default branch]",
)
@edit_options
def command(published: str | None, as_pull_request: bool, dry_run: bool, as_json: bool, quiet: bool) -> None:
    """Remove moved blocks that are published: Terraform needs each for one apply.

    Published is what stands on the branch aft/account-request, which 'aftgen publish' writes, or without that
    branch on the default branch, which AFT then reads itself. That AFT's pipeline succeeded with it is for
    you to know: where it failed, keep the block until it ran again. A block stays while another that is not
    published yet leads to it.
    """
    from aftgen.cli import output
    from aftgen.cli.edits import finish
    from aftgen.cli.list_ import load
    from aftgen.editing.base import published as published_moves
    from aftgen.editing.moves import tidy
    from aftgen.pull_request import Proposal

    repository, folder = load(Path.cwd(), use_terraform=False)
    found = published_moves(repository, published)
    tidied = tidy(repository, folder, found.moved)
    differences = [_gone(str(move.source), str(move.target)) for move in tidied.gone]
    if not quiet and not as_json:
        for move, why in tidied.kept:
            output.message(f"kept      {move.place}: {move.source} to {move.target} is {why}")
    finish(
        repository,
        tidied.changes,
        differences,
        Proposal(
            branch="tidy/moved-blocks",
            title="Remove moved blocks that are published",
            summary=f"They stand in {found.revision}, so AFT has had them:\n\n"
            + "\n".join(f"- {one.old}" for one in differences),
        ),
        {"as_pull_request": as_pull_request, "dry_run": dry_run, "as_json": as_json, "quiet": quiet},
        {
            "published": found.revision,
            "kept": [
                {"from": str(move.source), "to": str(move.target), "place": move.place, "why": why}
                for move, why in tidied.kept
            ],
        },
    )


def _gone(source: str, target: str) -> "Difference":
    from aftgen.editing.wanted import Difference

    return Difference("moved", f"{source} to {target}", None)
