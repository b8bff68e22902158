"""Converges the organization-wide objects with the catalogue: what the publishing workflow runs.

The plan is a value. Permission sets, groups and users of ours are compared part by part with what Identity
Center has, so a change made by hand in the console is seen and put right; what left the catalogue and is
ours is removed. Members that another hand put into a group of ours are reported, and stay. A tree older
than the recorded one plans nothing.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from . import drift
from .attributes import known_principal, known_set, set_row
from .errors import AwsError, RefusedError
from .ledger import Entry, Lease
from .organization import Organization, group_need, set_need, user_need
from .ports import Assignments
from .report import VERSION, Done, without_people
from .settle import carry_out
from .values import KnownSet

Verb = Literal["create", "update", "provision", "delete"]
Kind = Literal["permission set", "group", "user"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Action:
    """One object to create, update, provision again or delete. `detail` says what differs."""

    kind: Kind
    name: str
    verb: Verb
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.name}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CataloguePlan:
    """What the organization needs, sorted; deletions last."""

    actions: tuple[Action, ...] = ()
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def text(self) -> str:
        """Lines for a person; users are hashes."""
        sign = {"create": "+", "update": "~", "provision": "~", "delete": "-"}
        lines = [f"  ! {one}" for one in self.refusals]
        lines += [f"  {sign[one.verb]} {one}".replace(" user ", " user:") for one in self.actions]
        lines += [f"  warning: {one}" for one in self.warnings]
        return without_people("\n".join(["catalogue", *(lines or ["  nothing to change"])]) + "\n")

    def json(self) -> str:
        """Indented JSON with a final newline."""
        data: dict[str, Any] = {
            "version": VERSION,
            "actions": [
                {"verb": one.verb, "kind": one.kind, "name": one.name, "detail": one.detail}
                for one in self.actions
            ],
            "refusals": list(self.refusals),
            "warnings": list(self.warnings),
        }
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def plan(organization: Organization) -> CataloguePlan:
    """Compare everything; writes nothing.

    Costs seven reads for each permission set of ours, two for each group and one for each user.
    """
    catalogue = organization.catalogue
    rows = organization.ledger.organization()
    seen = [*_sets(organization, rows), *_groups(organization, rows), *_users(organization, rows)]
    found = [one for one in seen if isinstance(one, Action)]
    deletions = [one for one in found if one.verb == "delete"]
    refusals: list[str] = []
    newest = max((int(row.get("revision", "0")) for row in rows.values()), default=0)
    if newest > organization.revision:
        refusals.append(
            f"this tree has revision {organization.revision} and the organization is at {newest}: "
            "publish the newer one"
        )
    if len(deletions) > catalogue.access.max_revocations:
        refusals.append(
            f"{len(deletions)} objects would be deleted and max_revocations is "
            f"{catalogue.access.max_revocations}: remove them in smaller steps"
        )
    order = {"create": 0, "update": 1, "provision": 2, "delete": 3}
    found.sort(key=lambda one: (order[one.verb], one))
    return CataloguePlan(
        actions=tuple(found),
        refusals=tuple(refusals),
        warnings=(
            *(str(one) for one in catalogue.warnings),
            *sorted(one for one in seen if isinstance(one, str)),
        ),
    )


def apply(organization: Organization, wanted: CataloguePlan, provisioning: Assignments) -> list[Done]:
    """Carry the plan out under the organization's lease, then provision changed sets everywhere."""
    if wanted.refusals:
        raise RefusedError(wanted.refusals)
    if not wanted.actions:
        return []
    limits = organization.catalogue.access.limits
    clock = organization.ledger.clock
    lease = organization.ledger.lease("org", limits.lease_seconds, organization.patience)
    done: list[Done] = []
    try:
        changed: list[str] = []
        for action in wanted.actions:
            lease.ensure()
            try:
                written = _act(organization, lease, action)
            except (AwsError, RefusedError) as error:
                reason = "; ".join(error.reasons) if isinstance(error, RefusedError) else str(error)
                done.append(Done(what=action.verb, subject=action.name, ok=False, reason=reason))
                continue
            done += [Done(what=one, subject=action.name, ok=True) for one in written]
            provisions = action.verb == "provision" or (action.verb == "update" and written)
            if action.kind == "permission set" and provisions:
                known = organization.ledger.names((), (action.name,)).permission_sets[action.name]
                changed.append(known.arn)
        outcomes = carry_out(
            changed,
            "provision",
            lambda arn: provisioning.provision(None, arn),
            provisioning,
            clock,
            in_flight=3,
            poll_seconds=limits.poll_seconds,
            deadline=clock.now() + 60 * limits.deadline_minutes,
            alive=lease.ensure,
        )
        done += [
            Done(what="provision", subject=one.item, ok=one.succeeded, reason=one.ticket.reason)
            for one in outcomes
        ]
    finally:
        lease.release()
    return done


def _sets(organization: Organization, rows: dict[str, dict[str, str]]) -> Iterator[Action | str]:
    catalogue, revision = organization.catalogue, organization.revision
    known = {key.partition("#")[2]: known_set(row) for key, row in rows.items() if key.startswith("set#")}
    for name, wanted in catalogue.permission_sets.items():
        need = set_need(wanted, known.get(name), revision)
        if need is not None:
            yield Action(kind="permission set", name=name, verb=need)
        elif not wanted.external and name in known and not known[name].removed:
            parts = ", ".join(drift.of_set(organization, wanted, known[name]).parts)
            stale = len(organization.sets().accounts(known[name].arn, stale=True))
            if parts and known[name].revision <= revision:
                yield Action(kind="permission set", name=name, verb="update", detail=parts)
            elif stale:
                # Somebody's run wrote it and did not bring it everywhere: an account's own, or one that died.
                detail = f"{stale} accounts have an older content"
                yield Action(kind="permission set", name=name, verb="provision", detail=detail)
    for name, one in sorted(known.items()):
        left = name not in catalogue.permission_sets
        if left and one.ours and not one.removed and one.arn:
            yield Action(kind="permission set", name=name, verb="delete")


def _groups(organization: Organization, rows: dict[str, dict[str, str]]) -> Iterator[Action | str]:
    prefix = "object#group#"
    known = {key[len(prefix) :]: known_principal(row) for key, row in rows.items() if key.startswith(prefix)}
    for name, group in organization.catalogue.groups.items():
        need = group_need(group, known.get(name), organization.revision)
        if need is not None:
            yield Action(kind="group", name=name, verb=need)
        elif group.ours and known[name].revision <= organization.revision:
            yield from _drifted("group", name, drift.of_group(organization, group, known[name].id, rows))
    for name, one in sorted(known.items()):
        if name not in organization.catalogue.groups and one.id:
            yield Action(kind="group", name=name, verb="delete")


def _users(organization: Organization, rows: dict[str, dict[str, str]]) -> Iterator[Action | str]:
    prefix = "object#user#"
    known = {key[len(prefix) :]: known_principal(row) for key, row in rows.items() if key.startswith(prefix)}
    pinned = {key.removeprefix("name#user:") for key in rows if key.startswith("name#user:")}
    for name, user in organization.catalogue.users.items():
        ours = known.get(name)
        if ours is None and name in pinned:
            continue  # it was there before the catalogue named it, and is used as it is
        need = user_need(user, ours, organization.revision)
        if need is not None:
            yield Action(kind="user", name=name, verb=need)
        elif ours is not None and ours.revision <= organization.revision:
            yield from _drifted("user", name, drift.of_user(organization, user, ours.id))
    for name, one in sorted(known.items()):
        if name not in organization.catalogue.users and one.id:
            yield Action(kind="user", name=name, verb="delete")


def _drifted(kind: Kind, name: str, found: drift.Drift) -> Iterator[Action | str]:
    if found.parts:
        yield Action(kind=kind, name=name, verb="update", detail=", ".join(found.parts))
    yield from found.warnings


def _act(organization: Organization, lease: Lease, action: Action) -> list[str]:
    if action.verb == "delete":
        return _delete(organization, lease, action)
    if action.verb == "provision":
        return []
    if action.kind == "permission set":
        return organization.ensure_set(lease, action.name, deep=True)
    if action.kind == "group":
        return organization.ensure_group(lease, action.name, deep=action.verb == "update")
    return organization.ensure_user(lease, action.name, deep=action.verb == "update")


def _delete(organization: Organization, lease: Lease, action: Action) -> list[str]:
    ledger = organization.ledger
    rows = ledger.organization()
    audit = [("org", Entry(what=f"delete {action.kind}", subject=action.name))]
    if action.kind == "permission set":
        known = known_set(rows[f"set#{action.name}"])
        live = organization.sets().read(known.arn)
        if live is not None and not live.ours:
            raise RefusedError([f"{action.name} lacks our tag now: it is not removed"])
        if live is not None:
            organization.sets().delete(known.arn)
        gone = KnownSet(arn=known.arn, revision=organization.revision, ours=True, removed=True)
        ledger.write(lease, put=[("org", f"set#{action.name}", set_row(gone))], audit=audit)
        return [str(action)]
    granted = [row["pk"] for row in ledger.scan("grant#") if row["principal"] == f"group:{action.name}"]
    if action.kind == "group" and granted:
        raise RefusedError([f"it has {len(granted)} grants of ours: take it out of requests and rules first"])
    key = f"object#{action.kind}#{action.name}"
    organization.writes().remove(action.kind, rows[key]["id"])
    members = [
        one
        for one, row in rows.items()
        if one.startswith(f"object#member#{action.name}#") and row.get("group") == rows[key]["id"]
    ]
    names = [f"name#{action.kind}:{action.name}"]
    ledger.write(lease, delete=[("org", one) for one in [key, *members, *names]], audit=audit)
    return [str(action)]
