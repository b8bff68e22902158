"""A repository with a remote, AWS as AFT leaves it over HTTP, and AFT played in it: nobody waits.

Time is the embedded AWS's. It moves when the program sleeps, and what AFT would have done meanwhile is done
then: AFT's pipelines run what was pushed, the framework runs, and an account's pipeline runs this project's
own `aft_access` on the tree that its execution has, with the credentials of an AFT build.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import botocore.loaders
import pytest
from aft_access import cli as aft_access_cli
from aft_access.wiring import Wiring
from aftgen.changes.access import Policy
from aftgen.changes.load import side
from aftgen.cloud import (
    Account,
    Behaviour,
    LandingZone,
    LandingZonePlan,
    aft_management,
    serve,
    write_profiles,
)
from aftgen.cloud.account_factory import Product
from aftgen.cloud.clock import Clock
from aftgen.cloud.code_pipeline import Execution, Pipeline
from aftgen.cloud.delivery import GLOBAL_PROJECT, REQUESTS, Built, Delivery
from aftgen.cloud.service_catalog import ServiceCatalog
from aftgen.cloud.state_machines import Failed
from aftgen.organization import Organization
from aftgen.rehearsal.builtin import BuiltIn
from aftgen.rehearsal.chain import Change, Outcome, Setting, changes
from aftgen.repository import Repository
from aftgen.request_row import RequestRow
from published_world import World, git

from .access_files import UNITS, catalogue, granting

_LOADER = botocore.loaders.create_loader(None)
LAB, SHOP = "555555555555", "666666666666"
PLAN = LandingZonePlan(
    organizational_units=UNITS,
    accounts=(
        Account(id=LAB, name="lab", email="aws+lab@example.com", ou="Sandbox", tags={"Team": "lab"}),
        Account(id=SHOP, name="shop", email="aws+shop@example.com", ou="Workloads/Prod"),
    ),
    users=("ann@example.com", "ops@example.com"),
    groups={"developers": ("ann@example.com",), "auditors": ("ann@example.com",)},
)
#: What docs/adopt.md says that the publishing role needs: the tests have no more.
ADOPT = Path(__file__).parents[2] / "docs/adopt.md"
PUBLISHING = tuple(json.loads(re.findall(r"```json\n(.*?)```", ADOPT.read_text(), re.DOTALL)[0])["Statement"])


@dataclass
class Aft:
    """AFT in one landing zone. `broken` names accounts (or the request pipeline) whose next builds fail."""

    zone: LandingZone
    world: World
    folder: Path
    clock: "Time" = field(init=False)
    delivery: Delivery = field(init=False)
    framework: BuiltIn = field(init=False)
    broken: dict[str, str] = field(default_factory=dict)
    framework_fails: dict[str, Failed] = field(default_factory=dict)
    deaf: bool = False
    rows: list[RequestRow] = field(default_factory=list)
    later: list[tuple[float, Any]] = field(default_factory=list)
    builds: list[str] = field(default_factory=list)
    wanted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.clock = Time(self)
        self.delivery = Delivery(self.zone)
        self.framework = BuiltIn(Setting(zone=self.zone, workspace=None, environments=None))  # type: ignore[arg-type]
        self.zone.cloud.service_catalog = ServiceCatalog(self.framework.factory)
        for number, account in enumerate(self.zone.plan.accounts):
            parameters = {"AccountEmail": account.email, "AccountName": account.name}
            self.framework.factory.products[f"pp-{number}"] = Product(
                id=f"pp-{number}",
                name=account.name,
                parameters=parameters,
                physical_id=account.id,
                status="AVAILABLE",
                last_record="rec-0",
                last_successful_record="rec-0",
            )
        self.delivery.works[REQUESTS] = self._apply
        self.delivery.works[GLOBAL_PROJECT] = self._customize

    def begin(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Everything that a test before has started ends, everything published counts as followed."""
        self.deaf = False
        self.broken.clear()
        self.framework_fails.clear()
        self.clock.interrupt_at = float("inf")
        for pipeline in self.delivery.pipelines.named.values():
            pipeline.stuck = False
        self.finish()
        self.clock.slept = 0.0
        source = git(self.world.work, "rev-parse", "HEAD")
        dynamodb = self.zone.backstage("dynamodb", self.zone.plan.aft_management.id)
        row = {"pk": {"S": "publish"}, "sk": {"S": "followed"}, "source": {"S": source}}
        dynamodb.put_item(TableName="aftgen-access", Item=row)
        self.ran()
        self.zone.cloud.log.clear()
        sign_in(self, monkeypatch)

    def finish(self) -> None:
        """Lets everything end that is going on."""
        self.clock.sleep(10)
        while self.later or any(part.next_at() is not None for part in self.delivery.parts):
            self.clock.sleep(60)

    def grants(self, name: str, *groups: str, **values: str) -> None:
        """A merged change of what an account's request grants."""
        ou = {"lab": "Sandbox", "shop": "Prod (ou-ab12-wlprod01)"}[name]
        self.world.request(name, **{"ou": ou, "extra": granting(*groups), **values})
        self.world.merge(f"{name}: {' '.join(groups) or 'nobody'}")

    def flip(self, name: str) -> set[str]:
        """A merged change of who may read in an account; who that is then."""
        account = {"lab": LAB, "shop": SHOP}[name]
        now = self.wanted.get(account, ("developers",))
        other = ("auditors",) if now == ("developers",) else ("developers",)
        self.wanted[account] = other
        self.grants(name, *other)
        return {f"group:{each}" for each in other}

    def reading(self, account: str) -> set[str]:
        """Who may read in an account."""
        return {who for _, name, who in self.zone.access(account) if name == "Reading"}

    def started(self) -> list[str]:
        """The pipelines that somebody started over the API."""
        calls = self.zone.cloud.log.select("codepipeline", operation="StartPipelineExecution", outcome="ok")
        return [str(call.parameters["name"])[:12] for call in calls]

    def pushed(self) -> None:
        """What is at the branches of the remote now has arrived."""
        for name, commit in self.world.heads().items():
            self.delivery.push(name, commit)

    def tick(self) -> None:
        if not self.deaf:
            self.pushed()
        for at, act in sorted(self.later, key=lambda each: each[0]):
            if at <= self.clock.now():
                self.later.remove((at, act))
                act()
        self.delivery.settle()

    def ran(self) -> list[str]:
        """The accounts whose pipelines ran, in order, since the last time that somebody asked."""
        found, self.builds = self.builds, []
        return found

    def _apply(self, _: Pipeline, execution: Execution) -> Built:
        if REQUESTS in self.broken:
            return False, self.broken.pop(REQUESTS)
        tree = self._export(execution.revisions["account-request"])
        policy = Policy(organization=Organization())
        found = side(Repository(root=tree, requests=tree / "terraform"), terraform=False, policy_of=policy)
        after = list(found.rows.values())
        dynamodb = self.zone.backstage("dynamodb", self.zone.plan.aft_management.id)
        for change in changes(self.rows, after):
            if change.new is not None:
                dynamodb.put_item(TableName=aft_management.REQUEST_TABLE, Item=change.new.item())
            else:
                key = {"id": {"S": change.row.id}}
                dynamodb.delete_item(TableName=aft_management.REQUEST_TABLE, Key=key)
            self._deliver(change)
        self.rows = after
        return True, "Apply complete!"

    def _deliver(self, change: Change) -> None:
        delivered = self.framework.deliver(change)
        if delivered.outcome is Outcome.REFUSED:
            group = "/aws/lambda/aft-account-request-processor"
            self.delivery.write_log(group, str(self.clock.now()), "\n".join(delivered.reasons))
        if delivered.outcome is Outcome.REMOVED:
            self.delivery.remove_account(delivered.account)
        if delivered.outcome not in (Outcome.CREATED, Outcome.UPDATED, Outcome.CUSTOMIZED):
            return

        def provision() -> Failed | None:
            if change.row.name in self.framework_fails:
                return self.framework_fails.pop(change.row.name)
            done = self.framework.provision(delivered)
            if not done.ok:
                return Failed(state=done.reason.partition(":")[0], cause=done.reason)
            self.delivery.add_account(delivered.account)
            return None

        def run() -> None:
            self.delivery.run_framework(delivered.account, change.row.id, provision)

        slow = delivered.outcome is not Outcome.CUSTOMIZED
        self.later.append((self.clock.now() + (1500.0 if slow else 1.0), run))

    def _customize(self, pipeline: Pipeline, execution: Execution) -> Built:
        account = pipeline.name[:12]
        self.builds.append(account)
        if account in self.broken:
            return False, self.broken.pop(account)
        tree = self._export(execution.revisions["aft-global-customizations"])
        if not (tree / "identity-center").is_dir():
            return True, "nothing"
        number = next(self._numbers)
        environment = write_profiles(self.zone, account=account, directory=self.folder / f"build-{number}")
        own = self.zone.build_credentials()
        environment |= {
            "AWS_ACCESS_KEY_ID": own.access_key,
            "AWS_SECRET_ACCESS_KEY": own.secret_key,
            "AWS_SESSION_TOKEN": own.token,
            "CODEBUILD_BUILD_ID": f"aft-global-customizations-terraform:{number}",
        }
        heard = StringIO()
        code = 0
        with patch.dict(os.environ, environment), redirect_stdout(heard), redirect_stderr(heard):
            for phase in ("pre", "post"):
                code = code or aft_access_cli.main(
                    ["--tree", str(tree), "apply", "--phase", phase],
                    make=lambda at, _: Wiring(
                        tree=at, account_id=account, environment={**os.environ}, clock=Busy(self.zone)
                    ),
                )
        return code == 0, heard.getvalue()

    def _export(self, commit: str) -> Path:
        tree = self.folder / commit[:16]
        if not tree.exists():
            tree.mkdir(parents=True)
            archive = subprocess.run(
                ["git", "archive", commit], cwd=self.world.origin, capture_output=True, check=True
            )
            subprocess.run(["tar", "-x", "-C", str(tree)], input=archive.stdout, check=True)
        return tree


class Time:
    """The program's clock: sleeping lets AFT get on. `interrupt_at` is when somebody presses Ctrl-C."""

    def __init__(self, aft: Aft) -> None:
        self._aft = aft
        self._clock = aft.zone.cloud.clock
        self.slept = 0.0
        self.interrupt_at = float("inf")

    def now(self) -> float:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self._clock.advance(seconds)
        if self.slept >= self.interrupt_at:
            self.interrupt_at = float("inf")
            raise KeyboardInterrupt
        self._aft.tick()


class Busy:
    """The clock of what runs inside a build: time passes, and nothing else gets on meanwhile."""

    def __init__(self, zone: LandingZone) -> None:
        self._clock = zone.cloud.clock

    def now(self) -> float:
        return self._clock.now()

    def sleep(self, seconds: float) -> None:
        self._clock.advance(seconds)


def sign_in(aft: Aft, monkeypatch: pytest.MonkeyPatch) -> None:
    """New credentials of the publishing role, as a workflow gets them."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "GITHUB_", "CI"))]:
        monkeypatch.delenv(name)
    account = aft.zone.plan.aft_management.id
    arn = f"arn:aws:iam::{account}:role/aftgen-publish"
    keys = aft.zone.cloud.sessions.issue(arn, "aftgen-publish", now=aft.zone.cloud.clock.now())
    for name, value in {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token,
        "AWS_ENDPOINT_URL": aft.zone.cloud.endpoint or "",
        "AWS_REGION": aft.zone.plan.home_region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(aft.folder / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(aft.folder / "none"),
    }.items():
        monkeypatch.setenv(name, value)


@contextmanager
def aft_world(folder: Path, monkeypatch: pytest.MonkeyPatch, plan: LandingZonePlan = PLAN) -> Iterator[Aft]:
    """AFT has taken over `lab` and `shop`, and their pipelines have run; nothing is granted."""
    world = World.make(folder / "repository")
    catalogue(world)
    for name, ou in (("lab", "Sandbox"), ("shop", "Prod (ou-ab12-wlprod01)")):
        world.request(name, ou=ou, extra=granting("developers"))
    world.merge("Access")
    with ExitStack() as stack:
        # Reading botocore's models is most of what a run would take.
        stack.enter_context(patch("botocore.session.create_loader", lambda *_: _LOADER))
        server = stack.enter_context(serve(Behaviour(polls_until_done=0), clock=Clock(frozen=True), seed=7))
        zone = LandingZone.build(server.cloud, plan)
        account = plan.aft_management.id
        with server.cloud.lock, server.cloud.backstage():
            aft_management.make_role(
                account,
                "aftgen-publish",
                aft_management.trust(service="sts.amazonaws.com"),
                *PUBLISHING,
            )
        aft = Aft(zone=zone, world=world, folder=folder / "trees")
        sign_in(aft, monkeypatch)
        monkeypatch.setattr("aft_access.wiring.RealClock", lambda: aft.clock)
        monkeypatch.chdir(world.root)
        world.publish(first=True)
        aft.finish()
        assert aft.ran() == [LAB, SHOP]
        yield aft
