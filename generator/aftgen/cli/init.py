"""``aftgen init customization NAME``: the files of a new account customization."""

from pathlib import Path

import click

from aftgen.cli import output


@click.group("init", epilog="Example: aftgen init customization data-platform")
def command() -> None:
    """Scaffold what a repository needs."""


@command.command("customization", epilog="Example: aftgen init customization data-platform")
@click.argument("name")
@click.option(
    "--path", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository [default: .]"
)
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
