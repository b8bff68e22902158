"""A release's own functions as the judge of one stream record: `judge.py CHECKOUT`, JSON lines in and out.

The action trigger, the processor and the cleanup of the release decide; only boto3 is a stand-in, which
answers their look-ups from the world of the case and writes down what they do. It runs in the environment of
the release's lambda layer, a few thousand cases in seconds. That the stand-in tells the truth is what
`test_decisions.py` checks on a sample, with the embedded AWS in its place.
"""

import importlib
import json
import logging
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

REGION = "eu-central-1"
AFT, MANAGEMENT = "444444444444", "100000000003"
PARAMETERS = {
    "/aft/account/aft-management/account-id": AFT,
    "/aft/account/ct-management/account-id": MANAGEMENT,
    "/aft/account/log-archive/account-id": "100000000001",
    "/aft/account/audit/account-id": "100000000002",
    "/aft/resources/sqs/aft-request-queue-name": "queue",
    "/aft/config/metrics-reporting": "false",
}
ROOT = {"Id": "r-ab12", "Arn": "arn:root", "Name": "Root"}


class World:
    """One case: what can be looked up, and what was done."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.accounts = given["accounts"]
        self.products = given["products"]
        self.unit_of = given["unit_of"]
        self.did: list[str] = []
        self.queue: list[str] = []
        self.cleanups: list[str] = []


world = World({"accounts": [], "products": [], "unit_of": {}})
errors: list[str] = []


class Missing(Exception):
    pass


class Events:
    def register_first(self, *_: Any) -> None: ...


class Paginator:
    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def paginate(self, **given: Any) -> list[Any]:
        return [self.answer(**given)]


class Client:
    """Every service's calls under their own names; no name is used by two of them with different meanings."""

    meta = SimpleNamespace(events=Events(), region_name=REGION)
    exceptions = SimpleNamespace(ResourceNotFoundException=Missing)

    def __init__(self, account: str) -> None:
        self.account = account

    def get_paginator(self, name: str) -> Paginator:
        return Paginator(getattr(self, name))

    # STS and parameters
    def get_caller_identity(self) -> Any:
        return {"Account": self.account, "Arn": f"arn:aws:sts::{self.account}:assumed-role/AWSAFTAdmin/x"}

    def assume_role(self, RoleArn: str, **_: Any) -> Any:  # noqa: N803
        account = RoleArn.split(":")[4]
        return {"Credentials": {"AccessKeyId": account, "SecretAccessKey": "x", "SessionToken": "x"}}

    def get_parameter(self, Name: str, **_: Any) -> Any:  # noqa: N803
        return {"Parameter": {"Value": PARAMETERS.get(Name, Name)}}

    # Organizations
    def list_accounts(self) -> Any:
        return {"Accounts": world.accounts}

    def describe_account(self, AccountId: str) -> Any:  # noqa: N803
        found = next(each for each in world.accounts if each["Id"] == AccountId)
        return {"Account": {**found, "JoinedMethod": "CREATED", "JoinedTimestamp": "2026"}}

    def list_roots(self) -> Any:
        return {"Roots": [ROOT]}

    def list_parents(self, ChildId: str) -> Any:  # noqa: N803
        unit = world.unit_of.get(ChildId, "Dev")
        return {
            "Parents": [{"Id": f"ou-{unit}", "Type": "ROOT" if unit == "Root" else "ORGANIZATIONAL_UNIT"}]
        }

    def describe_organizational_unit(self, OrganizationalUnitId: str) -> Any:  # noqa: N803
        unit = {"Id": OrganizationalUnitId, "Name": OrganizationalUnitId.removeprefix("ou-")}
        return {"OrganizationalUnit": unit}

    # Service Catalog and Control Tower
    def describe_product_as_admin(self, **_: Any) -> Any:
        view = {"ProductViewSummary": {"ProductId": "prod"}}
        return {"ProductViewDetail": view, "ProvisioningArtifactSummaries": [{"Id": "pa"}]}

    def describe_provisioning_artifact(self, **_: Any) -> Any:
        return {"ProvisioningArtifactDetail": {"Id": "pa", "Active": True}}

    def list_portfolios(self) -> Any:
        return {
            "PortfolioDetails": [{"Id": "p", "DisplayName": "AWS Control Tower Account Factory Portfolio"}]
        }

    def associate_principal_with_portfolio(self, **_: Any) -> Any:
        return {}

    def scan_provisioned_products(self, **_: Any) -> Any:
        return self.search_provisioned_products({"SearchQuery": ["type:CONTROL_TOWER_ACCOUNT"]})

    def search_provisioned_products(self, Filters: Any, **_: Any) -> Any:  # noqa: N803
        key, _, value = Filters["SearchQuery"][0].partition(":")
        found = [
            {
                "Id": f"pp-{number}",
                "Status": "AVAILABLE",
                "LastSuccessfulProvisioningRecordId": "rec",
                "ProvisioningArtifactId": "pa",
                "ProductId": "prod",
            }
            for number, (account, _) in enumerate(world.products)
            if key == "type" or account == value
        ]
        return {"ProvisionedProducts": found}

    def get_provisioned_product_outputs(self, ProvisionedProductId: str, **_: Any) -> Any:  # noqa: N803
        return {"Outputs": [{"OutputValue": world.products[int(ProvisionedProductId[3:])][1]}]}

    def provision_product(self, **_: Any) -> Any:
        world.did.append("create")
        return {}

    def update_provisioned_product(self, **_: Any) -> Any:
        world.did.append("update")
        return {}

    def list_baselines(self) -> Any:
        return {"baselines": [{"name": "AWSControlTowerBaseline", "arn": "arn:baseline"}]}

    def list_enabled_baselines(self, **_: Any) -> Any:
        return {"enabledBaselines": []}

    # what AFT starts
    def send_message(self, MessageBody: str, **_: Any) -> Any:  # noqa: N803
        world.queue.append(MessageBody)
        return {}

    def receive_message(self, **_: Any) -> Any:
        return {"Messages": [{"Body": world.queue[0], "ReceiptHandle": "x"}]} if world.queue else {}

    def delete_message(self, **_: Any) -> Any:
        return {}

    def invoke(self, Payload: bytes, **_: Any) -> Any:  # noqa: N803
        world.cleanups.append(Payload.decode())
        return {}

    def start_execution(self, **_: Any) -> Any:
        world.did.append("customize")
        return {}

    def publish(self, **_: Any) -> Any:
        return {}

    # what the cleanup touches
    def list_pipelines(self) -> Any:
        return {"pipelines": [{"name": f"{each['Id']}-customizations-pipeline"} for each in world.accounts]}

    def list_tags_for_resource(self, **_: Any) -> Any:
        return {"tags": [{"key": "managed_by", "value": "AFT"}]}

    def list_pipeline_executions(self, **_: Any) -> Any:
        return {"pipelineExecutionSummaries": []}

    def delete_pipeline(self, **_: Any) -> Any:
        return {}


class Table:
    def delete_item(self, **_: Any) -> Any:
        world.did.append("remove")
        return {}


class Session:
    region_name = REGION

    def __init__(self, aws_access_key_id: str = AFT, **_: Any) -> None:
        self.account = aws_access_key_id

    def client(self, *_: Any, **__: Any) -> Client:
        return Client(self.account)

    def resource(self, *_: Any, **__: Any) -> Any:
        return SimpleNamespace(Table=lambda _: Table())

    def get_partition_for_region(self, _: str) -> str:
        return "aws"


class Errors(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            errors.append(json.loads(record.getMessage()))


def run(function: str, event: Any) -> str:
    """What the function raised, or nothing."""
    context = SimpleNamespace(function_name=function, aws_request_id="", log_group_name="")
    try:
        importlib.import_module(function).lambda_handler(event, context)
    except Exception as error:  # noqa: BLE001 - whatever a function raises is its verdict
        return str(error)
    return ""


def judge(case: dict[str, Any]) -> dict[str, Any]:
    global world
    world = World(case["world"])
    errors.clear()
    words = run("aft_account_request_action_trigger", {"Records": [case["record"]]})
    queued = bool(world.queue)
    if queued and not words:
        words = run("aft_account_request_processor", {})
    for payload in world.cleanups:
        words = run("aft_cleanup_resources", json.loads(payload))
    log = [text for text in errors if isinstance(text, str) and text != words]
    return {"did": world.did, "words": words, "queued": queued, "log": log}


def main() -> int:
    checkout = Path(sys.argv[1])
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(checkout / "sources/aft-lambda-layer"))
    sys.path.insert(1, str(checkout / "src/aft_lambda/aft_account_request_framework"))
    os.environ["AFT_PROVISIONING_CONCURRENCY"] = "5"
    time.sleep = lambda _: None
    import boto3
    import boto3.session

    boto3.Session = boto3.session.Session = Session  # type: ignore[misc]
    logging.getLogger().addHandler(Errors())
    for line in sys.stdin:
        print(json.dumps(judge(json.loads(line))), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
