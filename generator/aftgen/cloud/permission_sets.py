"""Permission sets: create, describe, update whole, delete only when nothing uses it, tags.

Reference: Identity Center reference §4 "duplicate PS name", "PS ARN", "SessionDuration default",
"UpdatePermissionSet partial", "DeletePermissionSet with assignments", "Missing operations" (tags); §3
"Quotas".
"""

from typing import Any, Final

from aftgen.cloud.errors import conflict, invalid, not_found, quota
from aftgen.cloud.identity_center import PermissionSet
from aftgen.cloud.visit import Operation, Result, Visit

MAXIMUM = 3500
MAXIMUM_TAGS = 50
DEFAULT_DURATION = "PT1H"


def _create(visit: Visit) -> Result:
    center, given = visit.center, visit.given
    name = str(given["Name"])
    if any(existing.name == name for existing in center.permission_sets.values()):
        raise conflict(f"PermissionSet with name {name} already exists.")
    if len(center.permission_sets) >= MAXIMUM:
        raise quota(f"You have exceeded the limit of {MAXIMUM} permission sets.")
    permission_set = PermissionSet(
        name=name,
        arn=center.new_permission_set_arn(),
        created=visit.now,
        description=given.get("Description"),
        session_duration=given.get("SessionDuration", DEFAULT_DURATION),
        relay_state=given.get("RelayState"),
        tags=_merged({}, given.get("Tags") or []),
    )
    center.permission_sets[permission_set.arn] = permission_set
    return {"PermissionSet": _shown(permission_set)}


def _shown(permission_set: PermissionSet) -> dict[str, Any]:
    members = {
        "Name": permission_set.name,
        "PermissionSetArn": permission_set.arn,
        "Description": permission_set.description,
        "CreatedDate": permission_set.created,
        "SessionDuration": permission_set.session_duration,
        "RelayState": permission_set.relay_state,
    }
    return {name: value for name, value in members.items() if value is not None}


def _describe(visit: Visit) -> Result:
    return {"PermissionSet": _shown(visit.permission_set)}


def _list(visit: Visit) -> Result:
    arns, more = visit.page(list(visit.center.permission_sets))
    return {"PermissionSets": arns, **more}


def _update(visit: Visit) -> Result:
    """An omitted relay state is cleared; the rest follows the behaviour."""
    permission_set, given, behaviour = visit.permission_set, visit.given, visit.behaviour
    before = permission_set.session_duration
    if "Description" in given or behaviour.update_clears_omitted_description:
        permission_set.description = given.get("Description")
    if "SessionDuration" in given or behaviour.update_resets_omitted_duration:
        permission_set.session_duration = given.get("SessionDuration", DEFAULT_DURATION)
    permission_set.relay_state = given.get("RelayState")
    if permission_set.session_duration != before or behaviour.every_update_makes_stale:
        permission_set.revision += 1
    return None


def _delete(visit: Visit) -> Result:
    center, permission_set = visit.center, visit.permission_set
    arn = permission_set.arn
    in_use = (
        any(triple.permission_set == arn for triple in center.assignments)
        or any(provisioned == arn for _, provisioned in center.provisioned)
        or any(operation.permission_set == arn for operation in center.operations.in_progress())
    )
    if in_use:
        raise conflict("PermissionSet has ApplicationProfile associated with it")
    del center.permission_sets[arn]
    return None


def _tagged(visit: Visit) -> PermissionSet:
    """Only permission sets carry tags here; the instance's own ARN has none."""
    return visit.find_permission_set(str(visit.given["ResourceArn"]))


def _merged(tags: dict[str, str], added: list[dict[str, str]]) -> dict[str, str]:
    keys = [tag["Key"] for tag in added]
    if len(set(keys)) != len(keys):
        raise invalid("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid("Tag keys cannot start with aws:")
    merged = {**tags, **{tag["Key"]: tag["Value"] for tag in added}}
    if len(merged) > MAXIMUM_TAGS:
        raise quota(f"You have exceeded the limit of {MAXIMUM_TAGS} tags.")
    return merged


def _list_tags(visit: Visit) -> Result:
    tags = [{"Key": key, "Value": value} for key, value in sorted(_tagged(visit).tags.items())]
    chosen, more = visit.page(tags)
    return {"Tags": chosen, **more}


def _tag(visit: Visit) -> Result:
    permission_set = _tagged(visit)
    permission_set.tags = _merged(permission_set.tags, list(visit.given["Tags"]))
    return None


def _untag(visit: Visit) -> Result:
    permission_set = _tagged(visit)
    gone = set(visit.given["TagKeys"])
    permission_set.tags = {key: value for key, value in permission_set.tags.items() if key not in gone}
    return None


def _list_provisioned_to_account(visit: Visit) -> Result:
    """Derived from the assignments, per account, with the staleness that no other call shows."""
    center, account = visit.center, str(visit.given["AccountId"])
    if account not in center.accounts():
        raise not_found(f"Account {account} is not in the organization")
    arns = [arn for where, arn in center.provisioned if where == account and _is_wanted(visit, where, arn)]
    chosen, more = visit.page(arns)
    return {"PermissionSets": chosen, **more}


def _list_accounts(visit: Visit) -> Result:
    wanted = visit.permission_set.arn
    accounts = [
        where for where, arn in visit.center.provisioned if arn == wanted and _is_wanted(visit, where, arn)
    ]
    chosen, more = visit.page(accounts)
    return {"AccountIds": chosen, **more}


def _is_wanted(visit: Visit, account: str, arn: str) -> bool:
    status = visit.given.get("ProvisioningStatus")
    if status is None:
        return True
    stale_wanted: bool = status == "LATEST_PERMISSION_SET_NOT_PROVISIONED"
    return visit.center.is_stale(account, arn) == stale_wanted


OPERATIONS: Final[dict[str, Operation]] = {
    "CreatePermissionSet": _create,
    "DescribePermissionSet": _describe,
    "ListPermissionSets": _list,
    "UpdatePermissionSet": _update,
    "DeletePermissionSet": _delete,
    "ListTagsForResource": _list_tags,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListPermissionSetsProvisionedToAccount": _list_provisioned_to_account,
    "ListAccountsForProvisionedPermissionSet": _list_accounts,
}
