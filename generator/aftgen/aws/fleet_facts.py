"""The whole fleet in a few reads: accounts with their OUs, AFT's requests, and our ledger.

Calls grow with OUs and pages, never one for each account: the tree of OUs with a page for each 20 accounts, a
scan of each of AFT's two tables and of ours.
"""

from collections.abc import Iterator
from typing import Any

from aft_access import requests
from aft_access.attributes import names_from, row_from
from aft_access.values import Account, Names, Request, Row

from aftgen.aws.connections import Connections
from aftgen.fleet.question import Fleet
from aftgen.fleet.standings import Subject

Unit = tuple[tuple[str, ...], str]
"""The ids above an account, nearest first, and the path of names; "" is the root's."""


def read(connections: Connections) -> Fleet:
    """Everything but Identity Center. Raises AccessError."""
    reader = _Reader(connections)
    accounts, places = reader.accounts()
    emails, rows = reader.metadata(), reader.rows()
    asked = _Requests(reader.requests())
    subjects = [
        Subject(
            id=account.id,
            account=account,
            request=asked.of(account, emails.get(account.id, "")),
            rows=rows.pop(account.id, ()),
        )
        for account in accounts
    ]
    subjects += [Subject(id=gone, account=None, rows=left) for gone, left in sorted(rows.items())]
    known = reader.known()
    sets = known.permission_sets
    return Fleet(
        subjects=tuple(subjects),
        management_account_id=connections.wiring.management_account_id,
        places=places,
        waiting=asked.waiting,
        pins=known.principals,
        set_pins={name: one.arn for name, one in sets.items() if one.arn and not one.removed},
        known=known,
    )


class _Requests:
    """AFT's request table as it was, with what no account was found for."""

    def __init__(self, found: list[Request]) -> None:
        self._by_id = {one.id: one for one in found}
        self._folded: dict[str, list[Request]] = {}
        for one in found:
            self._folded.setdefault(one.id.casefold(), []).append(one)
        self._used: set[str] = set()

    def of(self, account: Account, email: str) -> Request | None:
        """The request of an account, found as the pipeline finds it (``aft_access.requests``)."""
        found = self._by_id.get(account.email) or self._by_id.get(email)
        if found is None:
            folded = self._folded.get(account.email.casefold(), [])
            self._used.update(one.id for one in folded)
            if len(folded) > 1:
                named = ", ".join(sorted(one.id for one in folded))
                return Request(id=account.email, access=None, problem=f"several rows are for it: {named}")
            found = folded[0] if folded else None
        if found is not None:
            self._used.add(found.id)
        return found

    @property
    def waiting(self) -> tuple[str, ...]:
        return tuple(sorted(set(self._by_id) - self._used))


class _Reader:
    def __init__(self, connections: Connections) -> None:
        self._wiring = connections.wiring
        self._management = connections.management
        self._aft = connections.aft

    def accounts(self) -> tuple[list[Account], dict[str, str]]:
        """Every account, and the path of its OU by its id."""
        (root,) = self._pages("ListRoots", "Roots")
        units: list[Unit] = [((str(root["Id"]),), "")]
        found: list[Account] = []
        places: dict[str, str] = {}
        for above, path in units:
            for one in self._pages("ListAccountsForParent", "Accounts", ParentId=above[0]):
                account = Account(
                    id=str(one["Id"]),
                    name=str(one.get("Name", "")),
                    email=str(one.get("Email", "")),
                    status=str(one.get("State") or one.get("Status") or ""),
                    ou_ids=above,
                )
                found.append(account)
                places[account.id] = path
            for one in self._pages(
                "ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=above[0]
            ):
                name = str(one["Name"])
                units.append(((str(one["Id"]), *above), f"{path}/{name}" if path else name))
        return sorted(found, key=lambda one: (one.name.casefold(), one.id)), places

    def metadata(self) -> dict[str, str]:
        """The email of each account that AFT manages, by its id."""
        table = self._wiring.parameters["metadata_table"]
        return {_text(one, "id"): _text(one, "email") for one in self._scan(table)}

    def requests(self) -> list[Request]:
        """Every request."""
        table = self._wiring.parameters["request_table"]
        return [requests.parse(one) for one in self._scan(table)]

    def rows(self) -> dict[str, tuple[Row, ...]]:
        """What is ours, by account."""
        found: dict[str, tuple[Row, ...]] = {}
        for one in self._wiring.ledger.scan("grant#"):
            account_id = one["pk"].removeprefix("account#")
            found[account_id] = (*found.get(account_id, ()), row_from(one))
        return found

    def known(self) -> Names:
        """What the ledger has of names: pins, and what is ours."""
        return names_from(self._wiring.ledger.organization().values())

    def _pages(self, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
        """Organizations' pages hold 20 rows at most, and asking for more is an error."""
        token: dict[str, Any] = {}
        while True:
            answer = self._management.call("organizations", operation, **arguments, **token)
            yield from answer.get(key, [])
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def _scan(self, table: str) -> Iterator[dict[str, Any]]:
        start: dict[str, Any] = {}
        while True:
            answer = self._aft.call("dynamodb", "Scan", TableName=table, ConsistentRead=True, **start)
            yield from answer.get("Items", [])
            if not answer.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


def _text(item: dict[str, Any], key: str) -> str:
    return str(item.get(key, {}).get("S", ""))
