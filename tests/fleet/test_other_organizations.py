"""The access report where Identity Center is delegated, and where there is no ledger yet."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import aftgen
from pipeline.trees import declaration

from .report_world import (
    ASKING,
    FOREIGN,
    LEDGER,
    LEFT,
    MANAGEMENT,
    OLD,
    PAYMENTS,
    PLAN,
    judgements,
    organization,
    sign_in,
)

Captured = pytest.CaptureFixture[str]


def test_a_delegated_administrator_does_not_keep_the_report_from_reading(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = replace(PLAN, delegated_administrator=FOREIGN)
    with organization(tmp_path, plan, delegate=FOREIGN) as made:
        for number in range(30):
            made.zone.add_permission_set(f"Team{number}")
            made.zone.assign(PAYMENTS, f"Team{number}", "group:builders")
        grants = {"Team0": ["group:builders"], "Team1": ["group:missing"]}
        made.zone.put_request(PAYMENTS, custom_fields=declaration(grants), sso_user="owner@x.com")
        sign_in(made.zone, monkeypatch, *ASKING)
        monkeypatch.chdir(tmp_path)
        made.cloud.log.clear()
        done = aftgen(capsys, "access", "report", "--json")
        calls = made.cloud.log.select("sso-admin", "identitystore")
    assert done.code == 0, done.err
    assert {each.account for each in calls} == {MANAGEMENT}
    assert "ListAccountAssignmentsForPrincipal" in {each.operation for each in calls}
    found = judgements(done.out)
    assert found["missing"] == {
        ("payments", "Reading", "group:auditors"),
        ("payments", "Team1", "group:missing"),
    }
    assert ("payments", "Team0", "group:builders") in found["declared"]
    assert len(found["undeclared"]) == 29


def test_before_anything_is_requested_and_where_there_is_no_ledger(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    with organization(tmp_path, replace(PLAN, access_table=False)) as made:
        sign_in(made.zone, monkeypatch, *ASKING)
        monkeypatch.chdir(tmp_path)
        done = aftgen(capsys, "access", "report", "--drift")
    assert (done.code, done.out) == (1, "")
    assert "the table aftgen-access does not exist in AFT's management account" in done.err


def test_requests_and_rows_that_fit_no_account_or_two(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AFT's key is the email as the request wrote it; an account that left the organization leaves rows."""
    with organization(tmp_path) as made:
        zone = made.zone
        dynamodb = zone.backstage("dynamodb", zone.plan.aft_management.id)
        declared = declaration({"Building": ["group:builders"]})
        zone.put_request(PAYMENTS, custom_fields=declared, email="Payments@X.com")
        zone.put_request(LEDGER, custom_fields=declared, email="LEDGER@x.com")
        zone.put_request(LEDGER, custom_fields=declared, email="Ledger@x.com")
        zone.put_request(OLD, custom_fields=declared, email="former@x.com")
        metadata = {"id": {"S": OLD}, "email": {"S": "former@x.com"}}
        dynamodb.put_item(TableName="aft-request-metadata", Item=metadata)
        zone.put_request(LEFT, email="new@x.com")
        for account in (PAYMENTS, LEDGER, OLD):
            zone.assign(account, "AWSReadOnlyAccess", "group:builders")
        row = {
            "pk": "account#999999999990",
            "sk": "grant#Building#ps-1#group#g-1",
            "permission_set": "Building",
            "permission_set_arn": "arn:aws:sso:::permissionSet/ssoins-1/ps-1",
            "principal": "group:builders",
            "principal_id": "g-1",
            "state": "owned",
            "since": "2026-01-01T00:00:00.000Z",
        }
        dynamodb.put_item(TableName="aftgen-access", Item={key: {"S": value} for key, value in row.items()})
        sign_in(zone, monkeypatch, *ASKING)
        monkeypatch.chdir(tmp_path)
        done = aftgen(capsys, "access", "report", "--json", "--drift")
        one = aftgen(capsys, "access", "report", "--drift", "--account", "999999999990")
    found = judgements(done.out)
    missing = {("old", "Building", "group:builders"), ("payments", "Building", "group:builders")}
    assert found["missing"] == missing | {("payments", "Reading", "group:auditors")}
    assert found["no request"] == {("999999999990", "Building", "group:builders (deleted)")}
    notes = json.loads(done.out)["notes"]
    assert "Requested, and not there yet: new@x.com." in notes
    assert (
        "Not judged by its request: ledger: its request cannot be read: several rows are for it: "
        "LEDGER@x.com, Ledger@x.com; judged by the ledger."
    ) in notes
    accounts = {one["id"]: one for one in json.loads(done.out)["accounts"]}
    assert accounts["999999999990"]["status"] == "GONE"
    assert one.code == 1
    assert re.split(" {2,}", one.out.splitlines()[1]) == [
        "no request",
        "999999999990",
        "Building*",
        "group:builders (deleted)",
        "2026-01-01",
        "unknown",
        "0",
    ]
