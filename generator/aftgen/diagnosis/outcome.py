"""Signals that nothing reported: an account, or an order, that is not as its request says."""

import json
from collections.abc import Iterator
from typing import Final

from aftgen.diagnosis.evidence import Evidence, Part
from aftgen.diagnosis.stage import Signal, Stage
from aftgen.limits import parse_ou

#: AFT takes one order every five minutes; when its queue has been empty for so long, the order is gone.
LOST_AFTER: Final = 900.0


def outcome(evidence: Evidence) -> Iterator[Signal]:
    row, member = evidence.row, evidence.member
    if row is None:
        return
    if member is None:
        yield from _vanished(evidence)
        product = evidence.product
        if product is not None and product.is_healthy and evidence.can(Part.ACCOUNT):
            text = (
                f"Service Catalog has the healthy product {product.name}, and Organizations no account of it"
            )
            yield Signal(stage=Stage.OUTCOME, sign="no account", text=text, place=product.id)
        return
    if row.id.casefold() != member.email.casefold():
        text = f"the request says {row.id}, the account {member.id} has {member.email}"
        yield Signal(stage=Stage.OUTCOME, sign="email differs", text=text)
    settled = evidence.product is None or evidence.product.status != "UNDER_CHANGE"
    wanted = parse_ou(row.ou)
    if settled and member.ou_id and row.ou:
        by_id = wanted.id is not None and wanted.id != member.ou_id
        by_name = wanted.id is None and wanted.name != member.ou_name
        if by_id or by_name:
            now = f"{member.ou_name} ({member.ou_id})"
            sign = "other unit of the name" if by_id and wanted.name == member.ou_name else "ou differs"
            text = f"the request says {row.ou}, the account is in {now}"
            yield Signal(stage=Stage.OUTCOME, sign=sign, text=text)
    if row.name and row.name != member.name:
        text = f"the request says {row.name}, the account is called {member.name}"
        yield Signal(stage=Stage.OUTCOME, sign="name differs", text=text)
    left = sorted((_keys_once(evidence) - set(_object(row.tags))) & set(member.tags))
    if left:
        text = f"no longer in the request, and still on the account: {', '.join(left)}"
        yield Signal(stage=Stage.OUTCOME, sign="tags left", text=text)
    running = any(run.status == "RUNNING" for run in evidence.runs)
    if not evidence.has_pipeline and not running and _finished(evidence):
        text = "the framework succeeded, and the account has no customizations pipeline"
        yield Signal(stage=Stage.OUTCOME, sign="no pipeline", text=text)
    if evidence.has_pipeline and not evidence.has_metadata and evidence.can(Part.REQUEST):
        text = "aft-request-metadata has no row of the account"
        yield Signal(stage=Stage.OUTCOME, sign="no metadata", text=text)


def _finished(evidence: Evidence) -> bool:
    last = max(evidence.runs, key=lambda each: each.started, default=None)
    return last is not None and last.status == "SUCCEEDED" and evidence.can(Part.CUSTOMIZATIONS)


def _vanished(evidence: Evidence) -> Iterator[Signal]:
    """The order is in no queue, and nothing came of it."""
    needed = (Part.QUEUE, Part.LETTERS, Part.PRODUCT, Part.ACCOUNT, Part.AUDIT)
    queue = evidence.queue
    if not evidence.can(*needed) or queue is None or evidence.product is not None or not evidence.audit:
        return
    waits = queue.waiting or queue.in_flight or evidence.letters
    if not waits and evidence.at - evidence.changed > LOST_AFTER:
        text = "the order is in no queue any more, and there is neither a product nor an account"
        yield Signal(stage=Stage.OUTCOME, sign="vanished", text=text)


def _keys_once(evidence: Evidence) -> set[str]:
    return {key for record in evidence.audit for key in _object(record.row.tags)}


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
