"""The committed schemas are the ones that the models make, and they take what we read."""

import json
import os
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from aft_access.catalogue import SCHEMAS as CATALOGUE
from aft_guardrails.declarations import SCHEMAS as GUARDRAILS
from aftgen.schemas import of_catalogue, schemas

ROOT = Path(__file__).resolve().parents[1]
OURS = {ROOT / "aftgen.yaml": "aftgen.schema.json", ROOT / "examples/requests.yaml": "request.schema.json"}
OURS |= {
    file: of_catalogue(path)
    for path in (*CATALOGUE, *GUARDRAILS)
    for file in (ROOT / "global-customizations").glob(path)
}


def test_every_schema_is_made_and_committed_once() -> None:
    assert sorted(schemas()) == sorted(path.name for path in (ROOT / "schemas").iterdir())
    assert sorted(schemas()) == [
        "access.schema.json",
        "aftgen.schema.json",
        "groups.schema.json",
        "guardrails.schema.json",
        "organization.schema.json",
        "permission-sets.schema.json",
        "principals.schema.json",
        "request.schema.json",
    ]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_committed_schema_is_current(name: str) -> None:
    committed = (ROOT / "schemas" / name).read_text(encoding="utf-8")
    assert committed == schemas()[name], "run 'python -m aftgen.schemas schemas'"


@pytest.mark.parametrize("file", OURS, ids=lambda file: str(file.relative_to(ROOT)))
def test_the_schema_takes_our_own_files_which_name_it_to_editors(file: Path) -> None:
    name = OURS[file]
    text = file.read_text(encoding="utf-8")
    where = os.path.relpath(ROOT / "schemas" / name, file.parent)
    assert text.startswith(f"# yaml-language-server: $schema={where}\n")
    jsonschema.Draft202012Validator.check_schema(json.loads(schemas()[name]))
    content = json.loads(json.dumps(yaml.safe_load(text), default=str))  # a date is text to an editor
    jsonschema.validate(content, json.loads(schemas()[name]))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("request", {"name": "a", "emial": "b"}),
        ("access", {"identity_center": {"region": "eu-west-1"}, "rule": []}),
        ("access", {}),
        ("access", {"identity_center": {"region": "eu-west-1"}, "limits": {"in_flight": 11}}),
        ("groups", {"groups": {"a": {"member": []}}}),
        ("organization", {"organizational_units": {"Workloads": "ou-1"}}),
        ("permission-sets", {"description": "a", "managed_policies": ["ReadOnlyAccess"]}),
        ("permission-sets", {"description": 1}),
        ("principals", {"principals": {"group:a": {"id": "x"}}}),
        ("guardrails", {"policies": {"a": {"description": "b"}}}),
        ("guardrails", {"limits": {"characters": "10240"}}),
    ],
)
def test_a_schema_refuses_what_cannot_be_used(name: str, content: Any) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, json.loads(schemas()[f"{name}.schema.json"]))
