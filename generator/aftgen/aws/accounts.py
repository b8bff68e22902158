"""The accounts that AFT manages, from its own tables, and what Organizations knows about them.

``aft-request-metadata`` has a row for each account (key: its id), ``aft-request`` one for each request (key:
the email as the request wrote it). Letter case may differ between the two (AFT reference §2.1).
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

from aft_access.errors import AwsError
from aft_access.identity_center import Caller

from aftgen.aws.connections import Connections
from aftgen.follow.values import Vended

#: Up to here each account is asked about on its own; ListAccounts answers with 20 a page.
_ONE_BY_ONE: Final = 20


class AwsAccounts:
    """The port ``Accounts``."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def managed(self) -> Sequence[Vended]:
        parameters = self._connections.wiring.parameters
        requests = {
            _text(item, "id").casefold(): _text(item, "id")
            for item in self._scan(parameters["request_table"], "id")
        }
        found = [
            Vended(
                id=_text(item, "id"),
                name=_text(item, "account_name"),
                email=_text(item, "email"),
                request=requests.get(_text(item, "email").casefold(), ""),
            )
            for item in self._scan(parameters["metadata_table"], "id", "email", "account_name")
        ]
        return sorted(found, key=lambda each: (each.name, each.id))

    def with_status(self, accounts: Sequence[Vended]) -> Sequence[Vended]:
        if len(accounts) > _ONE_BY_ONE:
            statuses = {each["Id"]: _status(each) for each in self._pages("ListAccounts", "Accounts")}
            return [replace(each, status=statuses.get(each.id, "GONE")) for each in accounts]
        return [replace(each, status=self._asked(each.id)) for each in accounts]

    def _asked(self, account_id: str) -> str:
        try:
            answer = self._management.call("organizations", "DescribeAccount", AccountId=account_id)
        except AwsError as error:
            if error.code == "AccountNotFoundException":
                return "GONE"
            raise
        return _status(answer["Account"])

    def below(self, ou_id: str) -> frozenset[str]:
        return frozenset(
            str(account["Id"])
            for _, unit in self.units_below(ou_id)
            for account in self._pages("ListAccountsForParent", "Accounts", ParentId=unit)
        )

    def units_below(self, ou_id: str) -> Sequence[tuple[str, str]]:
        call = self._management.call
        if ou_id.startswith("r-"):
            name = "Root"
        else:
            unit = call("organizations", "DescribeOrganizationalUnit", OrganizationalUnitId=ou_id)
            name = str(unit["OrganizationalUnit"]["Name"])
        found = [(name, ou_id)]
        for _, unit_id in found:
            children = self._pages(
                "ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=unit_id
            )
            found += [(str(each["Name"]), str(each["Id"])) for each in children]
        return found

    def tags(self, account_id: str) -> dict[str, str]:
        tags = self._management.pages("organizations", "ListTagsForResource", "Tags", ResourceId=account_id)
        return {str(each["Key"]): str(each["Value"]) for each in tags}

    @property
    def _management(self) -> Caller:
        return self._connections.management

    def _pages(self, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        """Organizations' pages hold 20 rows at most, and asking for more is an error."""
        token: dict[str, Any] = {}
        while True:
            answer = self._management.call("organizations", operation, **arguments, **token)
            yield from answer.get(key, [])
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def _scan(self, table: str, *attributes: str) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            answer = self._connections.aft.call(
                "dynamodb",
                "Scan",
                TableName=table,
                ProjectionExpression=", ".join(attributes),
                ConsistentRead=True,
                **start,
            )
            yield from answer.get("Items", [])
            if not answer.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _text(item: dict[str, Any], key: str) -> str:
    return str(item.get(key, {}).get("S", ""))


def _status(account: dict[str, Any]) -> str:
    """``State`` replaces ``Status``, which AWS retires (botocore's model of organizations)."""
    return str(account.get("State") or account.get("Status") or "")
