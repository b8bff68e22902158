"""Carries out the plan of one account, in the order of DESIGN.

  1. take the account's lease; wait for what a dead run left in progress
  2. resolve every name, compute the plan, guard all of it
  3. organization-wide objects that grants need, then plan and guard again
  4. rows: confirm what stands, forget what is gone
  5. provision stale permission sets here, then grants
  6. only if all of that succeeded, revokes: the last assignment of a set takes its role with it, and
     the role that comes back has another name
  7. mark the account, release the lease

Each grant is written ahead to the ledger as `granting`, each revocation as `revoking`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from . import guard
from .attributes import row_fields, row_key
from .errors import AccessError, RefusedError
from .gateway import ABSENT
from .ledger import AccountState, Entry, Lease, Ledger, timestamp
from .organization import Organization
from .plan import Plan, Step
from .report import Done, Report
from .resolve import Resolution
from .settle import Item, Outcome, carry_out
from .situation import Facts, Reader, gather
from .values import Account, Change, Request, Row, Ticket

Phase = Literal["pre", "post", "any"]


@dataclass(slots=True, kw_only=True)
class AccountRun:
    """One run for one account. `account` and `request` are read lazily, once, under the lease."""

    account_id: str
    management_account_id: str
    reader: Reader
    ledger: Ledger
    organization: Organization
    account: Callable[[], Account | None]
    request: Callable[[Account | None], Request | None]
    patience: float
    """Seconds to wait for the lease."""

    def plan(self, *, drift: bool = False) -> Report:
        """What `apply` would do. Writes nothing anywhere. Refusals are in the report."""
        state = self.ledger.account(self.account_id)
        facts = self._facts(state)
        plan, _ = self._judged(facts, state, drift=drift)
        status: Literal["refused", "planned", "unchanged"]
        status = "refused" if plan.refusals else "unchanged" if plan.empty else "planned"
        return self._report(facts, status, plan, state)

    def apply(self, phase: Phase = "any", *, expected: str = "") -> Report:
        """Converge. `expected` is the fingerprint of a reviewed plan; another plan is refused.

        In `pre` an account that has not been through its baseline is only planned. Raises RefusedError
        before the first write; failures of single changes are in the report.
        """
        limits = self.reader.catalogue.access.limits
        lease = self.ledger.lease(f"account#{self.account_id}", limits.lease_seconds, self.patience)
        try:
            state = self.ledger.account(self.account_id)
            facts = self._facts(state)
            plan, resolution = self._judged(facts, state, alive=lease.ensure)
            _refuse(plan, expected)
            if phase == "pre" and not state.baseline:
                return self._report(facts, "deferred", plan, state)
            done: list[Done] = []
            if plan.needs:
                written = self.organization.ensure(plan.needs, lease.ensure)
                done += [Done(what=one, subject="", ok=True) for one in written]
                plan, resolution = self._judged(facts, state, alive=lease.ensure)
                _refuse(plan, "")
            if any(step.assignment is None for step in plan.grants):
                missing = sorted({str(step.grant) for step in plan.grants if step.assignment is None})
                raise RefusedError(
                    [f"{one} needs an object that a newer tree removed or changed" for one in missing]
                )
            self.ledger.pin(lease, resolution.new_pins, reviewed=self.reader.catalogue.pins)
            self.ledger.note_sets(lease, resolution.new_sets)
            self._tidy(lease, plan)
            done += self._changes(lease, plan, facts)
            failed = any(not one.ok for one in done) or any(one.failing for one in plan.held)
            status: Literal["failed", "converged", "unchanged"] = "failed" if failed else "unchanged"
            if not failed and (done or not plan.empty):
                status = "converged"
            if phase != "pre" and not failed and not state.baseline:
                self._mark(lease, state, baseline=True)
            return self._report(facts, status, plan, state, tuple(done))
        finally:
            _let_go(lease)

    def announce(self, state: AccountState, digest: str) -> None:
        """Remember what AFT's topics were told, so that it is told once."""
        limits = self.reader.catalogue.access.limits
        lease = self.ledger.lease(f"account#{self.account_id}", limits.lease_seconds, self.patience)
        try:
            self._mark(lease, state, baseline=True, announced=digest)
        finally:
            _let_go(lease)

    def _facts(self, state: AccountState) -> Facts:
        if self.account_id == self.management_account_id:
            raise RefusedError(["the management account is never a target"])
        account = self.account()
        return gather(
            self.reader.catalogue,
            account,
            self.account_id,
            self.request(account),
            state,
            self.management_account_id,
        )

    def _judged(
        self,
        facts: Facts,
        state: AccountState,
        *,
        drift: bool = False,
        alive: Callable[[], None] = lambda: None,
    ) -> tuple[Plan, Resolution]:
        plan, resolution = self.reader.plan(facts, state.rows, drift=drift, alive=alive)
        today = datetime.fromtimestamp(self.ledger.clock.now(), UTC).date()
        refusals = guard.plan_refusals(
            plan,
            self.reader.catalogue,
            facts.place,
            facts.desired,
            resolution.unknown,
            facts.request,
            today,
        )
        return replace(plan, refusals=refusals), resolution

    def _tidy(self, lease: Lease, plan: Plan) -> None:
        sources = {step.row.assignment: step.source for step in plan.kept if step.row}
        confirmed = [
            replace(row, state="owned", source=sources.get(row.assignment, row.source))
            for row in plan.confirm
        ]
        if not confirmed and not plan.forget:
            return
        self.ledger.write(
            lease,
            put=[(*row_key(self.account_id, row), row_fields(row)) for row in confirmed],
            delete=[row_key(self.account_id, row) for row in plan.forget],
            audit=[
                *((self.account_id, Entry(what="confirmed", subject=str(row.grant))) for row in confirmed),
                *((self.account_id, Entry(what="forgotten", subject=str(row.grant))) for row in plan.forget),
            ],
        )

    def _changes(self, lease: Lease, plan: Plan, facts: Facts) -> list[Done]:
        assignments = self.reader.assignments
        provisioned = self._carry_out(
            lease,
            plan.provisions,
            "provision",
            lambda arn: assignments.provision(self.account_id, arn),
        )
        if provisioned:
            verbs = {True: "provisioned", False: "provision failed"}
            self.ledger.write(
                lease,
                audit=[
                    (
                        self.account_id,
                        Entry(what=verbs[one.succeeded], subject=one.item, detail=one.ticket.reason),
                    )
                    for one in provisioned
                ],
            )
        done = [
            Done(what="provision", subject=one.item, ok=one.succeeded, reason=one.ticket.reason)
            for one in provisioned
        ]
        done += self._steps(lease, plan.grants, "grant", facts)
        if plan.revokes and all(one.ok for one in done):
            done += self._steps(lease, plan.revokes, "revoke", facts)
        elif plan.revokes:
            reason = "left for the next run, because not every grant succeeded"
            done += [
                Done(what="revoke", subject=str(one.grant), ok=False, reason=reason) for one in plan.revokes
            ]
        return done

    def _steps(
        self, lease: Lease, steps: tuple[Step, ...], change: Literal["grant", "revoke"], facts: Facts
    ) -> list[Done]:
        if not steps:
            return []
        rows = {step: self._row(step, change, facts) for step in steps}
        self.ledger.write(
            lease, put=[(*row_key(self.account_id, row), row_fields(row)) for row in rows.values()]
        )
        assignments = self.reader.assignments
        ask = assignments.create if change == "grant" else assignments.delete
        outcomes = self._carry_out(
            lease, steps, change, lambda step: ask(self.account_id, rows[step].assignment)
        )
        unfound = {one.item.grant.permission_set for one in outcomes if f" {ABSENT}: " in one.ticket.reason}
        if unfound:
            self.organization.forget_missing(unfound, lease.ensure)
        verb = {"grant": "granted", "revoke": "revoked"}[change]
        outcomes.sort(key=lambda one: not one.succeeded)
        good = [one for one in outcomes if one.succeeded]
        owned = [replace(rows[one.item], state="owned") for one in good]
        self.ledger.write(
            lease,
            put=[(*row_key(self.account_id, row), row_fields(row)) for row in owned if change == "grant"],
            delete=[row_key(self.account_id, row) for row in owned if change == "revoke"],
            audit=[
                (
                    self.account_id,
                    Entry(
                        what=verb if one.succeeded else f"{change} failed",
                        subject=str(one.item.grant),
                        detail=one.ticket.reason or f"{one.item.source}; request {facts.request.id}",
                    ),
                )
                for one in outcomes
            ],
        )
        return [
            Done(what=change, subject=str(one.item.grant), ok=one.succeeded, reason=one.ticket.reason)
            for one in sorted(outcomes, key=lambda one: one.item.grant)
        ]

    def _row(self, step: Step, change: Change, facts: Facts) -> Row:
        if step.row is not None:
            return replace(
                step.row, state="granting" if change == "grant" else "revoking", source=step.source
            )
        assert step.assignment is not None
        return Row(
            grant=step.grant,
            assignment=step.assignment,
            state="granting",
            source=step.source,
            since=timestamp(self.ledger.clock.now()),
            request=facts.request.id,
            build=self.ledger.stamp.build,
            commit=self.ledger.stamp.commit,
        )

    def _carry_out(
        self, lease: Lease, items: tuple[Item, ...], change: Change, start: Callable[[Item], Ticket]
    ) -> list[Outcome[Item]]:
        limits = self.reader.catalogue.access.limits
        clock = self.ledger.clock
        return carry_out(
            items,
            change,
            start,
            self.reader.assignments,
            clock,
            in_flight=min(limits.in_flight, 3),
            poll_seconds=limits.poll_seconds,
            deadline=clock.now() + 60 * limits.deadline_minutes,
            alive=lease.ensure,
        )

    def _mark(self, lease: Lease, state: AccountState, *, baseline: bool, announced: str = "") -> None:
        fields = {"baseline": "yes" if baseline else "no", "announced": announced or state.announced}
        self.ledger.write(lease, put=[(f"account#{self.account_id}", "account", fields)])

    def _report(
        self, facts: Facts, status: str, plan: Plan, state: AccountState, done: tuple[Done, ...] = ()
    ) -> Report:
        return Report(
            account_id=self.account_id,
            account_name=facts.account.name,
            place=facts.place.path or (facts.account.ou_ids[0] if facts.account.ou_ids else ""),
            sso_user_email=facts.request.sso_user_email,
            request_id=facts.request.id,
            status=status,
            plan=plan,
            done=done,
            state=state,
            portal_url=self.reader.catalogue.access.identity_center.portal_url or "",
        )


def _refuse(plan: Plan, expected: str) -> None:
    reasons = list(plan.refusals)
    if expected and expected != plan.fingerprint:
        reasons.append(f"the plan is {plan.fingerprint} now, and {expected} was reviewed")
    if reasons:
        raise RefusedError(reasons)


def _let_go(lease: Lease) -> None:
    try:
        lease.release()
    except AccessError:
        return  # it ends by itself; the run's own outcome is what counts
