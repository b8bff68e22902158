"""``aftgen tidy``: which moved blocks AFT has had, and the bytes that go with them."""

import json
from pathlib import Path

import pytest
from command_line import Done, aftgen
from edit_repositories import REQUESTS, commit, git, merged

FILE = f"{REQUESTS}/payments.tf"


@pytest.fixture
def requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = merged(tmp_path / "r")
    monkeypatch.chdir(tmp_path / "r")
    return folder


def move(source: str, target: str) -> str:
    return f"moved {{\n  from = module.{source}\n  to   = module.{target}\n}}\n"


def test_a_published_block_goes_with_its_comment_and_blank_line(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (requests / "payments.tf").read_bytes()
    aftgen(capsys, "rename", "payments", "pay", "-q")
    done = aftgen(capsys, "tidy")
    assert done == Done(
        0,
        "",
        f"kept      {REQUESTS}/pay.tf:36: module.payments to module.pay is not published yet\n"
        "nothing to do: what was asked for is there already\n",
    )
    commit(requests)
    done = aftgen(capsys, "tidy")
    assert done.out == f"edited    {REQUESTS}/pay.tf\n  moved  - module.payments to module.pay\n"
    after = (requests / "pay.tf").read_bytes()
    assert after == before.replace(b'module "payments"', b'module "pay"')


def test_the_published_branch_counts_before_the_default_one(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The branch's tree is the content of account-requests/."""
    root = requests.parents[1]
    file = requests / "payments.tf"
    published = file.read_text() + "\n" + move("a", "payments")
    file.write_text(published)
    commit(root)
    tree = git(root, "rev-parse", "HEAD:account-requests").strip()
    head = git(root, "commit-tree", tree, "-m", "published").strip()
    git(root, "branch", "aft/account-request", head)
    file.write_text(published + "\n" + move("b", "a"))
    commit(root)
    done = aftgen(capsys, "tidy", "--json")
    found = json.loads(done.out)
    # b leads to a, and AFT has not had that: Terraform must follow both.
    assert (found["published"], found["files"]) == ("aft/account-request", [])
    assert [one["why"] for one in found["kept"]] == [
        "another block that is not published yet leads to it",
        "not published yet",
    ]
    done = aftgen(capsys, "tidy", "--published", "main", "--json")
    assert json.loads(done.out)["files"] == [{"file": FILE, "new_file": None, "outcome": "edited"}]
    assert "moved" not in file.read_text()


def test_a_chain_whose_end_is_new_loses_its_published_part(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = requests / "payments.tf"
    file.write_text(file.read_text() + "\n" + move("a", "old"))
    commit(requests)
    file.write_text(file.read_text() + "\n" + move("old", "payments"))
    done = aftgen(capsys, "tidy")
    assert done.out == f"edited    {FILE}\n  moved  - module.a to module.old\n"
    assert file.read_text().endswith("}\n\n" + move("old", "payments"))
    assert "module.a\n" not in file.read_text()


def test_a_file_of_moves_alone_goes(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (requests / "moves.tf").write_bytes(
        ("# Moves\n" + move("a", "payments") + move("b", "a")).replace("\n", "\r\n").encode()
    )
    commit(requests)
    done = aftgen(capsys, "tidy", "-q")
    assert done.out.startswith(f"removed   {REQUESTS}/moves.tf\n")
    assert not (requests / "moves.tf").exists()


def test_blocks_among_others_leave_every_other_byte(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = requests / "payments.tf"
    module = file.read_text()
    file.write_text(move("a", "payments") + "\n" + "# keep\n" + move("b", "a") + module + "# end")
    commit(requests)
    assert aftgen(capsys, "tidy", "-q").code == 0
    assert file.read_text() == "# keep\n" + module + "# end"


def test_without_git(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "terraform").mkdir()
    monkeypatch.chdir(tmp_path)
    done = aftgen(capsys, "tidy")
    assert (done.code, done.out) == (2, "")
    assert "is not in a git work tree" in done.err
