"""``aftgen show``: by any name that a person may have, and what it says when there is none."""

import json
from pathlib import Path

import pytest
from command_line import aftgen
from hcl_texts import request

ACCESS = """  custom_fields = {
    budget = "10"
    access = jsonencode({
      version = 1
      grants = {
        ReadOnlyAccess = ["user:oncall@example.com", "group:auditors"]
      }
    })
  }
  account_tags = {
    env = "prod"
  }
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "terraform"
    folder.mkdir()
    (folder / "a.tf").write_text(request("payments prod", label="pay", extra=ACCESS))
    (folder / "b.tf").write_text(request("lab"))
    return tmp_path


def test_the_whole_request(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "show", "payments prod", "--path", root)
    assert (done.code, done.err) == (0, "")
    assert (
        done.out
        == """\
account                   payments prod
email                     aws+payments-prod@example.com
organizational unit       Sandbox
customization             none
SSO user (administrator)  Ops Team <ops@example.com>
requested by              Ada
reason                    a test
file                      terraform/a.tf:1
address                   module.pay

access
  ReadOnlyAccess  group:auditors, user:oncall@example.com

tags
  env  prod

custom fields
  budget  10
"""
    )


@pytest.mark.parametrize("name", ["payments prod", "AWS+payments-prod@example.com", "pay", "module.pay"])
def test_every_name_it_has(name: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "show", name, "--path", root, "--json")
    shown = json.loads(done.out)
    assert (shown["version"], shown["request"]["address"]) == (1, "module.pay")


def test_a_typing_slip(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "show", "payment prod", "--path", root)
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "error: no account request is called 'payment prod'\nhint: did you mean 'payments prod'?\n"
    )


def test_a_name_that_two_have(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "terraform" / "c.tf").write_text(request("lab", label="lab2"))
    done = aftgen(capsys, "show", "lab", "--path", root)
    assert done.code == 1
    assert "2 account requests are called 'lab'" in done.err
    assert "module.lab in terraform/b.tf, module.lab2 in terraform/c.tf" in done.err


def test_a_declaration_that_cannot_be_read_is_shown_as_it_is(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "terraform" / "b.tf").write_text(request("lab", extra='  custom_fields = { access = "{" }\n'))
    done = aftgen(capsys, "show", "lab", "--path", root)
    assert "access" in done.out
    assert "cannot be read ('aftgen check' says why): {" in done.out
