"""``aftgen init``: set a repository up for an organization, or scaffold an account customization."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aftgen.cli import output
from aftgen.errors import Problems

if TYPE_CHECKING:
    from aftgen.setup.answers import Answers

_at = click.option(
    "--path", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository [default: .]"
)


class _Missing(Problems):
    """Answers that nobody gave, and no terminal to ask at."""

    exit_code = 2


@click.group(
    "init",
    invoke_without_command=True,
    epilog="""\b
Examples:
  aftgen init
  aftgen init --path accounts --email 'aws+{name}@example.com' --sso-email aws@example.com \\
      --sso-first-name AWS --sso-last-name Admins --ou Sandbox=ou-ab12-sandbox1 \\
      --home-region eu-west-1 --repository my-org/aws-accounts --owners @my-org/platform
  aftgen init customization data-platform""",
)
@click.option("--email", metavar="TEMPLATE", help="Email of every account: aws+{name}@example.com.")
@click.option("--sso-email", metavar="EMAIL", help="User that Control Tower makes every administrator.")
@click.option("--sso-first-name", metavar="TEXT", help="That user's first name.")
@click.option("--sso-last-name", metavar="TEXT", help="That user's last name.")
@click.option("--ou", "ous", metavar="PATH=ID", multiple=True, help="An organizational unit. Repeatable.")
@click.option("--home-region", metavar="REGION", help="AFT's home region.")
@click.option("--repository", metavar="ORG/REPO", help="This repository, as AFT's module names it.")
@click.option("--owners", metavar="OWNER", help="Who reviews what runs with rights: @org/team.")
@_at
@click.option("--no-input", is_flag=True, help="Never ask, even at a terminal.")
@click.option("--dry-run", is_flag=True, help="Name the files; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON (version 1).")
def command(path: Path, no_input: bool, dry_run: bool, as_json: bool, **given: Any) -> None:
    """Set a repository up for your organization.

    In a clone of aftgen's repository the example organization's values are replaced by yours; an empty folder
    gets everything that a repository needs. At a terminal it asks for what no flag says. A file that is not
    the example any more is never overwritten.
    """
    if click.get_current_context().invoked_subcommand is not None:
        return
    from aftgen.setup import place

    place.refuse_if_not_possible(path)
    setup = place.plan(path, _answers(given, no_input))
    if not dry_run:
        place.write(path, setup)
    if as_json:
        output.emit_json(
            {
                "version": 1,
                "written": not dry_run,
                "files": [file.path for file in setup.files],
                "kept": list(setup.kept),
            }
        )
        return
    for file in setup.files:
        output.result(f"{click.style('replace' if file.replaces else 'create ', fg='green')}  {file.path}")
    for name in setup.kept:
        output.message(f"kept as it is: {name}")
    if not dry_run:
        output.message(f"\n{place.next_steps(setup.files)}")


def _answers(given: dict[str, Any], no_input: bool) -> "Answers":
    from aftgen.setup.answers import QUESTIONS, Answers, ou, problem

    ask = not no_input and output.is_interactive()
    problems: list[str] = []
    missing: list[str] = []
    values: dict[str, str] = {}
    for field, question, example in QUESTIONS:
        value = given[field]
        if value is None and ask:
            value = _asked(field, f"{question} ({example})")
        if value is None:
            missing.append(f"{_flag(field)}: {question}, such as {example}")
            continue
        wrong = problem(field, value.strip())
        problems += [f"{_flag(field)} {value!r}: {wrong}"] if wrong else []
        values[field] = value.strip()
    ous: dict[str, str] = {}
    for text in given["ous"] or (_asked_ous() if ask else ()):
        try:
            path, identifier = ou(text)
        except ValueError as error:
            problems.append(f"--ou {text!r}: {error}")
        else:
            problems += [f"--ou {path}: it is given twice"] if path in ous else []
            ous[path] = identifier
    if not ous and not given["ous"]:
        missing.append("--ou: at least one organizational unit, such as Sandbox=ou-ab12-sandbox1")
    if problems:
        raise _Missing("nothing was written: an answer cannot be used", problems)
    if missing:
        raise _Missing(
            "nothing was written: answers are missing",
            missing,
            hint="give them as flags, or run it at a terminal, where it asks",
        )
    return Answers(**values, ous=ous)


def _flag(field: str) -> str:
    return f"--{field.replace('_', '-')}"


def _asked(field: str, question: str) -> str:
    from aftgen.setup.answers import problem

    while True:
        value: str = click.prompt(question, err=True).strip()
        wrong = problem(field, value)
        if wrong is None:
            return value
        output.message(click.style("  ! ", fg="yellow") + wrong)


def _asked_ous() -> list[str]:
    from aftgen.setup.answers import ou

    found: list[str] = []
    while True:
        text = click.prompt("Organizational unit, as PATH=ID (empty: no more)", "", False, err=True).strip()
        if not text and found:
            return found
        try:
            ou(text)
        except ValueError as error:
            output.message(click.style("  ! ", fg="yellow") + str(error))
        else:
            found.append(text)


@command.command("customization", epilog="Example: aftgen init customization data-platform")
@click.argument("name")
@_at
@click.option("--json", "as_json", is_flag=True, help="Print JSON (version 1).")
def customization(name: str, path: Path, as_json: bool) -> None:
    """Write account-customizations/NAME with every file that AFT's pipeline needs.

    A request uses it by account_customizations_name ('aftgen new --customization NAME').
    """
    from aftgen.repository import find
    from aftgen.scaffold import customization as scaffold

    repository = find(path)
    files = [repository.relative(file) for file in scaffold(repository, name)]
    if as_json:
        output.emit_json({"version": 1, "customization": name, "files": files})
    else:
        for file in files:
            output.result(f"{click.style('create', fg='green')}  {file}")
        output.message(
            f"\nNext: write what every account of it gets in {repository.relative(repository.customizations)}"
            f"/{name}/terraform/main.tf,\nthen ask for it: aftgen new NAME --customization {name}"
        )
