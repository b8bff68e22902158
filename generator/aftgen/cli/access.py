"""``aftgen access …``: what the pipeline does about access, from the repository and on demand.

Every command hands its line to ``aft_access.cli``, the program that AFT's pipeline runs, with this
repository's ``global-customizations/`` as the published tree; exit codes and output are that program's.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from aftgen.repository import Repository

_at = click.option(
    "--path", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository [default: .]"
)


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
@_account(required=True)
@click.option("--drift", is_flag=True, help="List every assignment that is not ours too.")
@click.option("--names", is_flag=True, help="Show people's names.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_at
def plan(account: str, drift: bool, names: bool, as_json: bool, path: Path) -> int:
    """Say what apply would do in an account; change nothing."""
    options = _flags(drift=drift, names=names, json=as_json)
    return _run(path, "plan", "--account", account, *options)


@command.command(
    "apply",
    short_help="Converge an account.",
    epilog="Example: aftgen access apply --account 123456789012 --expect 4f0c2d18",
)
@_account(required=True)
@click.option("--expect", default="", metavar="FINGERPRINT", help="Refuse another plan than this one.")
@click.option("--names", is_flag=True, help="Show people's names.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_at
def apply(account: str, expect: str, names: bool, as_json: bool, path: Path) -> int:
    """Converge an account: grant what is declared, revoke what was ours and is not."""
    options = _flags(names=names, json=as_json)
    return _run(path, "apply", "--account", account, *(["--expect", expect] if expect else []), *options)


@command.command(
    "catalogue",
    short_help="Plan or apply what the whole organization shares.",
    epilog="Example: aftgen access catalogue plan --json",
)
@click.argument("action", type=click.Choice(["plan", "apply"]))
@click.option("--json", "as_json", is_flag=True, help="Print the plan as JSON.")
@_at
def catalogue(action: str, as_json: bool, path: Path) -> int:
    """Plan or apply permission sets, groups, users and memberships for the whole organization."""
    return _run(path, "catalogue", action, *_flags(json=as_json))


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
@_at
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
    return _run(path, "import", *where, *flags, *into)


@command.command(
    "adopt",
    short_help="Take ownership of listed grants by another hand.",
    epilog="Example: aftgen access adopt --account 123456789012 ReadOnlyAccess:group:auditors",
)
@_account(required=True)
@click.argument("grants", nargs=-1, metavar="[SET:group:NAME]...")
@_at
def adopt(account: str, grants: tuple[str, ...], path: Path) -> int:
    """Take ownership of grants that are declared and stand by another hand; without any, list them."""
    return _run(path, "adopt", "--account", account, *grants)


@command.command(
    "release",
    short_help="Give up ownership; the grants stay.",
    epilog="Example: aftgen access release --account 123456789012",
)
@_account(required=True)
@_at
def release(account: str, path: Path) -> int:
    """Give up ownership of what the account's request asked for; its grants stay."""
    return _run(path, "release", "--account", account)


@command.command(
    "repin",
    short_help="Print the reviewed pin of a name whose id changed.",
    epilog="Example: aftgen access repin group:auditors",
)
@click.argument("principal", metavar="group:NAME")
@_at
def repin(principal: str, path: Path) -> int:
    """Print the reviewed pin with which a name may have another id."""
    return _run(path, "repin", principal)


@command.command(
    "revoke",
    short_help="Emergency: revoke everything of one principal.",
    epilog="Example: aftgen access revoke --principal user:ana@example.com --all",
)
@click.option("--principal", required=True, metavar="group:NAME", help="Who loses access.")
@click.option("--all", "every", is_flag=True, required=True, help="Yes, in every account.")
@_at
def revoke(principal: str, every: bool, path: Path) -> int:
    """The emergency brake: revoke every grant of ours that a principal has, now."""
    from aftgen.cli import output
    from aftgen.repository import find

    code = _run(path, "revoke", "--principal", principal, *_flags(all=every))
    if code in (0, 1):
        for place in _mentions(find(path), principal):
            output.message(f"  {place}")
    return code


@command.command(
    "history",
    short_help="Print audit records.",
    epilog="Example: aftgen access history group:auditors | jq -r .what",
)
@click.argument("name")
@_at
def history(name: str, path: Path) -> int:
    """Print audit records as JSON, one on each line: of an account's id, a principal or a permission set."""
    return _run(path, "history", name)


def _flags(**given: bool) -> list[str]:
    return [f"--{name}" for name, on in given.items() if on]


def _run(path: Path, *arguments: str) -> int:
    from aftgen.errors import UsageError
    from aftgen.repository import find

    repository = find(path)
    if not repository.identity_center.is_dir():
        raise UsageError(
            f"{repository.root} has no global-customizations/identity-center",
            hint="access is decided by the files there; run this in a repository that has them",
        )
    from aft_access.cli import main

    from aftgen.aws.connections import connect

    return main(["--tree", str(repository.identity_center.parent), *arguments], connect(repository).access)


def _mentions(repository: "Repository", principal: str) -> "Iterator[str]":
    """``file:line`` of each line of requests and rules that names a principal."""
    import re

    named = re.compile(rf"(?<![\w.@:-]){re.escape(principal)}(?![\w.@-])")
    files = [*repository.requests.glob("*.tf"), *repository.identity_center.glob("*.yaml")]
    for file in sorted(files):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        for number, line in enumerate(lines, 1):
            if named.search(line) and not line.lstrip().startswith("#"):
                yield f"{repository.relative(file)}:{number}"
