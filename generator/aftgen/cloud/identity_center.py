"""The state of Identity Center: one instance, its permission sets, assignments and identity store.

One object, whichever account asks: the instance belongs to the management account and is shared with
delegated administrators. moto keeps a different instance per account and region.

Reference: Identity Center reference §4 "ListInstances", "PS ARN", "SessionDuration default", consequence
(3), (4) and (7); §3 "Deleting the last assignment".
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Literal, NamedTuple, Protocol

from aftgen.cloud.identity_data import IdentityData
from aftgen.cloud.operations import Operations

PrincipalType = Literal["USER", "GROUP"]
_ALPHABET = "0123456789abcdef"


class Triple(NamedTuple):
    """Who has what where: the whole identity of an assignment, which has no id and no tags."""

    account: str
    permission_set: str
    principal_type: str
    principal_id: str


@dataclass(slots=True, kw_only=True)
class PermissionSet:
    name: str
    arn: str
    created: float
    description: str | None = None
    session_duration: str = "PT1H"
    relay_state: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    inline_policy: str = ""
    managed_policies: dict[str, str] = field(default_factory=dict)  # ARN to name
    customer_policies: list[tuple[str, str]] = field(default_factory=list)  # name, path
    boundary: dict[str, object] | None = None
    revision: int = 1


@dataclass(slots=True)
class Provisioned:
    """A permission set in an account: the revision that was pushed there and the role that it became."""

    revision: int
    role: str


class ReservedRoles(Protocol):
    """Where the roles `AWSReservedSSO_<set>_<16 hex>` are made; the landing zone uses moto's IAM."""

    def create(self, account: str, permission_set: PermissionSet, role: str) -> None: ...

    def delete(self, account: str, role: str) -> None: ...

    def count(self, account: str) -> int: ...

    def has_policy(self, account: str, name: str, path: str) -> bool: ...


@dataclass(slots=True, kw_only=True)
class AccountInstance:
    """An instance of a single account: real, visible beside the organization's, and never the one to use."""

    arn: str
    identity_store_id: str
    owner: str


class IdentityCenter:
    def __init__(
        self,
        *,
        owner: str,
        region: str,
        random: Random,
        now: Callable[[], float],
        accounts: Callable[[], dict[str, str]],
        roles: ReservedRoles,
        instance_id: str | None = None,
        identity_store_id: str | None = None,
    ) -> None:
        self._random = random
        self.now = now
        self.owner = owner
        self.region = region
        self.name = "organization"
        self.created = now()
        self.instance_id = instance_id or f"ssoins-{self.hexadecimal(16)}"
        self.arn = f"arn:aws:sso:::instance/{self.instance_id}"
        self.store = IdentityData(
            identity_store_id=identity_store_id or f"d-{self.hexadecimal(10)}",
            owner=owner,
            new_id=self.new_uuid,
        )
        self.delegated: set[str] = set()
        self.account_instances: list[AccountInstance] = []
        self.accounts = accounts  # account id to status
        self.roles = roles
        self.permission_sets: dict[str, PermissionSet] = {}
        self.assignments: dict[Triple, float] = {}
        self.provisioned: dict[tuple[str, str], Provisioned] = {}
        self.operations = Operations()

    def hexadecimal(self, length: int) -> str:
        return "".join(self._random.choice(_ALPHABET) for _ in range(length))

    def new_uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def new_permission_set_arn(self) -> str:
        return f"arn:aws:sso:::permissionSet/{self.instance_id}/ps-{self.hexadecimal(16)}"

    def assigned_to(self, account: str, permission_set: str) -> list[Triple]:
        return [t for t in self.assignments if t.account == account and t.permission_set == permission_set]

    def provision(self, account: str, permission_set: PermissionSet) -> None:
        """Pushes the set's present revision; the role keeps its name for as long as it lives."""
        there = self.provisioned.get((account, permission_set.arn))
        if there is not None:
            there.revision = permission_set.revision
            return
        role = f"AWSReservedSSO_{permission_set.name}_{self.hexadecimal(16)}"
        self.provisioned[(account, permission_set.arn)] = Provisioned(permission_set.revision, role)
        self.roles.create(account, permission_set, role)

    def add_assignment(self, triple: Triple, *, refresh: bool = False) -> None:
        key = (triple.account, triple.permission_set)
        if refresh or key not in self.provisioned:
            self.provision(triple.account, self.permission_sets[triple.permission_set])
        self.assignments.setdefault(triple, self.now())

    def remove_assignment(self, triple: Triple) -> None:
        """The last assignment of a set in an account takes the role with it; the next has another suffix."""
        self.assignments.pop(triple, None)
        if not self.assigned_to(triple.account, triple.permission_set):
            gone = self.provisioned.pop((triple.account, triple.permission_set), None)
            if gone is not None:
                self.roles.delete(triple.account, gone.role)

    def is_stale(self, account: str, permission_set: str) -> bool:
        there = self.provisioned[(account, permission_set)]
        return there.revision < self.permission_sets[permission_set].revision
