"""``aftgen list``: the table, the JSON, and what it says of what it cannot read."""

import json
from pathlib import Path

import pytest
from aftgen.cli import output
from command_line import aftgen
from hcl_texts import request


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    requests = tmp_path / "terraform"
    requests.mkdir()
    return requests


def test_the_table(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.tf").write_text(request("payments prod", ou="Prod (ou-ab12-wlprod01)"))
    (folder / "b.tf").write_text(request("lab", extra='  account_customizations_name = "sandbox"\n'))
    done = aftgen(capsys, "list", folder.parent)
    assert done.code == 0
    assert [line.rstrip() for line in done.out.splitlines()] == [
        "NAME           OU       EMAIL                          CUSTOMIZATION  FILE",
        "payments prod  Prod     aws+payments-prod@example.com  -              a.tf:1",
        "lab            Sandbox  aws+lab@example.com            sandbox        b.tf:1",
    ]
    assert done.err == ""


def test_the_json(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    extra = '  account_tags = { n = 1, "cost-center" = "007" }\n'
    (folder / "a.tf").write_text("# first\n" + request("lab", extra=extra))
    done = aftgen(capsys, "list", folder.parent, "--json")
    assert json.loads(done.out) == {
        "version": 1,
        "requests": [
            {
                "name": "lab",
                "email": "aws+lab@example.com",
                "organizational_unit": "Sandbox",
                "sso_user_email": "ops@example.com",
                "sso_user_first_name": "Ops",
                "sso_user_last_name": "Team",
                "change_requested_by": "Ada",
                "change_reason": "a test",
                "account_customizations_name": "",
                "account_tags": {"n": "1", "cost-center": "007"},
                "custom_fields": {},
                "address": "module.lab",
                "file": "terraform/a.tf",
                "line": 2,
                "evaluated_by": "reader",
                "not_evaluated_because": None,
            }
        ],
    }


def test_what_only_terraform_knows_is_shown_as_such(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.tf").write_text(request("lab").replace('"aws+lab@example.com"', 'lower("AWS@EXAMPLE.COM")'))
    done = aftgen(capsys, "list", folder.parent, "--no-terraform")
    assert done.out.splitlines()[1].split("  ")[2].strip() == "not evaluated"
    done = aftgen(capsys, "list", folder.parent, "--no-terraform", "--json")
    (entry,) = json.loads(done.out)["requests"]
    assert (entry["email"], entry["evaluated_by"], entry["not_evaluated_because"]) == (
        None,
        "not evaluated",
        "lower()",
    )


@pytest.mark.terraform
def test_what_only_terraform_knows_is_asked_of_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.tf").write_text(request("lab").replace('"aws+lab@example.com"', 'lower("AWS@EXAMPLE.COM")'))
    done = aftgen(capsys, "list", folder.parent, "--json")
    (entry,) = json.loads(done.out)["requests"]
    assert (entry["email"], entry["evaluated_by"]) == ("aws@example.com", "terraform")


def test_an_unreadable_file_is_named_and_hides_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.tf").write_text(request("lab"))
    (folder / "b.tf").write_text("module {{{")
    done = aftgen(capsys, "list", folder.parent)
    assert len(done.out.splitlines()) == 2
    assert done.err == "warning: terraform/b.tf could not be read: 'aftgen check' says why\n"


def test_an_empty_folder_says_what_to_do(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "list", folder.parent)
    assert (done.code, done.out) == (0, "")
    assert done.err == "no account requests in terraform/: 'aftgen new' writes one\n"


def test_outside_a_repository(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / ".git").mkdir()
    done = aftgen(capsys, "list", tmp_path)
    assert done.code == 2
    assert f"error: no account-request repository at {tmp_path}" in done.err
    assert "hint: " in done.err


def test_a_table_cannot_be_made_to_print_control_characters(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.tf").write_text(request("lab").replace('"lab"\n', '"lab\\u001b[31m"\n'))
    done = aftgen(capsys, "list", folder.parent)
    assert "\x1b" not in done.out


def test_on_a_narrow_terminal_columns_are_left_out_before_anything_is_folded(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    output.table(("NAME", "EMAIL", "FILE"), [("a" * 12, "b" * 20, "c" * 10)], needed=2)
    shown = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert shown == ["NAME           EMAIL", "─" * 35, f"{'a' * 12}   {'b' * 20}"]
