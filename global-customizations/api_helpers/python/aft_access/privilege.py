"""Which permission sets are privileged. The answer is yes unless the content shows otherwise.

A set is judged by its name AND its content (reference/identity-center.md §5, rows 1 and 7): one whose
content is harmless and whose name says administrator is still treated as one, and one whose
content cannot be seen (an external set, a customer managed policy that the account's own admins
can rewrite) is privileged.
"""

import json
import re
from collections.abc import Iterable
from typing import Any, Final

from .permission_sets import PermissionSet

_TELLING: Final = re.compile(r"admin|root|power|full|owner|break.?glass|super|privileged|iam", re.IGNORECASE)

_READING: Final = re.compile(
    r"^(Get|List|Describe|BatchGet|BatchDescribe|Head|Lookup|View|Search)[A-Za-z]*\*?$"
)

_HARMLESS_MANAGED: Final = frozenset(
    {
        "AWSBillingReadOnlyAccess",
        "AWSSupportAccess",
        "AmazonEC2ReadOnlyAccess",
        "AmazonRDSReadOnlyAccess",
        "AmazonS3ReadOnlyAccess",
        "AmazonVPCReadOnlyAccess",
        "CloudWatchLogsReadOnlyAccess",
        "CloudWatchReadOnlyAccess",
        "IAMReadOnlyAccess",
        "ReadOnlyAccess",
        "SecurityAudit",
        "job-function/SupportUser",
        "job-function/ViewOnlyAccess",
    }
)
"""AWS managed policies that read and do not hand out credentials or change who may do what."""

_HARMLESS_EXTERNAL: Final = frozenset({"AWSReadOnlyAccess"})
"""Control Tower's own set whose content AWS documents: ReadOnlyAccess and ViewOnlyAccess."""

_YIELDS_CREDENTIALS: Final = (
    "*:",
    "cognito-identity:",
    "ecr:Get",
    "eks:Get",
    "kms:Get",
    "lambda:GetFunction",
    "lightsail:Get",
    "rds:Get",
    "redshift:Get",
    "redshift-serverless:Get",
    "rolesanywhere:",
    "secretsmanager:BatchGet",
    "secretsmanager:Get",
    "ssm:Get",
    "sso:",
    "sso-oauth:",
    "sts:",
    "codeartifact:Get",
    "gamelift:Get",
    "chime:Get",
    "connect:Get",
)
"""Actions that begin like reading and end with a secret, a token or somebody else's role."""


def reasons(permission_set: PermissionSet) -> tuple[str, ...]:
    """Why a permission set is privileged, in words; empty when its content shows that it is not."""
    found: list[str] = []
    if permission_set.privileged:
        found.append("its file says so")
    if permission_set.external:
        if permission_set.name not in _HARMLESS_EXTERNAL:
            found.append("it is external: its content is not in the catalogue")
        return tuple(found)
    if _TELLING.search(permission_set.name):
        found.append("its name says so")
    for arn in permission_set.managed_policies:
        name = arn.partition(":policy/")[2]
        if name not in _HARMLESS_MANAGED:
            found.append(f"the managed policy {name} is not known to be read-only")
    found += [
        f"whoever may edit the policy {policy.name} in the account decides its content"
        for policy in permission_set.customer_managed_policies
    ]
    if permission_set.inline_policy:
        found += _inline_reasons(json.loads(permission_set.inline_policy))
    return tuple(found)


def is_privileged(permission_set: PermissionSet) -> bool:
    """Whether only principals that a restriction names may hold it."""
    return bool(reasons(permission_set))


def _inline_reasons(policy: dict[str, Any]) -> Iterable[str]:
    for statement in _listed(policy.get("Statement")):
        if not isinstance(statement, dict):
            yield "its inline policy has a statement that cannot be read"
        elif statement.get("Effect") == "Deny":
            continue
        elif "NotAction" in statement or "Action" not in statement:
            yield "its inline policy allows everything except a list"
        else:
            for action in _listed(statement["Action"]):
                if not _only_reads(action):
                    yield f"its inline policy allows {action}"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _only_reads(action: Any) -> bool:
    if not isinstance(action, str) or action.count(":") != 1:
        return False
    service, _, verb = action.partition(":")
    if not re.fullmatch(r"[a-z0-9-]+", service.lower()) or not _READING.match(verb):
        return False
    if action.lower() == "sts:getcalleridentity":
        return True
    bare = action.lower().rstrip("*")
    return not any(
        bare.startswith(secret.lower()) or secret.lower().startswith(bare) for secret in _YIELDS_CREDENTIALS
    )
