"""Reads ``.tf.json`` files into the same nodes, as far as literals go.

JSON has no places for its values here: everything stands at the top of the file. A string with ``${`` or
``%{`` is a template, as Terraform reads it.
"""

import json
from typing import Any

from aftgen.hcl import syntax
from aftgen.hcl.nodes import (
    Attribute,
    Block,
    Body,
    Constant,
    Expr,
    File,
    Item,
    Label,
    Numeral,
    Object,
    Opaque,
    Source,
    SyntaxProblem,
    Template,
    Tuple,
)
from aftgen.limits import normalise


def parse(source: Source) -> File:
    """Read one JSON configuration file. Never raises."""
    try:
        document = json.loads(source.data.decode("utf-8"), parse_float=_Number, parse_int=_Number)
    except UnicodeDecodeError:
        return File(source, Body(), (), (SyntaxProblem("the file is not UTF-8 text", 0, 1),))
    except json.JSONDecodeError as error:
        at = len(error.doc[: error.pos].encode())
        return File(source, Body(), (), (SyntaxProblem(f"not JSON: {error.msg}", at, at + 1),))
    except RecursionError:
        return File(source, Body(), (), (SyntaxProblem("the JSON is nested too deeply", 0, 1),))
    if not isinstance(document, dict):
        return File(source, Body(), (), (SyntaxProblem("the file must hold one JSON object", 0, 1),))
    blocks: list[Block] = []
    for block_type, content in document.items():
        if block_type != "//":
            blocks.extend(_blocks(block_type, content, ()))
    return File(source, Body({}, tuple(blocks)), (), ())


#: The kind of an expression in JSON that cannot be read.
BROKEN_TEMPLATE = "a template in JSON"


class _Number(str):
    """A number as it stands in the file."""


_LABELS = {
    "module": 1,
    "variable": 1,
    "output": 1,
    "provider": 1,
    "check": 1,
    "resource": 2,
    "data": 2,
    "ephemeral": 2,
}


def _blocks(block_type: str, content: Any, labels: tuple[Label, ...]) -> list[Block]:
    if len(labels) < _LABELS.get(block_type, 0) and isinstance(content, dict):
        found = []
        for name, inner in content.items():
            found.extend(_blocks(block_type, inner, (*labels, Label(name, 0, 0))))
        return found
    if isinstance(content, list):
        return [block for item in content for block in _blocks(block_type, item, labels)]
    attributes = {}
    if isinstance(content, dict):
        for name, value in content.items():
            if name != "//":
                attributes[name] = Attribute(name, _expression(value), 0, 0)
    return [Block(block_type, labels, Body(attributes), 0, 0, 0)]


def _expression(value: Any) -> Expr:
    if isinstance(value, _Number):
        return Numeral(0, 0, str(value))
    if isinstance(value, str):
        return _template(value) if "${" in value or "%{" in value else Constant(0, 0, normalise(value))
    if isinstance(value, dict):
        items = tuple(Item(_expression(key), _expression(item)) for key, item in value.items())
        return Object(0, 0, items)
    if isinstance(value, list):
        return Tuple(0, 0, tuple(_expression(item) for item in value))
    return Constant(0, 0, value)


def _template(text: str) -> Expr:
    """A string with interpolations, which JSON writes as the text of a heredoc, without its last line end."""
    marker = "EOT"
    while marker in text:
        marker += "_"
    file = syntax.parse(Source("", f"x = <<{marker}\n{text}\n{marker}\n".encode("utf-8", "surrogatepass")))
    attribute = file.body.attributes.get("x")
    if file.problems or attribute is None:
        return Opaque(0, 0, BROKEN_TEMPLATE)
    value = attribute.value
    if isinstance(value, Template) and isinstance(value.parts[-1], str):
        parts = (*value.parts[:-1], value.parts[-1].removesuffix("\n"))
        return Template(0, 0, tuple(part for part in parts if part != ""))
    if isinstance(value, Constant) and isinstance(value.value, str):
        return Constant(0, 0, value.value.removesuffix("\n"))
    return value
