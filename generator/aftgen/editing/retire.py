"""Taking an account out of service in three merged steps, each the only one that is possible at its time.

1. ``retired = true`` and no grants: the pipelines revoke what we granted, the rules' grants included.
2. Once nothing of ours is left in the account: the move to the OU of retired accounts.
3. The request is removed, and AFT forgets the account. AWS does not: :data:`STAYS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from aft_access.contract import AccessDeclaration, ContractError

from aftgen.editing.base import Base
from aftgen.editing.blocks import references
from aftgen.editing.edit import Edited, edit, refuse_uneditable
from aftgen.editing.files import FileChange, raw
from aftgen.editing.moves import moves, verified, without_blocks
from aftgen.editing.refusal import cannot
from aftgen.editing.verify import all_files
from aftgen.editing.wanted import Difference, Wanted, declaration_of
from aftgen.errors import Refused
from aftgen.hcl.nodes import Block, File
from aftgen.limits import parse_ou
from aftgen.organization import Organization
from aftgen.reader.model import CONTROL_TOWER, CUSTOM_FIELDS, Request, RequestFolder
from aftgen.repository import Repository
from aftgen.request import ACCESS_FIELD

#: What AFT's removal leaves behind (reference/aft.md §7).
STAYS = (
    "the account itself, open and billed: close it in Organizations",
    "its Service Catalog product and its enrolment in Control Tower: terminate the product to end both",
    "its resources, those of the customizations included, and their Terraform state in AFT's bucket",
    "the roles AWSAFTExecution and AWSAFTService, its tags and its SSM parameters",
    "access that others granted, and the SSO user's AWSAdministratorAccess from Control Tower",
)


class Step(Enum):
    ACCESS = 1
    MOVE = 2
    REMOVE = 3

    def __str__(self) -> str:
        return {
            1: "take its access away",
            2: "move it to the OU of retired accounts",
            3: "remove its request",
        }[self.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """One step: what it would do, and which one it is."""

    step: Step
    edited: Edited


def next_step(request: Request, base: Base, ou: str | None, organization: Organization) -> Step:
    """The one step that an account is ready for.

    ``ou`` is the ManagedOrganizationalUnit of retired accounts. Raises Refused when the step before is not
    merged yet, or nobody says where retired accounts go.
    """
    if base.folder is None:
        raise Refused(
            f"which steps are merged is not known: {base.why}", hint="name what AFT has with --base REF"
        )
    live = base.request(request)
    if live is None:
        raise Refused(
            "AFT does not know this account: its request is not merged yet",
            place=request.path,
            hint="remove the request's file instead",
        )
    if not _is_without_access(request):
        return Step.ACCESS
    if not _is_without_access(live):
        raise Refused(
            "step 1 (its access) is not merged yet, and AFT knows only what is merged",
            place=request.path,
            hint="merge it, publish, and run this again",
        )
    if ou is None:
        raise Refused(
            "where retired accounts go is not known; nothing was written",
            hint="name their OU with --ou PATH, or set defaults.retired_ou in aftgen.yaml",
        )
    if not _is_in(request, ou, organization):
        return Step.MOVE
    if not _is_in(live, ou, organization):
        raise Refused(
            "step 2 (the OU) is not merged yet, and AFT knows only what is merged",
            place=request.path,
            hint="merge it, publish, and run this again",
        )
    return Step.REMOVE


def _is_without_access(request: Request) -> bool:
    try:
        declared = declaration_of(request)
    except ContractError as error:
        span = request.span(CUSTOM_FIELDS, ACCESS_FIELD)
        raise cannot(request.file, span.start, f"the access declaration cannot be used: {error}") from None
    return declared is not None and declared.retired and not declared.grants


def _is_in(request: Request, ou: str, organization: Organization) -> bool:
    if request.ou is None:
        return False
    mine, retired = (organization.path_of(parse_ou(text)) for text in (request.ou, ou))
    return request.ou == ou or (mine is not None and mine == retired)


def retire(
    repository: Repository,
    folder: RequestFolder,
    request: Request,
    step: Step,
    ou: str | None,
    refuse_access: Callable[[], None],
) -> Retired:
    """One step. ``refuse_access`` raises Refused where something of ours is left in the account.

    Raises CannotEdit, Refused or NotAsMeant; writes nothing.
    """
    if step is Step.ACCESS:
        wanted = Wanted(access=AccessDeclaration(retired=True))
        return Retired(step=step, edited=edit(repository, folder, request, wanted))
    refuse_access()
    if step is Step.MOVE:
        wanted = Wanted(entries={CONTROL_TOWER: {"ManagedOrganizationalUnit": ou}})
        return Retired(step=step, edited=edit(repository, folder, request, wanted))
    return Retired(step=step, edited=_removal(repository, folder, request))


def _removal(repository: Repository, folder: RequestFolder, request: Request) -> Edited:
    refuse_uneditable(request)
    _refuse_references(folder, request)
    files = all_files(folder)
    scope = request.address.rpartition("module.")[0].removesuffix(".")
    named = f"module.{request.label}"
    # Moves that lead to a module which is gone would forget nothing any more, and stop no apply.
    stale = [move for move in moves(folder.moved) if move.scope == scope and str(move.target) == named]
    after: dict[str, File | None] = {}
    changes: list[FileChange] = []
    for path in dict.fromkeys([request.path, *(move.file.source.path for move in stale)]):
        old = files[path]
        new: File | None = old
        if path == request.path:
            new = without_blocks(old, [request.block], with_comments=True)
        if new is not None:
            gone = [move.block for move in stale if move.file.source.path == path]
            same = [
                one for one in new.body.of_type("moved") if _text(new, one) in {_text(old, b) for b in gone}
            ]
            new = without_blocks(new, same)
        after[path] = new
        changes.append(FileChange(path=path, before=raw(old), after=None if new is None else raw(new)))
    verified(repository, folder, after, {}, [request.address])
    return Edited(
        changes=changes,
        before=request,
        after=None,
        differences=[Difference("request", request.name or request.address, None)],
    )


def _text(file: File, block: Block) -> str:
    return file.source.text(block.start, block.end)


def _refuse_references(folder: RequestFolder, request: Request) -> None:
    places = []
    head = request.path.rpartition("/")[0]
    for path, file in all_files(folder).items():
        if path.rpartition("/")[0] == head:
            for one in references(file, request.label):
                places.append(f"{path}:{file.source.position(one.start).line}")
    if places:
        raise Refused(
            f"module.{request.label} is referred to elsewhere; nothing was written",
            place=places[0],
            hint="remove the references first: " + ", ".join(places),
        )
