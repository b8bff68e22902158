"""Reads HCL native syntax with tree-sitter into :mod:`aftgen.hcl.nodes`. The only place that knows it.

tree-sitter-hcl accepts a little more than Terraform does (line breaks in quoted strings, two arguments on
one line, an argument given twice, unknown escapes); what would make Terraform refuse the file is reported
here as a problem, so that a file without problems is one that ``terraform fmt`` reads too.
"""

import re
from functools import cache

from tree_sitter import Language, Node, Parser
from tree_sitter_hcl import language

from aftgen.hcl import literals
from aftgen.hcl.faults import UNKNOWN_ESCAPE, first_error
from aftgen.hcl.nodes import (
    Attribute,
    Block,
    Body,
    Call,
    Comment,
    Constant,
    Expr,
    File,
    Item,
    Label,
    Numeral,
    Object,
    Opaque,
    Reference,
    Source,
    SyntaxProblem,
    Template,
    Tuple,
)
from aftgen.limits import normalise

_PLAIN = frozenset({"literal_value", "template_expr", "collection_value"})
_OPERANDS = _PLAIN | {"function_call", "for_expr", "conditional", "operation"}
_NUMBER = re.compile(rb"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")

#: The kind of a template that Terraform reads in another way than this parser.
AMBIGUOUS = "ambiguous_template"


@cache
def _parser() -> Parser:
    return Parser(Language(language()))


def parse(source: Source) -> File:
    """Read one file. Never raises: what cannot be read is in :attr:`File.problems`."""
    try:
        source.data.decode("utf-8")
    except UnicodeDecodeError as error:
        problem = SyntaxProblem("the file is not UTF-8 text", error.start, error.start + 1)
        return File(source, Body(), (), (problem,))
    nul = source.data.find(b"\0")
    if nul != -1:
        return File(source, Body(), (), (SyntaxProblem("the file holds a NUL byte", nul, nul + 1),))
    try:
        return _Reader(source).file()
    except RecursionError:
        return File(source, Body(), (), (SyntaxProblem("the file is nested too deeply", 0, 1),))


class _Reader:
    """One pass over one syntax tree."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.data = source.data
        self.problems: list[SyntaxProblem] = []

    def file(self) -> File:
        data = literals.without_escaped_braces(self.data)
        root = _parser().parse(data).root_node
        if root.has_error and (plain := literals.without_exponents(data)) != data:
            root = _parser().parse(plain).root_node
        comments = []
        body = Body()
        for child in root.children:
            if child.type == "comment":
                comments.append(self._comment(child))
            elif child.type == "body":
                body = self._body(child, comments)
            else:
                self._problem("a block or an argument is expected here", child.start_byte, child.end_byte)
        if root.has_error:
            # The first mistake explains the others; what was salvaged behind it is not judged.
            self.problems = [first_error(root, self.data)]
        self.problems.sort(key=lambda problem: problem.start)
        return File(self.source, body, tuple(comments), tuple(self.problems))

    def _text(self, node: Node) -> str:
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _problem(self, message: str, start: int, end: int) -> None:
        self.problems.append(SyntaxProblem(message, start, end))

    def _comment(self, node: Node) -> Comment:
        return Comment(self._text(node), node.start_byte, node.end_byte)

    def _comments_inside(self, node: Node, comments: list[Comment]) -> None:
        for child in node.children:
            if child.type == "comment":
                comments.append(self._comment(child))
            elif child.child_count:
                self._comments_inside(child, comments)

    def _body(self, node: Node, comments: list[Comment]) -> Body:
        attributes: dict[str, Attribute] = {}
        blocks: list[Block] = []
        previous_end = -1
        for child in node.children:
            kind = child.type
            if kind == "comment":
                comments.append(self._comment(child))
                continue
            if kind not in ("attribute", "block"):
                continue
            start = child.start_byte
            if previous_end >= 0 and b"\n" not in self.data[previous_end:start]:
                self._problem("this must begin on a new line", start, child.end_byte)
            previous_end = child.end_byte
            if kind == "attribute":
                attribute = self._attribute(child, comments)
                if attribute is None:
                    continue
                if attribute.name in attributes:
                    self._problem(
                        f"{attribute.name!r} is given twice",
                        attribute.start,
                        attribute.start + len(attribute.name.encode()),
                    )
                attributes.setdefault(attribute.name, attribute)
            else:
                blocks.append(self._block(child, comments))
        return Body(attributes, tuple(blocks))

    def _attribute(self, node: Node, comments: list[Comment]) -> Attribute | None:
        name = ""
        value: Expr | None = None
        for child in node.children:
            if child.type == "identifier":
                name = self._text(child)
            elif child.type == "expression":
                value = self._expression(child)
                if b"#" in self.data[child.start_byte : child.end_byte] or (
                    b"/" in self.data[child.start_byte : child.end_byte]
                ):
                    self._comments_inside(child, comments)
            elif child.type == "comment":
                comments.append(self._comment(child))
        if value is None:
            return None
        return Attribute(name, value, node.start_byte, node.end_byte)

    def _block(self, node: Node, comments: list[Comment]) -> Block:
        block_type = ""
        labels: list[Label] = []
        body = Body()
        header_end = node.start_byte
        for child in node.children:
            kind = child.type
            if kind == "identifier" and not block_type:
                block_type = self._text(child)
                header_end = child.end_byte
            elif kind == "identifier":
                labels.append(Label(self._text(child), child.start_byte, child.end_byte))
                header_end = child.end_byte
            elif kind == "string_lit":
                labels.append(Label(self._quoted_literal(child), child.start_byte, child.end_byte))
                header_end = child.end_byte
            elif kind == "block_start":
                if b"\n" in self.data[header_end : child.start_byte]:
                    self._problem(
                        "the '{' of a block stands on the line of its name", child.start_byte, child.end_byte
                    )
            elif kind == "body":
                body = self._body(child, comments)
            elif kind == "comment":
                comments.append(self._comment(child))
        return Block(block_type, tuple(labels), body, node.start_byte, node.end_byte, header_end)

    def _expression(self, node: Node) -> Expr:
        """An ``expression`` node: one operand, perhaps followed by attribute and index steps."""
        children = [child for child in node.children if child.type != "comment"]
        if len(children) == 1:
            return self._operand(children[0])
        if len(children) == 3 and children[0].type == "(":
            return self._expression(children[1])
        if children and children[0].type == "variable_expr":
            reference = self._reference(children)
            if reference.end == node.end_byte:
                return reference
        return self._opaque(node)

    def _operand(self, node: Node) -> Expr:
        kind = node.type
        start, end = node.start_byte, node.end_byte
        if kind == "literal_value":
            return self._literal(node.children[0])
        if kind == "template_expr":
            template = node.children[0]
            if template.type == "heredoc_template":
                return self._heredoc(template)
            return self._quoted_template(template)
        if kind == "variable_expr":
            return Reference(start, end, self._text(node))
        if kind == "collection_value":
            collection = node.children[0]
            if collection.type == "object":
                return self._object(collection)
            items = tuple(
                self._expression(child) for child in collection.children if child.type == "expression"
            )
            return Tuple(start, end, items)
        if kind == "function_call":
            return self._call(node)
        if kind == "expression":
            return self._expression(node)
        return self._opaque(node)

    def _literal(self, node: Node) -> Expr:
        start, end = node.start_byte, node.end_byte
        kind = node.type
        if kind == "string_lit":
            return Constant(start, end, self._quoted_literal(node))
        if kind == "numeric_lit":
            if not _NUMBER.fullmatch(self.data, start, end):
                self._problem("this is not a decimal number", start, end)
            return Numeral(start, end, self._text(node))
        if kind == "bool_lit":
            return Constant(start, end, self.data[start:end] == b"true")
        return Constant(start, end, None)

    def _reference(self, nodes: list[Node]) -> Reference:
        """A name with the attribute and literal index steps after it, up to one that needs evaluation."""
        steps: list[str | int] = []
        end = nodes[0].end_byte
        for node in nodes[1:]:
            step = self._step(node)
            if step is None:
                break
            steps.append(step)
            end = node.end_byte
        return Reference(nodes[0].start_byte, end, self._text(nodes[0]), tuple(steps))

    def _step(self, node: Node) -> str | int | None:
        if node.type == "get_attr":
            return self._text(node.children[-1])
        if node.type != "index" or not node.children:
            return None
        index = node.children[0]
        if index.type == "legacy_index":
            return int(self._text(index).lstrip(". "))
        inner = next((child for child in index.children if child.type == "expression"), None)
        value = self._expression(inner) if inner is not None else None
        if isinstance(value, Constant) and isinstance(value.value, str):
            return value.value
        if isinstance(value, Numeral) and value.text.isdigit():
            return int(value.text)
        return None

    def _object(self, node: Node) -> Object:
        items = []
        previous_end = -1
        for child in node.children:
            if child.type != "object_elem":
                continue
            key_node, value_node = child.child_by_field_name("key"), child.child_by_field_name("val")
            if key_node is None or value_node is None:
                continue
            between = self.data[previous_end : child.start_byte] if previous_end >= 0 else b"\n"
            if b"\n" not in between and b"," not in between:
                self._problem(
                    "a new line or a comma is missing before this", child.start_byte, child.end_byte
                )
            key = self._expression(key_node)
            if isinstance(key, Reference) and not key.steps and self.data[key_node.start_byte] != ord("("):
                key = Constant(key.start, key.end, normalise(key.root))
            elif isinstance(key, Constant) and not isinstance(key.value, str):
                # HCL reads a bare true, false or null in key position as the word itself.
                key = Constant(key.start, key.end, self._text(key_node))
            value = self._expression(value_node)
            previous_end = value.end
            items.append(Item(key, value))
        return Object(node.start_byte, node.end_byte, tuple(items))

    def _call(self, node: Node) -> Call:
        arguments: list[Expr] = []
        expands = False
        name = ""
        for child in node.children:
            if child.type == "identifier":
                name = self._text(child)
            elif child.type == "function_arguments":
                for argument in child.children:
                    if argument.type == "expression":
                        arguments.append(self._expression(argument))
                    elif argument.type == "ellipsis":
                        expands = True
        return Call(node.start_byte, node.end_byte, name, tuple(arguments), expands)

    def _opaque(self, node: Node) -> Opaque:
        inside: list[Expr] = []
        binds: list[str] = []
        self._collect(node, inside, binds)
        kind = node.children[0].type if node.type == "for_expr" else node.type
        return Opaque(node.start_byte, node.end_byte, kind, tuple(inside), tuple(binds))

    def _collect(self, node: Node, inside: list[Expr], binds: list[str]) -> None:
        children = node.children
        for index, child in enumerate(children):
            kind = child.type
            if kind == "expression":
                inside.append(self._expression(child))
            elif kind == "variable_expr":
                inside.append(self._reference(children[index:]))
            elif kind in _OPERANDS:
                inside.append(self._operand(child))
            elif kind == "identifier" and node.type in ("for_intro", "template_for_start"):
                binds.append(self._text(child))
            elif child.child_count:
                self._collect(child, inside, binds)

    def _quoted_literal(self, node: Node) -> str:
        inner = self.data[node.start_byte + 1 : node.end_byte - 1].decode("utf-8", "replace")
        return normalise(self._unquote(inner, node.start_byte + 1))

    def _unquote(self, text: str, offset: int) -> str:
        if "\n" in text:
            self._problem("this text has no closing quote on its line", offset - 1, offset)
        if literals.has_unknown_escape(text):
            self._problem(UNKNOWN_ESCAPE, offset, offset + 1)
        if literals.has_interpolation(text):
            self._problem("this text cannot hold ${…} or %{…}", offset, offset + 1)
        return literals.unquote(text)

    def _quoted_template(self, node: Node) -> Expr:
        children = node.children
        return self._template(node, children[1:-1], node.start_byte + 1, node.end_byte - 1, quoted=True)

    def _template(self, node: Node, children: list[Node], start: int, end: int, *, quoted: bool) -> Expr:
        """The parts of a template; text is taken from the bytes between the interpolations."""
        parts: list[str | Expr] = []
        cursor = start
        for child in children:
            if child.type == "template_directive":
                return self._opaque(node)
            if child.type != "template_interpolation":
                continue
            inner = next((part for part in child.children if part.type == "expression"), None)
            data = self.data[child.start_byte : child.end_byte]
            if inner is None or data.startswith(b"${~") or data.endswith(b"~}"):
                # What a strip marker takes away depends on how HCL cuts the text around it.
                return self._opaque(node)
            text = self._template_text(cursor, child.start_byte, quoted)
            if text:
                parts.append(text)
            parts.append(self._expression(inner))
            cursor = child.end_byte
        text = self._template_text(cursor, end, quoted)
        if text or not parts:
            parts.append(text)
        if len(parts) == 1 and isinstance(parts[0], str):
            return Constant(node.start_byte, node.end_byte, normalise(parts[0]))
        return Template(node.start_byte, node.end_byte, tuple(parts))

    def _template_text(self, start: int, end: int, quoted: bool) -> str:
        text = self.data[start:end].decode("utf-8", "replace")
        return self._unquote(text, start) if quoted else literals.unescape_template(text)

    def _heredoc(self, node: Node) -> Expr:
        first_line = self.data.find(b"\n", node.start_byte) + 1
        closing = node.children[-1]
        last_line = self.data.rfind(b"\n", 0, closing.start_byte) + 1
        marker = self._text(closing)
        if any(
            line.lstrip().startswith(marker)
            for line in self.data[first_line:last_line].decode("utf-8", "replace").split("\n")
        ):
            # tree-sitter loses its way in such a line, and Terraform may end the heredoc there.
            return Opaque(node.start_byte, node.end_byte, AMBIGUOUS)
        interpolated = any(
            child.type in ("template_interpolation", "template_directive") for child in node.children
        )
        indented = self.data[node.start_byte : node.start_byte + 3] == b"<<-"
        if interpolated and indented:
            # Its indentation is computed over all parts; Terraform knows, this reader does not.
            return self._opaque(node)
        if interpolated:
            return self._template(node, list(node.children), first_line, last_line, quoted=False)
        text = self.data[first_line:last_line].decode("utf-8", "replace")
        if indented:
            flushed = literals.flush(text)
            if flushed is None:
                return self._opaque(node)
            text = flushed
        return Constant(node.start_byte, closing.end_byte, normalise(literals.unescape_template(text)))
