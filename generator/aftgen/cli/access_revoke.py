"""``aftgen access revoke``: the emergency brake, and the pull request that makes it stand.

The brake comes first and needs nothing of git: whoever pulls it must not wait for a review. Until the
requests no longer ask for the grants, the next pipeline run gives them back.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aftgen.cli import output
from aftgen.cli.access_program import path_option, run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aftgen.editing.withdraw import Withdrawn
    from aftgen.repository import Repository


@click.command(
    "revoke",
    short_help="Emergency: revoke everything of one principal.",
    epilog="Example: aftgen access revoke --principal user:ana@example.com --all --pr",
)
@click.option("--principal", required=True, metavar="group:NAME", help="Who loses access.")
@click.option("--all", "every", is_flag=True, required=True, help="Yes, in every account.")
@click.option("--pr", "as_pull_request", is_flag=True, help="Open the pull request that makes it stand.")
@path_option
def command(principal: str, every: bool, as_pull_request: bool, path: Path) -> int:
    """The emergency brake: revoke every grant of ours that a principal has, now.

    The requests still ask for it, so a pipeline would grant it again. With --pr the principal is taken out
    of every request; without, the lines that name it are listed.
    """
    from aftgen.repository import find

    code = run(path, "revoke", "--principal", principal, *(["--all"] if every else []))
    if code not in (0, 1):
        return code
    repository = find(path)
    withdrawn = _propose(repository, principal) if as_pull_request else None
    changed = {one.path: one.after for one in withdrawn.changes} if withdrawn else {}
    places = list(_mentions(repository, principal, changed))
    if withdrawn is not None and places:
        output.message("A person must look at these; no pull request changes them:")
    for place in places:
        output.message(f"  {place}")
    for reason in withdrawn.refused if withdrawn else ():
        output.warning(reason)
    return 1 if withdrawn is not None and withdrawn.refused else code


def _propose(repository: "Repository", principal: str) -> "Withdrawn":
    """Open the pull request. Raises Refused or GitError; what was revoked stays revoked."""
    import re

    from aftgen import pull_request
    from aftgen.cli.edits import exit_code_of, plan_of, summary, tell
    from aftgen.cli.list_ import load
    from aftgen.editing.withdraw import withdraw

    _, folder = load(repository.root, use_terraform=False)
    withdrawn = withdraw(repository, folder, principal)
    if not withdrawn.changes:
        output.message(f"no request grants {output.printable(principal)} anything that can be edited")
        return withdrawn
    proposal = pull_request.Proposal(
        branch=f"revoke/{re.sub(r'[^A-Za-z0-9]+', '-', principal).strip('-')}",
        title=f"Revoke every grant of {principal}"[:120],
        summary=summary(withdrawn.differences),
    )
    opened = pull_request.open_(repository, withdrawn.changes, proposal, plan_of)
    tell(opened)
    exit_code_of(opened)
    return withdrawn


def _mentions(
    repository: "Repository", principal: str, changed: "Mapping[str, bytes | None]"
) -> "Iterator[str]":
    """``file:line`` of each line of requests and rules that names a principal, after the changes."""
    import re

    named = re.compile(rf"(?<![\w.@:-]){re.escape(principal)}(?![\w.@-])")
    files = [*repository.requests.glob("*.tf"), *repository.identity_center.glob("*.yaml")]
    for file in sorted(files):
        path = repository.relative(file)
        after = changed.get(path)
        text = (after if after is not None else file.read_bytes()).decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), start=1):
            if named.search(line) and not line.lstrip().startswith("#"):
                yield f"{path}:{number}"
