"""A value that the reader gives is the value that Terraform has; everything else is unknown, and why."""

from decimal import Decimal
from pathlib import Path

import pytest
from aftgen.hcl.nodes import Source
from aftgen.hcl.static import Scope, evaluate
from aftgen.hcl.syntax import parse
from aftgen.hcl.values import Unknown, Value, is_known
from evaluate.real_terraform import values
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

#: Expressions and what they are; a value that is Unknown must not be guessed.
EXPRESSIONS: dict[str, Value] = {
    '"a"': "a",
    '"$${x}"': "${x}",
    '"$$$${x}"': "$$${x}",
    '"%%{x}"': "%{x}",
    '"$"': "$",
    '"$$"': "$$",
    '"100%"': "100%",
    '"\\u00e9"': "é",
    '"\\U0001F600"': "😀",
    '"e\\u0301"': "é",
    '"a${"e"}\u0301"': "aé",
    '"\\r\\n\\t\\"\\\\"': '\r\n\t"\\',
    '"\\u0024{x}"': "${x}",
    '"\\u0024\\u0024{x}"': "$${x}",
    '"$\\u0024{x}"': "$${x}",
    '"${"nested"}"': "nested",
    '"${"a"}${"b"}"': "ab",
    '"${1}"': Decimal(1),
    '"${true}"': True,
    '"a${1.50}"': "a1.5",
    '"a${true}"': "atrue",
    '"${"}"}"': "}",
    '"# no // comment /* here */"': "# no // comment /* here */",
    '("x")': "x",
    '(("x"))': "x",
    "007": Decimal(7),
    "1.50": Decimal("1.5"),
    "1e3": Decimal(1000),
    "1E-2": Decimal("0.01"),
    "12345678901234567890123": Decimal("12345678901234567890123"),
    "true": True,
    "null": None,
    "{ a = null }": {"a": None},
    '{ true = "x", null = "y", 1 = "z", 1.5 = "q" }': {"true": "x", "null": "y", "1": "z", "1.5": "q"},
    '{ "a" : 1, ("b") = 2, "${"c"}x" = 3 }': {"a": Decimal(1), "b": Decimal(2), "cx": Decimal(3)},
    '[1, "a", null,\n]': [Decimal(1), "a", None],
    "<<EOT\na\n  b\\n $${x}\nEOT": "a\n  b\\n ${x}\n",
    "<<EOT\nEOT": "",
    '<<EOT\n${"x"}\nEOT': "x\n",
    "<<-EOT\n    a\n      b\n\n   \n    c\n    EOT": "a\n  b\n\n   \nc\n",
    "<<-EOT\n\ta\n\t\tb\n    EOT": "a\n\tb\n",
    (
        'jsonencode({ b = 1, a = [true, null, "<&>\\u2028é"], c = 1.50 })'
    ): '{"a":[true,null,"\\u003c\\u0026\\u003e\\u2028é"],"b":1,"c":1.5}',
    "jsonencode(1e21)": "1000000000000000000000",
    "jsonencode(1e-7)": "0.0000001",
    'jsonencode("\\u007f\\u0001\\"\\n")': '"\x7f\\u0001\\"\\n"',
    'merge({ a = 1 }, { a = "x", b = 2 })': {"a": "x", "b": Decimal(2)},
    "merge({ a = { x = 1 } }, { a = { y = 2 } })": {"a": {"y": Decimal(2)}},
    '"%{ if true }a%{ endif }"': Unknown("a template directive"),
    '"a ${~ "b" ~} c"': Unknown("a template directive"),
    '<<-EOT\n  a ${"x"}\n    b\n  EOT': Unknown("a template"),
    "-5": Unknown("an operation"),
    '{ a = "x" }.a': Unknown("an expression"),
    '({ a = "x" }).a': Unknown("an expression"),
    "[for x in [1] : x]": Unknown("a for expression"),
    "true ? 1 : 2": Unknown("a conditional"),
    'upper("a")': Unknown("upper()"),
    "1e200": Unknown("the number 1e200"),
}


def _value(expression: str, scope: Scope | None = None) -> Value:
    file = parse(Source.of("m.tf", f"x = {expression}\n".encode()))
    assert file.problems == ()
    return evaluate(file.body.attributes["x"].value, scope or Scope())


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS.items())
def test_value(expression: str, expected: Value) -> None:
    found = _value(expression)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.terraform
def test_terraform_has_the_same_values(tmp_path: Path) -> None:
    known = {text: value for text, value in EXPRESSIONS.items() if is_known(value)}
    assert dict(zip(known, values(tmp_path, list(known)), strict=True)) == known


def test_locals_and_variables() -> None:
    file = parse(
        Source.of("m.tf", b'a = { b = ["x", "y"] }\nc = "${local.a.b[1]}-${var.v}"\nself = local.self\n')
    )
    scope = Scope({name: item.value for name, item in file.body.attributes.items()}, {"v": Decimal("1.50")})
    assert _value("local.c", scope) == "y-1.5"
    assert _value("local.a.b", scope) == ["x", "y"]
    assert _value("local.a.none", scope) == Unknown("local.a.none")
    assert _value("local.self", scope) == Unknown("local.self, which refers to itself")
    assert _value("local.none", scope) == Unknown("local.none, which is not defined")
    assert _value("var.none", scope) == Unknown("var.none")
    assert _value("each.key", scope) == Unknown("for_each")
    assert _value("data.x.y.z", scope) == Unknown("data.x.y.z")


_PIECES = st.sampled_from(
    [
        "a",
        "é",
        "e\u0301",
        "\\n",
        "\\t",
        '\\"',
        "\\\\",
        "$",
        "%",
        "$$",
        "%%",
        "$${",
        "%%{",
        "$$${",
        "%%%{",
        "{",
        "}",
        "~",
        "\\u0041",
        "\\u0301",
        "\\U0001F600",
        "\\u0000",
        "\\u0024",
        "\\u007b",
        " ",
        "\t",
        "\u00a0",
        "\u2028",
        "\u0085",
        "#",
        "//",
        "/*",
        "*/",
        "'",
        '${"x"}',
        "${1.50}",
        "${true}",
        '${"a${"b"}c"}',
        "\ufeff",
        "\u200d",
        "\x7f",
    ]
)
_LINES = st.sampled_from(
    [
        "a",
        "é",
        "e\u0301",
        "\n",
        "\n  ",
        "\n    ",
        "\n\t",
        "\n \t ",
        " ",
        "\t",
        "$${",
        "%%{",
        "$",
        "%",
        "{",
        "}",
        '"',
        "\\",
        "\\n",
        "#",
        '${"x"}',
        "${1}",
        "\r\n",
        "\u2028",
        "\u00a0",
        "\u3000",
        "\x0b",
        "\x1c",
        "\u0085",
        "\n\n",
        "E",
        " EOT",
    ]
)


def _is_valid(text: str) -> bool:
    # "${" and "%{" that pieces make together begin an interpolation; those are other cases.
    bare = (
        text.replace('${"x"}', "").replace("${1.50}", "").replace("${true}", "").replace('${"a${"b"}c"}', "")
    )
    bare = bare.replace("${1}", "").replace("$${", ".").replace("%%{", ".")
    return "${" not in bare and "%{" not in bare


_QUOTED = st.lists(_PIECES, max_size=8).map("".join).filter(_is_valid).map('"{}"'.format)
_HEREDOC = st.builds(
    lambda flush, body, indent: f"<<{flush}EOT\n{body}\n{indent}EOT",
    st.sampled_from(["", "-"]),
    st.lists(_LINES, max_size=10)
    .map("".join)
    .filter(_is_valid)
    .filter(lambda text: "EOT" not in text.split("\n")),
    st.sampled_from(["", "  ", "\t"]),
)


@pytest.mark.terraform
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_QUOTED, min_size=120, max_size=160), st.lists(_HEREDOC, min_size=120, max_size=160))
def test_any_text_is_decoded_as_terraform_does(
    tmp_path_factory: pytest.TempPathFactory, quoted: list[str], heredocs: list[str]
) -> None:
    expressions = []
    for text in [*quoted, *heredocs]:
        file = parse(Source.of("m.tf", f"x = {text}\n".encode()))
        if not file.problems and is_known(evaluate(file.body.attributes["x"].value, Scope())):
            expressions.append(text)
    assert len(expressions) > 100
    expected = values(tmp_path_factory.mktemp("texts"), expressions)
    assert dict(zip(expressions, map(_value, expressions), strict=True)) == dict(
        zip(expressions, expected, strict=True)
    )
