"""Organization-wide objects: permission sets, groups, users, memberships.

They are written under one lease, and only by a tree whose revision is newer than the recorded one, so
that two pipelines with different checkouts end with the newer content. The publishing workflow
converges all of them (`catalogue.py` decides, `catalogue_apply.py` acts); an account's run makes or
updates only what its grants need, through `ensure`.
"""

import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

from .attributes import set_row
from .catalogue import Catalogue, Group, User
from .contract import Principal
from .errors import AwsError, RefusedError
from .ledger import Entry, Lease, Ledger
from .permission_sets import PermissionSet
from .ports import Directory, DirectoryWrites, PermissionSets
from .values import KnownPrincipal, KnownSet, Names

Need = Literal["create", "update"]


def set_need(wanted: PermissionSet, known: KnownSet | None, revision: int) -> Need | None:
    """What a permission set needs from a tree of this revision; None when it is right or newer.

    Revision 0 is a tree that nobody published: it may write over another such tree only.
    """
    if wanted.external:
        return None
    if known is None or not known.arn:
        return "create"
    if known.removed:
        return "create" if revision > known.revision else None
    if known.digest == wanted.digest:
        return None
    return "update" if _may_write(known.revision, revision, unfinished=not known.digest) else None


def group_digest(group: Group) -> str:
    """SHA-256 (16 hex digits) of what a group of ours should be."""
    return hashlib.sha256(json.dumps([group.description, group.members]).encode()).hexdigest()[:16]


def user_digest(user: User) -> str:
    """SHA-256 (16 hex digits) of what a user of ours should be."""
    content = [user.given_name, user.family_name, user.display_name, user.email]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def group_need(group: Group, known: KnownPrincipal | None, revision: int) -> Need | None:
    """What a group needs from a tree of this revision; None when it is right, newer or not ours."""
    return _principal_need(known, group_digest(group), revision) if group.ours else None


def user_need(user: User, known: KnownPrincipal | None, revision: int) -> Need | None:
    """The same of a user that the catalogue declares."""
    return _principal_need(known, user_digest(user), revision)


def _principal_need(known: KnownPrincipal | None, digest: str, revision: int) -> Need | None:
    if known is None or not known.id:
        return "create"
    if known.digest == digest:
        return None
    return "update" if _may_write(known.revision, revision, unfinished=not known.digest) else None


def needs(
    catalogue: Catalogue,
    permission_sets: Iterable[str],
    principals: Iterable[Principal],
    known: Names,
    resolved: dict[str, KnownSet],
    revision: int,
) -> tuple[str, ...]:
    """What an account's grants need first: `ReadOnlyAccess`, `group:auditors`, `user:x`; sorted."""
    found = {
        name
        for name in permission_sets
        if name in catalogue.permission_sets
        and set_need(
            catalogue.permission_sets[name],
            resolved.get(name) or known.permission_sets.get(name),
            revision,
        )
    }
    for principal in principals:
        group = catalogue.groups.get(principal.name) if principal.kind == "group" else None
        if group is not None and group_need(group, known.groups.get(principal.name), revision):
            found.add(str(principal))
        user = catalogue.users.get(principal.name) if principal.kind == "user" else None
        if user is None or not catalogue.creates_principals:
            continue
        ours = known.users.get(principal.name)
        # Pinned without a row of ours, it was there before the catalogue named it: used as it is.
        if user_need(user, ours, revision) if ours else principal not in known.principals:
            found.add(str(principal))
    return tuple(sorted(found))


@dataclass(slots=True, kw_only=True)
class Organization:
    """Writes organization-wide objects. Everything it needs to do so is made only when it is used."""

    catalogue: Catalogue
    ledger: Ledger
    directory: Directory
    sets: Callable[[], PermissionSets]
    writes: Callable[[], DirectoryWrites]
    revision: int
    patience: float
    """Seconds to wait for the lease."""

    def ensure(self, wanted: Iterable[str], meanwhile: Callable[[], None] = lambda: None) -> tuple[str, ...]:
        """Make or update these objects; say what was written. Another run's work is taken as it is.

        `meanwhile` keeps the account's own lease alive, also while waiting for the organization's.
        """
        seconds = self.catalogue.access.limits.lease_seconds
        lease = self.ledger.lease("org", seconds, self.patience, meanwhile)
        done: list[str] = []
        try:
            for name in sorted(set(wanted)):
                lease.ensure()
                meanwhile()
                if ":" not in name:
                    done += self.ensure_set(lease, name)
                elif name.startswith("group:"):
                    done += self.ensure_group(lease, name.removeprefix("group:"))
                else:
                    done += self.ensure_user(lease, name.removeprefix("user:"))
        finally:
            lease.release()
        return tuple(done)

    def ensure_set(self, lease: Lease, name: str, *, deep: bool = False) -> list[str]:
        """One permission set, under the lease. `deep` writes it though the ledger calls it right."""
        wanted = self.catalogue.permission_sets[name]
        known = self.ledger.names((), (name,)).permission_sets.get(name)
        need = set_need(wanted, known, self.revision)
        if need is None and not (deep and known is not None and known.revision <= self.revision):
            return []
        remote = self.sets()
        ahead = KnownSet(
            arn=known.arn if known and not known.removed else "", revision=self.revision, ours=True
        )
        self.ledger.write(lease, put=[("org", f"set#{name}", set_row(ahead))])
        arn = ahead.arn or self._existing(remote, name) or remote.create(wanted, self.revision)
        live = remote.read(arn)
        if live is None:
            arn = remote.create(wanted, self.revision)
            live = remote.read(arn)
        if live is None or not live.ours:
            raise RefusedError([f"the permission set {name} exists and lacks our tag: it is somebody else's"])
        remote.write(arn, live.content, wanted, self.revision)
        row = replace(ahead, arn=arn, digest=wanted.digest)
        verb = "create" if need == "create" else "update"
        self.ledger.write(
            lease,
            put=[("org", f"set#{name}", set_row(row))],
            audit=[("org", Entry(what=f"{verb} permission set", subject=name, detail=arn))],
        )
        return [f"{verb} permission set {name}"]

    def ensure_group(self, lease: Lease, name: str, *, deep: bool = False) -> list[str]:
        """One group with the members that the catalogue gives it. Members by other hands stay.

        `deep` writes it though the ledger calls it right, and makes it again if another hand deleted it.
        """
        group = self.catalogue.groups[name]
        principal = Principal(kind="group", name=name)
        known = self.ledger.names((principal,), ()).groups.get(name)
        again = deep and known is not None and known.revision <= self.revision
        if group_need(group, known, self.revision) is None and not again:
            return []
        key = f"object#group#{name}"
        row = {"revision": str(self.revision), "state": "writing", "before": known.before if known else ""}
        group_id = known.id if known else ""
        deleted = False
        if group_id:
            self.ledger.write(lease, put=[("org", key, {**row, "id": group_id})])
            deleted = not self.writes().write_group(group_id, name, group.description)
        done = [f"update {principal}"]
        if deleted or not group_id:
            row["before"] = group_id or row["before"]
            existing = self.directory.find(principal)
            if existing is not None and (known is None or deleted):
                raise RefusedError(
                    [f"{principal} exists and is not ours to change: remove it from groups.yaml"]
                )
            self.ledger.write(lease, put=[("org", key, row)])
            group_id = existing or self.writes().create_group(name, group.description) or ""
            group_id = group_id or self.directory.find(principal) or ""
            if not group_id:
                raise AwsError("CreateGroup", "Conflict", f"{principal} can be neither made nor found")
            self.ledger.write(lease, put=[("org", key, {**row, "id": group_id})])
            done = [f"create {principal}"]
        done += self._members(lease, group, group_id)
        self._pin_ours(lease, principal, group_id, row["before"])
        row = {"id": group_id, "digest": group_digest(group), "revision": str(self.revision)}
        self.ledger.write(
            lease,
            put=[("org", key, row)],
            audit=[("org", Entry(what=one, subject=name)) for one in done],
        )
        return done

    def ensure_user(self, lease: Lease, name: str, *, deep: bool = False) -> list[str]:
        """One user of the catalogue. One that existed before is used as it is, never changed or removed.

        `deep` writes one of ours though the ledger calls it right.
        """
        principal, wanted = Principal(kind="user", name=name), self.catalogue.users[name]
        known = self.ledger.names((principal,), ()).users.get(name)
        user_id = self.directory.find(principal)
        key, verb = f"object#user#{name}", ""
        before = (known.before or known.id) if known and user_id is None else known.before if known else ""
        row = {"revision": str(self.revision), "state": "writing", "before": before}
        if user_id is None:
            self.ledger.write(lease, put=[("org", key, row)])
            user_id = self.writes().create_user(wanted) or self.directory.find(principal)
            if user_id is None:
                raise AwsError("CreateUser", "Conflict", "a user can be neither made nor found")
            verb = "create"
        elif known is not None and known.id in ("", user_id) and known.revision <= self.revision:
            need = user_need(wanted, known, self.revision)
            if need or deep:
                self.ledger.write(lease, put=[("org", key, {**row, "id": user_id})])
                self.writes().write_user(user_id, wanted)
                verb = need or "update"
        self._pin_ours(lease, principal, user_id, before)
        if verb:
            row = {"id": user_id, "digest": user_digest(wanted), "revision": str(self.revision)}
            self.ledger.write(
                lease,
                put=[("org", key, row)],
                audit=[("org", Entry(what=f"{verb} user", subject=name, detail=user_id))],
            )
        return [f"{verb} {principal}"] if verb else []

    def _pin_ours(self, lease: Lease, principal: Principal, made: str, before: str) -> None:
        """Pin what we made. Made again after another hand deleted it, it takes its own pin's place."""
        replaces = False
        if before:
            replaces = self.ledger.names((principal,), (), objects=False).principals.get(principal) == before
        self.ledger.pin(lease, {principal: made}, reviewed=(principal,) if replaces else ())

    def forget_missing(self, names: Iterable[str], meanwhile: Callable[[], None]) -> bool:
        """Drop the ARNs of sets that another hand deleted, so that they are found by name again.

        Says whether there was any.
        """
        dropped = False
        seconds = self.catalogue.access.limits.lease_seconds
        lease = self.ledger.lease("org", seconds, self.patience, meanwhile)
        try:
            for name, known in sorted(self.ledger.names((), names).permission_sets.items()):
                if known.arn and not known.removed and self.sets().read(known.arn) is None:
                    dropped = True
                    self.ledger.write(
                        lease,
                        delete=[("org", f"set#{name}")],
                        audit=[("org", Entry(what="forget permission set", subject=name, detail=known.arn))],
                    )
        finally:
            lease.release()
        return dropped

    def _members(self, lease: Lease, group: Group, group_id: str) -> list[str]:
        users: dict[str, str] = {}
        done: list[str] = []
        for name in group.members:
            if name in self.catalogue.users:
                done += self.ensure_user(lease, name)
            found = self.directory.find(Principal(kind="user", name=name))
            if found is None:
                raise RefusedError([f"user:{name}, a member of group:{group.name}, does not exist"])
            users[name] = found
        present = self.writes().memberships(group_id)
        prefix = f"object#member#{group.name}#"
        rows = {
            key.removeprefix(prefix): row
            for key, row in self.ledger.organization().items()
            if key.startswith(prefix) and row.get("group") == group_id
        }
        for name, user_id in sorted(users.items()):
            if user_id not in present:
                key = f"object#member#{group.name}#{name}"
                self.ledger.write(lease, put=[("org", key, {"group": group_id, "user": user_id})])
                self.writes().add_member(group_id, user_id)
                done.append(f"add user:{name} to group:{group.name}")
        for name, row in sorted(rows.items()):
            if name not in users:
                membership = present.get(row.get("user", ""))
                if membership:
                    self.writes().remove("membership", membership)
                self.ledger.write(lease, delete=[("org", f"object#member#{group.name}#{name}")])
                done.append(f"remove user:{name} from group:{group.name}")
        return done

    def _existing(self, remote: PermissionSets, name: str) -> str | None:
        arn = remote.arns().get(name)
        live = remote.read(arn) if arn else None
        if live is not None and not live.ours:
            raise RefusedError([f"the permission set {name} exists and lacks our tag: it is somebody else's"])
        return arn


def _may_write(recorded: int, revision: int, *, unfinished: bool) -> bool:
    if revision > recorded or (revision == 0 and recorded == 0):
        return True
    return unfinished and revision == recorded
