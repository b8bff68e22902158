"""What an order leaves behind in the embedded AWS: records, operations, queues, builds, history."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aftgen.cloud import LandingZone, in_process, queues, request_history, serve
from aftgen.cloud import builds as cloud_builds
from aftgen.cloud.account_factory import AccountFactory
from aftgen.cloud.baseline_operations import BaselineOperation
from aftgen.cloud.clock import Clock
from aftgen.cloud.delivery import Delivery
from aftgen.cloud.service_catalog import ServiceCatalog
from botocore.exceptions import ClientError

_PARAMETERS = {
    "AccountEmail": "new@example.com",
    "AccountName": "new",
    "ManagedOrganizationalUnit": "Sandbox",
    "SSOUserEmail": "ann@example.com",
    "SSOUserFirstName": "Ann",
    "SSOUserLastName": "Example",
}
_OPERATION = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def zone() -> Iterator[LandingZone]:
    with in_process(clock=Clock(frozen=True)) as cloud:
        made = LandingZone.build(cloud)
        cloud.service_catalog = ServiceCatalog(AccountFactory(made))
        yield made


def _catalog(zone: LandingZone) -> tuple[Any, AccountFactory]:
    assert zone.cloud.service_catalog is not None
    return zone.client("servicecatalog"), zone.cloud.service_catalog.factory


def test_records_tell_what_was_done_and_why_it_failed(zone: LandingZone) -> None:
    client, factory = _catalog(zone)
    ordered = zone.cloud.clock.now()
    order = factory.provision("new", _PARAMETERS)
    zone.cloud.clock.advance(60)
    factory.update(order.product.id, {**_PARAMETERS, "ManagedOrganizationalUnit": "Workloads"})
    rows = client.list_record_history(
        AccessLevelFilter={"Key": "Account", "Value": "self"},
        SearchFilter={"Key": "provisionedproduct", "Value": order.product.id},
    )["RecordDetails"]
    assert [(row["RecordType"], row["Status"]) for row in rows] == [
        ("UPDATE_PROVISIONED_PRODUCT", "SUCCEEDED"),
        ("PROVISION_PRODUCT", "SUCCEEDED"),
    ]
    times = [row["CreatedTime"].timestamp() for row in rows]
    assert times == pytest.approx([ordered + 60, ordered], abs=0.001)
    failed = factory.provision("taken", {**_PARAMETERS, "AccountName": "taken"})
    detail = client.describe_record(Id=failed.product.last_record)["RecordDetail"]
    assert detail["Status"] == "FAILED"
    assert [error["Description"] for error in detail["RecordErrors"]] == [failed.reason]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.describe_record(Id="rec-nobody")


def test_a_terminated_product_is_gone_and_its_name_is_free(zone: LandingZone) -> None:
    client, factory = _catalog(zone)
    failed = factory.provision("again", {**_PARAMETERS, "AccountEmail": "management@example.com"})
    assert not failed.ok
    detail = client.terminate_provisioned_product(
        ProvisionedProductId=failed.product.id, TerminateToken="token"
    )["RecordDetail"]
    assert detail["RecordType"] == "TERMINATE_PROVISIONED_PRODUCT"
    assert factory.provision("again", _PARAMETERS).ok
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        client.terminate_provisioned_product(ProvisionedProductId=failed.product.id, TerminateToken="token")


def test_a_dead_letter_is_a_message_of_afts(zone: LandingZone) -> None:
    queues.make_queues(zone)
    queues.send(zone, "ADD", _PARAMETERS)
    queues.send(zone, "UPDATE", _PARAMETERS, dead=True)
    assert [each["operation"] for each in queues.orders(zone)] == ["ADD"]
    assert queues.orders(zone, queues.DEAD_LETTERS) == [
        {"operation": "UPDATE", "control_tower_parameters": _PARAMETERS}
    ]
    sqs = zone.client("sqs", zone.plan.aft_management.id)
    url = sqs.get_queue_url(QueueName=queues.QUEUE)["QueueUrl"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["VisibilityTimeout"] == "240"
    assert json.loads(attributes["RedrivePolicy"])["maxReceiveCount"] == 1


def test_history_is_written_as_afts_lambdas_write_it(zone: LandingZone) -> None:
    _, factory = _catalog(zone)
    request_history.record(zone, "INSERT", {"id": {"S": "new@example.com"}}, at=1_800_000_000)
    request_history.hear(zone, factory.provision("new", _PARAMETERS).event, at=1_800_000_060)
    dynamodb = zone.backstage("dynamodb", zone.plan.aft_management.id)
    [audit] = dynamodb.scan(TableName="aft-request-audit")["Items"]
    assert audit == {
        "id": {"S": "new@example.com"},
        "timestamp": {"S": "2027-01-15T08:00:00.000000"},
        "ddb_event_name": {"S": "INSERT"},
    }
    [event] = dynamodb.scan(TableName="aft-controltower-events")["Items"]
    assert event["time"] == {"S": "2027-01-15T08:01:00Z"}
    details = event["detail"]["M"]["serviceEventDetails"]["M"]["createManagedAccountStatus"]["M"]
    assert details["state"] == {"S": "SUCCEEDED"}


def test_builds_beside_pipelines_are_listed_with_their_phases(zone: LandingZone) -> None:
    delivery = Delivery(zone)
    log = "hello\n[Container] Phase complete: BUILD State: FAILED Message: exit 1"
    first = cloud_builds.run(delivery, "aft-create-pipeline", "", ok=True, variables={})
    second = cloud_builds.run(
        delivery, "aft-create-pipeline", log, ok=False, variables={"VENDED_ACCOUNT_ID": "1"}
    )
    client = zone.client("codebuild", zone.plan.aft_management.id)
    listed = client.list_builds_for_project(projectName="aft-create-pipeline", sortOrder="DESCENDING")["ids"]
    assert listed == [second, first]
    [build] = client.batch_get_builds(ids=[second])["builds"]
    assert build["buildStatus"] == "FAILED"
    assert [(each["phaseType"], each["contexts"][0]["message"]) for each in build["phases"]] == [
        ("BUILD", "exit 1")
    ]
    assert (build["endTime"] - build["startTime"]).total_seconds() == 60
    assert build["environment"]["environmentVariables"][0]["value"] == "1"


def test_control_towers_operations_are_those_that_were_ordered() -> None:
    with serve(clock=Clock(frozen=True)) as server:
        zone = LandingZone.build(server.cloud)
        client = zone.client("controltower")
        busy = {"statuses": ["UNDER_CHANGE", "FAILED"]}
        assert client.list_enabled_baselines(filter=busy)["enabledBaselines"] == []
        server.cloud.baselines.append(
            BaselineOperation(id=_OPERATION, target="ou-x", status="IN_PROGRESS", message="m", started=60.0)
        )
        [one] = client.list_enabled_baselines(filter=busy)["enabledBaselines"]
        assert one["statusSummary"] == {"status": "UNDER_CHANGE", "lastOperationIdentifier": _OPERATION}
        assert client.list_enabled_baselines(filter={"statuses": ["FAILED"]})["enabledBaselines"] == []
        shown = client.get_baseline_operation(operationIdentifier=_OPERATION)["baselineOperation"]
        assert (shown["status"], shown["startTime"].timestamp()) == ("IN_PROGRESS", 60.0)
        assert "endTime" not in shown
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            client.get_baseline_operation(operationIdentifier="2" * 36)
