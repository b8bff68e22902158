"""What became of each region: values first, text at the very end.

A walk over an account's regions ends in one outcome for each of them. Nothing to do, and not allowed to look,
are outcomes like the others: they reach the report with their reason, and only a failure fails the build.

`account.py`, `command.py` and `outcome.py` are the same in every customization that works by region.
Customizations are added, renamed and removed as whole folders, so none imports from another; a test keeps the
copies equal.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias


@dataclass(frozen=True, slots=True)
class Changed:
    """The region is now as it should be and was not before; in a dry run, would be."""

    region: str
    detail: str
    word: ClassVar[str] = "changed"


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The region was left as it is: it was right already, or changing it would not be."""

    region: str
    detail: str
    word: ClassVar[str] = "unchanged"


@dataclass(frozen=True, slots=True)
class Skipped:
    """The region is closed to this account, so there is nothing in it to change."""

    region: str
    detail: str
    word: ClassVar[str] = "skipped"


@dataclass(frozen=True, slots=True)
class Failed:
    """The region is not as it should be, and `detail` says why."""

    region: str
    detail: str
    word: ClassVar[str] = "failed"


Outcome: TypeAlias = Changed | Unchanged | Skipped | Failed


def exit_code(outcomes: Sequence[Outcome]) -> int:
    """0, or 1 when a region failed: AFT turns it into the build's result."""
    return 1 if any(isinstance(outcome, Failed) for outcome in outcomes) else 0


def report(title: str, outcomes: Sequence[Outcome], *, dry_run: bool) -> str:
    """A line for each region, failures last where a log's reader looks first, then the counts."""
    ordered = sorted(outcomes, key=lambda outcome: (isinstance(outcome, Failed), outcome.region))
    width = max((len(outcome.region) for outcome in outcomes), default=0)
    lines = [f"{title}{' (dry run: nothing is changed)' if dry_run else ''}"]
    lines += [f"  {outcome.word:<9}  {outcome.region:<{width}}  {outcome.detail}" for outcome in ordered]
    counts = (
        f"{sum(isinstance(outcome, kind) for outcome in outcomes)} {kind.word}"
        for kind in (Changed, Unchanged, Skipped, Failed)
    )
    return "\n".join([*lines, ", ".join(counts)])
