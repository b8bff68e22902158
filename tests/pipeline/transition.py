"""A change of one account that makes every kind of write, and what must be true after it.

Revision 1 is settled without a disturbance. Revision 2 changes every part of a permission set, makes new
sets, a group and a user, moves members, grants and revokes. Beside it stand grants by other hands, Control
Tower's own and another account's: no run may touch them.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aft_access.permission_sets import OWNER, OWNER_TAG
from aftgen.cloud import Account, Behaviour, LandingZonePlan

from .inside import SHARED, Inside, Ran, inside
from .trees import POLICY, UNITS, Tree, allowing, declaration

ACCOUNT, OTHER = "555555555555", "666666666666"
PLAN = LandingZonePlan(
    organizational_units=UNITS,
    accounts=(
        Account(
            id=ACCOUNT, name="payments", email="payments@example.com", ou="Workloads", sso_user="owner@x.com"
        ),
        Account(id=OTHER, name="ledger", email="ledger@example.com", ou="Workloads"),
    ),
    users=("ann@x.com", "bob@x.com"),
    groups={"readers": ("ann@x.com",), "outsiders": ("bob@x.com",)},
)
PRINCIPALS = ("group:builders", "group:fresh", "group:readers", "group:leavers", "user:cyd@x.com")
READERS: dict[str, Any] = {"description": "Read", "managed_policies": [f"{POLICY}ReadOnlyAccess"]}

BEFORE = Tree(
    revision=1,
    creates_principals=True,
    principals=PRINCIPALS,
    sets={
        "Readers": READERS,
        "Builders": {
            "description": "Build",
            "session_duration": "PT4H",
            "relay_state": "https://console.aws.amazon.com/a",
            "managed_policies": [f"{POLICY}ReadOnlyAccess"],
            "customer_managed_policies": [{"name": "TeamOne"}],
            "inline_policy": allowing("s3:ListBucket"),
            "permissions_boundary": {"managed_policy": f"{POLICY}PowerUserAccess"},
            "tags": {"team": "one", "old": "yes"},
        },
        "Editors": {"description": "Edit", "managed_policies": [f"{POLICY}ReadOnlyAccess"]},
        "Leaving": {"description": "Leave", "managed_policies": [f"{POLICY}ReadOnlyAccess"]},
    },
    groups={
        "builders": {"description": "Who builds", "members": ["ann@x.com", "bob@x.com", "eve@x.com"]},
        "leavers": {"members": ["bob@x.com"]},
    },
    users={"ann@x.com": {"given_name": "Ann", "family_name": "A"}}
    | {"bob@x.com": {"given_name": "Bob", "family_name": "B"}}
    | {"eve@x.com": {"given_name": "Eve", "family_name": "E"}},
)
AFTER = Tree(
    revision=2,
    creates_principals=True,
    principals=PRINCIPALS,
    sets={
        "Readers": READERS,
        "Builders": {
            "description": "Build more",
            "session_duration": "PT4H",
            "managed_policies": [f"{POLICY}SecurityAudit"],
            "customer_managed_policies": [{"name": "TeamTwo"}],
            "tags": {"team": "two"},
        },
        "Editors": {
            "description": "Edit",
            "managed_policies": [f"{POLICY}ReadOnlyAccess"],
            "inline_policy": allowing("s3:PutObject"),
            "permissions_boundary": {"customer_managed_policy": {"name": "TeamTwo"}},
        },
        "Leaving": {"description": "Leave", "managed_policies": [f"{POLICY}ReadOnlyAccess"]},
        "Newcomers": {"description": "New", "managed_policies": [f"{POLICY}SecurityAudit"]},
    },
    groups={
        "builders": {"description": "Who builds now", "members": ["ann@x.com", "eve@x.com", "dan@x.com"]},
        "leavers": {"members": ["bob@x.com"]},
        "fresh": {"members": ["ann@x.com"]},
    },
    users={**BEFORE.users, "cyd@x.com": {"given_name": "Cyd", "family_name": "C"}}
    | {"dan@x.com": {"given_name": "Dan", "family_name": "D"}}
    | {"eve@x.com": {"given_name": "Eve", "family_name": "Married", "email": "eve@y.com"}},
)
GRANTS_BEFORE = {
    "Readers": ["group:readers", "group:leavers"],
    "Builders": ["group:builders"],
    "Editors": ["group:builders"],
    "Leaving": ["group:builders", "group:leavers"],
}
GRANTS_AFTER = {
    "Readers": ["group:readers"],
    "Builders": ["group:builders", "group:fresh"],
    "Editors": ["group:builders"],
    "Newcomers": ["group:fresh", "user:cyd@x.com"],
}
FOREIGN = [("Builders", "group:outsiders"), ("AWSPowerUserAccess", "group:outsiders")]


class Transition(Inside):
    """The landing zone after revision 1, with revision 2 declared and not applied yet."""

    untouchable: frozenset[tuple[str, str, str]]

    def prepare(self) -> None:
        iam = self.zone.backstage("iam", ACCOUNT)
        for name in ("TeamOne", "TeamTwo"):
            iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(allowing("s3:GetObject")))
        BEFORE.write(self.tree)
        self.zone.put_request(ACCOUNT, custom_fields=declaration(GRANTS_BEFORE), sso_user="owner@x.com")
        before = set(self.zone.access())
        done = self.apply(ACCOUNT)
        assert done.code == 0, done.text
        ours = {(ACCOUNT, *grant) for grant in _grants(GRANTS_BEFORE)}
        assert set(self.zone.access()) == before | ours
        for name, principal in FOREIGN:
            self.zone.assign(ACCOUNT, name, principal)
        self.zone.assign(OTHER, "Leaving", "group:leavers")
        self.untouchable = frozenset(set(self.zone.access()) - ours)
        AFTER.write(self.tree)
        self.zone.put_request(ACCOUNT, custom_fields=declaration(GRANTS_AFTER), sso_user="owner@x.com")
        self.cloud.log.clear()

    def assert_harmless(self) -> None:
        """At any moment: others' grants stand, and nothing that should stand was ever taken away."""
        assert self.untouchable <= set(self.zone.access())
        staying = _grants(GRANTS_BEFORE) & _grants(GRANTS_AFTER)
        assert {(ACCOUNT, *grant) for grant in staying} <= set(self.zone.access())
        names = {each.arn: each.name for each in self.center.permission_sets.values()}
        dropped = _grants(GRANTS_BEFORE) - _grants(GRANTS_AFTER)
        for call in self.cloud.log.select("sso-admin"):
            asked = call.parameters
            if call.operation in ("CreateAccountAssignment", "DeleteAccountAssignment"):
                assert asked["TargetId"] == ACCOUNT
            if call.operation == "DeleteAccountAssignment":
                name = names[str(asked["PermissionSetArn"])]
                assert (name, self.name_of(str(asked["PrincipalId"]))) in dropped

    def assert_converged(self) -> None:
        """Everything is as revision 2 says, the ledger knows it, and one more run writes nothing."""
        self.assert_harmless()
        wanted = _grants(GRANTS_AFTER)
        assert set(self.zone.access()) == {(ACCOUNT, *grant) for grant in wanted} | self.untouchable
        for name, content in AFTER.sets.items():
            self.assert_set(name, content)
        for name, group in AFTER.groups.items():
            assert self.members(name) == sorted(group["members"])
            live = self.center.store.groups[str(self.zone.find_principal(f"group:{name}"))]
            assert live.attributes.get("Description", "") == group.get("description", "")
        eve = self.center.store.users[str(self.zone.find_principal("user:eve@x.com"))].attributes
        assert (eve["Name"], eve["DisplayName"], eve["Emails"]) == (
            {"GivenName": "Eve", "FamilyName": "Married"},
            "Eve Married",
            [{"Value": "eve@y.com", "Type": "work", "Primary": True}],
        )
        assert Counter(each.name for each in self.center.permission_sets.values()).most_common(1)[0][1] == 1
        rows = {(row["permission_set"], row["principal"]): row["state"] for row in self.rows("grant#")}
        assert rows == dict.fromkeys(wanted, "owned")
        ready = [text for topic, _, text in self.zone.notifications() if topic == "aft-notifications"]
        assert any("group:fresh: Newcomers" in text for text in ready)
        self.cloud.log.clear()
        again = self.apply(ACCOUNT)
        assert again.code == 0, again.text
        assert "unchanged" in again.out
        assert self.writes() == []

    def assert_set(self, name: str, content: Any) -> None:
        live = self.zone.permission_set(name)
        assert live.description == content["description"]
        assert live.session_duration == content.get("session_duration", "PT1H")
        assert live.relay_state == content.get("relay_state")
        assert sorted(live.managed_policies) == sorted(content.get("managed_policies", []))
        referenced = content.get("customer_managed_policies", [])
        assert sorted(live.customer_policies) == [(each["name"], "/") for each in referenced]
        assert bool(live.inline_policy) == ("inline_policy" in content)
        assert bool(live.boundary) == ("permissions_boundary" in content)
        mine = {key: value for key, value in live.tags.items() if not key.startswith("aftgen:")}
        assert (mine, live.tags[OWNER_TAG]) == (content.get("tags", {}), OWNER)
        if (ACCOUNT, live.arn) in self.center.provisioned:
            used = any(name == granted for granted, _ in _grants(GRANTS_AFTER))
            assert not (used and self.center.is_stale(ACCOUNT, live.arn))

    @property
    def center(self) -> Any:
        return self.zone.center

    def name_of(self, principal_id: str) -> str:
        store = self.center.store
        if principal_id in store.users:
            return f"user:{store.users[principal_id].attributes['UserName']}"
        return f"group:{store.groups[principal_id].attributes['DisplayName']}"

    def members(self, group: str) -> list[str]:
        client = self.zone.backstage("identitystore", self.zone.plan.management.id)
        pages = client.get_paginator("list_group_memberships").paginate(
            IdentityStoreId=self.center.store.id, GroupId=self.zone.find_principal(f"group:{group}")
        )
        found = [each["MemberId"]["UserId"] for page in pages for each in page["GroupMemberships"]]
        names = (self.name_of(user) for user in found)
        return sorted(name.removeprefix("user:") for name in names)


def _grants(grants: dict[str, list[str]]) -> set[tuple[str, str]]:
    return {(name, principal) for name, principals in grants.items() for principal in principals}


@contextmanager
def transition(folder: Path, **behaviour: Any) -> Iterator[Transition]:
    """A prepared transition. Nothing limits the rate, unless a behaviour asks for it."""
    settings = Behaviour(**{"calls_per_second": None, **behaviour})
    with inside(PLAN, settings, folder) as made:
        made.__class__ = Transition
        assert isinstance(made, Transition)
        made.prepare()
        yield made


__all__ = ["ACCOUNT", "SHARED", "Ran", "Transition", "transition"]
