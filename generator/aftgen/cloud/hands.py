"""Other people's hands in a landing zone: a colleague in the console, an identity provider, a merged request.

They act backstage: no log, no limits, no permissions, at once. Principals are named as in a request,
`group:Name` or `user:name`.
"""

from collections.abc import Mapping
from typing import Any

from aftgen.cloud import aft_management
from aftgen.cloud.cloud import Cloud
from aftgen.cloud.identity_center import IdentityCenter, PermissionSet, Triple
from aftgen.cloud.identity_data import SCIM_AUTHOR, Member
from aftgen.cloud.organizations import backend
from aftgen.cloud.plan import LandingZonePlan

ISSUER = "https://identity.example.com"


class Hands:
    def __init__(self, cloud: Cloud, plan: LandingZonePlan, center: IdentityCenter) -> None:
        self.cloud = cloud
        self.plan = plan
        self.center = center

    def backstage(self, service: str, account: str, region: str = "") -> Any:
        raise NotImplementedError

    @property
    def _organization(self) -> Any:
        return backend(self.plan.management.id)

    def add_user(self, user_name: str, *, email: str | None = None, author: str = SCIM_AUTHOR) -> str:
        """A user, with an e-mail address when the name is one; answers the id."""
        first, _, last = user_name.partition("@")[0].partition(".")
        attributes: dict[str, Any] = {
            "UserName": user_name,
            "DisplayName": user_name.partition("@")[0],
            "Name": {"GivenName": first or "Given", "FamilyName": last or "Family"},
        }
        if email or "@" in user_name:
            attributes["Emails"] = [{"Value": email or user_name, "Type": "work", "Primary": True}]
        return self._add("USER", attributes, author).id

    def add_group(
        self, name: str, members: tuple[str, ...] = (), *, author: str = SCIM_AUTHOR, duplicate: bool = False
    ) -> str:
        """A group with these users, by UserName; the ones that are missing are made.

        A name is taken once, unless `duplicate` asks for what a broken synchronization could leave.
        """
        if not duplicate and self.find_principal(f"group:{name}") is not None:
            raise ValueError(f"there is a group {name} already")
        group = self._add("GROUP", {"DisplayName": name}, author).id
        for user_name in members:
            user = self.find_principal(f"user:{user_name}") or self.add_user(user_name, author=author)
            self.add_member(group, user)
        return group

    def _add(self, kind: str, attributes: dict[str, Any], author: str) -> Member:
        member = self.center.store.add(kind, attributes, now=self.cloud.clock.now(), author=author)
        if author == SCIM_AUTHOR:
            member.external_ids = [{"Issuer": ISSUER, "Id": self.center.new_uuid()}]
        return member

    def add_member(self, group_id: str, user_id: str) -> None:
        self.backstage("identitystore", self.plan.management.id, self.center.region).create_group_membership(
            IdentityStoreId=self.center.store.id, GroupId=group_id, MemberId={"UserId": user_id}
        )

    def remove_principal(self, principal: str) -> None:
        """A leaver, or a group that somebody deleted."""
        kind, principal_id = self._resolve(principal)
        client = self.backstage("identitystore", self.plan.management.id, self.center.region)
        if kind == "USER":
            client.delete_user(IdentityStoreId=self.center.store.id, UserId=principal_id)
        else:
            client.delete_group(IdentityStoreId=self.center.store.id, GroupId=principal_id)

    def find_principal(self, principal: str) -> str | None:
        """`group:Name` or `user:name` to its id."""
        kind, _, name = principal.partition(":")
        members = self.center.store.users if kind == "user" else self.center.store.groups
        attribute = "UserName" if kind == "user" else "DisplayName"
        return next((each.id for each in members.values() if each.attributes.get(attribute) == name), None)

    def _resolve(self, principal: str) -> tuple[str, str]:
        found = self.find_principal(principal)
        if found is None:
            raise ValueError(f"there is no {principal}")
        return ("USER" if principal.startswith("user:") else "GROUP"), found

    def add_permission_set(
        self,
        name: str,
        *,
        description: str | None = None,
        managed_policies: tuple[str, ...] = (),
        tags: Mapping[str, str] | None = None,
        arn: str = "",
    ) -> str:
        """Made by another hand; answers the ARN."""
        permission_set = PermissionSet(
            name=name,
            arn=arn or self.center.new_permission_set_arn(),
            created=self.cloud.clock.now(),
            description=description,
            managed_policies={arn: arn.rpartition("/")[2] for arn in managed_policies},
            tags=dict(tags or {}),
        )
        self.center.permission_sets[permission_set.arn] = permission_set
        return permission_set.arn

    def permission_set(self, name: str) -> PermissionSet:
        found = next((each for each in self.center.permission_sets.values() if each.name == name), None)
        if found is None:
            raise ValueError(f"there is no permission set {name}")
        return found

    def _triple(self, account: str, permission_set: str, principal: str) -> Triple:
        return Triple(account, self.permission_set(permission_set).arn, *self._resolve(principal))

    def assign(self, account: str, permission_set: str, principal: str) -> None:
        """Granted by another hand, at once."""
        with self.cloud.lock:
            self.center.add_assignment(self._triple(account, permission_set, principal))

    def unassign(self, account: str, permission_set: str, principal: str) -> None:
        with self.cloud.lock:
            self.center.remove_assignment(self._triple(account, permission_set, principal))

    def access(self, account: str | None = None) -> list[tuple[str, str, str]]:
        """Every assignment as (account, permission set, principal), by name; a gone principal by its id."""
        with self.cloud.lock:
            triples = list(self.center.assignments)
        return sorted(
            (triple.account, self.center.permission_sets[triple.permission_set].name, self._named(triple))
            for triple in triples
            if account in (None, triple.account)
        )

    def _named(self, triple: Triple) -> str:
        store = self.center.store
        if triple.principal_type == "USER":
            user = store.users.get(triple.principal_id)
            return f"user:{user.attributes['UserName'] if user else triple.principal_id}"
        group = store.groups.get(triple.principal_id)
        return f"group:{group.attributes['DisplayName'] if group else triple.principal_id}"

    def put_request(
        self,
        account: str,
        *,
        custom_fields: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
        sso_user: str = "",
        email: str = "",
    ) -> None:
        """The row that AFT's Terraform writes on merge, and the account's row in the metadata table."""
        made = self._organization.get_account_by_id(account)
        item = aft_management.request_item(
            email=email or made.email,
            name=made.name,
            ou=next(unit.name for unit in self._organization.ou if unit.id == made.parent_id),
            sso_user=sso_user or made.email,
            customizations="",
            tags=tags or {},
            custom_fields=custom_fields or {},
        )
        dynamodb = self.backstage("dynamodb", self.plan.aft_management.id)
        dynamodb.put_item(TableName=aft_management.REQUEST_TABLE, Item=item)
        metadata = {
            "id": account,
            "email": made.email,
            "account_name": made.name,
            "type": "account",
            "account_status": made.status,
            "parent_ou": made.parent_id,
        }
        dynamodb.put_item(
            TableName=aft_management.METADATA_TABLE,
            Item={key: {"S": value} for key, value in metadata.items()},
        )

    def put_custom_field(self, account: str, name: str, value: str) -> None:
        """In the vended account, where AFT copies it and where the account's admins can write it."""
        self.backstage("ssm", account).put_parameter(
            Name=f"/aft/account-request/custom-fields/{name}", Value=value, Type="String", Overwrite=True
        )

    def notifications(self) -> list[tuple[str, str, str]]:
        """(topic name, subject, message) of everything that was published to AFT's topics."""
        from moto.sns.models import sns_backends

        topics = sns_backends[self.plan.aft_management.id][self.plan.home_region].topics.values()
        return [
            (topic.name, str(subject or ""), message)
            for topic in topics
            for _, message, subject, *_ in topic.sent_notifications
        ]
