"""What a publication needs of AFT: from what was published, and the commit that was followed last, to a Work.

What changed is what changed since the last publication that was followed to its end, so that one that stopped
half way is completed by the next.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from aftgen.changes import load
from aftgen.changes.decision import OU, Verdict, parameters_changed
from aftgen.changes.plan import MINUTES_PER_REQUEST, AccountChange, Plan
from aftgen.follow.values import (
    ACCOUNT_SOURCE,
    GLOBAL_SOURCE,
    PROVISIONING_PIPELINE,
    PROVISIONING_SOURCE,
    REQUESTS_PIPELINE,
    REQUESTS_SOURCE,
)
from aftgen.follow.work import AccountWork, Awaits, Commit, Work
from aftgen.git import Git
from aftgen.publish import heads, objects, remotes, source
from aftgen.publish.push import Published, PublishedTree
from aftgen.publish.source import REVISED
from aftgen.repository import Repository

_AWAITED = (
    ("account-provisioning-customizations", PROVISIONING_PIPELINE, PROVISIONING_SOURCE),
    ("account-request", REQUESTS_PIPELINE, REQUESTS_SOURCE),
)


class Publication:
    """One publication in its clone. ``followed`` is the source that was followed to its end last, or ""."""

    def __init__(self, repository: Repository, published: Published, followed: str = "") -> None:
        self._git = Git(repository.root)
        self._published = published
        self._trees = {tree.name: tree for tree in published.trees}
        self.base = self._base(followed)
        self._fetched: set[str] = set()

    def work(self) -> Work:
        """What must happen. Raises Problems where the requests of either side cannot be read."""
        published = self._published
        found = Work(
            source=published.source.commit,
            branch=published.source.branch,
            base=self.base,
            revision=published.revision,
            commits=tuple(self._commits()),
            revisions={
                GLOBAL_SOURCE: self._trees[REVISED].commit,
                ACCOUNT_SOURCE: self._trees["account-customizations"].commit,
            },
        )
        if not self.base:
            return replace(found, **_first(published))  # type: ignore[arg-type]
        if self.base == published.source.commit:
            return found
        plans = [self.plan(one) for one in self._bases()]
        notes = [f"{each.address} is not evaluated: {each.reason}" for each in plans[0].unevaluated]
        return replace(
            found,
            accounts=merged(plans),
            removed=tuple(change.name for change in plans[0].changes if change.new is None),
            minutes=max(plan.minutes for plan in plans),
            note="; ".join(notes),
        )

    def _bases(self) -> list[str]:
        """The base, and every source that was published after it and not followed to its end, oldest first.

        What one of them granted and the next took away again is no change since the base, and may stand.
        """
        tree = self._trees[REVISED]
        between = [self._source_of(tree, commit) for commit in self._since_base(tree)]
        now = self._published.source.commit
        return [self.base, *(one for one in reversed(between) if one not in (now, self.base))]

    def plan(self, base: str) -> Plan:
        """The plan from an earlier source to what is published."""
        commit = self._published.source.commit
        with self._exported(base) as before, self._exported(commit) as after:
            return load.compare(before, after, self._changed(base, commit))

    def changed_since(self, commit: str) -> frozenset[str]:
        """The requests that changed since a commit of the account requests was published, by email."""
        tree = self._trees["account-request"]
        source_of = self._source_of(tree, commit) if objects.has_commit(self._git, commit) else ""
        plan = self.plan(source_of or self.base)
        return frozenset(change.id for change in plan.changes if change.steps)

    def contains(self, wanted: Commit, commit: str) -> bool:
        """Whether a commit of a pipeline is the wanted one, or follows it."""
        if not commit or commit == wanted.commit:
            return bool(commit)
        tree = next(self._trees[name] for name, pipeline, _ in _AWAITED if pipeline == wanted.pipeline)
        if not objects.has_commit(self._git, commit) and commit not in self._fetched:
            self._fetched.add(commit)
            remotes.fetch(self._git, tree.plan.target.remote, [tree.plan.target.ref])
        return objects.has_commit(self._git, commit) and objects.is_ancestor(self._git, wanted.commit, commit)

    @contextmanager
    def tree(self) -> Iterator[Path]:
        """The published tree of global customizations, exported into a folder of its own."""
        with tempfile.TemporaryDirectory(prefix="aftgen-follow-") as folder:
            self._git.export(self._trees[REVISED].commit, Path(folder))
            yield Path(folder)

    def _commits(self) -> Iterator[Commit]:
        for name, pipeline, action in _AWAITED:
            tree = self._trees[name]
            if tree.commit:
                since = frozenset(self._since_base(tree))
                yield Commit(
                    pipeline=pipeline,
                    source=action,
                    commit=tree.commit,
                    expected=bool(since),
                    since_base=since,
                )

    def _since_base(self, tree: PublishedTree) -> list[str]:
        """The commits of a branch that were published after the base, newest first; all without one."""
        found: list[str] = []
        commit = tree.commit
        while commit:
            came_from = self._source_of(tree, commit)
            if not came_from or (self.base and objects.is_ancestor(self._git, came_from, self.base)):
                break
            found.append(commit)
            commit = self._parent(commit)
        return found

    def _base(self, followed: str) -> str:
        """The source to compare with: the one that was followed last, or else the publication before."""
        known = followed and objects.has_commit(self._git, followed)
        if known and objects.is_ancestor(self._git, followed, self._published.source.commit):
            return followed
        return self._previous()

    def _previous(self) -> str:
        """The source of the publication before: the global customizations move with each one."""
        tree = self._trees[REVISED]
        before = self._parent(tree.commit)
        return self._source_of(tree, before) if before else ""

    def _parent(self, commit: str) -> str:
        """The commit before on a published branch, or ""."""
        parents = self._git.text("rev-list", "--parents", "-n1", commit).split()[1:]
        return parents[0] if parents else ""

    def _source_of(self, tree: PublishedTree, commit: str) -> str:
        """The source that a commit of a published branch came from, or "" where it is not ours."""
        return heads.examine(self._git, tree.plan.target, commit, self._published.source.prefix).source

    def _changed(self, base: str, commit: str) -> list[str]:
        """Paths, relative to the repository, that differ."""
        prefix = self._published.source.prefix
        options = ("--name-only", "-z", "--no-renames", "--no-ext-diff")
        listed = self._git.run("diff", *options, base, commit, "--", prefix or ".").stdout
        paths = listed.decode("utf-8", "surrogateescape").split("\0")
        return [path.removeprefix(f"{prefix}/") if prefix else path for path in paths if path]

    @contextmanager
    def _exported(self, commit: str) -> Iterator[Repository]:
        with tempfile.TemporaryDirectory(prefix="aftgen-follow-") as folder:
            yield source.export(self._git, replace(self._published.source, commit=commit), Path(folder))


def merged(plans: Sequence[Plan]) -> tuple[AccountWork, ...]:
    """The accounts of several plans to the same end, by name. What an earlier plan says AFT does, counts."""
    found: dict[str, AccountWork] = {}
    for plan in plans:
        for change in plan.changes:
            work = account_work(change)
            if work is None:
                continue
            known = found.get(work.email)
            if known is None:
                found[work.email] = work
                continue
            reasons = tuple(dict.fromkeys((*known.reasons, *work.reasons)))
            kept = work if known.awaits is Awaits.NOTHING else known
            found[work.email] = replace(kept, reasons=reasons)
    return tuple(sorted(found.values(), key=lambda work: (work.name, work.email)))


def account_work(change: AccountChange) -> AccountWork | None:
    """What there is to do for one account, or None."""
    if change.new is None:
        return None
    verdicts = [step.decision.verdict for step in change.steps]
    awaits, words = Awaits.NOTHING, ""
    if Verdict.REFUSE in verdicts:
        decision = change.steps[verdicts.index(Verdict.REFUSE)].decision
        awaits = Awaits.REFUSED
        words = ": ".join(filter(None, (decision.words, decision.log)))
    elif Verdict.CREATE in verdicts:
        awaits = Awaits.CREATE
    elif Verdict.UPDATE in verdicts:
        awaits = Awaits.MOVE
    elif Verdict.CUSTOMIZE in verdicts:
        inserted = any(step.event == "INSERT" for step in change.steps)
        awaits = Awaits.TAKE_OVER if inserted else Awaits.CUSTOMIZE
    if awaits is Awaits.NOTHING and not change.needs_pipeline:
        return None
    return AccountWork(
        name=change.name, email=change.id, awaits=awaits, reasons=change.pipeline_reasons, words=words
    )


def _first(published: Published) -> dict[str, object]:
    """A first publication: what ran before it is not known, and no fleet is started unasked."""
    changes = published.accounts
    works = [AccountWork(name=row.name, email=row.id, awaits=Awaits.ADD) for row in changes.added]
    for change in changes.changed:
        moved = any(one.name == OU for one in parameters_changed(change.before, change.after))
        awaits = Awaits.MOVE if moved else Awaits.CUSTOMIZE
        works.append(AccountWork(name=change.after.name, email=change.after.id, awaits=awaits))
    return {
        "accounts": tuple(works),
        "removed": tuple(row.name for row in changes.removed),
        "minutes": MINUTES_PER_REQUEST * len(works),
        "note": "This is the first publication: 'aftgen rerun --all' runs every account's pipeline with it.",
    }
