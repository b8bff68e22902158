"""The options that say what a request holds, shared by 'new' and 'edit'."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import complete as completion
from aftgen.errors import UsageError

if TYPE_CHECKING:
    from aftgen.inputs.raw import Given

FLAGS = {
    "name": "NAME",
    "ou": "--ou",
    "email": "--email",
    "sso_email": "--sso-email",
    "sso_first_name": "--sso-first-name",
    "sso_last_name": "--sso-last-name",
    "requested_by": "--requested-by",
    "reason": "--reason",
    "customization": "--customization",
    "label": "--label",
    "tags": "--tag",
    "custom_fields": "--field",
    "grants": "--grant",
}

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def request_options(*, defaults: bool) -> Decorator:
    """The options for each value of a request. ``defaults``: whether their help says what they default to."""

    def default(text: str) -> str:
        return f"  [default: {text}]" if defaults else ""

    options = (
        click.option(
            "--ou",
            metavar="PATH",
            shell_complete=completion.organizational_units,
            help="Organizational unit: Workloads/Prod.",
        ),
        click.option(
            "--email", metavar="EMAIL", help="The account's root email." + default("from aftgen.yaml")
        ),
        click.option(
            "--sso-email", metavar="EMAIL", help="User that Control Tower makes the account's administrator."
        ),
        click.option("--sso-first-name", metavar="TEXT", help="That user's first name."),
        click.option("--sso-last-name", metavar="TEXT", help="That user's last name."),
        click.option(
            "--requested-by",
            metavar="TEXT",
            help="Who asks." + default("from aftgen.yaml, or git's user"),
        ),
        click.option("--reason", metavar="TEXT", help="Why the account is needed."),
        click.option(
            "--tag",
            "tags",
            metavar="KEY=VALUE",
            multiple=True,
            shell_complete=completion.tags,
            help="A tag of the account. Repeatable.",
        ),
        click.option(
            "--field", "custom_fields", metavar="KEY=VALUE", multiple=True, help="A custom field. Repeatable."
        ),
        click.option(
            "--grant",
            "grants",
            metavar="SET=PRINCIPAL,…",
            multiple=True,
            shell_complete=completion.permission_sets,
            help="A permission set for group:NAME or user:NAME. Repeatable.",
        ),
        click.option(
            "--customization",
            metavar="NAME",
            shell_complete=completion.customizations,
            help="Folder of account-customizations/.",
        ),
        click.option("--label", metavar="TEXT", help="Terraform label." + default("from the name")),
    )

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def from_flags(values: dict[str, Any]) -> "Given":
    """What the options give, with how to name the place of each value."""
    from aftgen.inputs.raw import given

    def place(path: tuple[str | int, ...]) -> str:
        if not path:
            return "the command line"
        return " ".join([FLAGS[str(path[0])], *map(str, path[1:2])])

    data: dict[str, Any] = {field: value for field, value in values.items() if isinstance(value, str)}
    data["tags"] = pairs("--tag", values["tags"])
    data["custom_fields"] = pairs("--field", values["custom_fields"])
    data["grants"] = grants("--grant", values["grants"])
    return given(data, place)


def pairs(flag: str, texts: Sequence[str]) -> dict[str, str]:
    """``KEY=VALUE`` texts. Raises UsageError."""
    found: dict[str, str] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            raise UsageError(f"{flag} {text!r} is not KEY=VALUE")
        if key in found:
            raise UsageError(f"{flag} {key!r} is given twice")
        found[key] = value
    return found


def grants(flag: str, texts: Sequence[str]) -> dict[str, tuple[str, ...]] | None:
    """``Set=group:a,user:b`` texts by their permission sets, None for none. Raises UsageError."""
    from aftgen.cli.prompts import split_grant

    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, principals = split_grant(text)
        if not name or not principals:
            raise UsageError(f"{flag} {text!r} is not PermissionSet=group:name,user:name")
        found[name] = tuple(dict.fromkeys((*found.get(name, ()), *principals)))
    return found or None
