"""Writes the kept part of a Terraform file: every kept byte where it was, and blanks for everything else.

Kept expressions are copied byte for byte, so that Terraform evaluates what the author wrote, and the offsets
in its diagnostics are the author's.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from aftgen.evaluate.functions import PURE, calls_in_text, name_without_namespace
from aftgen.evaluate.modules import LOCAL, MODULE, VARIABLE, Definition
from aftgen.hcl.nodes import Block, Call, File, Reference

_NOT_LINE_END = re.compile(rb"[^\n]")
_VARIABLE_ARGUMENTS = frozenset({"type", "default", "nullable", "sensitive", "ephemeral"})


@dataclass(frozen=True, slots=True)
class Kept:
    """A definition with the arguments of it that stay."""

    definition: Definition
    arguments: frozenset[str]


def native(file: File, kept: Iterable[Kept]) -> bytes:
    """The kept part of a ``.tf`` file, of the same length."""
    data = file.source.data
    result = bytearray(_NOT_LINE_END.sub(b" ", data))

    def keep(start: int, end: int) -> None:
        result[start:end] = clean[start:end]

    for kept_definition in kept:
        definition = kept_definition.definition
        clean = definition.clean
        block = definition.block
        opening = clean.index(b"{", block.header_end)
        keep(block.start, block.header_end)
        keep(opening, opening + 1)
        keep(block.end - 1, block.end)
        for name, attribute in definition.attributes.items():
            if name in kept_definition.arguments:
                keep(attribute.start, attribute.end)
        if definition.kind == VARIABLE:
            for inner in block.body.of_type("validation"):
                if _is_self_contained(inner, definition.name, file):
                    keep(inner.start, inner.end)
    return bytes(result)


def arguments_of(definition: Definition, needed: Iterable[str]) -> frozenset[str]:
    """The arguments of a definition that are kept."""
    if definition.kind == LOCAL:
        return frozenset({definition.name})
    if definition.kind == VARIABLE:
        return _VARIABLE_ARGUMENTS
    if definition.kind == MODULE:
        return frozenset(needed)
    return frozenset({"value", "sensitive"})


def _is_self_contained(validation: Block, variable: str, file: File) -> bool:
    """Whether a validation uses its own variable and pure functions only."""
    if validation.body.blocks or calls_in_text(file.source.data[validation.start : validation.end]):
        return False
    for attribute in validation.body.attributes.values():
        for inner in attribute.value.walk():
            if isinstance(inner, Call) and name_without_namespace(inner.name) not in PURE:
                return False
            if (
                isinstance(inner, Reference)
                and inner.root != "var"
                and inner.root not in _binds(attribute.value)
            ):
                return False
            if isinstance(inner, Reference) and inner.root == "var" and inner.steps[:1] != (variable,):
                return False
    return True


def _binds(expr: Any) -> set[str]:
    return {name for inner in expr.walk() for name in getattr(inner, "binds", ())}


def json_document(keep: Kept) -> bytes:
    """One kept definition of a ``.tf.json`` file, as a file of its own."""
    definition = keep.definition
    document = json.loads(definition.file.source.data)
    content = _content(document, definition)
    body: Mapping[str, Any] = content if isinstance(content, dict) else {}
    chosen = {name: value for name, value in body.items() if name in keep.arguments}
    labelled = chosen if definition.kind == LOCAL else {definition.name: chosen}
    block_type = "locals" if definition.kind == LOCAL else definition.kind
    return json.dumps({block_type: labelled}, ensure_ascii=False).encode()


def _content(document: Any, definition: Definition) -> Any:
    """The object in a JSON document that a definition was read from."""
    block_type = "locals" if definition.kind == LOCAL else definition.kind
    found = document.get(block_type, {}) if isinstance(document, dict) else {}
    for part in found if isinstance(found, list) else [found]:
        if not isinstance(part, dict):
            continue
        if definition.kind == LOCAL and definition.name in part:
            return part
        inner = part.get(definition.name)
        if isinstance(inner, list):
            inner = inner[0] if inner else None
        if inner is not None and definition.kind != LOCAL:
            return inner
    return {}


def json_strings(definition: Definition, argument: str) -> Iterator[str]:
    """Every string, keys included, in one argument of a definition in a ``.tf.json`` file."""
    content = _content(json.loads(definition.file.source.data), definition)
    waiting = [content.get(argument)] if isinstance(content, dict) else []
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            waiting += [*value, *value.values()]
        elif isinstance(value, list):
            waiting += value


_LOCAL_NAME = re.compile(r"[^A-Za-z0-9]+")


def json_name(definition: Definition, number: int) -> str:
    """A file name for one definition of a ``.tf.json`` file; an override file stays one."""
    stem = definition.file.source.path.rsplit("/", 1)[-1].removesuffix(".tf.json")
    suffix = "_override" if stem == "override" or stem.endswith("_override") else ""
    return f"{_LOCAL_NAME.sub('_', stem)}_{number}{suffix}.tf.json"
