"""Strict YAML: text stays as written, and what hides something is refused with its place."""

import pytest
from aftgen import source_tree, yaml_text
from aftgen.source_tree import NotReadable


def plain(text: str, *not_text: source_tree.Path) -> object:
    tree = yaml_text.read(text)
    assert tree is not None
    return source_tree.plain(tree, not_text)


@pytest.mark.parametrize(
    "scalar",
    [
        "007",
        "yes",
        "123456",
        "1.10",
        "true",
        "null",
        "~",
        "2026-11-24",
        "0x1F",
        "1e3",
        "1_000",
        "no",
        "=",
        "<<",
    ],
)
def test_unquoted_scalars_keep_the_text_that_was_written(scalar: str) -> None:
    assert plain(f"tag: {scalar}\nlist: [{scalar}]\n") == {"tag": scalar, "list": [scalar]}


def test_quotes_blocks_and_nothing() -> None:
    assert plain("a: '007'\nb: \"x\\ny\"\nc: |\n  1\n  2\nd:\ne: ''\n") == {
        "a": "007",
        "b": "x\ny",
        "c": "1\n2\n",
        "d": None,
        "e": "",
    }


def test_only_named_paths_become_numbers_and_booleans() -> None:
    text = "version: 1\ntags: {a: {required: true}, b: {required: 'true'}}\nname: 1\n"
    assert plain(text, ("version",), ("tags", "*", "required")) == {
        "version": 1,
        "tags": {"a": {"required": True}, "b": {"required": "true"}},
        "name": "1",
    }


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "the key 'a' is given twice, first on line 1"),
        ("a: &x 1\n", 1, 4, "the anchor '&x' is not read: write the value where it is used"),
        ("a: *x\n", 1, 4, "the alias '*x' is not read: write the value out"),
        ("a: !!python/object/apply:os.system [id]\n", 1, 4, "the tag "
        "!!python/object/apply:os.system is not read: write plain values"),
        ("a: !!str 7\n", 1, 4, "the tag !!str is not read: write plain values"),
        ("a: !Ref x\n", 1, 4, "the tag !Ref is not read: write plain values"),
        ("a: 1\n---\nb: 2\n", 2, 1, "there is more than one document ('---'): write one list instead"),
        ("[" * 30, 1, 22, "this is nested more than 20 deep"),
        ("? [a]\n: b\n", 1, 3, "a key must be text"),
        ("a: b\n c: d\n", 2, 3, "this is not YAML: mapping values are not allowed in this context"),
        ("a: \x01\n", 1, 4, "the file holds the control character U+0001"),
    ],
)  # fmt: skip
def test_refusals_name_their_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(NotReadable) as caught:
        yaml_text.read(text)
    assert (caught.value.message, caught.value.line, caught.value.column) == (message, line, column)


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n", "\n\n"])
def test_nothing_is_none(text: str) -> None:
    assert yaml_text.read(text) is None


def test_the_place_of_a_value_or_of_what_is_around_it() -> None:
    tree = yaml_text.read("a:\n  b:\n    - x\n    - y\nc: {d: e}\n")
    assert tree is not None
    assert source_tree.at(tree, ("a", "b", 1)) == (4, 7)
    assert source_tree.at(tree, ("a", "b")) == (2, 3)
    assert source_tree.at(tree, ("c", "d")) == (5, 8)
    assert source_tree.at(tree, ("c", "nothing")) == (5, 1)
    assert source_tree.at(tree, ()) == (1, 1)
