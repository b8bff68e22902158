"""The modules of a request folder, as definitions that refer to each other and as calls of one another.

A :class:`Definition` is one thing that can be kept in the sandbox or left out of it. An :class:`Instance` is
a module as one chain of calls reaches it; what a variable is worth depends on that chain.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import normpath

from aftgen.hcl.nodes import Attribute, Block, Constant, File
from aftgen.reader.model import RequestFolder

LOCAL, VARIABLE, OUTPUT, MODULE = "local", "variable", "output", "module"
_NOT_LINE_END = re.compile(rb"[^\r\n]")
_KINDS = (VARIABLE, OUTPUT, MODULE)


@dataclass(frozen=True, eq=False, slots=True)
class Definition:
    """A local, variable, output or module block. Two of the same name are two definitions."""

    kind: str
    name: str
    file: File
    block: Block
    #: The file's bytes with its comments blanked; offsets are the file's.
    clean: bytes
    #: Of a local: the one attribute that defines it.
    attribute: Attribute | None = None

    @property
    def attributes(self) -> Mapping[str, Attribute]:
        if self.attribute is not None:
            return {self.name: self.attribute}
        return self.block.body.attributes

    @property
    def is_json(self) -> bool:
        return self.file.source.path.endswith(".json")


@dataclass(frozen=True, eq=False, slots=True)
class ModuleFolder:
    """One folder of Terraform files, by its path in the repository."""

    path: str
    files: tuple[File, ...]
    definitions: Mapping[tuple[str, str], tuple[Definition, ...]]

    def named(self, kind: str, name: str) -> tuple[Definition, ...]:
        return self.definitions.get((kind, name), ())

    def of_kind(self, kind: str) -> Iterator[Definition]:
        for (found, _), definitions in self.definitions.items():
            if found == kind:
                yield from definitions


@dataclass(eq=False, slots=True)
class Instance:
    """A module folder, reached through the calls that ``address`` names (the root's is "")."""

    address: str
    folder: ModuleFolder
    parent: "Instance | None" = None
    call: Definition | None = None
    #: Local modules that it calls, and the folders of request modules that it calls, both by label.
    children: "dict[str, Instance]" = field(default_factory=dict)
    requests: dict[str, Definition] = field(default_factory=dict)

    def address_of(self, label: str) -> str:
        return f"{self.address}.module.{label}" if self.address else f"module.{label}"

    def walk(self) -> "Iterator[Instance]":
        yield self
        for child in self.children.values():
            yield from child.walk()


def tree(folder: RequestFolder) -> Instance:
    """The root module with everything below it that the reader followed."""
    return _Tree(folder).root()


class _Tree:
    def __init__(self, folder: RequestFolder) -> None:
        self.files: dict[str, tuple[File, ...]] = {**folder.modules, folder.path: folder.files}
        self.path = folder.path
        self.request_blocks = {id(request.block) for request in folder.requests}
        self.folders: dict[str, ModuleFolder] = {}

    def root(self) -> Instance:
        instance = Instance("", self.folder(self.path))
        self.descend(instance, (self.path,))
        return instance

    def folder(self, path: str) -> ModuleFolder:
        if path not in self.folders:
            self.folders[path] = describe(path, self.files[path])
        return self.folders[path]

    def descend(self, instance: Instance, above: tuple[str, ...]) -> None:
        for definition in instance.folder.of_kind(MODULE):
            if id(definition.block) in self.request_blocks:
                instance.requests[definition.name] = definition
                continue
            path = called_folder(definition, instance.folder.path)
            # A module that calls itself has no end: Terraform is not asked to find out.
            if path is None or path not in self.files or path in above:
                continue
            child = Instance(instance.address_of(definition.name), self.folder(path), instance, definition)
            instance.children[definition.name] = child
            self.descend(child, (*above, path))


def describe(path: str, files: tuple[File, ...]) -> ModuleFolder:
    """The definitions of a folder, by kind and name."""
    found: dict[tuple[str, str], list[Definition]] = {}
    for file in files:
        clean = _without_comments(file)
        for block in file.body.blocks:
            if block.type == "locals":
                for name, attribute in block.body.attributes.items():
                    definition = Definition(LOCAL, name, file, block, clean, attribute)
                    found.setdefault((LOCAL, name), []).append(definition)
            elif block.type in _KINDS and len(block.labels) == 1:
                name = block.labels[0].text
                definition = Definition(block.type, name, file, block, clean)
                found.setdefault((block.type, name), []).append(definition)
    return ModuleFolder(path, files, {key: tuple(definitions) for key, definitions in found.items()})


def _without_comments(file: File) -> bytes:
    text = bytearray(file.source.data)
    for comment in file.comments:
        text[comment.start : comment.end] = _NOT_LINE_END.sub(b" ", text[comment.start : comment.end])
    return bytes(text)


def called_folder(definition: Definition, from_path: str) -> str | None:
    """The folder, as a path in the repository, that a module block calls by a local source."""
    attribute = definition.attributes.get("source")
    source = attribute.value.value if attribute and isinstance(attribute.value, Constant) else None
    if not isinstance(source, str) or not source.startswith(("./", "../")):
        return None
    path = normpath(f"{from_path}/{source}")
    return None if path == ".." or path.startswith(("../", "/")) else path
