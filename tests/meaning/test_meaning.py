"""Any text that a request may legally hold comes out of real Terraform as it went in.

Requests are made by hypothesis and rendered one by one; Terraform then evaluates hundreds of them at once,
with the repository's own module. ``AFTGEN_MEANING_CASES`` says how many there are (``make fuzz``: 10,000).
"""

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aftgen.reader.folder import read
from aftgen.reader.model import CHANGE_MANAGEMENT, CONTROL_TOWER, CUSTOM_FIELDS, CUSTOMIZATION, TAGS, Request
from aftgen.repository import Repository
from aftgen.request import ACCESS_FIELD, AccountRequest
from aftgen.writer import render
from hypothesis import HealthCheck, Phase, given, settings
from meaning.legal_texts import requests
from terraform.stand_in import evaluate, write_stand_in_module

CASES = int(os.environ.get("AFTGEN_MEANING_CASES", "1000"))
_AT_ONCE = 250


def cases() -> list[AccountRequest]:
    """The requests, each with a label of its own. The same ones every time, unless a number was asked for."""
    made: list[AccountRequest] = []

    @settings(
        max_examples=CASES,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        derandomize="AFTGEN_MEANING_CASES" not in os.environ,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests)
    def collect(request: AccountRequest) -> None:
        made.append(replace(request, label=f"{request.label}_{len(made)}"))

    collect()
    return made


@dataclass(frozen=True, slots=True)
class Case:
    """A request and the text of its file."""

    request: AccountRequest
    text: str


def chunks(made: list[Case]) -> Iterator[dict[str, Case]]:
    """Cases by label, a few hundred at a time."""
    for start in range(0, len(made), _AT_ONCE):
        yield {case.request.label: case for case in made[start : start + _AT_ONCE]}


def written(made: Iterable[Case], root: Path) -> Repository:
    repository = Repository(root=root, requests=root / "terraform")
    repository.requests.mkdir(parents=True)
    for number, case in enumerate(made):
        (repository.requests / f"{number}-{case.request.file_name}").write_bytes(case.text.encode())
    return repository


def item_of_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A DynamoDB row as ``AccountRequest.item`` has it."""
    fields = json.loads(row["custom_fields"]["S"])
    if ACCESS_FIELD in fields:
        fields[ACCESS_FIELD] = json.loads(fields[ACCESS_FIELD])
    return {
        "id": row["id"]["S"],
        "control_tower_parameters": {key: value["S"] for key, value in row[CONTROL_TOWER]["M"].items()},
        "change_management_parameters": {
            key: value["S"] for key, value in row[CHANGE_MANAGEMENT]["M"].items()
        },
        "account_tags": json.loads(row[TAGS]["S"]),
        "account_customizations_name": row[CUSTOMIZATION]["S"],
        "custom_fields": fields,
    }


def item_as_read(found: Request) -> dict[str, Any]:
    fields = dict(found.value(CUSTOM_FIELDS))
    if ACCESS_FIELD in fields:
        fields[ACCESS_FIELD] = json.loads(fields[ACCESS_FIELD])
    return {
        "id": found.email,
        "control_tower_parameters": found.value(CONTROL_TOWER),
        "change_management_parameters": found.value(CHANGE_MANAGEMENT),
        "account_tags": found.value(TAGS),
        "account_customizations_name": found.value(CUSTOMIZATION),
        "custom_fields": fields,
    }


@pytest.fixture(scope="module")
def made() -> list[Case]:
    return [Case(request, render(request)) for request in cases()]


@pytest.mark.terraform
def test_terraform_evaluates_every_request_to_what_was_asked(
    made: list[Case], tmp_path_factory: pytest.TempPathFactory
) -> None:
    assert len(made) == CASES
    for chunk in chunks(made):
        repository = written(chunk.values(), tmp_path_factory.mktemp("meaning"))
        rows = evaluate(repository.requests)
        assert {address.removeprefix("module.") for address in rows} == set(chunk)
        for label, case in chunk.items():
            assert item_of_row(rows[f"module.{label}"]) == case.request.item()


@pytest.mark.terraform
def test_terraform_fmt_changes_no_generated_file(
    made: list[Case], tmp_path_factory: pytest.TempPathFactory
) -> None:
    repository = written(made, tmp_path_factory.mktemp("layout"))
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-diff"],
        cwd=repository.requests,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_the_static_reader_reads_what_was_asked(
    made: list[Case], tmp_path_factory: pytest.TempPathFactory
) -> None:
    by_label = {case.request.label: case.request for case in made}
    repository = written(made, tmp_path_factory.mktemp("reading"))
    write_stand_in_module(repository.requests / "modules/aft-account-request")
    folder = read(repository)
    assert [file.source.path for file in folder.files if file.problems] == []
    assert len(folder.requests) == len(made)
    for found in folder.requests:
        assert item_as_read(found) == by_label[found.label].item()
