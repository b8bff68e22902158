"""One request edited: from what is asked for to files that may be written, verified whole."""

from collections.abc import Sequence
from dataclasses import dataclass

from aft_access import sso_user
from aft_access.contract import ContractError

from aftgen.editing import access, verify
from aftgen.editing.block import BlockEditor
from aftgen.editing.files import FileChange, raw
from aftgen.editing.refusal import cannot
from aftgen.editing.wanted import Difference, Wanted, declaration_of, differences, expected
from aftgen.errors import Refused
from aftgen.hcl.values import Unknown
from aftgen.reader.folder import is_override, read
from aftgen.reader.model import CONTROL_TOWER, CUSTOM_FIELDS, Request, RequestFolder
from aftgen.repository import Repository
from aftgen.request import ACCESS_FIELD


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What an edit would do: the files, the request before and after (None: it goes), what differs.

    ``folder`` is the request folder afterwards, where another edit may follow.
    """

    changes: Sequence[FileChange]
    before: Request
    after: Request | None
    differences: Sequence[Difference] = ()
    folder: RequestFolder | None = None


def edit(repository: Repository, folder: RequestFolder, request: Request, wanted: Wanted) -> Edited:
    """Raises CannotEdit, with the place, Refused or NotAsMeant; writes nothing."""
    refuse_uneditable(request)
    refuse_unknown_sso_user(request, wanted)
    editor = BlockEditor(request)
    try:
        declared = declaration_of(request) if wanted.access is not None else None
    except ContractError as error:
        span = request.span(CUSTOM_FIELDS, ACCESS_FIELD)
        raise cannot(
            request.file, span.start, f"the access declaration that is there cannot be used: {error}"
        ) from None
    for argument, entries in wanted.entries.items():
        for key, value in entries.items():
            if value is None:
                editor.remove_entry(argument, key)
            else:
                editor.set_entry(argument, key, value)
    if wanted.access is not None:
        access.set_declaration(editor, declared, wanted.access)
    if (
        wanted.customization is not None
        and wanted.customization != request.arguments["account_customizations_name"]
    ):
        editor.set_customization(wanted.customization)
    if wanted.label is not None:
        editor.set_label(wanted.label)
    path = request.path
    after_folder = read(repository, {**verify.all_files(folder), path: editor.file})
    label = wanted.label or request.label
    address = renamed_address(request, label)
    verify.others_unchanged(folder, after_folder, {request.address: address}, edited=address)
    after = next(one for one in after_folder.requests if one.address == address)
    verify.as_wanted(after, expected(request, wanted), wanted.access)
    changed = editor.file.source.data != request.file.source.data
    if changed:
        verify.second_opinion(request.file, editor.file, (request.label, label), wanted)
    change = FileChange(path=path, before=raw(request.file), after=raw(editor.file))
    return Edited(
        changes=[change] if changed else [],
        before=request,
        after=after,
        differences=differences(request, after),
        folder=after_folder,
    )


def renamed_address(request: Request, label: str) -> str:
    """The request's address with another label."""
    head, _, _ = request.address.rpartition("module.")
    return f"{head}module.{label}"


def refuse_unknown_sso_user(request: Request, wanted: Wanted) -> None:
    """Raise Refused where the account would move and AFT would send an SSO user that nobody knows."""
    ou = wanted.entries.get(CONTROL_TOWER, {}).get("ManagedOrganizationalUnit")
    stays = sso_user.stays_in(request.text(CONTROL_TOWER, "SSOUserEmail") or "")
    if ou is None or stays is None or ou in (stays, request.ou):
        return
    raise Refused(
        f"the SSO user of {request.name or request.address} is not known, and with a move AFT sends it to "
        "Control Tower, which makes that user an administrator; nothing was written",
        hint="find out who the user is; remove the request, and add it again with that user in a second pull "
        "request ('aftgen rules S003')",
    )


def refuse_uneditable(request: Request) -> None:
    """Raise CannotEdit for requests that no single block stands for."""
    file, block = request.file, request.block
    if request.path.endswith(".json"):
        raise Refused(
            "requests in .tf.json files are not edited; nothing was written",
            place=request.path,
            hint="edit the JSON by hand, or write the request as a .tf file",
        )
    if file.problems:
        raise cannot(file, file.problems[0].start, f"the file has a mistake: {file.problems[0].message}")
    for name in ("for_each", "count"):
        if name in block.body.attributes:
            at = block.body.attributes[name].start
            raise cannot(
                file, at, f"{name} makes several requests of this block, so it cannot be edited for one"
            )
    if is_override(request.path.rsplit("/", 1)[-1]) or request.reason == "an override file":
        raise cannot(file, block.start, "an override file replaces parts of this request")
    if all(isinstance(value, Unknown) for value in request.arguments.values()):
        raise cannot(file, block.start, f"the request cannot be read: {request.reason}")
