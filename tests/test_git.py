"""Git's revisions, read byte for byte."""

import os
import subprocess
from pathlib import Path

import pytest
from aftgen.git import Git, GitError

AS = {
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.com",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in AS.items():
        monkeypatch.setenv(name, value)
    folder = tmp_path / "work"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    return folder


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, check=True)


def commit(folder: Path, message: str = "a change") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def test_a_revision_is_exported_byte_for_byte(work: Path, tmp_path: Path) -> None:
    (work / ".gitattributes").write_text("*.tf text eol=lf export-ignore\n")
    (work / "deep").mkdir()
    (work / "deep" / "a b\u00fc\n.tf").write_bytes(b"one\r\ntwo\xff")
    (work / "run.sh").write_text("#!/bin/sh\n")
    (work / "run.sh").chmod(0o755)
    (work / "empty").write_bytes(b"")
    (work / "link").symlink_to("../../outside")
    git(work, "config", "core.autocrlf", "true")
    git(work, "add", "-A", "--renormalize", ".")
    commit(work)
    (work / "deep" / "a b\u00fc\n.tf").write_text("later")
    target = tmp_path / "out"
    target.mkdir()
    Git(work).export("HEAD", target)
    assert (target / "deep" / "a b\u00fc\n.tf").read_bytes() == b"one\ntwo\xff"
    assert (target / "run.sh").stat().st_mode & 0o111 == 0o111
    assert (target / "empty").read_bytes() == b""
    assert (target / "link").readlink() == Path("../../outside")


def test_only_what_was_asked_for_is_exported(work: Path, tmp_path: Path) -> None:
    for name in ("one/a", "two/b", "one-more"):
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text(name)
    commit(work)
    Git(work / "one").export("main", tmp_path, ("one", "not there"))
    assert sorted(
        str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if work not in path.parents
    ) == [
        "one",
        "one/a",
        "work",
    ]


def test_the_merge_base_and_the_default_branch(work: Path) -> None:
    (work / "a").write_text("1")
    commit(work)
    start = Git(work).resolve("HEAD")
    git(work, "switch", "-q", "-c", "change")
    (work / "a").write_text("2")
    commit(work)
    assert Git(work).default_branch() == "main"
    assert Git(work).merge_base("main") == start


@pytest.mark.parametrize("name", ["nowhere", "--all", "", "HEAD:a"])
def test_an_unknown_revision(work: Path, name: str) -> None:
    (work / "a").write_text("1")
    commit(work)
    with pytest.raises(GitError, match="knows no revision"):
        Git(work).resolve(name)


def test_no_work_tree(tmp_path: Path) -> None:
    with pytest.raises(GitError, match="not in a git work tree"):
        Git(tmp_path)


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitError, match="git is not on PATH"):
        Git(tmp_path)


def test_no_common_commit(work: Path) -> None:
    (work / "a").write_text("1")
    commit(work)
    git(work, "switch", "-q", "--orphan", "other")
    (work / "b").write_text("1")
    commit(work)
    with pytest.raises(GitError, match="no commit in common"):
        Git(work).merge_base("main")


def test_no_default_branch(work: Path) -> None:
    git(work, "switch", "-q", "-c", "trunk")
    with pytest.raises(GitError, match="no default branch"):
        Git(work).default_branch()


def test_what_is_not_committed(work: Path) -> None:
    (work / "a").write_text("1")
    (work / "b").write_text("1")
    commit(work)
    (work / "a").write_text("2")
    (work / "new file").write_text("2")
    assert Git(work).changed() == ["a", "new file"]
    assert Git(work).changed(("b",)) == []
