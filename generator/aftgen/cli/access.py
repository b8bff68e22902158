"""``aftgen access …``: what the pipeline does about access, from the repository and on demand.

Every command hands its line to ``aft_access.cli``, the program that AFT's pipeline runs, with this
repository's ``global-customizations/`` as the published tree; exit codes and output are that program's.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import access_fleet
from aftgen.cli.access_fleet import accounts_option, all_option, ous_option
from aftgen.cli.access_program import path_option, run
from aftgen.cli.access_report import command as report
from aftgen.cli.access_revoke import command as revoke

if TYPE_CHECKING:
    from collections.abc import Callable


def _account(*, required: bool) -> "Callable[[Callable[..., Any]], Callable[..., Any]]":
    return click.option(
        "--account",
        metavar="ID",
        required=required,
        envvar="VENDED_ACCOUNT_ID",
        help="The account, by its id of 12 digits [default: VENDED_ACCOUNT_ID].",
    )


@click.group("access", epilog="Example: aftgen access plan --account 123456789012")
def command() -> None:
    """Who may enter which account: plan it, converge it, adopt it, take it away.

    AFT's pipeline does the same for each account; nothing here is needed day by day. AWS credentials are
    the environment's: they must be able to assume AFT's roles, as the pipeline's are.
    """


@command.command(
    "plan",
    short_help="Say what apply would do.",
    epilog="Example: aftgen access plan --account 123456789012 --drift",
)
@accounts_option
@ous_option
@all_option
@click.option("--drift", is_flag=True, help="List every assignment that is not ours too (one account).")
@click.option("--names", is_flag=True, help="Show people's names.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@path_option
def plan(
    accounts: tuple[str, ...],
    ous: tuple[str, ...],
    every: bool,
    drift: bool,
    names: bool,
    as_json: bool,
    path: Path,
) -> int:
    """Say what apply would do in an account, or in many; change nothing.

    For many accounts the organization is read once, so that calls grow with groups, users and permission
    sets rather than with accounts.
    """
    from aftgen.errors import UsageError

    asked = access_fleet.question(accounts, ous, every=every)
    if asked is None:
        options = _flags(drift=drift, names=names, json=as_json)
        return run(path, "plan", "--account", *_one(accounts), *options)
    if drift:
        raise UsageError(
            "--drift goes with one account, given by its id",
            hint="'aftgen access report --drift' says it for the whole organization",
        )
    return access_fleet.plan(asked, path, names=names, as_json=as_json)


@command.command(
    "apply",
    short_help="Converge an account, or many.",
    epilog="Example: aftgen access apply --ou Workloads --expect 4f0c2d18a7b3e596",
)
@accounts_option
@ous_option
@all_option
@click.option("--expect", default="", metavar="FINGERPRINT", help="Refuse another plan than this one.")
@click.option("--names", is_flag=True, help="Show people's names.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@path_option
def apply(
    accounts: tuple[str, ...],
    ous: tuple[str, ...],
    every: bool,
    expect: str,
    names: bool,
    as_json: bool,
    path: Path,
) -> int:
    """Converge accounts: grant what is declared, revoke what was ours and is not.

    Of many accounts those that change are taken three at a time, each as its own pipeline would. One that
    fails does not stop the others. Interrupted, it ends the accounts under way; the same command goes on.
    """
    asked = access_fleet.question(accounts, ous, every=every)
    if asked is None:
        options = [*(["--expect", expect] if expect else []), *_flags(names=names, json=as_json)]
        return run(path, "apply", "--account", *_one(accounts), *options)
    return access_fleet.apply(asked, path, expect=expect, names=names, as_json=as_json)


def _one(accounts: tuple[str, ...]) -> tuple[str, ...]:
    import os

    return accounts or (os.environ["VENDED_ACCOUNT_ID"],)


@command.command(
    "catalogue",
    short_help="Plan or apply what the whole organization shares.",
    epilog="Example: aftgen access catalogue plan --json",
)
@click.argument("action", type=click.Choice(["plan", "apply"]))
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@path_option
def catalogue(action: str, as_json: bool, path: Path) -> int:
    """Plan or apply permission sets, groups, users and memberships for the whole organization."""
    return run(path, "catalogue", action, *_flags(json=as_json))


@command.command(
    "import",
    short_help="Write what exists as declarations and catalogue files.",
    epilog="Example: aftgen access import --all --write --out declarations.tf",
)
@_account(required=False)
@click.option("--all", "every", is_flag=True, help="Every account that AFT manages.")
@click.option("--write", is_flag=True, help="Add a catalogue file for each permission set that has none.")
@click.option("--overwrite", is_flag=True, help="Replace catalogue files that say something else.")
@click.option("--out", type=click.Path(path_type=Path), help="Write the declarations to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@path_option
def import_(
    account: str | None,
    every: bool,
    write: bool,
    overwrite: bool,
    out: Path | None,
    as_json: bool,
    path: Path,
) -> int:
    """Write what exists in accounts as custom fields to paste into requests, and as permission sets.

    Without --write, catalogue files are named and not written. One that is there and says something else
    stops the import: nothing is written, until --overwrite says to replace it.
    """
    where = ["--account", account] if account and not every else []
    into = ["--out", str(out.absolute())] if out else []
    flags = _flags(all=every, write=write, overwrite=overwrite, json=as_json)
    return run(path, "import", *where, *flags, *into)


@command.command(
    "adopt",
    short_help="Take ownership of listed grants by another hand.",
    epilog="Example: aftgen access adopt --account 123456789012 ReadOnlyAccess:group:auditors",
)
@_account(required=True)
@click.argument("grants", nargs=-1, metavar="[SET:group:NAME]...")
@path_option
def adopt(account: str, grants: tuple[str, ...], path: Path) -> int:
    """Take ownership of grants that are declared and stand by another hand; without any, list them."""
    return run(path, "adopt", "--account", account, *grants)


@command.command(
    "release",
    short_help="Give up ownership; the grants stay.",
    epilog="Example: aftgen access release --account 123456789012",
)
@_account(required=True)
@path_option
def release(account: str, path: Path) -> int:
    """Give up ownership of what the account's request asked for; its grants stay."""
    return run(path, "release", "--account", account)


@command.command(
    "repin",
    short_help="Print the reviewed pin of a name whose id changed.",
    epilog="Example: aftgen access repin group:auditors",
)
@click.argument("principal", metavar="group:NAME")
@path_option
def repin(principal: str, path: Path) -> int:
    """Print the reviewed pin with which a name may have another id."""
    return run(path, "repin", principal)


@command.command(
    "history",
    short_help="Print audit records.",
    epilog="Example: aftgen access history group:auditors | jq -r .what",
)
@click.argument("name")
@path_option
def history(name: str, path: Path) -> int:
    """Print audit records as JSON, one on each line: of an account's id, a principal or a permission set."""
    return run(path, "history", name)


def _flags(**given: bool) -> list[str]:
    return [f"--{name}" for name, on in given.items() if on]


command.add_command(revoke)
command.add_command(report)
