"""Requests that share what each must have alone, with their owners named."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice

from aftgen.checks.context import Context
from aftgen.reader.model import CONTROL_TOWER, Request, Span

#: Owners named in one message: a block copied a hundred times must not make a hundred lines of as many names.
NAMED = 5


def duplicates(
    context: Context,
    values: Iterable[tuple[Request, str | None]],
    same: Callable[[str], str],
    key: str,
) -> Iterator[tuple[Request, str, str]]:
    """Each request whose value another has too: the request, its value, and the others in words.

    ``same`` maps values that count as equal to one text; ``key`` is the Control Tower parameter to point at.
    """
    owners: dict[str, list[tuple[Request, str]]] = {}
    for request, value in values:
        if value:
            owners.setdefault(same(value), []).append((request, value))
    for sharing in owners.values():
        if len(sharing) > 1:
            for request, value in sharing:
                others = list(islice((other for other, _ in sharing if other is not request), NAMED))
                yield request, value, named(context, others, len(sharing) - 1, key)


def alike(
    requests: Iterable[Request], same: Callable[[str], str]
) -> Iterator[tuple[Request, str, list[Request], int]]:
    """Requests whose names differ and are one after ``same``: request, name, some others, and how many."""
    groups: dict[str, dict[str, list[Request]]] = {}
    for request in requests:
        if request.name:
            groups.setdefault(same(request.name), {}).setdefault(request.name, []).append(request)
    for by_name in groups.values():
        if len(by_name) < 2:
            continue
        total = sum(map(len, by_name.values()))
        for name, sharing in by_name.items():
            foreign = (other for group in by_name.values() if group is not sharing for other in group)
            others = list(islice(foreign, NAMED))
            for request in sharing:
                yield request, name, others, total - len(sharing)


def named(context: Context, some: Sequence[Request], total: int, key: str) -> str:
    """Requests in words: address and ``file:line`` of the parameter, and how many more there are."""
    shown = [f"{request.address} ({context.where(request.span(CONTROL_TOWER, key))})" for request in some]
    return _and_more(shown, total)


def places(context: Context, spans: Sequence[Span], but: Span) -> str:
    """All places but one, in words."""
    shown = [context.where(span) for span in islice((span for span in spans if span is not but), NAMED)]
    return _and_more(shown, len(spans) - 1)


def _and_more(shown: list[str], total: int) -> str:
    more = total - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
