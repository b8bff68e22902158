"""One module block, edited step by step; the file is read again after each step.

Each method is one change of one value. Raises CannotEdit, with the place, where a value is not written out.
"""

import re
from collections.abc import Sequence
from itertools import pairwise

from aftgen.editing.containers import Container, Text
from aftgen.editing.layout import Splice, spliced
from aftgen.editing.refusal import cannot
from aftgen.hcl import text as hcl_text
from aftgen.hcl.nodes import (
    Attribute,
    Block,
    Call,
    Constant,
    Expr,
    Item,
    Numeral,
    Object,
    Source,
    Tuple,
)
from aftgen.hcl.syntax import parse
from aftgen.hcl.values import number, to_string
from aftgen.reader.model import CUSTOMIZATION, Request


class BlockEditor:
    """Edits the block of a request. :attr:`file` is the file as it is after the steps so far."""

    def __init__(self, request: Request) -> None:
        self.file = request.file
        self._index = request.file.body.blocks.index(request.block)

    @property
    def block(self) -> Block:
        return self.file.body.blocks[self._index]

    @property
    def text(self) -> Text:
        return Text(self.file)

    def splice(self, splices: Sequence[Splice]) -> None:
        """Apply splices of the file as it is now. Raises CannotEdit when the result is no HCL."""
        if not splices:
            return
        source = self.file.source
        after = parse(Source(source.path, spliced(source.data, splices), source.has_bom))
        if after.problems or len(after.body.blocks) < len(self.file.body.blocks):
            raise cannot(self.file, splices[0].start, "this is written in a way that cannot be edited here")
        self.file = after

    def set_entry(self, argument: str, key: str, value: str) -> None:
        """One key of an argument's object becomes a text."""
        self.set_rendered(argument, key, hcl_text.quote(value))

    def set_rendered(self, argument: str, key: str, rendered: str) -> None:
        """One key of an argument's object becomes a rendered value (lines indented in twos)."""
        write = f"{hcl_text.key(key)} = {rendered}"
        attribute = self.block.body.attributes.get(argument)
        if attribute is None:
            entry = "\n".join(f"  {line}" for line in write.split("\n"))
            self._insert_attribute(argument, f"{{\n{entry}\n}}")
            return
        found = self._object(attribute, write)
        item = self._item(found, key, write)
        if item is None:
            self._insert_item(found, key, rendered)
        else:
            self._replace(item.value, rendered, write)

    def remove_entry(self, argument: str, key: str) -> None:
        """One key of an argument's object is taken out."""
        write = f"{argument} without {hcl_text.key(key)}"
        found = self._object(self.block.body.attributes[argument], write)
        self._item(found, key, write)
        numbers = [number for number, item in enumerate(found.items) if key_of(item.key) == key]
        self.splice(Container.of(self.text, found).removed(numbers))

    def set_customization(self, name: str) -> None:
        """``account_customizations_name`` becomes a text."""
        attribute = self.block.body.attributes.get(CUSTOMIZATION)
        rendered = hcl_text.quote(name)
        if attribute is None:
            self._insert_attribute(CUSTOMIZATION, rendered)
        else:
            self._replace(attribute.value, rendered, f"{CUSTOMIZATION} = {rendered}")

    def set_label(self, label: str) -> None:
        """The block's label becomes another, in quotes where it had them."""
        old = self.block.labels[0]
        quoted = self.file.source.data[old.start : old.start + 1] == b'"'
        self.splice([Splice(old.start, old.end, (f'"{label}"' if quoted else label).encode())])

    def entry(self, argument: str, key: str) -> Expr | None:
        """The expression of one key, or None when the key is not written out."""
        attribute = self.block.body.attributes.get(argument)
        if attribute is None or not isinstance(attribute.value, Object):
            return None
        return next((item.value for item in reversed(attribute.value.items) if key_of(item.key) == key), None)

    def insert_into(self, found: Object, key: str, rendered: str) -> None:
        """A new key of any object of the block."""
        self._insert_item(found, key, rendered)

    def unit(self) -> str:
        """What one step of indentation is here."""
        attribute = next(iter(self.block.body.attributes.values()), None)
        inner = self.text.indentation(attribute.start) if attribute else b""
        outer = self.text.indentation(self.block.start)
        step = inner[len(outer) :] if inner.startswith(outer) else inner
        return step.decode() or "  "

    def _object(self, attribute: Attribute, write: str) -> Object:
        if not isinstance(attribute.value, Object):
            what = "a call of a function" if isinstance(attribute.value, Call) else "an expression"
            raise cannot(self.file, attribute.value.start, f"{attribute.name} is {what}", write)
        for item in attribute.value.items:
            if key_of(item.key) is None:
                raise cannot(self.file, item.key.start, "this key is not written out", write)
        return attribute.value

    def _item(self, found: Object, key: str, write: str) -> Item | None:
        """The entry of a key; the last of several, which is the one that counts."""
        return next((item for item in reversed(found.items) if key_of(item.key) == key), None)

    def _replace(self, value: Expr, rendered: str, write: str) -> None:
        if not is_literal(value):
            raise cannot(
                self.file, value.start, "the value is an expression, not a text that is written out", write
            )
        data = self.file.source.data
        indentation = self.text.indentation(value.start)
        end = self.text.line_end
        lines = rendered.split("\n")
        unit = self.unit()
        shifted = [lines[0].encode()]
        for line in lines[1:]:
            bare = line.lstrip(" ")
            shifted.append(indentation + (unit * ((len(line) - len(bare)) // 2) + bare).encode())
        new = end.join(shifted)
        if data[value.start : value.end] != new:
            self.splice([Splice(value.start, value.end, new)])

    def _insert_item(self, found: Object, key: str, rendered: str) -> None:
        text, data = self.text, self.file.source.data
        container = Container.of(text, found)
        shown, between = hcl_text.key(key), " = "
        inline = False
        if found.items:
            last = found.items[-1]
            extent = text.extent(last.value, text.extent(last.key, container.open + 1).end)
            middle = data[text.extent(last.key, container.open + 1).end : extent.start].decode()
            if all(data[item.key.start : item.key.start + 1] == b'"' for item in found.items):
                shown = hcl_text.quote(key)
            if ":" in middle and not middle.replace(":", "").strip():
                between = middle
            inline = text.is_one_line(container.members[-1].end, container.close)
        else:
            inline = self._is_inside_one_line(found)
        if inline:
            rendered = one_line(rendered)
        self.splice(container.inserted([f"{shown}{between}{rendered}"], inline=inline, unit=self.unit()))

    def _is_inside_one_line(self, found: Object) -> bool:
        """Whether another object or list around this one begins and ends on its line."""
        for attribute in self.block.body.attributes.values():
            for expr in attribute.value.walk():
                outside = expr.start < found.start and found.end < expr.end
                if (
                    outside
                    and isinstance(expr, Object | Tuple)
                    and self.text.is_one_line(expr.start, expr.end)
                ):
                    return True
        return False

    def _insert_attribute(self, name: str, rendered: str) -> None:
        """A new argument, behind the one that stands before it in AFT's own example."""
        text, attributes = self.text, self.block.body.attributes
        order = _EXAMPLE_ORDER[: _EXAMPLE_ORDER.index(name)]
        before = [attributes[known] for known in order if known in attributes]
        after = max(before or list(attributes.values()), key=lambda attribute: attribute.end)
        at = text.end_of_line(text.extent(after.value, after.start).end)
        indentation, end, unit = text.indentation(after.start), text.line_end, self.unit()
        if not text.is_first_on_line(after.start):
            raise cannot(self.file, after.start, "this block is written on one line", f"{name} = {rendered}")
        lines = []
        for line in f"{name} = {rendered}".split("\n"):
            bare = line.lstrip(" ")
            lines.append(indentation + (unit * ((len(line) - len(bare)) // 2) + bare).encode())
        blank = end if len(lines) > 1 or not text.is_one_line(after.start, after.value.end) else b""
        self.splice([Splice(at, at, end + blank + end.join(lines))])


_EXAMPLE_ORDER = (
    "source",
    "control_tower_parameters",
    "account_tags",
    "change_management_parameters",
    "custom_fields",
    "account_customizations_name",
)


_ALIGNED = re.compile(r'^("(?:[^"\\]|\\.)*"|[\w-]+) +=\s')


def key_of(expr: Expr) -> str | None:
    """The key that an expression in key position is, or None when only evaluating tells."""
    if isinstance(expr, Constant) and isinstance(expr.value, str):
        return expr.value
    if isinstance(expr, Numeral):
        converted = to_string(number(expr.text))
        return converted if isinstance(converted, str) else None
    return None


def is_literal(expr: Expr) -> bool:
    """Whether an expression is written out: texts, numbers, lists and objects of them, or JSON of those."""
    if isinstance(expr, Constant | Numeral):
        return True
    if isinstance(expr, Object):
        return all(key_of(item.key) is not None and is_literal(item.value) for item in expr.items)
    if isinstance(expr, Tuple):
        return all(is_literal(item) for item in expr.items)
    return isinstance(expr, Call) and expr.name == "jsonencode" and all(map(is_literal, expr.arguments))


def one_line(rendered: str) -> str:
    """A rendered value of several lines on one."""
    parts = [_ALIGNED.sub(r"\1 = ", line.strip()) for line in rendered.split("\n")]
    joined = parts[0]
    for before, part in pairwise(parts):
        closes = part[:1] in ("}", "]", ")")
        opens = before[-1:] in ("{", "[", "(") or before.endswith(",")
        space = "" if before.endswith(("[", "(")) or part[:1] in ("]", ")") else " "
        joined += (space if opens or closes else ", ") + part
    return joined
