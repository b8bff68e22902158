"""Another label for a request's module, and another name for its file, without AFT losing the account.

Terraform takes a module under another label for a removal and a creation of the same row, and AFT removes the
account from its management (reference/aft.md §1.3). A moved block says that it is the same one.
"""

from collections.abc import Mapping

from aftgen.checks.moves import parse_address
from aftgen.editing.base import Base
from aftgen.editing.block import BlockEditor
from aftgen.editing.blocks import moved_block, references, removed, respliced
from aftgen.editing.containers import Text
from aftgen.editing.edit import Edited, renamed_address
from aftgen.editing.files import FileChange, raw
from aftgen.editing.layout import Splice
from aftgen.editing.moves import Move, moves, verified
from aftgen.editing.refusal import cannot
from aftgen.editing.verify import all_files
from aftgen.editing.wanted import Difference
from aftgen.errors import Refused
from aftgen.hcl.nodes import File, Source
from aftgen.reader.folder import is_override
from aftgen.reader.model import Request, RequestFolder
from aftgen.repository import Repository
from aftgen.request import file_stem_for, label_for


def rename(repository: Repository, folder: RequestFolder, request: Request, new: str, base: Base) -> Edited:
    """``new`` is a name that becomes the label. Raises CannotEdit, Refused or NotAsMeant; writes nothing."""
    label, old = label_for(new), request.label
    _refuse(folder, request, label)
    files = {path: file for path, file in all_files(folder).items() if _scope(path) == _scope(request.path)}
    files[request.path] = _relabelled(request, label)
    for path, file in list(files.items()):
        named = [Splice(one.start, one.end, label.encode()) for one in references(file, old)]
        files[path] = respliced(file, named) if named else file
    files = _moved(folder, files, request, label, base)
    target = _new_path(request, new)
    before = all_files(folder)
    changes = []
    after: dict[str, File | None] = {}
    for path, file in files.items():
        if file.source.data == before[path].source.data and path != request.path:
            continue
        new_path = target if path == request.path and target != path else None
        if file.source.data == before[path].source.data and new_path is None:
            continue
        after[path] = file
        if new_path is not None:
            after[path] = None
            source = Source(new_path, file.source.data, file.source.has_bom)
            after[new_path] = File(source, file.body, file.comments, file.problems)
        changes.append(FileChange(path=path, before=raw(before[path]), after=raw(file), new_path=new_path))
    address = renamed_address(request, label)
    found = verified(repository, folder, after, {_call(request): address})
    differences = [Difference("label", old, label)] if label != old else []
    if target != request.path:
        differences.append(Difference("file", request.path, target))
    return Edited(
        changes=changes,
        before=request,
        after=next((one for one in found.requests if one.address.startswith(address)), None),
        differences=differences,
    )


def _refuse(folder: RequestFolder, request: Request, label: str) -> None:
    file = request.file
    if request.path.endswith(".json"):
        raise Refused("requests in .tf.json files are not edited; nothing was written", place=request.path)
    if file.problems:
        raise cannot(file, file.problems[0].start, f"the file has a mistake: {file.problems[0].message}")
    if is_override(request.path.rsplit("/", 1)[-1]) or request.reason == "an override file":
        raise cannot(
            file, request.block.start, "an override file replaces parts of this request by its label"
        )
    for path, other in all_files(folder).items():
        if _scope(path) != _scope(request.path):
            continue
        for block in other.body.of_type("module"):
            if block.labels and block.labels[0].text == label and block is not request.block:
                line = other.source.position(block.start).line
                raise Refused(
                    f"the label {label!r} is taken; nothing was written",
                    place=f"{path}:{line}",
                    hint="choose another name",
                )
        if path.endswith(".json") and f"module.{request.label}".encode() in other.source.data:
            raise Refused(f"this refers to module.{request.label} and is not edited", place=path)


def _relabelled(request: Request, label: str) -> File:
    editor = BlockEditor(request)
    if label != request.label:
        editor.set_label(label)
    return editor.file


def _moved(
    folder: RequestFolder, files: Mapping[str, File], request: Request, label: str, base: Base
) -> dict[str, File]:
    """The files with the moved blocks that lead from the label that AFT knows to the new one."""
    changed = dict(files)
    old = request.label
    scope = _call(request).rpartition("module.")[0].removesuffix(".")
    mine = [move for move in moves(folder.moved) if move.scope == scope]
    known = base.request(request)
    if base.folder is not None and known is None:
        return changed
    on_base = {move.key for move in moves(base.folder.moved)} if base.folder else set()
    origin = known.label if known is not None and _scope(known.path) == _scope(request.path) else old
    if parse_address(f"module.{origin}") is None:
        # Terraform refuses such a label, so that AFT never had it.
        return changed
    fresh = [move for move in mine if move.key not in on_base and str(move.target) == f"module.{old}"]
    back = [move for move in mine if move.key in on_base and str(move.source) == f"module.{label}"]
    for move in sorted([*fresh, *back], key=lambda move: -move.block.start):
        path = move.file.source.path
        block = move.file.body.blocks.index(move.block)
        if move in fresh and origin != label:
            to = changed[path].body.blocks[block].body.attributes["to"].value
            changed[path] = respliced(changed[path], [Splice(to.start, to.end, f"module.{label}".encode())])
        else:
            changed[path] = respliced(
                changed[path], [removed(changed[path], changed[path].body.blocks[block])]
            )
    if origin != label and not fresh:
        file = changed[request.path]
        index = request.file.body.blocks.index(request.block)
        shift = sum(
            1 for move in back if move.file is request.file and move.block.start < request.block.start
        )
        module = file.body.blocks[index - shift]
        changed[request.path] = respliced(file, [moved_block(Text(file), module, origin, label)])
    _refuse_circle(mine, [*fresh, *back], label)
    return changed


def _refuse_circle(mine: list[Move], gone: list[Move], label: str) -> None:
    """Raise Refused where the moves that stay lead away from the new label."""
    if any(str(move.source) == f"module.{label}" for move in mine if move not in gone):
        raise Refused(
            f"moved blocks lead on from module.{label}; nothing was written",
            hint="'aftgen tidy' removes those that are published",
        )


def _new_path(request: Request, new: str) -> str:
    """The file's new path: where it held this request alone and was named after it."""
    head, _, name = request.path.rpartition("/")
    stem = name.removesuffix(".tf")
    names = {request.label, file_stem_for(request.name) if request.name else "", request.name or ""}
    alone = sum(1 for _ in request.file.body.of_type("module")) == 1
    if not alone or stem.casefold() not in {one.casefold() for one in names}:
        return request.path
    return f"{head}/{file_stem_for(new)}.tf".lstrip("/")


def _call(request: Request) -> str:
    """The address of the request's module call, whichever of its instances this is."""
    return renamed_address(request, request.label)


def _scope(path: str) -> str:
    return path.rpartition("/")[0]
