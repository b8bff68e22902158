"""``aftgen retire NAME``: take an account out of service, one merged step at a time."""

from typing import TYPE_CHECKING

import click

from aftgen.cli import complete as completion
from aftgen.cli.edits import account_names, base_option, edit_options

if TYPE_CHECKING:
    from collections.abc import Callable

    from aftgen.reader.model import Request
    from aftgen.repository import Repository


@click.command("retire", epilog="Example: aftgen retire payments-prod --ou Suspended --pr")
@click.argument("name", shell_complete=account_names)
@click.option(
    "--ou",
    metavar="PATH",
    shell_complete=completion.organizational_units,
    help="Where retired accounts go.  [default: defaults.retired_ou in aftgen.yaml]",
)
@click.option(
    "--account", metavar="ID", help="The account's id, for the question in AWS.  [default: AFT's record]"
)
@click.option(
    "--confirm-no-access",
    is_flag=True,
    help="You have seen that 'aftgen access plan' lists no grant of ours.",
)
@base_option
@edit_options
def command(
    name: str,
    ou: str | None,
    account: str | None,
    confirm_no_access: bool,
    base: str | None,
    as_pull_request: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Take the next of the three steps that retire the account NAME; none can be skipped.

    \b
    1  retired = true and no grants: its pipeline revokes what we granted.
    2  Once AWS shows that nothing of ours is left in it: the move to another OU.
    3  The request goes, and AFT forgets the account. AWS keeps it: a list says what stays.

    Each step is a commit of its own, and the next is possible when it is merged.
    """
    from aftgen.cli import output
    from aftgen.cli.edits import base_of, finish, load, summary
    from aftgen.config_file import load_config, load_organization
    from aftgen.editing.retire import STAYS, Step, next_step, retire
    from aftgen.errors import Refused
    from aftgen.inputs.fields import resolve_ou
    from aftgen.pull_request import Proposal

    repository, folder, request = load(name)
    organization = load_organization(repository)
    wanted = ou or load_config(repository).defaults.retired_ou
    target, problems = resolve_ou(wanted, organization) if wanted else (None, [])
    if problems:
        raise Refused(f"{wanted!r} is no OU to move to: {problems[0]}")
    step = next_step(request, base_of(repository, base), target, organization)
    refuse = _refuse_access(repository, request, account, confirmed=confirm_no_access)
    retired = retire(repository, folder, request, step, target, refuse)
    edited = retired.edited
    shown = request.name or request.address
    stays = list(STAYS) if step is Step.REMOVE else []
    text = summary(edited.differences)
    if stays:
        text += "\n\nAFT forgets the account. What stays:\n\n" + "\n".join(f"- {one}" for one in stays)
    if not quiet and not as_json:
        output.message(f"Step {step.value} of 3: {step}.")
    finish(
        repository,
        edited.changes,
        edited.differences,
        Proposal(
            branch=f"retire/{request.label}-{step.value}",
            title=f"Retire account {shown}, step {step.value} of 3: {step}",
            summary=text,
        ),
        {"as_pull_request": as_pull_request, "dry_run": dry_run, "as_json": as_json, "quiet": quiet},
        {"request": shown, "step": step.value, "stays": stays},
    )
    if stays and not quiet and not as_json:
        output.message("\nAFT deletes the account's pipeline and forgets it. What stays:")
        for one in stays:
            output.message(f"  - {one}")


def _refuse_access(
    repository: "Repository", request: "Request", account: str | None, *, confirmed: bool
) -> "Callable[[], None]":
    """What raises Refused while something that this project granted is left in the account, or may be."""

    def refuse() -> None:
        from aftgen.editing.ledger import ask
        from aftgen.errors import Refused

        if confirmed:
            return
        asked = ask(repository, request, account)
        if asked.unknown:
            raise Refused(
                f"whether access of ours is left in the account is not known: {asked.unknown}",
                hint="run this with credentials of AFT's management account; or see for yourself that "
                f"'aftgen access plan --account {account or '<id>'}' lists no grant of ours, and give "
                "--confirm-no-access",
            )
        if asked.grants:
            raise Refused(
                f"{len(asked.grants)} grants of ours are left in {asked.account_id}: "
                f"{', '.join(asked.grants[:5])}; nothing was written",
                hint="its pipeline revokes them when it runs with the published request: run it, then this",
            )

    return refuse
