"""``aft_access.cli``, the program of AFT's pipeline, with our tree and a person's credentials."""

from pathlib import Path

import click

path_option = click.option(
    "--path", type=click.Path(path_type=Path), default=Path(), help="A folder of the repository [default: .]"
)


def run(path: Path, *arguments: str) -> int:
    """Hand a line on and give the exit code back. Raises UsageError where there is no catalogue."""
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
