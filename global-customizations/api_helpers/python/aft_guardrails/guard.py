"""Judges a whole plan before its first write. Every reason is collected; one is enough to change nothing."""

from .declarations import Guardrails
from .models import CONTROL_TOWER
from .plan import ORGANIZATION, Plan, Situation, describe, remaining
from .values import FULL_ACCESS, Summary


def refusals(plan: Plan, situation: Situation, guardrails: Guardrails) -> tuple[str, ...]:
    """Why the plan may not be carried out."""
    limits = guardrails.limits
    found: list[str] = []
    if situation.root is not None and situation.root.status == "PENDING_DISABLE":
        found.append("service control policies are being disabled on the root: somebody wants them off")
    for name in situation.wanted:
        live = situation.live.get(name)
        if live is not None and not live.ours:
            found.append(f"the policy {name} exists and lacks our tag: it is somebody else's")
    if plan.scope != ORGANIZATION:
        found += _unpublished(plan, situation)
    names = {one.policy_id: one.policy for one in plan.of("attach")}
    names |= {one.id: one.name for listed in situation.on.values() for one in listed}
    for target, after in sorted(remaining(plan, situation).items()):
        if len(after) > limits.policies_per_target:
            shown = ", ".join(sorted(names.get(one, one) for one in after))
            found.append(
                f"{describe(target, plan.labels)} would have {len(after)} policies and takes "
                f"{limits.policies_per_target}: {shown}"
            )
    found += _without_allowance(plan, situation)
    removals = len(plan.of("detach", "delete"))
    if removals > limits.max_removals:
        found.append(
            f"{removals} attachments and policies would be removed and max_removals is "
            f"{limits.max_removals}: remove them in smaller steps, or raise it in guardrails.yaml"
        )
    found += [
        f"{name} is AWS's or Control Tower's and is never touched"
        for name in sorted({names.get(one.policy_id, one.policy) for one in plan.changes})
        if foreign(Summary(id="", name=name))
    ]
    return tuple(found)


def foreign(one: Summary) -> bool:
    """Whether a policy is AWS's own or Control Tower's."""
    return one.id == FULL_ACCESS or one.name.startswith((CONTROL_TOWER, "FullAWSAccess"))


def _unpublished(plan: Plan, situation: Situation) -> list[str]:
    found: list[str] = []
    for change in plan.of("attach"):
        known = situation.known.get(change.policy)
        if known is not None and known.removed:
            found.append(f"a newer tree removed the policy {change.policy}: publish that one here too")
        elif known is None or not known.id:
            found.append(
                f"the policy {change.policy} is not in the organization yet: the publishing workflow makes "
                "it (aftgen guardrails apply --organization)"
            )
    return found


def _without_allowance(plan: Plan, situation: Situation) -> list[str]:
    """Targets that would lose the last policy that allows anything, and everything with it."""
    found: list[str] = []
    allowing = set(situation.allowing)  # as it is once contents are written, which comes first
    for name, wanted in situation.wanted.items():
        live = situation.live.get(name)
        for one in (name, *([live.id] if live else [])):
            allowing.discard(one)
            if wanted.document.allows:
                allowing.add(one)
    after = remaining(plan, situation)
    for target, listed in sorted(situation.on.items()):
        before = frozenset(one.id for one in listed)
        early = {
            one.policy_id for one in plan.of("detach") if one.pair in plan.early and one.target == target
        }
        moments = (before - early, after.get(target, before))
        if before & situation.allowing and not all(moment & allowing for moment in moments):
            found.append(
                f"{describe(target, plan.labels)} would have no policy left that allows anything: everybody "
                "there would lose everything"
            )
    return found
