"""A release's own state machines, walked state by state.

The definitions are the release's (`modules/*/states/*.asl.json`), in the states that they use: Task, Choice,
Pass and Fail, with Parameters, ResultSelector, ResultPath, Retry and Catch. Retries do not wait. What a task
calls is the caller's business: `Integrations` answers by the task's resource.

Reference: AFT reference §1.4 row 9, §2.2; the Amazon States Language specification, "Input and output
processing", "Errors", "Reference paths"; AWS Step Functions guide, "Optimized integrations" (the answer of
`lambda:invoke` is {StatusCode, Payload}, of `startExecution.sync:2` the execution with Input and Output
parsed).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_PLACEHOLDER: Final = re.compile(r"\$\{\s*(\w+)\s*\}")
_MOST_STATES: Final = 100


class TaskFailed(Exception):
    """What a task raised: `error` is the States Language's error name, `cause` its text."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(cause)
        self.error = error
        self.cause = cause


#: Answers a task: its resource (an ARN) and its effective input to its result; raises TaskFailed.
Integrations = Callable[[str, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """How an execution ended. `finished` are the states that ended well, in order.

    `error` is the name and `cause` the text of the error that decided it, also when a Catch handled it.
    """

    ok: bool
    output: Any
    finished: tuple[str, ...]
    error: str = ""
    cause: str = ""


def load(path: Path, replacements: Mapping[str, str]) -> dict[str, Any]:
    """A definition with Terraform's `templatefile` replacements made. KeyError names an unknown one."""
    text = _PLACEHOLDER.sub(lambda found: replacements[found[1]], path.read_text("utf-8"))
    definition: dict[str, Any] = json.loads(text)
    return definition


def run(definition: Mapping[str, Any], given: Any, call: Integrations, *, name: str) -> Execution:
    """Runs a machine to its end; `name` is the execution's."""
    context = {"Execution": {"Name": name, "Input": given}}
    data: Any = given
    finished: list[str] = []
    error = cause = ""
    state_name: str = definition["StartAt"]
    for _ in range(_MOST_STATES):
        state = definition["States"][state_name]
        kind = state["Type"]
        if kind == "Fail":
            return Execution(ok=False, output=data, finished=tuple(finished), error=error, cause=cause)
        try:
            if kind == "Task":
                data = _task(state, data, context, call)
                following = state.get("Next")
            elif kind == "Choice":
                following = _choose(state, data)
            elif kind == "Pass":
                following = state.get("Next")
            else:
                raise TaskFailed("States.Runtime", f"a state of type {kind} is not known here")
        except TaskFailed as failure:
            error, cause = failure.error, failure.cause
            catch = _catcher(state, error)
            if catch is None:
                return Execution(ok=False, output=data, finished=tuple(finished), error=error, cause=cause)
            data = _placed(data, catch.get("ResultPath", "$"), {"Error": error, "Cause": cause})
            state_name = catch["Next"]
            continue
        finished.append(state_name)
        if following is None:
            return Execution(ok=True, output=data, finished=tuple(finished), error=error, cause=cause)
        state_name = following
    raise RuntimeError(f"{name} did not end after {_MOST_STATES} states")


def _task(state: Mapping[str, Any], data: Any, context: Mapping[str, Any], call: Integrations) -> Any:
    given = _filled(state["Parameters"], data, context) if "Parameters" in state else data
    attempts = 1 + sum(retry.get("MaxAttempts", 3) for retry in state.get("Retry", ()))
    for attempt in range(attempts):
        try:
            result = call(state["Resource"], given)
            break
        except TaskFailed:
            if attempt == attempts - 1:
                raise
    if "ResultSelector" in state:
        result = _filled(state["ResultSelector"], result, context)
    return _placed(data, state.get("ResultPath", "$"), result)


def _choose(state: Mapping[str, Any], data: Any) -> str:
    for choice in state["Choices"]:
        operators = set(choice) - {"Variable", "Next"}
        if operators != {"StringEquals"}:
            raise TaskFailed("States.Runtime", f"a choice by {sorted(operators)} is not known here")
        if _at(data, choice["Variable"]) == choice["StringEquals"]:
            return str(choice["Next"])
    return str(state["Default"])


def _catcher(state: Mapping[str, Any], error: str) -> Mapping[str, Any] | None:
    """States.ALL catches everything but States.Runtime, which no Catch can hold."""
    for catch in state.get("Catch", ()):
        if error in catch["ErrorEquals"] or (
            "States.ALL" in catch["ErrorEquals"] and error != "States.Runtime"
        ):
            return dict(catch)
    return None


def _filled(template: Any, data: Any, context: Mapping[str, Any]) -> Any:
    """A payload template: a key that ends in `.$` takes its value from a path."""
    if isinstance(template, list):
        return [_filled(each, data, context) for each in template]
    if not isinstance(template, dict):
        return template
    filled = {}
    for key, value in template.items():
        if not key.endswith(".$"):
            filled[key] = _filled(value, data, context)
        elif value.startswith("$$"):
            filled[key[:-2]] = _at(context, value[1:])
        else:
            filled[key[:-2]] = _at(data, value)
    return filled


def _at(data: Any, path: str) -> Any:
    """`$`, or names joined by dots. A path that leads nowhere is States.Runtime."""
    for name in path.split(".")[1:]:
        if not isinstance(data, Mapping) or name not in data:
            raise TaskFailed("States.Runtime", f"Invalid path '{path}': missing property in path $['{name}']")
        data = data[name]
    return data


def _placed(data: Any, path: str | None, result: Any) -> Any:
    if path is None:
        return data
    if path == "$":
        return result
    copy = dict(data)
    at = copy
    *parents, last = path.split(".")[1:]
    for name in parents:
        at[name] = dict(at.get(name, {}))
        at = at[name]
    at[last] = result
    return copy
