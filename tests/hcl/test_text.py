"""Text as HCL: what it says exactly, and that fmt and two parsers agree."""

import shutil
import subprocess
from pathlib import Path

import pytest
from aftgen.hcl import text
from aftgen.hcl.nodes import Constant, Source
from aftgen.hcl.syntax import parse
from aftgen.readback import _text
from hypothesis import given, settings
from hypothesis import strategies as st
from meaning.legal_texts import LINES, tag_keys, texts


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("", '""'),
        ("plain", '"plain"'),
        ('say "hi"', r'"say \"hi\""'),
        ("a\\b", r'"a\\b"'),
        ("a\nb\r\n\tc", r'"a\nb\r\n\tc"'),
        ("${x}", '"$${x}"'),
        ("%{if}", '"%%{if}"'),
        ("$x {y} %", '"$x {y} %"'),
        ("a${b} ${c}", '"a$${b} $${c}"'),
        # What the parsers other than Terraform's own would misread after doubling.
        ("${", r'"\u0024{"'),
        ("%{", r'"\u0025{"'),
        ("$${x}", r'"$\u0024{x}"'),
        ("%${x}", r'"%\u0024{x}"'),
        ("a\x00b\x7f\x85", r'"a\u0000b\u007f\u0085"'),
        ("user\u202egnp.exe", r'"user\u202egnp.exe"'),
        ("é 日本 😀", '"é 日本 😀"'),
    ],
)
def test_quote(given: str, written: str) -> None:
    assert text.quote(given) == written


@given(texts(*LINES, "\x00", "\x1f"))
@settings(max_examples=300, deadline=None)
def test_a_quoted_text_reads_back_with_either_parser(value: str) -> None:
    quoted = text.quote(value)
    file = parse(Source.of("a.tf", f"a = {quoted}\n".encode()))
    assert file.problems == ()
    read = file.body.attributes["a"].value
    assert isinstance(read, Constant)
    assert read.value == value
    assert _text(quoted) == value


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("env", "env"),
        ("Cost_Center2", "Cost_Center2"),
        ("cost-center", '"cost-center"'),
        ("ABC:Owner", '"ABC:Owner"'),
        ("2fa", '"2fa"'),
        ("", '""'),
        ("for", '"for"'),
        ("null", '"null"'),
        ("_x", "_x"),
        ("__comments__", '"__comments__"'),
        ("größe", '"größe"'),
        ("a${b}", '"a$${b}"'),
    ],
)
def test_key(given: str, written: str) -> None:
    assert text.key(given) == written


def test_the_equals_signs_of_a_group_are_aligned_and_a_block_of_lines_ends_it() -> None:
    entries = {"a": '"1"', "long_name": '"2"', "b": "[\n  1,\n]", "cc": '"3"', "日本": '"4"'}
    assert text.mapping(entries, indent=2) == (
        "{\n"
        '    a         = "1"\n'
        '    long_name = "2"\n'
        "    b = [\n"
        "      1,\n"
        "    ]\n"
        '    cc   = "3"\n'
        '    "日本" = "4"\n'
        "  }"
    )


def test_an_empty_mapping_is_written_on_one_line() -> None:
    assert text.mapping({}) == "{}"


def test_a_list_breaks_when_its_line_becomes_long() -> None:
    assert text.texts(["a", "b"], before=90) == '["a", "b"]'
    assert text.texts(["a", "b"], before=91) == '[\n  "a",\n  "b",\n]'
    assert text.texts([]) == "[]"


@pytest.mark.parametrize(
    ("given", "columns"),
    [("abc", 3), ('"日本"', 4), ('"👩‍👩‍👧"', 3), ('"각"', 3), ('"e\u0301"', 3), ('"\u0e33a\u0d4e"', 5)],
)
def test_width_counts_graphemes(given: str, columns: int) -> None:
    assert text.width(given) == columns


@pytest.mark.terraform
def test_terraform_fmt_keeps_the_alignment_of_any_tag_keys(tmp_path: Path) -> None:
    mappings: list[dict[str, str]] = []

    @given(st.dictionaries(tag_keys, st.sampled_from(['"x"', "[\n  1,\n]"]), min_size=1, max_size=6))
    @settings(max_examples=300, deadline=None, database=None, derandomize=True)
    def collect(entries: dict[str, str]) -> None:
        mappings.append(entries)

    collect()
    file = tmp_path / "keys.tf"
    blocks = [
        f"locals {{\n  v{number} = {text.mapping(entries, indent=2)}\n}}\n"
        for number, entries in enumerate(mappings)
    ]
    file.write_bytes("\n".join(blocks).encode())
    terraform = shutil.which("terraform")
    assert terraform is not None
    done = subprocess.run(
        [terraform, "fmt", "-check", "-diff", tmp_path], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
