"""Real Terraform as the judge: what an expression or a whole request repository means to it, unfiltered.

Nothing of ``aftgen`` is used to find the answer, so that a mistake there cannot hide itself.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

#: AFT's request module with its resource as one that Terraform makes itself.
MODULE = {
    "variables.tf": """\
variable "control_tower_parameters" {
  type = object({
    AccountEmail              = string
    AccountName               = string
    ManagedOrganizationalUnit = string
    SSOUserEmail              = string
    SSOUserFirstName          = string
    SSOUserLastName           = string
  })
}
variable "change_management_parameters" {
  type = object({
    change_requested_by = string
    change_reason       = string
  })
}
variable "account_tags" {
  type    = map(any)
  default = {}
}
variable "custom_fields" {
  type    = map(any)
  default = {}
}
variable "account_customizations_name" {
  type    = string
  default = ""
}
""",
    "ddb.tf": """\
resource "aws_dynamodb_table_item" "account-request" {
  table_name = "aft-request"
  hash_key   = "id"
  item       = jsonencode({ id = { S = var.control_tower_parameters.AccountEmail } })
}
""",
}
MODULE_PATH = "modules/aft-account-request"


def _run(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
    return subprocess.run(
        ["terraform", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def plan(folder: Path) -> dict[str, Any] | str:
    """The plan of a folder as JSON with exact numbers, or Terraform's complaint."""
    for arguments in (
        ("init", "-backend=false", "-input=false", "-no-color"),
        ("plan", "-refresh=false", "-input=false", "-no-color", "-out=oracle.plan"),
    ):
        done = _run(folder, *arguments)
        if done.returncode != 0:
            return done.stdout + done.stderr
    shown = _run(folder, "show", "-json", "oracle.plan")
    assert shown.returncode == 0, shown.stderr
    result: dict[str, Any] = json.loads(shown.stdout, parse_int=Decimal, parse_float=Decimal)
    return result


def values(folder: Path, expressions: Sequence[str]) -> list[Any]:
    """What each expression is to Terraform."""
    text = "".join(
        f'output "o{index}" {{\n  value = {expression}\n}}\n' for index, expression in enumerate(expressions)
    )
    (folder / "main.tf").write_bytes(text.encode())
    planned = plan(folder)
    assert isinstance(planned, dict), planned
    outputs = planned["planned_values"]["outputs"]
    return [outputs[f"o{index}"].get("value") for index in range(len(expressions))]


def accepts(folder: Path, text: bytes) -> bool:
    """Whether Terraform can read a file at all."""
    (folder / "main.tf").write_bytes(text)
    return _run(folder, "fmt", "-check", "-no-color", "main.tf").returncode in (0, 3)


def requests(root: Path, start: str, target: Path) -> dict[str, dict[str, Any]] | str:
    """The arguments of every request of a repository by address, or why Terraform fails.

    Works on a copy of which only the request modules' resources and the providers are changed.
    """
    shutil.copytree(root, target, symlinks=True)
    for path in target.rglob("*.tf"):
        text = path.read_bytes()
        if b"aws_dynamodb_table_item" in text:
            names = re.findall(
                rb'variable "(\w+)"', b"".join(f.read_bytes() for f in path.parent.glob("*.tf"))
            )
            lines = b"".join(b"    %s = var.%s\n" % (name, name) for name in names)
            path.write_bytes(b'resource "terraform_data" "oracle" {\n  input = {\n%s  }\n}\n' % lines)
    planned = plan(target / start)
    if isinstance(planned, str):
        return planned
    return {
        change["module_address"]: change["change"]["after"]["input"]
        for change in planned.get("resource_changes", [])
        if change["name"] == "oracle"
    }


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below a folder."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
