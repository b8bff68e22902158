"""The catalogue: what the owners of Identity Center decided, read from files that requests cannot change.

`load` reads the published tree (the folder that holds `organization.yaml` and `identity-center/`)
and either returns a whole, consistent, frozen Catalogue or raises CatalogueError with every problem
in every file. The pipeline calls it, and so does `aftgen check`.
"""

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Final

from pydantic import BaseModel

from . import catalogue_checks, catalogue_files, names, restrictions, sso_user
from .contract import AccessDeclaration, Grant, Principal
from .errors import AccessError
from .models import AccessFile, GroupsFile, OrganizationFile, PermissionSetFile, PrincipalsFile
from .permission_sets import PermissionSet
from .places import Place, Registry
from .privilege import is_privileged
from .yaml_source import Problem

SCHEMAS: Final[Mapping[str, type[BaseModel]]] = MappingProxyType(
    {
        "organization.yaml": OrganizationFile,
        "identity-center/access.yaml": AccessFile,
        "identity-center/groups.yaml": GroupsFile,
        "identity-center/principals.yaml": PrincipalsFile,
        "identity-center/permission-sets/*.yaml": PermissionSetFile,
    }
)
"""The model behind each file, by its path in the published tree; `model_json_schema()` is for editors."""


class CatalogueError(AccessError):
    """The catalogue cannot be used. `problems` is every problem of every file, sorted by place."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of the catalogue. `ours` means that we create it and own its memberships."""

    name: str
    ours: bool
    description: str = ""
    members: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user that is ours to create."""

    name: str
    given_name: str
    family_name: str
    display_name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All decisions about access, as one value."""

    access: AccessFile
    registry: Registry = field(default_factory=Registry)
    permission_sets: Mapping[str, PermissionSet] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    users: Mapping[str, User] = field(default_factory=dict)
    pins: Mapping[Principal, str] = field(default_factory=dict)
    """Reviewed ids by principal."""
    permission_set_pins: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()

    @property
    def creates_principals(self) -> bool:
        """Whether groups and users are ours to create."""
        return self.access.identity_source == "identity-center"

    @property
    def protected(self) -> frozenset[Principal]:
        """Principals whose grants are never revoked."""
        return frozenset(Principal.parse(text) for text in self.access.protected)

    def unknown_permission_set(self, name: str) -> tuple[str, ...] | None:
        """None for a known name; for an unknown one the nearest known names (there may be none)."""
        if name in self.permission_sets:
            return None
        found = names.nearest(name, self.permission_sets)
        return (found,) if found else ()

    def is_privileged(self, permission_set: str) -> bool:
        """Whether a permission set may be held only by whom a restriction names. An unknown one is."""
        known = self.permission_sets.get(permission_set)
        return known is None or is_privileged(known)

    def restriction_problems(
        self, declaration: AccessDeclaration, ou_path: str, account_id: str | None = None
    ) -> list[str]:
        """Grants of a declaration that nobody allowed at this place, in words. Empty means none.

        `ou_path` is the path of organization.yaml (`Workloads/Prod`); `account_id` is None for an
        account that does not exist yet, which then cannot profit from what one account is allowed.
        """
        place = self.registry.place(ou_path, account_id)
        return restrictions.problems(self, declaration.grants, place)

    def sso_user_problem(self, email: str) -> str | None:
        """Why this SSOUserEmail is refused. Control Tower gives that user AWSAdministratorAccess."""
        if sso_user.stays_in(email) is not None:
            return None
        allowed = self.access.allowed_sso_users
        if not allowed or any(fnmatch.fnmatchcase(email.casefold(), one.casefold()) for one in allowed):
            return None
        return (
            f"SSOUserEmail {email} would be an administrator of the account and is not in allowed_sso_users"
        )

    def max_revocations(self, account_id: str, today: date) -> int:
        """How many grants one run may revoke in an account today."""
        reviewed = [
            exception.max_revocations
            for exception in self.access.exceptions
            if exception.account == account_id and today <= exception.until
        ]
        return max([self.access.max_revocations, *reviewed])

    def lookalike_principals(self, declaration: AccessDeclaration) -> list[str]:
        """Principals of a declaration that pass for another one that the catalogue names, in words."""
        known = self.named_principals()
        return [
            f"{grant.principal} looks like {other}, which the catalogue names"
            for grant in declaration.grants
            for other in sorted(known)
            if grant.principal not in known
            and names.skeleton(grant.principal.name) == names.skeleton(other.name)
        ]

    def named_principals(self) -> frozenset[Principal]:
        """Every principal that some file of the catalogue names."""
        access = self.access
        texts = [*access.protected, *(one.principal for one in access.required)]
        texts += [text for restriction in access.restrictions for text in restriction.principals]
        texts += [text for rule in access.rules for names_ in rule.grants.values() for text in names_]
        found = {Principal.parse(text) for text in texts} | set(self.pins)
        found |= {Principal(kind="group", name=name) for name in self.groups}
        return frozenset(found | {Principal(kind="user", name=name) for name in self.users})

    def required_grants(self, place: Place) -> frozenset[Grant]:
        """Grants that must stand at a place."""
        return frozenset(
            Grant(permission_set=one.permission_set, principal=Principal.parse(one.principal))
            for one in self.access.required
            if self.registry.within(place, one.where.ous, one.where.accounts)
        )


def load(folder: Path) -> Catalogue:
    """Read the published tree at `folder`. Raises CatalogueError with every problem of every file."""
    files, problems = catalogue_files.read(folder)
    if files.access is None:
        raise CatalogueError(problems)
    access = files.access
    ours = access.identity_source == "identity-center"
    catalogue = Catalogue(
        access=access,
        registry=Registry(ids=MappingProxyType(dict(files.organization.organizational_units))),
        permission_sets=MappingProxyType(
            {name: PermissionSet.of(name, file) for name, file in sorted(files.permission_sets.items())}
        ),
        groups=MappingProxyType(
            {
                name: Group(
                    name=name,
                    ours=ours,
                    description=entry.description or "",
                    members=tuple(sorted(entry.members)),
                    source=entry.source or access.source_of_groups,
                )
                for name, entry in sorted(files.groups.groups.items())
            }
        ),
        users=MappingProxyType(
            {
                name: User(
                    name=name,
                    given_name=entry.given_name,
                    family_name=entry.family_name,
                    display_name=entry.display_name or f"{entry.given_name} {entry.family_name}",
                    email=entry.email or (name if "@" in name else ""),
                )
                for name, entry in sorted(files.groups.users.items())
            }
        ),
        pins=MappingProxyType(
            {Principal.parse(name): pin.id for name, pin in files.principals.principals.items()}
        ),
        permission_set_pins=MappingProxyType(
            {name: pin.id for name, pin in files.principals.permission_sets.items()}
        ),
        warnings=tuple(sorted(catalogue_files.warnings(files, ours=ours))),
    )
    problems += catalogue_checks.check(catalogue, files)
    if problems:
        raise CatalogueError(problems)
    return catalogue
