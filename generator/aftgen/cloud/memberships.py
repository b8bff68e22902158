"""Group memberships: one per pair, gone with the group or the user, absent ones are not found.

Reference: Identity Center reference §4 "memberships" (duplicates accepted; survive DeleteGroup; deletes of
absent things succeed); §3 "Group members can only be users".
"""

from collections.abc import Callable
from typing import Any, Final

from aftgen.cloud.directory import Directory
from aftgen.cloud.errors import conflict, invalid
from aftgen.cloud.identity_data import Membership
from aftgen.cloud.visit import Result


def _user(here: Directory) -> str:
    member = here.given["MemberId"]
    if not member.get("UserId"):
        raise invalid("MemberId must have UserId")
    return here.find("USER", member["UserId"]).id


def _identified(here: Directory, membership: Membership) -> dict[str, Any]:
    return {
        "IdentityStoreId": here.data.id,
        "MembershipId": membership.id,
        "MembershipArn": f"arn:aws:identitystore:::membership/{membership.id}",
    }


def _shown(here: Directory, membership: Membership) -> dict[str, Any]:
    return {
        **_identified(here, membership),
        "GroupId": membership.group,
        "MemberId": {"UserId": membership.user},
        "CreatedAt": membership.created_at,
        "CreatedBy": membership.created_by,
        "UpdatedAt": membership.created_at,
        "UpdatedBy": membership.created_by,
    }


def _between(here: Directory, group: str, user: str) -> Membership | None:
    return next(
        (each for each in here.data.memberships.values() if (each.group, each.user) == (group, user)), None
    )


def _create(here: Directory) -> Result:
    group, user = here.find("GROUP").id, _user(here)
    if _between(here, group, user) is not None:
        raise conflict(
            "Member and Group relationship already exists.", Reason="UNIQUENESS_CONSTRAINT_VIOLATION"
        )
    membership = Membership(
        id=here.data.new_principal_id(), group=group, user=user, created_at=here.now, created_by=here.author
    )
    here.data.memberships[membership.id] = membership
    return _identified(here, membership)


def _find(here: Directory) -> Membership:
    wanted = str(here.given["MembershipId"]).rpartition("/")[2]
    membership = here.data.memberships.get(wanted)
    if membership is None:
        raise here.missing("GROUP_MEMBERSHIP", wanted)
    return membership


def _delete(here: Directory) -> Result:
    del here.data.memberships[_find(here).id]
    return None


def _describe(here: Directory) -> Result:
    return _shown(here, _find(here))


def _get_id(here: Directory) -> Result:
    membership = _between(here, here.find("GROUP").id, _user(here))
    if membership is None:
        raise here.missing("GROUP_MEMBERSHIP")
    return _identified(here, membership)


def _list(here: Directory) -> Result:
    group = here.find("GROUP").id
    rows, more = here.page([_shown(here, m) for m in here.data.memberships.values() if m.group == group])
    return {"GroupMemberships": rows, **more}


def _list_for_member(here: Directory) -> Result:
    user = _user(here)
    rows, more = here.page([_shown(here, m) for m in here.data.memberships.values() if m.user == user])
    return {"GroupMemberships": rows, **more}


def _is_member(here: Directory) -> Result:
    user = _user(here)
    groups = here.data.groups_of(user)
    return {
        "Results": [
            {
                "GroupId": group,
                "MemberId": {"UserId": user},
                "MembershipExists": str(group).rpartition("/")[2] in groups,
            }
            for group in here.given["GroupIds"]
        ]
    }


OPERATIONS: Final[dict[str, Callable[[Directory], Result]]] = {
    "CreateGroupMembership": _create,
    "DeleteGroupMembership": _delete,
    "DescribeGroupMembership": _describe,
    "GetGroupMembershipId": _get_id,
    "ListGroupMemberships": _list,
    "ListGroupMembershipsForMember": _list_for_member,
    "IsMemberInGroups": _is_member,
}
