"""A plan, and what became of it, as JSON and as lines for a person."""

from collections.abc import Iterator, Mapping
from typing import Any

from aftgen.publish import remotes, settings
from aftgen.publish.plan import Plan, TreePlan
from aftgen.request_row import RequestRow

_MAX_FILES = 20
MARKS = {"added": "+", "changed": "~", "removed": "-"}


def as_object(plan: Plan, *, pushed: bool) -> dict[str, Any]:
    """The result for a machine. ``pushed``: whether the plan was performed."""
    accounts = plan.accounts
    return {
        "version": 1,
        "source": {
            "commit": plan.source.commit,
            "branch": plan.source.branch,
            "subject": plan.source.subject,
        },
        "revision": plan.revision,
        "pushed": pushed,
        "trees": [_tree(tree, pushed) for tree in plan.trees],
        "accounts": {
            "added": [_account(row) for row in accounts.added],
            "changed": [_account(change.after) for change in accounts.changed],
            "removed": [_account(row) for row in accounts.removed],
        },
        "aft_module": module_values(plan),
    }


def module_values(plan: Plan) -> Mapping[str, str]:
    """The variables of AFT's own module that make it read what is published, in its order."""
    found: dict[str, str] = {}
    for tree in plan.trees:
        variable = tree.target.name.replace("-", "_")
        name = tree.target.repository or settings.repository_name(tree.url)
        found[f"{variable}_repo_name"] = name
        found[f"{variable}_repo_branch"] = tree.target.branch
    return found


def headline(plan: Plan, *, dry_run: bool) -> str:
    """What happened, in one line."""
    shown = f"{plan.source.branch} {plan.source.commit[:12]}"
    if not plan.pushes:
        return f"{shown} is published: there is nothing to push"
    return f"{shown} {'would be published' if dry_run else 'published'}, revision {plan.revision}"


def tree_lines(tree: TreePlan) -> Iterator[tuple[str, str]]:
    """Lines about a tree's files: how they changed (a key of MARKS, or "") and the text."""
    if tree.head is None:
        yield "", f"new, {len(tree.files):,} files"
        return
    for file in tree.files[:_MAX_FILES]:
        yield file.how, file.path
    if len(tree.files) > _MAX_FILES:
        yield "", f"and {len(tree.files) - _MAX_FILES:,} more files"


def account_lines(plan: Plan) -> Iterator[tuple[str, str]]:
    """Lines about accounts, like those about files."""
    accounts = plan.accounts
    for how, rows in (
        ("added", accounts.added),
        ("changed", [change.after for change in accounts.changed]),
        ("removed", accounts.removed),
    ):
        for row in rows:
            yield how, f"{row.name} ({row.email})"


def place(tree: TreePlan) -> str:
    """Where a tree goes, without credentials."""
    return f"{remotes.redacted(tree.target.remote)} {tree.target.branch}"


def _tree(tree: TreePlan, pushed: bool) -> dict[str, Any]:
    return {
        "name": tree.target.name,
        "folder": tree.target.folder,
        "remote": remotes.redacted(tree.target.remote),
        "branch": tree.target.branch,
        "before": tree.head.commit if tree.head else None,
        "commit": tree.commit or (tree.head.commit if tree.head else None),
        "moved": pushed and tree.commit is not None,
        "files": {how: [file.path for file in tree.files if file.how == how] for how in MARKS},
    }


def _account(row: RequestRow) -> dict[str, str]:
    return {"name": row.name, "email": row.email, "address": row.address}
