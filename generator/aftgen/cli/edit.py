"""``aftgen edit NAME``: change one account request where it stands, and nothing else in its file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli.edits import account_names, base_option, edit_options
from aftgen.cli.request_options import from_flags, grants, request_options
from aftgen.errors import UsageError

if TYPE_CHECKING:
    from aft_access.contract import AccessDeclaration

    from aftgen.editing.wanted import Wanted
    from aftgen.inputs.surroundings import Surroundings
    from aftgen.reader.model import Request


@click.command(
    "edit",
    epilog="""\b
Examples:
  aftgen edit payments-prod --ou Workloads/Prod --tag environment=prod
  aftgen edit payments-prod --grant ReadOnlyAccess=group:auditors --dry-run""",
)
@click.argument("account", metavar="NAME", shell_complete=account_names)
@click.option("--name", metavar="TEXT", help="Another account name, while AFT does not know the account.")
@request_options(defaults=False)
@click.option("--untag", "untags", metavar="KEY", multiple=True, help="Remove a tag. Repeatable.")
@click.option("--unset", "unsets", metavar="KEY", multiple=True, help="Remove a custom field. Repeatable.")
@click.option(
    "--revoke",
    "revokes",
    metavar="SET[=PRINCIPAL,…]",
    multiple=True,
    help="Take a permission set from principals, or from all of them. Repeatable.",
)
@click.option("--no-grants", is_flag=True, help="Declare that the account has no grants of its own.")
@base_option
@edit_options
def command(
    account: str,
    untags: tuple[str, ...],
    unsets: tuple[str, ...],
    revokes: tuple[str, ...],
    no_grants: bool,
    base: str | None,
    as_pull_request: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
    **values: Any,
) -> None:
    """Change the account request NAME: an account name, an email, or a module address or label.

    Every byte that the change does not concern stays as it is. What is written as an expression is not
    changed: you are told the line and what to write there. Of an account that exists AFT changes only the
    organizational unit, tags, custom fields, the customization and access; the rest is refused.
    """
    from aftgen.cli import output
    from aftgen.cli.edits import base_of, finish, load, summary
    from aftgen.editing import rules
    from aftgen.editing.edit import edit
    from aftgen.errors import Refused
    from aftgen.inputs import surroundings as around
    from aftgen.pull_request import Proposal

    given = from_flags(values)
    asked_grants = given.values.grants
    revoked = _revoked(revokes)
    repository, folder, request = load(account)
    surroundings = around.load(repository)
    if not quiet:
        for note in surroundings.notes:
            output.warning(note)
    known = base_of(repository, base)
    access = _access(request, asked_grants, revoked, no_grants=no_grants)
    wanted = _wanted(given.values, request, surroundings, untags, unsets, access)
    if wanted.is_empty:
        raise UsageError("nothing to change was given", hint="'aftgen edit --help' lists what can be changed")
    if wanted.label not in (None, request.label) and known.is_live(request):
        raise Refused(
            "a live account's label changes with a moved block only; nothing was written",
            hint=f"'aftgen rename {account} {wanted.label}' writes it",
        )
    rules.refuse_immutable_without_base(known, wanted, request)
    edited = edit(repository, folder, request, wanted)
    assert edited.after is not None
    rules.refuse_immutable(known, request, edited.after)
    rules.refuse_problems(wanted, request, edited.after, surroundings, folder)
    shown = request.name or request.address
    what = ", ".join(dict.fromkeys(one.what for one in edited.differences))
    finish(
        repository,
        edited.changes,
        edited.differences,
        Proposal(
            branch=f"edit/{request.label}",
            title=f"Edit account {shown}: {what}"[:120],
            summary=summary(edited.differences),
        ),
        {"as_pull_request": as_pull_request, "dry_run": dry_run, "as_json": as_json, "quiet": quiet},
        {"request": shown},
    )


def _revoked(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Permission set to principals; none stands for all of them."""
    whole = [text for text in texts if "=" not in text]
    found = grants("--revoke", [text for text in texts if "=" in text]) or {}
    for name in whole:
        if name in found:
            raise UsageError(f"--revoke {name!r} is given with and without principals")
        found[name] = ()
    return found


def _access(
    request: "Request",
    granted: "dict[str, tuple[str, ...]] | None",
    revoked: dict[str, tuple[str, ...]],
    *,
    no_grants: bool,
) -> "AccessDeclaration | None":
    """The declaration that is to stand afterwards; None when access was not asked about."""
    from aftgen.editing.grants import changed

    if no_grants and (granted or revoked):
        raise UsageError("--no-grants cannot be used with --grant or --revoke")
    if not (granted or revoked or no_grants):
        return None
    return changed(request, granted or {}, revoked, none=no_grants)


def _wanted(
    values: Any,
    request: "Request",
    surroundings: "Surroundings",
    untags: Sequence[str],
    unsets: Sequence[str],
    access: "AccessDeclaration | None",
) -> "Wanted":
    from aftgen.editing import rules
    from aftgen.editing.wanted import Wanted
    from aftgen.inputs.fields import resolve_ou
    from aftgen.limits import normalise
    from aftgen.reader.model import CUSTOM_FIELDS, TAGS

    entries: dict[str, dict[str, str | None]] = {}
    for (argument, key), field in rules.FIELDS.items():
        value = getattr(values, field)
        if value is not None:
            value = resolve_ou(value, surroundings.organization)[0] if field == "ou" else value
            entries.setdefault(argument, {})[key] = normalise(value)
    for argument, flag, given, gone in (
        (TAGS, "--untag", values.tags, untags),
        (CUSTOM_FIELDS, "--unset", values.custom_fields, unsets),
    ):
        both = sorted(set(given) & set(gone))
        if both:
            raise UsageError(f"{both[0]!r} is both given and removed by {flag}")
        rules.refuse_absent(request, argument, gone)
        texts = {normalise(key): normalise(value) for key, value in given.items()}
        removed = dict.fromkeys(map(normalise, gone))
        if texts or removed:
            entries[argument] = {**texts, **removed}
    return Wanted(entries=entries, customization=values.customization, access=access, label=values.label)
