"""Which requests are read, from where, and what is said about the rest."""

import os
from decimal import Decimal
from pathlib import Path

import pytest
from aftgen.hcl.values import Unknown
from aftgen.reader import folder as folder_module
from aftgen.reader.folder import is_override, is_request_source, names, read, terraform_files
from aftgen.reader.model import ARGUMENTS, EvaluatedBy, NeverLoaded, RequestFolder, Unreadable
from aftgen.repository import Repository
from evaluate.real_terraform import MODULE, MODULE_PATH, write
from evaluate.shapes import request

_A = '"a@example.com"'


def _read(root: Path, files: dict[str, str | bytes], *, module: bool = True) -> RequestFolder:
    copies = {f"terraform/{MODULE_PATH}/{name}": text for name, text in MODULE.items()} if module else {}
    write(root, {**copies, **files})
    return read(Repository(root=root, requests=root / "terraform"))


def test_values_and_places(tmp_path: Path) -> None:
    text = "\ufeff# é\r\n" + request("one", _A, 'account_tags = { "ABC:Owner" = "x", n = 1 }').replace(
        "\n", "\r\n"
    )
    (found,) = _read(tmp_path, {"terraform/a.tf": text.encode()}).requests
    assert (found.address, found.label, found.path) == ("module.one", "one", "terraform/a.tf")
    assert (found.email, found.name, found.ou) == ("a@example.com", "n", "Sandbox")
    assert found.value("account_tags") == {"ABC:Owner": "x", "n": "1"}
    assert (found.value("custom_fields"), found.value("account_customizations_name")) == ({}, "")
    source = found.file.source
    places = {
        key: source.position(found.span("control_tower_parameters", key).start)
        for key in ("AccountEmail", "ManagedOrganizationalUnit")
    }
    assert {key: (place.line, place.column) for key, place in places.items()} == {
        "AccountEmail": (5, 33),
        "ManagedOrganizationalUnit": (7, 33),
    }
    key = found.key_span("account_tags", "ABC:Owner")
    assert source.text(key.start, key.end) == '"ABC:Owner"'
    assert source.line(5) == '    AccountEmail              = "a@example.com"'


def test_files_in_terraforms_order_without_those_that_it_ignores(tmp_path: Path) -> None:
    files = {
        f"terraform/{name}": request(name[:1], _A)
        for name in (
            "b.tf",
            "a.tf",
            ".hidden.tf",
            "#c.tf",
            "d.tf~",
            "e.tf.disabled",
            "f.tf-DISABLED",
            "g.tofu",
        )
    }
    folder = _read(tmp_path, dict(files))
    assert [found.label for found in folder.requests] == ["a", "b"]
    assert [path.name for path in terraform_files(tmp_path / "terraform")] == ["a.tf", "b.tf"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("override.tf", True),
        ("x_override.tf.json", True),
        ("override.tf.json", True),
        ("overrides.tf", False),
        ("a.tf", False),
    ],
)
def test_is_override(name: str, expected: bool) -> None:
    assert is_override(name) is expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("./modules/aft-account-request", True),
        ("./modules/aft-account-request.git", True),
        ("github.com/aws-ia/x?ref=v1//modules/aft-account-request", True),
        ("../account_request/", True),
        ("./modules/vpc", False),
        ("", False),
    ],
)
def test_is_request_source(source: str, expected: bool) -> None:
    assert is_request_source(source) is expected


def test_arguments_left_out_are_afts_defaults(tmp_path: Path) -> None:
    (found,) = _read(
        tmp_path, {"terraform/a.tf": f'module "a" {{\n  source = "./{MODULE_PATH}"\n}}\n'}
    ).requests
    assert dict(found.arguments) == dict(ARGUMENTS)
    assert found.evaluated_by is EvaluatedBy.READER


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ('for_each = toset(["a"])', "for_each"),
        ("count = 1", "count"),
        ("account_tags = local.none", "local.none, which is not defined"),
        ('account_tags = { a = upper("x") }', "upper()"),
        ("account_tags = { a = var.x }", "var.x"),
        ('custom_fields = { a = file("x") }', "file()"),
    ],
)
def test_what_is_not_known_says_why(arguments: str, reason: str, tmp_path: Path) -> None:
    (found,) = _read(tmp_path, {"terraform/a.tf": request("a", _A, arguments)}).requests
    assert (found.evaluated_by, found.reason) == (EvaluatedBy.NOTHING, reason)
    assert found.email == "a@example.com"


def test_a_wrapper_is_followed_with_what_it_is_given(tmp_path: Path) -> None:
    folder = _read(
        tmp_path,
        {
            "terraform/main.tf": (
                'module "team" {\n  source = "./team"\n'
                '  mail = local.m\n}\nlocals {\n  m = "w@example.com"\n}\n'
            ),
            "terraform/team/main.tf": (
                'variable "mail" {\n  type = string\n}\nvariable "n" {\n  default = 1\n}\n'
            )
            + request("inner", "var.mail", "account_tags = { n = var.n }", source=f"../{MODULE_PATH}"),
        },
    )
    (found,) = folder.requests
    assert (found.address, found.path) == ("module.team.module.inner", "terraform/team/main.tf")
    assert (found.email, found.value("account_tags")) == ("w@example.com", {"n": Decimal(1)})
    assert sorted(folder.modules) == [f"terraform/{MODULE_PATH}", "terraform/team"]
    assert [(block.block.type, block.module_folder) for block in folder.foreign] == [
        ("variable", "terraform/team"),
        ("variable", "terraform/team"),
    ]


def test_a_wrapper_that_repeats_makes_its_variables_unknown(tmp_path: Path) -> None:
    folder = _read(
        tmp_path,
        {
            "terraform/main.tf": 'module "team" {\n  source = "./team"\n  count = 2\n  mail = "x"\n}\n',
            "terraform/team/main.tf": 'variable "mail" {}\n'
            + request("inner", "var.mail", source=f"../{MODULE_PATH}"),
        },
    )
    assert [(found.evaluated_by, found.reason) for found in folder.requests] == [
        (EvaluatedBy.NOTHING, "count")
    ]


def test_a_module_that_calls_itself_ends(tmp_path: Path) -> None:
    folder = _read(tmp_path, {"terraform/main.tf": 'module "s" {\n  source = "./"\n}\n'})
    assert folder.requests == ()
    assert [bad.why.endswith("nests modules more than 10 deep") for bad in folder.unreadable] == [True]


def test_an_override_file_is_not_guessed_at(tmp_path: Path) -> None:
    folder = _read(
        tmp_path,
        {
            "terraform/main.tf": request("a", _A) + request("b", _A),
            "terraform/x_override.tf": 'module "a" {\n  account_tags = { a = "b" }\n}\n',
        },
    )
    assert [(found.label, found.reason) for found in folder.requests] == [
        ("a", "an override file"),
        ("b", ""),
    ]


def test_variables_are_unknown_beside_a_file_of_values(tmp_path: Path) -> None:
    text = 'variable "m" {\n  default = "d@example.com"\n}\n' + request("a", "var.m")
    assert _read(tmp_path / "1", {"terraform/a.tf": text}).requests[0].email == "d@example.com"
    beside = _read(tmp_path / "2", {"terraform/a.tf": text, "terraform/terraform.tfvars": 'm = "x"\n'})
    assert beside.requests[0].value("control_tower_parameters", "AccountEmail") == Unknown("var.m")


def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_module, "MAX_FILE_BYTES", 2_000_000)
    write(tmp_path, {"terraform/dir.tf/x": ""})
    folder = _read(tmp_path, {"terraform/big.tf": b"#" * 3_000_000, "terraform/a.tf": request("a", _A)})
    assert folder.unreadable == (
        Unreadable("terraform/big.tf", "the file has 3 MB, at most 2 are read"),
        Unreadable("terraform/dir.tf", "this is a folder, Terraform cannot load it as a file"),
    )
    assert [found.label for found in folder.requests] == ["a"]


def test_a_missing_folder(tmp_path: Path) -> None:
    folder = read(Repository(root=tmp_path, requests=tmp_path / "terraform"))
    assert folder.unreadable == (
        Unreadable("terraform", "there is no such folder; AFT reads requests from it"),
    )


def test_requests_that_nothing_loads(tmp_path: Path) -> None:
    folder = _read(
        tmp_path,
        {
            "terraform/prod/a.tf": request("a", _A, source=f"../{MODULE_PATH}"),
            "root.tf": request("b", _A),
            "examples/c.tf": request("c", _A),
            "terraform/prod/notes.tf": "# aft-account-request\n",
        },
    )
    assert folder.requests == ()
    assert sorted(folder.never_loaded, key=lambda found: found.path) == [
        NeverLoaded("examples/c.tf", "AFT reads account requests from terraform/ only"),
        NeverLoaded("root.tf", "AFT reads account requests from terraform/ only"),
        NeverLoaded(
            "terraform/prod/a.tf", "Terraform does not read sub-folders, and no module loads this one"
        ),
    ]


def test_depth_is_no_way_to_crash(tmp_path: Path) -> None:
    chain = "locals {\n  l0 = 1\n" + "".join(f"  l{i} = [local.l{i - 1}]\n" for i in range(1, 2000)) + "}\n"
    deep = "[" * 250 + "local.deep" + "]" * 250
    folder = _read(
        tmp_path,
        {
            "terraform/a.tf": chain + "locals {\n  deep = " + "[" * 250 + "1" + "]" * 250 + "\n}\n",
            "terraform/b.tf": request("a", "local.l1999") + request("b", deep) + request("c", _A),
            "terraform/c.tf": "x = " + "(" * 100_000 + "1" + ")" * 100_000,
        },
    )
    assert [found.evaluated_by for found in folder.requests] == [
        EvaluatedBy.NOTHING,
        EvaluatedBy.NOTHING,
        EvaluatedBy.READER,
    ]
    assert [problem.message for file in folder.files for problem in file.problems] == [
        "the file is nested too deeply"
    ]


def test_other_blocks_are_foreign_and_moves_are_kept_apart(tmp_path: Path) -> None:
    text = (
        'provider "aws" {}\nlocals {}\nmoved {\n  from = module.a\n  to = module.b\n}\n'
        'module "vpc" {\n  source = "./vpc"\n}\nresource "x" "y" {}\n'
    )
    folder = _read(tmp_path, {"terraform/a.tf": text})
    assert [found.block.type for found in folder.foreign] == ["provider", "module", "resource"]
    assert [found.block.type for found in folder.moved] == ["moved"]


def test_a_module_block_with_afts_arguments_is_a_request_whatever_it_calls(tmp_path: Path) -> None:
    folder = _read(
        tmp_path, {"terraform/a.tf": request("a", _A, source="git::https://example.com/x.git")}, module=False
    )
    assert [found.email for found in folder.requests] == ["a@example.com"]


def test_names(tmp_path: Path) -> None:
    text = request("a", _A, name='"z"') + request("b", _A, name='"b"') + request("c", _A, name="local.x")
    assert names(_read(tmp_path, {"terraform/a.tf": text}).requests) == ["b", "z"]


def test_a_module_that_writes_several_rows_is_not_guessed_at(tmp_path: Path) -> None:
    item = 'resource "aws_dynamodb_table_item" "account-request" {\n  for_each = {}\n  item     = "{}"\n}\n'
    files = {"terraform/a.tf": request("a", _A), f"terraform/{MODULE_PATH}/ddb.tf": item}
    (found,) = _read(tmp_path, files).requests
    assert (found.email, found.evaluated_by) == (None, EvaluatedBy.NOTHING)
    assert found.reason == "the repository's own request module, which writes several rows"


def test_a_pipe_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "terraform").mkdir()
    os.mkfifo(tmp_path / "terraform" / "a.tf")
    folder = _read(tmp_path, {})
    assert folder.unreadable == (Unreadable("terraform/a.tf", "this is not a regular file"),)
