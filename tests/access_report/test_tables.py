"""Text, CSV and JSON of a report."""

import csv
import io
import json
from dataclasses import replace

from aft_access.contract import Principal
from aft_access.report import shown
from aftgen.access_report.model import Judgement, Standing
from aftgen.access_report.page import data
from aftgen.access_report.tables import COLUMNS, as_object, text_rows, write_csv

from .reports import SMALL


def test_rows_of_the_terminals_table() -> None:
    assert list(text_rows(SMALL, SMALL.standings)) == [
        (
            "declared",
            "payments-prod",
            "ReadOnlyAccess",
            "group:auditors",
            "2026-03-01",
            "rule:auditors-everywhere",
            "2",
        ),
        (
            "undeclared",
            "payments-prod",
            "AdministratorAccess*",
            "user:mallory@example.com",
            "unknown",
            "unknown",
            "1",
        ),
        ("no request", "sandbox-ada", "ReadOnlyAccess", "group:contractors", "2025-01-01", "request", "?"),
    ]


def test_a_log_gets_hashes_of_people_as_the_pipelines_own_has_them() -> None:
    principals = [row[3] for row in text_rows(SMALL, SMALL.standings, names=False)]
    mallory = shown(Principal.parse("user:mallory@example.com"))
    assert principals == ["group:auditors", mallory, "group:contractors"]
    assert "mallory" not in mallory


def test_csv_has_a_line_per_person() -> None:
    stream = io.StringIO(newline="")
    write_csv(SMALL, stream)
    rows = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))
    assert rows[0] == list(COLUMNS)
    assert rows[1] == [
        "ann@example.com",
        "auditors",
        "ReadOnlyAccess",
        "no",
        "payments-prod",
        "555555555555",
        "Workloads/Prod",
        "2026-03-01T10:00:00Z",
        "p@example.com",
        "rule:auditors-everywhere",
        "declared",
        "yes",
        "build-1",
        "c0ffee",
    ]
    assert [row[0] for row in rows[2:]] == ["bob@example.com", "mallory@example.com", ""]


def test_nobody_gets_in_through_what_does_not_stand() -> None:
    missing = Standing(
        account_id="555555555555",
        permission_set="X",
        principal="group:auditors",
        judgement=Judgement.MISSING,
        stands=False,
    )
    report = replace(SMALL, standings=(missing,))
    assert [row[6] for row in text_rows(report, report.standings)] == ["0"]
    assert [(one.person, one.via) for one in report.entries()] == [("", "auditors")]
    assert data(report)["absent"] == [0]
    assert data(SMALL)["absent"] == []


def test_a_name_is_no_formula_in_a_spreadsheet() -> None:
    evil = Standing(account_id="555555555555", permission_set="@SUM(A1)", principal='user:=cmd|"/c calc"!A0')
    stream = io.StringIO(newline="")
    write_csv(replace(SMALL, standings=(evil,)), stream)
    row = list(csv.reader(io.StringIO(stream.getvalue(), newline="")))[1]
    assert (row[0], row[2]) == ('\'=cmd|"/c calc"!A0', "'@SUM(A1)")


def test_json_says_null_for_what_is_not_known() -> None:
    found = json.loads(json.dumps(as_object(SMALL)))
    assert (found["version"], found["drift"]) == (1, 2)
    assert found["groups"] == {"group:auditors": ["ann@example.com", "bob@example.com"]}
    assert found["standings"][1] == {
        "account_id": "555555555555",
        "permission_set": "AdministratorAccess",
        "privileged": True,
        "principal": "user:mallory@example.com",
        "judgement": "undeclared",
        "drift": True,
        "stands": True,
        "source": "unknown",
        "since": None,
        "request": None,
        "build": None,
        "commit": None,
    }
    assert found["accounts"][1] == {
        "id": "666666666666",
        "name": "sandbox-ada",
        "email": None,
        "organizational_unit": "Sandbox",
        "status": "ACTIVE",
        "requested": False,
    }
