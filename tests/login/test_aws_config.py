"""Edits of a person's configuration file: the meaning that was asked for, and every other byte as it was."""

import os
import stat
from pathlib import Path

import pytest
from aftgen.errors import Refused
from aftgen.login.aws_config import merged, owned, parsed, read, write
from hypothesis import given
from hypothesis import strategies as st

SECTIONS = {
    "sso-session aftgen": {"sso_start_url": "https://example.awsapps.com/start", "sso_region": "eu-west-1"},
    "profile payments.Admin": {"sso_session": "aftgen", "sso_account_id": "000000000001"},
}
ADDED = (
    "[sso-session aftgen]\nsso_start_url = https://example.awsapps.com/start\nsso_region = eu-west-1\n\n"
    "[profile payments.Admin]\nsso_session = aftgen\nsso_account_id = 000000000001\n"
)
EXISTING = """# mine
[default]
region=us-east-1 ; not a comment

[profile work]
s3 =
  max_concurrent_requests = 20
  addressing_style = path
role_arn = arn:aws:iam::1:role/x   # neither
[profile "with space"]
output: json
[services local]
sso =
  endpoint_url = http://localhost:1
"""


def test_into_nothing() -> None:
    assert merged("", SECTIONS) == ADDED


def test_what_is_there_stays_and_the_rest_comes_after_it() -> None:
    assert merged(EXISTING, SECTIONS) == f"{EXISTING}\n{ADDED}"


def test_a_second_time_changes_nothing() -> None:
    once = merged(EXISTING, SECTIONS)
    assert merged(once, SECTIONS) == once


def test_line_ends_and_a_missing_last_one() -> None:
    text = "[default]\r\nregion = eu-west-1"
    assert merged(text, SECTIONS) == text + "\r\n\r\n" + ADDED.replace("\n", "\r\n")


def test_a_changed_key_changes_its_own_line_only() -> None:
    text = (
        "[profile payments.Admin] # the old one\n# kept\nsso_session=aftgen\n"
        "sso_account_id   =  000000000009\noutput = json\n\n# about the next\n[profile z]\n"
    )
    result = merged(
        text, {"profile payments.Admin": {"sso_account_id": "000000000001", "region": "eu-west-1"}}
    )
    assert result == (
        "[profile payments.Admin] # the old one\n# kept\nsso_session=aftgen\n"
        "sso_account_id   = 000000000001\noutput = json\nregion = eu-west-1\n\n"
        "# about the next\n[profile z]\n"
    )


def test_a_section_without_keys() -> None:
    assert merged("[profile payments.Admin]", {"profile payments.Admin": {"region": "x"}}) == (
        "[profile payments.Admin]\nregion = x\n"
    )


def test_a_quoted_section_is_the_same_section() -> None:
    text = "[profile 'payments.Admin']\nregion = a\n"
    assert (
        merged(text, {"profile payments.Admin": {"region": "b"}})
        == "[profile 'payments.Admin']\nregion = b\n"
    )


@pytest.mark.parametrize("text", ["no section\n", "[default\nregion = x\n", "[a]\n[a]\n", "# \udcff"])
def test_a_file_that_the_aws_tools_cannot_read_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="cannot"):
        merged(text, SECTIONS)


def test_a_key_with_nested_values_is_not_guessed_at() -> None:
    text = "[profile payments.Admin]\nregion =\n  nested = 1\n"
    with pytest.raises(Refused, match=r"\[profile payments.Admin\] cannot be changed safely"):
        merged(text, {"profile payments.Admin": {"region": "eu-west-1"}})


_line = st.sampled_from(
    [
        "# a comment",
        "; b",
        "",
        "  ",
        "region = x",
        "output=json",
        "s3 =",
        "  nested = 1",
        "[profile a]",
        "[profile b]",
        "[default]",
        "[sso-session c]",
        "[plugins]",
        "credential_process = sh -c 'echo \u00fc'",
    ]
)


@given(st.lists(_line, max_size=12), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_file_keeps_its_lines(lines: list[str], end: str, closed: bool) -> None:
    text = end.join(lines) + (end if closed else "")
    try:
        result = merged(text, SECTIONS)
    except Refused:
        return
    assert result.startswith(text)
    assert owned(result, "payments.Admin", "aftgen")
    before, after = parsed(text), parsed(result)
    del after["sso_sessions"]["aftgen"], after["profiles"]["payments.Admin"]
    assert after == before


def test_whose_profile_it_is() -> None:
    text = "[profile a]\nsso_session = aftgen\n[profile b]\nregion = x\n"
    assert [owned(text, name, "aftgen") for name in ("a", "b", "c")] == [True, False, True]


def test_the_old_text_is_kept_and_a_link_is_followed(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles" / "config"
    real.parent.mkdir()
    real.write_bytes(b"[default]\n# \xc3\xbc\n")
    real.chmod(0o640)
    shown = tmp_path / "config"
    shown.symlink_to(real)
    before = read(shown)
    backup = write(shown, before, merged(before, SECTIONS), stamp=lambda: "now")
    assert shown.is_symlink()
    assert real.read_bytes() == b"[default]\n# \xc3\xbc\n\n" + ADDED.encode()
    assert backup == real.parent / "config.now.bak"
    assert backup.read_bytes() == b"[default]\n# \xc3\xbc\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert sorted(path.name for path in real.parent.iterdir()) == ["config", "config.now.bak"]


def test_a_new_file_is_the_persons_alone(tmp_path: Path) -> None:
    path = tmp_path / ".aws" / "config"
    assert write(path, "", "x", stamp=lambda: "now") is None
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) & 0o077 == 0


def test_a_change_in_between_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("theirs")
    with pytest.raises(Refused, match="changed by someone else"):
        write(path, "mine", "new", stamp=lambda: "now")
    assert path.read_text() == "theirs"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("a")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(Refused, match="cannot be written"):
            write(path, "a", "b", stamp=lambda: "now")
    finally:
        tmp_path.chmod(0o700)
    assert path.read_text() == "a"


def test_a_folder_in_the_files_place(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be read"):
        read(tmp_path)
