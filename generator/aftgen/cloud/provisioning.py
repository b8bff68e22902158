"""ProvisionPermissionSet: pushes the present content of a set to one account or to all that have it.

Reference: Identity Center reference §4 "ProvisionPermissionSet" (target ignored), "Missing operations"
(provisioning status); §3 "ProvisionPermissionSet: at most 3 concurrent calls".
"""

from typing import Any, Final

from aftgen.cloud.assignments import read_status, read_statuses
from aftgen.cloud.errors import invalid, not_found, throttled
from aftgen.cloud.operations import FAILED
from aftgen.cloud.operations import Operation as Request
from aftgen.cloud.visit import Operation, Result, Visit

MAXIMUM_ACCOUNTS = 3500


def _provision(visit: Visit) -> Result:
    center, behaviour, fault = visit.center, visit.behaviour, visit.request.fault
    permission_set = visit.permission_set
    accounts = _targets(visit, permission_set.arn)
    limit = behaviour.provisioning_limit
    if limit is not None and len(center.operations.in_progress("provisioning")) >= limit:
        raise throttled("sso-admin")
    reason = fault.reason or "Internal Failure" if fault is not None and fault.kind == "failed" else None

    def push() -> str | None:
        if reason or permission_set.arn not in center.permission_sets:
            return reason or "Permission set does not exist"
        for account in accounts:
            if (account, permission_set.arn) in center.provisioned:
                center.provision(account, permission_set)
            elif behaviour.provision_unassigned == "FAILED":
                return f"Permission set is not assigned in account {account}"
        return None

    request = center.operations.start(
        Request(
            kind="provisioning",
            id=center.new_uuid(),
            created=visit.now,
            accounts=accounts,
            permission_set=permission_set.arn,
            effect=push,
            stuck=fault is not None and fault.kind == "stuck",
        )
    )
    if behaviour.answers_when_done:
        center.operations.settle(behaviour, visit.now)
    answer = _shown(visit, request)  # IN_PROGRESS, however fast it will end
    center.operations.settle(behaviour, visit.now)
    return {"PermissionSetProvisioningStatus": answer}


def _targets(visit: Visit, arn: str) -> tuple[str, ...]:
    target = visit.given.get("TargetId")
    if visit.given["TargetType"] == "ALL_PROVISIONED_ACCOUNTS":
        if target is not None:
            raise invalid("TargetId must not be given with ALL_PROVISIONED_ACCOUNTS")
        return tuple(account for account, provisioned in visit.center.provisioned if provisioned == arn)
    if target is None:
        raise invalid("TargetId is required with AWS_ACCOUNT")
    if target not in visit.center.accounts():
        raise not_found(f"Account {target} is not in the organization")
    return (str(target),)


def _shown(visit: Visit, request: Request) -> dict[str, Any]:
    described: dict[str, Any] = {
        "Status": request.status,
        "RequestId": request.id,
        "PermissionSetArn": request.permission_set,
        "CreatedDate": request.created,
    }
    if visit.given.get("TargetId"):
        described["AccountId"] = visit.given["TargetId"]
    if request.status == FAILED:
        described["FailureReason"] = request.reason
    return described


def _describe(visit: Visit) -> Result:
    request = read_status(visit, "provisioning", str(visit.given["ProvisionPermissionSetRequestId"]))
    return {"PermissionSetProvisioningStatus": _shown(visit, request)}


def _list(visit: Visit) -> Result:
    rows, more = read_statuses(visit, "provisioning")
    return {"PermissionSetsProvisioningStatus": rows, **more}


OPERATIONS: Final[dict[str, Operation]] = {
    "ProvisionPermissionSet": _provision,
    "DescribePermissionSetProvisioningStatus": _describe,
    "ListPermissionSetProvisioningStatus": _list,
}
