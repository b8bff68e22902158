"""Service Catalog as AFT meets it: one portfolio, one product, and what was provisioned from it.

Only what AFT's lambdas call is here, each operation in front of `account_factory.py`, which does what the
product does. Every order that was taken is kept, because Control Tower's lifecycle event about it is what
AFT's event rule hears next.

Reference: AFT reference §1.4 row 7, §2.1; AFT's service_catalog.py (`describe_product_as_admin`,
`describe_provisioning_artifact`, `search_provisioned_products` by `physicalId:` since 1.20 and by `type:`
before, `get_provisioned_product_outputs`) and account_request_framework.py (`provision_product`,
`update_provisioned_product`, `list_portfolios`, `associate_principal_with_portfolio`,
`scan_provisioned_products` until 1.19); shapes from botocore's model servicecatalog 2015-12-10.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from aftgen.cloud import product_records
from aftgen.cloud.account_factory import AccountFactory, Order, Product
from aftgen.cloud.errors import AwsError, denied, not_found
from aftgen.cloud.request import Request

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud

PRODUCT_NAME: Final = "AWS Control Tower Account Factory"
PORTFOLIO_NAME: Final = "AWS Control Tower Account Factory Portfolio"
PRODUCT_TYPE: Final = "CONTROL_TOWER_ACCOUNT"
_PRODUCT: Final = "prod-accountfactory"
_PORTFOLIO: Final = "port-accountfactory"
_ARTIFACT: Final = "pa-accountfactory"
_LARGEST_PAGE: Final = 100


class ServiceCatalog:
    """The catalog of the management account. `orders` are taken orders, oldest first."""

    def __init__(self, factory: AccountFactory) -> None:
        self.factory = factory
        self.orders: list[Order] = []
        self.principals: list[str] = []


def perform(cloud: "Cloud", request: Request) -> dict[str, Any]:
    """Answers one call. The product lives in the management account: nobody else sees it."""
    catalog = cloud.service_catalog
    if catalog is None:
        raise denied("There is no Account Factory in this landing zone.")
    if request.account != catalog.factory.zone.plan.management.id:
        raise denied("The portfolio of Account Factory is not shared with this account.")
    operation = _OPERATIONS.get(request.operation)
    if operation is None:
        raise AwsError(
            "NotImplementedException", f"servicecatalog:{request.operation} is not in the embedded AWS"
        )
    return operation(catalog, request.parameters)


def _describe_product(_: ServiceCatalog, given: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("Name", PRODUCT_NAME) != PRODUCT_NAME or given.get("Id", _PRODUCT) != _PRODUCT:
        raise not_found("Product not found.")
    view = {"Id": f"{_PRODUCT}view", "ProductId": _PRODUCT, "Name": PRODUCT_NAME, "Type": PRODUCT_TYPE}
    return {
        "ProductViewDetail": {"ProductViewSummary": view, "Status": "AVAILABLE"},
        "ProvisioningArtifactSummaries": [{"Id": _ARTIFACT, "Name": "AWS Control Tower Account Factory"}],
    }


def _describe_artifact(_: ServiceCatalog, given: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("ProvisioningArtifactId") != _ARTIFACT:
        raise not_found(f"Provisioning artifact {given.get('ProvisioningArtifactId')} not found.")
    return {"ProvisioningArtifactDetail": {"Id": _ARTIFACT, "Active": True}, "Status": "AVAILABLE"}


def _provision(catalog: ServiceCatalog, given: Mapping[str, Any]) -> dict[str, Any]:
    return _taken(catalog, catalog.factory.provision(given["ProvisionedProductName"], _parameters(given)))


def _update(catalog: ServiceCatalog, given: Mapping[str, Any]) -> dict[str, Any]:
    return _taken(catalog, catalog.factory.update(given["ProvisionedProductId"], _parameters(given)))


def _parameters(given: Mapping[str, Any]) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in given.get("ProvisioningParameters", ())}


def _taken(catalog: ServiceCatalog, order: Order) -> dict[str, Any]:
    """An order always answers CREATED; how it ends is in the record, minutes later."""
    catalog.orders.append(order)
    detail = {
        "RecordId": order.product.last_record,
        "ProvisionedProductName": order.product.name,
        "ProvisionedProductId": order.product.id,
        "ProvisionedProductType": PRODUCT_TYPE,
        "ProductId": _PRODUCT,
        "ProvisioningArtifactId": _ARTIFACT,
        "Status": "CREATED",
    }
    return {"RecordDetail": detail}


def _search(catalog: ServiceCatalog, given: Mapping[str, Any]) -> dict[str, Any]:
    """`SearchQuery` knows `physicalId:` and `type:`, as AFT asks, and `name:`; another query is refused."""
    products = list(catalog.factory.products.values())
    for query in given.get("Filters", {}).get("SearchQuery", ()):
        key, _, value = str(query).partition(":")
        if key == "physicalId":
            products = [each for each in products if each.physical_id == value]
        elif key == "name":
            products = [each for each in products if each.name == value]
        elif key != "type":
            raise AwsError("InvalidParametersException", f"Unknown search query {query}")
        elif value != PRODUCT_TYPE:
            products = []
    return _page(products, given)


def _scan(catalog: ServiceCatalog, given: Mapping[str, Any]) -> dict[str, Any]:
    return _page(list(catalog.factory.products.values()), given)


def _page(products: list[Product], given: Mapping[str, Any]) -> dict[str, Any]:
    start = int(given.get("PageToken") or 0)
    end = start + min(int(given.get("PageSize") or 20), _LARGEST_PAGE)
    more = {"NextPageToken": str(end)} if end < len(products) else {}
    return {"ProvisionedProducts": [_shown(each) for each in products[start:end]], **more}


def _shown(product: Product) -> dict[str, Any]:
    shown = {
        "Id": product.id,
        "Name": product.name,
        "Type": PRODUCT_TYPE,
        "Status": product.status,
        "StatusMessage": product.records.get(product.last_record, ""),
        "ProductId": _PRODUCT,
        "ProvisioningArtifactId": _ARTIFACT,
        "PhysicalId": product.physical_id,
        "LastRecordId": product.last_record,
        "LastSuccessfulProvisioningRecordId": product.last_successful_record,
    }
    times = [started for started, _ in product.record_times.values()]
    created = {"CreatedTime": min(times)} if times else {}
    return {key: value for key, value in shown.items() if value} | created


def _outputs(catalog: ServiceCatalog, given: Mapping[str, Any]) -> dict[str, Any]:
    product = catalog.factory.products.get(given.get("ProvisionedProductId", ""))
    if product is None:
        raise not_found(f"Provisioned product {given.get('ProvisionedProductId')} not found.")
    portal = f"https://{catalog.factory.zone.center.store.id}.awsapps.com/start"
    outputs = {
        "AccountId": product.physical_id,
        "AccountEmail": product.parameters["AccountEmail"],
        "SSOUserEmail": product.parameters.get("SSOUserEmail", ""),
        "SSOUserPortal": portal if product.parameters.get("SSOUserEmail") else "",
    }
    wanted = given.get("OutputKeys") or list(outputs)
    rows = [{"OutputKey": key, "OutputValue": outputs[key]} for key in wanted if outputs.get(key)]
    return {"Outputs": rows}


def _portfolios(_: ServiceCatalog, __: Mapping[str, Any]) -> dict[str, Any]:
    return {"PortfolioDetails": [{"Id": _PORTFOLIO, "DisplayName": PORTFOLIO_NAME}]}


def _associate(catalog: ServiceCatalog, given: Mapping[str, Any]) -> dict[str, Any]:
    """Associating twice is no error."""
    if given["PortfolioId"] != _PORTFOLIO:
        raise not_found(f"Portfolio {given['PortfolioId']} not found.")
    if given["PrincipalARN"] not in catalog.principals:
        catalog.principals.append(given["PrincipalARN"])
    return {}


def _principals(catalog: ServiceCatalog, _: Mapping[str, Any]) -> dict[str, Any]:
    return {"Principals": [{"PrincipalARN": arn, "PrincipalType": "IAM"} for arn in catalog.principals]}


_OPERATIONS: Final[Mapping[str, Callable[[ServiceCatalog, Mapping[str, Any]], dict[str, Any]]]] = {
    **product_records.OPERATIONS,
    "AssociatePrincipalWithPortfolio": _associate,
    "DescribeProductAsAdmin": _describe_product,
    "DescribeProvisioningArtifact": _describe_artifact,
    "GetProvisionedProductOutputs": _outputs,
    "ListPortfolios": _portfolios,
    "ListPrincipalsForPortfolio": _principals,
    "ProvisionProduct": _provision,
    "ScanProvisionedProducts": _scan,
    "SearchProvisionedProducts": _search,
    "UpdateProvisionedProduct": _update,
}
