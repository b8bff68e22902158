"""Terraform without its provider: real evaluation of our trees where no provider can be downloaded.

Terraform's own language needs no provider; only resources and data sources of one do. So each test tree is a
copy in which every `aws_*` resource became the built-in `terraform_data`, carrying the same arguments as its
`input`, and every `aws_*` data source became a value that the test chooses. Expressions, validations,
preconditions and checks stay as they were written, and Terraform itself evaluates them.

Two entries: `evaluate` (and `diagnose`) for folders of account requests, `evaluate_tree` for root modules.
The rewriting leans on `terraform fmt` layout, which the tests demand of every tree, and fails loudly where a
tree does not have the shape that it expects.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

REPOSITORY: Final = Path(__file__).resolve().parents[2]
REQUEST_MODULE: Final = REPOSITORY / "account-requests/terraform/modules/aft-account-request"
#: What AFT renders into a request folder; these name a backend and a provider, and hold no request.
RENDERED: Final = frozenset({"backend.tf", "aft-providers.tf"})

needs_terraform: Final = pytest.mark.skipif(
    shutil.which("terraform") is None, reason="terraform is not on PATH; nothing else evaluates HCL"
)


class TerraformError(Exception):
    """Terraform would not plan; `problems` holds (file, summary, detail) for each error."""

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        super().__init__("\n".join(f"{file}: {summary}: {detail}" for file, summary, detail in problems))
        self.problems = problems


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Terraform in a folder, offline and untouched by the user's own configuration."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    environment |= {"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}
    return subprocess.run(
        ["terraform", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def evaluate(folder: Path) -> dict[str, dict[str, Any]]:
    """Each account request of a folder: its module's address -> the DynamoDB item AFT would be given."""
    with _requests(folder) as copy:
        planned = _plan(copy)
    items = {}
    for module in planned["planned_values"]["root_module"].get("child_modules", []):
        (resource,) = module["resources"]
        items[module["address"]] = json.loads(resource["values"]["input"])
    return items


def diagnose(folder: Path) -> dict[str, list[str]]:
    """What Terraform holds against each request file of a folder: file name -> error details, sorted."""
    with _requests(folder) as copy:
        try:
            _plan(copy)
        except TerraformError as refused:
            problems = refused.problems
        else:
            problems = []
    details: dict[str, list[str]] = {}
    for file, _summary, detail in problems:
        details.setdefault(file, []).append(detail)
    return {file: sorted(found) for file, found in details.items()}


def evaluate_tree(folder: Path, data: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The arguments of every resource of a root module, by address, and the details of warnings.

    `data` gives the HCL expression that stands for each attribute of a data source that the tree refers to,
    such as `data.aws_caller_identity.current.account_id`.
    """
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary)
        for source in sorted(folder.glob("*.tf")):
            if source.name not in RENDERED | {"versions.tf"}:
                (copy / source.name).write_text(rewrite_tree(source.read_text("utf-8"), data), "utf-8")
        planned = _plan(copy)
    resources = planned["planned_values"]["root_module"].get("resources", [])
    warnings = [
        problem["message"]
        for check in planned.get("checks", [])
        for instance in check.get("instances", [])
        for problem in instance.get("problems", [])
    ]
    return {resource["address"]: resource["values"].get("input") for resource in resources}, warnings


def write_stand_in_module(target: Path) -> None:
    """The request module without its provider, its variables and item untouched."""
    target.mkdir(parents=True)
    shutil.copy(REQUEST_MODULE / "variables.tf", target)
    text = (REQUEST_MODULE / "ddb.tf").read_text("utf-8")
    for pattern, replacement in (
        ('^resource "aws_dynamodb_table_item" ', 'resource "terraform_data" '),
        (r"^  table_name = var\.account-request-table$", ""),
        (r"^  hash_key   = var\.account-request-table-hash$", ""),
        (r"^  item = jsonencode\(\{$", "  input = jsonencode({"),
    ):
        text, count = re.subn(pattern, replacement, text, flags=re.MULTILINE)
        assert count == 1, f"ddb.tf no longer has one line like {pattern}"
    (target / "ddb.tf").write_text(text, "utf-8")


@contextmanager
def _requests(folder: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary)
        for source in sorted(folder.glob("*.tf")):
            if source.name not in RENDERED:
                shutil.copy(source, copy)
        write_stand_in_module(copy / "modules/aft-account-request")
        yield copy


def _plan(folder: Path) -> dict[str, Any]:
    started = terraform(folder, "init", "-input=false", "-no-color")
    if started.returncode != 0:
        raise TerraformError([("", "terraform init", started.stderr)])
    planned = terraform(folder, "plan", "-input=false", "-json", "-out=stand-in.tfplan")
    if planned.returncode != 0:
        raise TerraformError(list(_problems(planned.stdout)) or [("", "terraform plan", planned.stderr)])
    shown: dict[str, Any] = json.loads(terraform(folder, "show", "-json", "stand-in.tfplan").stdout)
    return shown


def _problems(output: str) -> Iterator[tuple[str, str, str]]:
    for line in output.splitlines():
        message = json.loads(line)
        diagnostic = message.get("diagnostic")
        if diagnostic and diagnostic["severity"] == "error":
            file = diagnostic.get("range", {}).get("filename", "")
            detail = diagnostic["detail"].partition("\n\nThis was checked by")[0]
            yield file, diagnostic["summary"], detail


_BLOCK = re.compile(r"^(?P<head>\w[^\n]*) \{(?:\n(?P<body>(?:^(?:  [^\n]*|)\n)*?)^)?\}\n", re.MULTILINE)
_ARGUMENT = re.compile(r"^(?P<indent> *)(?P<name>\w+) += ")
_NESTED = re.compile(r'^(?P<indent> *)(?:(?P<name>\w+)|dynamic "(?P<dynamic>\w+)") \{$')
_META: Final = frozenset({"count", "for_each", "depends_on"})


def rewrite_tree(text: str, data: Mapping[str, str]) -> str:
    """One file of a root module, in terms of built-in resources only."""
    text = _BLOCK.sub(lambda block: _rewrite_block(block["head"], block["body"] or "", block[0]), text)
    for reference, expression in data.items():
        text = text.replace(reference, expression)
    # An attribute that only AWS knows becomes a name for itself.
    text = re.sub(r"\b(aws_\w+\.\w+\.(?:arn|id|name))\b", r'"\1"', text)
    leftover = re.search(r"^(?!\s*#).*\b(?:data\.)?aws_\w+\.", re.sub(r'"aws_[^"]*"', "", text), re.MULTILINE)
    assert leftover is None, f"nothing stands in for: {leftover and leftover[0]}"
    return text


def _rewrite_block(head: str, body: str, whole: str) -> str:
    kind, *labels = re.findall(r"[\w-]+", head)
    if kind == "data":
        return ""
    if kind != "resource" or labels[0] == "terraform_data":
        return whole
    kept, given = _arguments(body.splitlines())
    # The resource type stays visible: aws_iam_role.x becomes terraform_data.aws_iam_role__x.
    name = f"{labels[0]}__{labels[1]}"
    return f'resource "terraform_data" "{name}" {{\n{kept}  input = {{\n{given}  }}\n}}\n'


def _arguments(lines: list[str]) -> tuple[str, str]:
    """A resource's body in two: what stays beside `input` (meta-arguments, lifecycle), what goes into it."""
    kept, given = "", ""
    blocks: dict[str, list[str]] = {}
    while lines:
        line = lines[0]
        if not line.strip() or line.lstrip().startswith("#"):
            lines = lines[1:]
            continue
        segment, lines = _segment(lines)
        argument, nested = _ARGUMENT.match(line), _NESTED.match(line)
        if argument:
            text = "\n".join(segment) + "\n"
            if argument["name"] in _META:
                kept += text
            else:
                given += text
        elif nested and nested["name"] == "lifecycle":
            kept += "\n".join(segment) + "\n"
        elif nested and nested["dynamic"]:
            given += _dynamic(nested["dynamic"], segment[1:-1])
        else:
            assert nested, f"not an argument and not a block: {line}"
            blocks.setdefault(nested["name"], []).append(_arguments(segment[1:-1])[1])
    for name, bodies in blocks.items():
        given += f"{name} = [\n" + "".join(f"{{\n{body}}},\n" for body in bodies) + "]\n"
    return kept, given


def _dynamic(label: str, body: list[str]) -> str:
    collection, content = "", ""
    while body:
        segment, body = _segment(body)
        if segment[0].lstrip().startswith("for_each"):
            collection = "\n".join(segment).partition("=")[2]
        elif segment[0].strip() == "content {":
            content = _arguments(segment[1:-1])[1]
    assert collection, f"dynamic {label} has no for_each"
    assert content, f"dynamic {label} has no content"
    items = f"[for key, value in {collection} : {{ key = key, value = value }}]"
    return f"{label} = [for {label} in {items} : {{\n{content}}}]\n"


def _segment(lines: list[str]) -> tuple[list[str], list[str]]:
    """The first argument or block of some lines: up to the next line no deeper that closes nothing."""
    indent = len(lines[0]) - len(lines[0].lstrip())
    end = 1
    while end < len(lines):
        line = lines[end]
        depth = len(line) - len(line.lstrip())
        if line.strip() and depth <= indent and line.lstrip()[0] not in "})]":
            break
        end += 1
    return [line for line in lines[:end] if line.strip()], lines[end:]
