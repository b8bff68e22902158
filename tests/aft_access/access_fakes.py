"""An organization in memory: Identity Center, Identity Store, Organizations and AFT's table rows.

It stands where `identity_center.Caller` stands, so gateways, ledger, plan and apply are all real. What
DynamoDB does comes from moto, which is faithful there (reference/identity-center.md §4); Identity
Center is written here, because moto's is not: requests take time, fail on demand, and a double create
is one assignment.
"""

import json
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from aft_access.apply import AccountRun
from aft_access.authoring import DirectoryWriter, PermissionSetGateway
from aft_access.catalogue import Catalogue
from aft_access.contract import AccessDeclaration, Grant, dump
from aft_access.errors import AwsError
from aft_access.gateway import AssignmentGateway, DirectoryGateway, OrganizationGateway
from aft_access.ledger import TABLE, Ledger
from aft_access.organization import Organization
from aft_access.requests import Requests
from aft_access.situation import Reader
from aft_access.values import Account, Request, Stamp
from botocore import xform_name
from botocore.exceptions import ClientError
from moto import mock_aws

MANAGEMENT = "000000000000"
ACCOUNT = "111111111111"
OTHER = "222222222222"
DELEGATE = "333333333333"
INSTANCE = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
STORE = "d-0123456789"
SHARED = {"sso-admin", "identitystore"}
READS = ("List", "Describe", "Get")


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self, now: float = 1_795_500_000.0) -> None:  # 2026-11-24
        self.time = now
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class Killed(BaseException):
    """The process died in the middle of a call."""


@dataclass
class Cloud:
    """State that all callers share."""

    sets: dict[str, dict[str, Any]] = field(default_factory=dict)
    assignments: dict[tuple[str, str, str, str], bool] = field(default_factory=dict)
    groups: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Of users that CreateUser made, or that a test describes."""
    members: dict[str, tuple[str, str]] = field(default_factory=dict)
    operations: dict[str, dict[str, Any]] = field(default_factory=dict)
    stale: set[tuple[str, str]] = field(default_factory=set)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    parents: dict[str, tuple[str, str]] = field(default_factory=dict)
    polls: int = 1
    fail: dict[str, str] = field(default_factory=dict)
    """Operation name to the FailureReason that its next requests end with."""
    extra_instances: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, str, str]] = field(default_factory=list)
    faults: list[tuple[str, BaseException | None, bool]] = field(default_factory=list)
    """(operation, what is raised once, whether the call happened before)."""
    published: list[dict[str, Any]] = field(default_factory=list)
    page: int = 100
    table: Any = None

    def permission_set(self, name: str, *, ours: bool = True, **parts: Any) -> str:
        arn = f"arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-{len(self.sets):016x}"
        tags = {"aftgen:owner": "aft-access"} if ours else {}
        self.sets[arn] = {"Name": name, "tags": tags, "managed": set(), "customer": set(), **parts}
        return arn

    def principal(self, kind: str, name: str, *, members: bool = True) -> str:
        made = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{kind}{name}{len(self.groups)}{len(self.users)}"))
        (self.groups if kind == "group" else self.users)[made] = name
        if kind == "group" and members:
            self.members[f"m-{made}"] = (made, "someone")
        return made

    def arn(self, name: str) -> str:
        return next(arn for arn, one in self.sets.items() if one["Name"] == name)

    def has(self, name: str, principal_id: str, account: str = ACCOUNT) -> bool:
        return any(
            key[0] == account and self.sets.get(key[1], {}).get("Name") == name and key[3] == principal_id
            for key in self.assignments
        )

    def give(self, arn: str, kind: str, principal_id: str, account: str = ACCOUNT) -> None:
        self.assignments[account, arn, kind.upper(), principal_id] = True


class FakeCalls:
    """One session's calls. `caller` is the account they come from."""

    def __init__(self, cloud: Cloud, caller: str) -> None:
        self.cloud, self.caller = cloud, caller

    def call(
        self,
        service: str,
        operation: str,
        *,
        fatal: frozenset[str] = frozenset(),
        region: str = "",
        **arguments: Any,
    ) -> dict[str, Any]:
        for _ in range(20):
            self.cloud.calls.append((service, operation, self.caller))
            fault = self._fault(operation)
            if fault is None:
                return self._do(service, operation, arguments)
            error, happened = fault
            if happened:
                self._do(service, operation, arguments)
            if (
                isinstance(error, AwsError)
                and error.code in {"ConflictException", "ThrottlingException"} - fatal
            ):
                continue
            if error is not None:
                raise error
        raise AssertionError("too many faults")

    def pages(self, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        found = self.call(service, operation, **arguments)[key]
        for start in range(0, max(len(found), 1), self.cloud.page):
            if start:
                self.cloud.calls.append((service, operation, self.caller))
            yield from found[start : start + self.cloud.page]

    def _fault(self, operation: str) -> tuple[BaseException | None, bool] | None:
        for index, (name, error, happened) in enumerate(self.cloud.faults):
            if name == operation:
                del self.cloud.faults[index]
                return error, happened
        return None

    def _do(self, service: str, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if service == "dynamodb":
            return self._table(operation, arguments)
        handler = getattr(self, f"_{xform_name(operation)}")
        result: dict[str, Any] = handler(arguments)
        return result

    def _table(self, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self.cloud.table, xform_name(operation))(**arguments)
            return answer
        except ClientError as error:
            found = error.response["Error"]
            raise AwsError(operation, found["Code"], found["Message"]) from None

    def _absent(self, operation: str = "call") -> AwsError:
        return AwsError(operation, "ResourceNotFoundException", "it does not exist")

    # sso-admin: instances and assignments

    def _list_instances(self, _: dict[str, Any]) -> dict[str, Any]:
        mine = {
            "InstanceArn": INSTANCE,
            "IdentityStoreId": STORE,
            "OwnerAccountId": MANAGEMENT,
            "Status": "ACTIVE",
        }
        return {"Instances": [*self.cloud.extra_instances, mine]}

    def _list_account_assignments(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["PermissionSetArn"] not in self.cloud.sets:
            raise self._absent()
        return {
            "AccountAssignments": [
                {"AccountId": a, "PermissionSetArn": p, "PrincipalType": k, "PrincipalId": i}
                for a, p, k, i in self.cloud.assignments
                if a == asked["AccountId"] and p == asked["PermissionSetArn"]
            ]
        }

    def _list_account_assignments_for_principal(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert self.caller == MANAGEMENT
        return {
            "AccountAssignments": [
                {"AccountId": a, "PermissionSetArn": p, "PrincipalType": k, "PrincipalId": i}
                for a, p, k, i in self.cloud.assignments
                if a == asked["Filter"]["AccountId"] and i == asked["PrincipalId"]
            ]
        }

    def _list_permission_sets_provisioned_to_account(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = sorted({key[1] for key in self.cloud.assignments if key[0] == asked["AccountId"]})
        if asked.get("ProvisioningStatus") == "LATEST_PERMISSION_SET_NOT_PROVISIONED":
            found = [arn for arn in found if (asked["AccountId"], arn) in self.cloud.stale]
        return {"PermissionSets": found}

    def _list_accounts_for_provisioned_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        arn = asked["PermissionSetArn"]
        found = sorted({key[0] for key in self.cloud.assignments if key[1] == arn})
        if asked.get("ProvisioningStatus") == "LATEST_PERMISSION_SET_NOT_PROVISIONED":
            found = [account for account in found if (account, arn) in self.cloud.stale]
        return {"AccountIds": found}

    def _start(self, kind: str, operation: str, account: str, effect: Any) -> dict[str, Any]:
        made = str(uuid.uuid4())
        reason = self.cloud.fail.get(operation, "")
        self.cloud.operations[made] = {
            "kind": kind,
            "polls": self.cloud.polls,
            "account": account,
            "reason": reason,
            "effect": effect,
            "status": "IN_PROGRESS",
        }
        if self.cloud.polls == 0:
            self._finish(made)
        one = self.cloud.operations[made]
        return {**self._one(made), "Status": one["status"]}

    def _finish(self, made: str) -> None:
        one = self.cloud.operations[made]
        one["status"] = "FAILED" if one["reason"] else "SUCCEEDED"
        if not one["reason"]:
            one["effect"]()

    def _key(self, asked: dict[str, Any]) -> tuple[str, str, str, str]:
        return asked["TargetId"], asked["PermissionSetArn"], asked["PrincipalType"], asked["PrincipalId"]

    def _route(self, arn: str) -> None:
        held = {key[1] for key in self.cloud.assignments if key[0] == MANAGEMENT}
        if self.caller != MANAGEMENT and arn in held:
            raise AwsError("Create", "AccessDeniedException", "the management account has this set")

    def _create_account_assignment(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._route(asked["PermissionSetArn"])
        if asked["PermissionSetArn"] not in self.cloud.sets:
            raise self._absent("CreateAccountAssignment")
        key = self._key(asked)
        return {
            "AccountAssignmentCreationStatus": self._start(
                "creation",
                "CreateAccountAssignment",
                key[0],
                lambda: self.cloud.assignments.update({key: True}),
            )
        }

    def _delete_account_assignment(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._route(asked["PermissionSetArn"])
        key = self._key(asked)
        if key not in self.cloud.assignments:
            raise self._absent("DeleteAccountAssignment")
        return {
            "AccountAssignmentDeletionStatus": self._start(
                "deletion", "DeleteAccountAssignment", key[0], lambda: self.cloud.assignments.pop(key, None)
            )
        }

    def _provision_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        arn, account = asked["PermissionSetArn"], asked.get("TargetId", "")

        def effect() -> None:
            self.cloud.stale = {
                one for one in self.cloud.stale if one[1] != arn or (account and one[0] != account)
            }

        made = self._start("provisioning", "ProvisionPermissionSet", account, effect)
        return {"PermissionSetProvisioningStatus": made}

    def _statuses(self, kind: str, asked: dict[str, Any]) -> list[dict[str, Any]]:
        wanted = asked["Filter"]["Status"]
        found = []
        for made, one in self.cloud.operations.items():
            if one["kind"] != kind:
                continue
            if wanted == "IN_PROGRESS" and one["status"] == "IN_PROGRESS":
                one["polls"] -= 1
                if one["polls"] <= 0:
                    self._finish(made)
            if one["status"] == wanted:
                found.append({"RequestId": made, "Status": one["status"]})
        return found

    def _list_account_assignment_creation_status(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"AccountAssignmentsCreationStatus": self._statuses("creation", asked)}

    def _list_account_assignment_deletion_status(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"AccountAssignmentsDeletionStatus": self._statuses("deletion", asked)}

    def _list_permission_set_provisioning_status(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"PermissionSetsProvisioningStatus": self._statuses("provisioning", asked)}

    def _one(self, made: str) -> dict[str, Any]:
        one = self.cloud.operations[made]
        return {
            "RequestId": made,
            "Status": one["status"],
            "FailureReason": one["reason"] if one["status"] == "FAILED" else "",
            "TargetId": one["account"],
        }

    def _describe_account_assignment_creation_status(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"AccountAssignmentCreationStatus": self._one(asked["AccountAssignmentCreationRequestId"])}

    def _describe_account_assignment_deletion_status(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"AccountAssignmentDeletionStatus": self._one(asked["AccountAssignmentDeletionRequestId"])}

    def _describe_permission_set_provisioning_status(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"PermissionSetProvisioningStatus": self._one(asked["ProvisionPermissionSetRequestId"])}

    # sso-admin: permission sets

    def _list_permission_sets(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"PermissionSets": list(self.cloud.sets)}

    def _set(self, asked: dict[str, Any]) -> dict[str, Any]:
        arn = asked.get("PermissionSetArn") or asked["ResourceArn"]
        if arn not in self.cloud.sets:
            raise self._absent()
        return self.cloud.sets[arn]

    def _describe_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"PermissionSet": {**self._set(asked), "PermissionSetArn": asked["PermissionSetArn"]}}

    def _list_tags_for_resource(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"Tags": [{"Key": key, "Value": value} for key, value in self._set(asked)["tags"].items()]}

    def _get_inline_policy_for_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"InlinePolicy": self._set(asked).get("inline", "")}

    def _get_permissions_boundary_for_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        found = self._set(asked).get("boundary")
        if found is None:
            raise self._absent()
        return {"PermissionsBoundary": found}

    def _list_managed_policies_in_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"AttachedManagedPolicies": [{"Arn": arn} for arn in sorted(self._set(asked)["managed"])]}

    def _list_customer_managed_policy_references_in_permission_set(
        self, asked: dict[str, Any]
    ) -> dict[str, Any]:
        found = sorted(self._set(asked)["customer"])
        return {"CustomerManagedPolicyReferences": [{"Name": name, "Path": path} for name, path in found]}

    def _create_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        if any(one["Name"] == asked["Name"] for one in self.cloud.sets.values()):
            raise AwsError("CreatePermissionSet", "ConflictException", "PermissionSet already exists")
        arn = self.cloud.permission_set(asked["Name"])
        one = self.cloud.sets[arn]
        one["tags"] = {tag["Key"]: tag["Value"] for tag in asked["Tags"]}
        self._heads(one, asked)
        return {"PermissionSet": {"PermissionSetArn": arn}}

    def _heads(self, one: dict[str, Any], asked: dict[str, Any]) -> None:
        for key in ("Description", "SessionDuration", "RelayState"):
            one.pop(key, None)
            if key in asked:
                one[key] = asked[key]

    def _touch(self, arn: str) -> None:
        self.cloud.stale |= {(key[0], arn) for key in self.cloud.assignments if key[1] == arn}

    def _update_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._heads(self._set(asked), asked)
        self._touch(asked["PermissionSetArn"])
        return {}

    def _attach_managed_policy_to_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["ManagedPolicyArn"] in self._set(asked)["managed"]:
            raise AwsError("Attach", "ConflictException", "Permission set already has an attachment")
        self._set(asked)["managed"].add(asked["ManagedPolicyArn"])
        self._touch(asked["PermissionSetArn"])
        return {}

    def _detach_managed_policy_from_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._set(asked)["managed"].remove(asked["ManagedPolicyArn"])
        return {}

    def _attach_customer_managed_policy_reference_to_permission_set(
        self, asked: dict[str, Any]
    ) -> dict[str, Any]:
        one = asked["CustomerManagedPolicyReference"]
        self._set(asked)["customer"].add((one["Name"], one["Path"]))
        return {}

    def _detach_customer_managed_policy_reference_from_permission_set(
        self, asked: dict[str, Any]
    ) -> dict[str, Any]:
        one = asked["CustomerManagedPolicyReference"]
        if (one["Name"], one["Path"]) not in self._set(asked)["customer"]:
            raise self._absent()
        self._set(asked)["customer"].remove((one["Name"], one["Path"]))
        return {}

    def _put_inline_policy_to_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._set(asked)["inline"] = json.dumps(json.loads(asked["InlinePolicy"]), indent=1)
        return {}

    def _delete_inline_policy_from_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        del self._set(asked)["inline"]
        return {}

    def _put_permissions_boundary_to_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._set(asked)["boundary"] = asked["PermissionsBoundary"]
        return {}

    def _delete_permissions_boundary_from_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        del self._set(asked)["boundary"]
        return {}

    def _tag_resource(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._set(asked)["tags"].update({tag["Key"]: tag["Value"] for tag in asked["Tags"]})
        return {}

    def _untag_resource(self, asked: dict[str, Any]) -> dict[str, Any]:
        for key in asked["TagKeys"]:
            del self._set(asked)["tags"][key]
        return {}

    def _delete_permission_set(self, asked: dict[str, Any]) -> dict[str, Any]:
        if any(key[1] == asked["PermissionSetArn"] for key in self.cloud.assignments):
            raise AwsError("DeletePermissionSet", "ConflictException", "it is associated")
        self._set(asked)
        del self.cloud.sets[asked["PermissionSetArn"]]
        return {}

    # identitystore

    def _found(self, names: dict[str, str], asked: dict[str, Any], key: str) -> dict[str, Any]:
        value = asked["AlternateIdentifier"]["UniqueAttribute"]["AttributeValue"]
        for made, name in names.items():
            if name.casefold() == value.casefold():
                return {key: made}
        raise self._absent()

    def _get_group_id(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._found(self.cloud.groups, asked, "GroupId")

    def _get_user_id(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._found(self.cloud.users, asked, "UserId")

    def _describe_group(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["GroupId"] not in self.cloud.groups:
            raise self._absent()
        about = self.cloud.descriptions.get(asked["GroupId"])
        return {
            "DisplayName": self.cloud.groups[asked["GroupId"]],
            **({"Description": about} if about else {}),
        }

    def _update_group(self, asked: dict[str, Any]) -> dict[str, Any]:
        for change in asked["Operations"]:
            paths = {"description": self.cloud.descriptions, "displayName": self.cloud.groups}
            paths[change["AttributePath"]][asked["GroupId"]] = change.get("AttributeValue", "")
        return {}

    def _update_user(self, asked: dict[str, Any]) -> dict[str, Any]:
        user = self.cloud.attributes[asked["UserId"]]
        for change in asked["Operations"]:
            first, _, rest = change["AttributePath"].partition(".")
            holder = user.setdefault(first[0].upper() + first[1:], {}) if rest else user
            last = rest or first
            holder[last[0].upper() + last[1:]] = change.get("AttributeValue")
        return {}

    def _describe_user(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["UserId"] not in self.cloud.users:
            raise self._absent()
        about = {key: value for key, value in self.cloud.attributes.get(asked["UserId"], {}).items() if value}
        return {**about, "UserName": self.cloud.users[asked["UserId"]]}

    def _list_groups(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"Groups": self._listed(asked, self.cloud.groups, "GroupId", "DisplayName")}

    def _list_users(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {"Users": self._listed(asked, self.cloud.users, "UserId", "UserName")}

    def _listed(
        self, asked: dict[str, Any], names: dict[str, str], key: str, path: str
    ) -> list[dict[str, Any]]:
        wanted = [one["AttributeValue"].casefold() for one in asked.get("Filters", ())]
        return [
            {key: made, path: name} for made, name in names.items() if not wanted or name.casefold() in wanted
        ]

    def _list_group_memberships(self, asked: dict[str, Any]) -> dict[str, Any]:
        return {
            "GroupMemberships": [
                {"MembershipId": made, "MemberId": {"UserId": user}}
                for made, (group, user) in self.cloud.members.items()
                if group == asked["GroupId"]
            ]
        }

    def _taken(self, names: Iterable[str], name: str, operation: str) -> None:
        if name in names:
            raise AwsError(
                operation, "ConflictException", "duplicate", reason="UNIQUENESS_CONSTRAINT_VIOLATION"
            )

    def _create_group(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._taken(self.cloud.groups.values(), asked["DisplayName"], "CreateGroup")
        made = self.cloud.principal("group", asked["DisplayName"], members=False)
        self.cloud.descriptions[made] = asked.get("Description", "")
        return {"GroupId": made}

    def _create_user(self, asked: dict[str, Any]) -> dict[str, Any]:
        self._taken(self.cloud.users.values(), asked["UserName"], "CreateUser")
        made = self.cloud.principal("user", asked["UserName"])
        self.cloud.attributes[made] = {key: asked.get(key) for key in ("DisplayName", "Name", "Emails")}
        return {"UserId": made}

    def _create_group_membership(self, asked: dict[str, Any]) -> dict[str, Any]:
        made = f"m-{len(self.cloud.members)}"
        self.cloud.members[made] = (asked["GroupId"], asked["MemberId"]["UserId"])
        return {"MembershipId": made}

    def _delete_group_membership(self, asked: dict[str, Any]) -> dict[str, Any]:
        del self.cloud.members[asked["MembershipId"]]
        return {}

    def _delete_group(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.cloud.groups.pop(asked["GroupId"], None) is None:
            raise self._absent()
        return {}

    def _delete_user(self, asked: dict[str, Any]) -> dict[str, Any]:
        del self.cloud.users[asked["UserId"]]
        return {}

    # organizations, sns

    def _describe_account(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["AccountId"] not in self.cloud.accounts:
            raise AwsError("DescribeAccount", "AccountNotFoundException", "no such account")
        return {"Account": self.cloud.accounts[asked["AccountId"]]}

    def _list_parents(self, asked: dict[str, Any]) -> dict[str, Any]:
        found, kind = self.cloud.parents[asked["ChildId"]]
        return {"Parents": [{"Id": found, "Type": kind}]}

    def _publish(self, asked: dict[str, Any]) -> dict[str, Any]:
        self.cloud.published.append(asked)
        return {}


@dataclass
class World:
    """The cloud, the clock and the parts of a run on them."""

    cloud: Cloud = field(default_factory=Cloud)
    clock: FakeClock = field(default_factory=FakeClock)
    catalogue: Catalogue | None = None
    revision: int = 1
    delegated: bool = False
    run_number: int = 0

    @classmethod
    @contextmanager
    def open(cls) -> Iterator["World"]:
        with mock_aws():
            client = boto3.client("dynamodb", region_name="eu-west-1")
            for name, keys in (
                (TABLE, ("pk", "sk")),
                ("aft-request", ("id",)),
                ("aft-request-metadata", ("id",)),
            ):
                client.create_table(
                    TableName=name,
                    BillingMode="PAY_PER_REQUEST",
                    KeySchema=[
                        {"AttributeName": key, "KeyType": kind}
                        for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
                    ],
                    AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
                )
            world = cls(cloud=Cloud(table=client))
            world.cloud.accounts[ACCOUNT] = {
                "Id": ACCOUNT,
                "Name": "payments-prod",
                "Email": "payments@example.com",
                "Status": "ACTIVE",
            }
            world.cloud.parents[ACCOUNT] = ("ou-ab12-wlprod01", "ORGANIZATIONAL_UNIT")
            world.cloud.parents["ou-ab12-wlprod01"] = ("ou-ab12-workload", "ORGANIZATIONAL_UNIT")
            world.cloud.parents["ou-ab12-workload"] = ("r-ab12", "ROOT")
            yield world

    def request(self, access: str | None, *, id_: str = "payments@example.com", **parts: Any) -> None:
        fields = {} if access is None else {"access": access}
        item = {
            "id": {"S": id_},
            "control_tower_parameters": {"M": {"SSOUserEmail": {"S": parts.get("sso", "owner@example.com")}}},
            "account_tags": {"S": json.dumps(parts.get("tags", {}))},
            "custom_fields": {"S": parts.get("raw", json.dumps(fields))},
        }
        self.cloud.table.put_item(TableName="aft-request", Item=item)

    def ledger(self, run: str = "") -> Ledger:
        self.run_number += 1
        stamp = Stamp(
            run=run or f"run-{self.run_number}", build="build:1", commit="abc", revision=self.revision
        )
        return Ledger(FakeCalls(self.cloud, "aft"), self.clock, stamp)

    def gateway(self) -> AssignmentGateway:
        management = FakeCalls(self.cloud, MANAGEMENT)
        if self.delegated:
            return AssignmentGateway(FakeCalls(self.cloud, DELEGATE), management, MANAGEMENT)
        return AssignmentGateway(management, None, MANAGEMENT)

    def organization(self, ledger: Ledger | None = None) -> Organization:
        gateway = self.gateway()
        calls = FakeCalls(self.cloud, MANAGEMENT)
        assert self.catalogue is not None
        return Organization(
            catalogue=self.catalogue,
            ledger=ledger or self.ledger(),
            directory=DirectoryGateway(calls, gateway),
            sets=lambda: PermissionSetGateway(calls, gateway.instance()),
            writes=lambda: DirectoryWriter(calls, gateway.instance()),
            revision=self.revision,
            patience=200.0,
        )

    def run(self, account_id: str = ACCOUNT) -> AccountRun:
        ledger, gateway = self.ledger(), self.gateway()
        calls = FakeCalls(self.cloud, DELEGATE if self.delegated else MANAGEMENT)
        author = FakeCalls(self.cloud, MANAGEMENT)
        requests = Requests(FakeCalls(self.cloud, "aft"), "aft-request", "aft-request-metadata")
        assert self.catalogue is not None

        def account(above: tuple[str, ...]) -> Account | None:
            return OrganizationGateway(author).account(account_id, above)

        def request(found: Account | None) -> Request | None:
            return requests.of(found)

        return AccountRun(
            account_id=account_id,
            management_account_id=MANAGEMENT,
            reader=Reader(
                catalogue=self.catalogue,
                ledger=ledger,
                assignments=gateway,
                directory=DirectoryGateway(calls, gateway),
                sets=lambda: PermissionSetGateway(author, gateway.instance()),
                clock=self.clock,
                revision=self.revision,
            ),
            ledger=ledger,
            organization=self.organization(ledger),
            account=account,
            request=request,
            patience=200.0,
        )

    def spent(self) -> tuple[int, int, int]:
        """Calls to the shared services, writes among them, and calls to all others, since the last ask."""
        calls, self.cloud.calls = self.cloud.calls, []
        shared = [operation for service, operation, _ in calls if service in SHARED]
        writes = [one for one in shared if not one.startswith(READS)]
        return len(shared), len(writes), len(calls) - len(shared)


BASE_ACCESS = """
identity_center: {region: eu-west-1, portal_url: "https://example.awsapps.com/start"}
restrictions:
  - permission_sets: [AdministratorAccess]
    principals: ["group:platform-admins", "group:break-glass"]
    where: {ous: [Workloads]}
max_revocations: 3
limits: {poll_seconds: 1, lease_seconds: 60}
"""

ORGANIZATION = """
organizational_units:
  Workloads: ou-ab12-workload
  Workloads/Prod: ou-ab12-wlprod01
  Sandbox: ou-ab12-sandbox1
"""

READ_ONLY = """
description: Read
managed_policies: ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
"""

ADMINISTRATOR = """
description: All
managed_policies: ["arn:aws:iam::aws:policy/AdministratorAccess"]
"""


def write_tree(
    folder: Path, access: str = BASE_ACCESS, sets: dict[str, str] | None = None, **files: str
) -> Path:
    """A published tree. `sets` are permission sets by name; other files by their stem."""
    center = folder / "identity-center"
    (center / "permission-sets").mkdir(parents=True, exist_ok=True)
    for old in (center / "permission-sets").iterdir():
        old.unlink()
    (center / "access.yaml").write_text(access, "utf-8")
    (folder / "organization.yaml").write_text(files.pop("organization", ORGANIZATION), "utf-8")
    chosen = {"ReadOnlyAccess": READ_ONLY, "AdministratorAccess": ADMINISTRATOR} if sets is None else sets
    for name, text in chosen.items():
        (center / "permission-sets" / f"{name}.yaml").write_text(text, "utf-8")
    for name, text in files.items():
        (center / f"{name}.yaml").write_text(text, "utf-8")
    return folder


def declare(*grants: str, retired: bool = False) -> str:
    """The text of a declaration of `Set:group:name` grants."""
    return dump(AccessDeclaration(grants=tuple(Grant.parse(one) for one in grants), retired=retired))
