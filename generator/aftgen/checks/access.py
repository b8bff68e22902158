"""The two sides of access: what a request declares, and the catalogue that says what it may declare.

Both are defined in ``aft_access``, the package that the account's pipeline runs: one judge, asked earlier.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from aftgen.checks.problem import ConfigurationProblem
from aftgen.repository import Repository

if TYPE_CHECKING:
    from aft_access.catalogue import Catalogue
    from aft_access.contract import AccessDeclaration


@dataclass(frozen=True, slots=True)
class AccessReading:
    """A declaration, or the reasons why it cannot be read; neither where none is made."""

    declaration: "AccessDeclaration | None" = None
    problems: tuple[str, ...] = ()


def read_access(text: str) -> AccessReading:
    """Read the custom field ``access``."""
    from aft_access.contract import ContractError, parse

    try:
        return AccessReading(parse(text))
    except ContractError as error:
        return AccessReading(problems=error.problems)


def load_catalogue(repository: Repository) -> "tuple[Catalogue | None, tuple[ConfigurationProblem, ...]]":
    """The catalogue of a repository, or why it cannot be used; neither where the repository has none."""
    if not repository.identity_center.is_dir():
        return None, ()
    from aft_access.catalogue import CatalogueError, load

    top = repository.identity_center.parent
    try:
        return load(top), ()
    except CatalogueError as error:
        problems = tuple(
            ConfigurationProblem(
                f"{repository.relative(top)}/{problem.file}",
                f"{problem.key}: {problem.message}" if problem.key else problem.message,
                problem.line,
                1 if problem.line else 0,
            )
            for problem in error.problems
        )
        return None, problems
