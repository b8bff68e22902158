"""``aft_access.cli``, the program of AFT's pipeline, with our tree and a person's credentials."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aftgen.repository import Repository

path_option = click.option(
    "--path", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository [default: .]"
)


def with_catalogue(path: Path) -> "Repository":
    """The repository that a folder is in. Raises UsageError where there is none, or no catalogue in it."""
    from aftgen.errors import UsageError
    from aftgen.repository import find

    repository = find(path)
    if not repository.identity_center.is_dir():
        raise UsageError(
            f"{repository.root} has no global-customizations/identity-center",
            hint="access is decided by the files there; run this in a repository that has them",
        )
    return repository


def run(path: Path, *arguments: str) -> int:
    """Hand a line on and give the exit code back. Raises UsageError where there is no catalogue."""
    repository = with_catalogue(path)
    from aft_access.cli import main

    from aftgen.aws.connections import connect

    return main(["--tree", str(repository.identity_center.parent), *arguments], connect(repository).access)
