"""An organization that AFT does not know yet, with Account Factory's products, and a repository for it."""

import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aftgen.cloud import Account, Behaviour, LandingZone, LandingZonePlan
from aftgen.cloud.account_factory import AccountFactory, Product
from aftgen.cloud.service_catalog import ServiceCatalog
from aftgen.repository import Repository
from aftgen.request_row import RequestRow
from check_repositories import sound, write
from pipeline.inside import Inside, inside

UNITS = {
    "Infrastructure": "ou-ab12-infrastr1",
    "Sandbox": "ou-ab12-sandbox01",
    "Security": "ou-ab12-security1",
    "Workloads": "ou-ab12-workload1",
    "Workloads/Dev": "ou-ab12-workdev01",
    "Workloads/Prod": "ou-ab12-workprod1",
}
UNHURRIED = Behaviour(polls_until_done=0, calls_per_second=None)
OUS = ("Sandbox", "Workloads/Prod", "Workloads/Dev")


def account(number: int, **values: Any) -> Account:
    """The account of a number: its name, address, OU, tags and SSO user follow from it."""
    made = {
        "id": f"{600_000_000_000 + number}",
        "name": f"acc-{number:03d}",
        "email": f"aws+acc-{number:03d}@example.com",
        "ou": OUS[number % 3],
        "tags": {"cost-center": f"{number:06d}", "team": "Équipe 7" if number == 7 else "core"},
        "sso_user": f"owner{number % 5}@example.com",
    }
    return Account(**{**made, **values})


def product(zone: LandingZone, of: Account, **values: Any) -> Product:
    """What Account Factory has of an account."""
    factory = zone.cloud.service_catalog.factory if zone.cloud.service_catalog else AccountFactory(zone)
    if zone.cloud.service_catalog is None:
        zone.cloud.service_catalog = ServiceCatalog(factory)
    made = {
        "id": f"pp-{of.id}-{len(factory.products)}",
        "name": of.name,
        "parameters": {"AccountEmail": of.email, "SSOUserEmail": of.sso_user},
        "physical_id": of.id,
        "status": "AVAILABLE",
        "last_record": f"rec-{of.id}",
        "last_successful_record": f"rec-{of.id}",
        "records": {f"rec-{of.id}": ""},
    }
    found = Product(**{**made, **values})
    factory.products[found.id] = found
    return found


@contextmanager
def organization(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *accounts: Account, **plan: Any
) -> Iterator[Inside]:
    """These accounts in the embedded AWS, and credentials for AFT's management account."""
    zone_plan = LandingZonePlan(accounts=accounts, organizational_units=UNITS, **plan)
    with inside(zone_plan, UNHURRIED, folder) as made:
        own = made.zone.build_credentials()
        for name, value in {
            "AWS_ACCESS_KEY_ID": own.access_key,
            "AWS_SECRET_ACCESS_KEY": own.secret_key,
            "AWS_SESSION_TOKEN": own.token,
            "AWS_REGION": made.zone.plan.home_region,
            "AWS_CONFIG_FILE": str(folder / "none"),
            "AWS_SHARED_CREDENTIALS_FILE": str(folder / "none"),
            "AWS_EC2_METADATA_DISABLED": "true",
        }.items():
            monkeypatch.setenv(name, value)
        yield made


def repository(root: Path, units: Mapping[str, str] = UNITS) -> Repository:
    """A sound repository without requests, committed, with this organization's units."""
    made = sound(root)
    lines = "".join(f"  {path}: {unit}\n" for path, unit in units.items())
    write(root, {"global-customizations/organization.yaml": f"organizational_units:\n{lines}"})
    git(root, "init", "--quiet", "--initial-branch", "main")
    commit(root, "A repository")
    return made


def commit(root: Path, subject: str) -> None:
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", subject)


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True)


def merge(zone: LandingZone, row: RequestRow, account_id: str) -> None:
    """What a merged request leaves in AFT's tables."""
    dynamodb = zone.backstage("dynamodb", zone.plan.aft_management.id)
    dynamodb.put_item(TableName="aft-request", Item=row.item())
    metadata = {"id": account_id, "email": row.email, "account_name": row.name, "type": "account"}
    dynamodb.put_item(
        TableName="aft-request-metadata", Item={key: {"S": value} for key, value in metadata.items()}
    )
