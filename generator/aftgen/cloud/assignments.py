"""Account assignments: asynchronous writes, their status, and the two lists.

Reference: Identity Center reference §4 "async", "concurrency", "duplicate assignment", "delete status",
"validation", "Missing operations" (List...Status); §3 "Async and conflicts".
"""

from collections.abc import Iterable
from typing import Any, Final, Literal

from aftgen.cloud.errors import AwsError, conflicting, not_found
from aftgen.cloud.identity_center import Triple
from aftgen.cloud.operations import FAILED, OperationKind
from aftgen.cloud.operations import Operation as Request
from aftgen.cloud.visit import Operation, Result, Visit

_LIMIT_MESSAGE = "There are too many requests processing. Try again later."


def _triple(visit: Visit) -> Triple:
    given = visit.given
    return Triple(
        account=str(given["TargetId"]),
        permission_set=str(given["PermissionSetArn"]),
        principal_type=str(given["PrincipalType"]),
        principal_id=str(given["PrincipalId"]),
    )


def _create(visit: Visit) -> Result:
    """Idempotent: what exists is granted again, at the price of a slot; the first grant makes the role."""
    triple = _triple(visit)
    _ = visit.permission_set
    problem = _unreachable_account(visit, triple.account)
    if problem is None and not visit.center.store.exists(triple.principal_type, triple.principal_id):
        problem = _outcome(
            visit.behaviour.unknown_principal,
            f"{triple.principal_type} with id {triple.principal_id} does not exist in the identity store",
        )
    _check_conflict(visit, "creation", triple)

    def grant() -> str | None:
        return problem or _grant(visit, triple)

    return {"AccountAssignmentCreationStatus": _started(visit, "creation", triple, grant)}


def _delete(visit: Visit) -> Result:
    triple = _triple(visit)
    _ = visit.permission_set
    _check_conflict(visit, "deletion", triple)
    absent: str | None = None
    if triple not in visit.center.assignments:
        absent = _outcome(visit.behaviour.delete_absent, "Assignment does not exist")

    def revoke() -> str | None:
        if absent is None:
            visit.center.remove_assignment(triple)
        return absent

    return {"AccountAssignmentDeletionStatus": _started(visit, "deletion", triple, revoke)}


def _unreachable_account(visit: Visit, account: str) -> str | None:
    status = visit.center.accounts().get(account)
    if status is None:
        return _outcome(visit.behaviour.unknown_account, f"Account {account} is not in the organization")
    if status != "ACTIVE":
        return _outcome(visit.behaviour.suspended_account, f"Account {account} is {status.lower()}")
    return None


def _outcome(how: str, reason: str) -> str:
    """Refuses now, or answers the reason with which the request will fail."""
    if how == "FAILED":
        return reason
    raise not_found(reason)


def _grant(visit: Visit, triple: Triple) -> str | None:
    """What happens when the request's time has come; a reason says why it could not."""
    center, behaviour = visit.center, visit.behaviour
    permission_set = center.permission_sets.get(triple.permission_set)
    if permission_set is None:
        return "Permission set does not exist"
    if (triple.account, triple.permission_set) not in center.provisioned:
        sets = sum(account == triple.account for account, _ in center.provisioned)
        if sets >= behaviour.permission_sets_per_account:
            return f"Limit of {behaviour.permission_sets_per_account} permission sets per account exceeded"
        if center.roles.count(triple.account) >= behaviour.roles_per_account:
            return f"Cannot exceed quota for RolesPerAccount: {behaviour.roles_per_account}"
    if behaviour.checks_customer_policies:
        for name, path in permission_set.customer_policies:
            if not center.roles.has_policy(triple.account, name, path):
                arn = f"arn:aws:iam::{triple.account}:policy{path}{name}"
                return f"Policy {arn} does not exist or is not attachable."
    center.add_assignment(triple, refresh=behaviour.create_refreshes_stale)
    return None


def _check_conflict(visit: Visit, kind: OperationKind, triple: Triple) -> None:
    """Reference: Identity Center reference §3 "Seen when a grant overlaps a revoke for the same triple"."""
    rule = visit.behaviour.same_triple_conflict
    for other in visit.center.operations.in_progress("creation", "deletion"):
        if _triple_of(other) != triple or rule == "never":
            continue
        if rule == "any" or other.kind != kind:
            raise conflicting("sso-admin")


def _triple_of(request: Request) -> Triple:
    return Triple(request.accounts[0], request.permission_set, request.principal_type, request.principal_id)


def _started(
    visit: Visit, kind: Literal["creation", "deletion"], triple: Triple, effect: Any
) -> dict[str, Any]:
    center, behaviour, fault = visit.center, visit.behaviour, visit.request.fault
    counted: tuple[OperationKind, ...] = (
        ("creation", "deletion") if behaviour.outstanding_counts_deletions else ("creation",)
    )
    limit = behaviour.outstanding_limit
    if limit is not None and kind in counted and len(center.operations.in_progress(*counted)) >= limit:
        raise AwsError(behaviour.outstanding_error, _LIMIT_MESSAGE)
    reason = fault.reason or "Internal Failure" if fault is not None and fault.kind == "failed" else None
    request = center.operations.start(
        Request(
            kind=kind,
            id=center.new_uuid(),
            created=visit.now,
            accounts=(triple.account,),
            permission_set=triple.permission_set,
            principal_type=triple.principal_type,
            principal_id=triple.principal_id,
            effect=(lambda: reason) if reason else effect,
            stuck=fault is not None and fault.kind == "stuck",
        )
    )
    if behaviour.answers_when_done:
        center.operations.settle(behaviour, visit.now)
    answer = _shown(request)  # IN_PROGRESS, however fast it will end
    center.operations.settle(behaviour, visit.now)
    return answer


def _shown(request: Request) -> dict[str, Any]:
    described: dict[str, Any] = {
        "Status": request.status,
        "RequestId": request.id,
        "TargetId": request.accounts[0],
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": request.permission_set,
        "PrincipalType": request.principal_type,
        "PrincipalId": request.principal_id,
        "CreatedDate": request.created,
    }
    if request.status == FAILED:
        described["FailureReason"] = request.reason
    return described


def read_status(visit: Visit, kind: OperationKind, request_id: str) -> Request:
    """Reading a request's status is what lets it end."""
    request = visit.center.operations.find(kind, request_id)
    if request is None:
        raise not_found(f"Could not find request with id {request_id}")
    visit.center.operations.read([request], visit.behaviour)
    return request


def read_statuses(visit: Visit, kind: OperationKind) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Metadata only, of the whole instance: the reason of a failure needs a Describe."""
    requests = visit.center.operations.of_kind(kind)
    if not visit.given.get("NextToken"):
        visit.center.operations.read(requests, visit.behaviour)
    wanted = (visit.given.get("Filter") or {}).get("Status")
    rows = [
        {"Status": each.status, "RequestId": each.id, "CreatedDate": each.created}
        for each in reversed(requests)
        if wanted in (None, each.status)
    ]
    return visit.page(rows)


def _describe_creation(visit: Visit) -> Result:
    request_id = str(visit.given["AccountAssignmentCreationRequestId"])
    return {"AccountAssignmentCreationStatus": _shown(read_status(visit, "creation", request_id))}


def _describe_deletion(visit: Visit) -> Result:
    request_id = str(visit.given["AccountAssignmentDeletionRequestId"])
    return {"AccountAssignmentDeletionStatus": _shown(read_status(visit, "deletion", request_id))}


def _list_creations(visit: Visit) -> Result:
    rows, more = read_statuses(visit, "creation")
    return {"AccountAssignmentsCreationStatus": rows, **more}


def _list_deletions(visit: Visit) -> Result:
    rows, more = read_statuses(visit, "deletion")
    return {"AccountAssignmentsDeletionStatus": rows, **more}


def _visible(visit: Visit) -> Iterable[Triple]:
    center = visit.center
    yield from center.assignments
    if visit.behaviour.lists_assignments_in_progress:
        for request in center.operations.in_progress("creation"):
            if _triple_of(request) not in center.assignments:
                yield _triple_of(request)


def _rows(triples: Iterable[Triple]) -> list[dict[str, str]]:
    return [
        {
            "AccountId": triple.account,
            "PermissionSetArn": triple.permission_set,
            "PrincipalType": triple.principal_type,
            "PrincipalId": triple.principal_id,
        }
        for triple in dict.fromkeys(triples)
    ]


def _list(visit: Visit) -> Result:
    arn, account = visit.permission_set.arn, visit.given["AccountId"]
    if account not in visit.center.accounts():
        raise not_found(f"Account {account} is not in the organization")
    rows, more = visit.page(
        _rows(t for t in _visible(visit) if t.permission_set == arn and t.account == account)
    )
    return {"AccountAssignments": rows, **more}


def _list_for_principal(visit: Visit) -> Result:
    """Management account only (`visit.py`); for a user it may include what his groups have."""
    given = visit.given
    kind, principal = given["PrincipalType"], given["PrincipalId"]
    account = (given.get("Filter") or {}).get("AccountId")
    holders = {(kind, principal)}
    if kind == "USER" and visit.behaviour.user_listing_includes_groups:
        holders |= {("GROUP", group) for group in visit.center.store.groups_of(str(principal))}
    rows, more = visit.page(
        _rows(
            t
            for t in _visible(visit)
            if (t.principal_type, t.principal_id) in holders and account in (None, t.account)
        )
    )
    return {"AccountAssignments": rows, **more}


OPERATIONS: Final[dict[str, Operation]] = {
    "CreateAccountAssignment": _create,
    "DeleteAccountAssignment": _delete,
    "DescribeAccountAssignmentCreationStatus": _describe_creation,
    "DescribeAccountAssignmentDeletionStatus": _describe_deletion,
    "ListAccountAssignmentCreationStatus": _list_creations,
    "ListAccountAssignmentDeletionStatus": _list_deletions,
    "ListAccountAssignments": _list,
    "ListAccountAssignmentsForPrincipal": _list_for_principal,
}
