"""Progress: plain lines, JSON lines, and the live list of a terminal."""

import io
import json
from dataclasses import replace

import pytest
from aftgen.rehearsal.display import JsonLines, Lines, LiveList, line
from aftgen.rehearsal.events import Event, Run, Status

STARTED = Event(stage="customizations", status=Status.STARTED, account="lab")
PASSED = Event(stage="global pre", status=Status.PASSED, account="lab", run=Run.SECOND, seconds=1.26)
ONCE = Event(stage="guardrails", status=Status.PASSED, seconds=0.7)
REFUSED = Event(
    stage="control tower", status=Status.REFUSED, account="bad", reason="CT Request\nis not valid"
)


def test_a_line_has_account_stage_end_time_and_reason() -> None:
    assert line(PASSED) == "lab                   global pre (again)         passed     1.3 s"
    assert line(REFUSED) == (
        "bad                   control tower              refused           CT Request is not valid"
    )
    assert line(Event(stage="requests", status=Status.PASSED, run=Run.BEFORE)) == (
        "all requests          requests (before)          passed"
    )
    assert line(ONCE) == "organization          guardrails                 passed     0.7 s"


def test_plain_lines_tell_what_has_ended() -> None:
    stream = io.StringIO()
    with Lines(stream) as display:
        display.hear(STARTED)
        display.hear(PASSED)
    assert stream.getvalue() == line(PASSED) + "\n"


def test_json_lines_tell_everything(capsys: pytest.CaptureFixture[str]) -> None:
    with JsonLines() as display:
        display.hear(STARTED)
        display.hear(REFUSED)
    first, second = map(json.loads, capsys.readouterr().out.splitlines())
    assert first == {
        "version": 1,
        "event": "stage",
        "run": "first",
        "account": "lab",
        "stage": "customizations",
        "status": "started",
        "seconds": None,
        "reason": None,
        "log": None,
    }
    assert (second["status"], second["seconds"], second["reason"]) == (
        "refused",
        0.0,
        "CT Request\nis not valid",
    )


def test_a_terminal_keeps_one_line_for_each_account_that_ended(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTY_COMPATIBLE", "1")
    monkeypatch.setenv("COLUMNS", "100")
    done = Event(stage="customizations", status=Status.PASSED, account="lab", seconds=2.0)
    with LiveList(colour=False) as display:
        for event in (STARTED, PASSED, REFUSED, done, ONCE, replace(ONCE, status=Status.FAILED)):
            display.hear(event)
    kept = [each for each in capsys.readouterr().err.splitlines() if "✓" in each or "✗" in each]
    assert [each[each.index(mark) :].split()[:3] for each, mark in zip(kept, "✗✓✗", strict=True)] == [
        ["✗", "bad", "control"],
        ["✓", "lab", "customizations"],
        ["✗", "organization", "guardrails"],
    ]
