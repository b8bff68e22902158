"""Who has what in Identity Center, organization-wide: reads only, through the management account.

Only the management account is answered by principal (reference/identity-center.md §2), so that the report
goes there even where Identity Center is delegated. A session policy leaves reading and nothing else.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any, Final

from aft_access import session_policy
from aft_access.authoring import PermissionSetGateway
from aft_access.contract import Kind
from aft_access.errors import AwsError
from aft_access.gateway import ABSENT, AssignmentGateway, DirectoryGateway
from aft_access.identity_center import Caller
from aft_access.values import Assignment
from aft_access.wiring import Wiring

READS: Final = (
    *session_policy.READS,
    "identitystore:ListGroupMembershipsForMember",
    "sso:ListAccountsForProvisionedPermissionSet",
)
_UNLISTABLE: Final = "ValidationException"
"""A directory that AWS does not list without a filter (Active Directory; reference §3, identity)."""


class IdentityCenterReads:
    """The port ``fleet.collect.Reads``. ``calls`` counts pages, each of which is one call."""

    def __init__(self, wiring: Wiring) -> None:
        policy = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": list(READS), "Resource": "*"}],
        }
        target = wiring.management_account_id
        caller = Caller(
            lambda: wiring.credentials.execution(target, policy=policy, hub=wiring.hub),
            wiring.clock,
            wiring.pace,
        )
        self._calls = _Counted(caller, wiring.catalogue.access.identity_center.region)
        self._assignments = AssignmentGateway(self._calls, None, target)
        self._directory = DirectoryGateway(self._calls, self._assignments)

    @property
    def calls(self) -> int:
        return self._calls.made

    @property
    def counts(self) -> dict[str, int]:
        """Calls by operation."""
        return dict(sorted(self._calls.counts.items()))

    def groups(self) -> dict[str, str]:
        return self._listed("ListGroups", "Groups", "GroupId", "DisplayName")

    def users(self) -> dict[str, str]:
        return self._listed("ListUsers", "Users", "UserId", "UserName")

    def name_of(self, kind: Kind, principal_id: str) -> str | None:
        return self._directory.name_of(kind, principal_id)

    def members(self, group_id: str) -> tuple[str, ...]:
        try:
            return tuple(
                str(one["MemberId"]["UserId"])
                for one in self._store_pages("ListGroupMemberships", "GroupMemberships", GroupId=group_id)
            )
        except AwsError as error:
            if error.code == ABSENT:
                return ()
            raise

    def groups_with(self, user_id: str) -> tuple[str, ...]:
        return tuple(
            str(one["GroupId"])
            for one in self._store_pages(
                "ListGroupMembershipsForMember", "GroupMemberships", MemberId={"UserId": user_id}
            )
        )

    def sets(self) -> tuple[str, ...]:
        return tuple(map(str, self._pages("ListPermissionSets", "PermissionSets")))

    def set_name(self, arn: str) -> str:
        found = self._calls.call(
            "sso-admin", "DescribePermissionSet", InstanceArn=self._instance, PermissionSetArn=arn
        )
        return str(found["PermissionSet"]["Name"])

    def accounts_with(self, arn: str) -> tuple[str, ...]:
        try:
            return tuple(
                map(
                    str,
                    self._pages(
                        "ListAccountsForProvisionedPermissionSet", "AccountIds", PermissionSetArn=arn
                    ),
                )
            )
        except AwsError as error:
            if error.code == ABSENT:
                return ()
            raise

    def stale_accounts(self, arn: str) -> tuple[str, ...]:
        """Accounts that the latest content of a permission set has not reached."""
        return self.permission_sets.accounts(arn, stale=True)

    @cached_property
    def permission_sets(self) -> PermissionSetGateway:
        """Permission sets, with a session that only reads."""
        return PermissionSetGateway(self._calls, self._assignments.instance())

    @property
    def directory(self) -> DirectoryGateway:
        """Groups and users by name."""
        return self._directory

    def sets_in(self, account_id: str) -> tuple[str, ...]:
        try:
            return tuple(sorted(self._assignments.provisioned(account_id)))
        except AwsError as error:
            if error.code == ABSENT:
                return ()
            raise

    def of_pair(self, account_id: str, arn: str) -> frozenset[Assignment]:
        return self._assignments.of_permission_set(account_id, arn)

    def of_principal(self, kind: Kind, principal_id: str) -> tuple[tuple[str, Assignment], ...]:
        """What a principal has itself; rows that a user inherits from groups are left out."""
        try:
            listed = list(
                self._pages(
                    "ListAccountAssignmentsForPrincipal",
                    "AccountAssignments",
                    PrincipalId=principal_id,
                    PrincipalType=kind.upper(),
                )
            )
        except AwsError as error:
            if error.code == ABSENT:
                return ()
            raise
        return tuple(
            (
                str(one["AccountId"]),
                Assignment(permission_set_arn=one["PermissionSetArn"], kind=kind, principal_id=principal_id),
            )
            for one in listed
            if one["PrincipalId"] == principal_id and one["PrincipalType"] == kind.upper()
        )

    @property
    def _instance(self) -> str:
        return self._assignments.instance().arn

    def _listed(self, operation: str, key: str, id_key: str, name_key: str) -> dict[str, str]:
        try:
            return {str(one[id_key]): str(one.get(name_key, "")) for one in self._store_pages(operation, key)}
        except AwsError as error:
            if error.code == _UNLISTABLE:
                return {}
            raise

    def _pages(self, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        return self._calls.pages("sso-admin", operation, key, InstanceArn=self._instance, **arguments)

    def _store_pages(self, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        store = self._assignments.instance().identity_store_id
        return self._calls.pages("identitystore", operation, key, IdentityStoreId=store, **arguments)


class _Counted:
    """Sends every call to Identity Center's region, and counts."""

    def __init__(self, caller: Caller, region: str) -> None:
        self._caller, self._region = caller, region

    @property
    def counts(self) -> dict[str, int]:
        return self._caller.counts

    @property
    def made(self) -> int:
        return sum(self._caller.counts.values())

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return self._caller.call(service, operation, region=self._region, **arguments)

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        return self._caller.pages(service, operation, key, region=self._region, **arguments)
