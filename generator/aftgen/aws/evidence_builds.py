"""AFT's state machines, builds and pipelines for one account, down to the lines that a failure printed.

A failed task of a state machine tells its cause as JSON: a lambda's ``errorMessage``, an inner execution's
ARN, or a whole build. Where the cause leads, this follows (Step Functions developer guide, ``.sync``).
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from aft_access.errors import AccessError, AwsError
from aft_access.identity_center import Caller

from aftgen.aws.pipelines import AwsPipelines
from aftgen.checks.redaction import redact
from aftgen.diagnosis.evidence import Build, MachineRun, PipelineRun, Subject
from aftgen.follow.ports import NoPipeline
from aftgen.follow.values import REQUESTS_PIPELINE, pipeline_of

_FRAMEWORK: Final = "/aft/account/aft-management/sfn/aft-account-provisioning-framework-sfn-name"
_CREATE: Final = "aft-create-pipeline"
#: Executions and builds that are looked at, newest first, to find this account's.
_LOOKS, _RUNS, _LINES, _DEPTH = 100, 3, 400, 4
_EXCERPT: Final = 15
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_PHASE_FAILED: Final = re.compile(r"Phase complete: (\w+) State: FAILED")
_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException"})
_ABSENT: Final = frozenset({"StateMachineDoesNotExist", "ResourceNotFoundException", "ExecutionDoesNotExist"})


class Builds:
    """Reading only; credentials in a log are masked."""

    def __init__(self, calls: Caller, region: str) -> None:
        self._calls, self._region = calls, region
        self._pipelines = AwsPipelines(calls)
        self._inputs: dict[str, tuple[str, ...]] = {}

    def requests(self) -> PipelineRun | None:
        """The latest run of the pipeline that writes the requests."""
        return self._latest(REQUESTS_PIPELINE)[0]

    def customizations(self, account_id: str) -> tuple[PipelineRun | None, bool]:
        """The latest run of the account's pipeline, and whether it has one."""
        return self._latest(pipeline_of(account_id)) if account_id else (None, False)

    def _latest(self, pipeline: str) -> tuple[PipelineRun | None, bool]:
        try:
            executions = self._pipelines.executions(pipeline)
        except NoPipeline:
            return None, False
        latest = next((each for each in executions if each.status != "Superseded"), None)
        if latest is None:
            return None, True
        run = PipelineRun(
            pipeline=pipeline,
            id=latest.id,
            status=latest.status,
            started=latest.started,
            updated=latest.updated,
        )
        if latest.status != "Failed":
            return run, True
        failure = self._pipelines.failure(pipeline, latest.id)
        group, _, stream = failure.log_place.partition(" ")
        build = self._build(f"{group.rpartition('/')[2]}:{stream}") if stream else None
        if build is None and failure.log:
            build = Build(id="", status="FAILED", log=_clean(failure.log), log_place=failure.log_place)
        return replace(run, where=failure.where, reason=failure.reason, build=build), True

    def creation(self, account_id: str) -> Build | None:
        """The latest build that made the account's pipeline."""
        if not account_id:
            return None
        try:
            answer = self._calls.call(
                "codebuild", "ListBuildsForProject", projectName=_CREATE, sortOrder="DESCENDING"
            )
        except AwsError as error:
            if error.code in _ABSENT:
                return None
            raise
        ids: list[str] = answer.get("ids", [])[:_LOOKS]
        builds = self._calls.call("codebuild", "BatchGetBuilds", ids=ids)["builds"] if ids else []
        for found in sorted(builds, key=lambda each: each.get("startTime", 0), reverse=True):
            variables = found.get("environment", {}).get("environmentVariables", ())
            if any((each["name"], each["value"]) == ("VENDED_ACCOUNT_ID", account_id) for each in variables):
                return self._described(found)
        return None

    def framework(self, subject: Subject) -> tuple[MachineRun, ...]:
        """The latest executions for the account, newest first."""
        arn = self._machine()
        try:
            listed = self._calls.call(
                "stepfunctions", "ListExecutions", stateMachineArn=arn, maxResults=_LOOKS
            )["executions"]
        except AwsError as error:
            if error.code in _ABSENT:
                return ()
            raise
        found: list[MachineRun] = []
        wanted = {each.casefold() for each in (subject.id, subject.email) if each}
        for each in listed:
            if len(found) < _RUNS and wanted & {
                one.casefold() for one in self._for_whom(each["executionArn"])
            }:
                found.append(self._run(each))
        return tuple(found)

    def _machine(self) -> str:
        identity = self._calls.call("sts", "GetCallerIdentity")
        parameters: list[dict[str, Any]] = []
        try:
            parameters = self._calls.call("ssm", "GetParameters", Names=[_FRAMEWORK])["Parameters"]
        except AwsError as error:
            if error.code not in _DENIED:
                raise
        name = str(parameters[0]["Value"]) if parameters else "aft-account-provisioning-framework"
        partition = str(identity["Arn"]).split(":")[1]
        return f"arn:{partition}:states:{self._region}:{identity['Account']}:stateMachine:{name}"

    def _for_whom(self, arn: str) -> tuple[str, ...]:
        if arn not in self._inputs:
            answer = self._calls.call("stepfunctions", "DescribeExecution", executionArn=arn)
            given = _parsed(answer.get("input", ""))
            account = _parsed(_parsed(given.get("account_info")).get("account"))
            request = _parsed(given.get("account_request"))
            names = (account.get("id"), account.get("email"), request.get("id"))
            self._inputs[arn] = tuple(str(each) for each in names if each)
        return self._inputs[arn]

    def _run(self, listed: dict[str, Any], depth: int = _DEPTH) -> MachineRun:
        arn = str(listed["executionArn"])
        stopped = listed.get("stopDate")
        run = MachineRun(
            machine=arn.split(":")[-2],
            arn=arn,
            status=str(listed["status"]),
            started=listed["startDate"].timestamp(),
            ended=stopped.timestamp() if stopped else 0.0,
        )
        return self._failed(run, depth) if run.status not in ("RUNNING", "SUCCEEDED") else run

    def _failed(self, run: MachineRun, depth: int) -> MachineRun:
        """With the state that failed first, its cause, and what the cause leads to."""
        events: list[dict[str, Any]] = self._calls.call(
            "stepfunctions",
            "GetExecutionHistory",
            executionArn=run.arn,
            reverseOrder=True,
            maxResults=200,
        )["events"]
        state, cause, error = _first_failure(events)
        parsed = _parsed(cause)
        inner = parsed.get("ExecutionArn") or parsed.get("executionArn")
        run = replace(run, state=state, cause=_message(cause, error))
        if isinstance(inner, str) and depth:
            try:
                described = self._calls.call("stepfunctions", "DescribeExecution", executionArn=inner)
            except AccessError:
                return run
            return replace(run, inner=self._run(described, depth - 1))
        build = _parsed(parsed.get("Build")) or parsed
        build_id = str(build.get("Id", ""))
        return replace(run, build=self._build(build_id)) if ":" in build_id else run

    def _build(self, build_id: str) -> Build | None:
        try:
            found = self._calls.call("codebuild", "BatchGetBuilds", ids=[build_id])["builds"]
        except AccessError:
            return None
        return self._described(found[0]) if found else None

    def _described(self, found: dict[str, Any]) -> Build:
        logs = found.get("logs", {})
        group, stream = str(logs.get("groupName", "")), str(logs.get("streamName", ""))
        phases = [each for each in found.get("phases", ()) if str(each.get("phaseStatus")) in _BAD]
        status = str(found.get("buildStatus", ""))
        text: tuple[str, ...] = ()
        if status not in ("SUCCEEDED", "IN_PROGRESS") and group and stream:
            text = self._log(group, stream)
        phase, excerpt = _excerpt(text, str(phases[0]["phaseType"]) if phases else "")
        contexts = phases[0].get("contexts", ()) if phases else ()
        ended = found.get("endTime")
        started = found.get("startTime")
        return Build(
            id=str(found["id"]),
            status=status,
            started=started.timestamp() if started else 0.0,
            ended=ended.timestamp() if ended else 0.0,
            phase=phase,
            message=redact(" ".join(str(each.get("message", "")) for each in contexts).strip()),
            log=excerpt,
            log_place=f"{group} {stream}".strip(),
        )

    def _log(self, group: str, stream: str) -> tuple[str, ...]:
        try:
            events = self._calls.call(
                "logs",
                "GetLogEvents",
                logGroupName=group,
                logStreamName=stream,
                startFromHead=False,
                limit=_LINES,
            )["events"]
        except AccessError as error:
            return (f"the log cannot be read: {error}",)
        return _clean([line for each in events for line in str(each["message"]).splitlines()])


_BAD: Final = frozenset({"FAILED", "FAULT", "TIMED_OUT", "STOPPED", "CLIENT_ERROR"})


def _clean(log: Sequence[str]) -> tuple[str, ...]:
    """Without colours, control characters, empty lines and credentials."""
    plain = (_ESCAPES.sub("", line).replace("\t", "    ").rstrip() for line in log)
    shown = ("".join(c for c in line if c.isprintable()) for line in plain)
    return tuple(redact("\n".join(line for line in shown if line)).splitlines())


def _excerpt(log: tuple[str, ...], phase: str) -> tuple[str, tuple[str, ...]]:
    """The first failed phase, and the end of what was printed in it."""
    for number, line in enumerate(log):
        failed = _PHASE_FAILED.search(line)
        if failed and phase in ("", failed[1]):
            return failed[1], log[max(0, number - _EXCERPT + 1) : number + 1]
    return phase, log[-_EXCERPT:]


def _first_failure(events: Sequence[dict[str, Any]]) -> tuple[str, str, str]:
    """State, cause and error, from a history, newest first.

    A States.Runtime after a failed task only says that AFT's Catch kept no input (AFT reference §2.2).
    """
    cause = error = state = ""
    for event in events:
        keys = [key for key in event if key.endswith(("FailedEventDetails", "OutEventDetails"))]
        details: dict[str, Any] = event[keys[0]] if keys else {}
        if details.get("cause") and (not cause or error == "States.Runtime"):
            cause, error, state = str(details["cause"]), str(details.get("error", "")), ""
        entered = event.get("stateEnteredEventDetails")
        if cause and not state and entered:
            state = str(entered["name"])
            if error != "States.Runtime":
                break
    return state, cause, error


def _message(cause: str, error: str) -> str:
    parsed = _parsed(cause)
    if "Build" in parsed or "BuildStatus" in parsed:
        return "the build failed"
    inner = str(parsed.get("Cause") or "")
    text = str(parsed.get("errorMessage") or (_parsed(inner).get("errorMessage") or inner) or cause)
    kind = str(parsed.get("errorType") or error)
    shown = (
        text if not kind or kind in ("Exception", "States.TaskFailed") or kind in text else f"{kind}: {text}"
    )
    return redact(" ".join(shown.split()))[:600]


def _parsed(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}
