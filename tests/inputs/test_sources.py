"""YAML, JSON and CSV are read into the same requests, or refused with the place of what is wrong."""

from pathlib import Path

import pytest
from aftgen.errors import AftgenError, Problems
from aftgen.inputs import document, source, table
from aftgen.inputs.raw import Given, RequestInput

WANTED = RequestInput(
    name="payments-prod",
    ou="Workloads/Prod",
    reason="two\nlines",
    tags={"cost-center": "007", "on": "yes"},
    custom_fields={"budget": "1.50"},
    grants={"ReadOnlyAccess": ("group:auditors", "user:a@example.com")},
)
YAML = """\
- name: payments-prod
  ou: Workloads/Prod
  reason: "two\\nlines"
  tags: {cost-center: 007, on: yes}
  custom_fields: {budget: 1.50}
  grants:
    ReadOnlyAccess: [group:auditors, "user:a@example.com"]
"""
JSON = """\
{"name": "payments-prod", "ou": "Workloads/Prod", "reason": "two\\nlines",
 "tags": {"cost-center": "007", "on": "yes"}, "custom_fields": {"budget": 1.50},
 "grants": {"ReadOnlyAccess": ["group:auditors", "user:a@example.com"]}}
"""
CSV = """\
name,ou,reason,tag:cost-center,tag:on,field:budget,grant:ReadOnlyAccess
payments-prod,Workloads/Prod,"two
lines",007,yes,1.50,group:auditors; user:a@example.com
"""


def read(raw: bytes | str, suffix: str, folder: Path) -> list[Given]:
    file = folder / f"in.{suffix}"
    file.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    found = source.read(str(file), None)
    return table.read(found) if found.format == "csv" else document.read(found)


@pytest.mark.parametrize(("text", "suffix"), [(YAML, "yaml"), (YAML, "yml"), (JSON, "json"), (CSV, "csv")])
@pytest.mark.parametrize(
    "change", [str, lambda text: "\ufeff" + text, lambda text: text.replace("\n", "\r\n")]
)
def test_every_format_gives_the_same_request(text: str, suffix: str, change: object, tmp_path: Path) -> None:
    assert callable(change)
    (given,) = read(change(text), suffix, tmp_path)
    values = given.values
    assert values.model_copy(update={"reason": (values.reason or "").replace("\r\n", "\n")}) == WANTED


def test_places(tmp_path: Path) -> None:
    (given,) = read(YAML, "yaml", tmp_path)
    assert given.place(("tags", "on")) == f"{tmp_path}/in.yaml:4:32"
    (given,) = read(JSON, "json", tmp_path)
    assert given.place(("grants", "ReadOnlyAccess")) == f"{tmp_path}/in.json:3:13"
    assert given.place(("email",)) == f"{tmp_path}/in.json:1:1"
    (given,) = read(CSV, "csv", tmp_path)
    assert given.place(("tags", "on")) == f"{tmp_path}/in.csv:2 (tag:on)"
    assert given.place(("email",)) == f"{tmp_path}/in.csv:2 (email)"
    assert given.place(()) == f"{tmp_path}/in.csv:2"


def test_rows_count_the_lines_of_the_file(tmp_path: Path) -> None:
    given = read('name,reason\na,"1\n2\n3"\n\n , \nb,x\n', "csv", tmp_path)
    assert [(one.values.name, one.place(())) for one in given] == [
        ("a", f"{tmp_path}/in.csv:2"),
        ("b", f"{tmp_path}/in.csv:7"),
    ]


def test_an_empty_mapping_of_grants_is_not_no_grants(tmp_path: Path) -> None:
    (given,) = read("name: a\ngrants: {}\n", "yaml", tmp_path)
    assert given.values.grants == {}
    (given,) = read("name: a\n", "yaml", tmp_path)
    assert given.values.grants is None


REFUSED = [
    ("yaml", b"", "", "the input is empty"),
    ("csv", b" \n", "", "the input is empty"),
    ("yaml", b"a\0b", "", "the input is not text (it holds a NUL byte)"),
    ("yaml", b"name: a\nou: \xff\n", ":2", "the input is not UTF-8 text: save it as UTF-8"),
    ("csv", "name\nx\n".encode("utf-16"), "", "the input is UTF-16 text: save it as UTF-8"),
    ("csv", b"x" * (10 * 1024 * 1024 + 1), "", "the input has more than 10 MB"),
    ("yaml", b"- name: &a x\n", ":1:9", "the anchor '&a' is not read: write the value where it is used"),
    ("yaml", b"hello\n", ":1:1", "the input is not a request"),
    ("yaml", b"[]\n", "", "the input holds no request"),
    ("json", b"[]", "", "the input holds no request"),
    ("json", b'{"name": "a", "name": "b"}', ":1:15", "the key 'name' is given twice, first on line 1"),
    ("json", b'{"name": "a"}}', ":1:14", "nothing may follow the first value"),
    ("json", b'{"name": "a",}', ":1:14", "this is not JSON: a key in double quotes is expected here"),
    ("json", b'{"name": 01}', ":1:10", "this is not JSON: a value is expected here"),
    ("json", b'{"name" "a"}', ":1:9", "this is not JSON: ':' is expected here"),
    ("json", b'{"name": "a" "ou": 1}', ":1:14", "this is not JSON: ',' or '}' is expected here"),
    ("json", b'[' * 1000, ":1:22", "this is nested more than 20 deep"),
    ("json", b'{"name": "a', ":1:10", "this is not JSON: unterminated string starting at"),
    ("csv", b"name,reason\na,\"b\n", ":2", "this is not CSV: unexpected end of data"),
    ("csv", b"name,ou\n", "", "there is a header and no request below it"),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "raw", "place", "message"), REFUSED)
def test_what_cannot_be_read(suffix: str, raw: bytes, place: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(AftgenError) as caught:
        read(raw, suffix, tmp_path)
    assert (caught.value.message, caught.value.place) == (message, f"{tmp_path}/in.{suffix}{place}")
    assert caught.value.exit_code == 2


SEVERAL = [
    ("csv", "name,name,foo,tag:,,nmae\nx\n", [
        ":1: the column 'name' is there twice, as 1 and 2",
        ":1: the column 'foo' is not known",
        ":1: the column 'tag:' names nothing after ':'",
        ":1: column 5 has no name",
        ":1: the column 'nmae' is not known: did you mean 'name'?",
    ]),
    ("csv", "name;ou\na;b\n", [":1: columns are separated by ',' here, not by ';'"]),
    ("csv", "ou\nSandbox\n", [":1: there is no column 'name'"]),
    ("csv", "name,ou\na\nb,c\nd,e,f\n", [
        ":2: the row has 1 cell, the header 2",
        ":4: the row has 3 cells, the header 2",
    ]),
    ("yaml", "- nmae: a\n  tags: [x]\n- name: {a: b}\n  grants: {Admin: 'group:a'}\n- 7\n", [
        ":2:3: tags must be a mapping (key: value), not a list",
        ":1:9: 'nmae' is not known here: did you mean 'name'?",
        ":3:3: name must be text, not a mapping",
        ":4:3: grants: Admin must be a list, such as [group:auditors]",
        ":5:3: this must be a mapping (key: value), not text",
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("suffix", "text", "problems"), SEVERAL)
def test_all_problems_are_named_at_once(suffix: str, text: str, problems: list[str], tmp_path: Path) -> None:
    with pytest.raises(Problems) as caught:
        read(text, suffix, tmp_path)
    assert list(caught.value.problems) == [f"{tmp_path}/in.{suffix}{problem}" for problem in problems]
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "this is a folder, not a file of requests"),
        ("nothing.yaml", "there is no such file"),
        ("file.txt", "the file's name does not say its format"),
    ],
)
def test_files_that_are_not_there(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("name: a\n")
    with pytest.raises(AftgenError) as caught:
        source.read(str(tmp_path / name), None if name else "yaml")
    assert caught.value.message == message


def test_a_format_that_is_given_counts(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("name\na\n")
    assert source.read(str(tmp_path / "file.txt"), "csv").format == "csv"
