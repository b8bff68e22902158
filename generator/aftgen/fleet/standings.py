"""Judges everything that stands in Identity Center against what is declared, from values alone.

For each account, with the request that AFT has for it and the rows that the ledger has of it:

  stands  declared  in the ledger  then
  yes     yes       any            declared; since and by which build where it is ours
  yes     no        any            Control Tower's own, or undeclared
  no      yes       any            missing

In an account that nobody requests, a row of the ledger is "no request", whether it stands or not, and what
stands without a row is unmanaged.

A name means the id that it is pinned to (principals.yaml, then the ledger), so that a group which took over
the name of a declared one is undeclared. A principal that no longer exists has nothing declared: what it
still holds is undeclared, and nothing is missing for it. Nor is anything missing where nobody may change
access: in the management account, and in one that is not active. What stands there undeclared is "not
declarable".

Control Tower alone grants the SSO user's AWSAdministratorAccess, and none where it does not manage
identities: it is declared where it stands, and never missing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from aft_access import contract, control_tower
from aft_access.catalogue import Catalogue
from aft_access.contract import AccessDeclaration, ContractError, Grant, Kind, Principal
from aft_access.desired import desired
from aft_access.guard import ACTIVE
from aft_access.permission_sets import CONTROL_TOWER
from aft_access.values import Account, Assignment, Request, Row

from aftgen.access_report.model import DELETED, UNKNOWN, Judgement, Standing
from aftgen.changes.access import SSO_PERMISSION_SET

SSO_USER: Final = "SSO user"
_BY_CONTROL_TOWER: Final = "Control Tower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """An account with what says who should get into it. ``account`` is None when the organization has none
    of this id any more."""

    id: str
    account: Account | None
    request: Request | None = None
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Names:
    """What ids are called, as Identity Center says now, and which id a name is pinned to.

    ``sets`` is permission set by ARN; ``principals`` name by kind and id. The pins are principals' ids and
    permission sets' ARNs.
    """

    sets: Mapping[str, str]
    principals: Mapping[tuple[Kind, str], str]
    pins: Mapping[Principal, str] = field(default_factory=dict)
    set_pins: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _ids(self) -> dict[Principal, frozenset[str]]:
        found: dict[Principal, frozenset[str]] = {}
        for (kind, principal_id), name in self.principals.items():
            principal = Principal(kind=kind, name=name)
            found[principal] = found.get(principal, frozenset()) | {principal_id}
        return found

    @cached_property
    def _arns(self) -> dict[str, str]:
        return {name: arn for arn, name in self.sets.items()}

    @cached_property
    def _users(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for (kind, principal_id), name in self.principals.items():
            if kind == "user":
                found[name.casefold()] = found.get(name.casefold(), frozenset()) | {principal_id}
        return found

    def ids_of(self, principal: Principal) -> frozenset[str]:
        """The ids that may hold what is declared for a name: the pinned one, else all who are called so."""
        pin = self.pins.get(principal)
        return frozenset((pin,)) if pin else self._ids.get(principal, frozenset())

    def is_gone(self, principal: Principal) -> bool:
        """Whether a principal has been, and is no more: a leaver."""
        pin = self.pins.get(principal)
        return pin is not None and (principal.kind, pin) not in self.principals

    def arn_of(self, permission_set: str) -> str | None:
        """The ARN that a permission set's name means."""
        return self.set_pins.get(permission_set) or self._arns.get(permission_set)

    def users_called(self, name: str) -> frozenset[str]:
        """Ids of users of this name, letter case apart: Control Tower looks its SSO user up by email."""
        return self._users.get(name.casefold(), frozenset())

    def shown(self, kind: Kind, principal_id: str, otherwise: str = "") -> str:
        """``kind:name``; of one who no longer exists the name it had or its id, with ``DELETED`` behind."""
        name = self.principals.get((kind, principal_id))
        return f"{kind}:{otherwise or principal_id}{DELETED}" if name is None else f"{kind}:{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Standings in the order of the accounts, and why some accounts could not be judged by their request."""

    standings: tuple[Standing, ...]
    unjudged: tuple[str, ...] = ()


def judge(
    subjects: Iterable[Subject],
    live: Mapping[str, frozenset[Assignment]],
    names: Names,
    catalogue: Catalogue,
    management_account_id: str,
) -> Judged:
    """Every standing of these accounts. ``live`` is what each account really has, by its id."""
    standings: list[Standing] = []
    unjudged: list[str] = []
    for subject in subjects:
        account = _Account(subject, live.get(subject.id, frozenset()), names, catalogue)
        changeable = subject.account is not None and subject.account.status == ACTIVE
        account.judge(changeable=changeable and subject.id != management_account_id)
        standings += sorted(
            account.found, key=lambda one: (one.permission_set, one.principal, one.judgement.value)
        )
        if account.problem:
            unjudged.append(f"{account.name}: {account.problem}; judged by the ledger")
    return Judged(standings=tuple(standings), unjudged=tuple(unjudged))


class _Account:
    """One account while it is judged."""

    def __init__(
        self, subject: Subject, live: frozenset[Assignment], names: Names, catalogue: Catalogue
    ) -> None:
        self._subject, self._live, self._names, self._catalogue = subject, live, names, catalogue
        self._rows = {row.assignment: row for row in subject.rows}
        self.name = subject.account.name if subject.account else subject.id
        self.found: list[Standing] = []
        self.problem = ""

    def judge(self, *, changeable: bool) -> None:
        """``changeable``: whether a declaration could have an effect in the account."""
        orphans = {} if self._subject.request else self._rows
        for one, row in orphans.items():
            self._add(one, Judgement.ORPHANED, row.source, row.grant)
        otherwise = Judgement.UNDECLARED if self._subject.request else Judgement.UNMANAGED
        if self._subject.account is not None and not changeable:
            otherwise = Judgement.NOT_DECLARABLE
        wanted, missing = self._wanted() if self._subject.request else ({}, [])
        for one in sorted(self._live):
            if one in orphans:
                continue
            if one in wanted:
                source, grant = wanted[one]
                self._add(one, Judgement.DECLARED, source, grant)
            elif self._is_control_towers(one):
                self._add(one, Judgement.CONTROL_TOWER, _BY_CONTROL_TOWER)
            else:
                ours = self._rows.get(one)
                self._add(one, otherwise, ours.source if ours else UNKNOWN, ours.grant if ours else None)
        for source, grant in missing if changeable else ():
            self._add_missing(source, grant)

    def _wanted(self) -> tuple[dict[Assignment, tuple[str, Grant]], list[tuple[str, Grant]]]:
        """What should stand, by assignment with its source, and what of it does not."""
        wanted: dict[Assignment, tuple[str, Grant]] = {}
        missing: list[tuple[str, Grant]] = []
        for grant, source in self._declared().items():
            if self._names.is_gone(grant.principal):
                continue
            arn = self._names.arn_of(grant.permission_set)
            named = [
                Assignment(permission_set_arn=arn, kind=grant.principal.kind, principal_id=one)
                for one in self._names.ids_of(grant.principal)
                if arn
            ]
            wanted |= dict.fromkeys(named, (source, grant))
            if not self._live.intersection(named):
                missing.append((source, grant))
        request = self._subject.request
        arn = self._names.arn_of(SSO_PERMISSION_SET)
        if request and arn and request.sso_user_email:
            grant = _sso_grant(request.sso_user_email)
            for user in self._names.users_called(request.sso_user_email):
                one = Assignment(permission_set_arn=arn, kind="user", principal_id=user)
                wanted.setdefault(one, (SSO_USER, grant))
        return wanted, missing

    def _declared(self) -> Mapping[Grant, str]:
        """Grants with their sources; of an unreadable request, what the ledger says was last asked for."""
        request, account = self._subject.request, self._subject.account
        if request is None or account is None:
            return {}
        declaration: AccessDeclaration | None = None
        self.problem = f"its request cannot be read: {request.problem}" if request.problem else ""
        if request.access is not None and not self.problem:
            try:
                declaration = contract.parse(request.access)
            except ContractError as error:
                self.problem = f"its declaration cannot be read: {error}"
        if self.problem:
            return {row.grant: row.source for row in self._subject.rows}
        place = self._catalogue.registry.live(account.ou_ids, account.id)
        return desired(self._catalogue, declaration, place, name=account.name, tags=request.tags)

    def _is_control_towers(self, one: Assignment) -> bool:
        """Control Tower gives its own sets to its own groups, and no others."""
        permission_set = self._names.sets.get(one.permission_set_arn, "")
        name = self._names.principals.get((one.kind, one.principal_id))
        if name is None or one.kind != "group" or permission_set not in CONTROL_TOWER:
            return False
        return control_tower.made(
            Grant(permission_set=permission_set, principal=Principal(kind=one.kind, name=name))
        )

    def _add(self, one: Assignment, judgement: Judgement, source: str, grant: Grant | None = None) -> None:
        shown_set = self._names.sets.get(one.permission_set_arn)
        if shown_set is None:
            shown_set = grant.permission_set if grant else one.permission_set_arn.rpartition("/")[2]
        self._append(
            self._rows.get(one),
            permission_set=shown_set,
            principal=self._names.shown(
                one.kind, one.principal_id, otherwise=grant.principal.name if grant else ""
            ),
            judgement=judgement,
            source=source,
            stands=one in self._live,
        )

    def _add_missing(self, source: str, grant: Grant) -> None:
        row = next((row for row in self._subject.rows if row.grant == grant), None)
        self._append(
            row,
            permission_set=grant.permission_set,
            principal=str(grant.principal),
            judgement=Judgement.MISSING,
            source=source,
            stands=False,
        )

    def _append(
        self,
        row: Row | None,
        *,
        permission_set: str,
        principal: str,
        judgement: Judgement,
        source: str,
        stands: bool,
    ) -> None:
        known = row.request if row else ""
        if not known and judgement in (Judgement.DECLARED, Judgement.MISSING) and self._subject.request:
            known = self._subject.request.id
        self.found.append(
            Standing(
                account_id=self._subject.id,
                permission_set=permission_set,
                principal=principal,
                judgement=judgement,
                source=source or UNKNOWN,
                since=row.since if row else "",
                request=known,
                build=row.build if row else "",
                commit=row.commit if row else "",
                stands=stands,
            )
        )


def _sso_grant(email: str) -> Grant:
    return Grant(permission_set=SSO_PERMISSION_SET, principal=Principal(kind="user", name=email))
