"""Identity Center's assignments and directory, narrow and typed, over `identity_center.Caller`.

Reads and writes of one account go through a delegated administrator where access.yaml names one.
AWS then refuses changes to a permission set that is provisioned in the management account
(reference/identity-center.md §3, "From the delegated admin"), so those go through the management
account; which ones they are is asked once, and only by a run that writes.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Any, Final, Literal, Protocol, cast

from .contract import Kind, Principal
from .errors import AwsError
from .values import Account, Assignment, Change, Instance, Status, Ticket

ABSENT: Final = "ResourceNotFoundException"

_SHAPES: Final[dict[Change, tuple[str, str, str, str]]] = {
    # change: list operation, its items, describe operation's parameter, its answer
    "grant": (
        "ListAccountAssignmentCreationStatus",
        "AccountAssignmentsCreationStatus",
        "AccountAssignmentCreationRequestId",
        "AccountAssignmentCreationStatus",
    ),
    "revoke": (
        "ListAccountAssignmentDeletionStatus",
        "AccountAssignmentsDeletionStatus",
        "AccountAssignmentDeletionRequestId",
        "AccountAssignmentDeletionStatus",
    ),
    "provision": (
        "ListPermissionSetProvisioningStatus",
        "PermissionSetsProvisioningStatus",
        "ProvisionPermissionSetRequestId",
        "PermissionSetProvisioningStatus",
    ),
}


class Calls(Protocol):
    """The two ways to call AWS that gateways use."""

    def call(self, service: str, operation: str, **arguments: Any) -> dict[str, Any]: ...
    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterable[Any]: ...


class AssignmentGateway:
    """`ports.Assignments` on AWS. `management` is None when `calls` already is the management account's."""

    def __init__(self, calls: Calls, management: Calls | None, management_account_id: str) -> None:
        self._calls = calls
        self._management = management
        self._owner = management_account_id
        self._instance: Instance | None = None
        self._in_management: frozenset[str] | None = None
        self.reads_by_principal = management is None
        self.remembers = False

    def instance(self) -> Instance:
        """The organization's instance, chosen by its owner: account instances are listed beside it."""
        if self._instance is None:
            listed = list(self._calls.pages("sso-admin", "ListInstances", "Instances"))
            mine = [one for one in listed if one.get("OwnerAccountId") == self._owner]
            if not mine or mine[0].get("Status", "ACTIVE") != "ACTIVE":
                seen = f"{len(listed)} others" if listed else "none"
                raise AwsError(
                    "ListInstances",
                    "NoOrganizationInstance",
                    f"the management account's active instance is not in this region ({seen} seen); "
                    "set identity_center.region in access.yaml to its primary region",
                )
            self._instance = Instance(
                arn=mine[0]["InstanceArn"],
                identity_store_id=mine[0]["IdentityStoreId"],
                owner_account_id=self._owner,
            )
        return self._instance

    def of_permission_set(self, account_id: str, arn: str) -> frozenset[Assignment]:
        """Everybody who has a permission set in the account. A set that is gone has nobody."""
        try:
            return frozenset(
                _assignment(one)
                for one in self._pages(
                    "ListAccountAssignments", "AccountAssignments", AccountId=account_id, PermissionSetArn=arn
                )
            )
        except AwsError as error:
            if error.code == ABSENT:
                return frozenset()
            raise

    def of_principal(self, account_id: str, kind: Kind, principal_id: str) -> frozenset[Assignment]:
        """What a principal has in the account itself; rows that a user inherits from groups are left out."""
        try:
            listed = list(
                self._pages(
                    "ListAccountAssignmentsForPrincipal",
                    "AccountAssignments",
                    PrincipalId=principal_id,
                    PrincipalType=kind.upper(),
                    Filter={"AccountId": account_id},
                )
            )
        except AwsError as error:
            if error.code == ABSENT:
                return frozenset()
            raise
        return frozenset(
            _assignment(one)
            for one in listed
            if one["PrincipalId"] == principal_id
            and one["PrincipalType"] == kind.upper()
            and one.get("AccountId", account_id) == account_id
        )

    def provisioned(self, account_id: str) -> frozenset[str]:
        """ARNs of all sets that the account has."""
        return frozenset(
            self._pages("ListPermissionSetsProvisionedToAccount", "PermissionSets", AccountId=account_id)
        )

    def stale(self, account_id: str) -> frozenset[str]:
        """ARNs of sets whose latest content has not reached the account: one call for all of them."""
        return frozenset(
            self._pages(
                "ListPermissionSetsProvisionedToAccount",
                "PermissionSets",
                AccountId=account_id,
                ProvisioningStatus="LATEST_PERMISSION_SET_NOT_PROVISIONED",
            )
        )

    def create(self, account_id: str, assignment: Assignment) -> Ticket:
        """Ask for an assignment. One that exists is accepted again by AWS."""
        answer = self._routed(assignment.permission_set_arn).call(
            "sso-admin", "CreateAccountAssignment", **self._target(account_id, assignment)
        )
        return _ticket("grant", answer["AccountAssignmentCreationStatus"])

    def delete(self, account_id: str, assignment: Assignment) -> Ticket:
        """Ask to take an assignment away. An absent one is a success."""
        try:
            answer = self._routed(assignment.permission_set_arn).call(
                "sso-admin", "DeleteAccountAssignment", **self._target(account_id, assignment)
            )
        except AwsError as error:
            if error.code == ABSENT:
                return Ticket(id="", change="revoke", status="SUCCEEDED")
            raise
        return _ticket("revoke", answer["AccountAssignmentDeletionStatus"])

    def provision(self, account_id: str | None, arn: str) -> Ticket:
        """Bring a set's latest content to one account, or to all that have it."""
        where: dict[str, str] = {"TargetType": "ALL_PROVISIONED_ACCOUNTS"}
        if account_id is not None:
            where = {"TargetType": "AWS_ACCOUNT", "TargetId": account_id}
        answer = self._routed(arn).call(
            "sso-admin",
            "ProvisionPermissionSet",
            InstanceArn=self.instance().arn,
            PermissionSetArn=arn,
            **where,
        )
        return _ticket("provision", answer["PermissionSetProvisioningStatus"])

    def running(self, change: Change) -> frozenset[str]:
        """Request ids of everything of this kind that the whole organization has in progress."""
        operation, items, _, _ = _SHAPES[change]
        return frozenset(
            one["RequestId"] for one in self._pages(operation, items, Filter={"Status": "IN_PROGRESS"})
        )

    def ended(self, change: Change, ids: Iterable[str]) -> dict[str, Ticket]:
        """How these requests ended: a page of successes for each hundred, newest first, then one call for
        each that is on none of them."""
        wanted = set(ids)
        operation, items, _, _ = _SHAPES[change]
        found: dict[str, Ticket] = {}
        listed = self._pages(operation, items, Filter={"Status": "SUCCEEDED"})
        for one in islice(listed, 100 * (1 + len(wanted) // 100)):
            if one["RequestId"] in wanted:
                found[one["RequestId"]] = Ticket(id=one["RequestId"], change=change, status="SUCCEEDED")
            if len(found) == len(wanted):
                break
        for request_id in sorted(wanted - set(found)):
            found[request_id] = self.describe(Ticket(id=request_id, change=change))
        return found

    def describe(self, ticket: Ticket) -> Ticket:
        """One request as it is now, with the reason of its failure and its account."""
        operation, _, parameter, answer = _SHAPES[ticket.change]
        singular = operation.replace("List", "Describe", 1)
        found = self._calls.call(
            "sso-admin", singular, InstanceArn=self.instance().arn, **{parameter: ticket.id}
        )
        return _ticket(ticket.change, found[answer])

    def _pages(self, operation: str, key: str, **arguments: Any) -> Iterable[Any]:
        return self._calls.pages("sso-admin", operation, key, InstanceArn=self.instance().arn, **arguments)

    def _target(self, account_id: str, assignment: Assignment) -> dict[str, str]:
        return {
            "InstanceArn": self.instance().arn,
            "TargetId": account_id,
            "TargetType": "AWS_ACCOUNT",
            "PermissionSetArn": assignment.permission_set_arn,
            "PrincipalType": assignment.kind.upper(),
            "PrincipalId": assignment.principal_id,
        }

    def _routed(self, arn: str) -> Calls:
        if self._management is None:
            return self._calls
        if self._in_management is None:
            self._in_management = frozenset(
                self._management.pages(
                    "sso-admin",
                    "ListPermissionSetsProvisionedToAccount",
                    "PermissionSets",
                    InstanceArn=self.instance().arn,
                    AccountId=self._owner,
                )
            )
        return self._management if arn in self._in_management else self._calls


class DirectoryGateway:
    """`ports.Directory` on AWS."""

    def __init__(self, calls: Calls, assignments: AssignmentGateway) -> None:
        self._calls = calls
        self._assignments = assignments

    def find(self, principal: Principal) -> str | None:
        """The id behind a name; None when there is none."""
        group = principal.kind == "group"
        try:
            answer = self._calls.call(
                "identitystore",
                "GetGroupId" if group else "GetUserId",
                IdentityStoreId=self._store,
                AlternateIdentifier={
                    "UniqueAttribute": {
                        "AttributePath": "displayName" if group else "userName",
                        "AttributeValue": principal.name,
                    }
                },
            )
        except AwsError as error:
            if error.code == ABSENT:
                return None
            raise
        return cast(str, answer["GroupId" if group else "UserId"])

    def name_of(self, kind: Kind, principal_id: str) -> str | None:
        """The name that an id has now; None when the id does not exist."""
        try:
            if kind == "group":
                answer = self._calls.call(
                    "identitystore", "DescribeGroup", IdentityStoreId=self._store, GroupId=principal_id
                )
                return cast(str, answer.get("DisplayName", ""))
            answer = self._calls.call(
                "identitystore", "DescribeUser", IdentityStoreId=self._store, UserId=principal_id
            )
            return cast(str, answer.get("UserName", ""))
        except AwsError as error:
            if error.code == ABSENT:
                return None
            raise

    def namesakes(self, principal: Principal) -> frozenset[str]:
        """Ids of all who have exactly this name: one, unless a synchronization went wrong."""
        group = principal.kind == "group"
        named = "DisplayName" if group else "UserName"
        try:
            return frozenset(
                one["GroupId" if group else "UserId"]
                for one in self._calls.pages(
                    "identitystore",
                    "ListGroups" if group else "ListUsers",
                    "Groups" if group else "Users",
                    IdentityStoreId=self._store,
                    Filters=[{"AttributePath": named, "AttributeValue": principal.name}],
                )
                if one.get(named) == principal.name
            )
        except AwsError as error:
            # The filter is deprecated; a store that takes it no more says itself that names are unique.
            if error.code == "ValidationException":
                return frozenset()
            raise

    def group_names(self) -> frozenset[str]:
        """Names of groups that exist, for hints: the first thousand, or none where listing is refused."""
        try:
            listed = self._calls.pages("identitystore", "ListGroups", "Groups", IdentityStoreId=self._store)
            return frozenset(one.get("DisplayName", "") for one in islice(listed, 1000))
        except AwsError:
            return frozenset()

    def has_members(self, group_id: str) -> bool:
        """Whether the group has any member: one call."""
        answer = self._calls.call(
            "identitystore",
            "ListGroupMemberships",
            IdentityStoreId=self._store,
            GroupId=group_id,
            MaxResults=1,
        )
        return bool(answer.get("GroupMemberships"))

    @property
    def _store(self) -> str:
        return self._assignments.instance().identity_store_id


class OrganizationGateway:
    """Where an account is and whether it is alive, from Organizations."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def account(self, account_id: str, above: tuple[str, ...] = ()) -> Account | None:
        """The account, or None when the organization does not have it.

        Newer answers carry the path. For older ones its parent is asked for, and the parents of that, up to
        an OU of `above`: ids of OUs that were above an account before, nearest first, and of the root. An
        OU never moves (Organizations has MoveAccount and nothing like it for OUs), so what was above it is.
        """
        try:
            found = self._calls.call("organizations", "DescribeAccount", AccountId=account_id)["Account"]
        except AwsError as error:
            if error.code == "AccountNotFoundException":
                return None
            raise
        paths = found.get("Paths") or []
        found_above = (
            [step for step in paths[0].split("/") if step[:2] in {"r-", "ou"}][::-1] if paths else []
        )
        child = account_id
        while not paths:
            parents = self._calls.call("organizations", "ListParents", ChildId=child)["Parents"]
            child = parents[0]["Id"]
            found_above.append(child)
            if child in above:
                found_above += above[above.index(child) + 1 :]
            if parents[0]["Type"] == "ROOT" or child in above:
                break
        return Account(
            id=account_id,
            name=found.get("Name", ""),
            email=found.get("Email", ""),
            status=found.get("State") or found.get("Status", ""),
            ou_ids=tuple(found_above),
        )


def _assignment(found: dict[str, Any]) -> Assignment:
    kind: Literal["group", "user"] = "group" if found["PrincipalType"] == "GROUP" else "user"
    return Assignment(
        permission_set_arn=found["PermissionSetArn"], kind=kind, principal_id=found["PrincipalId"]
    )


def _ticket(change: Change, found: dict[str, Any]) -> Ticket:
    status: Status = found.get("Status", "IN_PROGRESS")
    reason = found.get("FailureReason", "")
    if change == "revoke" and status == "FAILED" and "does not exist" in reason:
        # Deleting an absent assignment may be refused late (reference §3, "Async and conflicts").
        status, reason = "SUCCEEDED", ""
    return Ticket(
        id=found.get("RequestId", ""),
        change=change,
        status=status,
        reason=reason,
        account_id=found.get("TargetId", found.get("AccountId", "")),
    )
