"""The small organization that most of these tests stand on: two permission sets of ours, two accounts."""

from typing import Any

from aftgen.cloud import Account, LandingZone, LandingZonePlan

from .trees import POLICY, UNITS, Tree, declaration

ACCOUNT, OTHER = "555555555555", "666666666666"
OWNER = "owner@x.com"
PLAN_OF: dict[str, Any] = {
    "organizational_units": UNITS,
    "accounts": (
        Account(id=ACCOUNT, name="payments", email="payments@x.com", ou="Workloads", sso_user=OWNER),
        Account(id=OTHER, name="ledger", email="ledger@x.com", ou="Workloads"),
    ),
    "users": ("ann@x.com", "oncall@x.com"),
    "groups": {"builders": ("ann@x.com",), "auditors": ("ann@x.com",), "outsiders": ("ann@x.com",)},
}
SETS: dict[str, Any] = {
    "Building": {
        "description": "Build",
        "managed_policies": [f"{POLICY}PowerUserAccess"],
        "inline_policy": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Deny", "Action": "organizations:*", "Resource": "*"}],
        },
    },
    "Reading": {"description": "Read", "managed_policies": [f"{POLICY}ReadOnlyAccess"]},
    "AWSReadOnlyAccess": {"external": True},
}
PRINCIPALS = ("group:builders", "group:auditors", "user:oncall@x.com")
GRANTS = {"Building": ["group:builders"], "Reading": ["group:auditors", "user:oncall@x.com"]}
FOREIGN = [("Reading", "group:outsiders"), ("AWSPowerUserAccess", "group:outsiders")]
CONTROL_TOWER = {
    (ACCOUNT, "AWSAdministratorAccess", f"user:{OWNER}"),
    (ACCOUNT, "AWSOrganizationsFullAccess", "group:AWSControlTowerAdmins"),
    (ACCOUNT, "AWSPowerUserAccess", "group:AWSSecurityAuditPowerUsers"),
    (ACCOUNT, "AWSReadOnlyAccess", "group:AWSSecurityAuditors"),
}


def plan(**settings: Any) -> LandingZonePlan:
    return LandingZonePlan(**{**PLAN_OF, **settings})


def tree(revision: int = 1, **settings: Any) -> Tree:
    return Tree(**{"revision": revision, "sets": SETS, "principals": PRINCIPALS, **settings})


def declare(zone: LandingZone, grants: dict[str, list[str]], account: str = ACCOUNT) -> None:
    """What a merged request leaves in AFT's table."""
    zone.put_request(account, custom_fields=declaration(grants), sso_user=OWNER)


def ours(zone: LandingZone, account: str = ACCOUNT) -> set[tuple[str, str]]:
    """What stands in the account beside Control Tower's own grants."""
    return {(name, who) for _, name, who in set(zone.access(account)) - CONTROL_TOWER}


def flat(grants: dict[str, list[str]]) -> set[tuple[str, str]]:
    return {(name, principal) for name, principals in grants.items() for principal in principals}
