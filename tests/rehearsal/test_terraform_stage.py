"""What of a customization's Terraform can be judged without a provider, and what is left to one."""

import shutil
from pathlib import Path

import pytest
from aftgen.rehearsal.processes import Workspace
from aftgen.rehearsal.terraform_stage import Judgement, TerraformStage
from aftgen.rehearsal.terraform_versions import allows

FORMATTING = "formatting was not checked: terraform is not on PATH"
CALL = 'module "a" {\n  source = "./modules/a"\n}\n'


@pytest.fixture(autouse=True)
def without_terraform(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("terraform") is None:
        monkeypatch.setattr("aftgen.rehearsal.terraform_stage.shutil.which", lambda _: None)


def judge(
    workspace: Workspace,
    tmp_path: Path,
    files: dict[str, str],
    *,
    distribution: str = "oss",
    given: frozenset[str] = frozenset(),
) -> Judgement:
    """`files` are relative to the customization, whose Terraform is in terraform/."""
    tree = tmp_path / "tree"
    shutil.rmtree(tree, ignore_errors=True)
    (tree / "terraform").mkdir(parents=True)
    for name, text in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    stage = TerraformStage(workspace, version="1.6.1", distribution=distribution)
    return stage.judge(
        tree / "terraform", tree=tree, template="global", variables={"region": "a"}, given=given
    )


def test_what_only_a_provider_knows_is_named(workspace: Workspace, tmp_path: Path) -> None:
    text = (
        'resource "aws_s3_bucket" "a" {\n  bukcet = 1\n}\n\n'
        'data "http" "b" {}\n\nresource "terraform_data" "c" {}\n'
    )
    judgement = judge(workspace, tmp_path, {"terraform/main.tf": text})
    left = (
        "only a provider could have checked the arguments of aws_s3_bucket, http, and what a plan would do "
        "with them"
    )
    assert (judgement.problems, judgement.notes) == ((), (FORMATTING, left))
    assert judgement.log.splitlines()[-2:] == [
        f"note: {left}",
        "terraform: read and resolved; not planned, no provider is here",
    ]


def test_a_module_from_elsewhere_is_left_to_the_network(workspace: Workspace, tmp_path: Path) -> None:
    text = 'module "a" {\n  source  = "somebody/thing/aws"\n  version = "1.0"\n}\n'
    assert judge(workspace, tmp_path, {"terraform/main.tf": text}).notes[1:] == (
        "only the network has: somebody/thing/aws",
    )


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        ({}, "Error: No configuration files: there is no .tf file to apply"),
        ({"main.tf": "locals {\n  a = \n}\n"}, "main.tf:2:"),
        (
            {"main.tf": 'locals {\n  a = var.nmae\n}\n\nvariable "name" {\n  default = 1\n}\n'},
            "main.tf:2:7: Reference to undeclared input variable: nothing declares var.nmae; "
            "did you mean var.name?",
        ),
        (
            {"main.tf": "locals {\n  a = data.aws_region.b.id\n}\n"},
            "main.tf:2:7: Reference to undeclared data source: nothing declares data.aws_region.b",
        ),
        (
            {"main.tf": 'locals {\n  a = file("${path.module}/gone.json")\n}\n'},
            'main.tf:2:7: Invalid function argument: file("${path.module}/gone.json"): no file exists there',
        ),
        (
            {"main.tf": 'terraform {\n  required_version = ">= 1.9"\n}\n'},
            "main.tf:2:3: Unsupported Terraform Core version: AFT installs 1.6.1 "
            "(/aft/config/terraform/version), required_version is '>= 1.9'",
        ),
        (
            {"main.tf": 'terraform {\n  required_version = "new"\n}\n'},
            "main.tf:2:3: Invalid version constraint: 'new' is not a version constraint",
        ),
        (
            {"main.tf": 'variable "name" {}\n'},
            "main.tf:1:1: No value for required variable: nothing gives 'name' one, and nobody is there "
            "to ask",
        ),
        (
            {"main.tf": CALL},
            "main.tf:2:3: Unreadable module directory: there is no ./modules/a",
        ),
        (
            {"main.tf": CALL.replace("./modules/a", "../../elsewhere"), "../../elsewhere/main.tf": ""},
            "main.tf:2:3: Unreadable module directory: ../../elsewhere lies outside the "
            "customization's branch",
        ),
        (
            {"main.tf": CALL, "modules/a/main.tf": 'variable "b" {}\n'},
            "main.tf:1:1: Missing required argument: 'b'",
        ),
        (
            {"main.tf": CALL.replace("}", "  c = 1\n}"), "modules/a/main.tf": "locals {}\n"},
            "main.tf:3:3: Unsupported argument: the module has no variable 'c'",
        ),
        (
            {
                "main.tf": CALL + "\nlocals {\n  d = module.a.ouput\n}\n",
                "modules/a/main.tf": 'output "output" {\n  value = 1\n}\n',
            },
            "main.tf:6:7: Unsupported attribute: module.a has no output 'ouput'; did you mean output?",
        ),
        (
            {"main.tf": CALL, "modules/a/main.tf": CALL.replace("./modules/a", "../a")},
            "modules/a/main.tf:2:3: a module that calls itself has no end: ../a",
        ),
    ],
)
def test_what_terraform_would_refuse(
    workspace: Workspace, tmp_path: Path, files: dict[str, str], problem: str
) -> None:
    judgement = judge(workspace, tmp_path, {f"terraform/{name}": text for name, text in files.items()})
    assert judgement.problems[0].startswith(problem)
    assert len(judgement.problems) == 1
    assert "terraform: read and resolved" not in judgement.log


def test_a_variable_may_come_from_files_the_environment_and_a_workspace(
    workspace: Workspace, tmp_path: Path
) -> None:
    text = "".join(f'variable "{name}" {{}}\n' for name in "abcd")
    files = {
        "terraform/main.tf": text,
        "terraform/terraform.tfvars": "a = 1\n",
        "terraform/x.auto.tfvars.json": '{"b": 2}',
    }
    assert [problem[:12] for problem in judge(workspace, tmp_path, files, given=frozenset("c")).problems] == [
        "main.tf:4:1:"
    ]
    remote = judge(workspace, tmp_path, files, distribution="tfe", given=frozenset("c"))
    assert (remote.problems, remote.notes[1]) == ((), "the workspace must give a value to: d")


def test_a_module_beside_the_terraform_folder_is_not_uploaded_to_a_workspace(
    workspace: Workspace, tmp_path: Path
) -> None:
    files = {"terraform/main.tf": CALL.replace("./", "../"), "modules/a/main.tf": "locals {}\n"}
    assert judge(workspace, tmp_path, files).problems == ()
    assert judge(workspace, tmp_path, files, distribution="tfc").problems == (
        "main.tf:2:3: Unreadable module directory: ../modules/a lies outside the terraform folder",
    )


def test_a_folder_that_is_missing(workspace: Workspace, tmp_path: Path) -> None:
    stage = TerraformStage(workspace, version="1.6.1", distribution="oss")
    judgement = stage.judge(tmp_path / "terraform", tree=tmp_path, template="a", variables={})
    assert judgement.problems == (
        "cd: terraform: No such file or directory; Terraform has no configuration files",
    )


@pytest.mark.terraform
def test_terraform_itself_looks_at_the_formatting(workspace: Workspace, tmp_path: Path) -> None:
    judgement = judge(workspace, tmp_path, {"terraform/main.tf": "locals {\n a = 1\n}\n"})
    assert (judgement.problems, judgement.notes) == (
        (),
        ("not formatted, 'terraform fmt' would change: main.tf",),
    )


@pytest.mark.parametrize(
    ("constraint", "version", "allowed"),
    [
        ("1.6.1", "1.6.1", True),
        ("= 1.6", "1.6.1", False),
        ("!= 1.6.1", "1.6.1", False),
        (">= 1.6.1, < 2.0.0", "1.6.1", True),
        ("> 1.6.1", "1.6.1", False),
        ("<= 1.5", "1.5.0", True),
        ("~> 1.5", "1.6.1", True),
        ("~> 1.5", "2.0.0", False),
        ("~> 1.6.0", "1.6.9", True),
        ("~> 1.6.0", "1.7.0", False),
        ("~> 1", "1.6.1", True),
        (">= 1.0", "1.6.0-beta1", False),
        ("1.6.0-beta1", "1.6.0-beta1", True),
    ],
)
def test_version_constraints_are_read_as_terraform_reads_them(
    constraint: str, version: str, allowed: bool
) -> None:
    assert allows(constraint, version) is allowed


@pytest.mark.parametrize(("constraint", "version"), [("", "1.6.1"), ("1.x", "1.6.1"), ("1.0", "latest")])
def test_what_is_no_constraint_or_version(constraint: str, version: str) -> None:
    with pytest.raises(ValueError, match="is not a version"):
        allows(constraint, version)
