"""JSON configuration means what the same configuration means in native syntax."""

import json
from decimal import Decimal

import pytest
from aftgen.hcl.nodes import File, Opaque, Source
from aftgen.hcl.static import Scope, evaluate
from aftgen.hcl.values import Unknown, Value
from aftgen.reader.json_syntax import BROKEN_TEMPLATE, parse


def _read(document: object) -> File:
    text = document if isinstance(document, str) else json.dumps(document)
    return parse(Source.of("a.tf.json", text.encode()))


def _local(value: object) -> Value:
    (block,) = _read({"locals": {"x": value}}).body.blocks
    return evaluate(block.body.attributes["x"].value, Scope({}, {"v": "V", "n": Decimal("1.50")}))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("plain", "plain"),
        ("e\u0301", "é"),
        ('back\\slash "quote"', 'back\\slash "quote"'),
        ("${var.v}", "V"),
        ("${var.n}", Decimal("1.50")),
        ("a-${var.v}\n", "a-V\n"),
        ("${var.v}\n", "V\n"),
        ("$${var.v}", "${var.v}"),
        ("%%{ if }", "%{ if }"),
        ("EOT\n${var.v}\nEOT", "EOT\nV\nEOT"),
        ('${"${var.v}"}', "V"),
        (1.5, Decimal("1.5")),
        (True, True),
        (None, None),
        ([1, "${var.v}"], [Decimal(1), "V"]),
        ({"${var.v}-k": "x", "plain": {"a": "b"}}, {"V-k": "x", "plain": {"a": "b"}}),
        ("${upper(var.v)}", Unknown("upper()")),
        ("%{ if true }x%{ endif }", Unknown("an expression")),
    ],
)
def test_value(given: object, expected: Value) -> None:
    found = _local(given)
    assert isinstance(found, Unknown) if isinstance(expected, Unknown) else found == expected


def test_numbers_keep_their_digits() -> None:
    (block,) = _read('{"locals": {"x": 12345678901234567890.10}}').body.blocks
    assert evaluate(block.body.attributes["x"].value, Scope()) == Decimal("12345678901234567890.10")


def test_an_expression_that_cannot_be_read() -> None:
    (block,) = _read({"locals": {"x": "${1 +}"}}).body.blocks
    value = block.body.attributes["x"].value
    assert isinstance(value, Opaque)
    assert value.kind == BROKEN_TEMPLATE


def test_blocks_and_labels() -> None:
    file = _read(
        {
            "//": "comment",
            "module": {"a": {"source": "./m", "//": "x"}, "b": [{"source": "./n"}]},
            "resource": {"aws_x": {"y": {}}},
            "moved": [{"from": "module.a", "to": "module.b"}],
        }
    )
    found = [
        (block.type, [label.text for label in block.labels], sorted(block.body.attributes))
        for block in file.body.blocks
    ]
    assert found == [
        ("module", ["a"], ["source"]),
        ("module", ["b"], ["source"]),
        ("resource", ["aws_x", "y"], []),
        ("moved", [], ["from", "to"]),
    ]


@pytest.mark.parametrize(
    ("text", "message", "start"),
    [
        ("[]", "the file must hold one JSON object", 0),
        ("{", "not JSON: Expecting property name enclosed in double quotes", 1),
        ('{"é": }', "not JSON: Expecting value", 7),
        ("[" * 100_000, "the JSON is nested too deeply", 0),
    ],
)
def test_problem(text: str, message: str, start: int) -> None:
    (problem,) = _read(text).problems
    assert (problem.message, problem.start) == (message, start)
