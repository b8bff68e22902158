"""What Control Tower made, and what is therefore never imported, adopted or revoked."""

from typing import Final

from .contract import Grant
from .permission_sets import CONTROL_TOWER

GROUPS: Final = frozenset(
    {
        "AWSAccountFactory",
        "AWSServiceCatalogAdmins",
        "AWSControlTowerAdmins",
        "AWSSecurityAuditPowerUsers",
        "AWSSecurityAuditors",
        "AWSLogArchiveAdmins",
        "AWSLogArchiveViewers",
        "AWSAuditAccountAdmins",
    }
)
"""Groups that Control Tower makes (reference/identity-center.md §3, Control Tower defaults)."""


def made(grant: Grant) -> bool:
    """Whether Control Tower made a grant: its groups, and its sets for the account's own SSO user."""
    if grant.principal.kind == "group":
        return grant.principal.name in GROUPS
    return grant.permission_set in CONTROL_TOWER
