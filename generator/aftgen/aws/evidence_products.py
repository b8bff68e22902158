"""The provisioned product of an account with its records, and Control Tower's operations on its baselines.

Source: botocore's models servicecatalog 2015-12-10 and controltower 2018-05-10.
"""

from typing import Any, Final

from aft_access.errors import AwsError
from aft_access.identity_center import Caller

from aftgen.diagnosis.evidence import BaselineOperation, Member, Product, Record

_SELF: Final = {"Key": "Account", "Value": "self"}
_RECORDS: Final = 5


class Products:
    """Service Catalog in the organization's management account."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    def find(self, name: str, account_id: str) -> Product | None:
        """By the account that came of it, as AFT looks for it, else by the name that AFT gives it."""
        found: list[dict[str, Any]] = []
        if account_id:
            found = self._search(f"physicalId:{account_id}")
        if not found and name:
            found = [each for each in self._search(f"name:{name}") if each.get("Name") == name]
        return self._product(found[0]) if found else None

    def terminate(self, product: Product, token: str) -> str:
        """Take back a product that failed; the record's id. What it left of an account stays."""
        answer = self._calls.call(
            "servicecatalog",
            "TerminateProvisionedProduct",
            ProvisionedProductId=product.id,
            TerminateToken=token,
        )
        return str(answer["RecordDetail"]["RecordId"])

    def _search(self, query: str) -> list[dict[str, Any]]:
        answer = self._calls.call(
            "servicecatalog",
            "SearchProvisionedProducts",
            AccessLevelFilter=_SELF,
            Filters={"SearchQuery": [query]},
            PageSize=100,
        )
        found: list[dict[str, Any]] = answer.get("ProvisionedProducts", [])
        return found

    def _product(self, shown: dict[str, Any]) -> Product:
        records = self._records(str(shown["Id"]), str(shown.get("LastRecordId", "")))
        return Product(
            id=str(shown["Id"]),
            name=str(shown.get("Name", "")),
            status=str(shown.get("Status", "")),
            message=str(shown.get("StatusMessage", "")),
            account_id=str(shown.get("PhysicalId", "")),
            created=_seconds(shown.get("CreatedTime")),
            succeeded=bool(shown.get("LastSuccessfulProvisioningRecordId")),
            records=records,
        )

    def _records(self, product: str, last: str) -> tuple[Record, ...]:
        """Newest first; the last one is asked for on its own, because only that tells all its errors."""
        answer = self._calls.call(
            "servicecatalog",
            "ListRecordHistory",
            AccessLevelFilter=_SELF,
            SearchFilter={"Key": "provisionedproduct", "Value": product},
            PageSize=20,
        )
        details: list[dict[str, Any]] = answer.get("RecordDetails", [])
        if last:
            described = self._calls.call("servicecatalog", "DescribeRecord", Id=last)["RecordDetail"]
            details = [described, *(each for each in details if each["RecordId"] != last)]
        found = sorted(map(_record, details), key=lambda each: each.created, reverse=True)
        return tuple(found[:_RECORDS])


class ControlTower:
    """Operations on the baselines of an account and of its unit. Orders of an account are in the product."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    def operations(self, member: Member | None, ordered: bool) -> tuple[BaselineOperation, ...]:
        """Those that are under way or failed. Without an account, all of them, as far as it was ordered."""
        if member is None and not ordered:
            return ()
        found = []
        token: dict[str, Any] = {}
        while True:
            answer = self._calls.call(
                "controltower",
                "ListEnabledBaselines",
                filter={"statuses": ["UNDER_CHANGE", "FAILED"]},
                includeChildren=True,
                maxResults=100,
                **token,
            )
            for each in answer.get("enabledBaselines", ()):
                target = str(each.get("targetIdentifier", "")).rpartition("/")[2]
                if member is None or target in (member.id, member.ou_id):
                    found.append(self._operation(each, target))
            if not answer.get("nextToken"):
                return tuple(found)
            token = {"nextToken": answer["nextToken"]}

    def _operation(self, baseline: dict[str, Any], target: str) -> BaselineOperation:
        summary = baseline.get("statusSummary", {})
        operation = str(summary.get("lastOperationIdentifier", ""))
        shown: dict[str, Any] = {}
        if operation:
            try:
                shown = self._calls.call(
                    "controltower", "GetBaselineOperation", operationIdentifier=operation
                )["baselineOperation"]
            except AwsError as error:
                if error.code != "ResourceNotFoundException":
                    raise  # Control Tower forgets operations after 90 days
        return BaselineOperation(
            id=operation,
            type=str(shown.get("operationType", "baseline")),
            status=str(shown.get("status") or summary.get("status", "")),
            target=target,
            started=_seconds(shown.get("startTime")),
            ended=_seconds(shown.get("endTime")),
            message=str(shown.get("statusMessage", "")),
        )


def _record(detail: dict[str, Any]) -> Record:
    errors = [str(each.get("Description") or each.get("Code", "")) for each in detail.get("RecordErrors", ())]
    return Record(
        id=str(detail["RecordId"]),
        type=str(detail.get("RecordType", "")),
        status=str(detail.get("Status", "")),
        created=_seconds(detail.get("CreatedTime")),
        updated=_seconds(detail.get("UpdatedTime")),
        errors=tuple(errors),
    )


def _seconds(value: Any) -> float:
    return float(value.timestamp()) if value is not None else 0.0
