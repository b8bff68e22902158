"""Preflight and waves: what starts, what waits, what is left alone."""

from dataclasses import replace

import pytest
from aft_access.errors import AwsError
from aftgen.follow.fleet import Job, State, job_of, observe, startable
from aftgen.follow.fleet_run import FleetRun
from aftgen.follow.preflight import Verdict, look
from aftgen.follow.report import job_line, job_lines, summary
from aftgen.follow.values import Execution, Vended

from .follow_fakes import WANTED, Clock, Pipelines, execution, vended

OLD = execution("old", "Succeeded", 1.0, g="g1", a="a1")
RUNNING = execution("run", "InProgress", 500.0, g="g2", a="a2")


@pytest.mark.parametrize(
    ("account", "executions", "verdict", "reason"),
    [
        (vended(1), [OLD], Verdict.START, ""),
        (vended(1), [], Verdict.START, ""),
        (vended(1), [RUNNING, OLD], Verdict.JOIN, ""),
        (vended(1), [replace(RUNNING, revisions={}), OLD], Verdict.WAIT, ""),
        (vended(1), [replace(RUNNING, started=99.0)], Verdict.WAIT, ""),
        (vended(1), None, Verdict.SKIP, "it has no pipeline: AFT's provisioning framework has not made it"),
        (
            vended(1, request=""),
            [OLD],
            Verdict.SKIP,
            "it has no request: AFT stops its whole aft-invoke-customizations at such an account",
        ),
        (vended(1, status="SUSPENDED"), [OLD], Verdict.SKIP, "it is suspended"),
        (vended(1, status="PENDING_CLOSURE"), [OLD], Verdict.SKIP, "it is pending closure"),
        (vended(1, status="GONE"), [OLD], Verdict.SKIP, "it is not in the organization"),
    ],
)
def test_preflight(
    account: Vended, executions: list[Execution] | None, verdict: Verdict, reason: str
) -> None:
    found = look(account, executions, revisions=WANTED, since=100.0)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert bool(found.next_step) is (verdict is Verdict.SKIP)


def test_a_running_one_is_waited_for_where_nobody_knows_the_commits() -> None:
    assert look(vended(1), [RUNNING]).verdict is Verdict.WAIT


def fleet(clock: Clock, pipelines: Pipelines, count: int, limit: int) -> tuple[FleetRun, list[str]]:
    said: list[str] = []
    made = FleetRun(pipelines, clock, lambda job: said.append(job_line(job)), limit=limit, revisions=WANTED)
    for number in range(count):
        account = vended(number)
        pipelines.known.setdefault(f"{account.id}-customizations-pipeline", [OLD])
        found = look(account, pipelines.known[f"{account.id}-customizations-pipeline"], revisions=WANTED)
        made.add(job_of(found, clock.now()))
    return made, said


def test_waves_never_exceed_the_limit() -> None:
    clock = Clock()
    pipelines = Pipelines(clock, seconds=100.0)
    made, _ = fleet(clock, pipelines, 7, 3)
    made.run(clock.now() + 3600)
    assert [job.state for job in made.jobs.values()] == [State.SUCCEEDED] * 7
    assert (len(pipelines.started), pipelines.running_at_once) == (7, 3)


def test_a_run_that_may_not_have_the_commit_is_waited_for_and_then_one_is_started() -> None:
    clock = Clock()
    pipelines = Pipelines(clock, seconds=100.0)
    name = f"{vended(0).id}-customizations-pipeline"
    pipelines.known[name] = [execution("other", "InProgress", 990.0, g="g1", a="a1")]
    clock.after.append((1100.0, lambda: pipelines.end(name, "other")))
    made, said = fleet(clock, pipelines, 1, 1)
    made.run(clock.now() + 3600)
    assert said == [
        "account-0: waits for the run that is going on: other may not have this commit",
        "account-0: queued",
        "account-0: started (new-0)",
        "account-0: succeeded after 2 min",
    ]


def test_failure_stuck_and_stopped() -> None:
    clock = Clock()
    pipelines = Pipelines(clock)
    made, _ = fleet(clock, pipelines, 3, 3)
    clock.after.append((1100.0, lambda: pipelines.end(pipelines.started[0], "new-0", "Failed")))
    clock.after.append((1100.0, lambda: pipelines.end(pipelines.started[1], "new-1", "Stopped")))
    made.run(clock.now() + 600)
    failed, stopped, stuck = made.jobs.values()
    assert list(job_lines(failed)) == [
        "account-0: failed: Stage/Apply: it broke",
        "    | one",
        "    | two",
        "    log: group stream",
    ]
    assert job_line(stopped) == "account-1: failed: somebody ended it (stopped)"
    assert job_line(stuck) == "account-2: still running: the time is over"
    assert summary(made.jobs.values()) == "2 failed, 1 still running"
    assert clock.now() <= 1600


def test_without_waiting_all_are_started_in_waves_and_the_last_are_left() -> None:
    clock = Clock()
    pipelines = Pipelines(clock, seconds=100.0)
    made, _ = fleet(clock, pipelines, 3, 2)
    made.run(clock.now() + 3600, wait=False)
    assert len(pipelines.started) == 3
    assert summary(made.jobs.values()) == "2 succeeded, 1 still running"


def test_superseded_goes_on_with_what_took_its_place() -> None:
    job = Job(account=vended(1), state=State.RUNNING, execution="one", started=10.0)
    one, two = execution("one", "Superseded", 10.0), execution("two", "Superseded", 20.0)
    three = execution("three", "InProgress", 20.0)
    found = observe(job, [three, two, one], 100.0)
    assert (found.state, found.execution, found.note) == (State.RUNNING, "three", "superseded by three")
    assert observe(job, [one], 100.0) == job
    ended = observe(job, [replace(three, status="Succeeded"), two, one], 100.0)
    assert (ended.state, ended.ended) == (State.SUCCEEDED, 100.0)


def test_afts_first_run_is_awaited_and_not_started() -> None:
    job = Job(account=vended(1), state=State.FIRST, since=50.0)
    assert observe(job, None, 60.0) == job
    assert observe(job, [execution("before", started=10.0)], 60.0) == job
    assert startable([job], 5) == ()
    running = observe(job, [execution("first", "InProgress", 55.0)], 60.0)
    assert (running.state, running.execution) == (State.RUNNING, "first")


def test_a_call_that_fails_for_a_while_does_not_end_the_run_and_expired_credentials_do() -> None:
    clock = Clock()
    pipelines = Pipelines(clock, seconds=30.0)
    made, _ = fleet(clock, pipelines, 1, 1)
    broken = [AwsError("ListPipelineExecutions", "ConnectTimeoutError", "no route")] * 5
    real = pipelines.executions

    def executions(pipeline: str) -> object:
        if broken:
            raise broken.pop()
        return real(pipeline)

    pipelines.executions = executions  # type: ignore[assignment,method-assign]
    made.run(clock.now() + 3600)
    assert summary(made.jobs.values()) == "1 succeeded"
    again, _ = fleet(clock, pipelines, 1, 1)
    broken.append(AwsError("ListPipelineExecutions", "ExpiredTokenException", "expired"))
    with pytest.raises(AwsError, match="expired"):
        again.run(clock.now() + 3600)
