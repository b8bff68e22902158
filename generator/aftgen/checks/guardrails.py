"""The service control policies of a repository, judged by ``aft_guardrails``, which the pipeline runs."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aftgen.checks.problem import ConfigurationProblem
from aftgen.repository import Repository

if TYPE_CHECKING:
    from aft_access.yaml_source import Problem

Problems = tuple[ConfigurationProblem, ...]


def guardrail_problems(repository: Repository) -> tuple[Problems, Problems]:
    """Why the files cannot be used, and which statements can lock out roles that must work."""
    top = repository.organization.parent
    if not (top / "service-control-policies").is_dir():
        return (), ()
    from aft_guardrails.declarations import DeclarationError, load

    try:
        load(top)
    except DeclarationError as error:
        others = (problem for problem in error.problems if problem not in error.lockouts)
        folder = repository.relative(top)
        return _problems(folder, others), _problems(folder, error.lockouts)
    return (), ()


def _problems(folder: str, found: "Iterable[Problem]") -> Problems:
    return tuple(
        ConfigurationProblem(
            f"{folder}/{problem.file}",
            f"{problem.key}: {problem.message}" if problem.key else problem.message,
            problem.line,
            1 if problem.line else 0,
        )
        for problem in found
    )
