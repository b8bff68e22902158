"""Step Functions: executions of AFT's state machines that take time and end as whoever plays AFT says.

moto runs a definition; AFT's own calls lambdas that nobody has here. What an execution did is said by its
`work`, when its time is over; lists, descriptions and histories answer as AWS's do.

Reference: botocore's model stepfunctions 2016-11-23 (ListExecutions newest first, DescribeExecution's `error`
and `cause`, history events); AFT's aft_account_provisioning_framework.asl.json: a caught failure ends in a
Fail state without Error and Cause, so the reason is in the history only.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aftgen.cloud.errors import AwsError

_PAGE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The state whose task failed and its cause. `caught`: AFT's Catch ended it in the Fail state."""

    state: str
    cause: str
    caught: bool = True


@dataclass(slots=True, kw_only=True)
class Run:
    """One execution; `input` is JSON text."""

    arn: str
    machine: str
    input: str
    started: float
    until: float
    work: Callable[[], Failed | None]
    status: str = "RUNNING"
    stopped: float | None = None
    failed: Failed | None = None


@dataclass(slots=True, kw_only=True)
class StateMachines:
    """The state machines of one account and region, by name."""

    account: str
    region: str
    names: set[str] = field(default_factory=set)
    runs: list[Run] = field(default_factory=list)

    def start(
        self, machine: str, given: str, *, now: float, seconds: float, work: Callable[[], Failed | None]
    ) -> Run:
        self.names.add(machine)
        arn = f"arn:aws:states:{self.region}:{self.account}:execution:{machine}:{uuid.uuid4()}"
        made = Run(arn=arn, machine=machine, input=given, started=now, until=now + seconds, work=work)
        self.runs.append(made)
        return made

    def next_at(self) -> float | None:
        return min((each.until for each in self.runs if each.status == "RUNNING"), default=None)

    def advance(self) -> None:
        """Ends the execution that ends first."""
        run = min((each for each in self.runs if each.status == "RUNNING"), key=lambda each: each.until)
        run.failed = run.work()
        run.status = "FAILED" if run.failed else "SUCCEEDED"
        run.stopped = run.until

    def find(self, arn: str) -> Run:
        found = next((each for each in self.runs if each.arn == arn), None)
        if found is None:
            raise AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")
        return found


def _list(machines: StateMachines, given: Mapping[str, Any]) -> dict[str, Any]:
    name = str(given["stateMachineArn"]).rpartition(":")[2]
    if name not in machines.names:
        raise AwsError(
            "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{given['stateMachineArn']}'"
        )
    wanted = given.get("statusFilter")
    runs = [
        each for each in reversed(machines.runs) if each.machine == name and wanted in (None, each.status)
    ]
    start, size = int(given.get("nextToken") or 0), int(given.get("maxResults") or _PAGE)
    more = {"nextToken": str(start + size)} if start + size < len(runs) else {}
    return {"executions": [_shown(each) for each in runs[start : start + size]], **more}


def _describe(machines: StateMachines, given: Mapping[str, Any]) -> dict[str, Any]:
    run = machines.find(given["executionArn"])
    shown = {**_shown(run), "input": run.input}
    if run.failed is not None and not run.failed.caught:
        shown |= {"error": "States.TaskFailed", "cause": run.failed.cause}
    return shown


def _shown(run: Run) -> dict[str, Any]:
    prefix, _, name = run.arn.rpartition(":")
    shown = {
        "executionArn": run.arn,
        "stateMachineArn": prefix.replace(":execution:", ":stateMachine:"),
        "name": name,
        "status": run.status,
        "startDate": run.started,
    }
    return shown if run.stopped is None else {**shown, "stopDate": run.stopped}


def _history(machines: StateMachines, given: Mapping[str, Any]) -> dict[str, Any]:
    run = machines.find(given["executionArn"])
    events: list[dict[str, Any]] = [{"type": "ExecutionStarted"}]
    if run.failed is not None:
        task = {
            "resourceType": "lambda",
            "resource": "invoke",
            "error": "Exception",
            "cause": run.failed.cause,
        }
        events.append({"type": "TaskStateEntered", "stateEnteredEventDetails": {"name": run.failed.state}})
        events.append({"type": "TaskFailed", "taskFailedEventDetails": task})
        if run.failed.caught:
            entered = {"name": "aft_account_provisioning_framework_notify_error"}
            events.append({"type": "TaskStateEntered", "stateEnteredEventDetails": entered})
            events.append({"type": "FailStateEntered", "stateEnteredEventDetails": {"name": "Failed"}})
        events.append({"type": "ExecutionFailed", "executionFailedEventDetails": {}})
    elif run.status == "SUCCEEDED":
        events.append({"type": "ExecutionSucceeded"})
    for number, event in enumerate(events, start=1):
        event |= {"id": number, "previousEventId": number - 1, "timestamp": run.started}
    return {"events": events[::-1] if given.get("reverseOrder") else events}


OPERATIONS: Final[Mapping[str, Callable[[StateMachines, Mapping[str, Any]], dict[str, Any]]]] = {
    "DescribeExecution": _describe,
    "GetExecutionHistory": _history,
    "ListExecutions": _list,
}
