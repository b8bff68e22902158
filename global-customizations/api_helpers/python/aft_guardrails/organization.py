"""The organization's policies and where they are attached on OUs: what the publishing workflow converges.

It is the one writer of contents and of OU attachments, under the organization's lease of `aft_access`, and
only by a tree that is not older than what is recorded. An account's own attachments are `account.py`'s,
but for a policy that is deleted: it is taken off the accounts too.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from aft_access.errors import AccessError
from aft_access.ledger import Lease
from aft_access.places import ROOT

from . import document, guard
from .carry_out import Hand
from .declarations import Guardrails, node_id
from .ledger import Recorded, Records
from .plan import ORGANIZATION, Plan, Situation, compute
from .ports import Policies
from .report import MANAGEMENT, Report
from .values import FULL_ACCESS, LivePolicy, Pair, Summary, is_account


@dataclass(slots=True, kw_only=True)
class OrganizationRun:
    """One run for the whole organization."""

    guardrails: Guardrails
    records: Records
    policies: Policies
    management_account_id: str
    revision: int
    patience: float
    """Seconds to wait for the lease."""

    def plan(self) -> Report:
        """What `apply` would do. Writes nothing anywhere. Refusals are in the report."""
        if not self.guardrails.declared:
            return Report(plan=Plan(scope=ORGANIZATION), status="nothing declared")
        plan = self._judged()
        status = "refused" if plan.refusals else "unchanged" if plan.empty else "planned"
        return self._report(plan, status)

    def apply(self, *, expected: str = "") -> Report:
        """Converge. `expected` is the fingerprint of a reviewed plan; another plan is refused."""
        if not self.guardrails.declared:
            return Report(plan=Plan(scope=ORGANIZATION), status="nothing declared")
        plan = refused_unless_expected(self._judged(), expected)
        if plan.refusals or plan.empty:
            return self._report(plan, "refused" if plan.refusals else "unchanged")
        limits = self.guardrails.limits
        lease = self.records.lease("org", limits.lease_seconds, self.patience)
        try:
            # Once more, now that no other run writes for the organization.
            plan = refused_unless_expected(self._judged(lease.ensure), expected)
            if plan.refusals:
                return self._report(plan, "refused")
            hand = Hand(
                records=self.records,
                policies=self.policies,
                lease=lease,
                revision=self.revision,
                enable_minutes=limits.enable_minutes,
                wanted=self.guardrails.policies,
            )
            done = hand.carry_out(plan)
            failed = any(not one.ok for one in done)
            status = "failed" if failed else "unchanged" if plan.empty else "converged"
            return replace(self._report(plan, status), done=done)
        finally:
            let_go(lease)

    def _judged(self, alive: Callable[[], None] = lambda: None) -> Plan:
        recorded = self.records.recorded()
        situation = self._situation(recorded, alive)
        plan = compute(situation, self.guardrails.limits.policies_per_target)
        refusals = list(guard.refusals(plan, situation, self.guardrails))
        if recorded.newest > self.revision:
            refusals.append(
                f"this tree has revision {self.revision} and the organization is at {recorded.newest}: "
                "publish the newer one"
            )
        refusals += [
            f"{path} is {target} in organization.yaml, and the organization has no such OU"
            for target, path in sorted(situation.labels.items())
            if target not in situation.on and any(pair.target == target for pair in situation.desired)
        ]
        return replace(plan, refusals=tuple(refusals), warnings=tuple(self._warnings(plan)))

    def _situation(self, recorded: Recorded, alive: Callable[[], None]) -> Situation:
        declared = self.guardrails.policies
        leaving = frozenset(
            name for name, one in recorded.policies.items() if name not in declared and not one.removed
        )
        root = self.policies.root()
        listed = self.policies.every()
        live = self._live({*declared, *leaving}, recorded, listed, alive)
        labels = {**{one: path for path, one in self.guardrails.registry.ids.items()}, root.id: ROOT}
        desired = frozenset(
            Pair(name, node_id(path, self.guardrails.registry, root.id))
            for name, policy in declared.items()
            for path in policy.ous
        )
        rows = (*recorded.rows, *self.records.attached_to_accounts(leaving))
        attached: set[Pair] = set()
        for name, one in live.items():
            if one.ours:
                found = (Pair(name, target) for target in self.policies.targets(one.id))
                attached |= {pair for pair in found if name in leaving or not is_account(pair.target)}
        on: dict[str, tuple[Summary, ...]] = {}
        for target in sorted({pair.target for pair in desired | attached}):
            alive()
            there = self.policies.on(target)
            if there is not None:
                on[target] = there
        return Situation(
            scope=ORGANIZATION,
            wanted=declared,
            leaving=leaving,
            known=recorded.policies,
            live=live,
            desired=desired,
            attached=frozenset(attached),
            rows=rows,
            on=on,
            allowing=allowing(on, live.values(), self.policies),
            labels=labels,
            root=root,
            characters=self.guardrails.limits.characters,
        )

    def _live(
        self,
        names: set[str],
        recorded: Recorded,
        listed: Iterable[Summary],
        alive: Callable[[], None],
    ) -> dict[str, LivePolicy]:
        """By our name: the policy of the recorded id, whatever its name is now, or of that name."""
        by_id = {one.id: one for one in listed}
        by_name = {one.name: one.id for one in by_id.values()}
        found: dict[str, LivePolicy] = {}
        for name in sorted(names):
            alive()
            known = recorded.policies.get(name)
            policy_id = known.id if known and known.id in by_id else by_name.get(name, "")
            live = self.policies.read(policy_id) if policy_id else None
            if live is not None:
                found[name] = live
        return found

    def _warnings(self, plan: Plan) -> Iterable[str]:
        if self.management_account_id in self.guardrails.named_accounts():
            yield f"{self.management_account_id} is named in guardrails.yaml: {MANAGEMENT}"
        if any(plan.labels[one.target] == ROOT for one in plan.of("attach")):
            yield f"at {ROOT}: {MANAGEMENT}, wherever it is"

    def _report(self, plan: Plan, status: str) -> Report:
        return Report(plan=plan, status=status, limit=self.guardrails.limits.policies_per_target)


def allowing(
    on: dict[str, tuple[Summary, ...]], ours: Iterable[LivePolicy], policies: Policies
) -> frozenset[str]:
    """Ids of policies that allow something, as far as it matters: others are read where AWS's own is gone."""
    verdicts = {one.id: document.allows(one.content) for one in ours} | {FULL_ACCESS: True}
    for listed in on.values():
        if any(one.id == FULL_ACCESS for one in listed):
            continue
        for one in listed:
            if one.id not in verdicts:
                live = policies.read(one.id)
                verdicts[one.id] = live is not None and document.allows(live.content)
    return frozenset(policy_id for policy_id, allows in verdicts.items() if allows)


def refused_unless_expected(plan: Plan, expected: str) -> Plan:
    """The plan, refused when another one was reviewed."""
    if not expected or expected == plan.fingerprint:
        return plan
    reason = f"the plan is {plan.fingerprint} now, and {expected} was reviewed"
    return replace(plan, refusals=(*plan.refusals, reason))


def let_go(lease: Lease) -> None:
    """Give a lease back; it ends by itself when that fails, and the run's outcome is what counts."""
    try:
        lease.release()
    except AccessError:
        return
