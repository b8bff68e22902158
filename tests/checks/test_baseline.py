"""Old findings hide behind a baseline, new ones do not, and the file only shrinks."""

from pathlib import Path

import pytest
from aftgen.checks.baseline import compare, dump, fingerprint, load
from aftgen.errors import UsageError
from check_repositories import EXAMPLE, check, request, sound, write

_UPPER = 'control_tower_parameters = {\n  AccountEmail = "A@example.com"\n}\n'


def _saved(tmp_path: Path, text: str) -> Path:
    repository = sound(tmp_path / "repository")
    write(tmp_path / "repository", {EXAMPLE: text})
    file = tmp_path / "baseline.json"
    file.write_text(dump(check(repository).findings), encoding="utf-8")
    return file


def test_moved_lines_hide_what_they_hid(tmp_path: Path) -> None:
    file = _saved(tmp_path, request(_UPPER) + request(label="twin").replace("aws+example@", "a@"))
    repository = sound(tmp_path / "repository")
    write(
        tmp_path / "repository",
        {EXAMPLE: "# a new line\n\n" + request(_UPPER) + request(label="twin").replace("aws+example@", "a@")},
    )
    findings = check(repository).findings
    assert [finding.rule for finding in findings] == ["E001", "E003", "N002", "E001", "N002"]
    compared = compare(findings, load(file))
    assert (compared.new, compared.hidden, compared.vanished) == ((), 5, ())


def test_a_new_finding_and_a_vanished_one(tmp_path: Path) -> None:
    file = _saved(tmp_path, request(_UPPER))
    repository = sound(tmp_path / "repository")
    write(tmp_path / "repository", {EXAMPLE: request("account_tags = null\n")})
    compared = compare(check(repository).findings, load(file))
    assert [finding.rule for finding in compared.new] == ["M008"]
    assert compared.hidden == 0
    assert compared.vanished == ("E003 module.example",)


def test_an_entry_hides_as_many_as_it_counted(tmp_path: Path) -> None:
    file = _saved(tmp_path, request(_UPPER))
    finding = check(sound(tmp_path / "repository")).findings[0]
    compared = compare([finding, finding], load(file))
    assert (len(compared.new), compared.hidden) == (1, 1)


def test_the_file_is_the_same_for_the_same_findings(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(_UPPER + "account_tags = null\n")})
    findings = check(repository).findings
    assert dump(findings) == dump(tuple(reversed(findings)))
    assert len({fingerprint(finding) for finding in findings}) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "the baseline cannot be read: No such file or directory"),
        (b"\xff", "the baseline is not UTF-8 text"),
        (b"nope", "the baseline is not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"[]", "the baseline has version None, this release reads 1"),
        (b'{"version": 2}', "the baseline has version 2, this release reads 1"),
        (b'{"version": 1}', "the baseline has no list of findings"),
        (b'{"version": 1, "findings": [1]}', "finding 1 of the baseline has no fingerprint"),
        (
            b'{"version": 1, "findings": [{"fingerprint": "x", "count": 0}]}',
            "finding 1 of the baseline has the count 0",
        ),
    ],
)
def test_files_that_are_no_baseline(tmp_path: Path, content: bytes | None, message: str) -> None:
    file = tmp_path / "baseline.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        load(file)
    assert caught.value.message == message
    assert caught.value.place == str(file)
