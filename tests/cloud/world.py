"""What the tests of the embedded AWS stand on: a small landing zone, and the calls that most of them make."""

from dataclasses import replace
from typing import Any

import pytest
from aftgen.cloud import Account, LandingZone, LandingZonePlan
from botocore.config import Config
from botocore.exceptions import ClientError

PAYMENTS = "555555555555"
LEDGER = "666666666666"
SUSPENDED = "777777777777"

PLAN = LandingZonePlan(
    accounts=(
        Account(
            id=PAYMENTS,
            name="payments-prod",
            email="payments@example.com",
            ou="Workloads/Prod",
            tags={"env": "prod"},
            sso_user="owner@example.com",
        ),
        Account(id=LEDGER, name="ledger-dev", email="ledger@example.com", ou="Workloads/Dev"),
        Account(id=SUSPENDED, name="old", email="old@example.com", ou="Sandbox", status="SUSPENDED"),
    ),
    users=("ann@example.com", "bob"),
    groups={"developers": ("ann@example.com", "bob"), "auditors": ()},
)
ONCE = Config(retries={"total_max_attempts": 1}, read_timeout=10)


class World:
    """The landing zone and the clients that most tests need."""

    def __init__(self, zone: LandingZone) -> None:
        self.zone = zone
        self.cloud = zone.cloud
        self.center = zone.center
        self.sso = zone.client("sso-admin", config=ONCE)
        self.store = zone.client("identitystore", config=ONCE)
        self.organizations = zone.client("organizations", config=ONCE)
        self.instance = self.center.arn
        self.store_id = self.center.store.id

    def behave(self, **settings: Any) -> None:
        self.cloud.behaviour = replace(self.cloud.behaviour, **settings)

    def permission_set(self, name: str = "Developer", **settings: Any) -> str:
        created = self.sso.create_permission_set(InstanceArn=self.instance, Name=name, **settings)
        return str(created["PermissionSet"]["PermissionSetArn"])

    def of(self, arn: str) -> dict[str, str]:
        return {"InstanceArn": self.instance, "PermissionSetArn": arn}

    def triple(
        self, arn: str, principal: str = "group:developers", account: str = PAYMENTS
    ) -> dict[str, str]:
        found = self.zone.find_principal(principal)
        assert found is not None
        return {
            **self.of(arn),
            "TargetId": account,
            "TargetType": "AWS_ACCOUNT",
            "PrincipalType": "USER" if principal.startswith("user:") else "GROUP",
            "PrincipalId": found,
        }

    def grant(self, arn: str, principal: str = "group:developers", account: str = PAYMENTS) -> dict[str, Any]:
        answer = self.sso.create_account_assignment(**self.triple(arn, principal, account))
        status: dict[str, Any] = answer["AccountAssignmentCreationStatus"]
        return status

    def revoke(
        self, arn: str, principal: str = "group:developers", account: str = PAYMENTS
    ) -> dict[str, Any]:
        answer = self.sso.delete_account_assignment(**self.triple(arn, principal, account))
        status: dict[str, Any] = answer["AccountAssignmentDeletionStatus"]
        return status

    def granting(self, request: str) -> dict[str, Any]:
        answer = self.sso.describe_account_assignment_creation_status(
            InstanceArn=self.instance, AccountAssignmentCreationRequestId=request
        )
        status: dict[str, Any] = answer["AccountAssignmentCreationStatus"]
        return status

    def revoking(self, request: str) -> dict[str, Any]:
        answer = self.sso.describe_account_assignment_deletion_status(
            InstanceArn=self.instance, AccountAssignmentDeletionRequestId=request
        )
        status: dict[str, Any] = answer["AccountAssignmentDeletionStatus"]
        return status

    def settle(self) -> None:
        """Lets time end whatever is in progress, one request of an account after the other."""
        for _ in range(40):
            self.cloud.clock.advance(10)
            self.center.operations.settle(self.cloud.behaviour, self.cloud.clock.now())


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    """The code and message with which a call is refused."""
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    error = raised.value.response["Error"]
    return error["Code"], error["Message"]


def code(call: Any, **arguments: Any) -> str:
    return refusal(call, **arguments)[0]
