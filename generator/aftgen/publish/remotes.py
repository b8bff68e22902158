"""Remote repositories: what is there, its commits, and pushing. Nothing here asks anybody for anything."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aftgen.errors import Refused
from aftgen.git import Git, GitError

#: What a server says when another push was faster, beside git's own "fetch first" and "non-fast-forward".
_RACE = re.compile("cannot lock ref|failed to update ref|incorrect old value|reference already exists")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


class Unreachable(GitError):
    """A remote did not answer, or not us."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A ref that was not pushed, with the server's own words; ``by_rule`` when it was the server's rule."""

    ref: str
    reason: str
    by_rule: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRefs:
    """A remote's branches: ref name to commit, and the ref of its default branch ("" when it has none)."""

    heads: Mapping[str, str]
    default: str


def read(git: Git, remote: str) -> RemoteRefs:
    """What a remote has. Raises Unreachable."""
    listed = _run(git, remote, "ls-remote", "--symref", "--", remote, "HEAD", "refs/heads/*")
    heads: dict[str, str] = {}
    default = ""
    for line in listed.splitlines():
        value, _, ref = line.partition("\t")
        if value.startswith("ref: ") and ref == "HEAD":
            default = value.removeprefix("ref: ")
        elif ref.startswith("refs/heads/"):
            heads[ref] = value
    return RemoteRefs(heads=heads, default=default if default in heads else "")


def fetch(git: Git, remote: str, refs: Sequence[str]) -> None:
    """Bring the commits of branches into this clone, without touching a ref of it. Raises Unreachable."""
    options = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--refmap=")
    if refs:
        _run(git, remote, "fetch", *options, "--", remote, *refs)


def url(git: Git, remote: str) -> str:
    """The URL or path that is pushed to: the configured one, or the remote itself where it is one."""
    done = git.run("remote", "get-url", "--push", "--", remote, check=False)
    return done.stdout.decode().strip() if done.returncode == 0 else remote


def push(git: Git, remote: str, commits: Mapping[str, str]) -> tuple[Rejection, ...]:
    """Move branches (ref to commit) forward, all or none of them; what was refused, or nothing.

    Never forced: the server takes a commit only when it follows the branch's head at that moment. Raises
    Unreachable when it is not known what the server did.
    """
    options = ("--porcelain", "--atomic", "--no-verify", "--no-follow-tags", "--no-recurse-submodules")
    words = [f"{commit}:{ref}" for ref, commit in commits.items()]
    done = git.run(
        "-c",
        "push.gpgSign=false",
        "push",
        *options,
        "--",
        remote,
        *words,
        check=False,
        environment=_quietly(git),
    )
    if done.returncode == 0:
        return ()
    order = list(commits)
    rejections = tuple(
        sorted(_rejections(done.stdout.decode("utf-8", "replace")), key=lambda one: order.index(one.ref))
    )
    said = redacted(done.stderr.decode("utf-8", "replace").strip())
    if "does not support --atomic" in said:
        raise Refused(
            f"{redacted(remote)} cannot take several branches at once",
            hint="publish to a server that can ('git push --atomic'), or to four repositories",
        )
    if not rejections:
        raise Unreachable(
            f"git push {redacted(remote)}: {said or f'it ended with {done.returncode}'}",
            hint="run it again: publishing completes what is missing and repeats nothing",
        )
    return rejections


def redacted(text: str) -> str:
    """Text without the credentials that a URL in it may hold."""
    return _CREDENTIALS.sub("***@", text)


def _rejections(printed: str) -> list[Rejection]:
    found = []
    for line in printed.splitlines():
        flag, _, rest = line.partition("\t")
        if flag != "!":
            continue
        pair, _, summary = rest.partition("\t")
        reason = redacted(summary)
        if "atomic push fail" not in reason:
            by_rule = "remote rejected" in reason and not _RACE.search(reason)
            found.append(Rejection(pair.partition(":")[2], reason, by_rule))
    return found


def _run(git: Git, remote: str, *arguments: str) -> str:
    done = git.run(*arguments, check=False, environment=_quietly(git))
    if done.returncode != 0:
        said = redacted(done.stderr.decode("utf-8", "replace").strip())
        raise Unreachable(
            f"{redacted(remote)} cannot be read: {said or f'git ended with {done.returncode}'}",
            hint="'git remote -v' lists the remotes; publish.remote in aftgen.yaml or --remote names another",
        )
    return done.stdout.decode("utf-8", "replace")


def _quietly(git: Git) -> dict[str, str]:
    """Settings with which ssh fails instead of asking for a passphrase or a host's key.

    A command that somebody configured (a deploy key's) stays as it is.
    """
    quiet = {"SSH_ASKPASS_REQUIRE": "never"}
    configured = git.run("config", "--get", "core.sshCommand", check=False).returncode == 0
    if not configured and not os.environ.get("GIT_SSH_COMMAND") and not os.environ.get("GIT_SSH"):
        quiet["GIT_SSH_COMMAND"] = "ssh -o BatchMode=yes"
    return quiet
