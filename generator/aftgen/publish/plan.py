"""What publishing would do, as a value: :func:`make`. Reads the remotes, writes nothing but git objects.

All reasons to refuse are found before the first push, and those of one kind are told together.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from aftgen.config import Publish
from aftgen.errors import Problems, Refused, UsageError
from aftgen.git import Git
from aftgen.publish import comparison, heads, objects, remotes, settings, source
from aftgen.publish.accounts import AccountChanges
from aftgen.publish.heads import Head
from aftgen.publish.objects import FileChange
from aftgen.publish.settings import Target, Wish
from aftgen.publish.source import REVISED, Source
from aftgen.repository import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class TreePlan:
    """One target: its head now (None: there is no such branch) and the commit to push (None: nothing)."""

    target: Target
    url: str
    head: Head | None
    commit: str | None
    files: tuple[FileChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A publication that may be performed. ``revision`` is what the global tree has afterwards."""

    source: Source
    trees: tuple[TreePlan, ...]
    accounts: AccountChanges
    revision: int = 0

    @property
    def pushes(self) -> tuple[TreePlan, ...]:
        """The trees that move, in the order of publishing."""
        return tuple(tree for tree in self.trees if tree.commit is not None)


def make(repository: Repository, wish: Wish) -> Plan:
    """Plan a publication of the repository's source branch.

    Raises UsageError for what cannot be understood, Refused and Problems for what must not be published,
    GitError where git or a remote fails.
    """
    for start in wish.adopt_heads:
        if not re.fullmatch(r"[0-9a-fA-F]{7,64}", start):
            raise UsageError(f"--adopt-head {start!r} is no commit: its first seven digits at least")
    git = Git(repository.root)
    given = settings.by_name("--remote", wish.remotes, all_allowed=True)
    branches = settings.by_name("--branch", wish.branches)
    published = source.resolve(git, repository, wish.source, list(given.values()) or ["origin"])
    with TemporaryDirectory(prefix="aftgen-publish-") as folder:
        base = Path(folder)
        (base / "source").mkdir()
        exported = source.export(git, published, base / "source")
        targets = settings.targets(_configured(exported), remotes=given, branches=branches)
        urls = {target.name: remotes.url(git, target.remote) for target in targets}
        settings.check_codecommit(urls)
        trees = source.trees(git, published, targets)
        found = _heads(git, published, targets, wish)
        revised = found[REVISED]
        revision = revised.revision if revised else 0
        moving = _moving(git, published, targets, trees, found)
        if not moving:
            return Plan(
                source=published,
                trees=tuple(_unmoved(target, urls[target.name], found[target.name]) for target in targets),
                accounts=AccountChanges(),
                revision=revision,
            )
        _check(exported, published)
        changes = comparison.compare(git, base, exported, targets, found, wish)
    if REVISED in moving:
        revision = max(revision + 1, published.count, wish.min_revision)
    planned = [
        _planned(git, published, target, urls[target.name], found[target.name], trees[target.name], revision)
        if target.name in moving
        else _unmoved(target, urls[target.name], found[target.name])
        for target in targets
    ]
    return Plan(
        source=published,
        trees=tuple(planned),
        accounts=changes if comparison.REQUESTS in moving else AccountChanges(),
        revision=revision,
    )


def _configured(exported: Repository) -> Publish:
    from aftgen.config_file import load_config

    return load_config(exported).publish


def _heads(git: Git, published: Source, targets: Sequence[Target], wish: Wish) -> dict[str, Head | None]:
    """What every target is at. Raises Problems for heads that may not be followed."""
    names = list(dict.fromkeys(target.remote for target in targets))
    there = {name: remotes.read(git, name) for name in names}
    _check_merged(git, published, there, targets)
    replaced = settings.by_name("--replaces", wish.replaces)
    found: dict[str, Head | None] = {}
    problems: list[str] = []
    hints: list[str] = []
    for name in names:
        remotes.fetch(git, name, [t.ref for t in targets if t.remote == name and t.ref in there[name].heads])
    for target in targets:
        commit = there[target.remote].heads.get(target.ref)
        shown = f"{remotes.redacted(target.remote)} {target.branch}"
        if commit is None:
            found[target.name] = None
            if not wish.first and target.name not in replaced:
                problems.append(f"{shown} is not there, and without it nobody knows what AFT reads today")
                hints.append(
                    "--first when AFT has never read the four, --replaces NAME=REMOTE#BRANCH when it does"
                )
            continue
        if not objects.has_commit(git, commit):
            raise remotes.Unreachable(f"{shown} moved while it was read", hint="run it again")
        head = found[target.name] = heads.examine(git, target, commit, published.prefix)
        problem = _refusal(git, published, head)
        if problem and not _adopted(head, wish):
            problems.append(f"{shown} is at {head.commit[:12]}: {problem}")
            if head.foreign:
                hints.append("look at it; '--adopt-head COMMIT' takes it over without losing what is there")
    if problems:
        hint = "; ".join(dict.fromkeys(hints)) or "nothing was changed; publish what follows it"
        raise Problems(f"{published.commit[:12]} is not published", problems, hint=hint)
    return found


def _adopted(head: Head, wish: Wish) -> bool:
    return any(head.commit.startswith(start.lower()) for start in wish.adopt_heads)


def _refusal(git: Git, published: Source, head: Head) -> str:
    """Why a head may not be followed by this source, or ""."""
    if head.foreign:
        return f"publishing did not make this commit ({head.foreign})"
    if objects.is_ancestor(git, head.source, published.commit):
        return ""
    if objects.is_ancestor(git, published.commit, head.source):
        return f"it was published from {head.source[:12]}, which is newer"
    return f"it was published from {head.source[:12]}, which {published.branch} does not contain"


def _check_merged(
    git: Git, published: Source, there: Mapping[str, remotes.RemoteRefs], targets: Sequence[Target]
) -> None:
    """Refuse a source that the remote's own branch does not contain: nobody has reviewed it."""
    configured = git.run("config", "--get", f"branch.{published.branch}.remote", check=False)
    name = configured.stdout.decode().strip() or "origin"
    refs = there.get(name)
    if refs is None:
        return
    ref = f"refs/heads/{published.branch}"
    ref = ref if ref in refs.heads else refs.default
    head = refs.heads.get(ref)
    if head is None or any(target.remote == name and target.ref == ref for target in targets):
        return
    if not objects.has_commit(git, head):
        remotes.fetch(git, name, [ref])
    if not objects.is_ancestor(git, published.commit, head):
        branch = ref.removeprefix("refs/heads/")
        raise Refused(
            f"{published.commit[:12]} is not on {name}'s {branch}, which is at {head[:12]}: "
            "what is not merged is not published",
            hint=f"'git pull {name} {branch}' when you are behind, a pull request when you are ahead",
        )


def _moving(
    git: Git,
    published: Source,
    targets: Sequence[Target],
    trees: Mapping[str, str],
    found: Mapping[str, Head | None],
) -> frozenset[str]:
    """The targets whose tree differs from what is published.

    The global customizations move with any of them: their ``revision.json`` says for which commit a pipeline
    runs, and pushing them starts nothing. The others stay, so that nothing is applied without a reason.
    """
    moving = set()
    for target in targets:
        head = found[target.name]
        same = (
            head is not None and not head.foreign and heads.content(git, target, head) == trees[target.name]
        )
        if not same:
            moving.add(target.name)
    revised = found[REVISED]
    if moving and (revised is None or revised.source != published.commit):
        moving.add(REVISED)
    return frozenset(moving)


def _check(exported: Repository, published: Source) -> None:
    from aftgen.checks.engine import run
    from aftgen.checks.finding import Severity

    report = run(exported)
    errors = [finding for finding in report.findings if finding.severity is Severity.ERROR]
    if errors:
        shown = [f"{finding.place}: {finding.rule} {finding.message}" for finding in errors[:20]]
        if len(errors) > len(shown):
            shown.append(f"and {len(errors) - len(shown)} more")
        raise Problems(
            f"{published.commit[:12]} fails 'aftgen check'",
            shown,
            hint="'aftgen check' in the working tree shows them with their lines",
        )


def _unmoved(target: Target, url: str, head: Head | None) -> TreePlan:
    return TreePlan(target=target, url=url, head=head, commit=None)


def _planned(
    git: Git, published: Source, target: Target, url: str, head: Head | None, tree: str, revision: int
) -> TreePlan:
    if target.name == REVISED:
        tree = source.with_revision(git, tree, heads.revision_text(revision, published.commit))
    commit = objects.write_commit(
        git,
        tree,
        parent=head.commit if head else None,
        message=heads.message(published, target),
        author=published.author,
        committed=published.committed,
    )
    files = objects.difference(git, head.tree, tree) if head else objects.all_added(git, tree)
    return TreePlan(target=target, url=url, head=head, commit=commit, files=files)
