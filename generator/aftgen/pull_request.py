"""A change as a branch, a commit and a pull request, made beside the person's own checkout.

The commit is made in a work tree of its own, so that nothing of the checkout moves: neither its branch, nor
what is staged, nor what is half written. Hooks run as they do for any commit. Nothing is ever forced. Until
the push went through, a failure leaves nothing behind.
"""

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from shutil import which

from aftgen.editing import files
from aftgen.editing.files import FileChange
from aftgen.errors import Refused
from aftgen.git import Git, GitError
from aftgen.repository import Repository

#: GitHub's limit for the text of a pull request is 65,536 characters, GitLab's for a description 1,048,576.
BODY_MAX = 65_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a pull request says: its branch's name (a suggestion), its title, and its text."""

    branch: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A pushed branch and its pull request.

    ``url`` is "" where it must still be opened, by ``commands``; ``note`` says why, and ``failed`` that gh or
    glab was asked.
    """

    branch: str
    base: str
    url: str = ""
    compare: str = ""
    commands: Sequence[str] = ()
    note: str = ""
    failed: bool = False


Plan = Callable[[Repository, str], str | None]
"""From the repository with the change in it, and the revision it began at, to the plan as Markdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remote:
    """Where branches are pushed to."""

    name: str
    url: str
    branch: str

    @property
    def tool(self) -> str:
        """``gh`` or ``glab``, by the remote's address."""
        return "glab" if "gitlab" in self.url.lower() else "gh"

    def compare(self, branch: str) -> str:
        """The page that opens a pull request, where the address says which that is."""
        match = re.search(r"(?:@|://)(?:[^@/]*@)?([^/:]+)(?::\d+/|[:/])(.+?)(?:\.git)?/?$", self.url)
        if match is None:
            return ""
        host, project = match[1], match[2]
        if "gitlab" in host:
            return f"https://{host}/{project}/-/merge_requests/new?merge_request[source_branch]={branch}"
        return (
            f"https://{host}/{project}/compare/{self.branch}...{branch}?expand=1" if "github" in host else ""
        )


def remote_of(git: Git) -> Remote:
    """The remote of the default branch. Raises Refused where there is none."""
    default = git.default_branch()
    names = git.text("remote").split()
    if not names:
        raise Refused(
            "there is no remote to push to; nothing was written",
            hint="'git remote add origin URL', or leave --pr out to change the files here",
        )
    if default == "origin/HEAD":
        default = git.text("rev-parse", "--abbrev-ref", "origin/HEAD")
    name, _, branch = default.partition("/")
    if name not in names or not branch:
        name, branch = ("origin" if "origin" in names else names[0]), default
    return Remote(name=name, url=git.text("remote", "get-url", "--push", name), branch=branch)


def refuse_dirty(git: Git, repository: Repository, changes: Sequence[FileChange]) -> None:
    """Raise Refused where a file of the change has other changes that are not committed."""
    paths = _in_work_tree(git, repository, changes)
    dirty = git.changed([f":(literal){path}" for path in paths])
    if dirty:
        raise Refused(
            "these files have changes that are not committed; nothing was written",
            place=", ".join(sorted(dirty)),
            hint="commit or put them aside first",
        )


def open_(repository: Repository, changes: Sequence[FileChange], proposal: Proposal, plan: Plan) -> Opened:
    """Branch, commit, push, and open the pull request.

    Raises Refused or GitError; then no branch, commit or push is left, but for a pull request that could not
    be opened after the push, of which the commands are in the result.
    """
    git = Git(repository.root)
    remote = remote_of(git)
    refuse_dirty(git, repository, changes)
    start = _start(git, repository, remote, changes)
    branch = _free(git, remote, proposal.branch)
    with _work_tree(git, branch, start) as tree:
        beside = Git(tree)
        inside = tree / repository.root.resolve().relative_to(git.root.resolve())
        for change in changes:
            (inside / change.path).parent.mkdir(parents=True, exist_ok=True)
        files.write(inside, changes)
        body = _body(proposal, plan, repository, inside, start)
        paths = [f":(literal){path}" for path in _in_work_tree(git, repository, changes)]
        beside.run("add", "--all", "--", *paths)
        beside.run(
            "commit", "--quiet", "--file=-", input=f"{proposal.title}\n\n{proposal.summary}\n".encode()
        )
        beside.run(
            "push", "--quiet", "--set-upstream", remote.name, f"refs/heads/{branch}:refs/heads/{branch}"
        )
    return _request(git, remote, branch, proposal.title, body)


def preview(repository: Repository, changes: Sequence[FileChange], proposal: Proposal) -> list[str]:
    """The commands that :func:`open_` stands for, to be run by hand. Raises Refused or GitError."""
    git = Git(repository.root)
    remote = remote_of(git)
    refuse_dirty(git, repository, changes)
    paths = " ".join(map(quote, _in_work_tree(git, repository, changes)))
    branch = _free(git, remote, proposal.branch)
    return [
        f"git switch -c {quote(branch)}",
        f"git add --all -- {paths}",
        f"git commit -m {quote(proposal.title)} -- {paths}",
        f"git push --set-upstream {quote(remote.name)} {quote(branch)}",
        _command(remote, branch, proposal.title),
    ]


def _in_work_tree(git: Git, repository: Repository, changes: Sequence[FileChange]) -> list[str]:
    below = repository.root.resolve().relative_to(git.root.resolve())
    return [(below / path).as_posix() for change in changes for path in change.paths]


def _start(git: Git, repository: Repository, remote: Remote, changes: Sequence[FileChange]) -> str:
    """The commit to begin at: the default branch as git knows it, where it holds the same files."""
    named = f"{remote.name}/{remote.branch}"
    known = git.run("rev-parse", "--verify", "--quiet", f"{named}^{{commit}}", check=False).returncode == 0
    commit = git.resolve(named if known else remote.branch)
    below = repository.root.resolve().relative_to(git.root.resolve())
    for change in changes:
        path = (below / change.path).as_posix()
        same = git.run("diff", "--quiet", commit, "--", f":(literal){path}", check=False).returncode == 0
        if not same and change.before is not None:
            raise Refused(
                f"this file is not what {named if known else remote.branch} has; nothing was written",
                place=change.path,
                hint="a pull request begins at the default branch: fetch and merge it, or leave --pr out",
            )
        held = git.files(commit, [path])
        if change.before is None and held:
            raise Refused(f"{remote.branch} has this file already; nothing was written", place=change.path)
    return commit


def _free(git: Git, remote: Remote, wanted: str) -> str:
    """The branch's name, with a number where it is taken here or there."""
    listed = git.run("ls-remote", "--heads", remote.name, f"refs/heads/{wanted}*", check=False)
    if listed.returncode != 0:
        said = listed.stderr.decode("utf-8", "replace").strip()
        raise GitError(f"the remote {remote.name} cannot be reached: {said}", hint="nothing was written")
    taken = {line.split("\t")[1] for line in listed.stdout.decode().splitlines() if "\t" in line}
    taken |= set(git.text("for-each-ref", "--format=%(refname)", f"refs/heads/{wanted}*").split())
    name, number = wanted, 2
    while f"refs/heads/{name}" in taken:
        name, number = f"{wanted}-{number}", number + 1
    return name


@contextmanager
def _work_tree(git: Git, branch: str, start: str) -> Iterator[Path]:
    """A work tree on a new branch; when something fails in it, neither is left."""
    with tempfile.TemporaryDirectory(prefix="aftgen-pr-") as scratch:
        tree = Path(scratch, "tree")
        try:
            git.run("worktree", "add", "--quiet", "-b", branch, str(tree), start)
            yield tree
        except BaseException:
            git.run("worktree", "remove", "--force", str(tree), check=False)
            git.run("branch", "--quiet", "-D", branch, check=False)
            raise
        git.run("worktree", "remove", "--force", str(tree), check=False)


def _body(proposal: Proposal, plan: Plan, repository: Repository, inside: Path, start: str) -> str:
    try:
        planned = plan(_moved_to(repository, inside), start)
    except Refused as refused:
        planned = f"`aftgen plan` refuses: {refused.message}"
    # As a code block: values are other people's text, and Markdown would act on it.
    shown = "\n".join(f"    {line}" for line in proposal.summary.splitlines())
    text = f"{shown}\n\n{planned}" if planned else shown
    return text if len(text) <= BODY_MAX else text[:BODY_MAX] + "\n\n… (cut: too long for a pull request)"


def _moved_to(repository: Repository, inside: Path) -> Repository:
    below = repository.requests.resolve().relative_to(repository.root.resolve())
    return Repository(root=inside, requests=inside / below)


def _request(git: Git, remote: Remote, branch: str, title: str, body: str) -> Opened:
    """The pull request of a pushed branch, or the command that opens it and why it was not run."""
    by_hand = Opened(
        branch=branch,
        base=remote.branch,
        compare=remote.compare(branch),
        commands=[_command(remote, branch, title)],
    )
    binary = which(remote.tool)
    if binary is None:
        return replace(by_hand, note=f"{remote.tool} is not on PATH")
    sides = {"gh": ("pr", "--base", "--head"), "glab": ("mr", "--target-branch", "--source-branch")}
    what, base, head = sides[remote.tool]
    text = ["--body-file", "-"] if remote.tool == "gh" else ["--description", body, "--yes"]
    done = subprocess.run(
        [binary, what, "create", base, remote.branch, head, branch, "--title", title, *text],
        cwd=git.root,
        input=body.encode(),
        capture_output=True,
        check=False,
    )
    said = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode != 0:
        why = done.stderr.decode("utf-8", "replace").strip() or said or f"it ended with {done.returncode}"
        return replace(by_hand, note=f"{remote.tool}: {why}", failed=True)
    urls = re.findall(r"https?://\S+", said)
    return replace(by_hand, url=urls[-1] if urls else said, commands=())


def _command(remote: Remote, branch: str, title: str) -> str:
    if remote.tool == "glab":
        return (
            f"glab mr create --source-branch {quote(branch)} --target-branch {quote(remote.branch)} "
            f"--title {quote(title)} --fill"
        )
    return f"gh pr create --base {quote(remote.branch)} --head {quote(branch)} --title {quote(title)} --fill"
