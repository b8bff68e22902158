"""The request module as the sandbox has it: AFT's variables, and a resource that only repeats their values.

The repository's own copy is used, because organizations change it (more variables, other types); its
resources, data sources and providers are left out. Where there is no usable copy, AFT's variables stand here.
"""

from aftgen.evaluate.filtered import Kept, arguments_of, native
from aftgen.evaluate.functions import calls_in_text
from aftgen.evaluate.modules import VARIABLE, ModuleFolder
from aftgen.reader.model import ARGUMENTS, CONTROL_TOWER

#: The resource whose planned ``input`` holds the arguments; a provider that is part of Terraform makes it.
RESOURCE = "aftgen_request"
FILE_NAME = "aftgen_request_values.tf"

#: AFT 1.20.1: sources/aft-customizations-repos/aft-account-request, terraform/modules/aft-account-request.
_VARIABLES = """\
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
variable "account-request-table" {
  type    = string
  default = "aft-request"
}
variable "account-request-table-hash" {
  type    = string
  default = "id"
}
"""


def own_copy() -> dict[str, bytes]:
    """AFT's module, as file names and contents."""
    return {"variables.tf": _VARIABLES.encode(), FILE_NAME: _values(frozenset(ARGUMENTS))}


def of_repository(folder: ModuleFolder) -> dict[str, bytes] | None:
    """The repository's module, or None where it is not one that AFT's arguments fit."""
    variables = list(folder.of_kind(VARIABLE))
    names = frozenset(definition.name for definition in variables)
    if CONTROL_TOWER not in names or any(file.problems for file in folder.files):
        return None
    files: dict[str, bytes] = {}
    for file in folder.files:
        kept = [
            Kept(definition, arguments_of(definition, ()))
            for definition in variables
            if definition.file is file
        ]
        if not kept:
            continue
        text = native(file, kept)
        if file.source.path.endswith(".json") or calls_in_text(text):
            return None
        files[file.source.path.rsplit("/", 1)[-1]] = text
    files[FILE_NAME] = _values(names & frozenset(ARGUMENTS))
    return files


def _values(names: frozenset[str]) -> bytes:
    lines = "".join(f"    {name} = var.{name}\n" for name in sorted(names))
    return f'resource "terraform_data" "{RESOURCE}" {{\n  input = {{\n{lines}  }}\n}}\n'.encode()
