"""Who gains and who loses access, by name: the desired state of an account before and after.

Both sides are computed by ``aft_access`` itself, the package that the account's pipeline runs. What is wanted
comes from each side's own files, because after the merge the merged files count; what is allowed is judged by
the base's files too: a request must not come with the file that allows what it asks for. (A rule and its
restriction stand in one file, which other people own, and may change together.)
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aft_access import contract, restrictions
from aft_access import sso_user as unknown_sso_user
from aft_access.contract import AccessDeclaration, ContractError, Grant, Principal
from aft_access.desired import REQUEST, desired

from aftgen.limits import parse_ou
from aftgen.organization import Organization
from aftgen.request_row import RequestRow

if TYPE_CHECKING:
    from aft_access.catalogue import Catalogue
    from aft_access.places import Place

#: What Control Tower gives the SSO user of an account that it makes (``identity-center.md`` §5).
SSO_PERMISSION_SET = "AWSAdministratorAccess"
SSO_SOURCE = "SSOUserEmail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One revision's decisions: the catalogue of access and the organizational units.

    ``catalogue`` is None where the revision has none, or, with ``problem``, one that cannot be used.
    """

    catalogue: "Catalogue | None" = None
    organization: Organization = field(default_factory=Organization)
    problem: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One grant with what asks for it: ``request``, ``rule:<name>`` or ``SSOUserEmail``."""

    grant: Grant
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessChange:
    """What changes in one account. ``stays`` is what AFT leaves behind when it removes the account.

    ``refused`` says which grants the base's or the merged restrictions forbid; ``gone`` are the grants of a
    declaration that disappeared, which the pipeline neither keeps asking for nor revokes.
    """

    granted: tuple[Line, ...] = ()
    revoked: tuple[Line, ...] = ()
    stays: tuple[Line, ...] = ()
    refused: tuple[str, ...] = ()
    gone: tuple[Line, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether the desired state of the account differs."""
        return bool(self.granted or self.revoked or self.gone)


@dataclass(frozen=True, slots=True)
class Reading:
    """The access declaration of a row: its value, why it cannot be read, or neither where none is made."""

    declaration: AccessDeclaration | None = None
    problems: tuple[str, ...] = ()


class Judge:
    """Compares the desired access of accounts under two policies."""

    def __init__(self, before: Policy, after: Policy) -> None:
        self.before = before
        self.after = after
        self._readings: dict[str, Reading] = {}

    @property
    def same_policy(self) -> bool:
        return (
            self.before.catalogue == self.after.catalogue
            and self.before.organization.ous == self.after.organization.ous
        )

    def reading(self, row: RequestRow) -> Reading:
        found = self._readings.get(row.custom_fields)
        if found is None:
            found = self._readings[row.custom_fields] = _read(row.custom_fields)
        return found

    def created(self, row: RequestRow) -> AccessChange:
        """A new account: everything that it wants is granted, and its SSO user is its administrator."""
        wanted = {**self._wanted(row, self.after, row.ou), **_sso(row)}
        return AccessChange(granted=_lines(wanted), refused=self._refused(None, row, row.ou))

    def taken_over(self, row: RequestRow) -> AccessChange:
        """An enrolled account that gets a request: its SSO user is what it was."""
        wanted = self._wanted(row, self.after, row.ou)
        return AccessChange(granted=_lines(wanted), refused=self._refused(None, row, row.ou))

    def removed(self, row: RequestRow) -> AccessChange:
        """An account that leaves AFT: nobody revokes what stands."""
        return AccessChange(stays=_lines({**self._wanted(row, self.before, row.ou), **_sso(row)}))

    def changed(self, old: RequestRow, new: RequestRow, ou: str) -> AccessChange:
        """An account that stays; ``ou`` is where it is afterwards, whatever its request says."""
        was = self._wanted(old, self.before, old.ou)
        now = self._wanted(new, self.after, ou)
        refused = self._refused(old, new, ou)
        earlier, later = self.reading(old), self.reading(new)
        if later.problems:
            return AccessChange(refused=refused)
        if later.declaration is None and earlier.declaration is not None and earlier.declaration.grants:
            owned = set(earlier.declaration.grants)
            return AccessChange(gone=_lines({g: s for g, s in was.items() if g in owned}), refused=refused)
        return AccessChange(
            granted=_lines({grant: source for grant, source in now.items() if grant not in was}),
            revoked=_lines({grant: source for grant, source in was.items() if grant not in now}),
            refused=refused,
        )

    def _wanted(self, row: RequestRow, policy: Policy, ou: str) -> Mapping[Grant, str]:
        declaration = self.reading(row).declaration
        if policy.catalogue is None:
            return dict.fromkeys(declaration.grants, REQUEST) if declaration else {}
        tags = {key: value for key, value in _object(row.account_tags).items() if isinstance(value, str)}
        return desired(policy.catalogue, declaration, _place(policy, ou), name=row.name, tags=tags)

    def _refused(self, old: RequestRow | None, new: RequestRow, ou: str) -> tuple[str, ...]:
        """What forbids the new state, without what already stood before this change."""
        found = [f"the access declaration: {problem}" for problem in self.reading(new).problems]
        earlier = set(self._forbidden(old, self.before, old.ou)) if old is not None else set()
        for policy in (self.before, self.after):
            found += [text for text in self._forbidden(new, policy, ou) if text not in earlier]
        found += self._unknown_to_base(new, ou)
        return tuple(dict.fromkeys(found))

    def _forbidden(self, row: RequestRow, policy: Policy, ou: str) -> list[str]:
        if policy.catalogue is None:
            return []
        wanted = self._wanted(row, policy, ou)
        found = restrictions.problems(policy.catalogue, wanted, _place(policy, ou))
        found += policy.catalogue.lookalike_principals(AccessDeclaration(grants=tuple(wanted)))
        problem = policy.catalogue.sso_user_problem(row.control_tower_parameters["SSOUserEmail"])
        return [*found, problem] if problem else found

    def _unknown_to_base(self, row: RequestRow, ou: str) -> list[str]:
        """Privileged sets that only the change itself knows: the base could not say who may hold them."""
        base, merged = self.before.catalogue, self.after.catalogue
        if base is None or merged is None:
            return []
        new = {
            grant.permission_set
            for grant in self._wanted(row, self.after, ou)
            if grant.permission_set in merged.permission_sets
            and grant.permission_set not in base.permission_sets
            and merged.is_privileged(grant.permission_set)
        }
        return [
            f"{name} is privileged and new in this change: merge it with its restriction before it is granted"
            for name in sorted(new)
        ]


def sso_user(row: RequestRow) -> str:
    return row.control_tower_parameters["SSOUserEmail"]


def _sso(row: RequestRow) -> dict[Grant, str]:
    """What Control Tower gives the SSO user; nothing that could be named where nobody knows who that is."""
    if unknown_sso_user.stays_in(sso_user(row)) is not None:
        return {}
    principal = Principal(kind="user", name=sso_user(row))
    return {Grant(permission_set=SSO_PERMISSION_SET, principal=principal): SSO_SOURCE}


def _lines(wanted: Mapping[Grant, str]) -> tuple[Line, ...]:
    return tuple(sorted(Line(grant, source) for grant, source in wanted.items()))


def _place(policy: Policy, ou: str) -> "Place":
    assert policy.catalogue is not None
    return policy.catalogue.registry.place(policy.organization.path_of(parse_ou(ou)) or "")


def _object(text: str) -> dict[str, object]:
    found = json.loads(text)
    return found if isinstance(found, dict) else {}


def _read(custom_fields: str) -> Reading:
    text = _object(custom_fields).get(contract.KEY)
    if text is None:
        return Reading()
    if not isinstance(text, str):
        return Reading(problems=("it must be text: write jsonencode({ ... })",))
    try:
        return Reading(contract.parse(text))
    except ContractError as error:
        return Reading(problems=error.problems)
