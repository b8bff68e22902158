"""``aftgen show NAME``: one account request as AFT will get it."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aftgen.reader.model import Request


def _complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    from aftgen.cli.complete import account_names

    return account_names(ctx, param, incomplete)


@click.command("show", epilog="Example: aftgen show payments-prod --json")
@click.argument("name", shell_complete=_complete)
@click.option(
    "--path", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository [default: .]"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON (version 1).")
@click.option("--no-terraform", is_flag=True, help="Do not ask Terraform for what cannot be read.")
def command(name: str, path: Path, as_json: bool, no_terraform: bool) -> None:
    """Show the account request NAME: an account name, an email, or a module address or label."""
    from aftgen.cli.list_ import as_object, load

    _, folder = load(path, use_terraform=not no_terraform)
    found = pick(folder.requests, name)
    if as_json:
        output.emit_json({"version": 1, "request": as_object(found)})
    else:
        _print(found)


def find(requests: "Sequence[Request]", name: str) -> "list[Request]":
    """The requests that a person can mean by a name, by the first of: address, name, email, label."""
    readings: tuple[Callable[[Request], bool], ...] = (
        lambda request: request.address == name,
        lambda request: request.name == name,
        lambda request: (request.email or "").lower() == name.lower(),
        lambda request: request.label == name,
    )
    for means in readings:
        found = [request for request in requests if means(request)]
        if found:
            return found
    return []


def pick(requests: "Sequence[Request]", name: str) -> "Request":
    """The one request that a name means. Raises Refused when there is none, or more than one."""
    from aftgen.errors import Refused, nearest

    found = find(requests, name)
    if not found:
        known = [request.name for request in requests if request.name]
        close = nearest(name, known)
        raise Refused(
            f"no account request is called {name!r}",
            hint=f"did you mean {close!r}?" if close else "'aftgen list' shows all of them",
        )
    if len(found) > 1:
        owners = ", ".join(sorted(f"{request.address} in {request.path}" for request in found))
        raise Refused(f"{len(found)} account requests are called {name!r}: {owners}", hint="name the address")
    return found[0]


def _print(request: "Request") -> None:
    from aftgen.cli.list_ import as_object, place

    values = as_object(request)
    rows = [
        ("account", values["name"]),
        ("email", values["email"]),
        ("organizational unit", values["organizational_unit"]),
        ("customization", values["account_customizations_name"] or "none"),
        (
            "SSO user (administrator)",
            _join(
                values["sso_user_first_name"], values["sso_user_last_name"], f"<{values['sso_user_email']}>"
            ),
        ),
        ("requested by", values["change_requested_by"]),
        ("reason", values["change_reason"]),
        ("file", f"{request.path.rpartition('/')[0]}/{place(request)}".lstrip("/")),
        ("address", request.address),
    ]
    if request.reason:
        rows.append(("not evaluated", request.reason))
    width = max(len(label) for label, _ in rows)
    for label, value in rows:
        _row(label, value, width)
    _print_access(values["custom_fields"], width)
    for title, section in (("tags", values["account_tags"]), ("custom fields", values["custom_fields"])):
        pairs = {key: value for key, value in (section or {}).items() if key != "access"}
        if pairs:
            output.result()
            output.result(click.style(title, bold=True))
            inner = max(map(len, pairs))
            for key in sorted(pairs):
                _row(f"  {key}", pairs[key], inner + 2)


def _join(*parts: object) -> str:
    return " ".join(str(part) for part in parts if part)


def _row(label: str, value: object, width: int) -> None:
    text = "not evaluated" if value is None else str(value)
    output.result(f"{click.style(label.ljust(width), dim=True)}  {output.printable(text)}")


def _print_access(fields: object, width: int) -> None:
    """The access declaration, by permission set; one that cannot be read is shown as it is."""
    from aft_access.contract import ContractError, parse

    text = fields.get("access") if isinstance(fields, dict) else None
    if not isinstance(text, str):
        return
    try:
        declaration = parse(text)
    except ContractError:
        _row("access", f"cannot be read ('aftgen check' says why): {text}", width)
        return
    output.result()
    output.result(click.style("access", bold=True))
    by_set: dict[str, list[str]] = {}
    for grant in declaration.grants:
        by_set.setdefault(grant.permission_set, []).append(str(grant.principal))
    for permission_set in sorted(by_set):
        _row(f"  {permission_set}", ", ".join(sorted(by_set[permission_set])), max(map(len, by_set)) + 2)
    if not by_set:
        output.result("  no grants of its own")
    if declaration.retired:
        output.result("  retired: the rules of access.yaml do not apply either")
