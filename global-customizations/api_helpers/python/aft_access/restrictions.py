"""Who may hold which permission set where: the same answer in `aftgen check` and in the pipeline."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from .contract import Grant, Principal
from .places import Place

if TYPE_CHECKING:
    from .catalogue import Catalogue


def allowed(catalogue: Catalogue, grant: Grant, place: Place) -> bool:
    """Whether a grant may stand at a place.

    A permission set that is not privileged and that no restriction mentions may be held by anybody.
    Otherwise some restriction must name the set, the principal and the place together.
    """
    mentioning = [one for one in catalogue.access.restrictions if grant.permission_set in one.permission_sets]
    if not mentioning:
        return not catalogue.is_privileged(grant.permission_set)
    return any(
        str(grant.principal) in one.principals
        and catalogue.registry.within(place, one.where.ous, one.where.accounts)
        for one in mentioning
    )


def problems(catalogue: Catalogue, grants: Iterable[Grant], place: Place) -> list[str]:
    """Every grant that nobody allowed at a place, with the principals that are allowed there."""
    found: list[str] = []
    for grant in sorted(set(grants)):
        if grant.permission_set not in catalogue.permission_sets or allowed(catalogue, grant, place):
            continue
        where = place.path or place.account_id or "an OU that organization.yaml does not know"
        holders = sorted(_holders(catalogue, grant.permission_set, place))
        who = ", ".join(str(holder) for holder in holders) if holders else "nobody"
        found.append(
            f"{grant.principal} may not hold {grant.permission_set} in {where}: "
            f"restrictions of access.yaml allow {who} there"
        )
    return found


def _holders(catalogue: Catalogue, permission_set: str, place: Place) -> set[Principal]:
    return {
        Principal.parse(text)
        for one in catalogue.access.restrictions
        if permission_set in one.permission_sets
        and catalogue.registry.within(place, one.where.ous, one.where.accounts)
        for text in one.principals
    }
