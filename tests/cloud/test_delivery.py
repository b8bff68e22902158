"""AFT's pipelines and state machines in the embedded AWS."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from aftgen.cloud import LandingZone, in_process
from aftgen.cloud.clock import Clock
from aftgen.cloud.delivery import FRAMEWORK, GLOBAL_PROJECT, REQUESTS, Delivery
from aftgen.cloud.state_machines import Failed

from .world import PAYMENTS, PLAN, code


@pytest.fixture
def delivery() -> Iterator[Delivery]:
    with in_process(clock=Clock(frozen=True), seed=7) as cloud:
        yield Delivery(LandingZone.build(cloud, PLAN))


def client(delivery: Delivery, service: str) -> Any:
    return delivery.zone.client(service, delivery.zone.plan.aft_management.id)


def wait(delivery: Delivery, seconds: float) -> None:
    delivery.zone.cloud.clock.advance(seconds)
    delivery.settle()


def statuses(delivery: Delivery, pipeline: str) -> list[tuple[str, list[str]]]:
    """Oldest first, each with the commits that it says it runs."""
    listed = client(delivery, "codepipeline").list_pipeline_executions(pipelineName=pipeline)
    return [
        (each["status"], [revision["revisionId"] for revision in each["sourceRevisions"]])
        for each in reversed(listed["pipelineExecutionSummaries"])
    ]


def test_a_push_starts_the_request_pipeline_which_tells_its_commit_after_the_source_stage(
    delivery: Delivery,
) -> None:
    delivery.push("account-request", "c1")
    assert statuses(delivery, REQUESTS) == [("InProgress", [])]
    wait(delivery, 5)
    assert statuses(delivery, REQUESTS) == [("InProgress", ["c1"])]
    wait(delivery, 60)
    assert statuses(delivery, REQUESTS) == [("Succeeded", ["c1"])]
    delivery.push("global-customizations", "g1")
    assert len(statuses(delivery, REQUESTS)) == 1


def test_a_waiting_execution_is_superseded_by_a_later_one(delivery: Delivery) -> None:
    for commit in ("c1", "c2", "c3"):
        delivery.push("account-request", commit)
        wait(delivery, 6)
    assert statuses(delivery, REQUESTS) == [
        ("InProgress", ["c1"]),
        ("Superseded", ["c2"]),
        ("InProgress", ["c3"]),
    ]
    wait(delivery, 120)
    assert [status for status, _ in statuses(delivery, REQUESTS)] == ["Succeeded", "Superseded", "Succeeded"]


def test_a_new_account_pipeline_starts_itself_once_and_fails_with_a_log(delivery: Delivery) -> None:
    delivery.works[GLOBAL_PROJECT] = lambda *_: (False, "one\ntwo")
    name = delivery.add_account(PAYMENTS).name
    delivery.add_account(PAYMENTS)
    wait(delivery, 70)
    codepipeline = client(delivery, "codepipeline")
    (execution,) = codepipeline.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"]
    assert (execution["status"], execution["trigger"]["triggerType"]) == ("Failed", "CreatePipeline")
    actions = codepipeline.list_action_executions(
        pipelineName=name, filter={"pipelineExecutionId": execution["pipelineExecutionId"]}
    )["actionExecutionDetails"]
    assert [(each["stageName"], each["status"]) for each in actions] == [
        ("AFT-Global-Customizations", "Failed"),
        ("Source", "Succeeded"),
        ("Source", "Succeeded"),
    ]
    result = actions[0]["output"]["executionResult"]
    assert result["errorDetails"]["message"] == "Build terminated with state: FAILED"
    build = client(delivery, "codebuild").batch_get_builds(ids=[result["externalExecutionId"]])["builds"][0]
    events = client(delivery, "logs").get_log_events(
        logGroupName=build["logs"]["groupName"], logStreamName=build["logs"]["streamName"]
    )["events"]
    assert (build["buildStatus"], [each["message"] for each in events]) == ("FAILED", ["one\n", "two\n"])


def test_a_framework_run_that_a_catch_ended_tells_its_cause_in_the_history_only(delivery: Delivery) -> None:
    failed = Failed(state="tag_account", cause="no")
    run = delivery.run_framework(PAYMENTS, "payments@example.com", lambda: failed, seconds=90)
    machine = f"arn:aws:states:eu-central-1:444444444444:stateMachine:{FRAMEWORK}"
    states = client(delivery, "stepfunctions")
    assert states.list_executions(stateMachineArn=machine)["executions"][0]["status"] == "RUNNING"
    wait(delivery, 90)
    described = states.describe_execution(executionArn=run.arn)
    assert (described["status"], "cause" in described) == ("FAILED", False)
    assert json.loads(described["input"])["account_info"]["account"]["id"] == PAYMENTS
    events = states.get_execution_history(executionArn=run.arn, reverseOrder=True)["events"]
    assert [each["type"] for each in events][:4] == [
        "ExecutionFailed",
        "FailStateEntered",
        "TaskStateEntered",
        "TaskFailed",
    ]
    assert events[3]["taskFailedEventDetails"]["cause"] == "no"


def test_what_is_not_there(delivery: Delivery) -> None:
    codepipeline = client(delivery, "codepipeline")
    assert code(codepipeline.start_pipeline_execution, name="nope") == "PipelineNotFoundException"
    unknown = {"pipelineName": REQUESTS, "pipelineExecutionId": "00000000-0000-4000-8000-000000000000"}
    assert code(codepipeline.get_pipeline_execution, **unknown) == "PipelineExecutionNotFoundException"
    arn = "arn:aws:states:eu-central-1:444444444444:stateMachine:nope"
    assert (
        code(client(delivery, "stepfunctions").list_executions, stateMachineArn=arn)
        == "StateMachineDoesNotExist"
    )
    others = delivery.zone.client("codepipeline", PAYMENTS)
    assert code(others.list_pipelines) == "AccessDeniedException"
