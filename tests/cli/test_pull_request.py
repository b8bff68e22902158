"""``--pr``: a branch, a commit and a pull request, and a checkout of which nothing moved."""

import json
import os
import shutil
from pathlib import Path

import pytest
from aftgen.pull_request import Remote
from command_line import Done, aftgen
from edit_repositories import REQUESTS, commit, git, with_remote

FILE = f"{REQUESTS}/payments.tf"
URL = "https://github.com/example/aws-accounts/pull/7"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a bare remote, and a PATH with git and none of the two tools."""
    with_remote(tmp_path / "r", tmp_path / "bare.git")
    tools = tmp_path / "tools"
    tools.mkdir()
    found = shutil.which("git")
    assert found is not None
    (tools / "git").symlink_to(found)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}/bin")
    monkeypatch.chdir(tmp_path / "r")
    return tmp_path / "r"


def tool(root: Path, name: str, script: str) -> Path:
    """A stand-in for gh or glab that keeps what it was given; the file with it."""
    seen = root.parent / "seen"
    binary = root.parent / "tools" / name
    binary.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {seen}.args\ncat > {seen}.body\n{script}\n')
    binary.chmod(0o755)
    return seen


def state(root: Path) -> tuple[str, str, str, str, str]:
    """What must not move: branch, head, index, working tree, branches and work trees."""
    return (
        git(root, "rev-parse", "--abbrev-ref", "HEAD"),
        git(root, "rev-parse", "HEAD"),
        git(root, "diff", "--cached"),
        git(root, "status", "--porcelain") + git(root, "diff"),
        git(root, "for-each-ref", "refs/heads", "refs/stash") + git(root, "worktree", "list"),
    )


def test_the_pull_request_is_opened_with_the_plan(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = tool(root, "gh", f"echo Creating >&2; echo {URL}")
    (root / "half.txt").write_text("half written\n")
    (root / "aftgen.yaml").write_text((root / "aftgen.yaml").read_text() + "# staged\n")
    git(root, "add", "aftgen.yaml")
    before = state(root)
    done = aftgen(capsys, "edit", "payments", "--tag", "environment=prod", "--pr")
    assert done == Done(0, f"edited    {FILE}\n  tag environment  dev -> prod\npull request  {URL}\n", "")
    assert state(root)[:4] == before[:4]
    assert git(root, "worktree", "list").count("\n") == 1
    assert (seen.parent / "seen.args").read_text().splitlines() == [
        *("pr", "create", "--base", "main", "--head", "edit/payments"),
        *("--title", "Edit account payments: tag environment", "--body-file", "-"),
    ]
    body = (seen.parent / "seen.body").read_text()
    assert body.startswith("    - tag environment: dev -> prod\n\n")
    assert "payments" in body.split("\n\n", 1)[1]
    bare = root.parent / "bare.git"
    assert git(bare, "show", "--format=%an%n%B", "--name-only", "edit/payments") == (
        "Ada Lovelace\nEdit account payments: tag environment\n\n"
        f"- tag environment: dev -> prod\n\n\n{FILE}\n"
    )
    assert 'environment = "prod"' in git(bare, "show", f"edit/payments:{FILE}")
    assert git(bare, "rev-parse", "edit/payments~1") == git(bare, "rev-parse", "main")


def test_a_new_request(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool(root, "gh", f"echo {URL}")
    done = aftgen(
        capsys,
        *("new", "lab-one", "--ou", "Sandbox", "--tag", "cost-center=123456", "--reason", "x"),
        *("--requested-by", "Ada", "--pr"),
    )
    assert (done.code, done.err) == (0, "")
    assert done.out == f"created    {REQUESTS}/lab-one.tf\npull request  {URL}\n"
    assert git(root, "status", "--porcelain") == ""
    bare = root.parent / "bare.git"
    assert 'module "lab-one" {' in git(bare, "show", f"account/lab-one:{REQUESTS}/lab-one.tf")
    assert git(bare, "log", "-1", "--format=%s", "account/lab-one") == "Request account lab-one\n"


def test_a_rename_and_a_removal_are_one_commit(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tool(root, "gh", f"echo {URL}")
    assert aftgen(capsys, "rename", "payments", "pay", "--pr", "-q").code == 0
    bare = root.parent / "bare.git"
    shown = git(bare, "show", "--format=", "--name-status", "rename/pay").split()
    assert shown[0][0] == "R"
    assert shown[1:] == [FILE, f"{REQUESTS}/pay.tf"]
    assert git(root, "status", "--porcelain") == ""


def test_without_a_tool_the_branch_is_pushed_and_the_command_printed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = state(root)[:4]
    done = aftgen(capsys, "edit", "payments", "--reason", "it's new", "--pr")
    assert done.code == 0
    assert done.err == (
        "\nThe branch edit/payments is pushed. Open its pull request (gh is not on PATH):\n"
        "  gh pr create --base main --head edit/payments --title 'Edit account payments: reason' --fill\n"
    )
    assert state(root)[:4] == before
    assert "edit/payments" in git(root.parent / "bare.git", "branch")


@pytest.mark.parametrize(
    ("url", "name", "page"),
    [
        ("git@github.com:o/r.git", "gh", "https://github.com/o/r/compare/main...edit/payments?expand=1"),
        (
            "https://gitlab.example.com/a/b/r.git",
            "glab",
            "https://gitlab.example.com/a/b/r/-/merge_requests/new?merge_request[source_branch]=edit/payments",
        ),
        ("https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/r", "gh", ""),
    ],
)
def test_the_page_and_the_tool_follow_the_remote(url: str, name: str, page: str) -> None:
    remote = Remote(name="origin", url=url, branch="main")
    assert (remote.tool, remote.compare("edit/payments")) == (name, page)


def test_gitlab(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = root.parent / "gitlab.example.com" / "bare.git"
    bare.parent.mkdir()
    (root.parent / "bare.git").rename(bare)
    git(root, "remote", "set-url", "origin", str(bare))
    seen = tool(root, "glab", "echo https://gitlab.example.com/o/r/-/merge_requests/3")
    done = aftgen(capsys, "edit", "payments", "--reason", "new", "--pr", "--json")
    assert json.loads(done.out)["pull_request"] == {
        "branch": "edit/payments",
        "base": "main",
        "url": "https://gitlab.example.com/o/r/-/merge_requests/3",
        "note": None,
        "commands": [],
    }
    arguments = (seen.parent / "seen.args").read_text().splitlines()
    assert arguments[:6] == ["mr", "create", "--target-branch", "main", "--source-branch", "edit/payments"]
    assert arguments[-1] == "--yes"


def test_a_tool_that_fails_leaves_the_pushed_branch_and_says_how_to_go_on(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tool(root, "gh", "echo 'To get started with GitHub CLI, please run:  gh auth login' >&2; exit 4")
    done = aftgen(capsys, "edit", "payments", "--reason", "new", "--pr")
    assert "(gh: To get started with GitHub CLI, please run:  gh auth login):\n  gh pr create" in done.err
    assert done.code == 1


def test_a_dirty_file_is_refused(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / FILE).write_text((root / FILE).read_text() + "# mine\n")
    before = state(root)
    done = aftgen(capsys, "edit", "payments", "--reason", "new", "--pr")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        f"error: {FILE}: these files have changes that are not committed; nothing was written\n"
        "hint: commit or put them aside first\n"
    )
    assert state(root) == before


def test_a_file_that_is_behind_the_default_branch_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / FILE).write_text((root / FILE).read_text() + "# theirs\n")
    commit(root)
    git(root, "push", "--quiet")
    git(root, "reset", "--quiet", "--hard", "HEAD~1")
    done = aftgen(capsys, "edit", "payments", "--reason", "new", "--pr")
    assert done.code == 1
    assert f"{FILE}: this file is not what origin/main has; nothing was written" in done.err


def test_commits_of_the_checkout_are_not_in_the_pull_request(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(root, "switch", "--quiet", "-c", "work")
    (root / "other.txt").write_text("x")
    commit(root)
    assert aftgen(capsys, "edit", "payments", "--reason", "new", "--pr", "-q").code == 0
    bare = root.parent / "bare.git"
    assert git(bare, "rev-list", "--count", "main..edit/payments") == "1\n"
    assert git(root, "rev-parse", "--abbrev-ref", "HEAD") == "work\n"


def test_a_taken_branch_gets_a_number(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for reason in ("one", "two", "three"):
        assert aftgen(capsys, "edit", "payments", "--reason", reason, "--pr", "-q").code == 0
    listed = git(root.parent / "bare.git", "for-each-ref", "--format=%(refname:short)", "refs/heads")
    assert listed.split() == ["edit/payments", "edit/payments-2", "edit/payments-3", "main"]


@pytest.mark.parametrize(
    ("where", "name", "message"),
    [
        (".git/hooks", "pre-commit", "git commit: no commits on Tuesdays"),
        (".git/hooks", "commit-msg", "git commit: no commits on Tuesdays"),
        (".git/hooks", "pre-push", "git push: no commits on Tuesdays"),
        ("../bare.git/hooks", "pre-receive", "git push: remote: no commits on Tuesdays"),
    ],
)
def test_a_hook_that_refuses_leaves_nothing(
    where: str, name: str, message: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hook = root / where / name
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho 'no commits on Tuesdays' >&2\nexit 1\n")
    hook.chmod(0o755)
    before = state(root)
    done = aftgen(capsys, "edit", "payments", "--reason", "new", "--pr")
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert state(root) == before
    assert git(root.parent / "bare.git", "branch") == "* main\n"


def test_no_identity_leaves_nothing(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    git(root, "config", "user.useConfigOnly", "true")
    before = state(root)
    done = aftgen(capsys, "edit", "payments", "--reason", "new", "--pr")
    assert done.code == 2
    assert "git commit: " in done.err
    assert state(root) == before


def test_dry_run_prints_the_commands(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = state(root)
    done = aftgen(capsys, "edit", "payments", "--reason", "new", "--pr", "--dry-run")
    assert done.out.startswith(f"--- a/{FILE}\n")
    assert done.err.endswith(
        f"""
Without --dry-run this would do what these commands do, beside your checkout:
  git switch -c edit/payments
  git add --all -- {FILE}
  git commit -m 'Edit account payments: reason' -- {FILE}
  git push --set-upstream origin edit/payments
  gh pr create --base main --head edit/payments --title 'Edit account payments: reason' --fill
"""
    )
    assert state(root) == before


def test_no_remote(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(root, "remote", "remove", "origin")
    done = aftgen(capsys, "edit", "payments", "--reason", "new", "--pr")
    assert done.code == 1
    assert "there is no remote to push to; nothing was written" in done.err


def test_an_unreachable_remote(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root.parent / "bare.git").rename(root.parent / "gone.git")
    before = state(root)
    done = aftgen(capsys, "edit", "payments", "--reason", "new", "--pr")
    assert done.code == 2
    assert "the remote origin cannot be reached" in done.err
    assert state(root) == before
