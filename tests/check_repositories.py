"""Repositories for the tests of the checks: a whole, sound one, and what a test changes in it."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from aftgen.checks.engine import Report, run
from aftgen.hcl.nodes import Object, Source
from aftgen.hcl.syntax import parse
from aftgen.reader.model import ARGUMENTS
from aftgen.repository import Repository

_PROJECT = Path(__file__).parents[1]
REQUESTS = "account-requests/terraform"
EXAMPLE = f"{REQUESTS}/example.tf"

_MODULE = """\
variable "control_tower_parameters" {
  type = map(string)
}
variable "change_management_parameters" {
  type = map(string)
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
variable "account-request-table" {
  type    = string
  default = "aft-request"
}
variable "account-request-table-hash" {
  type    = string
  default = "id"
}
resource "aws_dynamodb_table_item" "account-request" {
  hash_key = var.account-request-table-hash
}
"""
_ORGANIZATION = """\
organizational_units:
  Sandbox: ou-ab12-sandbox1
  Security: ou-ab12-security
  Workloads: ou-ab12-workload
  Workloads/Prod: ou-ab12-wlprod01
  Workloads/Dev: ou-ab12-wldev001
"""
_CONTROL_TOWER = {
    "AccountEmail": '"aws+example@example.com"',
    "AccountName": '"example"',
    "ManagedOrganizationalUnit": '"Sandbox"',
    "SSOUserEmail": '"ana@example.com"',
    "SSOUserFirstName": '"Ana"',
    "SSOUserLastName": '"Lovelace"',
}
_CHANGE = {"change_requested_by": '"Ana"', "change_reason": '"because"'}
_CUSTOMIZATION = (
    "api_helpers/pre-api-helpers.sh",
    "api_helpers/post-api-helpers.sh",
    "api_helpers/python/requirements.txt",
    "terraform/aft-providers.jinja",
    "terraform/backend.jinja",
)


def sound(root: Path) -> Repository:
    """A repository without requests in which nothing is wrong."""
    files = {
        "aftgen.yaml": "version: 1\n",
        "global-customizations/organization.yaml": _ORGANIZATION,
        f"{REQUESTS}/backend.jinja": "x\n",
        f"{REQUESTS}/aft-providers.jinja": "x\n",
        f"{REQUESTS}/modules/aft-account-request/main.tf": _MODULE,
    }
    files.update({f"account-customizations/workload/{name}": "x\n" for name in _CUSTOMIZATION})
    write(root, files)
    return Repository(root=root, requests=root / REQUESTS)


def with_access(root: Path) -> None:
    """Add the project's own catalogue of Identity Center."""
    shutil.copytree(
        _PROJECT / "global-customizations/identity-center", root / "global-customizations/identity-center"
    )
    shutil.copy(
        _PROJECT / "global-customizations/organization.yaml", root / "global-customizations/organization.yaml"
    )


def write(root: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files below a root."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())


def request(fragment: str = "", label: str = "example") -> str:
    """A sound request, with the arguments and keys of a fragment in it."""
    arguments = {name: dict(values) for name, values in _objects().items()}
    plain: dict[str, str] = {}
    source = Source.of("fragment", fragment.encode())
    parsed = parse(source)
    assert not parsed.problems, parsed.problems
    for name, attribute in parsed.body.attributes.items():
        value = attribute.value
        if name in arguments and isinstance(value, Object):
            for item in value.items:
                key = source.text(item.key.start, item.key.end)
                arguments[name][key] = source.text(item.value.start, item.value.end)
        else:
            arguments.pop(name, None)
            plain[name] = source.text(attribute.start, max(attribute.end, value.end))
    lines = [f'module "{label}" {{', '  source = "./modules/aft-account-request"', ""]
    for name, values in arguments.items():
        lines += [f"  {name} = {{", *(f"    {key} = {text}" for key, text in values.items()), "  }", ""]
    lines += [text if text.endswith("\n") else f"  {text}" for text in plain.values()]
    return "\n".join([*lines, "}"]) + "\n"


def _objects() -> dict[str, dict[str, str]]:
    return {"control_tower_parameters": _CONTROL_TOWER, "change_management_parameters": _CHANGE}


def add_example(root: Path, text: str) -> None:
    """Put a rule's example into a repository (the form is that of :mod:`aftgen.checks.rule`)."""
    parts = re.split(r"^# --- (\S+?)(: missing)?\n", text, flags=re.MULTILINE)
    first, rest = parts[0], parts[1:]
    if first:
        starts_with_argument = re.match(r"[\w-]+ = ", first) is not None
        write(root, {EXAMPLE: request(first) if starts_with_argument else first})
    for path, missing, content in zip(rest[::3], rest[1::3], rest[2::3], strict=True):
        if missing:
            (root / path).unlink(missing_ok=True)
        else:
            write(root, {path: content})


def check(repository: Repository, *, terraform: bool = False, **options: object) -> Report:
    """Check it, without Terraform unless a test asks for it."""
    return run(repository, terraform=terraform, **options)  # type: ignore[arg-type]


def found(repository: Repository, rule: str) -> list[tuple[str, str]]:
    """Place and message of a rule's findings."""
    report = check(repository)
    return [(str(finding.place), finding.message) for finding in report.findings if finding.rule == rule]


assert set(_objects()) <= set(ARGUMENTS)
