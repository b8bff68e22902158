"""``aftgen list``: the account requests of a repository, as a table people read and JSON that scripts use."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from aftgen.reader.model import Request, RequestFolder
    from aftgen.repository import Repository


@click.command(
    "list",
    epilog="Example: aftgen list --json | jq -r '.requests[].email'",
)
@click.argument("path", type=click.Path(path_type=Path), default=Path())
@click.option("--json", "as_json", is_flag=True, help="Print JSON (version 1) instead of a table.")
@click.option("--no-terraform", is_flag=True, help="Do not ask Terraform for what cannot be read.")
def command(path: Path, as_json: bool, no_terraform: bool) -> None:
    """List the account requests of this repository, or of the one at PATH.

    Hand-written requests are listed like generated ones. What only Terraform can evaluate is asked of it
    when it is on PATH, and otherwise shown as not evaluated.
    """
    repository, folder = load(path, use_terraform=not no_terraform)
    if as_json:
        output.emit_json({"version": 1, "requests": [as_object(request) for request in folder.requests]})
    elif folder.requests:
        _print_table(folder.requests)
    unread = [problem.path for problem in folder.unreadable] + [
        file.source.path for file in folder.files if file.problems
    ]
    for shown in unread:
        output.warning(f"{shown} could not be read: 'aftgen check' says why")
    if not folder.requests:
        output.message(
            f"no account requests in {repository.relative(repository.requests)}/: 'aftgen new' writes one"
        )


def load(path: Path, *, use_terraform: bool) -> "tuple[Repository, RequestFolder]":
    """The requests at a path, evaluated as far as they can be."""
    from aftgen.reader.folder import read
    from aftgen.repository import find

    repository = find(path)
    folder = read(repository)
    if use_terraform and not all(request.is_known for request in folder.requests):
        from aftgen.evaluate import evaluate

        folder = evaluate(repository, folder).folder
    return repository, folder


def _print_table(requests: "tuple[Request, ...]") -> None:
    from aftgen.limits import parse_ou
    from aftgen.reader.model import CUSTOMIZATION

    output.table(
        ("NAME", "OU", "EMAIL", "CUSTOMIZATION", "FILE"),
        (
            (
                request.name or f"({request.address})",
                parse_ou(request.ou).name if request.ou else not_known(request),
                request.email or not_known(request),
                request.text(CUSTOMIZATION) or "-",
                place(request),
            )
            for request in requests
        ),
        needed=3,
    )


def not_known(request: "Request") -> str:
    """What a table shows where a value is not a known string."""
    return "not evaluated" if not request.is_known else "-"


def place(request: "Request") -> str:
    """``file.tf`` or ``file.tf:12`` of a request, without the folder that all of them share."""
    line = request.file.source.position(request.block.start).line
    return f"{request.path.rsplit('/', 1)[-1]}:{line}"


def as_object(request: "Request") -> "dict[str, Any]":
    """A request as the JSON output has it. Numbers are numbers, what is not known is null."""
    from aftgen.reader.model import CHANGE_MANAGEMENT, CONTROL_TOWER, CUSTOM_FIELDS, CUSTOMIZATION, TAGS

    return {
        "name": request.name,
        "email": request.email,
        "organizational_unit": request.ou,
        "sso_user_email": request.text(CONTROL_TOWER, "SSOUserEmail"),
        "sso_user_first_name": request.text(CONTROL_TOWER, "SSOUserFirstName"),
        "sso_user_last_name": request.text(CONTROL_TOWER, "SSOUserLastName"),
        "change_requested_by": request.text(CHANGE_MANAGEMENT, "change_requested_by"),
        "change_reason": request.text(CHANGE_MANAGEMENT, "change_reason"),
        "account_customizations_name": request.text(CUSTOMIZATION),
        "account_tags": _plain(request.value(TAGS)),
        "custom_fields": _plain(request.value(CUSTOM_FIELDS)),
        "address": request.address,
        "file": request.path,
        "line": request.file.source.position(request.block.start).line,
        "evaluated_by": request.evaluated_by.value,
        "not_evaluated_because": request.reason or None,
    }


def _plain(value: object) -> object:
    from decimal import Decimal

    from aftgen.hcl.values import Unknown

    if isinstance(value, Unknown):
        return None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
