"""What can be read, what cannot and why, and where each thing stands."""

from pathlib import Path

import pytest
from aftgen.hcl.nodes import (
    Call,
    Constant,
    Expr,
    File,
    Numeral,
    Object,
    Opaque,
    Reference,
    Source,
    Template,
    Tuple,
)
from aftgen.hcl.syntax import AMBIGUOUS, parse
from evaluate.real_terraform import accepts

_MODULE = 'module "b" {\n  source = "./m"\n  tags = {\n    x = "1"\n  }\n}\n'

#: Files that Terraform refuses, with the one problem that is reported: line, column, message.
REFUSED = {
    'module "a" {\n  tags = {\n    x = "1"\n  }\n' + _MODULE: (
        1,
        12,
        "this '{' is never closed (the next block begins on line 5)",
    ),
    'module "a" {\n  source = "./m"\n': (1, 12, "this '{' is never closed"),
    'module "a" {\n  x = "abc\n}\n' + _MODULE: (2, 7, "this text has no closing quote on its line"),
    'module "a {\n}\n': (1, 8, "this text has no closing quote on its line"),
    'module "a" {\n  x = [1, 2\n}\n': (3, 1, "the '[' of line 2 is not closed before this"),
    "x = jsonencode({a=1)\n": (1, 20, "the '{' of line 1 is not closed before this"),
    _MODULE + "}\n": (7, 1, "this '}' closes nothing"),
    "x = { a = 1 b = 2 }\n": (1, 13, "a new line or a comma is missing before this"),
    'module "a" {\n  source "./m"\n}\n': (2, 3, "a '=' is missing between the name and its value"),
    'module "a" {\n  source = \n}\n': (2, 3, "a value is missing after the '='"),
    "x = <<EOT\nabc\n": (1, 5, "the line EOT that closes this text is missing"),
    'module "a"\n{\n}\n': (2, 1, "the '{' of a block stands on the line of its name"),
    'module "a" { source = "./m" count = 1 }\n': (1, 29, "this must begin on a new line"),
    "x = 'abc'\n": (1, 5, 'text is written in double quotes: "…"'),
    "x = “abc”\n": (1, 5, 'text is written in double quotes: "…"'),
    'b "x" {\n 1a = 2\n}\n': (2, 2, "a name begins with a letter or '_'"),
    "a = 1,\nb = 2\n": (1, 6, "an argument ends with its line, without a comma"),
    "/* never closed\nx = 1\n": (1, 1, "this comment is never closed"),
    "<<<<<<< HEAD\nx = 1\n=======\nx = 2\n>>>>>>> b\n": (1, 1, "a merge conflict is left in the file"),
    "x = {\n a = 1;\n}\n": (2, 7, "';' has no meaning here"),
    'x = "a\\q"\n': (1, 7, 'text knows the escapes \\n \\r \\t \\" \\\\ \\uNNNN \\UNNNNNNNN only'),
    "x = 0x10\n": (1, 5, "this is not a decimal number"),
    "x = f(\n": (1, 6, "this '(' is never closed"),
    "x = 1 +\n": (2, 1, "a value is missing here"),
    "hello world\n": (1, 1, "unexpected 'hello world'"),
    "{}\n": (1, 1, "a block or an argument is expected here"),
    'module "${a}" {}\n': (1, 9, "this text cannot hold ${…} or %{…}"),
    "x = 1\nx = 2\n": (2, 1, "'x' is given twice"),
}

ACCEPTED = [
    'x = "$${a}"',
    'x = "$$$${a}"',
    'x = "%%%{"',
    'x = "100%"',
    "x = 1e3",
    "x = 1.5E-7",
    'module "a" { source = "./m" }',
    "variable x {\n  type = string\n}",
    'x = "${\n"a"\n}"',
    "x = { a : 1, b = 2,\n\n c = 3 }",
    "x = [1,\n2,\n]",
    "größe = 1\nа-б = 2",
    'x = /* c */ f /* ( */ ("a") // d',
    'x = "# no comment" # comment',
    "x = <<-EOT\n  a\n  EOT\ny = 1",
    'x = "\t"',
    'x = "%{ if true }a%{ else }b%{ endif }"',
    "x = local.a.*.b",
    "x = -1",
    "",
    "# only a comment",
]


def _read(text: str | bytes) -> File:
    return parse(Source.of("m.tf", text if isinstance(text, bytes) else text.encode()))


def _value(expression: str) -> Expr:
    file = _read(f"x = {expression}\n")
    assert file.problems == ()
    return file.body.attributes["x"].value


@pytest.mark.parametrize(("text", "expected"), REFUSED.items())
def test_problem(text: str, expected: tuple[int, int, str]) -> None:
    (problem,) = _read(text).problems
    position = _read(text).source.position(problem.start)
    assert (position.line, position.column, problem.message) == expected


@pytest.mark.parametrize("text", ACCEPTED)
def test_no_problem(text: str) -> None:
    assert _read(text + "\n").problems == ()


@pytest.mark.terraform
def test_terraform_refuses_and_accepts_the_same(tmp_path: Path) -> None:
    assert [text for text in REFUSED if accepts(tmp_path, text.encode())] == []
    assert [text for text in ACCEPTED if not accepts(tmp_path, text.encode() + b"\n")] == []


@pytest.mark.parametrize(
    ("raw", "start", "message"),
    [
        (b"x = 1\n\xff\n", 6, "the file is not UTF-8 text"),
        (b"x = 1\n\0", 6, "the file holds a NUL byte"),
        (b"\x7fELF\x02\x01\x01\0", 7, "the file holds a NUL byte"),
    ],
)
def test_binary_files(raw: bytes, start: int, message: str) -> None:
    (problem,) = _read(raw).problems
    assert (problem.start, problem.message) == (start, message)


def test_the_file_goes_on_being_read_after_a_mistake() -> None:
    file = _read(_MODULE + 'module "a" {\n  x = 1 2\n}\n' + _MODULE.replace('"b"', '"c"'))
    assert len(file.problems) == 1
    assert next(block.labels[0].text for block in file.body.of_type("module")) == "b"


def test_shapes_of_expressions() -> None:
    assert _value('"a"') == Constant(4, 7, "a")
    assert _value('("a")') == Constant(5, 8, "a")
    assert _value("1e3") == Numeral(4, 7, "1e3")
    assert _value("local.a.b") == Reference(4, 13, "local", ("a", "b"))
    assert _value('local.a["b"][0].c') == Reference(4, 21, "local", ("a", "b", 0, "c"))
    assert _value("local.l.0.x") == Reference(4, 15, "local", ("l", 0, "x"))
    assert _value("[1]") == Tuple(4, 7, (Numeral(5, 6, "1"),))
    assert _value('"a${var.b}"') == Template(4, 15, ("a", Reference(8, 13, "var", ("b",))))
    assert _value("{}") == Object(4, 6, ())


@pytest.mark.parametrize(
    ("expression", "references"),
    [
        ("(local.x).y", [("local", ("x",))]),
        ("(local.x)[0]", [("local", ("x",))]),
        ("local.x[each.key].y", [("local", ("x",)), ("each", ("key",))]),
        (
            "local.a.b == var.c ? data.d.e : f.g",
            [("local", ("a", "b")), ("var", ("c",)), ("data", ("d", "e")), ("f", ("g",))],
        ),
        ("!local.x.y", [("local", ("x", "y"))]),
        ("-local.x + local.y", [("local", ("x",)), ("local", ("y",))]),
        ("local.x[*].y", [("local", ("x",))]),
        ("local.x.*.y", [("local", ("x",))]),
        (
            "[for k, v in local.m : v.a if k != var.z]",
            [("local", ("m",)), ("v", ("a",)), ("k", ()), ("var", ("z",))],
        ),
        ('"%{ for q in local.l }${q}%{ endfor }"', [("local", ("l",)), ("q", ())]),
        ("yamldecode(local.t).x", [("local", ("t",))]),
        ("<<-EOT\n  ${local.x}\n  EOT", [("local", ("x",))]),
    ],
)
def test_references_inside(expression: str, references: list[tuple[str, tuple[str | int, ...]]]) -> None:
    found = [(inner.root, inner.steps) for inner in _value(expression).walk() if isinstance(inner, Reference)]
    assert found == references


def test_an_expression_with_a_step_after_parentheses_is_not_what_the_parentheses_hold() -> None:
    assert isinstance(_value('({ a = "x" }).a'), Opaque)


def test_names_that_a_loop_binds() -> None:
    value = _value("{ for k, v in local.m : k => [for x in v : x] }")
    assert isinstance(value, Opaque)
    assert (value.kind, value.binds) == ("for_object_expr", ("k", "v"))
    inner = value.inside[2]
    assert isinstance(inner, Opaque)
    assert (inner.kind, inner.binds) == ("for_tuple_expr", ("x",))


@pytest.mark.parametrize("text", ['file("x")', 'file ("x")', 'file /* ( */ ("x")', 'core::file("x")'])
def test_function_names(text: str) -> None:
    value = _value(text)
    assert isinstance(value, Call)
    assert value.name == ("core::file" if "::" in text else "file")
    assert next(argument for argument in value.arguments if isinstance(argument, Constant)).value == "x"


def test_extents_are_whole() -> None:
    text = 'a = ("x") # c\nb = <<EOT\nx\nEOT\nc = f(1) // d\n'
    file = _read(text)
    found = {name: file.source.text(item.start, item.end) for name, item in file.body.attributes.items()}
    assert found == {"a": 'a = ("x")', "b": "b = <<EOT\nx\nEOT", "c": "c = f(1)"}
    assert [comment.text for comment in file.comments] == ["# c", "// d"]


def test_comments_inside_expressions_are_found() -> None:
    file = _read("x = {\n  # one\n  a = /* two */ 1 // three\n}\n")
    assert [comment.text for comment in file.comments] == ["# one", "/* two */", "// three"]


@pytest.mark.parametrize("text", ["<<E\n\u00a0E\nE", "<<E\nE x\nE", "<<E\n  Ex ${1}\nE"])
def test_a_heredoc_that_terraform_might_end_elsewhere_is_not_read(text: str) -> None:
    value = _value(text)
    assert isinstance(value, Opaque)
    assert value.kind == AMBIGUOUS


def test_bare_words_as_keys_are_text() -> None:
    value = _value('{ true = 1, null = 2, e\u0301 = 3, (local.k) = 4, "${local.k}x" = 5 }')
    assert isinstance(value, Object)
    keys = [item.key for item in value.items]
    assert [key.value for key in keys if isinstance(key, Constant)] == ["true", "null", "é"]
    assert [type(key) for key in keys[3:]] == [Reference, Template]


def test_labels_and_one_line_blocks() -> None:
    file = _read('module /* a */ "x y" /* b */ { source = "./m" }\n')
    (block,) = file.body.blocks
    assert (block.type, [label.text for label in block.labels]) == ("module", ["x y"])
    assert file.source.text(block.start, block.end) == 'module /* a */ "x y" /* b */ { source = "./m" }'


@pytest.mark.parametrize("text", ['x = "é', 'x = "a\ufeff', 'x = f("日', 'module "日'])
def test_a_quote_that_is_never_closed_after_a_wide_character(text: str) -> None:
    assert parse(Source.of("a.tf", text.encode())).problems
