"""AFT's pipelines and state machines in its management account, for whoever follows them.

`Delivery(zone)` gives a landing zone AFT's two repository pipelines; `add_account` an account's own, which
starts itself because it is new. `push` is a commit that arrives at a branch. What a build or an execution
does is the caller's: `works` by CodeBuild project. `settle` lets everything end that ends until now, in the
order of time.

A cloud without a delivery answers these services as moto does.

Reference: AFT reference §1.4 rows 1, 9, 10 and 11, §6 "Push triggers"; AFT's modules aft-code-repositories,
aft-customizations; botocore's model codebuild 2016-10-06 (BatchGetBuilds, `logs`); CodeBuild user guide,
"CloudWatch Logs" (group and stream of a build).
"""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from aftgen.cloud import builds, code_pipeline, state_machines
from aftgen.cloud.code_pipeline import CREATED, PUSHED, ActionRun, Execution, Pipeline, Pipelines, Stage
from aftgen.cloud.errors import AwsError
from aftgen.cloud.request import Request
from aftgen.cloud.state_machines import Failed, Run, StateMachines

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud
    from aftgen.cloud.landing_zone import LandingZone

SERVICES: Final = frozenset({"codepipeline", "codebuild", "stepfunctions"})
REQUESTS: Final = "ct-aft-account-request"
PROVISIONING: Final = "ct-aft-account-provisioning-customizations"
FRAMEWORK: Final = "aft-account-provisioning-framework"
GLOBAL_PROJECT: Final = "aft-global-customizations-terraform"
ACCOUNT_PROJECT: Final = "aft-account-customizations-terraform"
#: AFT's pipeline, and the source action in it that a push to the repository of this name starts.
_STARTED_BY_PUSH: Final = {
    "account-request": REQUESTS,
    "account-provisioning-customizations": PROVISIONING,
}
_NOT_BY_PUSH: Final = ("aft-global-customizations", "aft-account-customizations")

#: A build: what it prints, and whether it succeeded.
Built = tuple[bool, str]
Build = Callable[[Pipeline, Execution], Built]


class Delivery:
    """The delivery of one landing zone; it becomes the cloud's."""

    def __init__(self, zone: "LandingZone", *, seconds: float = 60.0) -> None:
        plan = zone.plan
        self.zone = zone
        self.seconds = seconds
        self.pipelines = Pipelines(zone.cloud.clock.now)
        self.machines = StateMachines(account=plan.aft_management.id, region=plan.home_region)
        self.machines.names.update((FRAMEWORK, "aft-invoke-customizations"))
        self.works: dict[str, Build] = {}
        self.builds: dict[str, dict[str, Any]] = {}
        self._heads: dict[str, str] = {}
        for source, name in _STARTED_BY_PUSH.items():
            apply = Stage(name="terraform-apply", project=name, action="Apply-Terraform", seconds=seconds)
            self._add(name, (Stage(name="Source", sources=(source,), seconds=5), apply))
        zone.cloud.delivery = self

    def push(self, repository: str, commit: str) -> None:
        """A commit is at the head of the branch of one of AFT's four repositories, by AFT's name for it."""
        started = _STARTED_BY_PUSH.get(repository)
        source = repository if started else f"aft-{repository}"
        if self._heads.get(source) == commit:
            return
        self._heads[source] = commit
        if started:
            self.pipelines.named[started].start(PUSHED, self.now())

    def add_account(self, account: str) -> Pipeline:
        """What aft-create-pipeline makes. A new pipeline starts itself; one that is there stays as it is."""
        name = f"{account}-customizations-pipeline"
        if name in self.pipelines.named:
            return self.pipelines.named[name]
        stages = (
            Stage(name="Source", sources=_NOT_BY_PUSH, seconds=5),
            Stage(name="AFT-Global-Customizations", project=GLOBAL_PROJECT, seconds=self.seconds),
            Stage(name="AFT-Account-Customizations", project=ACCOUNT_PROJECT, seconds=self.seconds),
        )
        made = self._add(name, stages)
        made.start(CREATED, self.now())
        return made

    def remove_account(self, account: str) -> None:
        self.pipelines.named.pop(f"{account}-customizations-pipeline", None)

    def run_framework(
        self, account: str, email: str, work: Callable[[], Failed | None], *, seconds: float = 90.0
    ) -> Run:
        """An execution of the provisioning framework, with the parts of AFT's payload that say for whom."""
        given = {
            "account_info": {"account": {"id": account, "email": email}},
            "account_request": {"id": email, "control_tower_parameters": {"AccountEmail": email}},
            "account_provisioning": {"run_create_pipeline": "true"},
        }
        return self.machines.start(FRAMEWORK, json.dumps(given), now=self.now(), seconds=seconds, work=work)

    @property
    def parts(self) -> list[Pipeline | StateMachines]:
        """Everything in which something may be going on."""
        return [*self.pipelines.named.values(), self.machines]

    def now(self) -> float:
        return self.zone.cloud.clock.now()

    def settle(self) -> None:
        """Ends what ends until now. The caller holds no lock of the cloud: builds make calls."""
        while True:
            parts = self.parts
            due = [(at, number) for number, part in enumerate(parts) if (at := part.next_at()) is not None]
            if not due or min(due)[0] > self.now():
                return
            parts[min(due)[1]].advance()

    def write_log(self, group: str, stream: str, text: str) -> None:
        """Lines in CloudWatch, at this cloud's time: PutLogEvents refuses what is hours off the machine's."""
        from moto.logs.models import logs_backends

        account = self.zone.plan.aft_management.id
        logs = self.zone.backstage("logs", account)
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        at = int(self.now() * 1000)
        lines = [{"timestamp": at, "message": line + "\n"} for line in text.splitlines() if line]
        backend = logs_backends[account][self.zone.plan.home_region]
        backend.groups[group].put_log_events(stream, lines)

    def _add(self, name: str, stages: tuple[Stage, ...]) -> Pipeline:
        made = Pipeline(name=name, stages=stages, heads=self._heads, work=self._build)
        self.pipelines.named[name] = made
        return made

    def _build(self, pipeline: Pipeline, execution: Execution, action: ActionRun) -> str:
        project, _, stream = action.build.partition(":")
        work = self.works.get(project)
        ok, log = work(pipeline, execution) if work else (True, "")
        group = f"/aws/codebuild/{project}"
        self.write_log(group, stream, log)
        self.builds[action.build] = builds.described(
            action.build, ok=ok, log=log, started=action.started, ended=self.now()
        )
        return "" if ok else "Build terminated with state: FAILED"


def perform(cloud: "Cloud", request: Request) -> dict[str, Any]:
    """Answers one call of these services, in AFT's management account."""
    delivery = cloud.delivery
    assert delivery is not None
    if request.account != delivery.machines.account:
        raise AwsError("AccessDeniedException", "AFT's pipelines are in its management account")
    given: Mapping[str, Any] = request.parameters
    operation = request.operation
    if request.service == "codepipeline" and operation in code_pipeline.OPERATIONS:
        return code_pipeline.OPERATIONS[operation](delivery.pipelines, given)
    if request.service == "stepfunctions" and operation in state_machines.OPERATIONS:
        return state_machines.OPERATIONS[operation](delivery.machines, given)
    if request.service == "codebuild" and operation == "BatchGetBuilds":
        found = [delivery.builds[each] for each in given["ids"] if each in delivery.builds]
        return {"builds": found, "buildsNotFound": [i for i in given["ids"] if i not in delivery.builds]}
    if request.service == "codebuild" and operation == "ListBuildsForProject":
        return builds.listed(delivery, given)
    raise AwsError("NotImplementedException", f"{request.service}:{operation} is not in the embedded AWS")
