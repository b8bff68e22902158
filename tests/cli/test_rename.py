"""``aftgen rename``: the label, the file and the moved block; and no account that AFT would lose."""

import json
from pathlib import Path

import pytest
from command_line import Done, aftgen
from edit_repositories import REQUESTS, commit, git, merged
from hcl_texts import request

BLOCK = """
# AFT keeps the live account by this block; 'aftgen tidy' removes it once it is published.
moved {
  from = module.payments
  to   = module.payments-prod
}
"""


@pytest.fixture
def requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = merged(tmp_path / "r")
    monkeypatch.chdir(tmp_path / "r")
    return folder


def test_label_file_and_moved_block(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (requests / "payments.tf").read_text()
    done = aftgen(capsys, "rename", "payments", "payments-prod")
    assert done.code == 0
    assert done.out == (
        f"renamed   {REQUESTS}/payments.tf -> {REQUESTS}/payments-prod.tf\n"
        "  label  payments -> payments-prod\n"
        f"  file   {REQUESTS}/payments.tf -> {REQUESTS}/payments-prod.tf\n"
    )
    assert done.err.endswith("The account's own name stays payments: AFT cannot change it.\n")
    assert not (requests / "payments.tf").exists()
    text = (requests / "payments-prod.tf").read_text()
    assert text == before.replace('module "payments"', 'module "payments-prod"') + BLOCK
    check = aftgen(capsys, "check", "--no-terraform")
    assert check.code == 0, check.out + check.err


def test_terraform_keeps_the_row(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The plan of this very project says that AFT removes nothing."""
    aftgen(capsys, "rename", "payments", "payments-prod", "-q")
    planned = aftgen(capsys, "plan", "--no-terraform", "--json")
    assert planned.code == 0, planned.out + planned.err
    assert "remove" not in {one.get("what") for one in json.loads(planned.out).get("accounts", [])}


def test_references_follow(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        'output "a" {\n  value     = [module.payments, "${module.payments.x}", module.payments2]\n'
        "  sensitive = true\n}\n\n"
        + request("lab").replace("  source", "  depends_on = [module.payments]\n  source", 1)
    )
    (requests / "lab.tf").write_text(text)
    done = aftgen(capsys, "rename", "payments", "pay", "-q")
    assert done.code == 0, done.err
    expected = text.replace("module.payments,", "module.pay,").replace("module.payments.x", "module.pay.x")
    assert (requests / "lab.tf").read_text() == expected.replace("[module.payments]", "[module.pay]")


def test_a_request_that_is_not_merged_needs_no_moved_block(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (requests / "lab.tf").write_text(request("lab"))
    assert aftgen(capsys, "rename", "lab", "lab-two", "-q").code == 0
    assert "moved" not in (requests / "lab-two.tf").read_text()


def test_twice_before_the_merge_is_one_move(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aftgen(capsys, "rename", "payments", "pay", "-q")
    assert aftgen(capsys, "rename", "payments", "payments-prod", "-q").code == 0
    text = (requests / "payments-prod.tf").read_text()
    assert text.endswith(BLOCK)
    assert text.count("moved {") == 1


def test_there_and_back_leaves_the_file_as_it_was(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (requests / "payments.tf").read_bytes()
    aftgen(capsys, "rename", "payments", "pay", "-q")
    assert aftgen(capsys, "rename", "payments", "payments", "-q").code == 0
    assert (requests / "payments.tf").read_bytes() == before
    assert git(requests, "status", "--porcelain") == ""


def test_back_after_the_merge_is_a_move_of_its_own(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aftgen(capsys, "rename", "payments", "pay", "-q")
    commit(requests)
    assert aftgen(capsys, "rename", "payments", "payments", "-q").code == 0
    text = (requests / "payments.tf").read_text()
    assert "  from = module.pay\n  to   = module.payments\n" in text
    assert text.count("moved {") == 1


def test_a_move_that_leads_away_is_refused(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = requests / "payments.tf"
    file.write_text(file.read_text() + "\nmoved {\n  from = module.old\n  to   = module.older\n}\n")
    done = aftgen(capsys, "rename", "payments", "old")
    assert done.code == 1
    assert "moved blocks lead on from module.old; nothing was written" in done.err
    assert "'aftgen tidy' removes those that are published" in done.err


def test_a_file_of_several_keeps_its_name(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = requests / "payments.tf"
    file.write_text(file.read_text() + "\n" + request("lab"))
    done = aftgen(capsys, "rename", "payments", "pay")
    assert done.out == f"edited    {REQUESTS}/payments.tf\n  label  payments -> pay\n"
    text = file.read_text()
    assert text.index("moved {") < text.index('module "lab"')


def test_a_for_each_request_is_renamed_whole(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = request("lab").replace("  source", '  for_each = toset(["a", "b"])\n  source', 1)
    (requests / "lab.tf").write_text(
        text.replace('"lab"', "each.key", 2).replace("module each.key", 'module "lab"')
    )
    commit(requests)
    assert aftgen(capsys, "rename", "module.lab", "labs", "-q").code == 0
    assert "  from = module.lab\n  to   = module.labs\n" in (requests / "labs.tf").read_text()


@pytest.mark.parametrize(
    ("new", "message"),
    [
        ("lab", "the label 'lab' is taken; nothing was written"),
        ("", "the name is empty"),
        ("  ", "the name is empty"),
    ],
)
def test_refused_names(new: str, message: str, requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (requests / "lab.tf").write_text(request("lab"))
    done = aftgen(capsys, "rename", "payments", new)
    assert (done.code, done.out) == (1, "")
    assert message in done.err


def test_a_file_that_is_there_is_not_replaced(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (requests / "Pay.tf").write_text("# mine\n")
    before = (requests / "payments.tf").read_bytes()
    done = aftgen(capsys, "rename", "payments", "pay")
    assert done.code == 1
    assert "Pay.tf is there already; nothing was written" in done.err
    assert (requests / "payments.tf").read_bytes() == before


def test_the_same_name_is_nothing_to_do(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "rename", "payments", "payments")
    assert done == Done(0, "", "nothing to do: what was asked for is there already\n")


def test_dry_run_shows_a_rename_that_git_reads(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "rename", "payments", "pay", "--dry-run")
    assert done.out.startswith(f"rename from {REQUESTS}/payments.tf\nrename to {REQUESTS}/pay.tf\n--- a/")
    assert git(requests, "status", "--porcelain") == ""
