"""The verdict on moved blocks is Terraform's own: each case was run, and the slow test runs them again."""

import subprocess
from pathlib import Path

import pytest
from aftgen.checks.finding import Severity
from aftgen.checks.moves import parse_address
from check_repositories import EXAMPLE, check, request, sound, write

_KEYS = '  for_each = toset(["x", "y"])\n'
A, B, C = request(label="a"), request(label="b"), request(label="c")
F = request(label="f").replace("{\n", "{\n" + _KEYS, 1)


def _move(source: str, target: str) -> str:
    return f"moved {{\n  from = {source}\n  to   = {target}\n}}\n"


#: Name, configuration, and whether Terraform 1.11 refuses it.
_CASES = [
    ("rename", B + _move("module.a", "module.b"), False),
    ("to itself", A + _move("module.a", "module.a"), True),
    ("from is declared", A + B + _move("module.a", "module.b"), True),
    ("no to", A + "moved {\n  from = module.x\n}\n", True),
    ("no from", A + "moved {\n  to = module.a\n}\n", True),
    ("empty", A + "moved {}\n", True),
    ("unknown argument", A + "moved {\n  from = module.x\n  to = module.a\n  why = 1\n}\n", True),
    ("label", A + 'moved "x" {\n  from = module.x\n  to = module.a\n}\n', True),
    ("inner block", A + "moved {\n  from = module.x\n  to = module.a\n  lifecycle {\n  }\n}\n", True),
    ("quoted", A + _move('"module.x"', "module.a"), True),
    ("template", A + _move('"${module.x}"', "module.a"), True),
    ("parentheses", A + _move("(module.x)", "module.a"), True),
    ("function", A + _move("f(module.x)", "module.a"), True),
    ("null", A + _move("null", "module.a"), True),
    ("splat", A + _move("module.x[*]", "module.a"), True),
    ("expression as key", A + _move("module.x[each.key]", "module.a"), True),
    ("word module alone", A + _move("module", "module.a"), True),
    ("one word", A + _move("x", "module.a"), True),
    ("output", A + _move("module.x.out", "module.a"), True),
    ("key on module", A + _move('module["x"]', "module.a"), True),
    ("reserved", A + _move("local.x", "local.y"), True),
    ("reserved each", A + _move("each.x", "terraform_data.y"), True),
    ("two targets", A + B + _move("module.x", "module.a") + _move("module.x", "module.b"), True),
    ("two sources", A + _move("module.x", "module.a") + _move("module.y", "module.a"), True),
    ("the same twice", A + _move("module.x", "module.a") + _move("module.x", "module.a"), False),
    ("circle", A + _move("module.x", "module.y") + _move("module.y", "module.x"), True),
    ("chain", A + _move("module.x", "module.y") + _move("module.y", "module.a"), False),
    ("chain over declared", A + B + _move("module.x", "module.a") + _move("module.a", "module.b"), True),
    ("module to resource", A + _move("module.x", "terraform_data.a"), True),
    ("resource to module", A + _move("terraform_data.x", "module.a"), True),
    ("resource into module", A + _move("terraform_data.x", "module.a.terraform_data.account-request"), False),
    ("instance to module", A + _move('module.x["k"]', "module.a"), False),
    ("number as key", A + _move("module.x[0]", "module.a"), False),
    ("spaces", A + _move('module . x [ "k" ]', "module.a"), False),
    ("gone instance of a plain module", A + B + _move('module.a["k"]', "module.b"), False),
    ("declared instance", F + B + _move('module.f["x"]', "module.b"), True),
    ("gone instance", F + B + _move('module.f["z"]', "module.b"), False),
    ("module to its own instance", F + _move("module.f", 'module.f["x"]'), False),
    ("instance to declared instance", F + _move('module.f["x"]', 'module.f["y"]'), True),
    ("gone instance to declared one", F + _move('module.f["q"]', 'module.f["y"]'), False),
    ("declared for_each", F + B + _move("module.f", "module.b"), True),
    (
        "resource of a declared module",
        A + B + _move("module.a.aws_dynamodb_table_item.account-request", "module.b.terraform_data.x"),
        True,
    ),
    ("resource: gone name", A + _move("module.a.terraform_data.old", "module.a.terraform_data.new"), False),
    ("keyword resource", A + _move("resource.terraform_data.x", "resource.terraform_data.y"), False),
    ("dashes", A + _move("module.x-y", "module.a"), False),
    ("nested, gone", A + _move("module.w.module.a", "module.a"), False),
]


#: What is declared by for_each is known after an evaluation only.
_MARKED = [
    pytest.param(text, refused, id=name, marks=[pytest.mark.terraform] if _KEYS in text else [])
    for name, text, refused in _CASES
]


@pytest.mark.parametrize(("text", "refused"), _MARKED)
def test_an_error_where_terraform_refuses(tmp_path: Path, text: str, refused: bool) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: text})
    findings = [
        finding
        for finding in check(repository, terraform=_KEYS in text).findings
        if finding.rule == "B002" and finding.severity is Severity.ERROR
    ]
    assert bool(findings) is refused, [finding.message for finding in findings]


@pytest.mark.terraform
@pytest.mark.slow
@pytest.mark.parametrize(("text", "refused"), [case[1:] for case in _CASES], ids=[case[0] for case in _CASES])
def test_terraform_says_the_same(tmp_path: Path, text: str, refused: bool) -> None:
    module = "modules/aft-account-request/main.tf"
    sound(tmp_path / "repository")
    source = (tmp_path / "repository/account-requests/terraform" / module).read_text(encoding="utf-8")
    stand_in = source.replace(
        'resource "aws_dynamodb_table_item" "account-request" {\n'
        "  hash_key = var.account-request-table-hash\n}",
        'resource "terraform_data" "account-request" {\n}',
    )
    assert stand_in != source
    write(
        tmp_path / "run",
        {"main.tf": text.replace("aws_dynamodb_table_item", "terraform_data"), module: stand_in},
    )
    codes = [
        subprocess.run(
            ["terraform", *words], cwd=tmp_path / "run", capture_output=True, check=False
        ).returncode
        for words in (["init"], ["plan", "-input=false"])
    ]
    assert (codes != [0, 0]) is refused


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        (_move("module.a", "module.a"), "this moves module.a to itself", 1),
        (
            _move("module.gone", "module.nowhere"),
            "module.nowhere is not declared: the account that module.gone was is removed from AFT",
            3,
        ),
        (_move('"module.x"', "module.a"), "this is no address that Terraform takes in a moved block", 2),
        (_move("module.x", "terraform_data.a"), "'from' and 'to' must both be modules, or both resources", 1),
        (_move("module.a", "module.b"), "module.a is still declared: Terraform refuses to move it", 2),
    ],
)
def test_messages_and_places(tmp_path: Path, text: str, message: str, line: int) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: text + A})
    findings = [finding for finding in check(repository).findings if finding.rule == "B002"]
    assert [(finding.message, finding.place.line) for finding in findings] == [(message, line)]


def test_a_move_inside_a_wrapper_is_read_below_it(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    top = "account-requests/terraform"
    inner = request(label="in").replace('"./modules/', '"../modules/')
    write(
        tmp_path,
        {
            f"{top}/main.tf": 'module "team" {\n  source = "./team"\n}\n'
            + _move("module.old", "module.team.module.in"),
            f"{top}/team/main.tf": inner + _move("module.in", "module.other"),
        },
    )
    findings = [finding for finding in check(repository).findings if finding.rule == "B002"]
    assert [(finding.place.path, finding.message) for finding in findings] == [
        (f"{top}/team/main.tf", "module.team.module.in is still declared: Terraform refuses to move it")
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("module.a", "module.a"),
        ('module.a["k"].module.b', 'module.a["k"].module.b'),
        (" module . a [ 0 ] ", "module.a[0]"),
        ("module.a.x.y", "module.a.x.y"),
        ('resource.x.y["k"]', 'x.y["k"]'),
        ("data.x.y", "data.x.y"),
        ("日本.é", "日本.é"),
    ],
)
def test_addresses(text: str, shown: str) -> None:
    assert str(parse_address(text)) == shown
