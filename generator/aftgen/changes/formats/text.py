"""A plan for a person: the summary first, then one block for each account, within the terminal's width."""

import textwrap
from collections.abc import Callable, Iterator

from aftgen.changes.plan import AccountChange, Kind, Plan
from aftgen.changes.sentences import closing, count, headline, label, opening, ordered, sentences, shortened

WIDTH = 80
_MARKS = {Kind.CREATE: "+", Kind.TAKE_OVER: "+", Kind.REMOVE: "-"}


def render(plan: Plan, style: Callable[[str, str], str] = lambda text, _: text, width: int = WIDTH) -> str:
    """The text of a plan. ``style(text, what)`` colours it; what: refused, create, remove, change, dim."""
    return "".join(f"{line}\n" for line in _lines(plan, style, width))


def _lines(plan: Plan, style: Callable[[str, str], str], width: int) -> Iterator[str]:
    verdict = "Refused. " if plan.is_refused else ""
    first, *rest = _wrapped(verdict + headline(plan), width, "", "  ")
    yield style(first, "refused" if plan.is_refused else "head")
    yield from rest
    for text in opening(plan):
        yield from (style(line, "refused") for line in _wrapped(_safe(text), width, "", "  "))
    single, groups = ordered(plan)
    for change in single:
        yield ""
        what = _what(change)
        mark = _MARKS.get(next(iter(change.kinds), Kind.CUSTOMIZE), "~") if what != "refused" else "!"
        for line in _wrapped(f"{mark} {_safe(change.name)}: {label(change)}", width, "", "  "):
            yield style(line, what)
        for line in _wrapped(_safe(change.row.place or change.id), width, "    ", "    "):
            yield style(line, "dim")
        for sentence in sentences(change):
            yield from _wrapped(_safe(sentence), width, "    ", "      ")
    for group in groups:
        names = shortened(change.name for change in group.changes)
        reasons = "; ".join(group.reasons)
        text = f"~ {count(len(group.changes), 'account')}: pipeline to start ({reasons}): {names}"
        yield ""
        yield from _wrapped(_safe(text), width, "", "  ")
    last = [_safe(text) for text in closing(plan)]
    if last:
        yield ""
    for text in last:
        yield from _wrapped(text, width, "", "  ")


def _what(change: AccountChange) -> str:
    if change.is_refused:
        return "refused"
    if Kind.REMOVE in change.kinds:
        return "remove"
    return "create" if Kind.CREATE in change.kinds else "change"


def _wrapped(text: str, width: int, first: str, rest: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
        break_long_words=False,
    ) or [first.rstrip()]


def _safe(text: str) -> str:
    """No control character, line end or writing direction of a request reaches the terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
