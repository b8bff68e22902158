"""Reads the catalogue's files into their models; each problem gets its file, key and line."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from . import yaml_source
from .models import AccessFile, GroupsFile, OrganizationFile, PermissionSetFile, PrincipalsFile
from .names import PERMISSION_SET
from .yaml_source import Problem, Source

ACCESS = "identity-center/access.yaml"
GROUPS = "identity-center/groups.yaml"
PRINCIPALS = "identity-center/principals.yaml"
ORGANIZATION = "organization.yaml"
PERMISSION_SETS = "identity-center/permission-sets"

_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(slots=True, kw_only=True)
class Files:
    """The models of one tree and, for messages, where their values stand. `access` is None if unusable."""

    access: AccessFile | None = None
    groups: GroupsFile = field(default_factory=GroupsFile)
    principals: PrincipalsFile = field(default_factory=PrincipalsFile)
    organization: OrganizationFile = field(default_factory=OrganizationFile)
    permission_sets: dict[str, PermissionSetFile] = field(default_factory=dict)
    sources: dict[str, Source] = field(default_factory=dict)

    def problem(self, file: str, path: yaml_source.Path_, message: str) -> Problem:
        """A problem at a value of one of the files."""
        return self.sources.get(file, Source(file=file)).problem(path, message)


def read(folder: Path) -> tuple[Files, list[Problem]]:
    """Read every file of the tree. Only access.yaml must exist."""
    files, problems = Files(), list[Problem]()
    files.access = _model(folder, ACCESS, AccessFile, files, problems, needed=True)
    files.groups = _model(folder, GROUPS, GroupsFile, files, problems) or files.groups
    files.principals = _model(folder, PRINCIPALS, PrincipalsFile, files, problems) or files.principals
    files.organization = _model(folder, ORGANIZATION, OrganizationFile, files, problems) or files.organization
    sets = folder / PERMISSION_SETS
    for path in sorted(sets.iterdir()) if sets.is_dir() else []:
        file = f"{PERMISSION_SETS}/{path.name}"
        if path.name.startswith("."):
            continue
        if path.suffix != ".yaml" or path.is_symlink() or not path.is_file():
            problems.append(Problem(file=file, line=0, key="", message="must be a file named <Name>.yaml"))
            continue
        if PERMISSION_SET.fullmatch(path.stem) is None:
            message = "the name must have 1 to 32 characters of A-Z a-z 0-9 _ + = , . @ -"
            problems.append(Problem(file=file, line=0, key="", message=message))
            continue
        model = _model(folder, file, PermissionSetFile, files, problems)
        if model is not None:
            files.permission_sets[path.stem] = model
    return files, problems


def warnings(files: Files, *, ours: bool) -> Iterator[Problem]:
    """What is allowed and deserves a look."""
    for name, entry in files.groups.groups.items():
        if ours and not entry.members:
            yield files.problem(GROUPS, ("groups", name), "has no members: its grants let nobody in")
    for name, file in files.permission_sets.items():
        if len(file.managed_policies) + len(file.customer_managed_policies) > 10:
            yield files.problem(
                f"{PERMISSION_SETS}/{name}.yaml",
                ("managed_policies",),
                "has more than 10 policies, the default limit of a role in every account",
            )


def _model(
    folder: Path,
    file: str,
    model: type[_Model],
    files: Files,
    problems: list[Problem],
    *,
    needed: bool = False,
) -> _Model | None:
    path = folder / file
    if not path.exists() and not needed:
        return None
    source, found = yaml_source.read(path, file=file)
    files.sources[file] = source
    problems += found
    if found:
        return None
    try:
        return model.model_validate(source.content)
    except ValidationError as error:
        problems += [source.problem(_path(one["loc"]), _message(one["msg"])) for one in error.errors()]
        return None


def _path(loc: tuple[int | str, ...]) -> yaml_source.Path_:
    return tuple(step for step in loc if step != "[key]")


def _message(text: str) -> str:
    plain = text.removeprefix("Value error, ").removeprefix("Assertion failed, ")
    known = {
        "Extra inputs are not permitted": "is not a known key",
        "Field required": "is missing",
        "Input should be a valid string": "must be text; quote it",
    }
    return known.get(plain, plain[:1].lower() + plain[1:] if plain.startswith("Input") else plain)
