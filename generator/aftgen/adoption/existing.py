"""What an organization has: units, accounts, and Service Catalog's products of them. Values only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from aftgen.changes.decision import Account as KnownAccount
from aftgen.changes.decision import Known, Release, SharedAccount
from aftgen.changes.decision import Product as KnownProduct
from aftgen.limits import OuReference, sso_email_problems, sso_name_problems
from aftgen.organization import Organization

ROOT: Final = "Root"
#: Service Catalog's states of a product that AFT takes for healthy (its ``ct_account_product_is_healthy``).
HEALTHY: Final = frozenset({"AVAILABLE", "TAINTED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """An organizational unit; ``parent`` is a unit's id, or the root's."""

    id: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SsoUser:
    """Whom Control Tower made the account's administrator."""

    email: str
    first_name: str
    last_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A product of Account Factory. ``parameters`` are those that could be found out, by AFT's names.

    ``succeeded``: it was provisioned with success once. ``message`` is what Service Catalog says of a
    failure, ``unknown`` why a parameter could not be found out.
    """

    id: str
    name: str
    status: str
    succeeded: bool
    message: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    unknown: str = ""

    @property
    def is_healthy(self) -> bool:
        return self.status in HEALTHY and self.succeeded

    @property
    def sso_user(self) -> SsoUser | None:
        """None where any of the three is not known: the rest would be a guess."""
        found = SsoUser(
            email=self.parameters.get("SSOUserEmail", ""),
            first_name=self.parameters.get("SSOUserFirstName", ""),
            last_name=self.parameters.get("SSOUserLastName", ""),
        )
        names = (found.first_name, found.last_name)
        wrong = [
            *sso_email_problems(found.email),
            *(problem for one in names for problem in sso_name_problems(one)),
        ]
        return None if wrong else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as Organizations has it. ``parent`` is a unit's id or the root's.

    ``has_baseline``: Control Tower's baseline is enabled on it; None where nobody asked.
    """

    id: str
    name: str
    email: str
    status: str
    parent: str
    tags: Mapping[str, str] = field(default_factory=dict)
    products: tuple[Product, ...] = ()
    has_baseline: bool | None = None

    @property
    def product(self) -> Product | None:
        """The one that AFT takes: the first healthy one, else the first that there is."""
        return next((one for one in self.products if one.is_healthy), next(iter(self.products), None))


@dataclass(frozen=True, kw_only=True)  # no slots: cached properties
class Existing:
    """An organization. ``accounts`` in the order of ListAccounts, as far as that is known.

    ``management``, ``log_archive`` and ``audit`` are Control Tower's own accounts, ``aft_management`` AFT's;
    each is an id, or "" where it is not known. ``aft_version`` is "" then too.
    """

    root: str
    units: tuple[Unit, ...] = ()
    accounts: tuple[Account, ...] = ()
    management: str = ""
    log_archive: str = ""
    audit: str = ""
    aft_management: str = ""
    aft_version: str = ""

    @cached_property
    def unit(self) -> Mapping[str, Unit]:
        return {unit.id: unit for unit in self.units}

    def path(self, unit_id: str) -> str:
        """``Workloads/Prod``; the root's is "". Raises KeyError for an id that is not in the tree."""
        names = []
        while unit_id != self.root:
            names.append(self.unit[unit_id].name)
            unit_id = self.unit[unit_id].parent
        return "/".join(reversed(names))

    @cached_property
    def organization(self) -> Organization:
        """The units by path, without those whose path a '/' in a name makes ambiguous."""
        paths = {self.path(unit.id): unit.id for unit in self.units if not self.is_ambiguous(unit.id)}
        return Organization(dict(sorted(paths.items())))

    def is_ambiguous(self, unit_id: str) -> bool:
        """Whether a '/' in its name, or in one above it, keeps a unit from having a path."""
        while unit_id != self.root:
            if "/" in self.unit[unit_id].name:
                return True
            unit_id = self.unit[unit_id].parent
        return False

    def reference(self, unit_id: str) -> OuReference:
        """The ManagedOrganizationalUnit of a unit, by the rule of ``Organization.reference``."""
        unit = self.unit[unit_id]
        if unit.parent == self.root and self._named[unit.name] == 1:
            return OuReference(unit.name)
        return OuReference(unit.name, unit.id)

    @cached_property
    def _named(self) -> Mapping[str, int]:
        counted: dict[str, int] = {}
        for unit in self.units:
            counted[unit.name] = counted.get(unit.name, 0) + 1
        return counted

    def below(self, unit_id: str) -> frozenset[str]:
        """A unit and all below it."""
        found = {unit_id}
        for unit in self._downwards():
            if unit.parent in found:
                found.add(unit.id)
        return frozenset(found)

    def _downwards(self) -> Iterator[Unit]:
        return iter(sorted(self.units, key=lambda unit: self.path(unit.id).count("/")))

    @property
    def shared(self) -> tuple[str, ...]:
        """Control Tower's own accounts in AFT's order (its ``shared_account.py``)."""
        return tuple(filter(None, (self.log_archive, self.audit, self.management)))

    @cached_property
    def known(self) -> Known:
        """What AFT would find when it decides about a request."""
        by_id = {account.id: account for account in self.accounts}
        return Known(
            accounts=tuple(
                KnownAccount(id=one.id, name=one.name, email=one.email, status=one.status)
                for one in self.accounts
            ),
            products=tuple(
                KnownProduct(account_id=one.id, email=product.parameters.get("AccountEmail") or one.email)
                for one in self.accounts
                for product in one.products
                if product.is_healthy
            ),
            shared=tuple(
                SharedAccount(id=one, name=by_id[one].name, email=by_id[one].email, ou=self.unit_name(one))
                for one in self.shared
                if one in by_id
            ),
            release=_release(self.aft_version),
        )

    def unit_name(self, account_id: str) -> str:
        """The plain name of the unit that an account is in, ``Root`` for the root."""
        parent = next(one.parent for one in self.accounts if one.id == account_id)
        return ROOT if parent == self.root else self.unit[parent].name


def _release(version: str) -> Release:
    """How AFT finds an enrolled account; a version that cannot be read counts as a new one."""
    numbers = version.split(".")[:2]
    if len(numbers) == 2 and all(one.isdigit() for one in numbers) and tuple(map(int, numbers)) < (1, 20):
        return Release.V1_17
    return Release.V1_20
