"""Session policies: what the credentials of one run may do, whatever the role behind them may.

The execution role is an administrator of the organization's management account (reference/aft.md §3.3);
a session policy can only take away. Assignments are limited to the one account, so a mistake here
cannot reach another. Writing permission sets and groups is a separate session, made when needed.
Service prefixes: `sso` for sso-admin, `identitystore` for the Identity Store.
"""

from typing import Any, Final

READS: Final = (
    "identitystore:DescribeGroup",
    "identitystore:DescribeUser",
    "identitystore:GetGroupId",
    "identitystore:GetUserId",
    "identitystore:ListGroupMemberships",
    "identitystore:ListGroups",
    "identitystore:ListUsers",
    "organizations:DescribeAccount",
    "organizations:ListParents",
    "sso:DescribeAccountAssignmentCreationStatus",
    "sso:DescribeAccountAssignmentDeletionStatus",
    "sso:DescribePermissionSet",
    "sso:DescribePermissionSetProvisioningStatus",
    "sso:GetInlinePolicyForPermissionSet",
    "sso:GetPermissionsBoundaryForPermissionSet",
    "sso:ListAccountAssignmentCreationStatus",
    "sso:ListAccountAssignmentDeletionStatus",
    "sso:ListAccountAssignments",
    "sso:ListAccountAssignmentsForPrincipal",
    "sso:ListCustomerManagedPolicyReferencesInPermissionSet",
    "sso:ListInstances",
    "sso:ListManagedPoliciesInPermissionSet",
    "sso:ListPermissionSetProvisioningStatus",
    "sso:ListPermissionSets",
    "sso:ListPermissionSetsProvisionedToAccount",
    "sso:ListTagsForResource",
)

ASSIGNS: Final = (
    "sso:CreateAccountAssignment",
    "sso:DeleteAccountAssignment",
    "sso:ProvisionPermissionSet",
)

AUTHORS: Final = (
    "identitystore:*Group*",
    "identitystore:*User*",
    "sso:AttachCustomerManagedPolicyReferenceToPermissionSet",
    "sso:AttachManagedPolicyToPermissionSet",
    "sso:CreatePermissionSet",
    "sso:Delete*PermissionSet",
    "sso:Describe*",
    "sso:DetachCustomerManagedPolicyReferenceFromPermissionSet",
    "sso:DetachManagedPolicyFromPermissionSet",
    "sso:Get*PermissionSet",
    "sso:List*",
    "sso:ProvisionPermissionSet",
    "sso:Put*PermissionSet",
    "sso:TagResource",
    "sso:UntagResource",
    "sso:UpdatePermissionSet",
)

LONGEST: Final = 2048
"""Characters of a session policy that AssumeRole takes (its API model)."""


def for_account(partition: str, account_id: str) -> dict[str, Any]:
    """Reads, and assignments in one account."""
    return _policy(
        ("r", list(READS), ["*"]),
        (
            "w",
            list(ASSIGNS),
            [
                f"arn:{partition}:sso:::account/{account_id}",
                f"arn:{partition}:sso:::instance/*",
                f"arn:{partition}:sso:::permissionSet/*",
            ],
        ),
    )


def for_authoring() -> dict[str, Any]:
    """What organization-wide objects need; no assignment."""
    return _policy(("a", list(AUTHORS), ["*"]))


def _policy(*statements: tuple[str, list[str], list[str]]) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
            for sid, actions, resources in statements
        ],
    }
