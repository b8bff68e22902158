"""Plain values of plans: one policy, a, that is as it is wanted, and what a test changes in that."""

import json
from typing import Any

from aft_guardrails import guard
from aft_guardrails.declarations import Guardrails, Policy
from aft_guardrails.document import read
from aft_guardrails.models import Limits
from aft_guardrails.plan import ORGANIZATION, Plan, Situation, compute
from aft_guardrails.values import FULL_ACCESS, KnownPolicy, LivePolicy, Pair, Root, Row, Summary
from guardrails_cloud import deny

OU, OTHER_OU = "ou-ab12-workload1", "ou-ab12-sandbox01"
LABELS = {OU: "Workloads", OTHER_OU: "Sandbox", "r-ab12": "Root"}
FULL = Summary(id=FULL_ACCESS, name="FullAWSAccess")
ENABLED = Root(id="r-ab12", status="ENABLED")


def policy(name: str, content: Any = None) -> Policy:
    document, _, problems = read(json.dumps(content or deny("s3:*")), file="p")
    assert document is not None, problems
    return Policy(name=name, description="d", document=document)


def live(one: Policy, **parts: Any) -> LivePolicy:
    content = {"id": f"p-{one.name}", "name": one.name, "description": "d", "content": one.document.content}
    return LivePolicy(**{**content, "tags": (), "ours": True, **parts})


def known(one: Policy, **parts: Any) -> KnownPolicy:
    return KnownPolicy(**{"id": f"p-{one.name}", "digest": one.digest, "revision": 1, **parts})


def row(name: str, target: str = OU, state: Any = "attached") -> Row:
    return Row(pair=Pair(name, target), policy_id=f"p-{name}", state=state)


def summary(name: str) -> Summary:
    return Summary(id=f"p-{name}", name=name)


A, B = policy("a"), policy("b")


def situation(**parts: Any) -> Situation:
    """One policy, a, that is as it is wanted and attached to nothing."""
    base: dict[str, Any] = {
        "scope": ORGANIZATION,
        "wanted": {"a": A},
        "known": {"a": known(A)},
        "live": {"a": live(A)},
        "on": {OU: (FULL,)},
        "allowing": frozenset({FULL_ACCESS}),
        "labels": LABELS,
        "root": ENABLED,
        "characters": 10_240,
    }
    return Situation(**{**base, **parts})


def planned(slots: int = 10, **parts: Any) -> Plan:
    return compute(situation(**parts), slots)


def verbs(plan: Plan) -> list[str]:
    return [" ".join(filter(None, (one.verb, one.policy, one.target))) for one in plan.changes]


def refused(limits: Limits | None = None, **parts: Any) -> tuple[str, ...]:
    one = situation(**parts)
    limits = limits or Limits()
    plan = compute(one, limits.policies_per_target)
    return guard.refusals(plan, one, Guardrails(limits=limits))


AT = Pair("a", OU)
