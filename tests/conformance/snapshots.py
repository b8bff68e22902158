"""What stands in the embedded AWS, in values that two rehearsals of the same thing must share."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from aftgen.cloud import LandingZone

#: Columns that tell when, by which build or under which lease; never what.
_WHEN = ("account_creation_time", "since", "build", "at", "expires", "lease", "holder", "revision")


def tables(zone: LandingZone, *names: str) -> dict[str, list[Mapping[str, Any]]]:
    dynamodb = zone.backstage("dynamodb", zone.plan.aft_management.id)
    return {name: _rows(dynamodb.scan(TableName=name)["Items"]) for name in names}


def _rows(items: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    kept = [{key: value for key, value in item.items() if key not in _WHEN} for item in items]
    return sorted(kept, key=lambda item: json.dumps(item, sort_keys=True))


def organization(zone: LandingZone) -> list[tuple[str, str, str, str, str]]:
    """Every account: id, name, email, OU, status."""
    return sorted(
        (each.id, each.name, each.email, each.parent_id, str(each.status)) for each in zone.accounts()
    )


def tags(zone: LandingZone) -> dict[str, dict[str, str]]:
    client = zone.backstage("organizations", zone.plan.management.id)
    return {
        each.id: {
            tag["Key"]: tag["Value"] for tag in client.list_tags_for_resource(ResourceId=each.id)["Tags"]
        }
        for each in zone.accounts()
    }


def custom_fields(zone: LandingZone) -> dict[str, dict[str, str]]:
    """By account: the parameters that AFT copies there, in the home region."""
    found: dict[str, dict[str, str]] = {}
    for account in zone.accounts():
        pages = zone.backstage("ssm", account.id).get_paginator("get_parameters_by_path")
        for page in pages.paginate(Path="/aft/account-request/custom-fields", Recursive=True):
            for each in page["Parameters"]:
                found.setdefault(account.id, {})[each["Name"]] = each["Value"]
    return found


def roles(zone: LandingZone) -> dict[str, dict[str, list[str]]]:
    """By vended account: AFT's roles, and whom they trust."""
    found: dict[str, dict[str, list[str]]] = {}
    shared = {each.id for each in zone.plan.shared_accounts}
    for account in zone.accounts():
        if account.id in shared:
            continue
        for role in zone.backstage("iam", account.id).list_roles()["Roles"]:
            if role["RoleName"].startswith("AWSAFT"):
                (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
                trusted = sorted(statement["Principal"]["AWS"])
                found.setdefault(account.id, {})[role["RoleName"]] = trusted
    return found


def everything(zone: LandingZone) -> dict[str, Any]:
    """All of it, without what only one of the two writes: AFT's audit and event tables, its notifications."""
    return {
        "organization": organization(zone),
        "tags": tags(zone),
        "custom fields": custom_fields(zone),
        "roles": roles(zone),
        "assignments": zone.access(),
        "tables": tables(zone, "aft-request", "aft-request-metadata"),
    }
