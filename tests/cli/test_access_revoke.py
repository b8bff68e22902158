"""``aftgen access revoke --pr``: what was revoked in an emergency is taken out of the requests too."""

import os
import shutil
from pathlib import Path
from unittest.mock import patch

import pytest
from command_line import Done, aftgen
from edit_repositories import EXTRA, REQUESTS, commit, git, with_remote
from hcl_texts import request

Captured = pytest.CaptureFixture[str]
TWO = request("shop", extra=EXTRA) + "\n" + request("lab", extra=EXTRA.replace("auditors", "developers"))
BOTH = EXTRA.replace('["group:auditors"]', '["group:auditors", "user:ada@example.com"]')
COMPUTED = EXTRA.replace('["group:auditors"]', '[join(":", ["group", "auditors"]), "group:auditors"]')


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a bare remote, with git and neither gh nor glab on PATH."""
    root = tmp_path / "r"
    with_remote(root, tmp_path / "bare.git")
    (root / REQUESTS / "two.tf").write_text(TWO + request("web", extra=BOTH))
    commit(root)
    git(root, "push", "--quiet", "origin", "main")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "git").symlink_to(str(shutil.which("git")))
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/bin")
    return root


def revoke(root: Path, capsys: Captured, principal: str, code: int = 0) -> Done:
    with patch("aft_access.cli.main", return_value=code) as main:
        done = aftgen(capsys, "access", "revoke", "--principal", principal, "--all", "--pr", "--path", root)
    assert main.call_args.args[0][2:] == ["revoke", "--principal", principal, "--all"]
    return done


def test_the_principal_leaves_every_request_and_nothing_else_does(root: Path, capsys: Captured) -> None:
    before = (root / REQUESTS / "two.tf").read_text()
    done = revoke(root, capsys, "group:auditors")
    assert done.code == 0
    branch = "revoke/group-auditors"
    assert f"The branch {branch} is pushed. Open its pull request" in done.err
    assert git(root, "status", "--porcelain") == ""
    bare = root.parent / "bare.git"
    alone = '      version = 1\n      grants = {\n        ReadOnlyAccess = ["group:auditors"]\n      }\n'
    assert git(bare, "show", f"{branch}:{REQUESTS}/two.tf") == before.replace(
        alone, "      version = 1\n      grants  = {}\n"
    ).replace('"group:auditors", ', "")
    assert git(bare, "log", "-1", "--format=%B", branch) == (
        "Revoke every grant of group:auditors\n\n"
        "- payments: grant: - ReadOnlyAccess:group:auditors\n"
        "- shop: grant: - ReadOnlyAccess:group:auditors\n"
        "- web: grant: - ReadOnlyAccess:group:auditors\n\n"
    )
    assert "auditors" not in git(bare, "show", f"{branch}:{REQUESTS}/payments.tf")


def test_what_cannot_be_edited_is_named_and_the_rest_goes_on(root: Path, capsys: Captured) -> None:
    (root / REQUESTS / "three.tf").write_text(request("odd", extra=COMPUTED))
    commit(root)
    git(root, "push", "--quiet", "origin", "main")
    done = revoke(root, capsys, "group:auditors", 1)
    assert done.code == 1
    assert "revoke/group-auditors is pushed" in done.err
    assert done.err.partition("A person must look at these; no pull request changes them:\n")[2] == (
        f"  {REQUESTS}/three.tf:28\n  global-customizations/identity-center/access.yaml:17\n"
    )


def test_nothing_to_change(root: Path, capsys: Captured) -> None:
    done = revoke(root, capsys, "user:nobody@example.com")
    assert done == Done(0, "", "no request grants user:nobody@example.com anything that can be edited\n")
    assert git(root.parent / "bare.git", "for-each-ref", "--format=%(refname:short)") == "main\n"


def test_wrong_usage_proposes_nothing(root: Path, capsys: Captured) -> None:
    done = revoke(root, capsys, "auditors", 2)
    assert done == Done(2, "", "")
