"""What a run found and did, as text for a person and as JSON for machines."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from aft_access.report import Done

from .plan import ORGANIZATION, Change, Plan, describe
from .values import Pair

VERSION: Final = 1
"""Version of the JSON."""

MANAGEMENT: Final = "the management account is never limited by a service control policy"
_SIGNS: Final = {"enable": "*", "create": "+", "update": "~", "attach": "+", "detach": "-", "delete": "-"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of a run. `status`: planned, unchanged, converged, refused, failed, nothing declared."""

    plan: Plan
    status: str
    name: str = ""
    done: tuple[Done, ...] = ()
    limit: int = 0
    error: str = ""
    """Why there is no plan at all."""
    next_step: str = ""

    @property
    def exit_code(self) -> int:
        """0 when nothing is wrong, 1 for refusals and failures."""
        return 1 if self.status in {"refused", "failed"} else 0

    def data(self) -> dict[str, Any]:
        """Plain data for JSON."""
        plan = self.plan
        return {
            "scope": plan.scope,
            "name": self.name,
            "status": self.status,
            "fingerprint": plan.fingerprint,
            "changes": [
                {
                    "verb": one.verb,
                    "policy": one.policy,
                    "target": one.target,
                    "place": plan.labels.get(one.target, ""),
                    "detail": one.detail,
                }
                for one in plan.changes
            ],
            "slots": {
                target: {"used": used, "limit": self.limit} for target, used in sorted(plan.slots.items())
            },
            "kept": [_pair(one) for one in plan.kept],
            "forget": [_pair(row.pair) for row in plan.forget],
            "satisfied_not_ours": [_pair(one) for one in plan.satisfied],
            "unmanaged": [_pair(one) for one in plan.unmanaged],
            "held": [{"policy": one.policy, "reason": one.reason} for one in plan.held],
            "refusals": list(plan.refusals),
            "warnings": list(plan.warnings),
            "error": self.error,
            "done": [
                {"what": one.what, "subject": one.subject, "ok": one.ok, "reason": one.reason}
                for one in self.done
            ],
        }

    def text(self) -> str:
        """Lines for a person, one change on each."""
        plan = self.plan
        where = "the organization" if plan.scope == ORGANIZATION else f"{plan.scope} {self.name}".rstrip()
        head = f"guardrails of {where}: {self.status}"
        lines = [f"{head} (fingerprint {plan.fingerprint})" if plan.changes else head]
        if self.error:
            lines.append(f"  ! {self.error}")
        if self.next_step:
            lines.append(f"  next: {self.next_step}")
        lines += [f"  ! {one}" for one in plan.refusals]
        lines += [f"  {_SIGNS[one.verb]} {self._line(one)}" for one in plan.changes]
        lines += [f"  = {self._at(one)}" for one in plan.kept]
        lines += [f"  = {self._at(one)} (stands, not ours)" for one in plan.satisfied]
        lines += [f"  . {one.policy} is held: {one.reason}" for one in plan.held]
        lines += [f"  . {self._at(row.pair)} is gone; its row is removed" for row in plan.forget]
        lines += [f"  ? {self._at(one)} (unmanaged)" for one in plan.unmanaged]
        lines += [f"  warning: {one}" for one in plan.warnings]
        lines += [f"  FAILED {one.what} {one.subject}: {one.reason}" for one in self.done if not one.ok]
        return "\n".join(lines) + "\n"

    def _line(self, one: Change) -> str:
        detail = f" ({one.detail})" if one.detail else ""
        if one.verb == "enable":
            return f"service control policies are enabled on the root{detail}"
        if one.verb in ("create", "update", "delete"):
            return f"{one.verb} {one.policy}{detail}"
        used = self.plan.slots.get(one.target, 0)
        return f"{one.verb} {self._at(one.pair)} ({used} of {self.limit} slots then in use)"

    def _at(self, pair: Pair) -> str:
        return f"{pair.policy} at {describe(pair.target, self.plan.labels)}"


def as_json(reports: Iterable[Report]) -> str:
    """Every report, as indented JSON with a final newline."""
    data = {"version": VERSION, "results": [one.data() for one in reports]}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _pair(one: Pair) -> dict[str, str]:
    return {"policy": one.policy, "target": one.target}
