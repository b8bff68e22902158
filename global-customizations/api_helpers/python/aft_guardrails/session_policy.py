"""Session policies: what the credentials of one run may do, whatever the role behind them may.

The execution role is an administrator of the organization's management account (reference/aft.md §3.3); a
session policy can only take away. Resources are those of the Service Authorization Reference for
Organizations: AWS's own policies have another ARN, so that no session of ours can detach FullAWSAccess.
"""

from typing import Any, Final

from .gateway import TYPE

READS: Final = (
    "organizations:DescribeAccount",
    "organizations:DescribePolicy",
    "organizations:ListParents",
    "organizations:ListPoliciesForTarget",
    "organizations:ListTagsForResource",
)
OF_THE_ORGANIZATION: Final = (
    "organizations:ListPolicies",
    "organizations:ListRoots",
    "organizations:ListTargetsForPolicy",
)
ATTACHES: Final = ("organizations:AttachPolicy", "organizations:DetachPolicy")
AUTHORS: Final = (
    *ATTACHES,
    "organizations:DeletePolicy",
    "organizations:TagResource",
    "organizations:UntagResource",
    "organizations:UpdatePolicy",
)
MAKES: Final = ("organizations:CreatePolicy", "organizations:EnablePolicyType")


def for_account(partition: str, management_account_id: str, account_id: str) -> dict[str, Any]:
    """Reads, and attachments of customer policies to one account."""
    return _policy(
        _statement("r", READS),
        _statement(
            "a",
            ATTACHES,
            _policies(partition, management_account_id),
            _arn(partition, management_account_id, f"account/o-*/{account_id}"),
        ),
    )


def for_organization(partition: str, management_account_id: str) -> dict[str, Any]:
    """Reads, customer policies and their attachments anywhere, and service control policies on the root."""
    targets = ("account/o-*/*", "ou/o-*/*", "root/o-*/*")
    return _policy(
        _statement("r", (*READS, *OF_THE_ORGANIZATION)),
        _statement(
            "a",
            AUTHORS,
            _policies(partition, management_account_id),
            *(_arn(partition, management_account_id, one) for one in targets),
        ),
        {
            **_statement("m", MAKES),
            "Condition": {"StringEquals": {"organizations:PolicyType": TYPE}},
        },
    )


def _policies(partition: str, management_account_id: str) -> str:
    return _arn(partition, management_account_id, f"policy/o-*/{TYPE.lower()}/*")


def _arn(partition: str, management_account_id: str, resource: str) -> str:
    return f"arn:{partition}:organizations::{management_account_id}:{resource}"


def _statement(sid: str, actions: tuple[str, ...], *resources: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources) or ["*"],
    }


def _policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}
