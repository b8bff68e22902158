"""Git objects: trees and commits made from other objects, whose ids depend on their content only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftgen.git import Git

TREE, SUBMODULE = "040000", "160000"
#: Commits are made by the program, on machines where git knows nobody.
COMMITTER = {"GIT_COMMITTER_NAME": "aftgen publish", "GIT_COMMITTER_EMAIL": "publish@aftgen.invalid"}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a tree: git's mode, the kind and id of the object, and its path."""

    mode: str
    kind: str
    id: str
    path: bytes

    @property
    def shown(self) -> str:
        return self.path.decode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Who made a commit, and when: ``@<seconds> <zone>`` as git takes it back."""

    name: str
    email: str
    date: str


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file that differs between two trees; ``how`` is ``added``, ``changed`` or ``removed``."""

    how: str
    path: str


def entries(git: Git, tree: str, *, recursive: bool = False) -> list[Entry]:
    """The lines of a tree, or of it and every tree below it."""
    options = ["-r"] if recursive else []
    found = []
    for line in filter(None, git.run("ls-tree", "-z", "--full-tree", *options, tree).stdout.split(b"\0")):
        head, _, path = line.partition(b"\t")
        mode, kind, name = head.decode().split()
        found.append(Entry(mode, kind, name, path))
    return found


def find(git: Git, commit: str, folder: str) -> str | None:
    """The id of the tree of a commit's folder, or None when there is no such folder."""
    listed = git.run("ls-tree", "-z", "--full-tree", commit, "--", folder).stdout
    head, _, path = listed.rstrip(b"\0").partition(b"\t")
    _, kind, name = head.decode().split() if head else ("", "", "")
    return name if kind == "tree" and path == folder.encode() else None


def has_commit(git: Git, commit: str) -> bool:
    """Whether this clone holds a commit."""
    return git.run("cat-file", "-e", f"{commit}^{{commit}}", check=False).returncode == 0


def is_ancestor(git: Git, older: str, newer: str) -> bool:
    """Whether ``older`` is ``newer`` or in its history."""
    return git.run("merge-base", "--is-ancestor", older, newer, check=False).returncode == 0


def read_blob(git: Git, treeish: str) -> bytes | None:
    """The content of ``<tree>:<path>``, or None when there is no such file."""
    done = git.run("cat-file", "blob", treeish, check=False)
    return done.stdout if done.returncode == 0 else None


def write_blob(git: Git, content: bytes) -> str:
    """The id of a blob with this content, which is then there."""
    return git.run("hash-object", "-w", "--stdin", input=content).stdout.decode().strip()


def write_tree(git: Git, lines: Sequence[Entry]) -> str:
    """The id of a tree of these lines, in any order."""
    text = b"".join(f"{e.mode} {e.kind} {e.id}\t".encode() + e.path + b"\0" for e in lines)
    return git.run("mktree", "-z", input=text).stdout.decode().strip()


def write_commit(
    git: Git, tree: str, *, parent: str | None, message: str, author: Signature, committed: str
) -> str:
    """The id of a commit. The same arguments make the same id, on any machine, by anybody."""
    parents = ["-p", parent] if parent else []
    environment: Mapping[str, str] = {
        "GIT_AUTHOR_NAME": author.name or COMMITTER["GIT_COMMITTER_NAME"],
        "GIT_AUTHOR_EMAIL": author.email or COMMITTER["GIT_COMMITTER_EMAIL"],
        "GIT_AUTHOR_DATE": author.date,
        "GIT_COMMITTER_DATE": committed,
        **COMMITTER,
    }
    done = git.run(
        "-c",
        "i18n.commitEncoding=UTF-8",
        "commit-tree",
        "--no-gpg-sign",
        tree,
        *parents,
        input=message.encode(),
        environment=environment,
    )
    return done.stdout.decode().strip()


def difference(git: Git, before: str, after: str) -> tuple[FileChange, ...]:
    """The files that differ between two trees, by path."""
    done = git.run("diff-tree", "-r", "-z", "--no-renames", "--name-status", before, after)
    words = done.stdout.decode("utf-8", "backslashreplace").split("\0")
    return tuple(
        FileChange(_HOW.get(status[:1], "changed"), path)
        for status, path in zip(words[::2], words[1::2], strict=False)
    )


_HOW = {"A": "added", "D": "removed"}


def all_added(git: Git, tree: str) -> tuple[FileChange, ...]:
    """The difference between nothing and a tree."""
    return tuple(FileChange("added", entry.shown) for entry in entries(git, tree, recursive=True))
