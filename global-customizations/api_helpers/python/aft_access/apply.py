"""Carries out the plan of one account, in the order of DESIGN.

  1. take the account's lease; wait for what a dead run left in progress
  2. resolve every name, compute the plan, guard all of it
  3. organization-wide objects that grants need, then plan and guard again
  4. rows: confirm what stands, forget what is gone
  5. provision stale permission sets here, then grants
  6. only if all of that succeeded, revokes: the last assignment of a set takes its role with it, and
     the role that comes back has another name
  7. mark the account, release the lease

A permission set that was deleted by another hand shows when a grant of it is asked for: its ARN is
forgotten, and steps 2 to 6 are done once more, with the set of the name that exists now or with a new one.

The management account is never a target. AFT runs customizations for it too when somebody requests them,
so a run that finds nothing declared for it ends well and says so.

Each grant is written ahead to the ledger as `granting`, each revocation as `revoking`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from . import guard
from .attributes import row_fields, row_key
from .contract import Grant
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
    account: Callable[[tuple[str, ...]], Account | None]
    """Takes the ids of OUs that were above the account before, which then need not be asked for."""
    request: Callable[[Account | None], Request | None]
    patience: float
    """Seconds to wait for the lease."""

    def plan(self, *, drift: bool = False) -> Report:
        """What `apply` would do. Writes nothing anywhere. Refusals are in the report."""
        skipped = self._skipped()
        if skipped is not None:
            return skipped
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
        skipped = self._skipped()
        if skipped is not None:
            return skipped
        limits = self.reader.catalogue.access.limits
        lease = self.ledger.lease(f"account#{self.account_id}", limits.lease_seconds, self.patience)
        try:
            state = self.ledger.account(self.account_id)
            facts = self._facts(state)
            plan, resolution = self._judged(facts, state, alive=lease.ensure)
            _refuse(plan, expected)
            if phase == "pre" and not state.baseline:
                return self._report(facts, "deferred", plan, state)
            plan, done = self._converge(lease, state, facts, plan, resolution)
            if self._forget_missing(plan, done, lease):
                plan, done = self._once_more(lease, facts, plan, done)
            failed = any(not one.ok for one in done) or any(one.failing for one in plan.held)
            status: Literal["failed", "converged", "unchanged"] = "failed" if failed else "unchanged"
            if not failed and (done or not plan.empty):
                status = "converged"
            now = replace(state, above=facts.account.ou_ids)
            if phase != "pre" and not failed:
                now = replace(now, baseline=True)
            if now != state:
                self._mark(lease, now)
            return self._report(facts, status, plan, now, tuple(done))
        finally:
            _let_go(lease)

    def announce(self, state: AccountState, digest: str) -> None:
        """Remember what AFT's topics were told, so that it is told once."""
        limits = self.reader.catalogue.access.limits
        lease = self.ledger.lease(f"account#{self.account_id}", limits.lease_seconds, self.patience)
        try:
            self._mark(lease, replace(state, baseline=True, announced=digest))
        finally:
            _let_go(lease)

    def _skipped(self) -> Report | None:
        """For the management account: the report that there is nothing to do, or RefusedError."""
        if self.account_id != self.management_account_id:
            return None
        account = self.account(())
        request = self.request(account)
        reasons = guard.management_refusals(self.reader.catalogue, request, self.account_id)
        if reasons:
            raise RefusedError(reasons)
        return Report(
            account_id=self.account_id,
            account_name=account.name if account else "",
            place="",
            sso_user_email="",
            request_id=request.id if request else "",
            status="skipped",
            plan=Plan(account_id=self.account_id),
        )

    def _converge(
        self, lease: Lease, state: AccountState, facts: Facts, plan: Plan, resolution: Resolution
    ) -> tuple[Plan, list[Done]]:
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
        return plan, done + self._changes(lease, plan, facts)

    def _forget_missing(self, plan: Plan, done: list[Done], lease: Lease) -> bool:
        unfound = {one.subject for one in done if one.what == "grant" and f" {ABSENT}: " in one.reason}
        names = {step.grant.permission_set for step in plan.grants if str(step.grant) in unfound}
        return bool(names) and self.organization.forget_missing(names, lease.ensure)

    def _once_more(
        self, lease: Lease, facts: Facts, before: Plan, tried: list[Done]
    ) -> tuple[Plan, list[Done]]:
        """The second round's plan, with what the first one did: what failed or was left is tried again."""
        state = self.ledger.account(self.account_id)
        plan, resolution = self._judged(facts, state, alive=lease.ensure)
        if plan.refusals:
            return replace(before, refusals=plan.refusals), tried
        plan, done = self._converge(lease, state, facts, plan, resolution)
        ended = [one for one in tried if one.ok]
        granted = {one.subject for one in ended if one.what == "grant"}
        return (
            replace(
                plan,
                needs=tuple(sorted({*before.needs, *plan.needs})),
                provisions=tuple(sorted({*before.provisions, *plan.provisions})),
                grants=tuple(
                    sorted(
                        {step.grant: step for step in (*before.grants, *plan.grants)}.values(), key=_by_grant
                    )
                ),
                kept=tuple(step for step in plan.kept if str(step.grant) not in granted),
            ),
            ended + done,
        )

    def _facts(self, state: AccountState) -> Facts:
        account = self.account(state.above)
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
        grants = {step.row.assignment: step.grant for step in plan.kept if step.row}
        confirmed = [
            replace(
                row,
                state="owned",
                source=sources.get(row.assignment, row.source),
                grant=grants.get(row.assignment, row.grant),
            )
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

    def _mark(self, lease: Lease, state: AccountState) -> None:
        self.ledger.write(lease, put=[(f"account#{self.account_id}", "account", state.fields)])

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


def _by_grant(step: Step) -> Grant:
    return step.grant


def _let_go(lease: Lease) -> None:
    try:
        lease.release()
    except AccessError:
        return  # it ends by itself; the run's own outcome is what counts
