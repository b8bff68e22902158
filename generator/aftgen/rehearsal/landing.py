"""The landing zone that a repository describes, and its building in the embedded AWS.

The organization is that of organization.yaml; where there is none, the OUs are those that requests name. From
outside come the groups and users that requests, access.yaml and the catalogue name, with the ids that
principals.yaml pins, and the permission sets that the catalogue calls external. An account of which its
request says that it exists is there, enrolled. Our own tables are as our Terraform declares them. What no
repository can know is made up and says so: the ids of the four shared accounts (their addresses end in
.invalid) and of the vended ones.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from aft_access import sso_user

from aftgen.cloud import Account, Cloud, LandingZone, LandingZonePlan
from aftgen.cloud.plan import ROOT
from aftgen.limits import parse_ou
from aftgen.organization import Organization
from aftgen.rehearsal import terraform_declared
from aftgen.rehearsal.terraform_declared import STATE_MACHINE, Declared, Table
from aftgen.repository import Repository
from aftgen.request import ACCESS_FIELD
from aftgen.request_row import RequestRow

if TYPE_CHECKING:
    from aft_access.catalogue import Catalogue
    from aft_access.contract import Principal

    from aftgen.rehearsal.pipeline import Distribution

HOME_REGION: Final = "eu-central-1"
#: In every group whose members only an identity provider knows: an empty group would let nobody in.
SOMEBODY: Final = "somebody@identity-provider.invalid"
_AUDIT, _LOG_ARCHIVE = "audit", "log archive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Landing:
    """`plan` is for the embedded AWS; the rest is put there after it. `remarks` are for the person."""

    plan: LandingZonePlan
    tables: tuple[Table, ...] = ()
    pins: Mapping[str, str] = field(default_factory=dict)
    external_sets: Mapping[str, str] = field(default_factory=dict)  # name to ARN, "" for any
    has_state_machine: bool = True
    remarks: tuple[str, ...] = ()

    def build(self, cloud: Cloud) -> LandingZone:
        """Into an empty cloud, once."""
        zone = LandingZone.build(cloud, self.plan)
        with cloud.lock:
            for principal, wanted in self.pins.items():
                zone.center.store.rename(zone.find_principal(principal) or "", wanted)
            for name, arn in self.external_sets.items():
                zone.add_permission_set(name, arn=arn)
        dynamodb = zone.backstage("dynamodb", self.plan.aft_management.id)
        for table in self.tables:
            dynamodb.create_table(**table.definition())
            if table.expires:
                dynamodb.update_time_to_live(
                    TableName=table.name,
                    TimeToLiveSpecification={"Enabled": True, "AttributeName": table.expires},
                )
            if table.point_in_time_recovery:
                dynamodb.update_continuous_backups(
                    TableName=table.name,
                    PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
                )
        return zone


def describe(
    repository: Repository,
    organization: Organization,
    rows: Sequence[RequestRow],
    *,
    catalogue: "Catalogue | None",
    aft_version: str,
    distribution: "Distribution",
) -> Landing:
    """The landing zone for these rows: those of every revision that is rehearsed."""
    remarks: list[str] = []
    units = _units(organization, rows, remarks)
    declared, has_state_machine = _declared(repository, remarks)
    identity_center = catalogue.access.identity_center if catalogue else None
    region = identity_center.region if identity_center else HOME_REGION
    outside = _outside(catalogue, rows)
    shared = _shared(units, rows)
    plan = LandingZonePlan(
        organizational_units=units,
        home_region=region,
        users=tuple(sorted(name for kind, name in outside if kind == "user")),
        groups={
            name: (catalogue.groups[name].members if catalogue and name in catalogue.groups else ())
            or (SOMEBODY,)
            for kind, name in sorted(outside)
            if kind == "group"
        },
        identity_source="identity-center" if catalogue and catalogue.creates_principals else "external",
        access_table=False,
        aft_version=aft_version,
        terraform_distribution=distribution,
        management=shared["management"],
        log_archive=shared["log_archive"],
        audit=shared["audit"],
        aft_management=shared["aft_management"],
    )
    plan = replace(plan, accounts=tuple(_enrolled(plan, rows)))
    delegate = identity_center.delegated_administrator if identity_center else None
    if delegate:
        plan = replace(
            plan,
            accounts=(
                *(each for each in plan.accounts if each.id != delegate),
                Account(id=delegate, name="Identity Center", email=_made_up("identity-center")),
            ),
            delegated_administrator=delegate,
        )
    return Landing(
        plan=plan,
        tables=declared.tables,
        pins=_pins(catalogue, outside),
        external_sets=_external_sets(catalogue),
        has_state_machine=has_state_machine,
        remarks=tuple(remarks),
    )


def _units(organization: Organization, rows: Sequence[RequestRow], remarks: list[str]) -> dict[str, str]:
    if organization.ous:
        return dict(organization.ous)
    units: dict[str, str] = {}
    for number, ou in enumerate(dict.fromkeys(row.ou for row in rows), start=1):
        reference = parse_ou(ou)
        if reference.name.casefold() != ROOT.casefold() and "/" not in reference.name:
            units.setdefault(reference.name, reference.id or f"ou-ab12-madeup{number:02d}")
    remarks.append("no organization.yaml: the OUs are taken from the requests, so a wrong one is not noticed")
    return units or {"Sandbox": "ou-ab12-madeup01"}


def _declared(repository: Repository, remarks: list[str]) -> tuple[Declared, bool]:
    """Where the repository does not hold AFT's fourth tree, its state machine is taken for granted."""
    folder = repository.root / "account-provisioning-customizations" / "terraform"
    if not folder.is_dir():
        return Declared(), True
    declared = terraform_declared.read(folder)
    remarks.extend(f"account-provisioning-customizations/terraform/{remark}" for remark in declared.remarks)
    return declared, STATE_MACHINE in declared.state_machines


def _shared(units: Mapping[str, str], rows: Sequence[RequestRow]) -> dict[str, Account]:
    """Control Tower's own accounts, in the OUs that it makes, or as a request for one of them says.

    They are known by the names that Control Tower gives them, and the management account by its OU, Root
    (as the rules O006 and O007 know them).
    """
    default = LandingZonePlan()
    accounts = {
        name: replace(
            account,
            email=_made_up(account.name.lower().replace(" ", "-")),
            ou=account.ou if account.ou in units else ROOT,
        )
        for name, account in (
            ("management", default.management),
            ("log_archive", default.log_archive),
            ("audit", default.audit),
            ("aft_management", default.aft_management),
        )
    }
    for row in rows:
        name = row.name.casefold()
        which = {_AUDIT: "audit", _LOG_ARCHIVE: "log_archive"}.get(name)
        if row.ou == ROOT:
            accounts["management"] = replace(accounts["management"], name=row.name, email=row.email)
        elif which:
            unit = _path(units, row.ou) or accounts[which].ou
            accounts[which] = replace(accounts[which], name=row.name, email=row.email, ou=unit)
    return accounts


def _enrolled(plan: LandingZonePlan, rows: Iterable[RequestRow]) -> Iterator[Account]:
    """The accounts that requests say exist, as their requests have them."""
    there = {each.id for each in plan.shared_accounts} | {each.email.lower() for each in plan.shared_accounts}
    for row in rows:
        unit = _path(plan.organizational_units, row.ou)
        if row.account and unit and not there & {row.account, row.email.lower()}:
            there |= {row.account, row.email.lower()}
            email = row.control_tower_parameters["SSOUserEmail"]
            yield Account(
                id=row.account,
                name=row.name,
                email=row.email,
                ou=unit,
                sso_user="" if sso_user.stays_in(email) is not None else email,
                enrolled=True,
            )


def _path(units: Mapping[str, str], written: str) -> str:
    return Organization(units).path_of(parse_ou(written)) or ""


def _made_up(name: str) -> str:
    return f"{name}@control-tower.invalid"


def _outside(catalogue: "Catalogue | None", rows: Iterable[RequestRow]) -> set[tuple[str, str]]:
    """(kind, name) of everybody who is there before we are.

    With an identity provider that is everybody who is named anywhere; a directory of our own holds only what
    our own runs make.
    """
    found: set[tuple[str, str]] = {(each.kind, each.name) for row in rows for each in _granted(row)}
    if catalogue is None:
        return found
    if catalogue.creates_principals:
        ours = {("group", name) for name in catalogue.groups} | {("user", name) for name in catalogue.users}
        return {("group", group.name) for group in catalogue.groups.values() if not group.ours} - ours
    found |= {(each.kind, each.name) for each in catalogue.named_principals()}
    return {each for each in found if not each[1].startswith("AWS")}


def _granted(row: RequestRow) -> "set[Principal]":
    from aft_access.contract import ContractError, parse

    text = json.loads(row.custom_fields).get(ACCESS_FIELD)
    try:
        return {grant.principal for grant in parse(text).grants} if isinstance(text, str) else set()
    except ContractError:
        return set()


def _pins(catalogue: "Catalogue | None", outside: set[tuple[str, str]]) -> dict[str, str]:
    pinned = catalogue.pins.items() if catalogue else ()
    return {str(each): wanted for each, wanted in pinned if (each.kind, each.name) in outside}


def _external_sets(catalogue: "Catalogue | None") -> dict[str, str]:
    from aft_access.permission_sets import CONTROL_TOWER

    if catalogue is None:
        return {}
    return {
        name: catalogue.permission_set_pins.get(name, "")
        for name, each in catalogue.permission_sets.items()
        if each.external and name not in CONTROL_TOWER
    }
