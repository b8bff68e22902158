"""What a permission set allows: AWS managed policies, customer managed references, inline policy, boundary.

Every change here makes the set stale wherever it is provisioned.

Reference: Identity Center reference §4 "managed policies" (policies with a path), "validation",
"DeleteInlinePolicy when none", "Missing operations" (boundary); §3 "20 managed+customer policies per PS".
"""

from typing import Any, Final

from aftgen.cloud.errors import conflict, invalid, not_found, quota
from aftgen.cloud.identity_center import PermissionSet
from aftgen.cloud.managed_policies import aws_managed_policy_name
from aftgen.cloud.validation import check_inline_policy
from aftgen.cloud.visit import Operation, Result, Visit

MAXIMUM_POLICIES = 20


def _managed_policy_name(arn: str) -> str:
    name = aws_managed_policy_name(arn)
    if name is None:
        raise not_found(f"Policy does not exist with ARN: {arn}")
    return name


def _make_room(permission_set: PermissionSet) -> None:
    attached = len(permission_set.managed_policies) + len(permission_set.customer_policies)
    if attached >= MAXIMUM_POLICIES:
        raise quota(
            f"You have exceeded AWS SSO limits. Cannot attach more than {MAXIMUM_POLICIES} managed policies"
        )


def _attach_managed(visit: Visit) -> Result:
    permission_set, arn = visit.permission_set, str(visit.given["ManagedPolicyArn"])
    name = _managed_policy_name(arn)
    if arn in permission_set.managed_policies:
        raise conflict(f"Permission set already has an attachment to a managed policy with {arn}")
    _make_room(permission_set)
    permission_set.managed_policies[arn] = name
    permission_set.revision += 1
    return None


def _detach_managed(visit: Visit) -> Result:
    permission_set, arn = visit.permission_set, str(visit.given["ManagedPolicyArn"])
    if permission_set.managed_policies.pop(arn, None) is None:
        raise not_found(f"Could not find ManagedPolicy with arn {arn}")
    permission_set.revision += 1
    return None


def _list_managed(visit: Visit) -> Result:
    rows = [{"Name": name, "Arn": arn} for arn, name in visit.permission_set.managed_policies.items()]
    chosen, more = visit.page(rows)
    return {"AttachedManagedPolicies": chosen, **more}


def _reference(value: dict[str, str]) -> tuple[str, str]:
    return value["Name"], value.get("Path", "/")


def _attach_customer(visit: Visit) -> Result:
    permission_set = visit.permission_set
    reference = _reference(visit.given["CustomerManagedPolicyReference"])
    if reference in permission_set.customer_policies:
        raise conflict(
            f"Given customer managed policy with name: {reference[0]} and path {reference[1]} is attached"
        )
    _make_room(permission_set)
    permission_set.customer_policies.append(reference)
    permission_set.revision += 1
    return None


def _detach_customer(visit: Visit) -> Result:
    permission_set = visit.permission_set
    reference = _reference(visit.given["CustomerManagedPolicyReference"])
    if reference not in permission_set.customer_policies:
        raise not_found(f"Given managed policy with name: {reference[0]} does not exist on PermissionSet")
    permission_set.customer_policies.remove(reference)
    permission_set.revision += 1
    return None


def _list_customer(visit: Visit) -> Result:
    rows = [{"Name": name, "Path": path} for name, path in visit.permission_set.customer_policies]
    chosen, more = visit.page(rows)
    return {"CustomerManagedPolicyReferences": chosen, **more}


def _put_inline(visit: Visit) -> Result:
    permission_set, document = visit.permission_set, str(visit.given["InlinePolicy"])
    check_inline_policy(document)
    if document != permission_set.inline_policy:
        permission_set.inline_policy = document
        permission_set.revision += 1
    return None


def _get_inline(visit: Visit) -> Result:
    return {"InlinePolicy": visit.permission_set.inline_policy}


def _delete_inline(visit: Visit) -> Result:
    permission_set = visit.permission_set
    if permission_set.inline_policy:
        permission_set.inline_policy = ""
        permission_set.revision += 1
    elif visit.behaviour.delete_absent_inline_policy != "ok":
        raise not_found("There is no inline policy on the permission set")
    return None


def _put_boundary(visit: Visit) -> Result:
    permission_set = visit.permission_set
    boundary: dict[str, Any] = dict(visit.given["PermissionsBoundary"])
    if len([value for value in boundary.values() if value]) != 1:
        raise invalid("Exactly one of CustomerManagedPolicyReference and ManagedPolicyArn must be given")
    if boundary.get("ManagedPolicyArn"):
        _managed_policy_name(boundary["ManagedPolicyArn"])
    else:
        name, path = _reference(boundary["CustomerManagedPolicyReference"])
        boundary = {"CustomerManagedPolicyReference": {"Name": name, "Path": path}}
    if boundary != permission_set.boundary:
        permission_set.boundary = boundary
        permission_set.revision += 1
    return None


def _get_boundary(visit: Visit) -> Result:
    boundary = visit.permission_set.boundary
    if boundary is None:
        raise not_found("PermissionsBoundary not found")
    return {"PermissionsBoundary": boundary}


def _delete_boundary(visit: Visit) -> Result:
    permission_set = visit.permission_set
    if permission_set.boundary is None:
        raise not_found("PermissionsBoundary not found")
    permission_set.boundary = None
    permission_set.revision += 1
    return None


OPERATIONS: Final[dict[str, Operation]] = {
    "AttachManagedPolicyToPermissionSet": _attach_managed,
    "DetachManagedPolicyFromPermissionSet": _detach_managed,
    "ListManagedPoliciesInPermissionSet": _list_managed,
    "AttachCustomerManagedPolicyReferenceToPermissionSet": _attach_customer,
    "DetachCustomerManagedPolicyReferenceFromPermissionSet": _detach_customer,
    "ListCustomerManagedPolicyReferencesInPermissionSet": _list_customer,
    "PutInlinePolicyToPermissionSet": _put_inline,
    "GetInlinePolicyForPermissionSet": _get_inline,
    "DeleteInlinePolicyFromPermissionSet": _delete_inline,
    "PutPermissionsBoundaryToPermissionSet": _put_boundary,
    "GetPermissionsBoundaryForPermissionSet": _get_boundary,
    "DeletePermissionsBoundaryFromPermissionSet": _delete_boundary,
}
