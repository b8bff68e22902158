"""Which accounts of an organization somebody means: by name, email or id, or by an organizational unit."""

from collections.abc import Iterable

from aftgen.adoption.existing import Account, Existing
from aftgen.errors import Refused, UsageError, nearest
from aftgen.limits import is_ou_id


def named(existing: Existing, words: Iterable[str]) -> frozenset[str]:
    """The ids of the accounts that words mean. Raises UsageError for nobody, Refused for several."""
    return frozenset(_account(existing, word).id for word in words)


def within(existing: Existing, unit: str) -> frozenset[str]:
    """The ids of the accounts in a unit (its path or id) and below. Raises UsageError without such a unit."""
    paths = existing.organization
    found = unit if is_ou_id(unit) and unit in existing.unit else paths.ous.get(unit)
    if found is None:
        close = paths.nearest(unit)
        raise UsageError(
            f"the organization has no unit {unit!r}",
            hint=f"did you mean {close!r}?" if close else f"there are {', '.join(paths.ous) or 'none'}",
        )
    below = existing.below(found)
    return frozenset(account.id for account in existing.accounts if account.parent in below)


def _account(existing: Existing, word: str) -> Account:
    folded = word.casefold()
    for found in (
        [account for account in existing.accounts if word == account.id],
        [account for account in existing.accounts if folded == account.email.casefold()],
        [account for account in existing.accounts if word == account.name],
        [account for account in existing.accounts if folded == account.name.casefold()],
    ):
        if len(found) > 1:
            ids = ", ".join(account.id for account in found)
            raise Refused(f"{word!r} is the name of {len(found)} accounts: {ids}", hint="name one by its id")
        if found:
            return found[0]
    close = nearest(word, [account.name for account in existing.accounts])
    raise UsageError(
        f"the organization has no account {word!r}",
        hint=f"did you mean {close!r}?" if close else "name it by its name, email or id",
    )
