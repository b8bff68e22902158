"""Desired state of one account: its own declaration and the rules that match where it really is."""

import fnmatch
from collections.abc import Mapping

from .catalogue import Catalogue
from .contract import AccessDeclaration, Grant, Principal
from .models import Match
from .places import Place

REQUEST = "request"


def desired(
    catalogue: Catalogue,
    declaration: AccessDeclaration | None,
    place: Place,
    *,
    name: str,
    tags: Mapping[str, str],
) -> dict[Grant, str]:
    """Every grant that should stand, with its source: `request` or `rule:<name>`.

    A grant that both ask for counts as the request's. Tags and names come from the request's author, so
    what they match never adds a privileged grant, whatever the catalogue says.
    """
    wanted: dict[Grant, str] = {}
    if declaration is None or not declaration.retired:
        for rule in catalogue.access.rules:
            if not _matches(catalogue, rule.match, place, name, tags):
                continue
            for permission_set, principals in rule.grants.items():
                if _written_by_author(rule.match) and catalogue.is_privileged(permission_set):
                    continue
                for text in principals:
                    grant = Grant(permission_set=permission_set, principal=Principal.parse(text))
                    wanted.setdefault(grant, f"rule:{rule.name}")
    if declaration is not None:
        wanted.update(dict.fromkeys(declaration.grants, REQUEST))
    return dict(sorted(wanted.items()))


def _written_by_author(match: Match) -> bool:
    return bool(match.tags or match.names)


def _matches(catalogue: Catalogue, match: Match, place: Place, name: str, tags: Mapping[str, str]) -> bool:
    placed = bool(match.ous or match.accounts)
    if placed and not catalogue.registry.within(place, match.ous, match.accounts):
        return False
    if any(tags.get(key) != value for key, value in match.tags.items()):
        return False
    return not match.names or any(fnmatch.fnmatchcase(name, pattern) for pattern in match.names)
