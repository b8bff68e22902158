"""The roles that Identity Center makes in the accounts, as IAM of the account shows them.

Reference: Identity Center reference §3 "role `AWSReservedSSO_<ps>_<16hex>`", "role quota exhaustion
surfaces only there", "CMP missing in the target account fails async", "Deleting the last assignment deletes
the role".
"""

import json
from typing import Any

from aftgen.cloud.identity_center import PermissionSet

_PATH = "/aws-reserved/sso.amazonaws.com/"


class MotoReservedRoles:
    """Keeps them in moto's IAM of each account."""

    def create(self, account: str, permission_set: PermissionSet, role: str) -> None:
        provider = f"arn:aws:iam::{account}:saml-provider/AWSSSO_DO_NOT_DELETE"
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Federated": provider},
                    "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
                }
            ],
        }
        _iam(account).create_role(
            role_name=role,
            assume_role_policy_document=json.dumps(trust),
            path=_PATH,
            permissions_boundary=None,
            description=permission_set.description or "",
            tags=[],
            max_session_duration="43200",
        )

    def delete(self, account: str, role: str) -> None:
        _iam(account).delete_role(role)

    def count(self, account: str) -> int:
        return len(_iam(account).roles)

    def has_policy(self, account: str, name: str, path: str) -> bool:
        return f"arn:aws:iam::{account}:policy{path}{name}" in _iam(account).managed_policies


def _iam(account: str) -> Any:
    from moto.iam.models import iam_backends

    return iam_backends[account]["aws"]
