"""A plan as JSON, version 1: what a program needs to act on it, without parsing sentences."""

import json
from typing import Any

from aftgen.changes.access import Line
from aftgen.changes.dangers import Danger
from aftgen.changes.plan import AccountChange, Plan, Step
from aftgen.changes.sentences import headline

VERSION = 1


def render(plan: Plan) -> str:
    return json.dumps(document(plan), ensure_ascii=False, indent=2) + "\n"


def document(plan: Plan) -> dict[str, Any]:
    return {
        "version": VERSION,
        "base": {"name": plan.base, "commit": plan.base_commit},
        "summary": headline(plan),
        "refused": plan.is_refused,
        "complete": plan.is_complete,
        "unchanged": plan.unchanged,
        "queued": plan.queued,
        "minutes": plan.minutes,
        "policy_files": list(plan.policy_files),
        "every_account_runs": list(plan.everywhere),
        "access_problems": list(plan.access_problems),
        "dangers": [_danger(danger) for danger in plan.dangers],
        "not_evaluated": [
            {"side": one.side, "address": one.address, "place": one.place, "reason": one.reason}
            for one in plan.unevaluated
        ],
        "accounts": [_account(change) for change in plan.changes],
    }


def _account(change: AccountChange) -> dict[str, Any]:
    return {
        "name": change.name,
        "id": change.id,
        "place": change.row.place,
        "address": {
            "before": change.old.address if change.old else None,
            "after": change.new.address if change.new else None,
        },
        "kinds": [kind.value for kind in change.kinds],
        "refused": change.is_refused,
        "dangers": [_danger(danger) for danger in change.dangers],
        "decisions": [_step(step) for step in change.steps],
        "fields": [
            {"kind": one.kind, "name": one.name, "old": one.old, "new": one.new} for one in change.fields
        ],
        "access": {
            "granted": [_line(line) for line in change.access.granted],
            "revoked": [_line(line) for line in change.access.revoked],
            "stays": [_line(line) for line in change.access.stays],
            "undeclared": [_line(line) for line in change.access.gone],
            "refused": list(change.access.refused),
        },
        "needs_pipeline": change.needs_pipeline,
        "pipeline_reasons": list(change.pipeline_reasons),
        "notes": list(change.notes),
    }


def _step(step: Step) -> dict[str, Any]:
    return {
        "event": step.event,
        "verdict": step.decision.verdict.value,
        "words": step.decision.words,
        "log": step.decision.log,
        "changed": [{"name": one.name, "old": one.old, "new": one.new} for one in step.decision.changed],
    }


def _danger(danger: Danger) -> dict[str, Any]:
    return {"kind": danger.kind.value, "text": danger.text, "refused": danger.refused}


def _line(line: Line) -> dict[str, str]:
    return {
        "permission_set": line.grant.permission_set,
        "principal": str(line.grant.principal),
        "source": line.source,
    }
