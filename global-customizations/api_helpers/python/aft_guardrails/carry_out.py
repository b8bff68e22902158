"""Carries out a plan that the guard let pass, one change after the other: Organizations takes no more.

  1. rows: confirm what stands, forget what is gone
  2. enable the policy type, and wait for it
  3. contents, so that nothing is attached in an old form
  4. attachments, each written ahead as `attaching`
  5. only if all of that succeeded, detachments and deletions: protection is added before any is taken away

A target without a slot for both has its detachments before its attachments. A change that fails does not
stop the others of its kind; what depends on it is left for the next run, which finishes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from aft_access.errors import AwsError, RefusedError
from aft_access.ledger import Entry, Lease, timestamp
from aft_access.report import Done

from .declarations import Policy
from .ledger import Records, attachment_key, attachment_row, policy_row
from .plan import Change, Plan, describe
from .ports import Policies
from .values import KnownPolicy, Row, is_account

_POLL_SECONDS = 5.0
_NOT_ENABLED = "PolicyTypeNotEnabledException"


@dataclass(slots=True, kw_only=True)
class Hand:
    """What changes are made with. `wanted` are the policies whose contents this run may write."""

    records: Records
    policies: Policies
    lease: Lease
    revision: int
    enable_minutes: float
    wanted: Mapping[str, Policy] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    """Ids of policies that this run made."""

    def carry_out(self, plan: Plan) -> tuple[Done, ...]:
        """Make every change of the plan that can be made, and say how each ended."""
        self._tidy(plan)
        early = tuple(one for one in plan.of("detach") if one.pair in plan.early)
        late = tuple(one for one in plan.of("detach") if one.pair not in plan.early)
        done: list[Done] = []
        for change in plan.of("enable", "create", "update"):
            act = self._enable if change.verb == "enable" else self._write
            done.append(self._try(change, plan, act))
            if change.verb == "enable" and not done[-1].ok:
                return tuple(done)
        additions = plan.of("attach")
        ready = all(one.ok for one in done)
        done += self._steps(early, plan, ready=ready)
        done += self._steps(additions, plan, ready=True)
        ready = all(one.ok for one in done)
        done += self._steps(late, plan, ready=ready)
        for change in plan.of("delete"):
            ready = all(one.ok for one in done)
            done.append(self._try(change, plan, self._delete) if ready else _left(change, plan))
        return tuple(done)

    def _tidy(self, plan: Plan) -> None:
        if not (plan.confirm or plan.forget):
            return
        confirmed = [replace(row, state="attached") for row in plan.confirm]
        self.records.write(
            self.lease,
            put=[attachment_row(row, self.revision) for row in confirmed],
            delete=[attachment_key(row.pair) for row in plan.forget],
            audit=[
                *(self._entry("confirmed attachment", row, plan) for row in plan.confirm),
                *(self._entry("forgotten attachment", row, plan) for row in plan.forget),
            ],
        )

    def _entry(self, what: str, row: Row, plan: Plan) -> tuple[str, Entry]:
        subject = f"{row.pair.policy} at {describe(row.pair.target, plan.labels)}"
        return _book(row.pair.target), Entry(what=what, subject=subject, detail=row.policy_id)

    def _try(self, change: Change, plan: Plan, act: Callable[[Change, Plan], None]) -> Done:
        """One change to its end. Its failure is a result, unless the lease is gone."""
        self.lease.ensure()
        try:
            act(change, plan)
        except (AwsError, RefusedError) as error:
            reason = "; ".join(error.reasons) if isinstance(error, RefusedError) else str(error)
            done = Done(what=change.verb, subject=_subject(change, plan), ok=False, reason=reason)
            entry = Entry(what=f"{change.verb} failed", subject=done.subject, detail=reason)
            self.records.write(self.lease, audit=[(_book(change.target), entry)])
            return done
        return Done(what=change.verb, subject=_subject(change, plan), ok=True)

    def _enable(self, change: Change, plan: Plan) -> None:
        clock = self.records.clock
        until = clock.now() + 60 * self.enable_minutes
        if not change.detail:
            self.policies.enable(change.target)
        while (status := self.policies.root().status) != "ENABLED":
            if clock.now() >= until:
                message = f"service control policies are still {status or 'off'} on the root"
                raise AwsError("EnablePolicyType", "StillPending", message)
            clock.sleep(_POLL_SECONDS)
            self.lease.ensure()
        entry = Entry(what="enabled service control policies", subject=change.target)
        self.records.write(self.lease, audit=[("org", entry)])

    def _write(self, change: Change, plan: Plan) -> None:
        wanted = self.wanted[change.policy]
        known = KnownPolicy(id=change.policy_id, revision=self.revision)
        self.records.write(self.lease, put=[policy_row(change.policy, known)])
        policy_id = change.policy_id or self.policies.create(wanted)
        live = self.policies.read(policy_id)
        if live is None or not live.ours:
            reason = "vanished" if live is None else "lacks our tag: it is somebody else's"
            raise RefusedError([f"the policy {change.policy} {reason}"])
        self.policies.write(live, wanted)
        self.made[change.policy] = policy_id
        known = KnownPolicy(id=policy_id, digest=wanted.digest, revision=self.revision)
        entry = Entry(what=f"{change.verb} policy", subject=change.policy, detail=change.detail)
        self.records.write(self.lease, put=[policy_row(change.policy, known)], audit=[("org", entry)])

    def _steps(self, changes: tuple[Change, ...], plan: Plan, *, ready: bool) -> list[Done]:
        if not ready:
            return [_left(one, plan) for one in changes]
        self._write_ahead(changes)
        return [self._try(one, plan, self._attachment) for one in changes]

    def _write_ahead(self, changes: tuple[Change, ...]) -> None:
        if changes:
            self.records.write(
                self.lease, put=[attachment_row(self._row(one), self.revision) for one in changes]
            )

    def _row(self, change: Change) -> Row:
        return Row(
            pair=change.pair,
            policy_id=change.policy_id or self.made.get(change.policy, ""),
            state="attaching" if change.verb == "attach" else "detaching",
            since=timestamp(self.records.clock.now()),
        )

    def _attachment(self, change: Change, plan: Plan) -> None:
        row = self._row(change)
        if not row.policy_id:
            raise RefusedError([f"the policy {change.policy} could not be made"])
        entry = Entry(what=f"{change.verb}ed policy", subject=_subject(change, plan), detail=row.policy_id)
        if change.verb == "detach":
            self.policies.detach(row.policy_id, change.target)
            self.records.write(
                self.lease, delete=[attachment_key(change.pair)], audit=[(_book(change.target), entry)]
            )
            return
        self._attach(row)
        self.records.write(
            self.lease,
            put=[attachment_row(replace(row, state="attached"), self.revision)],
            audit=[(_book(change.target), entry)],
        )

    def _attach(self, row: Row) -> None:
        """The type may be enabled and not yet everywhere: that passes, and only for who may write it."""
        clock = self.records.clock
        until = clock.now() + 60
        while True:
            try:
                self.policies.attach(row.policy_id, row.pair.target)
                return
            except AwsError as error:
                if error.code != _NOT_ENABLED or clock.now() >= until:
                    raise
            clock.sleep(_POLL_SECONDS)
            self.lease.ensure()

    def _delete(self, change: Change, plan: Plan) -> None:
        if change.policy_id:
            live = self.policies.read(change.policy_id)
            if live is not None and not live.ours:
                raise RefusedError([f"{change.policy} lacks our tag now: it is not deleted"])
            if live is not None:
                self.policies.delete(change.policy_id)
        known = KnownPolicy(id=change.policy_id, revision=self.revision, removed=True)
        entry = Entry(what="delete policy", subject=change.policy, detail=change.policy_id)
        self.records.write(self.lease, put=[policy_row(change.policy, known)], audit=[("org", entry)])


def _subject(change: Change, plan: Plan) -> str:
    if change.verb == "enable":
        return "service control policies"
    if not change.target:
        return change.policy
    return f"{change.policy} at {describe(change.target, plan.labels)}"


def _book(target: str) -> str:
    """Whose audit records a change belongs to."""
    return target if is_account(target) else "org"


def _left(change: Change, plan: Plan) -> Done:
    reason = "left for the next run, because not every change before it succeeded"
    return Done(what=change.verb, subject=_subject(change, plan), ok=False, reason=reason)
