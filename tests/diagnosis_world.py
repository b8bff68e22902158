"""AFT with its tables, queues, machines and pipelines in the embedded AWS, and accounts in every trouble."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import botocore.loaders
import pytest
from aftgen.cloud import (
    Account,
    Behaviour,
    LandingZone,
    LandingZonePlan,
    aft_management,
    queues,
    request_history,
    serve,
)
from aftgen.cloud import builds as cloud_builds
from aftgen.cloud.account_factory import AccountFactory, Product
from aftgen.cloud.clock import Clock
from aftgen.cloud.code_pipeline import Pipeline
from aftgen.cloud.delivery import FRAMEWORK, Delivery
from aftgen.cloud.service_catalog import ServiceCatalog
from aftgen.cloud.state_machines import Failed

_LOADER = botocore.loaders.create_loader(None)
SHOP = "666666666666"
PLAN = LandingZonePlan(
    accounts=(Account(id=SHOP, name="shop", email="aws+shop@example.com", ou="Sandbox"),),
    users=("ann@example.com",),
    groups={"developers": ("ann@example.com",)},
)
#: What a person needs to ask, and no more (the documented minimum for status and doctor).
READING = (
    {
        "Effect": "Allow",
        "Action": [
            "codebuild:BatchGetBuilds",
            "codebuild:ListBuildsForProject",
            "codepipeline:List*",
            "dynamodb:BatchGetItem",
            "dynamodb:Describe*",
            "dynamodb:GetItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "iam:GetRole",
            "logs:FilterLogEvents",
            "logs:GetLogEvents",
            "sns:GetTopicAttributes",
            "sns:ListSubscriptionsByTopic",
            "sqs:ChangeMessageVisibility",
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ReceiveMessage",
            "ssm:GetParameters",
            "states:DescribeExecution",
            "states:GetExecutionHistory",
            "states:ListExecutions",
        ],
        "Resource": "*",
    },
    {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "arn:aws:iam::444444444444:role/AWSAFTAdmin"},
)
REDRIVING = {"Effect": "Allow", "Action": ["sqs:SendMessage", "sqs:DeleteMessage"], "Resource": "*"}


class Time:
    """The program's clock; sleeping lets AFT get on, and may be when somebody presses Ctrl-C."""

    def __init__(self, world: "AftWorld") -> None:
        self._world = world
        self.interrupt_at = float("inf")
        self.slept = 0.0

    def now(self) -> float:
        return self._world.zone.cloud.clock.now()

    def sleep(self, seconds: float) -> None:
        self._world.zone.cloud.clock.advance(seconds)
        self.slept += seconds
        if self.slept >= self.interrupt_at:
            raise KeyboardInterrupt
        self._world.delivery.settle()


@dataclass
class AftWorld:
    """One AFT. Each step of an account's way is one method; nothing happens by itself."""

    zone: LandingZone
    folder: Path
    delivery: Delivery = field(init=False)
    factory: AccountFactory = field(init=False)
    clock: Time = field(init=False)

    def __post_init__(self) -> None:
        self.delivery = Delivery(self.zone)
        self.factory = AccountFactory(self.zone)
        self.zone.cloud.service_catalog = ServiceCatalog(self.factory)
        self.clock = Time(self)
        queues.make_queues(self.zone)

    def now(self) -> float:
        return self.zone.cloud.clock.now()

    def wait(self, seconds: float) -> None:
        self.zone.cloud.clock.advance(seconds)
        self.delivery.settle()

    def calm(self) -> None:
        """No orders and no letters, and nothing that a test began is under way: for the next test."""
        for name in (queues.QUEUE, queues.DEAD_LETTERS):
            queues.empty(self.zone, name)
        self.zone.cloud.faults.clear()
        self.zone.cloud.baselines.clear()
        self.wait(700)
        self.zone.cloud.log.clear()

    def item(self, name: str, /, **values: Any) -> dict[str, Any]:
        made = {
            "email": f"aws+{name}@example.com",
            "name": name,
            "ou": "Sandbox",
            "sso_user": "ann@example.com",
            "customizations": "",
            "tags": {},
            "custom_fields": {},
        }
        return aft_management.request_item(**{**made, **values})

    def parameters(self, name: str, /, **values: Any) -> dict[str, str]:
        found = self.item(name, **values)["control_tower_parameters"]["M"]
        return {key: value["S"] for key, value in found.items()}

    def request(self, name: str, event: str = "INSERT", /, *, row: bool = True, **values: Any) -> None:
        """A merged request: the row, and what AFT's audit lambda writes of it."""
        item = self.item(name, **values)
        dynamodb = self.zone.backstage("dynamodb", self.zone.plan.aft_management.id)
        if event == "REMOVE":
            dynamodb.delete_item(TableName="aft-request", Key={"id": item["id"]})
        elif row:
            dynamodb.put_item(TableName="aft-request", Item=item)
        request_history.record(self.zone, event, item)

    def metadata(self, account: str, name: str) -> None:
        item = {"id": account, "email": f"aws+{name}@example.com", "account_name": name}
        dynamodb = self.zone.backstage("dynamodb", self.zone.plan.aft_management.id)
        dynamodb.put_item(
            TableName="aft-request-metadata", Item={key: {"S": value} for key, value in item.items()}
        )

    def product(self, account: str, name: str) -> None:
        """The healthy product of an account that is there."""
        self.factory.products[f"pp-{name}"] = Product(
            id=f"pp-{name}",
            name=name,
            parameters=self.parameters(name),
            physical_id=account,
            status="AVAILABLE",
            last_record=f"rec-{name}",
            last_successful_record=f"rec-{name}",
            records={f"rec-{name}": ""},
            record_times={f"rec-{name}": (self.now(), self.now() + 1500)},
        )

    def errored(self, name: str, reason: str) -> None:
        """A product that ended in ERROR, with its reason; AFT hears the event."""
        product = Product(
            id=f"pp-{name}",
            name=name,
            parameters=self.parameters(name),
            status="ERROR",
            last_record=f"rec-{name}",
            records={f"rec-{name}": reason},
            record_times={f"rec-{name}": (self.now(), self.now() + 90)},
        )
        self.factory.products[product.id] = product
        request_history.hear(
            self.zone, self.factory._event("CreateManagedAccount", product, "Not Available", "", reason)
        )

    def log(self, function: str, *lines: str) -> None:
        """One run of a lambda."""
        stream = f"{function}/{self.now()}/{os.urandom(4).hex()}"
        self.delivery.write_log(f"/aws/lambda/{function}", stream, "\n".join(lines))

    def framework(self, account: str, email: str, failed: Failed | None = None) -> None:
        """A run of the framework that has ended."""
        self.delivery.run_framework(account, email, lambda: failed, seconds=90)
        self.wait(91)

    def inner(self, machine: str, failed: Failed) -> str:
        """An execution of another state machine that has failed; its ARN."""
        run = self.delivery.machines.start(
            machine, json.dumps({}), now=self.now(), seconds=10, work=lambda: failed
        )
        self.wait(11)
        return run.arn

    def pipeline(self, account: str, *, stage: str = "", log: str = "") -> Pipeline:
        """A run of the account's pipeline that has ended; `stage` (a project) failed with a log."""
        self.delivery.works = {stage: lambda *_: (False, log)} if stage else {}
        before = f"{account}-customizations-pipeline" in self.delivery.pipelines.named
        made = self.delivery.add_account(account)
        if before:
            made.start("StartPipelineExecution", self.now())
        self.wait(200)
        return made

    def created(self, account: str, log: str = "", *, ok: bool = True) -> str:
        """The build aft-create-pipeline."""
        return cloud_builds.run(
            self.delivery, "aft-create-pipeline", log, ok=ok, variables={"VENDED_ACCOUNT_ID": account}
        )

    def standing(self, name: str = "shop", account: str = SHOP, **values: Any) -> None:
        """An account that has gone the whole way."""
        self.request(name, **values)
        self.metadata(account, name)
        self.product(account, name)
        self.framework(account, f"aws+{name}@example.com")
        self.created(account)
        self.pipeline(account)

    def letters(self) -> list[Mapping[str, Any]]:
        return list(queues.orders(self.zone, queues.DEAD_LETTERS))

    def orders(self) -> list[Mapping[str, Any]]:
        return list(queues.orders(self.zone))

    def sign_in(
        self, monkeypatch: pytest.MonkeyPatch, *more: dict[str, Any], deny: tuple[str, ...] = ()
    ) -> None:
        """Credentials of a role that may read, and what more is given; some actions denied."""
        for name in [name for name in os.environ if name.startswith(("AWS_", "GITHUB_", "CI"))]:
            monkeypatch.delenv(name)
        account = self.zone.plan.aft_management.id
        role = f"reader-{os.urandom(4).hex()}"
        denied = [{"Effect": "Deny", "Action": list(deny), "Resource": "*"}] if deny else []
        with self.zone.cloud.lock, self.zone.cloud.backstage():
            arn = aft_management.make_role(
                account, role, aft_management.trust(service="sts.amazonaws.com"), *READING, *more, *denied
            )
        keys = self.zone.cloud.sessions.issue(arn, role, now=self.now())
        for name, value in {
            "AWS_ACCESS_KEY_ID": keys.access_key,
            "AWS_SECRET_ACCESS_KEY": keys.secret_key,
            "AWS_SESSION_TOKEN": keys.token,
            "AWS_ENDPOINT_URL": self.zone.cloud.endpoint or "",
            "AWS_REGION": self.zone.plan.home_region,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": str(self.folder / "none"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "none"),
        }.items():
            monkeypatch.setenv(name, value)


@contextmanager
def aft_in_trouble(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AftWorld]:
    with ExitStack() as stack:
        # Reading botocore's models is most of what a run would take.
        stack.enter_context(patch("botocore.session.create_loader", lambda *_: _LOADER))
        server = stack.enter_context(serve(Behaviour(polls_until_done=0), clock=Clock(frozen=True), seed=7))
        world = AftWorld(zone=LandingZone.build(server.cloud, PLAN), folder=folder)
        world.sign_in(monkeypatch)
        monkeypatch.setattr("aft_access.wiring.RealClock", lambda: world.clock)
        yield world


__all__ = ["FRAMEWORK", "PLAN", "REDRIVING", "SHOP", "AftWorld", "aft_in_trouble"]
