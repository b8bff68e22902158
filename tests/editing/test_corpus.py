"""Every edit of every file of the corpus: the bytes it changes, what real Terraform then reads, its layout.

The oracle shares no code with the edits: it compares tokens and lines of the text before and after.
"""

import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aftgen.editing.edit import Edited
from aftgen.editing.refusal import CannotEdit
from aftgen.errors import Refused
from aftgen.reader.folder import read
from aftgen.repository import Repository
from aftgen.request_row import RequestRow, rows
from editing.edits_of_corpus import EDITS, FILES, OU, REASON, work
from terraform.stand_in import terraform, write_stand_in_module

BOM = b"\xef\xbb\xbf"
_ACCESS = ("grant-set", "grant-principal", "revoke-principal", "revoke-set", "no-grants", "retire")
#: What is written as an expression, and where the refusal must point.
REFUSED = {
    **{("access_local", edit): "29:14" for edit in _ACCESS},
    ("expression_grants", "no-grants"): "31:16",
    ("expression_grants", "retire"): "31:16",
    ("locals_ou", "ou"): "9:33",
    ("merge_tags", "tag-new"): "17:18",
    ("merge_tags", "tag-change"): "17:18",
    ("merge_tags", "tag-gone"): "17:18",
    ("template_values", "tag-change"): "18:12",
    ("template_values", "field-change"): "28:12",
    # Without its one text, Terraform would keep the numbers of this map as numbers, which AFT cannot store.
    ("numbers", "field-gone"): "1",
}
_TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|#[^\n]*|//[^\n]*|/\*.*?\*/|[\w.@:/-]+|\S', re.DOTALL)
#: A value that becomes another: what stood there in most files, and what is put there.
_REPLACED = {
    "ou": ('"Sandbox"', f'"{OU}"'),
    "tag-change": ('"dev"', '"production"'),
    "field-change": ('"payments"', '"other"'),
    "customization": ('"workload"', '"sandbox"'),
}
#: What an insertion may bring, and the objects around it where they were not there.
_INSERTED = {
    "tag-new": '"a-new-tag-key" = "new" account_tags = { }',
    "field-new": 'budget "budget" = "10" custom_fields = { }',
    "grant-set": 'ReadOnlyAccess "ReadOnlyAccess" = ["group:auditors"]',
    "grant-principal": 'AdministratorAccess "AdministratorAccess" = ["group:platform-admins"]',
}
_DECLARATION = 'custom_fields = { access "access" = jsonencode ( { version = 1 grants = { } } ) }'
_REMOVED = ("tag-gone", "field-gone", "revoke-principal", "revoke-set")
#: A declaration that is a JSON text is written anew.
_JSON_TEXT = ("access_json_text", "access_heredoc")


@dataclass(frozen=True, slots=True)
class Done:
    """One file after one edit."""

    file: str
    edit: str
    before: bytes
    after: bytes
    row: RequestRow

    @property
    def id(self) -> str:
        return f"{self.file}-{self.edit}"


@dataclass(frozen=True, slots=True)
class Results:
    done: tuple[Done, ...]
    refused: dict[tuple[str, str], Refused]


def the_row(edited: Edited) -> RequestRow:
    assert edited.after is not None
    return RequestRow.of(edited.after)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    root = tmp_path_factory.mktemp("corpus")
    done, refused = [], {}
    for name, content in FILES.items():
        at = work(root, content)
        for edit, run in EDITS.items():
            try:
                edited = run(at)
            except Refused as error:
                refused[name, edit] = error
                continue
            if edited is not None and edited.changes:
                (change,) = edited.changes
                assert change.before == content
                assert change.after is not None
                done.append(Done(name, edit, content, change.after, the_row(edited)))
    return Results(tuple(done), refused)


def test_the_corpus_is_large_and_most_of_it_can_be_edited(results: Results) -> None:
    assert len(FILES) >= 80
    assert len(results.done) >= 900
    assert Counter(one.edit for one in results.done)["ou"] == len(FILES) - 1


def test_only_what_is_not_written_out_is_refused_and_with_its_place(results: Results) -> None:
    assert results.refused.keys() == REFUSED.keys()
    for key, error in results.refused.items():
        assert error.place == f"terraform/payments.tf:{REFUSED[key]}", key
        assert error.hint, key
    assert isinstance(results.refused["locals_ou", "ou"], CannotEdit)
    assert f'ManagedOrganizationalUnit = "{OU}"' in (results.refused["locals_ou", "ou"].hint or "")


def tokens(text: bytes) -> list[str]:
    return _TOKEN.findall(text.decode())


def middle(before: list[Any], after: list[Any]) -> tuple[list[Any], list[Any]]:
    """What differs, without what is the same at both ends."""
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return before[start : len(before) - end], after[start : len(after) - end]


def loosened(line: bytes) -> bytes:
    """A line without the spaces that align it."""
    return re.sub(rb" +(=|#|//)", rb" \1", line)


def test_every_line_that_the_edit_does_not_concern_stays_byte_for_byte(results: Results) -> None:
    for one in results.done:
        gone, came = middle(one.before.splitlines(keepends=True), one.after.splitlines(keepends=True))
        # Lines of the group that was aligned anew are the same but for the spaces of the alignment.
        really_gone = Counter(map(loosened, gone)) - Counter(map(loosened, came))
        really_came = Counter(map(loosened, came)) - Counter(map(loosened, gone))
        multi_line = one.edit in ("no-grants", "retire", "label", "reason") or "heredoc" in one.file
        most = 40 if multi_line or one.edit.startswith(("grant", "revoke")) else 4
        assert really_gone.total() <= most, one.id
        assert really_came.total() <= max(most, 12 if one.edit.startswith("grant") else 6), one.id
        if one.edit in ("ou", "tag-change", "customization") and "heredoc" not in one.file:
            assert really_gone.total() <= 1, one.id


def occurrences_replaced(text: bytes, old: bytes, new: bytes) -> Iterator[bytes]:
    start = text.find(old)
    while start != -1:
        yield text[:start] + new + text[start + len(old) :]
        start = text.find(old, start + 1)


def test_a_value_is_replaced_where_it_stands(results: Results) -> None:
    """All bytes but the value's, and but the spaces before a comment behind it, which fmt aligns."""
    otherwise = []
    for one in results.done:
        if one.edit not in _REPLACED:
            continue
        old, new = (text.encode() for text in _REPLACED[one.edit])
        candidates = set(occurrences_replaced(one.before, old, new))
        if b"#" not in one.before:
            found = one.after in candidates
        else:
            found = loosened(one.after) in set(map(loosened, candidates))
        if not found:
            otherwise.append(one.id)
            # It had another value, or none: then the entry came in, and at most one value went.
            gone, came = middle(tokens(one.before), tokens(one.after))
            assert len(gone) <= 24, one.id
            assert new.decode() in came, one.id
    assert len(otherwise) < 60, otherwise


def test_an_insertion_brings_its_entry_and_takes_nothing(results: Results) -> None:
    checked = 0
    for one in results.done:
        if one.edit not in _INSERTED or (one.edit.startswith("grant") and one.file in _JSON_TEXT):
            continue
        gone, came = middle(tokens(one.before), tokens(one.after))
        around = _DECLARATION if one.edit.startswith("grant") else ""
        allowed = Counter(tokens(f"{_INSERTED[one.edit]} {around}".encode())) + Counter({",": 3, ":": 9})
        assert not Counter(gone) - Counter(came) - Counter([",", "{", "}", "[", "]"]), one.id
        assert not Counter(came) - Counter(gone) - allowed, one.id
        checked += 1
    assert checked > 250


def test_a_removal_takes_its_entry_and_brings_nothing(results: Results) -> None:
    checked = 0
    for one in results.done:
        if one.edit not in _REMOVED or (one.edit.startswith("revoke") and one.file in _JSON_TEXT):
            continue
        left = iter(tokens(one.before))
        assert all(token in left for token in tokens(one.after)), one.id
        assert len(tokens(one.before)) - len(tokens(one.after)) <= 24, one.id
        checked += 1
    assert checked > 180


def test_line_ends_marks_and_last_lines_stay(results: Results) -> None:
    for one in results.done:
        assert one.after.startswith(BOM) == one.before.startswith(BOM), one.id
        assert one.after.count(BOM) == one.before.count(BOM), one.id
        if b"\r\n" in one.before:
            assert one.after.count(b"\n") == one.after.count(b"\r\n"), one.id
        else:
            assert b"\r" not in one.after, one.id
        assert one.after.endswith(b"\n") == one.before.endswith(b"\n"), one.id
        if b"\t" in one.before:
            edited = one.after.split(b"moved {")[0]
            assert not re.search(rb"^ ", edited, re.MULTILINE), one.id
        else:
            assert b"\t" not in one.after, one.id


def test_comments_stay_but_for_those_on_a_line_that_goes(results: Results) -> None:
    comment = re.compile(rb"(?:#|//)[^\r\n]*|/\*.*?\*/", re.DOTALL)
    for one in results.done:
        if one.edit in ("tag-gone", "field-gone", "revoke-principal", "revoke-set", "no-grants", "retire"):
            continue
        if one.edit == "reason" or "heredoc" in one.file:
            continue
        lost = Counter(comment.findall(one.before)) - Counter(comment.findall(one.after))
        assert not lost, (one.id, lost)


@pytest.mark.terraform
def test_a_file_that_was_formatted_stays_formatted(results: Results, tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / f"{name}.tf").write_bytes(content)
    for one in results.done:
        (tmp_path / f"{one.file}@{one.edit}.tf").write_bytes(one.after)
    listed = terraform(tmp_path, "fmt", "-check", "-list=true", "-no-color")
    assert not listed.stderr
    unformatted = {Path(line).stem for line in listed.stdout.splitlines()}
    clean = FILES.keys() - unformatted
    assert len(clean) >= 55
    assert {stem for stem in unformatted if stem.partition("@")[0] in clean} == set()


@pytest.mark.terraform
def test_terraform_reads_what_the_edit_meant(results: Results, tmp_path: Path) -> None:
    """One Terraform run for all: each edited file is a module of its own, called by the root."""
    chosen = [one for number, one in enumerate(results.done) if number % 3 == len(one.file) % 3]
    calls = []
    write_stand_in_module(tmp_path / "request")
    for number, one in enumerate(chosen):
        folder = tmp_path / f"case{number}"
        folder.mkdir()
        text = one.after.replace(b'"./modules/aft-account-request"', b'"../request"')
        (folder / "main.tf").write_bytes(text)
        calls.append(f'module "case{number}" {{\n  source = "./case{number}"\n}}\n')
    (tmp_path / "main.tf").write_text("".join(calls))
    started = terraform(tmp_path, "init", "-input=false", "-no-color")
    assert started.returncode == 0, started.stderr
    planned = terraform(tmp_path, "plan", "-input=false", "-no-color", "-out=plan")
    assert planned.returncode == 0, planned.stderr
    shown = json.loads(terraform(tmp_path, "show", "-json", "plan").stdout)
    items = dict(_items(shown["planned_values"]["root_module"]))
    assert len(chosen) > 300
    for number, one in enumerate(chosen):
        assert items[f"module.case{number}.{one.row.address}"] == one.row.item(), one.id


def _items(module: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for resource in module.get("resources", []):
        yield module["address"], json.loads(resource["values"]["input"])
    for child in module.get("child_modules", []):
        yield from _items(child)


def test_the_reason_arrives_whatever_is_in_it(results: Results) -> None:
    reasons = {
        one.row.change_management_parameters["change_reason"] for one in results.done if one.edit == "reason"
    }
    assert reasons == {REASON}


def test_a_second_time_changes_nothing(results: Results, tmp_path: Path) -> None:
    repeatable = [
        one for one in results.done if one.edit in ("ou", "tag-new", "grant-set", "retire", "customization")
    ]
    for one in repeatable[::5]:
        again = EDITS[one.edit](work(tmp_path, one.after))
        assert again is not None
        assert list(again.changes) == [], one.id


def test_other_requests_of_the_file_keep_their_rows(results: Results, tmp_path: Path) -> None:
    for one in results.done:
        if not one.file.startswith("many_modules"):
            continue
        before, after = (rows(work_rows(tmp_path, text)) for text in (one.before, one.after))
        others = [[row.item() for row in found if row.name != "payments"] for found in (before, after)]
        assert others[0] == others[1], one.id
        assert len(others[0]) == 2


def work_rows(root: Path, content: bytes) -> Any:
    folder = root / "terraform"
    folder.mkdir(exist_ok=True)
    (folder / "payments.tf").write_bytes(content)
    return read(Repository(root=root, requests=folder)).requests


def test_git_and_patch_read_the_difference(results: Results, tmp_path: Path) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not on PATH")
    for one in [found for found in results.done if found.edit == "tag-new"][::6]:
        target = tmp_path / "terraform" / "payments.tf"
        edited = EDITS["tag-new"](work(tmp_path, one.before))
        assert edited is not None
        text = edited.changes[0].diff().encode()
        applied = subprocess.run(
            ["git", "apply", "-"],
            cwd=tmp_path,
            input=text,
            capture_output=True,
            check=False,
        )
        assert applied.returncode == 0, (one.id, applied.stderr)
        assert target.read_bytes() == one.after, one.id
