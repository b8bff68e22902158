"""Reading and evaluating together mean what Terraform means, for every shape that repositories have."""

from pathlib import Path
from typing import Any

import pytest
from aftgen.evaluate import evaluate
from aftgen.hcl.values import Value
from aftgen.reader.folder import read
from aftgen.reader.model import ARGUMENTS, EvaluatedBy, Request
from aftgen.repository import Repository
from evaluate.real_terraform import MODULE, MODULE_PATH, requests, write
from evaluate.shapes import SHAPES, request

#: Shapes of which the reader knows everything by itself.
_STATIC = {
    "many modules in a file": 30,
    "literal flush heredoc": 1,
    "jsonencode": 1,
    "merge and locals": 1,
    "keys": 1,
    "overridden local": 1,
    "wrapper module": 2,
}
_COUNTS = {
    "for_each over nothing": 1,
    "count": 12,
    "two levels of wrappers": 4,
    "wrapper with for_each": 6,
    "wrapper called twice": 1,
    "JSON syntax": 4,
    "file above the folder": 1,
}


def _repository(root: Path, name: str) -> Repository:
    module = {f"{MODULE_PATH}/{file}": text for file, text in MODULE.items()}
    write(root / "terraform", {**module, **SHAPES[name]})
    return Repository(root=root, requests=root / "terraform")


def _arguments(found: Request, given: dict[str, Any]) -> dict[str, Value]:
    return {name: value for name, value in found.arguments.items() if name in given}


@pytest.mark.terraform
@pytest.mark.parametrize("name", SHAPES)
def test_equals_terraform(name: str, tmp_path: Path) -> None:
    repository = _repository(tmp_path / "repository", name)
    folder = read(repository)
    assert folder.unreadable == ()
    assert [file.problems for file in folder.files if file.problems] == []

    evaluation = evaluate(repository, folder)
    truth = requests(repository.root, "terraform", tmp_path / "oracle")

    assert isinstance(truth, dict), truth
    assert evaluation.problems == ()
    found = {request.address: request for request in evaluation.folder.requests}
    assert {address: request.reason for address, request in found.items()} == dict.fromkeys(truth, "")
    for address, expected in truth.items():
        given = {key: value for key, value in expected.items() if key in ARGUMENTS}
        assert _arguments(found[address], given) == given, address
        assert found[address].evaluated_by is not EvaluatedBy.NOTHING


@pytest.mark.parametrize(("name", "count"), _STATIC.items())
def test_what_the_reader_knows_by_itself(name: str, count: int, tmp_path: Path) -> None:
    folder = read(_repository(tmp_path, name))
    assert [request.evaluated_by for request in folder.requests] == [EvaluatedBy.READER] * count


@pytest.mark.terraform
@pytest.mark.parametrize(("name", "count"), _COUNTS.items())
def test_number_of_instances(name: str, count: int, tmp_path: Path) -> None:
    repository = _repository(tmp_path, name)
    assert len(evaluate(repository, read(repository)).folder.requests) == count


@pytest.mark.terraform
def test_instances_are_in_order_and_named_as_terraform_names_them(tmp_path: Path) -> None:
    write(
        tmp_path / "terraform",
        {
            **{f"{MODULE_PATH}/{file}": text for file, text in MODULE.items()},
            "a.tf": request("c", '"${count.index}@example.com"', "count = 11"),
            "b.tf": request("s", '"${each.key}@example.com"', 'for_each = toset(["y", "x \\"q\\"].z"])'),
        },
    )
    repository = Repository(root=tmp_path, requests=tmp_path / "terraform")
    found = evaluate(repository, read(repository)).folder.requests
    assert [request.address for request in found] == [
        *(f"module.c[{index}]" for index in range(11)),
        'module.s["x \\"q\\"].z"]',
        'module.s["y"]',
    ]
    assert found[-2].email == 'x "q"].z@example.com'


@pytest.mark.terraform
@pytest.mark.parametrize(
    "source",
    [
        "./modules/aft-account-request",
        "github.com/aws-ia/terraform-aws-control_tower_account_factory?ref=v1.10.1//modules/aft-account-request",
        "aws-ia/control_tower_account_factory/aws//modules/aft-account-request",
    ],
)
def test_a_missing_or_remote_module_is_taken_for_afts(source: str, tmp_path: Path) -> None:
    write(
        tmp_path / "terraform",
        {
            "a.tf": request(
                "m", '"${upper("a")}@example.com"', 'account_tags = { a = 1, b = "x" }', source=source
            )
        },
    )
    repository = Repository(root=tmp_path, requests=tmp_path / "terraform")
    evaluation = evaluate(repository, read(repository))
    assert evaluation.problems == ()
    (found,) = evaluation.folder.requests
    assert (found.email, found.value("account_tags")) == ("A@example.com", {"a": "1", "b": "x"})
