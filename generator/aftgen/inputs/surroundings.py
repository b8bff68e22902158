"""What a request is completed and judged by: configuration, OUs, customizations, catalogue."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING, Protocol

from aftgen.config import Config
from aftgen.config_file import load_config, load_organization
from aftgen.organization import Organization
from aftgen.repository import Repository

if TYPE_CHECKING:
    from aft_access.contract import AccessDeclaration, Principal


class Catalogue(Protocol):
    """What requests need of ``aft_access.catalogue.Catalogue``."""

    @property
    def permission_sets(self) -> Mapping[str, object]: ...
    @property
    def creates_principals(self) -> bool: ...
    def named_principals(self) -> "frozenset[Principal]": ...
    def lookalike_principals(self, declaration: "AccessDeclaration") -> Sequence[str]: ...
    def restriction_problems(self, declaration: "AccessDeclaration", ou_path: str) -> Sequence[str]: ...
    def sso_user_problem(self, email: str) -> str | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """``customizations`` and ``catalogue`` are None where the repository has no such folder."""

    config: Config = field(default_factory=Config)
    organization: Organization = field(default_factory=Organization)
    customizations: tuple[str, ...] | None = None
    catalogue: Catalogue | None = None
    #: Who git says is at work; the default for requested_by.
    person: str | None = None
    #: What could not be loaded, for a warning.
    notes: tuple[str, ...] = ()


def load(repository: Repository) -> Surroundings:
    """Everything that the repository says. Raises UsageError or UnusableFile for its configuration files."""
    config = load_config(repository)
    catalogue, notes = _catalogue(repository)
    return Surroundings(
        config=config,
        organization=load_organization(repository),
        customizations=customizations(repository),
        catalogue=catalogue,
        person=None if config.defaults.requested_by else git_person(repository.root),
        notes=notes,
    )


def customizations(repository: Repository) -> tuple[str, ...] | None:
    """The names of the customizations that AFT's pipeline would find."""
    if not repository.customizations.is_dir():
        return None
    return tuple(
        sorted(
            entry.name
            for entry in repository.customizations.iterdir()
            if entry.is_dir() and not entry.name.startswith(".")
        )
    )


def permission_sets(repository: Repository) -> tuple[str, ...]:
    """The names of the catalogue's permission sets, by their files alone."""
    folder = repository.identity_center / "permission-sets"
    return tuple(sorted(path.stem for path in folder.glob("*.yaml")))


def _catalogue(repository: Repository) -> tuple[Catalogue | None, tuple[str, ...]]:
    if not (repository.identity_center / "access.yaml").is_file():
        return None, ()
    from aft_access.catalogue import CatalogueError, load

    try:
        return load(repository.identity_center.parent), ()
    except CatalogueError as error:
        first = error.problems[0]
        return None, (
            f"permission sets and principals are not checked: {first} "
            f"({len(error.problems)} in all; 'aftgen check' lists them)",
        )


def git_person(folder: Path) -> str | None:
    """``Name <email>`` as git knows the person, or None."""
    git = which("git")
    if git is None:
        return None
    try:
        done = subprocess.run(
            [git, "config", "--get-regexp", r"^user\.(name|email)$"],
            cwd=folder,
            capture_output=True,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    # The last value of a key is the one that counts.
    known = dict(line.partition(" ")[::2] for line in done.stdout.decode("utf-8", "replace").splitlines())
    name, email = known.get("user.name", "").strip(), known.get("user.email", "").strip()
    return f"{name} <{email}>" if name and email else name or email or None
