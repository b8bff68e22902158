"""One principal taken out of every request that grants it something: what makes an emergency stand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from aft_access.contract import ContractError

from aftgen.editing.edit import edit
from aftgen.editing.files import FileChange
from aftgen.editing.wanted import Difference, Wanted, declaration_of
from aftgen.errors import Refused
from aftgen.limits import normalise
from aftgen.reader.model import Request, RequestFolder
from aftgen.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """``refused`` names the requests that a person must edit, with the place and the reason."""

    changes: Sequence[FileChange]
    differences: Sequence[Difference]
    refused: Sequence[str]


def withdraw(repository: Repository, folder: RequestFolder, principal: str) -> Withdrawn:
    """Take a principal (``group:NAME`` or ``user:NAME``) out of every request; write nothing.

    A request that cannot be edited safely is named and the others go on: in an emergency the most that can
    be done is done.
    """
    text = normalise(principal)
    changes: dict[str, FileChange] = {}
    differences: list[Difference] = []
    refused: list[str] = []
    for address in [one.address for one in folder.requests]:
        request = next(one for one in folder.requests if one.address == address)
        wanted = _without(request, text)
        if wanted is None:
            continue
        try:
            edited = edit(repository, folder, request, wanted)
        except Refused as error:
            refused.append(f"{error.place or request.path}: {error.message}")
            continue
        name = request.name or request.address
        differences += [replace(one, what=f"{name}: {one.what}") for one in edited.differences]
        for change in edited.changes:
            earlier = changes.get(change.path)
            changes[change.path] = replace(change, before=earlier.before) if earlier else change
        folder = edited.folder or folder
    return Withdrawn(changes=list(changes.values()), differences=differences, refused=refused)


def _without(request: Request, principal: str) -> Wanted | None:
    """The edit that takes the principal out; None where the request does not name it, or cannot be read."""
    try:
        declared = declaration_of(request)
    except ContractError:
        return None
    if declared is None:
        return None
    kept = tuple(grant for grant in declared.grants if str(grant.principal) != principal)
    return Wanted(access=replace(declared, grants=kept)) if len(kept) != len(declared.grants) else None
