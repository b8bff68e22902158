"""What is declared: policies and where each is attached, from files that requests cannot change.

`load` reads the published tree (the folder that holds `organization.yaml` and
`service-control-policies/`) and either returns a whole, frozen value or raises DeclarationError with every
problem of every file. The pipeline calls it, and so does `aftgen check`.
"""

import fnmatch
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar

from aft_access import yaml_source
from aft_access.models import OrganizationFile
from aft_access.places import ROOT, Place, Registry
from aft_access.yaml_source import Problem, Source
from pydantic import BaseModel, ValidationError

from . import checks, document
from .document import Document
from .models import Attachment, GuardrailsFile, Limits
from .protection import arns

FOLDER: Final = "service-control-policies"
FRONT: Final = f"{FOLDER}/guardrails.yaml"
ORGANIZATION: Final = "organization.yaml"
SCHEMAS: Final[Mapping[str, type[BaseModel]]] = MappingProxyType({FRONT: GuardrailsFile})
"""The model behind the front file, by its path in the published tree."""

_Model = TypeVar("_Model", bound=BaseModel)


class DeclarationError(ValueError):
    """The files cannot be used. `problems` is every problem of every file, sorted by place.

    `lockouts` are those of them that say which protected role a Deny reaches.
    """

    def __init__(self, problems: Iterable[Problem], lockouts: Iterable[Problem] = ()) -> None:
        self.lockouts = tuple(sorted(lockouts))
        self.problems: tuple[Problem, ...] = tuple(sorted({*problems, *self.lockouts}))
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy as it is declared."""

    name: str
    description: str
    document: Document
    attach: tuple[Attachment, ...] = ()
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 (16 hex digits) of what is written to Organizations: equal means nothing to write."""
        content = [self.description, self.document.content, self.tags]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]

    @property
    def ous(self) -> tuple[str, ...]:
        """Paths of the OUs that it is attached to."""
        return tuple(sorted({path for one in self.attach for path in one.ous}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrails:
    """All that is declared, as one value. `declared` is False for a tree without the front file."""

    policies: Mapping[str, Policy] = field(default_factory=dict)
    registry: Registry = field(default_factory=Registry)
    limits: Limits = field(default_factory=Limits)
    declared: bool = True

    @property
    def matches_accounts(self) -> bool:
        """Whether any policy is attached to single accounts."""
        return any(not one.ous for policy in self.policies.values() for one in policy.attach)

    @property
    def matches_tags(self) -> bool:
        """Whether any account's policies depend on its request."""
        return any(one.tags for policy in self.policies.values() for one in policy.attach)

    def of_account(self, place: Place, name: str, tags: Mapping[str, str]) -> frozenset[str]:
        """Names of the policies to attach to an account itself; those of its OUs reach it anyway."""
        return frozenset(
            policy.name
            for policy in self.policies.values()
            if any(self._matches(one, place, name, tags) for one in policy.attach)
        )

    def naming(self, account_id: str) -> frozenset[str]:
        """Names of the policies that name an account by its id."""
        return frozenset(
            policy.name
            for policy in self.policies.values()
            if any(account_id in one.accounts for one in policy.attach)
        )

    def named_accounts(self) -> frozenset[str]:
        """Ids of accounts that are named."""
        return frozenset(
            account for policy in self.policies.values() for one in policy.attach for account in one.accounts
        )

    def _matches(self, one: Attachment, place: Place, name: str, tags: Mapping[str, str]) -> bool:
        if one.ous:
            return False
        if one.within and not self.registry.within(place, one.within, ()):
            return False
        if one.accounts and place.account_id not in one.accounts:
            return False
        if one.names and not any(fnmatch.fnmatchcase(name, pattern) for pattern in one.names):
            return False
        return all(tags.get(key) == value for key, value in one.tags.items())


def load(folder: Path) -> Guardrails:
    """Read the published tree at `folder`. Raises DeclarationError with every problem of every file."""
    problems: list[Problem] = []
    if not (folder / FOLDER).is_dir():
        return Guardrails(declared=False)
    front, source = _model(folder, FRONT, GuardrailsFile, problems)
    organization, _ = _model(folder, ORGANIZATION, OrganizationFile, problems)
    documents: dict[str, tuple[Document, Source]] = {}
    for path in sorted((folder / FOLDER).iterdir()):
        file = f"{FOLDER}/{path.name}"
        if path.name.startswith(".") or file == FRONT or path.name == "README.md":
            continue
        if path.suffix != ".json" or path.is_symlink() or not path.is_file():
            problems.append(Problem(file=file, line=0, key="", message="must be a file named <policy>.json"))
        elif front is not None and path.stem not in front.policies:
            message = f"guardrails.yaml has no policy {path.stem}: name it there, or remove the file"
            problems.append(Problem(file=file, line=0, key="", message=message))
        else:
            found = _document(path, file, problems)
            if found is not None:
                documents[path.stem] = found
    if front is None or organization is None:
        raise DeclarationError(problems)
    registry = Registry(ids=MappingProxyType(dict(organization.organizational_units)))
    problems += checks.references(folder / FOLDER, front, source, registry)
    problems += checks.sizes(front, documents)
    problems += checks.exceptions(front, source, documents, arns(front.partition, front.protected_roles))
    lockouts = list(checks.lockouts(front, documents, arns(front.partition, front.protected_roles)))
    if problems or lockouts:
        raise DeclarationError(problems, lockouts)
    return Guardrails(
        policies=MappingProxyType(
            {
                name: Policy(
                    name=name,
                    description=entry.description,
                    document=documents[name][0],
                    attach=entry.attach,
                    tags=tuple(sorted(entry.tags.items())),
                )
                for name, entry in sorted(front.policies.items())
            }
        ),
        registry=registry,
        limits=front.limits,
    )


def node_id(path: str, registry: Registry, root_id: str) -> str:
    """The id of an OU of the registry, or of the root."""
    return root_id if path == ROOT else registry.ids[path]


def _model(
    folder: Path, file: str, model: type[_Model], problems: list[Problem]
) -> tuple[_Model | None, Source]:
    source, found = yaml_source.read(folder / file, file=file)
    problems += found
    if found:
        return None, source
    try:
        return model.model_validate(source.content), source
    except ValidationError as error:
        for one in error.errors():
            at = tuple(step for step in one["loc"] if step != "[key]")
            problems.append(source.problem(at, checks.plain(one["msg"])))
        return None, source


def _document(path: Path, file: str, problems: list[Problem]) -> tuple[Document, Source] | None:
    try:
        text = path.read_bytes().decode("utf-8")
    except (UnicodeDecodeError, OSError) as error:
        reason = "is not UTF-8" if isinstance(error, UnicodeDecodeError) else f"cannot be read: {error}"
        problems.append(Problem(file=file, line=0, key="", message=reason))
        return None
    made, source, found = document.read(text, file=file)
    problems += found
    return None if made is None else (made, source)
