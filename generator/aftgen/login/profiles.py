"""The profiles of a person: one per account and permission set, all of one ``sso-session``.

The keys are the AWS tools' own (AWS CLI user guide, "Configuring IAM Identity Center authentication").
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from aftgen.aws.portal import PortalAccount

_FORBIDDEN = re.compile(r"[^A-Za-z0-9._+=@-]+")
SCOPE = "sso:account:access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One profile: its name, the account and the permission set behind it."""

    name: str
    account_id: str
    role: str

    def settings(self, session: str, region: str) -> dict[str, str]:
        """The section's keys; ``region`` may be "" for none."""
        values = {"sso_session": session, "sso_account_id": self.account_id, "sso_role_name": self.role}
        return {**values, "region": region} if region else values


def profiles(accounts: "Sequence[PortalAccount]", *, prefix: str = "") -> list[Profile]:
    """``<account name>.<permission set>``, for every role of every account.

    Names keep letters, digits and ``._+=@-``. Accounts whose names then are the same get their id as well,
    all of them, so that a name never changes its meaning with the order of the accounts.
    """
    stems = {account.id: _FORBIDDEN.sub("-", account.name.strip()) or account.id for account in accounts}
    times = Counter(stem.casefold() for stem in stems.values())
    return [
        Profile(
            name=f"{prefix}{_stem(stems[account.id], account.id, times)}.{role}",
            account_id=account.id,
            role=role,
        )
        for account in accounts
        for role in account.roles
    ]


def _stem(stem: str, account_id: str, times: Mapping[str, int]) -> str:
    return stem if times[stem.casefold()] == 1 or stem == account_id else f"{stem}-{account_id}"


def session_settings(portal_url: str, region: str) -> dict[str, str]:
    """The keys of the ``sso-session`` section."""
    return {"sso_start_url": portal_url, "sso_region": region, "sso_registration_scopes": SCOPE}


def link(portal_url: str, account_id: str, role: str = "") -> str:
    """The link that opens an account in the portal, with a permission set where one is named.

    Source: IAM Identity Center user guide, "Creating shortcut links to AWS account destinations".
    """
    start = portal_url.rstrip("/#")
    chosen = f"&role_name={quote(role, safe='')}" if role else ""
    return f"{start}/#/console?account_id={account_id}{chosen}"
