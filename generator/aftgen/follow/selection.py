"""Which accounts somebody means: by name, email, id, label, organizational unit or tag, or all of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from aftgen.errors import UsageError, nearest
from aftgen.follow.values import Vended


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """As AFT's own input, the parts are added together, and several tags must all be there.

    ``ous`` are ids of organizational units, each with everything below it.
    """

    names: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    ous: tuple[str, ...] = ()
    tags: Mapping[str, str] | None = None
    everything: bool = False

    def __bool__(self) -> bool:
        return bool(self.names or self.emails or self.ous or self.tags or self.everything)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The accounts, by name. ``named`` are the ids that somebody asked for one by one.

    ``unknown`` are emails of requests for which AFT manages no account (yet).
    """

    accounts: tuple[Vended, ...]
    named: frozenset[str]
    by_ou: frozenset[str] = frozenset()
    by_tag: frozenset[str] = frozenset()
    unknown: tuple[str, ...] = ()


def choose(
    selection: Selection,
    managed: Sequence[Vended],
    *,
    labels: Mapping[str, str],
    below: Callable[[str], Collection[str]],
    tags: Callable[[str], Mapping[str, str]],
) -> Chosen:
    """The accounts of a selection. ``labels`` maps the module labels of requests to their emails.

    ``below`` and ``tags`` ask for what is in a unit and on an account, only where the selection needs it.
    Raises UsageError for a name that nothing has.
    """
    named = {_named(name, managed, labels) for name in selection.names}
    by_email = {each.email.casefold(): each.id for each in managed}
    by_email |= {each.request.casefold(): each.id for each in managed if each.request}
    unknown = tuple(email for email in selection.emails if email.casefold() not in by_email)
    named |= {by_email[email.casefold()] for email in selection.emails if email.casefold() in by_email}
    by_ou = {one for ou in selection.ous for one in below(ou)} & {each.id for each in managed}
    by_tag: set[str] = set()
    if selection.tags:
        wanted = selection.tags.items()
        by_tag = {each.id for each in managed if wanted <= tags(each.id).items()}
    ids = {each.id for each in managed} if selection.everything else named | by_ou | by_tag
    return Chosen(
        accounts=tuple(sorted((each for each in managed if each.id in ids), key=lambda a: (a.name, a.id))),
        named=frozenset(named),
        by_ou=frozenset(by_ou),
        by_tag=frozenset(by_tag),
        unknown=unknown,
    )


def _named(name: str, managed: Sequence[Vended], labels: Mapping[str, str]) -> str:
    email = labels.get(name, "").casefold()
    found = {
        each.id
        for each in managed
        if name in (each.id, each.name)
        or each.email.casefold() in (name.casefold(), email)
        or (each.request and each.request.casefold() in (name.casefold(), email))
    }
    if len(found) == 1:
        return found.pop()
    if found:
        raise UsageError(f"{name!r} could be {', '.join(sorted(found))}", hint="say which: give its id")
    close = nearest(name, [*(each.name for each in managed), *labels])
    asked = f"did you mean {close}?" if close else "'aftgen list' lists the requests"
    raise UsageError(f"AFT manages no account {name!r}", hint=asked)
