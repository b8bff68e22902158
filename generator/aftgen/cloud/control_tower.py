"""What Control Tower puts into Identity Center: its permission sets, groups and default assignments.

Reference: Identity Center reference §3 "Control Tower defaults (never own, never revoke)": names of groups
and sets, the four grants of every new member account; "five of six" sets live in the management account.
"""

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from aftgen.cloud.landing_zone import LandingZone

AUTHOR: Final = "arn:aws:iam::aws:service/controltower.amazonaws.com"
_POLICY: Final = "arn:aws:iam::aws:policy/"

PERMISSION_SETS: Final = {
    "AWSAdministratorAccess": (_POLICY + "AdministratorAccess", "Provides full access to AWS services"),
    "AWSPowerUserAccess": (_POLICY + "PowerUserAccess", "Provides full access except for users and groups"),
    "AWSReadOnlyAccess": (_POLICY + "job-function/ViewOnlyAccess", "Grants permissions to view resources"),
    "AWSOrganizationsFullAccess": (
        _POLICY + "AWSOrganizationsFullAccess",
        "Full access to AWS Organizations",
    ),
    "AWSServiceCatalogAdminFullAccess": (
        _POLICY + "AWSServiceCatalogAdminFullAccess",
        "Provides full access to AWS Service Catalog admin capabilities",
    ),
    "AWSServiceCatalogEndUserAccess": (
        _POLICY + "AWSServiceCatalogEndUserFullAccess",
        "Provides access to the AWS Service Catalog end user console",
    ),
}
GROUPS: Final = (
    "AWSAccountFactory",
    "AWSServiceCatalogAdmins",
    "AWSControlTowerAdmins",
    "AWSSecurityAuditPowerUsers",
    "AWSSecurityAuditors",
    "AWSLogArchiveAdmins",
    "AWSLogArchiveViewers",
    "AWSAuditAccountAdmins",
)
_MANAGEMENT: Final = (
    ("AWSAdministratorAccess", "AWSControlTowerAdmins"),
    ("AWSServiceCatalogEndUserAccess", "AWSAccountFactory"),
    ("AWSServiceCatalogAdminFullAccess", "AWSServiceCatalogAdmins"),
    ("AWSPowerUserAccess", "AWSSecurityAuditPowerUsers"),
    ("AWSReadOnlyAccess", "AWSSecurityAuditors"),
)
_MEMBER: Final = (
    ("AWSOrganizationsFullAccess", "AWSControlTowerAdmins"),
    ("AWSPowerUserAccess", "AWSSecurityAuditPowerUsers"),
    ("AWSReadOnlyAccess", "AWSSecurityAuditors"),
)


def set_up(zone: "LandingZone") -> None:
    """Sets, groups and the grants of the shared accounts."""
    for name, (policy, description) in PERMISSION_SETS.items():
        zone.add_permission_set(name, description=description, managed_policies=(policy,))
    for name in GROUPS:
        zone.add_group(name, author=AUTHOR)
    plan = zone.plan
    for permission_set, group in _MANAGEMENT:
        zone.assign(plan.management.id, permission_set, f"group:{group}")
    zone.assign(plan.audit.id, "AWSAdministratorAccess", "group:AWSAuditAccountAdmins")
    zone.assign(plan.log_archive.id, "AWSAdministratorAccess", "group:AWSLogArchiveAdmins")
    zone.assign(plan.log_archive.id, "AWSReadOnlyAccess", "group:AWSLogArchiveViewers")


def vend(zone: "LandingZone", account: str, sso_user: str) -> None:
    """What every new member account gets; the SSO user is made if the identity store does not have it."""
    for permission_set, group in _MEMBER:
        zone.assign(account, permission_set, f"group:{group}")
    if sso_user:
        grant_sso_user(zone, account, sso_user)


def grant_sso_user(zone: "LandingZone", account: str, sso_user: str) -> None:
    """The account's SSO user is its administrator; one that the identity store does not have is made."""
    if zone.find_principal(f"user:{sso_user}") is None:
        zone.add_user(sso_user, author=AUTHOR)
    zone.assign(account, "AWSAdministratorAccess", f"user:{sso_user}")
