"""The policies of one account: what its pipeline attaches, in pre, under the account's lease of `aft_access`.

It makes no policy and attaches to nothing but its own account. An account for which nothing is declared and
to which we attached nothing costs one read of our table; the management account, which no policy limits,
costs none: its pipeline never fails because of guardrails.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from aft_access.errors import RefusedError
from aft_access.values import Account, Request

from . import guard
from .carry_out import Hand
from .declarations import Guardrails
from .ledger import Records
from .organization import allowing, let_go, refused_unless_expected
from .plan import Plan, Situation, compute
from .ports import Policies
from .report import MANAGEMENT, Report
from .values import Pair, Row


@dataclass(slots=True, kw_only=True)
class AccountRun:
    """One run for one account. `account` and `request` are read only where the declarations need them."""

    account_id: str
    management_account_id: str
    guardrails: Guardrails
    records: Records
    policies: Policies
    account: Callable[[], Account | None]
    request: Callable[[Account | None], Request | None]
    revision: int
    patience: float
    """Seconds to wait for the lease."""

    def plan(self) -> Report:
        """What `apply` would do. Writes nothing anywhere. Refusals are in the report."""
        if nothing := self._nothing():
            return nothing
        plan = self._judged(self.records.attached_to(self.account_id))
        status = "refused" if plan.refusals else "unchanged" if plan.empty else "planned"
        return self._report(plan, status)

    def apply(self, *, expected: str = "") -> Report:
        """Attach what is declared, detach what was ours. `expected` is a reviewed plan's fingerprint."""
        if nothing := self._nothing():
            return nothing
        plan = refused_unless_expected(self._judged(self.records.attached_to(self.account_id)), expected)
        if plan.refusals or plan.empty:
            return self._report(plan, "refused" if plan.refusals else "unchanged")
        limits = self.guardrails.limits
        lease = self.records.lease(f"account#{self.account_id}", limits.lease_seconds, self.patience)
        try:
            # Once more, now that no other run writes for this account.
            plan = refused_unless_expected(self._judged(self.records.attached_to(self.account_id)), expected)
            if plan.refusals:
                return self._report(plan, "refused")
            hand = Hand(
                records=self.records,
                policies=self.policies,
                lease=lease,
                revision=self.revision,
                enable_minutes=limits.enable_minutes,
            )
            done = hand.carry_out(plan)
            failed = any(not one.ok for one in done)
            status = "failed" if failed else "unchanged" if plan.empty else "converged"
            return replace(self._report(plan, status), done=done)
        finally:
            let_go(lease)

    def _nothing(self) -> Report | None:
        """The report of a run that has nothing to ask and nothing to do."""
        if not self.guardrails.declared:
            return Report(plan=Plan(scope=self.account_id), status="nothing declared")
        if self.account_id != self.management_account_id:
            return None
        named = self.guardrails.naming(self.account_id)
        warnings = (f"{', '.join(sorted(named))}: not attached, {MANAGEMENT}",) if named else ()
        return self._report(Plan(scope=self.account_id, warnings=warnings), "unchanged")

    def _judged(self, rows: tuple[Row, ...]) -> Plan:
        wanted = self._wanted()
        if not wanted and not rows:
            return Plan(scope=self.account_id)
        known = self.records.policies({*self.guardrails.policies, *(row.pair.policy for row in rows)})
        there = self.policies.on(self.account_id)
        if there is None:
            raise RefusedError([f"the organization has no account {self.account_id}"])
        names = {one.id: name for name, one in known.items() if one.id}
        on = {self.account_id: there}
        situation = Situation(
            scope=self.account_id,
            known=known,
            desired=frozenset(Pair(name, self.account_id) for name in wanted),
            attached=frozenset(Pair(names[one.id], self.account_id) for one in there if one.id in names),
            rows=rows,
            on=on,
            allowing=allowing(on, (), self.policies),
            labels={self.account_id: self._name},
        )
        plan = compute(situation, self.guardrails.limits.policies_per_target)
        refusals = guard.refusals(plan, situation, self.guardrails)
        return replace(plan, refusals=refusals)

    def _wanted(self) -> frozenset[str]:
        """Names of the policies to attach."""
        if not self.guardrails.matches_accounts:
            return frozenset()
        account = self.account()
        if account is None:
            raise RefusedError([f"the organization has no account {self.account_id}"])
        self._name = account.name
        request = self.request(account) if self.guardrails.matches_tags else None
        if self.guardrails.matches_tags and (request is None or request.problem):
            reason = request.problem if request else "it has no row in AFT's request table"
            raise RefusedError([f"policies are declared by tags, and those are unknown here: {reason}"])
        place = self.guardrails.registry.live(account.ou_ids, account.id)
        return self.guardrails.of_account(place, account.name, request.tags if request else {})

    _name: str = ""

    def _report(self, plan: Plan, status: str) -> Report:
        limit = self.guardrails.limits.policies_per_target
        return Report(plan=plan, status=status, name=self._name, limit=limit)
