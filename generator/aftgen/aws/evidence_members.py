"""The account in Organizations, found by id or email."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from aft_access.errors import AwsError

from aftgen.diagnosis.evidence import Member, Subject

if TYPE_CHECKING:
    from aftgen.aws.evidence import Reading


class Members:
    """Reading only. The list of accounts is asked for once."""

    def __init__(self, reading: "Reading") -> None:
        self._reading = reading
        self._all: list[dict[str, Any]] = []

    def subjects(self) -> tuple[Subject, ...]:
        return tuple(
            Subject(name=each["Name"], email=each["Email"], id=each["Id"]) for each in self._accounts()
        )

    def find(self, subject: Subject) -> Member | None:
        """By id where it is known, else by email as AFT compares it (letter case apart)."""
        if subject.id:
            try:
                answer = self._call("DescribeAccount", AccountId=subject.id)
            except AwsError as error:
                if error.code == "AccountNotFoundException":
                    return None
                raise
            return self._member(answer["Account"])
        self._all = []  # a new account is what is waited for
        for each in self._accounts():
            if subject.email and each["Email"].casefold() == subject.email.casefold():
                return self._member(each)
        return None

    def _member(self, account: dict[str, Any]) -> Member:
        account_id = str(account["Id"])
        parents: list[dict[str, Any]] = self._call("ListParents", ChildId=account_id)["Parents"]
        parent = parents[0] if parents else {}
        unit_id, name = str(parent.get("Id", "")), "Root"
        if unit_id.startswith("ou-"):
            unit = self._call("DescribeOrganizationalUnit", OrganizationalUnitId=unit_id)
            name = str(unit["OrganizationalUnit"]["Name"])
        tags = self._pages("ListTagsForResource", "Tags", ResourceId=account_id)
        joined = account.get("JoinedTimestamp")
        return Member(
            id=account_id,
            name=str(account["Name"]),
            email=str(account["Email"]),
            status=str(account.get("State") or account.get("Status") or ""),
            ou_id=unit_id,
            ou_name=name,
            joined=joined.timestamp() if joined else 0.0,
            tags={str(each["Key"]): str(each["Value"]) for each in tags},
        )

    def _accounts(self) -> list[dict[str, Any]]:
        if not self._all:
            self._all = list(self._pages("ListAccounts", "Accounts"))
        return self._all

    def _pages(self, operation: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
        token: dict[str, Any] = {}
        while True:
            answer = self._call(operation, **arguments, **token)
            yield from answer.get(key, ())
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        return self._reading.management.call("organizations", operation, **arguments)
