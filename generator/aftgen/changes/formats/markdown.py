"""A plan as a comment on a pull request: short first, details folded, and nothing in it acts.

Whoever opens the pull request writes the values, so that a word is shown as text only where it cannot be
anything else; every other is a code span, in which GitHub and GitLab see no link, mention, image, HTML or
formula.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape

from aftgen.changes.plan import AccountChange, Plan
from aftgen.changes.sentences import (
    Group,
    closing,
    count,
    headline,
    label,
    opening,
    ordered,
    sentences,
    shortened,
)

#: GitHub takes 65,536 characters; counted in bytes, with room for what a workflow adds.
LIMIT = 64_000
#: Begins the comment, so that a workflow finds the one to keep up to date.
MARKER = "<!-- aftgen-plan -->"
_SAFE_WORD = re.compile(r"\(?[A-Za-z0-9][A-Za-z0-9'/+-]*[.,;:]?\)?[.,;:]?")
_LINKED_WORD = re.compile(r"\(?(?:www|gh-)", re.IGNORECASE)
#: Seven or more hexadecimal digits, as a word, could be a commit, which becomes a link.
_COMMIT = re.compile(r"\b[0-9a-f]{7,}\b", re.IGNORECASE)
_BACKTICKS = re.compile(r"`+")
_LONGEST_LIST = 40


def render(plan: Plan, limit: int = LIMIT) -> str:
    """The comment's text, at most ``limit`` bytes of UTF-8."""
    single, groups = ordered(plan)
    verdict = "**Refused.**" if plan.is_refused else "**Plan.**"
    head = [MARKER, f"### aftgen plan\n\n{verdict} {prose(headline(plan))}\n"]
    head += [f"- **{prose(text)}**" for text in opening(plan)]
    shown = single[:_LONGEST_LIST]
    head += [f"- {code(change.name)}: {prose(label(change))}" for change in shown]
    if len(single) > len(shown):
        head.append(f"- and {len(single) - len(shown):,} more")
    head += [f"- {_group_title(group)}" for group in groups]
    notes = [f"- {prose(text)}" for text in closing(plan)]
    if len(notes) > _LONGEST_LIST:
        notes = [*notes[:_LONGEST_LIST], f"- and {len(notes) - _LONGEST_LIST:,} more"]
    text = "\n".join([*head, "", *notes, ""])
    base = (
        f"\n<sub>compared with {code(plan.base)} at {code(plan.base_commit[:12])}</sub>\n"
        if plan.base
        else ""
    )
    return _within(text, [*map(_details, single), *map(_group_details, groups)], base, limit)


def prose(text: str) -> str:
    """A sentence with every word that could mean something to Markdown in a code span."""
    return " ".join(_word(word) for word in _runs(text.split()))


def code(text: str) -> str:
    """A code span that holds exactly this text, control characters as their escapes."""
    shown = _printable(text) or " "
    fence = "`" * (max((len(run) for run in _BACKTICKS.findall(shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _runs(words: Iterable[str]) -> Iterator[str]:
    """Words, with neighbours that need a code span put into one."""
    waiting: list[str] = []
    for word in words:
        if _is_safe(word):
            if waiting:
                yield " ".join(waiting)
                waiting = []
            yield word
        else:
            waiting.append(word)
    if waiting:
        yield " ".join(waiting)


def _is_safe(word: str) -> bool:
    return (
        _SAFE_WORD.fullmatch(word) is not None
        and _LINKED_WORD.match(word) is None
        and _COMMIT.search(word) is None
    )


def _word(text: str) -> str:
    return text if _is_safe(text) else code(text)


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _details(change: AccountChange) -> str:
    lines = "\n".join(f"- {prose(sentence)}" for sentence in sentences(change))
    place = f"- {code(change.row.place)}\n" if change.row.place else ""
    return _folded(f"<code>{escape(_printable(change.name))}</code>: {escape(label(change))}", place + lines)


def _group_title(group: Group) -> str:
    return f"{count(len(group.changes), 'account')}: pipeline to start: {prose('; '.join(group.reasons))}"


def _group_details(group: Group) -> str:
    names = shortened((code(change.name) for change in group.changes), 200)
    return _folded(f"{count(len(group.changes), 'account')} with a pipeline to start", names)


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>\n"


def _within(head: str, details: list[str], end: str, limit: int) -> str:
    """As many details as fit, whole, and how many were left out."""
    note = "\n**{} are not shown here**: the comment would be too long. Run `aftgen plan` to see all.\n"
    room = limit - _size(end) - _size(note) - 40
    if _size(head) > room:
        head = head.encode()[:room].decode("utf-8", "ignore").rpartition("\n")[0] + "\n"
        return head + note.format("Details") + end
    text, left = [head], room - _size(head)
    for index, block in enumerate(details):
        left -= _size(block) + 1
        if left < 0:
            text.append(note.format(f"The details of {len(details) - index:,} more"))
            break
        text.append(block)
    return "\n".join(text) + end


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
