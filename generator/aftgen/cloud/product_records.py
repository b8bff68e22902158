"""Service Catalog's records: what was done with a provisioned product and why it failed; terminating one.

Reference: AFT reference §2.2 ("true reason only in Service Catalog record"); botocore's model servicecatalog
2015-12-10 (DescribeRecord, ListRecordHistory, TerminateProvisionedProduct).
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from aftgen.cloud.errors import not_found

if TYPE_CHECKING:
    from aftgen.cloud.account_factory import Product
    from aftgen.cloud.service_catalog import ServiceCatalog


def _describe(catalog: "ServiceCatalog", given: Mapping[str, Any]) -> dict[str, Any]:
    for product in catalog.factory.products.values():
        if given["Id"] in product.records:
            return {"RecordDetail": shown(catalog, product, given["Id"]), "RecordOutputs": []}
    raise not_found(f"Record {given['Id']} not found.")


def _history(catalog: "ServiceCatalog", given: Mapping[str, Any]) -> dict[str, Any]:
    """Newest first; `SearchFilter` by `provisionedproduct`, as its documentation knows it."""
    search = given.get("SearchFilter", {})
    wanted = search.get("Value") if search.get("Key") == "provisionedproduct" else None
    rows = [
        shown(catalog, product, record)
        for product in catalog.factory.products.values()
        for record in product.records
        if wanted in (None, product.id)
    ]
    start, size = int(given.get("PageToken") or 0), int(given.get("PageSize") or 20)
    more = {"NextPageToken": str(start + size)} if start + size < len(rows) else {}
    return {"RecordDetails": rows[::-1][start : start + size], **more}


def _terminate(catalog: "ServiceCatalog", given: Mapping[str, Any]) -> dict[str, Any]:
    """The product goes at once. An account that came of it stays, out of its OU in AWS (not here)."""
    product = catalog.factory.products.pop(given.get("ProvisionedProductId", ""), None)
    if product is None:
        raise not_found(f"Provisioned product {given.get('ProvisionedProductId')} not found.")
    detail = {
        "RecordId": f"rec-end-{product.id}",
        "ProvisionedProductId": product.id,
        "ProvisionedProductName": product.name,
        "RecordType": "TERMINATE_PROVISIONED_PRODUCT",
        "Status": "CREATED",
    }
    return {"RecordDetail": detail}


def shown(catalog: "ServiceCatalog", product: "Product", record: str) -> dict[str, Any]:
    """One record as the API shows it."""
    reason = product.records[record]
    now = catalog.factory.zone.cloud.clock.now()
    started, ended = product.record_times.get(record, (now, now))
    errors = [{"Code": "ControlTowerError", "Description": reason}] if reason else []
    first = next(iter(product.records)) == record
    return {
        "RecordId": record,
        "ProvisionedProductId": product.id,
        "ProvisionedProductName": product.name,
        "ProvisionedProductType": "CONTROL_TOWER_ACCOUNT",
        "RecordType": "PROVISION_PRODUCT" if first else "UPDATE_PROVISIONED_PRODUCT",
        "Status": "FAILED" if reason else "SUCCEEDED",
        "CreatedTime": started,
        "UpdatedTime": ended,
        "RecordErrors": errors,
    }


OPERATIONS: Final[Mapping[str, Callable[["ServiceCatalog", Mapping[str, Any]], dict[str, Any]]]] = {
    "DescribeRecord": _describe,
    "ListRecordHistory": _history,
    "TerminateProvisionedProduct": _terminate,
}
