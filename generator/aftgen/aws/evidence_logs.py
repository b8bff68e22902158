"""What AFT's lambdas logged about one account: the lines that name it, and what the same run said after.

The exception of an order does not name the account; the run that it ends does, some lines before.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from aft_access.errors import AwsError
from aft_access.identity_center import Caller

from aftgen.checks.redaction import redact
from aftgen.diagnosis.evidence import Line, Subject

FUNCTIONS: Final = (
    "aft-account-request-audit-trigger",
    "aft-account-request-action-trigger",
    "aft-account-request-processor",
    "aft-invoke-aft-account-provisioning-framework",
)
_RUN_SECONDS: Final = 60
_STREAMS: Final = 3
#: A page may be empty though more follow (API reference of FilterLogEvents).
_PAGES, _EVENTS = 20, 100
_ABSENT: Final = frozenset({"ResourceNotFoundException"})


class Logs:
    """Reading only; credentials in a line are masked."""

    def __init__(self, calls: Caller) -> None:
        self._calls = calls

    def about(self, subject: Subject, since: float) -> tuple[Line, ...]:
        """Lines since a time, oldest first; a group that does not exist has none."""
        found: dict[tuple[float, str, str], Line] = {}
        for function in FUNCTIONS:
            for line in self._of(function, subject, since):
                found[line.at, line.function, line.text] = line
        return tuple(sorted(found.values(), key=lambda each: each.at))

    def _of(self, function: str, subject: Subject, since: float) -> Iterator[Line]:
        group = f"/aws/lambda/{function}"
        streams: dict[str, int] = {}
        for text, form in _forms(subject):
            for event in self._filtered(group, text, since):
                if form.search(event["message"]) is None:
                    continue
                yield _line(function, event)
                streams[event["logStreamName"]] = int(event["timestamp"])
        for stream, at in list(streams.items())[-_STREAMS:]:
            for event in self._after(group, stream, at):
                yield _line(function, event)

    def _filtered(self, group: str, text: str, since: float) -> list[dict[str, Any]]:
        pattern = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
        # AFT writes its audit record after the lambdas that hear the same change began.
        start: dict[str, Any] = {"startTime": int((since - 120) * 1000)} if since else {}
        events: list[dict[str, Any]] = []
        for _ in range(_PAGES):
            try:
                answer = self._calls.call(
                    "logs", "FilterLogEvents", logGroupName=group, filterPattern=pattern, **start
                )
            except AwsError as error:
                if error.code in _ABSENT:
                    return []
                raise
            events += answer.get("events", ())
            if not answer.get("nextToken"):
                break
            start["nextToken"] = answer["nextToken"]
        return events[-_EVENTS:]

    def _after(self, group: str, stream: str, at: int) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = self._calls.call(
            "logs",
            "GetLogEvents",
            logGroupName=group,
            logStreamName=stream,
            startTime=at,
            endTime=at + _RUN_SECONDS * 1000,
            startFromHead=True,
            limit=100,
        )["events"]
        kept: list[dict[str, Any]] = []
        for event in events:
            if event["message"].startswith("START RequestId") and kept:
                break  # the next run of the same lambda, which is about something else
            kept.append(event)
        return kept


def _forms(subject: Subject) -> Iterator[tuple[str, re.Pattern[str]]]:
    """What to look for, and how it must stand there: CloudWatch finds ``shop`` in ``workshop`` too.

    A name may be any word, so that it counts only where a line calls it a name.
    """
    around = r"(?<![\w.+@-]){}(?![\w+@-])"
    for text in filter(None, (subject.email, subject.id)):
        yield text, re.compile(around.format(re.escape(text)))
    if subject.name:
        name = around.format(re.escape(subject.name))
        yield subject.name, re.compile(rf"Account ?Name\W.{{0,20}}?{name}", re.IGNORECASE)


def _line(function: str, event: dict[str, Any]) -> Line:
    text = redact(" ".join(str(event["message"]).split()))[:500]
    return Line(at=int(event["timestamp"]) / 1000, function=function, text=text)
