"""Performs a plan: one atomic push to one place, or one push after the other in AFT's order."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from aftgen.errors import Problems
from aftgen.git import Git, GitError
from aftgen.publish import remotes
from aftgen.publish.accounts import AccountChanges
from aftgen.publish.plan import Plan, TreePlan
from aftgen.publish.remotes import Rejection
from aftgen.publish.source import Source
from aftgen.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTree:
    """One of AFT's repositories afterwards. ``commit`` is its head, ``moved`` whether this run pushed it."""

    name: str
    plan: TreePlan
    commit: str
    moved: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What was published: what following AFT's pipelines starts from."""

    source: Source
    revision: int
    trees: tuple[PublishedTree, ...]
    accounts: AccountChanges


class NotPushed(Problems):
    """Some tree was not pushed; which ones were is said."""


def perform(repository: Repository, plan: Plan) -> Published:
    """Push what the plan says and nothing else.

    Raises NotPushed when a server refused, GitError when it is not known what it did. Either way, publishing
    again completes it.
    """
    git = Git(repository.root)
    done: list[TreePlan] = []
    for remote, trees in _batches(plan):
        try:
            rejections = remotes.push(git, remote, {tree.target.ref: tree.commit or "" for tree in trees})
        except GitError as error:
            error.hint = f"{_so_far(done)}; {error.hint or 'run it again'}"
            raise
        if rejections:
            raise _refused(remote, rejections, done)
        done += trees
    return Published(
        source=plan.source,
        revision=plan.revision,
        trees=tuple(
            PublishedTree(
                name=tree.target.name,
                plan=tree,
                commit=tree.commit or (tree.head.commit if tree.head else ""),
                moved=tree.commit is not None,
            )
            for tree in plan.trees
        ),
        accounts=plan.accounts,
    )


def _batches(plan: Plan) -> Iterator[tuple[str, list[TreePlan]]]:
    """The pushes: neighbours in AFT's order that are in one place go together."""
    for remote, trees in groupby(plan.pushes, key=lambda tree: tree.target.remote):
        yield remote, list(trees)


def _refused(remote: str, rejections: tuple[Rejection, ...], done: list[TreePlan]) -> NotPushed:
    shown = remotes.redacted(remote)
    problems = [
        f"{shown} {rejection.ref.removeprefix('refs/heads/')}: {rejection.reason}" for rejection in rejections
    ]
    if any(rejection.by_rule for rejection in rejections):
        hint = "the server's rules must let this key or token push to these branches (docs/adopt.md)"
    else:
        hint = "somebody published at the same time: run it again"
    return NotPushed(f"{shown} took nothing", problems, hint=f"{_so_far(done)}; {hint}")


def _so_far(done: list[TreePlan]) -> str:
    if not done:
        return "nothing was changed"
    return f"already there: {', '.join(tree.target.name for tree in done)}; publishing again does the rest"
