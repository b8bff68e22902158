"""``aftgen login``: from an account's name to the portal, and to profiles for the command line.

What a person may enter is the portal's to say, so it is asked with the person's own signed-in session. Before
the first sign-in only the way there can be shown: the portal, and what the request declares.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aftgen.aws.portal import PortalAccount, Token
    from aftgen.login.profiles import Profile


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from aftgen.cli.complete import account_names

    return account_names(ctx, param, incomplete)


def _plain_word(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """A name that stands in a section header as it is."""
    import re

    if re.fullmatch(r"[A-Za-z0-9._+=@-]*", value) is None or (param.name == "session" and not value):
        raise click.BadParameter("letters, digits and ._+=@- only", ctx, param)
    return value


@click.command("login", epilog="Example: aftgen login payments-prod --write")
@click.argument("name", required=False, shell_complete=_complete)
@click.option("--all", "every", is_flag=True, help="Every account that you may enter.")
@click.option("--write", is_flag=True, help="Write profiles to the AWS configuration file.")
@click.option("--dry-run", is_flag=True, help="With --write: show the change, write nothing.")
@click.option("--open", "browse", is_flag=True, help="Open the account in the browser.")
@click.option("--role", metavar="PERMISSION_SET", help="Only this permission set.")
@click.option("--portal-url", metavar="URL", help="The access portal [default: of access.yaml].")
@click.option("--sso-region", metavar="REGION", help="Identity Center's region [default: of access.yaml].")
@click.option("--region", default="", metavar="REGION", help="The region that new profiles work in.")
@click.option(
    "--session",
    callback=_plain_word,
    default="aftgen",
    show_default=True,
    help="The name of the sso-session.",
)
@click.option("--prefix", callback=_plain_word, default="", help="What the names of the profiles begin with.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON (version 1).")
@click.option(
    "--path", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository [default: .]"
)
def command(
    name: str | None,
    every: bool,
    write: bool,
    dry_run: bool,
    browse: bool,
    role: str | None,
    portal_url: str | None,
    sso_region: str | None,
    region: str,
    session: str,
    prefix: str,
    as_json: bool,
    path: Path,
) -> int:
    """Show how to enter the account NAME (a name, email or id), and write profiles for it.

    The first time: 'aftgen login NAME --write' writes the sso-session, 'aws sso login --sso-session aftgen'
    signs you in, and the same 'aftgen login NAME --write' then writes a profile for each permission set
    that you may use there.
    """
    from aftgen.errors import UsageError

    if (name is None) != every:
        raise UsageError("name an account, or say --all", hint="'aftgen login --help' shows how it is used")
    if dry_run and not write:
        raise UsageError("--dry-run needs --write: without it nothing is written anyway")
    if browse and every:
        raise UsageError("--open needs the NAME of one account")
    url, home = _portal(path, portal_url, sso_region)
    token = _token(url)
    accounts = _accounts(token, name, role)
    from aftgen.login.profiles import profiles

    made = profiles(accounts, prefix=prefix)
    written = _write(url, home, session, region, made, dry_run=dry_run) if write else None
    if as_json:
        output.emit_json(_as_object(url, token is not None, accounts, made, written))
    elif token is None:
        _print_way(path, url, name)
    else:
        _print(url, accounts, made)
    if browse:
        _browse(url, accounts, role)
    if token is None:
        _say_how_to_sign_in(session, written or write)
        return 1 if write or every else 0
    return 0


def _portal(path: Path, portal_url: str | None, sso_region: str | None) -> tuple[str, str]:
    """The portal's address and Identity Center's region: from the flags, else from access.yaml."""
    import re

    from aftgen.errors import UsageError

    if portal_url is None or sso_region is None:
        center = _identity_center(path)
        portal_url = portal_url or (center.portal_url if center else None)
        sso_region = sso_region or (center.region if center else None)
    if portal_url is None or sso_region is None:
        missing = "--portal-url" if portal_url is None else "--sso-region"
        raise UsageError(
            f"nothing says what {missing} is",
            hint="set identity_center.portal_url and region in "
            f"global-customizations/identity-center/access.yaml, or give {missing}",
        )
    if re.fullmatch(r"https://[^\s\"'<>\\^`{|}]+", portal_url) is None:
        raise UsageError(f"{portal_url!r} is not the address of a portal: it begins with https://")
    return portal_url, sso_region


def _identity_center(path: Path) -> Any:
    from aft_access.catalogue import CatalogueError, load

    from aftgen.errors import Problems
    from aftgen.repository import find

    repository = find(path)
    if not (repository.identity_center / "access.yaml").is_file():
        return None
    try:
        return load(repository.identity_center.parent).access.identity_center
    except CatalogueError as error:
        raise Problems("the access catalogue cannot be used", list(map(str, error.problems))) from None


def _token(url: str) -> "Token | None":
    from aftgen.aws.portal import cached_token

    return cached_token(url, folder=Path("~/.aws/sso/cache").expanduser())


def _accounts(token: "Token | None", name: str | None, role: str | None) -> "list[PortalAccount]":
    """The accounts asked for, with the permission sets that the person may use. Empty without a session."""
    from dataclasses import replace

    from aftgen.aws.portal import Portal
    from aftgen.errors import Refused, nearest

    if token is None:
        return []
    portal = Portal(token)
    seen = portal.accounts()
    chosen = seen
    if name is not None:
        chosen = [each for each in seen if name in (each.id, each.name)]
        chosen = chosen or [each for each in seen if each.email.casefold() == name.casefold()]
        if not chosen:
            close = nearest(name, [each.name for each in seen])
            shown = "'aftgen login --all' lists yours"
            raise Refused(
                f"you may not enter an account called {name!r}",
                hint=f"did you mean {close!r}?" if close else shown,
            )
    found = [replace(each, roles=portal.roles(each.id)) for each in chosen]
    if role is None:
        return found
    known = sorted({one for each in found for one in each.roles})
    if role not in known:
        raise Refused(f"you may not use {role!r} there", hint=f"you have {', '.join(known) or 'nothing'}")
    return [replace(each, roles=(role,)) for each in found if role in each.roles]


def _write(
    url: str, home: str, session: str, region: str, made: "Sequence[Profile]", *, dry_run: bool
) -> dict[str, Any]:
    """Put the sso-session and the profiles into the AWS configuration file, or show what would change."""
    import os
    from datetime import datetime

    from aftgen.errors import Problems
    from aftgen.login import aws_config
    from aftgen.login.profiles import session_settings

    path = Path(os.environ.get("AWS_CONFIG_FILE") or "~/.aws/config").expanduser()
    before = aws_config.read(path)
    taken = [one.name for one in made if not aws_config.owned(before, one.name, session)]
    if taken:
        raise Problems(
            f"{path} has profiles of these names that are not of the sso-session {session!r}",
            taken,
            hint="nothing was written; choose other names with --prefix",
        )
    sections = {f"sso-session {session}": session_settings(url, home)}
    sections |= {f"profile {one.name}": one.settings(session, region) for one in made}
    after = aws_config.merged(before, sections)
    result: dict[str, Any] = {"file": str(path), "changed": after != before, "backup": None}
    if dry_run:
        _show_difference(str(path), before, after)
    elif after != before:
        backup = aws_config.write(path, before, after, stamp=lambda: datetime.now().strftime("%Y%m%d-%H%M%S"))
        result["backup"] = str(backup) if backup else None
        kept = f"; the old text is in {backup}" if backup else ""
        output.message(f"{path}: wrote the sso-session and {len(made)} profiles{kept}")
    else:
        output.message(f"{path} says all of it already")
    return result


def _show_difference(shown: str, before: str, after: str) -> None:
    from difflib import unified_diff

    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for line in unified_diff(old, new, shown, f"{shown} (as it would be)"):
        output.message(output.printable(line.rstrip("\r\n")))


def _print(url: str, accounts: "Sequence[PortalAccount]", made: "Sequence[Profile]") -> None:
    output.result(f"portal  {url}")
    names = {account.id: account.name for account in accounts}
    output.result()
    output.table(
        ("ACCOUNT", "PERMISSION SET", "PROFILE", "ID"),
        ((output.printable(names[one.account_id]), one.role, one.name, one.account_id) for one in made),
        needed=3,
    )
    if len(accounts) == 1:
        from aftgen.login.profiles import link

        output.result()
        for one in made:
            output.result(f"{one.role}: {link(url, one.account_id, one.role)}")


def _print_way(path: Path, url: str, name: str | None) -> None:
    """What can be said before anybody has signed in."""
    from aftgen.errors import AftgenError

    output.result(f"portal  {url}")
    if name is None:
        return
    from aftgen.cli.list_ import load
    from aftgen.cli.show import find

    try:
        _, folder = load(path, use_terraform=False)
    except AftgenError:
        return
    for request in find(folder.requests, name)[:1]:
        output.result(f"account {output.printable(request.name or name)}, {request.email}")
        output.result("'aftgen show' says what its request declares")


def _say_how_to_sign_in(session: str, has_session: object) -> None:
    output.message()
    output.message("You are not signed in at this portal, so nobody knows what you may enter. Sign in:")
    if not has_session:
        output.message("  aftgen login NAME --write")
    output.message(f"  aws sso login --sso-session {session}")
    output.message("and run this again.")


def _browse(url: str, accounts: "Sequence[PortalAccount]", role: str | None) -> None:
    import webbrowser

    from aftgen.login.profiles import link

    target = link(url, accounts[0].id, role or "") if accounts else url
    if not webbrowser.open(target):
        output.warning(f"no browser could be started; open {target}")


def _as_object(
    url: str,
    signed_in: bool,
    accounts: "Sequence[PortalAccount]",
    made: "Sequence[Profile]",
    written: dict[str, Any] | None,
) -> dict[str, Any]:
    from aftgen.login.profiles import link

    return {
        "version": 1,
        "portal_url": url,
        "signed_in": signed_in,
        "accounts": [
            {
                "id": account.id,
                "name": account.name,
                "email": account.email,
                "link": link(url, account.id),
                "permission_sets": [
                    {"name": one.role, "profile": one.name, "link": link(url, account.id, one.role)}
                    for one in made
                    if one.account_id == account.id
                ],
            }
            for account in accounts
        ],
        "written": written,
    }
