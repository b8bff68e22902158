"""Looks at the embedded AWS afterwards: who can sign in to an account and why, its tags and policies."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aftgen.cloud import LandingZone
from aftgen.cloud.control_tower import GROUPS
from aftgen.cloud.plan import ROOT
from aftgen.rehearsal.result import CONTROL_TOWER, SSO_USER, UNDECLARED, Entry, Policy
from aftgen.request import ACCESS_FIELD
from aftgen.request_row import RequestRow

if TYPE_CHECKING:
    from aft_access.catalogue import Catalogue

    from aftgen.cloud.calls import Call

_DEFAULTS = frozenset(f"group:{name}" for name in GROUPS)
#: What every run writes for itself: leases, records, where it is.
_OWN_TABLE = "aftgen-access"


@dataclass(frozen=True, slots=True)
class Finder:
    """Answers about one landing zone; `catalogue` is None where the repository declares no access."""

    zone: LandingZone
    catalogue: "Catalogue | None"

    def access(self) -> dict[str, set[tuple[str, str]]]:
        """Account id to (permission set, principal), of all accounts in one go."""
        found: dict[str, set[tuple[str, str]]] = {}
        for account, permission_set, principal in self.zone.access():
            found.setdefault(account, set()).add((permission_set, principal))
        return found

    def entries(self, account: str, row: RequestRow, held: Iterable[tuple[str, str]]) -> tuple[Entry, ...]:
        """Everybody who holds something in the account, with where it comes from; declared access first."""
        wanted = self.wanted(account, row)
        entries = [
            Entry(
                principal=principal,
                permission_set=permission_set,
                source=wanted.get((permission_set, principal)) or _source(row, permission_set, principal),
            )
            for permission_set, principal in held
        ]
        return tuple(sorted(entries, key=lambda each: (_rank(each.source), each)))

    def missing(self, account: str, row: RequestRow, held: Iterable[tuple[str, str]]) -> tuple[Entry, ...]:
        """What is declared for the account and not held there."""
        there = set(held)
        return tuple(
            Entry(principal=principal, permission_set=permission_set, source=source)
            for (permission_set, principal), source in self.wanted(account, row).items()
            if (permission_set, principal) not in there
        )

    def wanted(self, account: str, row: RequestRow) -> dict[tuple[str, str], str]:
        """(permission set, principal) to its source, as the account's pipeline resolves it."""
        if self.catalogue is None:
            return {}
        from aft_access.contract import AccessDeclaration, ContractError, parse
        from aft_access.desired import desired

        declared: AccessDeclaration | None = None
        text = json.loads(row.custom_fields).get(ACCESS_FIELD)
        try:
            declared = parse(text) if isinstance(text, str) else None
        except ContractError:
            return {}
        place = self.catalogue.registry.place(self.ou(account), account)
        found = desired(self.catalogue, declared, place, name=row.name, tags=self.tags(account))
        return {
            (grant.permission_set, str(grant.principal)): source.replace("rule:", "rule ")
            for grant, source in found.items()
        }

    def ou(self, account: str) -> str:
        """The path of the OU that an account is in."""
        parent = self.zone.account(account).parent_id
        units = self.zone.plan.organizational_units.items()
        return next((path for path, unit_id in units if unit_id == parent), ROOT)

    def tags(self, account: str) -> dict[str, str]:
        client = self.zone.backstage("organizations", self.zone.plan.management.id)
        pages = client.get_paginator("list_tags_for_resource").paginate(ResourceId=account)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}

    def policies(self, account: str) -> tuple[Policy, ...]:
        """The service control policies in force, from the root down, but AWS's own: they allow everything.

        None limits the organization's management account.
        """
        if account == self.zone.plan.management.id:
            return ()
        made = self.zone.account(account)
        nodes = [(account, "account"), *self._above(made.parent_id)]
        everything = {node.id: node for node in (*self.zone.units(), made)}
        return tuple(
            Policy(name=policy.name, attached_to=where)
            for node, where in reversed(nodes)
            for policy in sorted(everything[node].attached_policies, key=lambda each: str(each.name))
            if policy.type == "SERVICE_CONTROL_POLICY" and not policy.aws_managed
        )

    def _above(self, unit: str) -> list[tuple[str, str]]:
        plan = self.zone.plan
        paths = {unit_id: path for path, unit_id in plan.organizational_units.items()}
        path = paths.get(unit, "")
        parts = path.split("/") if path and path != ROOT else []
        above = [
            (plan.organizational_units[each], each)
            for each in ("/".join(parts[:end]) for end in range(len(parts), 0, -1))
            if each in plan.organizational_units
        ]
        return [*above, (plan.root_id, ROOT)]


def writes(calls: Iterable["Call"], names: Mapping[str, str]) -> tuple[str, ...]:
    """What calls changed, beside the runs' own bookkeeping: `account: service:Operation`, counted.

    `names` are accounts' names by id. A change of no account in particular is the organization's.
    """
    counted: dict[str, int] = {}
    for call in calls:
        if call.write and call.outcome == "ok" and not _is_bookkeeping(call):
            target = str(call.parameters.get("TargetId", call.account))
            name = f"{names.get(target, 'organization')}: {call.service}:{call.operation}"
            counted[name] = counted.get(name, 0) + 1
    return tuple(f"{name} ({number})" if number > 1 else name for name, number in sorted(counted.items()))


def _is_bookkeeping(call: "Call") -> bool:
    if call.service != "dynamodb":
        return call.service in ("sts", "sns")
    return _OWN_TABLE in json.dumps(call.parameters, default=str)


def _source(row: RequestRow, permission_set: str, principal: str) -> str:
    sso_user = f"user:{row.control_tower_parameters['SSOUserEmail']}"
    if principal == sso_user and permission_set == "AWSAdministratorAccess":
        return SSO_USER
    return CONTROL_TOWER if principal in _DEFAULTS else UNDECLARED


def _rank(source: str) -> int:
    return {SSO_USER: 1, UNDECLARED: 2, CONTROL_TOWER: 3}.get(source, 0)
