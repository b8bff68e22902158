"""The AWS access portal's own API: what the person who signed in may enter.

It is asked with the token that ``aws sso login`` leaves in the cache folder of the AWS tools
(``~/.aws/sso/cache/*.json``: ``startUrl``, ``region``, ``accessToken``, ``expiresAt``), so it needs no AWS
credentials and answers for exactly this person. Source: botocore's model of the service ``sso``.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from aftgen.errors import AftgenError, Refused

_CONFIG = Config(
    signature_version=UNSIGNED,
    retries={"mode": "standard", "total_max_attempts": 8},
    connect_timeout=5,
    read_timeout=20,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A person's signed-in session at one portal. ``region`` is Identity Center's."""

    value: str
    region: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalAccount:
    """An account that the person may enter, and with which permission sets."""

    id: str
    name: str
    email: str
    roles: tuple[str, ...] = ()


def cached_token(portal_url: str, *, folder: Path, now: datetime | None = None) -> Token | None:
    """The token for a portal that is good for longest, whatever session name it was made under.

    None when there is none, or all have expired. Files that are no tokens are passed over.
    """
    moment = now or datetime.now(UTC)
    best: tuple[datetime, Token] | None = None
    for path in sorted(folder.glob("*.json")):
        found = _token(path, portal_url)
        if found is not None and found[0] > moment and (best is None or found[0] > best[0]):
            best = found
    return best[1] if best else None


def _token(path: Path, portal_url: str) -> tuple[datetime, Token] | None:
    try:
        cached = json.loads(path.read_text(encoding="utf-8"))
        same = same_portal(cached["startUrl"], portal_url)
        ends = datetime.fromisoformat(cached["expiresAt"].replace("UTC", "+00:00"))
        token = Token(value=cached["accessToken"], region=cached["region"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return (ends if ends.tzinfo else ends.replace(tzinfo=UTC), token) if same else None


def same_portal(one: str, other: str) -> bool:
    """Whether two start URLs mean the same portal: people write them with ``/`` or ``/#/`` at the end."""
    return one.rstrip("/#").casefold() == other.rstrip("/#").casefold()


class Portal:
    """One person's view of the portal. Endpoints are the environment's (``AWS_ENDPOINT_URL_SSO``)."""

    def __init__(self, token: Token) -> None:
        self._token = token.value
        self._client: Any = boto3.Session(region_name=token.region).client("sso", config=_CONFIG)

    def accounts(self) -> list[PortalAccount]:
        """Every account that the person may enter, without roles, by name."""
        found = [
            PortalAccount(
                id=each["accountId"], name=each.get("accountName", ""), email=each.get("emailAddress", "")
            )
            for each in self._pages("list_accounts", "accountList")
        ]
        return sorted(found, key=lambda account: (account.name, account.id))

    def roles(self, account_id: str) -> tuple[str, ...]:
        """The permission sets that the person may use in an account, by name."""
        pages = self._pages("list_account_roles", "roleList", accountId=account_id)
        return tuple(sorted(each["roleName"] for each in pages))

    def _pages(self, operation: str, key: str, **arguments: str) -> Iterator[dict[str, Any]]:
        paginator = self._client.get_paginator(operation)
        try:
            for page in paginator.paginate(accessToken=self._token, **arguments):
                yield from page.get(key, ())
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if code == "UnauthorizedException":
                raise Refused(
                    "the portal no longer accepts your session",
                    hint="sign in again: 'aws sso login' with the session that 'aftgen login --write' made",
                ) from None
            raise AftgenError(f"the portal answered {code or error}") from None
        except BotoCoreError as error:
            raise AftgenError(f"the portal cannot be reached: {error}") from None
