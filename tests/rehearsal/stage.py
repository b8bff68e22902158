"""Rehearsals of requests in this process, up to where the customizations would begin: no socket, no build."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from aftgen.checks.access import load_catalogue
from aftgen.cloud import LandingZone, in_process
from aftgen.config_file import load_organization
from aftgen.rehearsal import landing, requests
from aftgen.rehearsal.builtin import BuiltIn
from aftgen.rehearsal.chain import Setting
from aftgen.rehearsal.conclusion import conclude
from aftgen.rehearsal.events import Event, Run
from aftgen.rehearsal.findings import Finder
from aftgen.rehearsal.rehearsal import Rehearsal
from aftgen.rehearsal.result import AccountResult, Result
from aftgen.rehearsal.run import BEHAVIOUR
from aftgen.repository import Repository
from check_repositories import sound, write

UNITS = {"Sandbox": "ou-ab12-sandbox1", "Workloads/Prod": "ou-ab12-wlprod01"}
PROD = "Prod (ou-ab12-wlprod01)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, as a person would write it."""

    name: str = "lab"
    email: str = "aws+lab@example.com"
    ou: str = "Sandbox"
    sso_email: str = "ana@example.com"
    sso_first_name: str = "Ana"
    tags: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    customization: str = ""
    label: str = ""

    @property
    def block(self) -> str:
        control_tower = {
            "AccountEmail": self.email,
            "AccountName": self.name,
            "ManagedOrganizationalUnit": self.ou,
            "SSOUserEmail": self.sso_email,
            "SSOUserFirstName": self.sso_first_name,
            "SSOUserLastName": "Lovelace",
        }
        change = {"change_requested_by": "Ana", "change_reason": "because"}
        label = self.label or "".join(each if each.isalnum() else "-" for each in self.email)
        return (
            f'module "{label}" {{\n  source = "./modules/aft-account-request"\n'
            + _object("control_tower_parameters", control_tower)
            + _object("change_management_parameters", change)
            + _object("account_tags", self.tags)
            + _object("custom_fields", self.fields)
            + f"  account_customizations_name = {json.dumps(self.customization)}\n}}\n"
        )

    def with_(self, **changes: object) -> "Asked":
        return replace(self, **changes)  # type: ignore[arg-type]


def _object(name: str, values: Mapping[str, str]) -> str:
    lines = "".join(f"    {json.dumps(key)} = {_quoted(value)}\n" for key, value in values.items())
    return f"  {name} = {{\n{lines}  }}\n"


def _quoted(value: str) -> str:
    """A text in quotes; one that begins with `=` is written as an expression."""
    if value.startswith("="):
        return value[1:]
    return json.dumps(value, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def repository(root: Path, *asked: Asked, files: Mapping[str, str] | None = None) -> Repository:
    """A sound repository with these requests."""
    made = sound(root)
    templates = {f"account-requests/terraform/{name}.jinja": "" for name in ("backend", "aft-providers")}
    write(root, templates)
    blocks = "\n".join(each.block for each in asked)
    write(root, {"account-requests/terraform/all.tf": blocks} if asked else {})
    write(root, files or {})
    return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    result: Result
    events: Sequence[Event]
    zone: LandingZone

    def account(self, name: str = "lab") -> AccountResult:
        return next(each for each in self.result.every if each.name == name)

    def reasons(self, name: str = "lab") -> list[str]:
        return [reason for failure in self.account(name).failures for reason in failure.reasons]

    def stages(self, name: str = "lab") -> list[str]:
        return [failure.stage for failure in self.account(name).failures]


def play(
    folder: Path,
    *revisions: Sequence[Asked] | Repository,
    checks: bool = False,
    aft_version: str = "1.20.1",
    terraform: bool = False,
) -> Played:
    """The revisions one after the other, the last the working tree. Without checks: AFT's and AWS's words."""
    found = [
        each if isinstance(each, Repository) else repository(folder / f"r{number}", *each)
        for number, each in enumerate(revisions)
    ]
    read = [
        requests.read(each, scratch=folder / f"s{number}", terraform=terraform, checks=checks)
        for number, each in enumerate(found)
    ]
    events: list[Event] = []
    now = found[-1]
    catalogue, _ = load_catalogue(now)
    with in_process(BEHAVIOUR, seed=3) as cloud:
        ground = landing.describe(
            now,
            load_organization(now),
            [row for each in read for row in each.rows],
            catalogue=catalogue,
            aft_version=aft_version,
            distribution="oss",
        )
        zone = ground.build(cloud)
        framework = BuiltIn(
            Setting(
                zone=zone,
                workspace=None,  # type: ignore[arg-type]
                environments=None,  # type: ignore[arg-type]
                has_state_machine=ground.has_state_machine,
            )
        )
        rehearsal = Rehearsal(framework, zone, events.append, jobs=1)
        for number, each in enumerate(read):
            rehearsal.move_to(each, Run.FIRST if number == len(read) - 1 else Run.BEFORE)
        result = conclude(rehearsal.course(), Finder(zone, catalogue), remarks=ground.remarks)
    return Played(result=result, events=events, zone=zone)
