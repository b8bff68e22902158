"""A fleet plan carried out: many at once, none stopped by another, none left half done."""

import time
from threading import Lock

import pytest
from aft_access.errors import RefusedError
from aft_access.plan import Plan
from aft_access.report import Done, Report
from aftgen.fleet.converge import Ended, converge
from aftgen.fleet.plan import FleetPlan, Planned, plan
from aftgen.fleet.standings import Subject


def report(account: str, status: str = "planned", *done: Done) -> Report:
    return Report(
        account_id=account,
        account_name="",
        place="",
        sso_user_email="",
        request_id="",
        status=status,
        plan=Plan(account_id=account),
        done=done,
    )


def fleet(count: int) -> FleetPlan:
    accounts = [f"{number:012d}" for number in range(count)]
    return FleetPlan(
        accounts=tuple(Planned(subject=Subject(id=one, account=None), report=report(one)) for one in accounts)
    )


def quiet(ended: Ended, number: int, of: int) -> None:
    """Nobody listens."""


def test_no_more_at_once_than_there_are_workers() -> None:
    lock = Lock()
    running, most = 0, 0

    def run(planned: Planned) -> Report:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1
        return report(planned.subject.id, "converged")

    heard: list[tuple[int, int]] = []
    result = converge(fleet(30), run, lambda _, number, of: heard.append((number, of)), workers=3)
    assert (most, len(result.ended), result.failed, result.left) == (3, 30, [], [])
    assert heard == [(number, 30) for number in range(1, 31)]


def test_one_that_fails_stops_no_other_one() -> None:
    def run(planned: Planned) -> Report:
        if planned.subject.id.endswith("3"):
            raise RefusedError(["no"])
        return report(planned.subject.id, "failed" if planned.subject.id.endswith("4") else "converged")

    result = converge(fleet(10), run, quiet)
    assert len(result.ended) == 10
    assert {one.planned.subject.id[-1]: one.error for one in result.failed} == {
        "3": "refused, nothing was changed: no",
        "4": "",
    }


def test_interrupted_no_other_one_begins_and_those_under_way_end() -> None:
    begun, over = set(), set()

    def run(planned: Planned) -> Report:
        begun.add(planned.subject.id)
        time.sleep(0.005)
        over.add(planned.subject.id)
        return report(planned.subject.id, "converged")

    def interrupt(ended: Ended, number: int, of: int) -> None:
        if number == 1:
            raise KeyboardInterrupt

    result = converge(fleet(200), run, interrupt, workers=2)
    assert result.interrupted
    assert begun == over == {one.planned.subject.id for one in result.ended}
    assert len(result.left) + len(result.ended) == 200
    assert len(result.left) > 150


def test_a_bug_is_raised_when_the_others_have_ended() -> None:
    def run(planned: Planned) -> Report:
        raise ZeroDivisionError(planned.subject.id)

    with pytest.raises(ZeroDivisionError):
        converge(fleet(5), run, quiet)


def test_accounts_of_nobody_are_counted_and_refusals_kept() -> None:
    row = object()
    subjects = [
        Subject(id="1", account=None),
        Subject(id="2", account=None, rows=(row,)),  # type: ignore[arg-type]
        Subject(id="3", account=None, rows=(row,)),  # type: ignore[arg-type]
    ]

    def report_of(subject: Subject) -> Report:
        if subject.id == "2":
            raise RefusedError(["one", "two"])
        return report(subject.id, "unchanged")

    seen: list[tuple[str, int, int]] = []
    found = plan(subjects, report_of, lambda *told: seen.append(told))
    assert (found.left_alone, found.unchanged, found.changing) == (1, 1, ())
    assert [(one.subject.id, one.status, one.reasons) for one in found.refused] == [
        ("2", "refused", ("one", "two"))
    ]
    assert seen == [("accounts", 1, 2), ("accounts", 2, 2)]
