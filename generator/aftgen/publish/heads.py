"""What the head of a target is: nothing, a commit that this program made, or somebody else's.

A trailer can be written by anybody. So a head counts as ours only if the commit that it names is in this
repository and the tree is that commit's folder, file for file.
"""

import json
import re
from dataclasses import dataclass

from aftgen.git import Git
from aftgen.publish import objects
from aftgen.publish.settings import Target
from aftgen.publish.source import REVISED, REVISION_FILE, Source, without_revision

_TRAILER = re.compile(r"^Aftgen-(?P<key>Source|Repository): (?P<value>\S+)$")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The head of a branch, with the tree that AFT reads from it.

    ``source`` is the commit that it was published from, or "" with the reason in ``foreign``. ``revision`` is
    0 where the tree has none.
    """

    commit: str
    tree: str
    source: str = ""
    foreign: str = ""
    revision: int = 0


def message(source: Source, target: Target) -> str:
    """A published commit's message: the source's subject, and trailers that say where it comes from."""
    subject = source.subject or f"Publish {source.commit[:12]}"
    return f"{subject}\n\nAftgen-Source: {source.commit}\nAftgen-Repository: {target.name}\n"


def revision_text(revision: int, commit: str) -> bytes:
    """``revision.json``, the same bytes for the same values."""
    return (json.dumps({"revision": revision, "commit": commit}) + "\n").encode()


def examine(git: Git, target: Target, commit: str, prefix: str) -> Head:
    """What a commit at the head of a target is; it must be in this clone."""
    tree = git.text("rev-parse", f"{commit}^{{tree}}")
    trailers = _trailers(git.run("cat-file", "commit", commit).stdout.decode("utf-8", "replace"))
    source, name = trailers.get("Source", ""), trailers.get("Repository", "")
    revision, named = _revision(git, tree)

    def foreign(why: str) -> Head:
        return Head(commit=commit, tree=tree, foreign=why, revision=revision)

    if not _COMMIT.fullmatch(source):
        return foreign("it names no source commit")
    if name != target.name:
        return foreign(f"it was published as {name or 'nothing'}")
    if not objects.has_commit(git, source):
        return foreign(f"it names the source {source[:12]}, which is not in this repository")
    folder = f"{prefix}/{target.folder}" if prefix else target.folder
    content = tree
    if target.name == REVISED:
        if not revision or named != source:
            return foreign(f"its {REVISION_FILE} is not the one of its source {source[:12]}")
        content = without_revision(git, tree)
    if content != objects.find(git, source, folder):
        return foreign(f"its files are not those of its source {source[:12]}")
    return Head(commit=commit, tree=tree, source=source, revision=revision)


def content(git: Git, target: Target, head: Head) -> str:
    """The tree of a head as its folder in the source would be."""
    return without_revision(git, head.tree) if target.name == REVISED else head.tree


def _trailers(text: str) -> dict[str, str]:
    """The trailers of the last paragraph, and of no other: a subject proves nothing."""
    _, _, body = text.partition("\n\n")
    paragraphs = body.rstrip("\n").split("\n\n")
    if len(paragraphs) < 2:
        return {}
    found = (_TRAILER.match(line) for line in paragraphs[-1].split("\n"))
    return {match["key"]: match["value"] for match in found if match}


def _revision(git: Git, tree: str) -> tuple[int, str]:
    text = objects.read_blob(git, f"{tree}:{REVISION_FILE}")
    if text is None:
        return 0, ""
    try:
        read = json.loads(text)
        revision, commit = read["revision"], read["commit"]
    except (ValueError, KeyError, TypeError):
        return 0, ""
    if type(revision) is not int or revision < 0 or not isinstance(commit, str):
        return 0, ""
    return revision, commit
