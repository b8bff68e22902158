"""The landing zone that a repository describes: OUs, people from outside, tables, shared accounts."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from aftgen.checks.access import load_catalogue
from aftgen.cloud import LandingZone, in_process
from aftgen.config_file import load_organization
from aftgen.organization import Organization
from aftgen.rehearsal import landing, requests
from aftgen.rehearsal.landing import SOMEBODY, Landing
from aftgen.repository import Repository
from check_repositories import with_access, write

from .stage import Asked, repository

IDENTITY_CENTER = "global-customizations/identity-center"
GRANTS = json.dumps({"version": 1, "grants": {"ReadOnlyAccess": ["group:readers", "user:ada@example.com"]}})


def describe(tree: Repository, folder: Path, *, organization: Organization | None = None) -> Landing:
    catalogue, problems = load_catalogue(tree)
    assert problems == ()
    read = requests.read(tree, scratch=folder / "scratch", terraform=False, checks=False)
    return landing.describe(
        tree,
        organization or load_organization(tree),
        read.rows,
        catalogue=catalogue,
        aft_version="1.20.1",
        distribution="oss",
    )


def with_catalogue(folder: Path, *asked: Asked, **files: Mapping[str, Any]) -> Repository:
    """The project's own catalogue, with other contents of some of its files."""
    tree = repository(folder, *asked)
    with_access(folder)
    for name, value in files.items():
        path = Path(IDENTITY_CENTER, f"{name.replace('__', '/')}.yaml")
        known = yaml.safe_load((folder / path).read_text()) if (folder / path).exists() else {}
        write(folder, {str(path): yaml.safe_dump({**known, **value})})
    return tree


def names(zone: LandingZone) -> tuple[set[str], set[str]]:
    store = zone.center.store
    return (
        {str(user.attributes["UserName"]) for user in store.users.values()},
        {str(group.attributes["DisplayName"]) for group in store.groups.values()},
    )


def test_everybody_who_is_named_comes_from_outside(tmp_path: Path) -> None:
    tree = with_catalogue(tmp_path / "r", Asked(fields={"access": GRANTS}))
    ground = describe(tree, tmp_path)
    assert ground.plan.users == ("ada@example.com",)
    assert set(ground.plan.groups) == {"auditors", "break-glass", "developers", "platform-admins", "readers"}
    assert set(ground.plan.groups.values()) == {(SOMEBODY,)}
    assert (ground.plan.home_region, ground.plan.identity_source) == ("eu-west-1", "external")
    with in_process(seed=1) as cloud:
        users, groups = names(ground.build(cloud))
    assert users == {"ada@example.com", SOMEBODY}
    assert {"readers", "AWSControlTowerAdmins"} <= groups


def test_a_directory_of_our_own_holds_what_our_runs_make(tmp_path: Path) -> None:
    files = {
        "access": {"identity_source": "identity-center"},
        "groups": {"groups": {name: {} for name in ("platform-admins", "auditors", "break-glass")}},
    }
    ground = describe(with_catalogue(tmp_path / "r", Asked(), **files), tmp_path)
    assert (ground.plan.identity_source, ground.plan.users, ground.plan.groups) == ("identity-center", (), {})


def test_pins_and_external_permission_sets_are_there_before_us(tmp_path: Path) -> None:
    pinned = "0123456789-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
    files: dict[str, Mapping[str, Any]] = {
        "principals": {
            "principals": {"group:auditors": {"id": pinned, "reason": "moved", "reviewed": date(2026, 1, 1)}}
        },
        "permission-sets__Billing": {"external": True},
    }
    ground = describe(with_catalogue(tmp_path / "r", Asked(), **files), tmp_path)
    assert dict(ground.pins) == {"group:auditors": pinned}
    assert dict(ground.external_sets) == {"Billing": ""}
    with in_process(seed=1) as cloud:
        zone = ground.build(cloud)
        assert zone.find_principal("group:auditors") == pinned
        assert zone.permission_set("Billing").name == "Billing"


def test_the_table_is_as_our_terraform_declares_it(tmp_path: Path) -> None:
    text = """\
resource "aws_dynamodb_table" "access" {
  name      = "other-name"
  hash_key  = "one"
  range_key = "two"
  attribute {
    name = "one"
    type = "S"
  }
  attribute {
    name = "two"
    type = "N"
  }
  ttl {
    attribute_name = "ends"
    enabled        = true
  }
}
"""
    tree = repository(
        tmp_path / "r", Asked(), files={"account-provisioning-customizations/terraform/a.tf": text}
    )
    ground = describe(tree, tmp_path)
    assert not ground.has_state_machine
    with in_process(seed=1) as cloud:
        zone = ground.build(cloud)
        dynamodb = zone.backstage("dynamodb", zone.plan.aft_management.id)
        assert "aftgen-access" not in dynamodb.list_tables()["TableNames"]
        table = dynamodb.describe_table(TableName="other-name")["Table"]
        assert table["KeySchema"] == [
            {"AttributeName": "one", "KeyType": "HASH"},
            {"AttributeName": "two", "KeyType": "RANGE"},
        ]
        ttl = dynamodb.describe_time_to_live(TableName="other-name")["TimeToLiveDescription"]
        assert ttl["AttributeName"] == "ends"


def test_without_a_registry_the_requests_name_the_units(tmp_path: Path) -> None:
    tree = repository(
        tmp_path / "r",
        Asked(ou="Prod (ou-ab12-wlprod01)"),
        Asked(name="b", email="b@example.com", ou="Sandbox"),
        Asked(name="c", email="c@example.com", ou="A/B"),
    )
    (tree.root / "global-customizations/organization.yaml").unlink()
    ground = describe(tree, tmp_path, organization=Organization())
    assert ground.plan.organizational_units == {"Prod": "ou-ab12-wlprod01", "Sandbox": "ou-ab12-madeup02"}
    assert ground.remarks == (
        "no organization.yaml: the OUs are taken from the requests, so a wrong one is not noticed",
    )


def test_shared_accounts_are_those_that_requests_name(tmp_path: Path) -> None:
    tree = repository(
        tmp_path / "r",
        Asked(name="Audit", email="sec@example.com", ou="Workloads"),
        Asked(name="Company", email="root@example.com", ou="Root"),
    )
    plan = describe(tree, tmp_path).plan
    assert (plan.audit.name, plan.audit.email, plan.audit.ou) == ("Audit", "sec@example.com", "Workloads")
    assert (plan.management.name, plan.management.email) == ("Company", "root@example.com")
    assert (plan.log_archive.email, plan.log_archive.ou) == ("log-archive@control-tower.invalid", "Security")
    assert plan.aft_management.ou == "Root"  # the registry of this repository has no Infrastructure


def test_the_delegated_administrator_is_there(tmp_path: Path) -> None:
    center = {"region": "eu-west-1", "delegated_administrator": "123456789012"}
    ground = describe(with_catalogue(tmp_path / "r", Asked(), access={"identity_center": center}), tmp_path)
    with in_process(seed=1) as cloud:
        zone = ground.build(cloud)
        assert zone.center.delegated == {"123456789012"}
