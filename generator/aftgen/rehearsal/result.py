"""What a rehearsal found, as plain values: what AFT did, who can sign in with what, tags, failures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aftgen.rehearsal.pipeline import PipelineResult

#: Permission sets and groups that Control Tower assigns by itself begin so.
CONTROL_TOWER = "Control Tower"
SSO_USER = "SSO user"
REQUEST = "request"
UNDECLARED = "not declared"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Entry:
    """Somebody who can sign in: `principal` is `group:Name` or `user:name`, `source` why."""

    principal: str
    permission_set: str
    source: str = ""

    @property
    def is_default(self) -> bool:
        """Whether Control Tower gives it to every account, to its own groups."""
        return self.source == CONTROL_TOWER


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Policy:
    """A service control policy in force: `attached_to` is Root, the path of an OU, or `account`."""

    name: str
    attached_to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What went wrong where: `log` is the end of what was printed there."""

    stage: str
    reasons: tuple[str, ...]
    log: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountResult:
    """One account. `what` is what AFT did with its request, in a word or two; `ou` the path it ended in.

    `missing` is declared and not granted. `policies` are those in force, inherited ones first. What is
    `gained` and `lost` is against the revision before, if there was one.
    """

    name: str
    id: str = ""
    ou: str = ""
    what: str = ""
    customization: str = ""
    entries: tuple[Entry, ...] = ()
    missing: tuple[Entry, ...] = ()
    gained: tuple[Entry, ...] = ()
    lost: tuple[Entry, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    policies: tuple[Policy, ...] = ()
    policies_gained: tuple[Policy, ...] = ()
    policies_lost: tuple[Policy, ...] = ()
    failures: tuple[Failure, ...] = ()
    first: "PipelineResult | None" = None
    second: "PipelineResult | None" = None

    @property
    def ok(self) -> bool:
        return not self.failures


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """All of it. `stopped`: why nothing was applied. `before` is the name of the revision before, or "".

    `organization` is what failed of what is written once for all accounts.
    """

    release: str
    accounts: tuple[AccountResult, ...] = ()
    removed: tuple[AccountResult, ...] = ()
    organization: tuple[Failure, ...] = ()
    stopped: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    second_writes: tuple[str, ...] = ()
    before: str = ""
    #: Group to its members, as far as the repository knows them.
    members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        bad = self.stopped or self.organization or self.second_writes
        return not bad and all(each.ok for each in self.accounts)

    @property
    def every(self) -> tuple[AccountResult, ...]:
        return (*self.accounts, *self.removed)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PortalRow:
    """One line of the access portal: `via` is the group, or "" for the person's own assignment."""

    account: str
    permission_set: str
    via: str = ""


def portal(result: Result, user: str, groups: Iterable[str] = ()) -> tuple[PortalRow, ...]:
    """What a person sees in the portal: a row for each account and permission set, once for each way to it.

    `groups` are groups that the person is in beside those that the repository knows.
    """
    inside = {*groups, *(group for group, members in result.members.items() if user in members)}
    found = {
        PortalRow(
            account=account.name, permission_set=entry.permission_set, via="" if kind == "user" else name
        )
        for account in result.every
        for entry in account.entries
        for kind, _, name in [entry.principal.partition(":")]
        if (kind == "user" and name == user) or (kind == "group" and name in inside)
    }
    return tuple(sorted(found))


def as_object(result: Result) -> dict[str, Any]:
    """The last line of `--json`, version 1."""
    return {
        "version": 1,
        "event": "result",
        "ok": result.ok,
        "release": result.release,
        "before": result.before or None,
        "stopped": list(result.stopped),
        "accounts": [_account(each) for each in result.accounts],
        "removed": [_account(each) for each in result.removed],
        "organization": {"failures": [_failure(each) for each in result.organization]},
        "second_run": list(result.second_writes),
        "remarks": list(result.remarks),
    }


def _account(account: AccountResult) -> dict[str, Any]:
    return {
        "name": account.name,
        "id": account.id or None,
        "organizational_unit": account.ou or None,
        "ok": account.ok,
        "what": account.what,
        "account_customizations_name": account.customization or None,
        "access": [_entry(each) for each in account.entries],
        "missing": [_entry(each) for each in account.missing],
        "gained": [_entry(each) for each in account.gained],
        "lost": [_entry(each) for each in account.lost],
        "tags": dict(account.tags),
        "service_control_policies": [_policy(each) for each in account.policies],
        "service_control_policies_gained": [_policy(each) for each in account.policies_gained],
        "service_control_policies_lost": [_policy(each) for each in account.policies_lost],
        "failures": [_failure(each) for each in account.failures],
    }


def _failure(failure: Failure) -> dict[str, Any]:
    return {
        "stage": failure.stage,
        "reasons": list(failure.reasons),
        "place": failure.place or None,
        "log": failure.log or None,
    }


def _policy(policy: Policy) -> dict[str, str]:
    return {"name": policy.name, "attached_to": policy.attached_to}


def _entry(entry: Entry) -> dict[str, str]:
    return {
        "principal": entry.principal,
        "permission_set": entry.permission_set,
        "source": entry.source,
    }
