"""Managed policies: AWS's own from moto's catalogue, with their paths, and an account's from its IAM.

Reference: Identity Center reference §4 "managed policies" (moto reads the key `path`, its data has `Path`).
"""

import json
from functools import cache
from typing import Any


@cache
def _catalogue() -> dict[str, dict[str, Any]]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    policies = json.loads(aws_managed_policies_data)
    return {
        f"arn:aws:iam::aws:policy{entry['Path']}{name}": {
            "name": name,
            "document": entry["Document"],
            "data": entry,
        }
        for name, entry in policies.items()
    }


def aws_managed_policy_name(arn: str) -> str | None:
    entry = _catalogue().get(arn)
    return None if entry is None else str(entry["name"])


def make_attachable(account: str, arn: str) -> None:
    """moto attaches no policy of AWS's own unless it loads all 1,300 of them into every account."""
    from moto.iam.models import AWSManagedPolicy, iam_backends

    entry = _catalogue().get(arn)
    policies: Any = iam_backends[account]["aws"].managed_policies
    if entry is not None and arn not in policies:
        policies[arn] = AWSManagedPolicy.from_data(entry["name"], account, "us-east-1", entry["data"])


def managed_policy_document(account: str, arn: str) -> str | None:
    """What a policy allows that a role or a session of this account may have; None if there is none."""
    from moto.iam.models import iam_backends

    if arn in _catalogue():
        return json.dumps(_catalogue()[arn]["document"])
    policy: Any = iam_backends[account]["aws"].managed_policies.get(arn)
    if policy is None:
        return None
    return next(str(version.document) for version in policy.versions if version.is_default)
