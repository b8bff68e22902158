"""The steps of `rehearsal/chain.py`, done by a checkout of the AFT framework instead of `builtin.py`.

    deliver     aft_account_request_audit_trigger and _action_trigger get the stream record; what they start
                is read from the embedded AWS and run in turn: the queued message by
                aft_account_request_processor, the removal by aft_cleanup_resources, Control Tower's event by
                aft_controltower_event_logger and aft_invoke_aft_account_provisioning_framework
    provision   the execution that they started, through the release's own state machines and their functions
    customize   the release's own buildspecs (`buildspecs.py`)

Answered here, not by the release: EventBridge's and Lambda's deliveries, the five minutes between two runs of
the processor, our own state machine (a Pass state), and the build aft-create-pipeline, which would only apply
AFT's Terraform for one CodePipeline: the pipeline is made as that Terraform declares it.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aftgen.cloud.account_factory import AccountFactory
from aftgen.errors import UsageError
from aftgen.rehearsal.chain import Change, Delivery, Outcome, Provisioned, Setting
from aftgen.rehearsal.framework import deployment, states
from aftgen.rehearsal.framework.buildspecs import Builds
from aftgen.rehearsal.framework.lambdas import LAYER_PROJECT, Invocation, Lambdas, requirements
from aftgen.rehearsal.framework.pipeline import ReleasePipeline
from aftgen.rehearsal.framework.states import TaskFailed

if TYPE_CHECKING:
    from aftgen.cloud.account_factory import Order
    from aftgen.rehearsal.pipeline import PipelineResult, StageResult
    from aftgen.rehearsal.trees import Trees

_STATE_PREFIX = "aft_account_provisioning_framework_"


class Checkout:
    """A folder with one release of the framework."""

    def __init__(self, folder: Path) -> None:
        """Raises UsageError for a folder that is none."""
        self.folder = folder
        missing = [
            name
            for name in (LAYER_PROJECT, "src/aft_lambda", deployment.FRAMEWORK_DEFINITION, "VERSION")
            if not (folder / name).exists()
        ]
        if missing:
            raise UsageError(
                f"{folder} is no checkout of the AFT framework: it has no {missing[0]}",
                hint="give the root of aws-ia/terraform-aws-control_tower_account_factory at one release",
            )
        self.version = (folder / "VERSION").read_text("utf-8").strip()


class ReleaseFramework:
    """One release against one landing zone: the protocol `Framework`."""

    def __init__(self, checkout: Checkout, setting: Setting) -> None:
        self.checkout = checkout
        self.zone = setting.zone
        self._has_state_machine = setting.has_state_machine
        self._inputs: dict[str, Any] = {}  # account to the input of its latest execution
        self._pipeline: ReleasePipeline | None = None
        self.factory = AccountFactory(setting.zone)
        deployment.deploy(setting.zone, self.factory, checkout.version)
        names = deployment.replacements(setting.zone)
        self._machine = states.load(checkout.folder / deployment.FRAMEWORK_DEFINITION, names)
        self._features = states.load(checkout.folder / deployment.FEATURES_DEFINITION, names)
        layer = setting.workspace.folder / "lambda-layer.txt"
        layer.write_text(requirements(checkout.folder), encoding="utf-8")
        self._lambdas = Lambdas(
            checkout.folder,
            setting.zone,
            python=setting.environments.of(layer).folder / "bin" / "python",
            processes=setting.workspace,
        )
        self.builds = Builds(
            checkout.folder,
            setting.zone,
            environments=setting.environments,
            processes=setting.workspace,
        )

    @property
    def release(self) -> str:
        return self.checkout.version

    def publish(self, trees: "Trees") -> None:
        self._pipeline = ReleasePipeline(self.builds, trees)

    # --- deliver
    # ----------------------------------------------------------------------------------------------

    def deliver(self, change: Change) -> Delivery:
        ran: list[Invocation] = []
        event = {"Records": [change.record()]}
        heard = self._listen()
        for function in ("aft_account_request_audit_trigger", "aft_account_request_action_trigger"):
            ran.append(self._lambdas.invoke(function, event))
        if not ran[-1].ok:
            return _refused(change, ran, self._account(change.row.id))
        if removal := heard("lambda", "Invoke"):
            return self._remove(change, ran, json.loads(removal[-1]["Payload"]))
        if heard("sqs", "SendMessage"):
            return self._process(change, ran)
        return self._started(change, ran, Outcome.CUSTOMIZED, heard)

    def _remove(self, change: Change, ran: list[Invocation], payload: Mapping[str, Any]) -> Delivery:
        account = self._account(change.row.id)
        ran.append(self._lambdas.invoke("aft_cleanup_resources", payload))
        if not ran[-1].ok:
            return _refused(change, ran, account)
        return Delivery(change=change, outcome=Outcome.REMOVED, account=account, log=_text(ran))

    def _process(self, change: Change, ran: list[Invocation]) -> Delivery:
        """The next run of the processor, which takes one message."""
        catalog = self.zone.cloud.service_catalog
        assert catalog is not None
        known = len(catalog.orders)
        ran.append(self._lambdas.invoke("aft_account_request_processor", {}))
        if not ran[-1].ok:
            return _refused(change, ran, self._account(change.row.id))
        orders = catalog.orders[known:]
        if not orders:
            raise RuntimeError(f"the processor ended well and ordered nothing:\n{_text(ran)}")
        return self._ordered(change, ran, orders[-1])

    def _ordered(self, change: Change, ran: list[Invocation], order: "Order") -> Delivery:
        """Control Tower's event goes to both of its listeners, whatever it says."""
        heard = self._listen()
        ran.append(self._lambdas.invoke("aft_controltower_event_logger", order.event))
        ran.append(self._lambdas.invoke("aft_invoke_aft_account_provisioning_framework", order.event))
        if not order.ok:
            return Delivery(
                change=change, outcome=Outcome.REFUSED, reasons=(order.reason, ran[-1].error), log=_text(ran)
            )
        if not ran[-1].ok:
            return _refused(change, ran, order.account)
        outcome = Outcome.CREATED if change.event == "INSERT" else Outcome.UPDATED
        return self._started(change, ran, outcome, heard)

    def _started(self, change: Change, ran: list[Invocation], outcome: Outcome, heard: "_Heard") -> Delivery:
        executions = heard("stepfunctions", "StartExecution")
        if not executions:
            raise RuntimeError(f"AFT's functions ended well and started nothing:\n{_text(ran)}")
        given = json.loads(executions[-1]["input"])
        account = given["account_info"]["account"]["id"]
        self._inputs[account] = given
        return Delivery(change=change, outcome=outcome, account=account, log=_text(ran))

    def _listen(self) -> "_Heard":
        """Answers a function: parameters of the calls of an operation that succeeded since now."""
        log = self.zone.cloud.log
        known = max((call.number for call in log), default=0)

        def heard(service: str, operation: str) -> list[Mapping[str, Any]]:
            calls = log.select(service, operation=operation, outcome="ok")
            return [call.parameters for call in calls if call.number > known]

        return heard

    def _account(self, email: str) -> str:
        found = (each.id for each in self.zone.accounts() if each.email.lower() == email.lower())
        return next(found, "")

    # --- provision
    # --------------------------------------------------------------------------------------------

    def provision(self, delivery: Delivery) -> Provisioned:
        account = delivery.account
        ran: list[Invocation] = []
        pipelines = self._pipelines()

        def call(resource: str, given: Any) -> Any:
            return self._task(resource, given, ran)

        execution = states.run(
            self._machine, self._inputs[account], call, name=f"{account}-{len(self._inputs)}"
        )
        return Provisioned(
            account=account,
            ok=execution.ok,
            steps=tuple(name.removeprefix(_STATE_PREFIX) for name in execution.finished),
            pipeline_started=account not in pipelines and account in self._pipelines(),
            reason=_message(execution.cause) if not execution.ok else "",
            log=_text(ran),
        )

    def _task(self, resource: str, given: Any, ran: list[Invocation]) -> Any:
        if resource.endswith(":lambda:invoke"):
            return {
                "StatusCode": 200,
                "Payload": self._function(given["FunctionName"], given["Payload"], ran),
            }
        if resource.endswith(":states:startExecution.sync:2"):
            return self._machine_run(given["StateMachineArn"].rpartition(":")[2], given["Input"], ran)
        if resource.endswith(":sns:publish"):
            message = given["Message"] if isinstance(given["Message"], str) else json.dumps(given["Message"])
            sns = self.zone.backstage("sns", self.zone.plan.aft_management.id)
            sent: dict[str, Any] = sns.publish(TopicArn=given["TopicArn"], Message=message)
            return {"MessageId": sent["MessageId"]}
        if resource.endswith(":codebuild:startBuild.sync"):
            (variable,) = given["EnvironmentVariablesOverride"]
            self._create_pipeline(variable["Value"])
            build = {"BuildStatus": "SUCCEEDED", "BuildComplete": True}
            return {"SdkHttpMetadata": {"HttpStatusCode": 200}, "Build": build}
        return self._function(resource, given, ran)

    def _function(self, name: str, payload: Any, ran: list[Invocation]) -> Any:
        ran.append(self._lambdas.invoke(name, payload))
        if not ran[-1].ok:
            cause = json.dumps({"errorMessage": ran[-1].error, "errorType": ran[-1].type})
            raise TaskFailed(ran[-1].type, cause)
        return ran[-1].result

    def _machine_run(self, name: str, given: Any, ran: list[Invocation]) -> Any:
        output = given
        if name == deployment.FEATURES_MACHINE:

            def call(resource: str, task_given: Any) -> Any:
                return self._task(resource, task_given, ran)

            execution = states.run(self._features, given, call, name=name)
            if not execution.ok:
                raise TaskFailed("States.TaskFailed", execution.cause)
            output = execution.output
        elif not self._has_state_machine:
            raise TaskFailed(
                "StepFunctions.StateMachineDoesNotExistException", f"State Machine Does Not Exist: '{name}'"
            )
        return {"Name": name, "Status": "SUCCEEDED", "Input": given, "Output": output}

    def _pipelines(self) -> set[str]:
        """The accounts that have a customizations pipeline."""
        pipelines = self.zone.backstage("codepipeline", self.zone.plan.aft_management.id)
        return {each["name"].partition("-")[0] for each in pipelines.list_pipelines()["pipelines"]}

    def _create_pipeline(self, account: str) -> None:
        """As AFT's customizations_pipeline/codepipeline.tf declares it."""
        if account in self._pipelines():
            return
        aft = self.zone.plan.aft_management.id
        stages = ("Source", "AFT-Global-Customizations", "AFT-Account-Customizations")
        action = {
            "name": "Apply",
            "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
        }
        self.zone.backstage("codepipeline", aft).create_pipeline(
            pipeline={
                "name": f"{account}-customizations-pipeline",
                "roleArn": f"arn:aws:iam::{aft}:role/{deployment.PIPELINE_ROLE}",
                "artifactStore": {"type": "S3", "location": f"aft-customizations-pipeline-{aft}"},
                "stages": [{"name": name, "actions": [action]} for name in stages],
                "version": 1,
            },
            tags=[{"key": "managed_by", "value": "AFT"}],
        )

    # --- customize
    # --------------------------------------------------------------------------------------------

    def customize(
        self, account: str, on_stage: "Callable[[StageResult], None] | None" = None
    ) -> "PipelineResult":
        assert self._pipeline is not None, "nothing was published"
        return self._pipeline.run(account, on_stage)


_Heard = Callable[[str, str], list[Mapping[str, Any]]]


def _refused(change: Change, ran: list[Invocation], account: str) -> Delivery:
    reasons = (ran[-1].error, *ran[-1].errors)
    return Delivery(change=change, outcome=Outcome.REFUSED, account=account, reasons=reasons, log=_text(ran))


def _text(ran: list[Invocation]) -> str:
    return "\n".join(each.text for each in ran)


def _message(cause: str) -> str:
    """A lambda's error message out of the cause that Step Functions gives."""
    try:
        read = json.loads(cause)
    except ValueError:
        return cause
    return str(read.get("errorMessage", cause)) if isinstance(read, dict) else cause
