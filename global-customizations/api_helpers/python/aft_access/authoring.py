"""Reads and writes permission sets, groups, users and memberships: the organization-wide objects.

A permission set is written whole: UpdatePermissionSet clears what it is not given (reference
§3, "UpdatePermissionSet"), and each policy is attached or detached to match.
"""

import json
from typing import Any, Final, cast

from .catalogue import User
from .errors import AwsError
from .gateway import ABSENT, Calls
from .permission_sets import OWNER, OWNER_TAG, PermissionSet, PolicyName, canonical
from .values import Instance, LiveSet

REVISION_TAG: Final = "aftgen:revision"
_EXISTS: Final = frozenset({"ConflictException"})
_USER_PATHS: Final = {
    "displayName": "display_name",
    "name.givenName": "given_name",
    "name.familyName": "family_name",
}


class PermissionSetGateway:
    """`ports.PermissionSets` on AWS."""

    def __init__(self, calls: Calls, instance: Instance) -> None:
        self._calls = calls
        self._instance = instance
        self._arns: dict[str, str] | None = None

    def arns(self, *, fresh: bool = False) -> dict[str, str]:
        """ARN by name of every set of the organization, read once unless `fresh`.

        Costs one call for a page of them and one for each: there is no look-up by name.
        """
        if self._arns is None or fresh:
            listed = list(self._pages("ListPermissionSets", "PermissionSets"))
            self._arns = {self._describe(arn)["Name"]: arn for arn in listed}
        return self._arns

    def read(self, arn: str) -> LiveSet | None:
        """A set with all its parts: six calls. None when it is gone."""
        try:
            head = self._describe(arn)
        except AwsError as error:
            if error.code == ABSENT:
                return None
            raise
        tags = {
            one["Key"]: one["Value"] for one in self._pages("ListTagsForResource", "Tags", ResourceArn=arn)
        }
        inline = self._call("GetInlinePolicyForPermissionSet", arn).get("InlinePolicy", "")
        content = PermissionSet(
            name=head["Name"],
            description=head.get("Description", ""),
            session_duration=head.get("SessionDuration", "PT1H"),
            relay_state=head.get("RelayState", ""),
            managed_policies=self._managed(arn),
            customer_managed_policies=self._customer_managed(arn),
            inline_policy=canonical(json.loads(inline)) if inline else "",
            boundary=self._boundary(arn),
            tags=tuple(sorted((key, value) for key, value in tags.items() if not key.startswith("aftgen:"))),
        )
        return LiveSet(arn=arn, content=content, ours=tags.get(OWNER_TAG) == OWNER)

    def create(self, wanted: PermissionSet, revision: int) -> str:
        """Make a set with its tags and give its ARN; its policies come with `write`.

        When one of the name exists by now (another pipeline, or an answer that was lost) it is taken
        only if it carries our tag. Raises AwsError `NotOurs` otherwise.
        """
        for _ in range(5):
            try:
                answer = self._calls.call(
                    "sso-admin",
                    "CreatePermissionSet",
                    fatal=_EXISTS,
                    InstanceArn=self._instance.arn,
                    Name=wanted.name,
                    Tags=_tags(wanted, revision),
                    **_head(wanted),
                )
                return cast(str, answer["PermissionSet"]["PermissionSetArn"])
            except AwsError as error:
                if error.code != "ConflictException":
                    raise
                failure = error
            arn = self.arns(fresh=True).get(wanted.name)
            live = self.read(arn) if arn else None
            if arn is not None and live is not None:
                if not live.ours:
                    raise AwsError(
                        "CreatePermissionSet", "NotOurs", f"{wanted.name} exists without our tag"
                    ) from failure
                return arn
            # The name is not taken: the conflict was with a write that had not spread yet.
        raise failure

    def write(self, arn: str, live: PermissionSet, wanted: PermissionSet, revision: int) -> None:
        """Make a set equal to `wanted`, part by part, writing only parts that differ from `live`."""
        parts = set(wanted.differences(live))
        if parts & {"description", "session_duration", "relay_state"}:
            self._call("UpdatePermissionSet", arn, **_head(wanted))
        for policy in sorted(set(wanted.managed_policies) - set(live.managed_policies)):
            self._attach("AttachManagedPolicyToPermissionSet", arn, ManagedPolicyArn=policy)
        for policy in sorted(set(live.managed_policies) - set(wanted.managed_policies)):
            self._call_if_present("DetachManagedPolicyFromPermissionSet", arn, ManagedPolicyArn=policy)
        for one in sorted(set(wanted.customer_managed_policies) - set(live.customer_managed_policies)):
            self._attach(
                "AttachCustomerManagedPolicyReferenceToPermissionSet",
                arn,
                CustomerManagedPolicyReference=_reference(one),
            )
        for one in sorted(set(live.customer_managed_policies) - set(wanted.customer_managed_policies)):
            self._call_if_present(
                "DetachCustomerManagedPolicyReferenceFromPermissionSet",
                arn,
                CustomerManagedPolicyReference=_reference(one),
            )
        if "inline_policy" in parts and wanted.inline_policy:
            self._call("PutInlinePolicyToPermissionSet", arn, InlinePolicy=wanted.inline_policy)
        elif "inline_policy" in parts:
            self._call_if_present("DeleteInlinePolicyFromPermissionSet", arn)
        if "boundary" in parts and wanted.boundary is not None:
            self._call(
                "PutPermissionsBoundaryToPermissionSet", arn, PermissionsBoundary=_boundary(wanted.boundary)
            )
        elif "boundary" in parts:
            self._call_if_present("DeletePermissionsBoundaryFromPermissionSet", arn)
        gone = sorted(set(dict(live.tags)) - set(dict(wanted.tags)))
        if gone:
            self._resource("UntagResource", arn, TagKeys=gone)
        self._resource("TagResource", arn, Tags=_tags(wanted, revision))

    def delete(self, arn: str) -> None:
        """Remove a set. Raises AwsError `ConflictException` while somebody still has it."""
        try:
            try:
                self._call("DeletePermissionSet", arn, fatal=_EXISTS)
            except AwsError as error:
                # A conflict is either somebody who has it, or a write that had not spread yet.
                if error.code != "ConflictException" or self.accounts(arn):
                    raise
                self._call("DeletePermissionSet", arn)
        except AwsError as error:
            if error.code != ABSENT:
                raise

    def accounts(self, arn: str, *, stale: bool = False) -> tuple[str, ...]:
        """Accounts that have a set, or only those that its latest content has not reached; a call a page."""
        only = {"ProvisioningStatus": "LATEST_PERMISSION_SET_NOT_PROVISIONED"} if stale else {}
        try:
            return tuple(
                self._pages(
                    "ListAccountsForProvisionedPermissionSet", "AccountIds", PermissionSetArn=arn, **only
                )
            )
        except AwsError as error:
            if error.code == ABSENT:
                return ()
            raise

    def _describe(self, arn: str) -> dict[str, Any]:
        return cast(dict[str, Any], self._call("DescribePermissionSet", arn)["PermissionSet"])

    def _boundary(self, arn: str) -> str | PolicyName | None:
        try:
            found = self._call("GetPermissionsBoundaryForPermissionSet", arn).get("PermissionsBoundary") or {}
        except AwsError as error:
            if error.code == ABSENT:
                return None
            raise
        reference = found.get("CustomerManagedPolicyReference")
        if reference:
            return PolicyName(name=reference["Name"], path=reference.get("Path", "/"))
        return cast("str | None", found.get("ManagedPolicyArn"))

    def _attach(self, operation: str, arn: str, **arguments: Any) -> None:
        # A conflict here is "try again" or "it is attached already", in words that differ by operation and
        # are nobody's contract, so the set is asked.
        for _ in range(5):
            try:
                self._calls.call(
                    "sso-admin",
                    operation,
                    fatal=_EXISTS,
                    InstanceArn=self._instance.arn,
                    PermissionSetArn=arn,
                    **arguments,
                )
                return
            except AwsError as error:
                if error.code != "ConflictException":
                    raise
                if self._is_attached(arn, **arguments):
                    return
        self._call(operation, arn, **arguments)

    def _is_attached(self, arn: str, **arguments: Any) -> bool:
        if "ManagedPolicyArn" in arguments:
            return arguments["ManagedPolicyArn"] in self._managed(arn)
        return arguments["CustomerManagedPolicyReference"] in map(_reference, self._customer_managed(arn))

    def _managed(self, arn: str) -> tuple[str, ...]:
        listed = self._pages(
            "ListManagedPoliciesInPermissionSet", "AttachedManagedPolicies", PermissionSetArn=arn
        )
        return tuple(sorted(one["Arn"] for one in listed))

    def _customer_managed(self, arn: str) -> tuple[PolicyName, ...]:
        listed = self._pages(
            "ListCustomerManagedPolicyReferencesInPermissionSet",
            "CustomerManagedPolicyReferences",
            PermissionSetArn=arn,
        )
        return tuple(sorted(PolicyName(name=one["Name"], path=one.get("Path", "/")) for one in listed))

    def _call_if_present(self, operation: str, arn: str, **arguments: Any) -> None:
        try:
            self._call(operation, arn, **arguments)
        except AwsError as error:
            if error.code != ABSENT:
                raise

    def _call(self, operation: str, arn: str, **arguments: Any) -> dict[str, Any]:
        return self._calls.call(
            "sso-admin", operation, InstanceArn=self._instance.arn, PermissionSetArn=arn, **arguments
        )

    def _resource(self, operation: str, arn: str, **arguments: Any) -> None:
        self._calls.call("sso-admin", operation, InstanceArn=self._instance.arn, ResourceArn=arn, **arguments)

    def _pages(self, operation: str, key: str, **arguments: Any) -> Any:
        return self._calls.pages("sso-admin", operation, key, InstanceArn=self._instance.arn, **arguments)


class DirectoryWriter:
    """Makes, changes and removes groups, users and memberships that are ours."""

    def __init__(self, calls: Calls, instance: Instance) -> None:
        self._calls = calls
        self._store = instance.identity_store_id

    def create_group(self, name: str, description: str) -> str | None:
        """The new group's id; None when a group of the name exists by now."""
        extra = {"Description": description} if description else {}
        return self._create("CreateGroup", "GroupId", DisplayName=name, **extra)

    def group(self, group_id: str) -> tuple[str, str] | None:
        """A group's name and description now; None when it is gone."""
        found = self._described("DescribeGroup", GroupId=group_id)
        return None if found is None else (found.get("DisplayName", ""), found.get("Description", ""))

    def write_group(self, group_id: str, name: str, description: str) -> bool:
        """Give a group this name and description, where it has others; an empty description removes it.

        False when the group is gone.
        """
        live = self.group(group_id)
        if live is None:
            return False
        changes = [_change("displayName", name)] if live[0] != name else []
        changes += [_change("description", description)] if live[1] != description else []
        if changes:
            self._update("UpdateGroup", changes, GroupId=group_id)
        return True

    def create_user(self, user: User) -> str | None:
        """The new user's id; None when a user of the name exists by now."""
        extra = {"Emails": _emails(user)} if user.email else {}
        return self._create(
            "CreateUser",
            "UserId",
            UserName=user.name,
            DisplayName=user.display_name,
            Name={"GivenName": user.given_name, "FamilyName": user.family_name},
            **extra,
        )

    def user(self, user_id: str) -> User | None:
        """A user as it is now, with its primary e-mail address; None when it is gone."""
        found = self._described("DescribeUser", UserId=user_id)
        if found is None:
            return None
        emails = sorted(found.get("Emails", []), key=lambda one: not one.get("Primary"))
        return User(
            name=found.get("UserName", ""),
            given_name=found.get("Name", {}).get("GivenName", ""),
            family_name=found.get("Name", {}).get("FamilyName", ""),
            display_name=found.get("DisplayName", ""),
            email=emails[0].get("Value", "") if emails else "",
        )

    def write_user(self, user_id: str, wanted: User) -> None:
        """Give a user these attributes, where it has others. Its name stays: what looks it up is that name.

        E-mail addresses can only be replaced as a whole.
        """
        live = self.user(user_id)
        changes = [
            _change(path, getattr(wanted, attribute))
            for path, attribute in _USER_PATHS.items()
            if live is not None and getattr(live, attribute) != getattr(wanted, attribute)
        ]
        if live is not None and live.email != wanted.email:
            changes.append(_change("emails", _emails(wanted)))
        if changes:
            self._update("UpdateUser", changes, UserId=user_id)

    def memberships(self, group_id: str) -> dict[str, str]:
        """Membership id by user id."""
        return {
            one["MemberId"]["UserId"]: one["MembershipId"]
            for one in self._calls.pages(
                "identitystore",
                "ListGroupMemberships",
                "GroupMemberships",
                IdentityStoreId=self._store,
                GroupId=group_id,
            )
            if "UserId" in one.get("MemberId", {})
        }

    def add_member(self, group_id: str, user_id: str) -> None:
        """Put a user into a group; being in it already is a success."""
        self._create("CreateGroupMembership", "MembershipId", GroupId=group_id, MemberId={"UserId": user_id})

    def remove(self, kind: str, identifier: str) -> None:
        """Delete a `group`, `user` or `membership` by id; an absent one is a success."""
        operation, key = {
            "group": ("DeleteGroup", "GroupId"),
            "user": ("DeleteUser", "UserId"),
            "membership": ("DeleteGroupMembership", "MembershipId"),
        }[kind]
        try:
            self._calls.call("identitystore", operation, IdentityStoreId=self._store, **{key: identifier})
        except AwsError as error:
            if error.code != ABSENT:
                raise

    def _described(self, operation: str, **which: str) -> dict[str, Any] | None:
        try:
            return self._calls.call("identitystore", operation, IdentityStoreId=self._store, **which)
        except AwsError as error:
            if error.code == ABSENT:
                return None
            raise

    def _update(self, operation: str, changes: list[dict[str, Any]], **which: str) -> None:
        self._calls.call("identitystore", operation, IdentityStoreId=self._store, Operations=changes, **which)

    def _create(self, operation: str, key: str, **arguments: Any) -> str | None:
        try:
            answer = self._calls.call("identitystore", operation, IdentityStoreId=self._store, **arguments)
        except AwsError as error:
            if error.code == "ConflictException":
                return None
            raise
        return cast(str, answer[key])


def _change(path: str, value: Any) -> dict[str, Any]:
    """An operation of UpdateGroup and UpdateUser; without a value it removes the attribute."""
    return {"AttributePath": path} | ({"AttributeValue": value} if value else {})


def _emails(user: User) -> list[dict[str, Any]]:
    return [{"Value": user.email, "Type": "work", "Primary": True}] if user.email else []


def _head(wanted: PermissionSet) -> dict[str, str]:
    head = {"SessionDuration": wanted.session_duration}
    if wanted.description:
        head["Description"] = wanted.description
    if wanted.relay_state:
        head["RelayState"] = wanted.relay_state
    return head


def _tags(wanted: PermissionSet, revision: int) -> list[dict[str, str]]:
    tags = {**dict(wanted.tags), OWNER_TAG: OWNER, REVISION_TAG: str(revision)}
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]


def _reference(policy: PolicyName) -> dict[str, str]:
    return {"Name": policy.name, "Path": policy.path}


def _boundary(boundary: str | PolicyName) -> dict[str, Any]:
    if isinstance(boundary, PolicyName):
        return {"CustomerManagedPolicyReference": _reference(boundary)}
    return {"ManagedPolicyArn": boundary}
