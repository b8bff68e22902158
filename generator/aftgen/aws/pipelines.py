"""AFT's pipelines on AWS: executions, starting one, and the failed action with the end of its build's log.

Source: botocore's models codepipeline 2015-07-09, codebuild 2016-10-06 and logs 2014-03-28. The reason of a
failed build is in its log only: CodePipeline says "Build terminated with state: FAILED".
"""

from collections.abc import Sequence
from typing import Any, Final

from aft_access.errors import AccessError, AwsError
from aft_access.identity_center import Caller

from aftgen.follow.ports import NoPipeline
from aftgen.follow.values import Execution, Failure

_LATEST: Final = 25
#: Lines of a log that are worth reading first.
LOG_LINES: Final = 20


class AwsPipelines:
    """The port ``Pipelines``."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    def executions(self, pipeline: str) -> Sequence[Execution]:
        answer = self._call("ListPipelineExecutions", pipelineName=pipeline, maxResults=_LATEST)
        found = [_execution(each) for each in answer["pipelineExecutionSummaries"]]
        return sorted(found, key=lambda each: each.started, reverse=True)

    def start(self, pipeline: str) -> str:
        return str(self._call("StartPipelineExecution", name=pipeline)["pipelineExecutionId"])

    def failure(self, pipeline: str, execution: str) -> Failure:
        only = {"pipelineExecutionId": execution}
        try:
            answer = self._call("ListActionExecutions", pipelineName=pipeline, filter=only)
        except (AccessError, NoPipeline) as error:
            return Failure(reason=f"why cannot be read: {error}")
        failed = [each for each in answer["actionExecutionDetails"] if each.get("status") == "Failed"]
        if not failed:
            return Failure()
        action = max(failed, key=lambda each: each["lastUpdateTime"])
        result = action.get("output", {}).get("executionResult", {})
        error_ = result.get("errorDetails", {})
        reason = error_.get("message") or result.get("externalExecutionSummary") or ""
        log, place = self._log(str(result.get("externalExecutionId", "")))
        where = f"{action['stageName']}/{action['actionName']}"
        return Failure(where=where, reason=reason, log=log, log_place=place)

    def _log(self, build: str) -> tuple[tuple[str, ...], str]:
        """The last lines that a build printed, and the log's group and stream."""
        if ":" not in build:
            return (), ""
        try:
            builds = self._calls.call("codebuild", "BatchGetBuilds", ids=[build])["builds"]
            logs: dict[str, Any] = builds[0].get("logs", {}) if builds else {}
            group, stream = logs.get("groupName", ""), logs.get("streamName", "")
            if not group or not stream:
                return (), ""
            events = self._calls.call(
                "logs",
                "GetLogEvents",
                logGroupName=group,
                logStreamName=stream,
                startFromHead=False,
                limit=3 * LOG_LINES,
            )["events"]
        except AccessError as error:
            return (f"the log cannot be read: {error}",), ""
        lines = [line.rstrip() for each in events for line in str(each["message"]).splitlines()]
        return tuple([line for line in lines if line][-LOG_LINES:]), f"{group} {stream}"

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        try:
            return self._calls.call("codepipeline", operation, **arguments)
        except AwsError as error:
            if error.code == "PipelineNotFoundException":
                raise NoPipeline(str(error)) from error
            raise


def _execution(found: dict[str, Any]) -> Execution:
    return Execution(
        id=found["pipelineExecutionId"],
        status=found["status"],
        started=found["startTime"].timestamp(),
        updated=found.get("lastUpdateTime", found["startTime"]).timestamp(),
        revisions={
            each["actionName"]: each["revisionId"]
            for each in found.get("sourceRevisions", ())
            if each.get("revisionId")
        },
    )
