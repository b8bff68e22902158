"""The diagnosis for a person, 80 columns wide, and for a machine."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from textwrap import wrap
from typing import Any, Final

from aftgen.diagnosis.diagnose import Diagnosis, Finding
from aftgen.diagnosis.evidence import Evidence
from aftgen.diagnosis.progress import State
from aftgen.diagnosis.timeline import Moment, timeline
from aftgen.follow.report import minutes

VERSION: Final = 1
_WIDTH: Final = 78
_MARK: Final = {"ok": "ok", "failed": "FAILED", "running": "running", "": ""}

#: A line and its colour for a terminal, "" for none.
Styled = tuple[str, str]


def lines(evidence: Evidence, diagnosis: Diagnosis) -> Iterator[Styled]:
    """Everything, the diagnosis last: it is what stays on the screen."""
    subject = evidence.subject
    names = " · ".join(filter(None, (subject.name, subject.email, subject.id)))
    yield names, "bold"
    yield from _facts(evidence)
    moments = timeline(evidence)
    if moments:
        yield "", ""
        yield from _timeline(moments)
    by_reason: dict[str, list[str]] = {}
    for part, why in evidence.unreadable.items():
        by_reason.setdefault(why, []).append(part)
    for why, parts in by_reason.items():
        yield from _indented("  ", f"not readable: {', '.join(parts)}: {why}", "yellow")
    yield "", ""
    yield from _diagnosis(diagnosis)


def short(diagnosis: Diagnosis) -> str:
    """One line, for whoever watches."""
    return f"{diagnosis.state}: {diagnosis.now}"


def _facts(evidence: Evidence) -> Iterator[Styled]:
    row, member, product, access = evidence.row, evidence.member, evidence.product, evidence.access
    if row is not None:
        customization = f", customization {row.customization}" if row.customization else ""
        yield from _indented("  request   ", f"{row.ou}{customization}")
    if member is not None:
        yield from _indented("  account   ", f"{member.status} in {member.ou_name} ({member.ou_id})")
    if product is not None:
        healthy = "healthy" if product.is_healthy else "not healthy"
        yield from _indented("  product   ", f"{product.name} {product.status}, {healthy} ({product.id})")
    if evidence.queue is not None and row is not None and member is None:
        queue = evidence.queue
        letters = "dead letter" if queue.dead == 1 else "dead letters"
        text = f"{queue.waiting} waiting, {queue.in_flight} at work, {queue.dead} {letters}"
        yield from _indented("  queue     ", text)
    if access is not None:
        plan = f"; a plan now: {access.plan}" if access.plan else ""
        grants = "grant" if access.owned == 1 else "grants"
        yield from _indented("  access    ", f"{access.owned} {grants} of ours{plan}")


def _timeline(moments: tuple[Moment, ...]) -> Iterator[Styled]:
    day = ""
    for moment in moments:
        at = datetime.fromtimestamp(moment.at, UTC)
        if at.strftime("%Y-%m-%d") != day:
            day = at.strftime("%Y-%m-%d")
            yield f"{day} (UTC)", "dim"
        took = minutes(moment.seconds) if moment.seconds is not None else ""
        colour = {"failed": "red", "running": "yellow"}.get(moment.outcome, "")
        head = f"  {at:%H:%M:%S}  {took:>10}  {_MARK[moment.outcome]:<7}  "
        detail = f": {moment.detail}" if moment.detail else ""
        yield from _indented(head, moment.what + detail, colour)


def _diagnosis(diagnosis: Diagnosis) -> Iterator[Styled]:
    colour = "green" if diagnosis.state in (State.OK, State.REMOVED) else "red"
    if diagnosis.state in (State.RUNNING, State.AHEAD, State.UNREAD):
        colour = "yellow"
    yield from _indented("", f"{diagnosis.state}: {diagnosis.now}", colour)
    if diagnosis.finding is not None:
        yield from _finding(diagnosis.finding)
    for each in diagnosis.later:
        yield from _indented("  then      ", f"{each.signal.stage.shown}: {each.title}")
    for remark in diagnosis.remarks:
        yield from _indented("  note      ", remark)


def _finding(finding: Finding) -> Iterator[Styled]:
    signal = finding.signal
    where = ", ".join(filter(None, (signal.state, f"phase {signal.phase}" if signal.phase else "")))
    if where:
        yield from _indented("  where     ", where)
    yield from _indented("  said      ", signal.text)
    if finding.meaning:
        yield from _indented("  means     ", finding.meaning)
    for number, step in enumerate(finding.repair, start=1):
        yield from _indented(f"  {'repair' if number == 1 else '':<10}{number}. ", step)
    if finding.known is not None:
        yield from _indented("  source    ", finding.known.source, "dim")
    if signal.excerpt:
        yield "  log", ""
        for line in signal.excerpt:
            yield f"    {line}"[:160], "dim"
    if signal.place:
        yield from _indented("  place     ", signal.place, "dim")


def _indented(head: str, text: str, colour: str = "") -> Iterator[Styled]:
    """Text after a head; its further lines begin below the first one's text."""
    blank = " " * len(head)
    rows = [row for line in text.splitlines() for row in _rows(line, max(20, _WIDTH - len(head)))] or [""]
    for number, row in enumerate(rows):
        yield (head if number == 0 else blank) + row, colour


def _rows(line: str, width: int) -> list[str]:
    return wrap(line, width, break_on_hyphens=False)


def as_object(evidence: Evidence, diagnosis: Diagnosis) -> dict[str, Any]:
    """The whole of it, version 1. Times are ISO 8601 in UTC, durations seconds."""
    return {
        "version": VERSION,
        "account": asdict(evidence.subject),
        "at": iso(evidence.at),
        "state": str(diagnosis.state),
        "now": diagnosis.now,
        "finding": _as_finding(diagnosis.finding) if diagnosis.finding else None,
        "later": [_as_finding(each) for each in diagnosis.later],
        "remarks": list(diagnosis.remarks),
        "in_files": evidence.in_files,
        "unreadable": {str(part): why for part, why in evidence.unreadable.items()},
        "timeline": [
            {
                "at": iso(each.at),
                "what": each.what,
                "outcome": each.outcome or None,
                "seconds": each.seconds,
                "detail": each.detail,
            }
            for each in timeline(evidence)
        ],
        "evidence": _evidence(evidence),
    }


def _evidence(evidence: Evidence) -> dict[str, Any]:
    """The values as they were read; a dead letter without its receipt, which is nobody's business."""
    found = {
        name: getattr(evidence, name)
        for name in ("row", "queue", "product", "member", "creation", "requests", "pipeline", "access")
    }
    shown = {name: _plain(value) for name, value in found.items()}
    letters = [{k: v for k, v in _plain(each).items() if k != "receipt"} for each in evidence.letters]
    return {
        **shown,
        "letters": letters,
        "audit": [_plain(each) for each in evidence.audit],
        "events": [_plain(each) for each in evidence.events],
        "operations": [_plain(each) for each in evidence.operations],
        "runs": [_plain(each) for each in evidence.runs],
        "log": [_plain(each) for each in evidence.lines],
    }


def _plain(value: Any) -> Any:
    return None if value is None else asdict(value)


def _as_finding(finding: Finding) -> dict[str, Any]:
    signal = finding.signal
    return {
        "id": finding.known.id if finding.known else None,
        "title": finding.title,
        "stage": signal.stage.shown,
        "state": signal.state,
        "phase": signal.phase,
        "said": signal.text,
        "log": list(signal.excerpt),
        "place": signal.place,
        "at": iso(signal.at) if signal.at else None,
        "meaning": finding.meaning,
        "repair": list(finding.repair),
        "way": str(finding.known.way) if finding.known else None,
        "source": finding.known.source if finding.known else None,
    }


def iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
