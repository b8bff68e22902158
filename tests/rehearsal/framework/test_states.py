"""State machines, state by state."""

from pathlib import Path
from typing import Any

import pytest
from aftgen.rehearsal.framework.states import Execution, TaskFailed, load, run

TASK = {"Type": "Task", "Resource": "task"}


def executed(states: dict[str, Any], given: Any, *answers: Any) -> tuple[Execution, list[tuple[str, Any]]]:
    """Starts at the first state; answers are given in turn, exceptions raised."""
    asked: list[tuple[str, Any]] = []
    left = list(answers)

    def call(resource: str, task_given: Any) -> Any:
        asked.append((resource, task_given))
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return run({"StartAt": next(iter(states)), "States": states}, given, call, name="run-1"), asked


def test_a_task_fills_its_parameters_and_places_its_result() -> None:
    states = {
        "first": {
            **TASK,
            "Parameters": {"Payload": {"all.$": "$", "name.$": "$$.Execution.Name", "fixed": "x"}},
            "ResultSelector": {"Code.$": "$.StatusCode"},
            "ResultPath": "$.first.answer",
            "Next": "second",
        },
        "second": {**TASK, "Parameters": {"code.$": "$.first.answer.Code"}, "End": True},
    }
    ended, asked = executed(states, {"a": 1}, {"StatusCode": 200, "Payload": None}, "done")
    assert asked == [
        ("task", {"Payload": {"all": {"a": 1}, "name": "run-1", "fixed": "x"}}),
        ("task", {"code": 200}),
    ]
    assert ended == Execution(ok=True, output="done", finished=("first", "second"))


def test_a_caught_error_goes_where_the_catch_says() -> None:
    states = {
        "work": {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "tell"}], "End": True},
        "tell": {**TASK, "Parameters": {"Message.$": "$.Cause"}, "ResultPath": None, "Next": "Failed"},
        "Failed": {"Type": "Fail"},
    }
    ended, asked = executed(states, {}, TaskFailed("RuntimeError", "no"), None)
    assert asked[1] == ("task", {"Message": "no"})
    assert (ended.ok, ended.error, ended.cause, ended.finished) == (False, "RuntimeError", "no", ("tell",))


def test_a_retry_does_not_wait_and_the_last_error_counts() -> None:
    states = {"work": {**TASK, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}], "End": True}}
    failure = TaskFailed("E", "again")
    ended, asked = executed(states, {}, failure, failure, "well")
    assert (ended.ok, ended.output, len(asked)) == (True, "well", 3)
    ended, asked = executed(states, {}, failure, failure, failure)
    assert (ended.ok, ended.cause, len(asked)) == (False, "again", 3)


def test_a_choice_and_a_pass() -> None:
    states = {
        "which": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.a.b", "StringEquals": "true", "Next": "yes"}],
            "Default": "no",
        },
        "yes": {"Type": "Pass", "End": True},
        "no": {"Type": "Fail"},
    }
    assert executed(states, {"a": {"b": "true"}})[0].finished == ("which", "yes")
    assert executed(states, {"a": {"b": "false"}})[0].ok is False


def test_a_path_that_leads_nowhere_ends_the_execution_past_every_catch() -> None:
    """AFT reference §2.2: a Catch without ResultPath leaves no `$.Input` to the Choice behind it."""
    states = {
        "work": {**TASK, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "which"}], "End": True},
        "which": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.Input.run", "StringEquals": "true", "Next": "end"}],
            "Default": "end",
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "end"}],
        },
        "end": {"Type": "Pass", "End": True},
    }
    ended, _ = executed(states, {"Input": {"run": "true"}}, TaskFailed("E", "no machine"))
    assert (ended.ok, ended.error) == (False, "States.Runtime")
    assert "missing property in path $['Input']" in ended.cause


def test_a_kind_of_state_that_is_not_known_fails() -> None:
    assert (
        executed({"map": {"Type": "Map", "End": True}}, {})[0].cause
        == "a state of type Map is not known here"
    )


def test_an_unknown_replacement_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "machine.json"
    path.write_text('{"StartAt": "${ first }"}')
    assert load(path, {"first": "a"}) == {"StartAt": "a"}
    with pytest.raises(KeyError, match="first"):
        load(path, {})
