"""The committed schemas are the ones that the models make, and they take what we read."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from aftgen.schemas import schemas

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", sorted(schemas()))
def test_the_committed_schema_is_current(name: str) -> None:
    committed = (ROOT / "schemas" / name).read_text(encoding="utf-8")
    assert committed == schemas()[name], "run 'python -m aftgen.schemas schemas'"


@pytest.mark.parametrize(
    ("name", "file"),
    [("aftgen.schema.json", "aftgen.yaml"), ("request.schema.json", "examples/requests.yaml")],
)
def test_the_schema_takes_our_own_files(name: str, file: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.match(rf"# yaml-language-server: \$schema=(\.\./)?schemas/{name}\n", text)
    jsonschema.Draft202012Validator.check_schema(json.loads(schemas()[name]))
    jsonschema.validate(yaml.safe_load(text), json.loads(schemas()[name]))


def test_the_schema_refuses_an_unknown_key() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"name": "a", "emial": "b"}, json.loads(schemas()["request.schema.json"]))
