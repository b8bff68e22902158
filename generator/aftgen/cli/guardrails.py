"""``aftgen guardrails …``: service control policies, planned and applied from the repository.

Both commands hand their line to ``aft_guardrails.cli``, the program that AFT's pipeline and the publishing
workflow run, with this repository's ``global-customizations/`` as the published tree; exit codes and output
are that program's.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable


def _scope(command: "Callable[..., Any]") -> "Callable[..., Any]":
    """The options that both commands have."""
    for option in (
        click.option(
            "--path",
            type=click.Path(path_type=Path),
            default=Path(),
            help="A folder of the repository [default: .]",
        ),
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--all", "every", is_flag=True, help="Attachments to every account that AFT manages."),
        click.option(
            "--account",
            "accounts",
            metavar="ID",
            multiple=True,
            help="Attachments to this account, by its id of 12 digits; may be given again.",
        ),
        click.option(
            "--organization",
            is_flag=True,
            help="Contents of policies and attachments to OUs [default, without --account and --all].",
        ),
    ):
        command = option(command)
    return command


@click.group("guardrails", epilog="Example: aftgen guardrails plan")
def command() -> None:
    """Service control policies: plan and apply what service-control-policies/ declares.

    The publishing workflow writes the organization's policies, and each account's pipeline attaches what is
    declared for it; nothing here is needed day by day. AWS credentials are the environment's: they must be
    able to assume AFT's roles, as the pipeline's are.
    """


@command.command(
    "plan",
    short_help="Say what apply would do.",
    epilog="Example: aftgen guardrails plan --account 123456789012 --json",
)
@_scope
def plan(organization: bool, accounts: tuple[str, ...], every: bool, as_json: bool, path: Path) -> int:
    """Say what apply would do, with the slots that are in use; change nothing."""
    return _run(path, "plan", *_line(organization, accounts, every, as_json))


@command.command(
    "apply",
    short_help="Converge policies and attachments.",
    epilog="Example: aftgen guardrails apply --organization --expect 4f0c2d18a7b3e596",
)
@_scope
@click.option("--expect", default="", metavar="FINGERPRINT", help="Refuse another plan than this one.")
def apply(
    organization: bool, accounts: tuple[str, ...], every: bool, as_json: bool, path: Path, expect: str
) -> int:
    """Converge policies and attachments; what is not ours is left alone.

    An account that fails does not stop the others.
    """
    expected = ["--expect", expect] if expect else []
    return _run(path, "apply", *_line(organization, accounts, every, as_json), *expected)


def _line(organization: bool, accounts: tuple[str, ...], every: bool, as_json: bool) -> list[str]:
    line = ["--organization"] if organization or not (accounts or every) else []
    for account in accounts:
        line += ["--account", account]
    return [*line, *(["--all"] if every else []), *(["--json"] if as_json else [])]


def _run(path: Path, *arguments: str) -> int:
    from aftgen.errors import UsageError
    from aftgen.repository import find

    repository = find(path)
    tree = repository.organization.parent
    if not (tree / "service-control-policies").is_dir():
        raise UsageError(
            f"{repository.root} has no global-customizations/service-control-policies",
            hint="policies are declared in guardrails.yaml there, one JSON document beside it for each",
        )
    from aft_guardrails.cli import main

    from aftgen.aws.connections import connect

    return main(["--tree", str(tree), *arguments], connect(repository).guardrails)
