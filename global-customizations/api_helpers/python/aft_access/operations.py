"""What people do beside plan and apply and import: adopt, release, repin, revoke, history.

None of them happens by itself. Adopting makes a grant revocable by us, so it is explicit, listed, and
never takes what Control Tower made (reference/identity-center.md §5, row 9).
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial

from . import control_tower
from .attributes import row_fields, row_from, row_key
from .contract import Grant, Principal
from .desired import REQUEST
from .errors import RefusedError
from .ledger import Entry, Ledger, timestamp
from .ports import Assignments, Directory
from .report import Done, Report
from .settle import carry_out
from .values import Row, Ticket


def adopt(
    ledger: Ledger,
    report: Report,
    only: Iterable[Grant],
    lease_seconds: int,
    patience: float,
) -> tuple[Grant, ...]:
    """Take ownership of the listed grants, which a plan found declared, present and not ours.

    Their names are pinned to the ids that were seen.
    """
    account_id, wanted = report.account_id, sorted(set(only))
    standing = {step.grant: step for step in report.plan.satisfied}
    reasons = [f"{one} is Control Tower's and is never adopted" for one in wanted if control_tower.made(one)]
    reasons += [f"{one} is not declared and present here" for one in wanted if one not in standing]
    if reasons:
        raise RefusedError(reasons)
    lease = ledger.lease(f"account#{account_id}", lease_seconds, patience)
    try:
        ledger.pin(lease, {one.principal: standing[one].principal_id for one in wanted})
        adopted = [
            Row(
                grant=grant,
                assignment=assignment,
                state="owned",
                source=standing[grant].source,
                since=timestamp(ledger.clock.now()),
                request=report.request_id,
                build=ledger.stamp.build,
                commit=ledger.stamp.commit,
            )
            for grant in wanted
            if (assignment := standing[grant].assignment) is not None
        ]
        ledger.write(
            lease,
            put=[(*row_key(account_id, row), row_fields(row)) for row in adopted],
            audit=[
                (
                    account_id,
                    Entry(
                        what="adopted",
                        subject=str(row.grant),
                        detail=f"{row.source}; request {report.request_id}",
                    ),
                )
                for row in adopted
            ],
        )
    finally:
        lease.release()
    return tuple(wanted)


def release(ledger: Ledger, account_id: str, lease_seconds: int, patience: float) -> tuple[Grant, ...]:
    """Give up ownership of what the request asked for: the grants stay, and we never touch them again."""
    lease = ledger.lease(f"account#{account_id}", lease_seconds, patience)
    try:
        rows = [row for row in ledger.account(account_id).rows if row.source == REQUEST]
        ledger.write(
            lease,
            delete=[row_key(account_id, row) for row in rows],
            audit=[(account_id, Entry(what="released", subject=str(row.grant))) for row in rows],
        )
    finally:
        lease.release()
    return tuple(sorted(row.grant for row in rows))


def repin(principal: Principal, directory: Directory, ledger: Ledger, today: date) -> str:
    """The entry of principals.yaml that accepts the id a name has now, for a pull request."""
    current = directory.find(principal)
    if current is None:
        raise RefusedError([f"{principal} does not exist, so there is no id to pin"])
    before = ledger.names((principal,), ()).principals.get(principal, "none")
    return (
        "# identity-center/principals.yaml\n"
        "principals:\n"
        f'  "{principal}":\n'
        f"    id: {current}\n"
        f'    reason: "was {before}; say here why this is the same {principal.kind}"\n'
        f"    reviewed: {today.isoformat()}\n"
    )


def revoke_everywhere(
    principal: Principal,
    ledger: Ledger,
    assignments: Callable[[str], Assignments],
    *,
    lease_seconds: int,
    patience: float,
    poll_seconds: float,
    minutes: float,
) -> dict[str, list[Done]]:
    """The emergency brake: every grant of ours that a principal has, in every account, now.

    Each account is done under its own lease, with the usual ledger steps. Protection and limits do not
    apply. The declarations still ask for the grants: the next runs give them back until a pull request
    removes them.
    """
    by_account: dict[str, list[Row]] = {}
    for found in ledger.scan("grant#"):
        row = row_from(found)
        if row.grant.principal == principal:
            by_account.setdefault(found["pk"].removeprefix("account#"), []).append(row)
    done: dict[str, list[Done]] = {}
    for account_id, rows in sorted(by_account.items()):
        lease = ledger.lease(f"account#{account_id}", lease_seconds, patience)
        try:
            ahead = [replace(row, state="revoking") for row in rows]
            ledger.write(lease, put=[(*row_key(account_id, row), row_fields(row)) for row in ahead])
            gateway = assignments(account_id)
            outcomes = carry_out(
                ahead,
                "revoke",
                partial(_delete, gateway, account_id),
                gateway,
                ledger.clock,
                in_flight=10,
                poll_seconds=poll_seconds,
                deadline=ledger.clock.now() + 60 * minutes,
                alive=lease.ensure,
            )
            outcomes.sort(key=lambda one: not one.succeeded)
            ledger.write(
                lease,
                delete=[row_key(account_id, one.item) for one in outcomes if one.succeeded],
                audit=[
                    (
                        account_id,
                        Entry(
                            what="revoked in an emergency" if one.succeeded else "revoke failed",
                            subject=str(one.item.grant),
                            detail=one.ticket.reason,
                        ),
                    )
                    for one in outcomes
                ],
            )
            done[account_id] = [
                Done(what="revoke", subject=str(one.item.grant), ok=one.succeeded, reason=one.ticket.reason)
                for one in outcomes
            ]
        finally:
            lease.release()
    return done


def history(ledger: Ledger, name: str) -> list[dict[str, str]]:
    """Audit records of an account (by id) or of everything that has `name` in its subject, oldest first."""
    if len(name) == 12 and name.isdigit():
        return ledger.audit(name)
    found = [one for one in ledger.scan("") if name in _names(one["subject"])]
    return sorted(found, key=lambda one: one["sk"])


def _names(subject: str) -> set[str]:
    """What a record can be found by: its subject, the permission set, the principal, the bare name."""
    first, _, rest = subject.partition(":")
    return {subject, first, rest, rest.partition(":")[2]} - {""}


def _delete(gateway: Assignments, account_id: str, row: Row) -> Ticket:
    return gateway.delete(account_id, row.assignment)
