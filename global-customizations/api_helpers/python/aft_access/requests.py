"""Reads what was requested for an account, from AFT's own table in AFT's management account.

Never from the vended account: its parameters can be rewritten by its admins (reference §5, row 2).
A row is keyed by the account's e-mail as the request wrote it, whose letter case may differ from
the one that Organizations has (reference/aft.md §1.3 and §2.1).
"""

import json
from typing import Any

from . import sso_user
from .contract import KEY
from .gateway import Calls
from .values import Account, Request


class Requests:
    """AFT's tables `aft-request` and `aft-request-metadata`."""

    def __init__(self, calls: Calls, table: str, metadata_table: str) -> None:
        self._calls, self._table, self._metadata = calls, table, metadata_table

    def of(self, account: Account | None) -> Request | None:
        """The request of an account, or None. One call when the letter case is the same."""
        if account is None:
            return None
        item = self._get(self._table, account.email)
        if item is None:
            metadata = self._get(self._metadata, account.id)
            email = metadata.get("email", {}).get("S", "") if metadata else ""
            item = self._get(self._table, email) if email and email != account.email else None
        if item is not None:
            return parse(item)
        found = [one for one in self._scan(self._table) if _id(one).casefold() == account.email.casefold()]
        if len(found) > 1:
            rows = ", ".join(sorted(_id(one) for one in found))
            return Request(id=account.email, access=None, problem=f"several rows are for it: {rows}")
        return parse(found[0]) if found else None

    def accounts(self) -> tuple[str, ...]:
        """Ids of every account that AFT manages, from its metadata."""
        return tuple(sorted(_id(one) for one in self._scan(self._metadata)))

    def _get(self, table: str, key: str) -> dict[str, Any] | None:
        answer = self._calls.call(
            "dynamodb", "GetItem", TableName=table, Key={"id": {"S": key}}, ConsistentRead=True
        )
        item: dict[str, Any] | None = answer.get("Item")
        return item

    def _scan(self, table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        start: dict[str, Any] = {}
        while True:
            answer = self._calls.call("dynamodb", "Scan", TableName=table, ConsistentRead=True, **start)
            found += answer.get("Items", [])
            if not answer.get("LastEvaluatedKey"):
                return found
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def parse(item: dict[str, Any]) -> Request:
    """A row as AFT's module writes it: tags and custom fields are JSON texts. Oddities become `problem`."""
    parameters = item.get("control_tower_parameters", {}).get("M", {})
    email = parameters.get("SSOUserEmail", {}).get("S", "")
    problems: list[str] = []
    fields = _mapping(item, "custom_fields", problems)
    tags = _mapping(item, "account_tags", problems)
    access = fields.get(KEY)
    if access is not None and not isinstance(access, str):
        problems.append(f"the custom field {KEY} must be a text made by jsonencode()")
    return Request(
        id=_id(item),
        access=access if isinstance(access, str) else None,
        sso_user_email="" if sso_user.stays_in(email) is not None else email,
        tags={key: str(value) for key, value in tags.items()},
        problem="; ".join(problems),
    )


def _mapping(item: dict[str, Any], name: str, problems: list[str]) -> dict[str, Any]:
    text = item.get(name, {}).get("S", "")
    if not text:
        return {}
    try:
        content = json.loads(text)
    except ValueError as error:
        problems.append(f"{name} is not JSON: {error}")
        return {}
    if content is None:
        return {}
    if not isinstance(content, dict):
        problems.append(f"{name} is not a JSON object")
        return {}
    return content


def _id(item: dict[str, Any]) -> str:
    return str(item.get("id", {}).get("S", ""))
