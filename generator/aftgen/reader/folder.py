"""From a folder of ``.tf`` files to account requests, following local wrapper modules as Terraform does.

The stages, in order: list the files that Terraform would load; parse each; gather the module's locals and
variable defaults; turn each module block into requests, descending into local modules that are not the
request module itself; and last, look for requests that lie where nothing loads them.

Nothing here runs Terraform and nothing raises on a bad file: what could not be read is part of the result.
"""

import os
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import normpath

from aftgen.hcl import nodes
from aftgen.hcl.static import Scope, evaluate
from aftgen.hcl.syntax import parse
from aftgen.hcl.values import Unknown, Value, first_unknown, is_known, to_string, unify_map
from aftgen.reader import json_syntax
from aftgen.reader.model import (
    ARGUMENTS,
    CHANGE_MANAGEMENT,
    CONTROL_TOWER,
    CUSTOM_FIELDS,
    CUSTOMIZATION,
    SEVERAL_ITEMS,
    TAGS,
    EvaluatedBy,
    ForeignBlock,
    NeverLoaded,
    Request,
    RequestFolder,
    Unreadable,
)
from aftgen.repository import Repository

REQUEST_MODULE = "aft-account-request"
#: A request file is a few hundred bytes; at this size it is something else, and reading it costs memory.
MAX_FILE_BYTES = 5 * 1024 * 1024
_MAX_DEPTH = 10
_LEADS_OUT = "this is a link that leads out of the repository, it is not read"


def read(repository: Repository, instead: Mapping[str, nodes.File | None] | None = None) -> RequestFolder:
    """Read every account request of a repository.

    ``instead`` holds files (by their path in the repository) that count in place of what is on disk, None for
    one that counts as not there: what a change would mean, before it is made.
    """
    reader = _FolderReader(repository, instead or {})
    reader.read_root()
    return reader.result()


def terraform_files(folder: Path) -> list[Path]:
    """The files of a folder that Terraform loads, in its order (it ignores dot files and editor backups)."""
    return sorted(
        (
            path
            for path in folder.iterdir()
            if path.name.endswith((".tf", ".tf.json")) and not path.name.startswith((".", "#"))
        ),
        key=lambda path: path.name,
    )


def is_override(name: str) -> bool:
    """Whether Terraform merges this file over the others instead of adding it."""
    stem = name.removesuffix(".json").removesuffix(".tf")
    return stem == "override" or stem.endswith("_override")


def is_request_source(source: str) -> bool:
    """Whether a module source names AFT's request module, rightly or wrongly."""
    return REQUEST_MODULE in source or source.rstrip("/").endswith("account_request")


@dataclass
class _Module:
    """One Terraform module folder, parsed."""

    folder: str
    files: tuple[nodes.File, ...]
    locals: Mapping[str, nodes.Expr] = field(default_factory=dict)
    defaults: Mapping[str, Value] = field(default_factory=dict)
    types: Mapping[str, str] = field(default_factory=dict)
    holds_table_item: bool = False
    #: Whether that item has a ``for_each`` or ``count``, which AFT's own module has not.
    repeats_item: bool = False


@dataclass
class _FolderReader:
    repository: Repository
    instead: Mapping[str, nodes.File | None] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    foreign: list[ForeignBlock] = field(default_factory=list)
    moved: list[ForeignBlock] = field(default_factory=list)
    unreadable: list[Unreadable] = field(default_factory=list)
    modules: dict[str, _Module] = field(default_factory=dict)
    loaded: set[str] = field(default_factory=set)

    def read_root(self) -> None:
        folder = self.repository.requests
        if not folder.is_dir():
            self.unreadable.append(
                Unreadable(
                    self.repository.relative(folder), "there is no such folder; AFT reads requests from it"
                )
            )
            return
        if not self._is_inside(folder):
            self.unreadable.append(Unreadable(self.repository.relative(folder), _LEADS_OUT))
            return
        root = self._module(folder, self.repository.relative(folder))
        has_tfvars = any(path.name.endswith((".tfvars", ".tfvars.json")) for path in folder.iterdir())
        defaults = {} if has_tfvars else root.defaults
        self._requests_of(root, "", Scope(root.locals, defaults), 0)

    def result(self) -> RequestFolder:
        folder = self.repository.relative(self.repository.requests)
        root = self.modules.get(folder)
        return RequestFolder(
            path=folder,
            files=root.files if root else (),
            requests=tuple(self.requests),
            foreign=tuple(self.foreign),
            moved=tuple(self.moved),
            never_loaded=tuple(self._never_loaded()),
            unreadable=tuple(self.unreadable),
            modules={path: module.files for path, module in self.modules.items() if path != folder},
        )

    def _is_inside(self, path: Path) -> bool:
        """Whether a path, all links followed, lies in the repository: nothing else is ever read."""
        try:
            return path.resolve().is_relative_to(self.repository.root.resolve())
        except (OSError, RuntimeError):
            return False

    def _module(self, folder: Path, path: str) -> _Module:
        """Parse a module's folder, once; ``path`` is its path in the repository, links not followed."""
        if path in self.modules:
            return self.modules[path]
        prefix = "" if path == "." else f"{path}/"
        names = {file_path.name for file_path in terraform_files(folder)}
        names |= {shown[len(prefix) :] for shown in self.instead if shown.rpartition("/")[0] == prefix[:-1]}
        files = []
        for name in sorted(names):
            shown = prefix + name
            self.loaded.add(shown)
            file = self.instead[shown] if shown in self.instead else self._file(folder / name, shown)
            if file is not None:
                files.append(file)
        module = _describe(path, tuple(files))
        self.modules[path] = module
        return module

    def _file(self, path: Path, shown: str) -> nodes.File | None:
        try:
            if path.is_symlink() and not self._is_inside(path):
                self.unreadable.append(Unreadable(shown, _LEADS_OUT))
                return None
            if path.is_dir():
                self.unreadable.append(
                    Unreadable(shown, "this is a folder, Terraform cannot load it as a file")
                )
                return None
            if not path.is_file():
                # Reading a pipe or a device could wait for ever; one that is missing fails below.
                path.stat()
                self.unreadable.append(Unreadable(shown, "this is not a regular file"))
                return None
            size = path.stat().st_size
            if size > MAX_FILE_BYTES:
                self.unreadable.append(
                    Unreadable(
                        shown,
                        f"the file has {size / 1e6:.0f} MB, at most {MAX_FILE_BYTES / 1e6:.0f} are read",
                    )
                )
                return None
            raw = path.read_bytes()
        except OSError as error:
            self.unreadable.append(Unreadable(shown, f"the file cannot be read: {error.strerror or error}"))
            return None
        source = nodes.Source.of(shown, raw)
        return json_syntax.parse(source) if path.name.endswith(".json") else parse(source)

    def _requests_of(self, module: _Module, address: str, scope: Scope, depth: int) -> None:
        is_root = address == ""
        overridden = {
            block.labels[0].text
            for file in module.files
            if is_override(file.source.path.rsplit("/", 1)[-1])
            for block in file.body.of_type("module")
            if block.labels
        }
        for file in module.files:
            override = is_override(file.source.path.rsplit("/", 1)[-1])
            for block in file.body.blocks:
                if block.type == "module" and not override:
                    self._module_block(module, file, block, address, scope, depth, overridden)
                elif block.type == "moved":
                    self.moved.append(ForeignBlock(file=file, block=block, module_folder=address))
                elif block.type != "locals" or override:
                    self.foreign.append(
                        ForeignBlock(file=file, block=block, module_folder="" if is_root else module.folder)
                    )

    def _module_block(
        self,
        module: _Module,
        file: nodes.File,
        block: nodes.Block,
        address: str,
        scope: Scope,
        depth: int,
        overridden: Set[str],
    ) -> None:
        label = block.labels[0].text if block.labels else ""
        here = f"{address}.module.{label}" if address else f"module.{label}"
        source_attribute = block.body.attributes.get("source")
        source = evaluate(source_attribute.value, scope) if source_attribute else None
        if not isinstance(source, str):
            source = ""
        repeats: str | None = next((n for n in ("for_each", "count") if n in block.body.attributes), None)
        if label in overridden:
            repeats = "an override file"
        folder = self._local_folder(module, source)
        if folder is None:
            if is_request_source(source) or CONTROL_TOWER in block.body.attributes:
                self._add_request(file, block, here, scope, repeats)
            else:
                self.foreign.append(ForeignBlock(file=file, block=block))
            return
        called = self._module(*folder)
        if called.repeats_item:
            self._add_unknown(file, block, here, SEVERAL_ITEMS)
        elif called.holds_table_item or (is_request_source(source) and not _calls_modules(called)):
            self._add_request(file, block, here, scope, repeats)
        elif depth >= _MAX_DEPTH:
            self.unreadable.append(
                Unreadable(file.source.path, f"{here} nests modules more than {_MAX_DEPTH} deep")
            )
        else:
            given = {} if repeats else _bindings(called, block, scope)
            if repeats:
                given = {name: Unknown(repeats) for name in called.types}
            self._requests_of(called, here, Scope(called.locals, {**called.defaults, **given}), depth + 1)

    def _local_folder(self, module: _Module, source: str) -> tuple[Path, str] | None:
        """The folder that a local source names, and its path, if there is one inside the repository."""
        if not source.startswith(("./", "../")):
            return None
        path = normpath(f"{module.folder}/{source}")
        if path == ".." or path.startswith("../"):
            return None
        folder = self.repository.root / path
        return (folder, path) if folder.is_dir() and self._is_inside(folder) else None

    def _add_request(
        self, file: nodes.File, block: nodes.Block, address: str, scope: Scope, repeats: str | None
    ) -> None:
        arguments = {name: self._argument(block, name, scope) for name in ARGUMENTS}
        unknown = next(filter(None, map(first_unknown, arguments.values())), None)
        reason = repeats or (unknown.reason if unknown else "")
        self.requests.append(
            Request(
                address=address,
                file=file,
                block=block,
                arguments=arguments,
                evaluated_by=EvaluatedBy.NOTHING if reason else EvaluatedBy.READER,
                reason=reason,
            )
        )

    def _add_unknown(self, file: nodes.File, block: nodes.Block, address: str, reason: str) -> None:
        self.requests.append(
            Request(
                address=address,
                file=file,
                block=block,
                arguments=dict.fromkeys(ARGUMENTS, Unknown(reason)),
                evaluated_by=EvaluatedBy.NOTHING,
                reason=reason,
            )
        )

    def _argument(self, block: nodes.Block, name: str, scope: Scope) -> Value:
        attribute = block.body.attributes.get(name)
        if attribute is None:
            return ARGUMENTS[name]
        return convert(name, evaluate(attribute.value, scope))

    def _never_loaded(self) -> Iterator[NeverLoaded]:
        """Files that hold requests and lie where neither AFT nor a loaded module reads them."""
        top = self.repository.requests
        request_tree = top.parent if top != self.repository.root else top
        folders = {request_tree, self.repository.root} if self.repository.is_ours else {self.repository.root}
        seen: set[str] = set()
        for start in sorted(folders):
            for path in _tf_files_below(
                start, recurse=start != self.repository.root or not self.repository.is_ours
            ):
                shown = self.repository.relative(path)
                if shown in self.loaded or shown in seen:
                    continue
                seen.add(shown)
                if _mentions_request(path):
                    yield NeverLoaded(shown, _why_never(path, top))


def convert(argument: str, value: Value) -> Value:
    """An argument after the conversion that the request module's variable types make."""
    if argument == CUSTOMIZATION:
        return to_string(value)
    if not isinstance(value, dict):
        return value
    if argument in (CONTROL_TOWER, CHANGE_MANAGEMENT):
        return {key: to_string(item) for key, item in value.items()}
    if argument in (TAGS, CUSTOM_FIELDS):
        return unify_map(value)
    return value


def _describe(path: str, files: tuple[nodes.File, ...]) -> _Module:
    """The locals, variables and resources of a module."""
    local_values: dict[str, nodes.Expr] = {}
    defaults: dict[str, Value] = {}
    types: dict[str, str] = {}
    table_item = repeats_item = False
    # What an override file says replaces what the other files say, whatever their names.
    for file in sorted(files, key=lambda file: is_override(file.source.path.rsplit("/", 1)[-1])):
        for block in file.body.blocks:
            if block.type == "locals":
                local_values.update({name: item.value for name, item in block.body.attributes.items()})
            elif block.type == "variable" and block.labels:
                name = block.labels[0].text
                declared = block.body.attributes.get("type")
                types[name] = (
                    file.source.text(declared.value.start, declared.value.end) if declared else "any"
                )
                default = block.body.attributes.get("default")
                if default is not None:
                    defaults[name] = _typed(evaluate(default.value, Scope()), types[name])
            elif (
                block.type == "resource"
                and block.labels
                and block.labels[0].text == "aws_dynamodb_table_item"
            ):
                table_item = True
                repeats_item = not {"for_each", "count"}.isdisjoint(block.body.attributes)
    return _Module(path, files, local_values, defaults, types, table_item, repeats_item)


def _typed(value: Value, declared: str) -> Value:
    """A value as a variable of this type gives it on; Unknown where the conversion is more than plain."""
    if declared == "string":
        return to_string(value)
    if declared in ("any", "bool") or (declared == "number" and not isinstance(value, str)):
        return value
    if declared == "map(string)" and isinstance(value, dict) and is_known(value):
        return {key: to_string(item) for key, item in value.items()}
    return Unknown(f"a variable of type {declared.split('(')[0]}")


def _bindings(module: _Module, block: nodes.Block, scope: Scope) -> dict[str, Value]:
    return {
        name: _typed(evaluate(attribute.value, scope), module.types[name])
        for name, attribute in block.body.attributes.items()
        if name in module.types
    }


def _calls_modules(module: _Module) -> bool:
    return any(block.type == "module" for file in module.files for block in file.body.blocks)


def _tf_files_below(start: Path, *, recurse: bool) -> Iterator[Path]:
    if not recurse:
        yield from (path for path in sorted(start.glob("*.tf")) if path.is_file())
        return
    for folder, folders, files in os.walk(start):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name != REQUEST_MODULE)
        paths = (Path(folder, name) for name in sorted(files) if name.endswith(".tf"))
        yield from (path for path in paths if not path.is_symlink())


def _mentions_request(path: Path) -> bool:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            return False
        raw = path.read_bytes()
    except OSError:
        return False
    if REQUEST_MODULE.encode() not in raw:
        return False
    file = parse(nodes.Source.of(path.name, raw))
    return any(
        block.type == "module"
        and "source" in block.body.attributes
        and is_request_source(str(getattr(block.body.attributes["source"].value, "value", "")))
        for block in file.body.blocks
    )


def _why_never(path: Path, top: Path) -> str:
    if top in path.parents:
        return "Terraform does not read sub-folders, and no module loads this one"
    return f"AFT reads account requests from {top.name}/ only"


def names(requests: Sequence[Request]) -> list[str]:
    """The account names among requests, for messages and completion."""
    return sorted({request.name for request in requests if request.name})
