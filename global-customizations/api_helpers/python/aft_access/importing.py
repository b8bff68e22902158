"""Writes what exists as what would declare it: requests' custom fields and catalogue files.

`import_account` is a value for each account; the rest shows it. Nothing is owned by being imported:
that is `operations.adopt`, explicit and listed.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import ValidationError

from . import contract, control_tower, yaml_source
from .catalogue_files import PERMISSION_SETS
from .contract import KEY, MAX_BYTES, VERSION, AccessDeclaration, ContractError, Grant, Principal
from .models import PermissionSetFile
from .permission_sets import PermissionSet, as_file
from .ports import Assignments, Directory, PermissionSetReads

_SCHEMA: Final = "# yaml-language-server: $schema=../../../schemas/permission-sets.schema.json\n"
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*", re.ASCII)
_WIDTH: Final = 100
"""Columns of a list that is written on one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What exists in an account, as a declaration and the permission sets that it needs."""

    account_id: str
    declaration: AccessDeclaration
    permission_sets: tuple[PermissionSet, ...]
    left_out: tuple[str, ...]
    """What no declaration can say, or must not, with the reason."""

    @property
    def size(self) -> int:
        """Bytes of the declaration; AFT stores MAX_BYTES."""
        return contract.size(contract.dump(self.declaration))

    def text(self) -> str:
        """HCL to paste into the request, and comments for what is not in it."""
        notes = [f"left out: {one}" for one in self.left_out]
        if self.size > MAX_BYTES:
            notes.insert(0, f"too long: {self.size} bytes, and AFT stores {MAX_BYTES}; use rules")
        return "".join(
            [f"# {self.account_id}\n", custom_fields(self.declaration), *(f"# {one}\n" for one in notes)]
        )

    def data(self) -> dict[str, Any]:
        """The same for JSON; `custom_field` is the value that AFT stores."""
        grants = contract.by_permission_set(self.declaration.grants)
        return {
            "account": self.account_id,
            "grants": {name: [str(one) for one in principals] for name, principals in grants.items()},
            "custom_field": contract.dump(self.declaration),
            "fits": self.size <= MAX_BYTES,
            "permission_sets": [one.name for one in self.permission_sets],
            "left_out": list(self.left_out),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueFiles:
    """Files of a tree's catalogue, by path: those that it lacks, and those that say something else there."""

    new: Mapping[str, str]
    different: Mapping[str, str]


def import_account(
    account_id: str, assignments: Assignments, directory: Directory, sets: PermissionSetReads
) -> Imported:
    """Everything that is assigned in an account, by name, except Control Tower's own."""
    grants: list[Grant] = []
    found: dict[str, PermissionSet] = {}
    left_out: list[str] = []
    names: dict[tuple[str, str], str | None] = {}
    for arn in sorted(assignments.provisioned(account_id)):
        live = sets.read(arn)
        if live is None:
            continue
        for one in sorted(assignments.of_permission_set(account_id, arn)):
            key = (one.kind, one.principal_id)
            if key not in names:
                names[key] = directory.name_of(one.kind, one.principal_id)
            name = names[key]
            if name is None:
                left_out.append(
                    f"{live.content.name} for {one.kind} {one.principal_id}, which does not exist"
                )
                continue
            grant = Grant(permission_set=live.content.name, principal=Principal(kind=one.kind, name=name))
            try:
                Grant.parse(str(grant))
            except ContractError as error:
                left_out.append(str(error))
                continue
            if control_tower.made(grant):
                left_out.append(f"{grant} is Control Tower's")
                continue
            grants.append(grant)
            found[live.content.name] = replace(live.content, external=not live.ours)
    return Imported(
        account_id=account_id,
        declaration=AccessDeclaration(grants=tuple(grants)),
        permission_sets=tuple(found[name] for name in sorted(found)),
        left_out=tuple(left_out),
    )


def catalogue_files(found: Iterable[Imported], tree: Path) -> CatalogueFiles:
    """What the imported permission sets would add to a tree; one that is not ours becomes `external`."""
    sets = {one.name: one for imported in found for one in imported.permission_sets}
    new: dict[str, str] = {}
    different: dict[str, str] = {}
    for name, wanted in sorted(sets.items()):
        file = f"{PERMISSION_SETS}/{name}.yaml"
        text = _SCHEMA + yaml.safe_dump(as_file(wanted), sort_keys=False, allow_unicode=True)
        if not (tree / file).exists():
            new[file] = text
        elif not _says(tree / file, wanted):
            different[file] = text
    return CatalogueFiles(new=new, different=different)


def write(files: Mapping[str, str], tree: Path) -> None:
    """Put files into a tree, whatever was there. Raises OSError."""
    for file, text in files.items():
        (tree / file).parent.mkdir(parents=True, exist_ok=True)
        (tree / file).write_text(text, "utf-8", newline="\n")


def custom_fields(declaration: AccessDeclaration) -> str:
    """The argument of the request's module that declares this, as `terraform fmt` leaves it."""
    grants = contract.by_permission_set(declaration.grants)
    lines = ["  custom_fields = {", f"    {KEY} = jsonencode({{", f"      version = {VERSION}"]
    if grants:
        lines += ["      grants = {", *_attributes(grants), "      }"]
    else:
        lines.append("      grants  = {}")
    return "\n".join([*lines, "    })", "  }", ""])


def _attributes(grants: Mapping[str, tuple[Principal, ...]]) -> list[str]:
    """One for each permission set, in columns; a long list stands on lines of its own, between columns."""
    lines: list[str] = []
    column: list[tuple[str, str]] = []

    def flush() -> None:
        width = max((len(key) for key, _ in column), default=0)
        lines.extend(f"        {key:{width}} = {value}" for key, value in column)
        column.clear()

    for name, principals in grants.items():
        key = name if _IDENTIFIER.fullmatch(name) else _quoted(name)
        items = [_quoted(str(one)) for one in principals]
        value = f"[{', '.join(items)}]"
        if len(key) + len(value) <= _WIDTH:
            column.append((key, value))
        else:
            flush()
            lines += [f"        {key} = [", *(f"          {one}," for one in items), "        ]"]
    flush()
    return lines


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("${", "$${").replace("%{", "%%{") + '"'


def _says(path: Path, wanted: PermissionSet) -> bool:
    """Whether a catalogue file means this set already; whether it is `privileged` is its owner's word."""
    source, problems = yaml_source.read(path, file=path.name)
    if problems:
        return False
    try:
        said = PermissionSet.of(wanted.name, PermissionSetFile.model_validate(source.content))
    except ValidationError:
        return False
    written = replace(wanted, description=wanted.description or wanted.name)  # as `as_file` has to say it
    return said.external == wanted.external and (wanted.external or not said.differences(written))
