"""``# aftgen:ignore=ID reason``: silences one rule on one request, and says why.

The comment stands inside a block, on its first line, or directly above it, and silences the named rules for
what lies in that block. A reason is demanded, a name that no rule has is refused, and one that silences
nothing is reported, so that suppressions do not outlive their cause.
"""

import bisect
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rules.x001_ignore_without_reason import IgnoreWithoutReason
from aftgen.checks.rules.x002_ignore_unknown_rule import IgnoreUnknownRule
from aftgen.checks.rules.x003_unused_ignore import UnusedIgnore
from aftgen.errors import nearest
from aftgen.hcl.nodes import Block, Comment, File
from aftgen.reader.model import EvaluatedBy, Span

_MARK = "aftgen:ignore"
_COMMENT = re.compile(
    r"(?:#|//|/\*)\s*aftgen:ignore\b\s*(?:=\s*(?P<ids>[A-Za-z0-9]+(?:\s*,\s*[A-Za-z0-9]+)*))?(?P<reason>.*)",
    re.DOTALL,
)


@dataclass(slots=True)
class Suppression:
    """One comment, and the lines of one file that it speaks for (``last`` 0: none)."""

    file: File
    comment: Comment
    rules: tuple[str, ...]
    reason: str
    first: int = 0
    last: int = 0
    block: Block | None = None
    used: set[str] = field(default_factory=set)

    @property
    def span(self) -> Span:
        return Span(self.file, self.comment.start, self.comment.end)

    def silences(self, finding: Finding) -> bool:
        """Whether this comment silences a finding; a comment without a reason silences nothing."""
        return (
            bool(self.reason)
            and finding.rule in self.rules
            and finding.place.path == self.file.source.path
            and self.first <= finding.place.line <= self.last
        )


def find(files: Iterable[File]) -> list[Suppression]:
    """Every suppression comment of the files."""
    found: list[Suppression] = []
    for file in files:
        if _MARK.encode() in file.source.data:
            found.extend(_in_file(file))
    return found


def _in_file(file: File) -> Iterator[Suppression]:
    starts = [block.start for block in file.body.blocks]
    comments = sorted(file.comments, key=lambda comment: comment.start)
    for index, comment in enumerate(comments):
        match = _COMMENT.match(comment.text)
        if match is None:
            continue
        rules = tuple(part.strip().upper() for part in (match["ids"] or "").split(",") if part.strip())
        reason = match["reason"].removesuffix("*/").strip().lstrip(":-").strip()
        made = Suppression(file, comment, rules, reason)
        made.block = _block_of(file, comments, index, starts)
        if made.block is not None:
            made.first = file.source.position(made.block.start).line
            made.last = file.source.position(made.block.end).line
        yield made


def _block_of(file: File, comments: list[Comment], index: int, starts: list[int]) -> Block | None:
    """The top-level block that a comment is in, ends the line of, or stands directly above."""
    comment, data = comments[index], file.source.data
    number = bisect.bisect_right(starts, comment.start)
    if number:
        before = file.body.blocks[number - 1]
        if comment.start < before.end or b"\n" not in data[before.end : comment.start]:
            return before
    if number == len(starts):
        return None
    below = file.body.blocks[number]
    # Nothing but further comments, and no empty line, may stand between the comment and its block.
    at = comment.end
    for further in islice(comments, index + 1, None):
        if further.start >= below.start:
            break
        if not _is_one_line_break(data[at : further.start]):
            return None
        at = further.end
    return below if _is_one_line_break(data[at : below.start]) else None


def _is_one_line_break(between: bytes) -> bool:
    return not between.strip() and between.count(b"\n") <= 1


def apply(suppressions: list[Suppression], findings: Iterable[Finding]) -> tuple[list[Finding], int]:
    """The findings that no suppression silences, and how many were silenced."""
    if not suppressions:
        return list(findings), 0
    by_first_line: dict[tuple[str, str], list[Suppression]] = {}
    for suppression in sorted(suppressions, key=lambda one: one.first):
        for rule in suppression.rules:
            by_first_line.setdefault((suppression.file.source.path, rule), []).append(suppression)
    kept = []
    silenced = 0
    for finding in findings:
        if _silence(by_first_line.get((finding.place.path, finding.rule), []), finding):
            silenced += 1
        else:
            kept.append(finding)
    return kept, silenced


def _silence(suppressions: list[Suppression], finding: Finding) -> bool:
    """Mark the comments that silence a finding. Blocks do not overlap: only the nearest one above can."""
    end = bisect.bisect_right(suppressions, finding.place.line, key=lambda one: one.first)
    matching = []
    at = end - 1
    while at >= 0 and suppressions[at].first == suppressions[end - 1].first:
        if suppressions[at].silences(finding):
            matching.append(suppressions[at])
        at -= 1
    for suppression in matching:
        suppression.used.add(finding.rule)
    return bool(matching)


def problems(
    suppressions: Iterable[Suppression], context: Context, known: Iterable[str], applied: frozenset[str]
) -> Iterator[Finding]:
    """What is wrong with the suppressions themselves. ``applied`` are the rules that this run applied."""
    ids = frozenset(known)
    not_known = {
        id(request.block) for request in context.requests if request.evaluated_by is EvaluatedBy.NOTHING
    }
    for suppression in suppressions:
        if not suppression.rules:
            yield IgnoreUnknownRule().finding(suppression.span, "this comment names no rule to ignore")
            continue
        for rule in suppression.rules:
            if rule not in ids:
                close = nearest(rule, sorted(ids))
                hint = f"did you mean {close}? 'aftgen rules' lists the ids" if close else None
                yield IgnoreUnknownRule().finding(suppression.span, f"there is no rule {rule}", hint=hint)
        if not suppression.reason:
            named = ", ".join(suppression.rules)
            yield IgnoreWithoutReason().finding(suppression.span, f"no reason is given for ignoring {named}")
            continue
        if suppression.block is None:
            yield UnusedIgnore().finding(
                suppression.span,
                "this comment stands in no block and directly above none, so it silences nothing",
            )
            continue
        if id(suppression.block) in not_known:
            # What the rule would say of values that nobody could evaluate here is not known.
            continue
        for rule in suppression.rules:
            if rule in applied and rule not in suppression.used:
                yield UnusedIgnore().finding(suppression.span, f"{rule} finds nothing here")
