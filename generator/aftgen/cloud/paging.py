"""Pages: at most what was asked for, what the service allows and what the behaviour forces.

Reference: Identity Center reference §3 "Every List* pages at <= 100", §4
"ListPermissionSetsProvisionedToAccount".
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from aftgen.cloud.errors import AwsError

Item = TypeVar("Item")


def page(
    operation: str, items: Sequence[Item], parameters: Mapping[str, Any], size: int
) -> tuple[list[Item], dict[str, str]]:
    """The page that the request's token names, and the members that lead to the next one."""
    start = _start(operation, parameters.get("NextToken"))
    limit = min(size, int(parameters.get("MaxResults") or size))
    following = start + limit
    more = {"NextToken": _token(operation, following)} if following < len(items) else {}
    return list(items[start:following]), more


def _token(operation: str, start: int) -> str:
    return base64.urlsafe_b64encode(f"{operation}:{start}".encode()).decode()


def _start(operation: str, token: str | None) -> int:
    if not token:
        return 0
    try:
        name, _, start = base64.urlsafe_b64decode(token).decode().partition(":")
        if name == operation:
            return int(start)
    except ValueError:
        pass
    raise AwsError("ValidationException", "The provided NextToken is not valid for this operation")
