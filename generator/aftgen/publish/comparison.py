"""What AFT reads today against what it would read: the accounts, and on a take-over everything else.

Raises Problems that name every account, address, block and file that nobody allowed to go.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import quote

from aftgen.errors import Problems, UsageError
from aftgen.git import Git
from aftgen.publish import accounts, losses, objects, remotes, settings
from aftgen.publish.accounts import AccountChanges
from aftgen.publish.heads import Head
from aftgen.publish.settings import Target, Wish
from aftgen.repository import Repository

REQUESTS = "account-request"
#: Its Terraform holds the table of what was granted: a block that goes takes that with it.
_PROVISIONING = "account-provisioning-customizations"


def compare(
    git: Git,
    base: Path,
    exported: Repository,
    targets: Sequence[Target],
    found: Mapping[str, Head | None],
    wish: Wish,
) -> AccountChanges:
    """The accounts that differ. ``base`` is a folder for exports, ``exported`` the source's own.

    Raises Problems.
    """
    replaced = settings.by_name("--replaces", wish.replaces)
    problems: list[str] = []
    hints: list[str] = []
    changes = AccountChanges()
    for target in targets:
        head = found[target.name]
        before = _before(git, target, head, replaced.get(target.name))
        exported_before = _export(git, before, base / "before" / target.name) if before else None
        taken_over = before is not None and (head is None or bool(head.foreign))
        if target.name == REQUESTS:
            changes = _accounts(exported_before, exported, target)
            problems += _account_problems(changes, wish.allow_removal, hints)
        if exported_before and (taken_over or target.name == _PROVISIONING):
            gone = _lost(exported_before, exported.root / target.folder, target, wish, everything=taken_over)
            problems += [f"{target.name}: {item} would be gone" for item in gone]
            hints += ["bring it in, or name what may go: --allow-loss 'terraform: …'"] if gone else []
    if problems:
        raise Problems(
            "publishing this would take away what AFT has today",
            problems,
            hint="; ".join(dict.fromkeys(hints)),
        )
    return changes


def _before(git: Git, target: Target, head: Head | None, replaced: str | None) -> str | None:
    """The commit that AFT reads today, or None when it reads nothing."""
    if head is not None or replaced is None:
        return head.commit if head else None
    remote, _, branch = replaced.partition("#")
    if remote.startswith("-"):
        raise UsageError(f"--replaces {replaced!r} cannot be a remote")
    refs = remotes.read(git, remote)
    ref = f"refs/heads/{branch}" if branch else refs.default
    commit = refs.heads.get(ref)
    if commit is None:
        known = ", ".join(name.removeprefix("refs/heads/") for name in refs.heads)
        raise UsageError(
            f"{remotes.redacted(remote)} has no {f'branch {branch}' if branch else 'default branch'}, which "
            f"{target.name} would replace",
            hint=f"its branches: {known or 'none'}",
        )
    remotes.fetch(git, remote, [ref])
    if not objects.has_commit(git, commit):
        raise remotes.Unreachable(f"{remotes.redacted(remote)} moved while it was read", hint="run it again")
    return commit


def _export(git: Git, commit: str, folder: Path) -> Path:
    folder.mkdir(parents=True)
    git.export(commit, folder)
    return folder


def _accounts(before: Path | None, exported: Repository, target: Target) -> AccountChanges:
    old = accounts.NOTHING
    if before is not None and (before / "terraform").is_dir():
        there = Repository(root=before, requests=before / "terraform")
        old = accounts.of(there, f"{target.branch}, which AFT reads today,")
    return accounts.compare(old, accounts.of(exported, "the source"))


def _account_problems(changes: AccountChanges, allowed: Sequence[str], hints: list[str]) -> list[str]:
    removed = accounts.not_allowed(changes, allowed)
    problems = [
        f"{row.name} ({row.email}) would be removed from AFT: its request is gone, or its email changed"
        for row in removed
    ]
    if removed:
        named = " ".join(f"--allow-removal {quote(row.name)}" for row in removed[:3])
        hints.append(f"if that is meant: {named}{' …' if len(removed) > 3 else ''}")
    if changes.hazards:
        hints.append("a new address needs a moved block ('aftgen rename' writes it); 'aftgen plan' says more")
    return [*problems, *map(accounts.explain, changes.hazards)]


def _lost(before: Path, after: Path, target: Target, wish: Wish, *, everything: bool) -> list[str]:
    old, new = losses.blocks(before), losses.blocks(after, gone=True)
    if everything and target.name == REQUESTS:
        # Accounts are compared as accounts; what counts beside them lies where AFT applies it.
        old = frozenset(item for item in old if item.startswith("terraform: ") and ": module." not in item)
    elif everything:
        old, new = old | losses.files(before), new | losses.files(after)
    return losses.lost(old, new, wish.allow_loss)
