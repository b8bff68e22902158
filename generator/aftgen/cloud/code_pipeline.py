"""CodePipeline: executions that move through the stages of a pipeline, one at a time in each stage.

moto's execution has succeeded before it began, has no stages and no source revisions. Here an execution is in
a stage for as long as the stage takes, waits where an earlier one still is, is superseded where a later one
waits behind it, and says which commits it runs only once its source stage is through.

Time moves by `settle(now)` and never by a request: what a build does makes requests of its own.

Reference: botocore's model codepipeline 2015-07-09 (shapes, and the statuses of executions, stages and
actions); CodePipeline user guide, "How pipeline executions work" (a stage is locked while an execution is in
it; in the mode SUPERSEDED an execution that waits is replaced by a later one) and "Stop a pipeline
execution"; AFT's module aft-code-repositories and sources/aft-customizations-common (stages, actions, V2, no
mode: SUPERSEDED).
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aftgen.cloud.errors import AwsError, invalid

Status = Literal["InProgress", "Succeeded", "Failed", "Superseded", "Stopped"]
#: What StartPipelineExecution, a new pipeline and a push through a connection leave as their trigger.
STARTED, CREATED, PUSHED = "StartPipelineExecution", "CreatePipeline", "WebhookV2"
_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A source stage has `sources`, by action; any other one build, in a CodeBuild project."""

    name: str
    sources: tuple[str, ...] = ()
    project: str = ""
    action: str = "Apply"
    seconds: float = 60.0


@dataclass(slots=True, kw_only=True)
class ActionRun:
    """One action of one execution. `build` is the CodeBuild build's id, "" for a source."""

    id: str
    stage: str
    action: str
    started: float
    build: str = ""
    status: str = "InProgress"
    updated: float = 0.0
    message: str = ""


@dataclass(slots=True, kw_only=True)
class Execution:
    """`stage` is the one that it is in (`until` says how long) or waits for (`until` is None)."""

    id: str
    trigger: str
    started: float
    updated: float
    status: Status = "InProgress"
    stage: int = 0
    until: float | None = None
    revisions: dict[str, str] = field(default_factory=dict)
    actions: list[ActionRun] = field(default_factory=list)


#: What a build does when its time is over: the reason why it failed, or "".
Work = Callable[["Pipeline", Execution, ActionRun], str]
Heads = Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Pipeline:
    """`heads` maps a source action to its branch's commit. Executions are in order, oldest first."""

    name: str
    stages: tuple[Stage, ...]
    heads: Heads
    work: Work
    executions: list[Execution] = field(default_factory=list)
    stuck: bool = False

    def start(self, trigger: str, now: float) -> Execution:
        made = Execution(id=str(uuid.uuid4()), trigger=trigger, started=now, updated=now)
        self.executions.append(made)
        self._arrived(made, now)
        self._admit(now)
        return made

    def stop(self, execution: Execution, now: float) -> None:
        """Stopped and abandoned, at once."""
        self._end(execution, "Stopped", now)
        self._admit(now)

    def next_at(self) -> float | None:
        """When the next stage ends, if one is running."""
        ends = [each.until for each in self.executions if each.until is not None]
        return None if self.stuck or not ends else min(ends)

    def advance(self) -> None:
        """Ends the stage that ends first."""
        running = [each for each in self.executions if each.until is not None]
        execution = min(running, key=lambda each: each.until or 0.0)
        now = execution.until or 0.0
        stage = self.stages[execution.stage]
        failed = ""
        if stage.sources:
            execution.revisions = {name: self.heads.get(name, "") for name in stage.sources}
        for action in execution.actions:
            if action.stage == stage.name and action.status == "InProgress":
                failed = self.work(self, execution, action) if action.build else ""
                action.status = "Failed" if failed else "Succeeded"
                action.updated, action.message = now, failed
        if execution.status != "InProgress":
            return  # stopped by what it ran
        if failed:
            self._end(execution, "Failed", now)
        elif execution.stage + 1 == len(self.stages):
            self._end(execution, "Succeeded", now)
        else:
            execution.stage += 1
            execution.until = None
            execution.updated = now
            self._arrived(execution, now)
        self._admit(now)

    def _arrived(self, execution: Execution, now: float) -> None:
        """Whoever waits at the same stage is superseded by who comes later."""
        for other in self.executions:
            waits = other.status == "InProgress" and other.until is None and other.stage == execution.stage
            if waits and other is not execution:
                later = max(other, execution, key=self.executions.index)
                self._end(other if later is execution else execution, "Superseded", now)

    def _admit(self, now: float) -> None:
        for execution in self.executions:
            if execution.status != "InProgress" or execution.until is not None:
                continue
            stage = self.stages[execution.stage]
            inside = (each for each in self.executions if each.until is not None)
            if any(each.stage == execution.stage for each in inside):
                continue
            execution.until = now + stage.seconds
            execution.updated = now
            for action in stage.sources or (stage.action,):
                build = "" if stage.sources else f"{stage.project}:{uuid.uuid4()}"
                run = ActionRun(
                    id=str(uuid.uuid4()), stage=stage.name, action=action, started=now, build=build
                )
                run.updated = now
                execution.actions.append(run)

    def _end(self, execution: Execution, status: Status, now: float) -> None:
        execution.status, execution.until, execution.updated = status, None, now
        for action in execution.actions:
            if action.status == "InProgress":
                action.status, action.updated = "Abandoned", now


class Pipelines:
    """The pipelines of AFT's management account, by name."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.now = now
        self.named: dict[str, Pipeline] = {}

    def find(self, name: str) -> Pipeline:
        if name not in self.named:
            raise AwsError(
                "PipelineNotFoundException", f"Account does not have a pipeline with name '{name}'"
            )
        return self.named[name]


def _listed(pipelines: Pipelines, given: Mapping[str, Any]) -> dict[str, Any]:
    listed = [{"name": name, "version": 1, "pipelineType": "V2"} for name in sorted(pipelines.named)]
    return _page("pipelines", listed, given)


def _start(pipelines: Pipelines, given: Mapping[str, Any]) -> dict[str, Any]:
    return {"pipelineExecutionId": pipelines.find(given["name"]).start(STARTED, pipelines.now()).id}


def _stop(pipelines: Pipelines, given: Mapping[str, Any]) -> dict[str, Any]:
    pipeline = pipelines.find(given["pipelineName"])
    execution = _find(pipeline, given["pipelineExecutionId"])
    if execution.status != "InProgress":
        raise AwsError("PipelineExecutionNotStoppableException", "Unable to stop pipeline execution.")
    pipeline.stop(execution, pipelines.now())
    return {"pipelineExecutionId": execution.id}


def _executions(pipelines: Pipelines, given: Mapping[str, Any]) -> dict[str, Any]:
    """Newest first."""
    pipeline = pipelines.find(given["pipelineName"])
    shown = [
        {
            "pipelineExecutionId": each.id,
            "status": each.status,
            "startTime": each.started,
            "lastUpdateTime": each.updated,
            "sourceRevisions": [
                {"actionName": name, "revisionId": revision} for name, revision in each.revisions.items()
            ],
            "trigger": {"triggerType": each.trigger, "triggerDetail": ""},
            "executionMode": "SUPERSEDED",
            "executionType": "STANDARD",
        }
        for each in reversed(pipeline.executions)
    ]
    return _page("pipelineExecutionSummaries", shown, given)


def _execution(pipelines: Pipelines, given: Mapping[str, Any]) -> dict[str, Any]:
    pipeline = pipelines.find(given["pipelineName"])
    found = _find(pipeline, given["pipelineExecutionId"])
    return {
        "pipelineExecution": {
            "pipelineName": pipeline.name,
            "pipelineVersion": 1,
            "pipelineExecutionId": found.id,
            "status": found.status,
            "artifactRevisions": [
                {"name": f"source-{name}", "revisionId": revision}
                for name, revision in found.revisions.items()
            ],
            "trigger": {"triggerType": found.trigger, "triggerDetail": ""},
            "executionMode": "SUPERSEDED",
            "executionType": "STANDARD",
        }
    }


def _actions(pipelines: Pipelines, given: Mapping[str, Any]) -> dict[str, Any]:
    """Newest first; an execution's, when the filter names it."""
    pipeline = pipelines.find(given["pipelineName"])
    wanted = given.get("filter", {}).get("pipelineExecutionId")
    chosen = [_find(pipeline, wanted)] if wanted else pipeline.executions
    shown = [
        {
            "pipelineExecutionId": each.id,
            "actionExecutionId": action.id,
            "pipelineVersion": 1,
            "stageName": action.stage,
            "actionName": action.action,
            "startTime": action.started,
            "lastUpdateTime": action.updated,
            "status": action.status,
            "output": {"executionResult": _result(action)} if action.build else {},
        }
        for each in chosen
        for action in each.actions
    ]
    return _page("actionExecutionDetails", shown[::-1], given)


def _result(action: ActionRun) -> dict[str, Any]:
    """What CodePipeline says about a build; the reason is in the build's log only."""
    result: dict[str, Any] = {"externalExecutionId": action.build}
    if action.status == "Failed":
        message = "Build terminated with state: FAILED"
        result["errorDetails"] = {"code": "JobFailed", "message": message}
    return result


def _find(pipeline: Pipeline, execution: str) -> Execution:
    found = next((each for each in pipeline.executions if each.id == execution), None)
    if found is None:
        raise AwsError("PipelineExecutionNotFoundException", f"Execution {execution} was not found")
    return found


def _page(key: str, rows: list[Any], given: Mapping[str, Any]) -> dict[str, Any]:
    size = int(given.get("maxResults") or _PAGE)
    if not 1 <= size <= 1000:
        raise invalid("maxResults")
    start = int(given.get("nextToken") or 0)
    more = {"nextToken": str(start + size)} if start + size < len(rows) else {}
    return {key: rows[start : start + size], **more}


OPERATIONS: Final[Mapping[str, Callable[[Pipelines, Mapping[str, Any]], dict[str, Any]]]] = {
    "GetPipelineExecution": _execution,
    "ListActionExecutions": _actions,
    "ListPipelineExecutions": _executions,
    "ListPipelines": _listed,
    "StartPipelineExecution": _start,
    "StopPipelineExecution": _stop,
}
