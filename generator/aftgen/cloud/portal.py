"""The access portal of the embedded AWS: its own REST API, for people who have signed in.

A token stands for a user of Identity Center's directory. He sees the accounts in which he, or a group of his,
has an assignment, and there the permission sets. moto has no such service, so this answers beside it.

Reference: botocore's model of the service ``sso`` (paths, parameters, errors).
"""

import json
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from aftgen.cloud.cloud import Cloud

if TYPE_CHECKING:
    from aftgen.cloud.landing_zone import LandingZone

_TOKEN = "aftgen.portal.token"
_PREFIX = "embedded-portal-"


def sign_in(zone: "LandingZone", user_name: str) -> str:
    """The access token of a user, as ``aws sso login`` would cache it. Raises ValueError for nobody."""
    found = zone.find_principal(f"user:{user_name}")
    if found is None:
        raise ValueError(f"there is no user:{user_name}")
    return _PREFIX + found


def roles_of(zone: "LandingZone", user_id: str) -> dict[str, tuple[str, ...]]:
    """Account id to the names of the permission sets that a user may use there, by name."""
    center = zone.center
    holders = {("USER", user_id), *(("GROUP", group) for group in center.store.groups_of(user_id))}
    found: dict[str, set[str]] = {}
    for triple in center.assignments:
        if (triple.principal_type, triple.principal_id) in holders:
            name = center.permission_sets[triple.permission_set].name
            found.setdefault(triple.account, set()).add(name)
    return {account: tuple(sorted(names)) for account, names in sorted(found.items())}


def bearer_token(headers: Any) -> dict[str, str]:
    """The token for the WSGI environment: werkzeug leaves out headers with an underscore in their names."""
    token = headers.get("x-amz-sso_bearer_token")
    return {} if token is None else {_TOKEN: token}


def with_portal(cloud: Cloud, application: Any) -> Callable[..., Iterable[bytes]]:
    """A WSGI application that answers the portal's calls and hands the rest on."""

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        path = str(environ.get("PATH_INFO", ""))
        if _TOKEN not in environ or path not in ("/assignment/accounts", "/assignment/roles"):
            return application(environ, start_response)
        query = {key: values[-1] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        with cloud.lock:
            status, body = _answer(cloud, path, str(environ[_TOKEN]), query)
        headers = [("Content-Type", "application/json")]
        if "__type" in body:
            headers.append(("x-amzn-ErrorType", body["__type"]))
        start_response(status, headers)
        return [json.dumps(body).encode()]

    return serve


def _answer(cloud: Cloud, path: str, token: str, query: dict[str, str]) -> tuple[str, dict[str, Any]]:
    zone = cloud.zone
    user = token.removeprefix(_PREFIX)
    if zone is None or not token.startswith(_PREFIX) or user not in zone.center.store.users:
        return "401 Unauthorized", _error("UnauthorizedException", "Session token not found or invalid")
    roles = roles_of(zone, user)
    if path == "/assignment/accounts":
        key, rows = "accountList", [_account(zone, account) for account in roles]
    else:
        account = query.get("account_id", "")
        if account not in roles:
            return "403 Forbidden", _error("ForbiddenException", "No access")
        key, rows = "roleList", [{"roleName": name, "accountId": account} for name in roles[account]]
    size = min(int(query.get("max_result", cloud.behaviour.page_size)), cloud.behaviour.page_size)
    start = int(query.get("next_token", 0))
    more = {"nextToken": str(start + size)} if start + size < len(rows) else {}
    return "200 OK", {key: rows[start : start + size], **more}


def _account(zone: "LandingZone", account_id: str) -> dict[str, str]:
    account = zone.account(account_id)
    return {"accountId": account_id, "accountName": account.name, "emailAddress": account.email}


def _error(code: str, message: str) -> dict[str, Any]:
    return {"__type": code, "message": message}
