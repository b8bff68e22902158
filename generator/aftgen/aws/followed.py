"""Which source commit was followed to its end last: one row of our own table ``aftgen-access``.

The table is made by ``account-provisioning-customizations/``; without it nothing is remembered, and a run
takes the publication before as what was followed.
"""

from typing import Any, Final

from aft_access.errors import AwsError
from aft_access.identity_center import Caller

_TABLE: Final = "aftgen-access"
_KEY: Final = {"pk": {"S": "publish"}, "sk": {"S": "followed"}}
_NO_TABLE: Final = frozenset({"ResourceNotFoundException"})


def read(calls: Caller) -> str:
    """The commit, or ""."""
    try:
        answer = calls.call("dynamodb", "GetItem", TableName=_TABLE, Key=_KEY, ConsistentRead=True)
    except AwsError as error:
        if error.code in _NO_TABLE:
            return ""
        raise
    return str(answer.get("Item", {}).get("source", {}).get("S", ""))


def write(calls: Caller, source: str, *, before: str) -> bool:
    """Remember a commit, unless another run has remembered one since ``before`` was read; whether it did."""
    condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(pk)"}
    if before:
        values = {":before": {"S": before}}
        condition = {"ConditionExpression": "#s = :before", "ExpressionAttributeValues": values}
        condition["ExpressionAttributeNames"] = {"#s": "source"}
    try:
        calls.call(
            "dynamodb", "PutItem", TableName=_TABLE, Item={**_KEY, "source": {"S": source}}, **condition
        )
    except AwsError as error:
        if error.code in _NO_TABLE or error.code == "ConditionalCheckFailedException":
            return False
        raise
    return True
