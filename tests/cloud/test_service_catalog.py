"""Account Factory in Service Catalog, Control Tower's baselines and Lambda's Invoke, as AFT asks them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aftgen.cloud import Behaviour, LandingZone, Server, serve
from aftgen.cloud.account_factory import AccountFactory
from aftgen.cloud.service_catalog import PORTFOLIO_NAME, PRODUCT_NAME, ServiceCatalog
from botocore.exceptions import ClientError

from .world import PAYMENTS, PLAN

REGION = PLAN.home_region
PARAMETERS = {
    "AccountEmail": "new@example.com",
    "AccountName": "new",
    "ManagedOrganizationalUnit": "Sandbox",
    "SSOUserEmail": "owner@example.com",
    "SSOUserFirstName": "Ada",
    "SSOUserLastName": "Lovelace",
}


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Behaviour(calls_per_second=None), seed=7) as made:
        zone = LandingZone.build(made.cloud, PLAN)
        made.cloud.service_catalog = ServiceCatalog(AccountFactory(zone))
        yield made


def asked(server: Server, operation: str, account: str = "", **given: Any) -> Any:
    """AWS JSON, as the lambda layer's botocore speaks to Service Catalog (newer ones speak CBOR)."""
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    zone = server.cloud.zone
    assert zone is not None
    key = zone.administrator(account or zone.plan.management.id).access_key
    headers = {
        "X-Amz-Target": f"AWS242ServiceCatalogService.{operation}",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/{REGION}/servicecatalog/aws4_request",
        "Host": f"servicecatalog.{REGION}.amazonaws.com",
    }
    try:
        with urlopen(Request(server.endpoint, json.dumps(given).encode(), headers)) as answer:
            return json.loads(answer.read())
    except HTTPError as error:
        return json.loads(error.read())["__type"]


def order(server: Server, **changes: str) -> Any:
    rows = [{"Key": key, "Value": value} for key, value in {**PARAMETERS, **changes}.items()]
    return asked(server, "ProvisionProduct", ProvisionedProductName="new", ProvisioningParameters=rows)


def test_an_order_is_taken_and_its_account_is_found(server: Server) -> None:
    taken = order(server)["RecordDetail"]
    assert (taken["Status"], taken["ProvisionedProductName"]) == ("CREATED", "new")
    catalog = server.cloud.service_catalog
    assert catalog is not None
    (made,) = catalog.orders
    (found,) = asked(
        server, "SearchProvisionedProducts", Filters={"SearchQuery": [f"physicalId:{made.account}"]}
    )["ProvisionedProducts"]
    assert (found["Status"], found["PhysicalId"]) == ("AVAILABLE", made.account)
    assert found["LastSuccessfulProvisioningRecordId"] == taken["RecordId"]
    outputs = asked(
        server, "GetProvisionedProductOutputs", ProvisionedProductId=found["Id"], OutputKeys=["AccountEmail"]
    )
    assert outputs == {"Outputs": [{"OutputKey": "AccountEmail", "OutputValue": "new@example.com"}]}
    moved = asked(
        server,
        "UpdateProvisionedProduct",
        ProvisionedProductId=found["Id"],
        ProvisioningParameters=[{"Key": key, "Value": value} for key, value in PARAMETERS.items()],
    )
    assert moved["RecordDetail"]["ProvisionedProductId"] == found["Id"]
    assert [each.event["detail"]["eventName"] for each in catalog.orders] == [
        "CreateManagedAccount",
        "UpdateManagedAccount",
    ]


def test_what_is_refused_at_once_leaves_no_order(server: Server) -> None:
    assert order(server, ManagedOrganizationalUnit="Nowhere") == "InvalidParametersException"
    assert server.cloud.service_catalog is not None
    assert server.cloud.service_catalog.orders == []
    assert asked(
        server, "UpdateProvisionedProduct", ProvisionedProductId="pp-0", ProvisioningParameters=[]
    ) == ("ResourceNotFoundException")


def test_a_failed_account_is_known_by_its_record_only(server: Server) -> None:
    assert order(server, AccountEmail="payments@example.com")["RecordDetail"]["Status"] == "CREATED"
    (found,) = asked(
        server, "SearchProvisionedProducts", Filters={"SearchQuery": ["type:CONTROL_TOWER_ACCOUNT"]}
    )["ProvisionedProducts"]
    assert found["Status"] == "ERROR"
    assert "PhysicalId" not in found
    assert "LastSuccessfulProvisioningRecordId" not in found


def test_lists_page(server: Server) -> None:
    catalog = server.cloud.service_catalog
    assert catalog is not None
    for number in range(3):
        changes = {"AccountEmail": f"{number}@example.com", "AccountName": f"n{number}"}
        catalog.factory.provision(f"n{number}", {**PARAMETERS, **changes})
    first = asked(server, "ScanProvisionedProducts", PageSize=2)
    rest = asked(server, "ScanProvisionedProducts", PageSize=2, PageToken=first["NextPageToken"])
    names = [each["Name"] for page in (first, rest) for each in page["ProvisionedProducts"]]
    assert names == ["n0", "n1", "n2"]
    assert "NextPageToken" not in rest


def test_the_product_and_its_portfolio(server: Server) -> None:
    product = asked(server, "DescribeProductAsAdmin", Name=PRODUCT_NAME)
    (artifact,) = product["ProvisioningArtifactSummaries"]
    described = asked(
        server,
        "DescribeProvisioningArtifact",
        ProductName=PRODUCT_NAME,
        ProvisioningArtifactId=artifact["Id"],
    )
    assert described["ProvisioningArtifactDetail"]["Active"] is True
    assert asked(server, "DescribeProductAsAdmin", Name="Another") == "ResourceNotFoundException"
    (portfolio,) = asked(server, "ListPortfolios")["PortfolioDetails"]
    assert portfolio["DisplayName"] == PORTFOLIO_NAME
    for _ in range(2):
        arn = {"PortfolioId": portfolio["Id"], "PrincipalARN": "arn:role", "PrincipalType": "IAM"}
        assert asked(server, "AssociatePrincipalWithPortfolio", **arn) == {}
    listed = asked(server, "ListPrincipalsForPortfolio", PortfolioId=portfolio["Id"])["Principals"]
    assert [each["PrincipalARN"] for each in listed] == ["arn:role"]


def test_only_the_management_account_has_it_and_nothing_is_half_known(server: Server) -> None:
    assert asked(server, "ListPortfolios", PAYMENTS) == "AccessDeniedException"
    assert asked(server, "DeletePortfolio", Id="port") == "NotImplementedException"
    search = {"Filters": {"SearchQuery": ["status:ERROR"]}}
    assert asked(server, "SearchProvisionedProducts", **search) == "InvalidParametersException"


def test_baselines_are_counted_and_none_is_under_change(server: Server) -> None:
    zone = server.cloud.zone
    assert zone is not None
    tower = zone.client("controltower")
    (baseline,) = tower.list_baselines()["baselines"]
    assert baseline["name"] == "AWSControlTowerBaseline"
    chosen = {"baselineIdentifiers": [baseline["arn"]]}
    enabled = tower.list_enabled_baselines(filter={**chosen, "statuses": ["SUCCEEDED"]})["enabledBaselines"]
    assert len(enabled) == len(zone.plan.organizational_units)
    changing = tower.list_enabled_baselines(filter={**chosen, "statuses": ["UNDER_CHANGE"]})
    assert changing["enabledBaselines"] == []
    tower.close()


def test_an_invoked_lambda_is_accepted_and_its_payload_is_in_the_log(server: Server) -> None:
    zone = server.cloud.zone
    assert zone is not None
    client = zone.client("lambda", zone.plan.aft_management.id)
    answer = client.invoke(FunctionName="aft-cleanup-resources", InvocationType="Event", Payload=b'{"a": 1}')
    assert answer["StatusCode"] == 202
    (call,) = server.cloud.log.select("lambda", operation="Invoke")
    assert call.parameters == {"FunctionName": "aft-cleanup-resources", "Payload": '{"a": 1}'}
    client.close()


def test_a_stranger_is_refused_there_too(server: Server) -> None:
    zone = server.cloud.zone
    assert zone is not None
    keys = {"aws_access_key_id": "AKIA", "aws_secret_access_key": "x", "aws_session_token": "x"}
    tower = zone.client("controltower", credentials=keys)
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        tower.list_baselines()
    tower.close()
