"""What a landing zone should contain: plain values, from code or from JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

ROOT = "Root"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """`ou` is a path of the plan or "Root"; `sso_user` is Control Tower's user, by UserName.

    `enrolled`: Account Factory made it, and has a healthy product of it.
    """

    id: str
    name: str
    email: str
    ou: str = ROOT
    status: Literal["ACTIVE", "SUSPENDED"] = "ACTIVE"
    tags: Mapping[str, str] = field(default_factory=dict)
    sso_user: str = ""
    enrolled: bool = False


_MANAGEMENT = Account(id="111111111111", name="Management", email="management@example.com")
_LOG_ARCHIVE = Account(id="222222222222", name="Log Archive", email="log-archive@example.com", ou="Security")
_AUDIT = Account(id="333333333333", name="Audit", email="audit@example.com", ou="Security")
_AFT = Account(id="444444444444", name="AFT Management", email="aft@example.com", ou="Infrastructure")

_UNITS = {
    "Security": "ou-ab12-security1",
    "Infrastructure": "ou-ab12-infrastr1",
    "Sandbox": "ou-ab12-sandbox01",
    "Workloads": "ou-ab12-workload1",
    "Workloads/Prod": "ou-ab12-workprod1",
    "Workloads/Dev": "ou-ab12-workdev01",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingZonePlan:
    """The defaults are a small organization that any test can stand on.

    `organizational_units` maps paths to the ids that they shall have, exactly; a "Root" entry names the root.
    `users` and `groups` come "from outside", as an identity provider's SCIM client would write them, unless
    `identity_source` is "identity-center".
    """

    organizational_units: Mapping[str, str] = field(default_factory=lambda: dict(_UNITS))
    organization_id: str = "o-embedded01"
    home_region: str = "eu-central-1"
    identity_center_region: str = ""
    identity_source: Literal["external", "identity-center"] = "external"
    management: Account = _MANAGEMENT
    log_archive: Account = _LOG_ARCHIVE
    audit: Account = _AUDIT
    aft_management: Account = _AFT
    accounts: tuple[Account, ...] = ()
    users: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    delegated_administrator: str = ""
    account_instance: str = ""  # an account that also has an Identity Center instance of its own
    control_tower_identity: bool = True
    service_control_policies: bool = True
    access_table: bool = True
    # AFT's trust policies name the hub role and its one session; AFT wonders whether to drop the role.
    trust_names_session_only: bool = False
    aft_version: str = "1.20.1"
    terraform_distribution: Literal["oss", "tfc", "tfe"] = "oss"

    @property
    def region_of_identity_center(self) -> str:
        return self.identity_center_region or self.home_region

    @property
    def root_id(self) -> str:
        """As organization.yaml says, else the root that the ids of its units carry."""
        if ROOT in self.organizational_units:
            return self.organizational_units[ROOT]
        anyone = next(iter(self.organizational_units.values()), "ou-ab12-00000000")
        return f"r-{anyone.split('-')[1]}"

    @property
    def shared_accounts(self) -> tuple[Account, ...]:
        return (self.management, self.log_archive, self.audit, self.aft_management)

    @property
    def every_account(self) -> tuple[Account, ...]:
        return (*self.shared_accounts, *self.accounts)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "LandingZonePlan":
        """From JSON: accounts are objects, groups map a name to its members."""
        unknown = sorted(set(values) - {each.name for each in fields(cls)})
        if unknown:
            raise ValueError(f"unknown landing zone field {', '.join(unknown)}")
        read = dict(values)
        for name in ("management", "log_archive", "audit", "aft_management"):
            if name in read:
                read[name] = Account(**read[name])
        read["accounts"] = tuple(Account(**account) for account in read.get("accounts", ()))
        read["users"] = tuple(read.get("users", ()))
        read["groups"] = {name: tuple(members) for name, members in read.get("groups", {}).items()}
        return cls(**read)
