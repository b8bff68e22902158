"""What people do beside plan and apply: import, adopt, release, repin, revoke, history.

None of them happens by itself. Adopting makes a grant revocable by us, so it is explicit, listed, and
never takes what Control Tower made (reference/identity-center.md §5, row 9).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import yaml

from . import contract
from .attributes import row_fields, row_from, row_key
from .contract import MAX_BYTES, AccessDeclaration, ContractError, Grant, Principal
from .desired import REQUEST
from .errors import RefusedError
from .ledger import Entry, Ledger, timestamp
from .permission_sets import CONTROL_TOWER, PermissionSet, as_file
from .ports import Assignments, Directory, PermissionSetReads
from .report import Done, Report
from .settle import carry_out
from .values import Row, Ticket

CONTROL_TOWER_GROUPS = frozenset(
    {
        "AWSAccountFactory",
        "AWSServiceCatalogAdmins",
        "AWSControlTowerAdmins",
        "AWSSecurityAuditPowerUsers",
        "AWSSecurityAuditors",
        "AWSLogArchiveAdmins",
        "AWSLogArchiveViewers",
        "AWSAuditAccountAdmins",
    }
)
"""Groups that Control Tower makes (reference/identity-center.md §3, Control Tower defaults)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What exists in an account, as a declaration and the permission sets that it needs."""

    account_id: str
    declaration: AccessDeclaration
    permission_sets: tuple[PermissionSet, ...]
    left_out: tuple[str, ...]

    def files(self) -> dict[str, str]:
        """Catalogue files of the permission sets, by name. A set that is not ours is imported as external."""
        return {
            f"{one.name}.yaml": yaml.safe_dump(as_file(one), sort_keys=False, allow_unicode=True)
            for one in self.permission_sets
        }

    def text(self) -> str:
        """The custom field and what was left out, with the reason."""
        declaration = contract.dump(self.declaration)
        lines = [f"# {self.account_id}", declaration]
        if contract.size(declaration) > MAX_BYTES:
            lines.append(
                f"# too long: {contract.size(declaration)} bytes, and AFT stores {MAX_BYTES}; use rules"
            )
        return "\n".join([*lines, *(f"# left out: {one}" for one in self.left_out)]) + "\n"


def import_account(
    account_id: str, assignments: Assignments, directory: Directory, sets: PermissionSetReads
) -> Imported:
    """Everything that is assigned in an account, by name, except Control Tower's own."""
    grants: list[Grant] = []
    found: dict[str, PermissionSet] = {}
    left_out: list[str] = []
    names: dict[tuple[str, str], str | None] = {}
    for arn in sorted(assignments.provisioned(account_id)):
        live = sets.read(arn)
        if live is None:
            continue
        for one in sorted(assignments.of_permission_set(account_id, arn)):
            key = (one.kind, one.principal_id)
            if key not in names:
                names[key] = directory.name_of(one.kind, one.principal_id)
            name = names[key]
            if name is None:
                left_out.append(
                    f"{live.content.name} for {one.kind} {one.principal_id}, which does not exist"
                )
                continue
            grant = Grant(permission_set=live.content.name, principal=Principal(kind=one.kind, name=name))
            try:
                Grant.parse(str(grant))
            except ContractError as error:
                left_out.append(str(error))
                continue
            if of_control_tower(grant):
                left_out.append(f"{grant} is Control Tower's")
                continue
            grants.append(grant)
            found[live.content.name] = replace(live.content, external=not live.ours)
    return Imported(
        account_id=account_id,
        declaration=AccessDeclaration(grants=tuple(grants)),
        permission_sets=tuple(found[name] for name in sorted(found)),
        left_out=tuple(left_out),
    )


def of_control_tower(grant: Grant) -> bool:
    """Whether Control Tower made a grant: its groups, and its sets for the account's own SSO user."""
    if grant.principal.kind == "group":
        return grant.principal.name in CONTROL_TOWER_GROUPS
    return grant.permission_set in CONTROL_TOWER


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
    reasons = [f"{one} is Control Tower's and is never adopted" for one in wanted if of_control_tower(one)]
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
