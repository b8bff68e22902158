"""What another hand changed in the objects that are ours: the catalogue against Identity Center as it is.

The ledger's digests say what was written last, so they cannot see the console. Everything here reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from .catalogue import Group, User
from .contract import Principal
from .organization import Organization
from .permission_sets import PermissionSet
from .values import KnownSet

DELETED = "it was deleted by hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """`parts` differ and are put right by writing the object; `warnings` are for a person to judge."""

    parts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def of_set(organization: Organization, wanted: PermissionSet, known: KnownSet) -> Drift:
    """A permission set's parts: six reads."""
    live = organization.sets().read(known.arn)
    return Drift(parts=(DELETED,) if live is None else wanted.differences(live.content))


def of_group(
    organization: Organization, group: Group, group_id: str, rows: Mapping[str, Mapping[str, str]]
) -> Drift:
    """A group's name, description and members: a read for each, and one for a member that seems to lack."""
    writes = organization.writes()
    live = writes.group(group_id)
    if live is None:
        return Drift(parts=(DELETED,))
    parts = [
        part
        for part, one, other in zip(
            ("name", "description"), live, (group.name, group.description), strict=True
        )
        if one != other
    ]
    present, meant, warnings = set(writes.memberships(group_id)), set(), []
    lacking = False
    for name in group.members:
        row = rows.get(f"object#member#{group.name}#{name}", {})
        member = row.get("user") if row.get("group") == group_id else None
        if member not in present:
            member = organization.directory.find(Principal(kind="user", name=name))
        if member is not None:
            meant.add(member)
        if member not in present and (member or name in organization.catalogue.users):
            lacking = True
        elif member is None:
            warnings.append(f"user:{name}, a member of group:{group.name}, does not exist any more")
    if lacking:
        parts.append("members")
    others = len(present - meant)
    if others:
        warnings.append(f"group:{group.name} has {others} members by another hand: they stay")
    return Drift(parts=tuple(parts), warnings=tuple(warnings))


def of_user(organization: Organization, wanted: User, user_id: str) -> Drift:
    """A user's attributes: one read."""
    live = organization.writes().user(user_id)
    if live is None:
        return Drift(parts=(DELETED,))
    parts = [one.name for one in fields(User) if getattr(live, one.name) != getattr(wanted, one.name)]
    if "name" not in parts:
        return Drift(parts=tuple(parts))
    renamed = f"user:{wanted.name} was renamed by another hand: name it back, its name is what it is found by"
    return Drift(warnings=(renamed,))
