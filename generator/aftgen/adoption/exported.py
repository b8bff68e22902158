"""What an organization has as a JSON file: written by `aftgen import --export`, read by `--from`.

    {
      "version": 1,
      "organization": {"root": "r-ab12", "management": "111111111111", "log_archive": "222222222222",
                       "audit": "333333333333", "aft_management": "444444444444", "aft_version": "1.20.1"},
      "organizational_units": [{"id": "ou-ab12-workload", "name": "Workloads", "parent": "r-ab12"}],
      "accounts": [
        {"id": "555555555555", "name": "payments", "email": "aws+payments@example.com", "status": "ACTIVE",
         "parent": "ou-ab12-workload", "tags": {"environment": "prod"}, "has_baseline": true,
         "products": [
           {"id": "pp-abc", "name": "payments", "status": "AVAILABLE", "succeeded": true,
            "parameters": {"SSOUserEmail": "ann@example.com", "SSOUserFirstName": "Ann",
                           "SSOUserLastName": "Lee"}}]}]
    }

Of ``organization`` only ``root`` is needed, of a unit all, of an account all but ``tags``, ``has_baseline``
and ``products``, of a product ``id``, ``status`` and ``succeeded`` (whether it was ever provisioned with
success). ``parameters`` are those that are known, by AFT's names; ``message`` is Service Catalog's word about
a failure, ``unknown`` says why a parameter is not known.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from aftgen import source_tree
from aftgen.adoption import existing
from aftgen.errors import Problems, UsageError
from aftgen.inputs import json_text
from aftgen.model_errors import explain

_NOT_TEXT: tuple[source_tree.Path, ...] = (
    ("version",),
    ("accounts", "*", "has_baseline"),
    ("accounts", "*", "products", "*", "succeeded"),
)


def _form(pattern: str, what: str) -> AfterValidator:
    """Refuses other texts than those that a pattern matches whole, in words."""

    def matching(value: str) -> str:
        if re.fullmatch(pattern, value) is None:
            raise ValueError(f"{value!r} is not {what}")
        return value

    return AfterValidator(matching)


_AccountId = Annotated[str, _form(r"\d{12}", "an account's id of 12 digits")]
_UnitId = Annotated[str, _form(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", "a unit's id, such as ou-ab12-workload")]
_RootId = Annotated[str, _form(r"r-[0-9a-z]{4,32}", "the root's id, such as r-ab12")]
_Parent = Annotated[
    str, _form(r"r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}", "the id of a unit or of the root")
]
#: As Organizations has names: nothing that a terminal or a comment could take for something else.
_Line = Annotated[str, _form(r"[^\x00-\x1f\x7f]{1,1024}", "a line of text")]
_Parameter = Literal[
    "AccountName",
    "AccountEmail",
    "ManagedOrganizationalUnit",
    "SSOUserEmail",
    "SSOUserFirstName",
    "SSOUserLastName",
]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Product(_Model):
    id: _Line
    name: str = ""
    status: _Line
    succeeded: bool
    message: str = ""
    parameters: dict[_Parameter, str] = {}
    unknown: str = ""


class _Account(_Model):
    id: _AccountId
    name: _Line
    email: _Line
    status: _Line
    parent: _Parent
    tags: dict[str, str] = {}
    has_baseline: bool | None = None
    products: list[_Product] = []


class _Unit(_Model):
    id: _UnitId
    name: _Line
    parent: _Parent


class _Organization(_Model):
    root: _RootId
    management: _AccountId | None = None
    log_archive: _AccountId | None = None
    audit: _AccountId | None = None
    aft_management: _AccountId | None = None
    aft_version: str = ""


class ExistingFile(_Model):
    """The whole of an exported organization."""

    version: Literal[1]
    organization: _Organization
    organizational_units: list[_Unit]
    accounts: list[_Account]


class Unusable(Problems):
    """A file that says nothing that could be relied on."""

    exit_code = 2


def dump(found: existing.Existing) -> str:
    """The file's text, the same for the same organization."""
    accounts = [
        {
            "id": one.id,
            "name": one.name,
            "email": one.email,
            "status": one.status,
            "parent": one.parent,
            "tags": dict(sorted(one.tags.items())),
            **({} if one.has_baseline is None else {"has_baseline": one.has_baseline}),
            "products": [_product(product) for product in one.products],
        }
        for one in found.accounts
    ]
    organization = {
        "root": found.root,
        "management": found.management,
        "log_archive": found.log_archive,
        "audit": found.audit,
        "aft_management": found.aft_management,
        "aft_version": found.aft_version,
    }
    value = {
        "version": 1,
        "organization": {key: text for key, text in organization.items() if text},
        "organizational_units": [
            {"id": unit.id, "name": unit.name, "parent": unit.parent} for unit in found.units
        ],
        "accounts": accounts,
    }
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def _product(product: existing.Product) -> dict[str, Any]:
    shown = {
        "id": product.id,
        "name": product.name,
        "status": product.status,
        "succeeded": product.succeeded,
        "message": product.message,
        "parameters": dict(product.parameters),
        "unknown": product.unknown,
    }
    return {key: value for key, value in shown.items() if value not in ("", {})}


def parse(text: str, shown: str) -> existing.Existing:
    """Read the file called ``shown``. Raises UsageError for no JSON, Unusable with every problem."""
    try:
        tree = json_text.read(text)
    except source_tree.NotReadable as error:
        raise UsageError(
            error.message,
            place=f"{shown}:{error.line}:{error.column}",
            hint="'aftgen import --export FILE' writes such a file",
        ) from None

    def place(path: source_tree.Path) -> str:
        line, column = source_tree.at(tree, [step for step in path if step != "[key]"])
        return f"{shown}:{line}:{column}"

    hint = "'aftgen import --export FILE' writes such a file"
    try:
        read = ExistingFile.model_validate(source_tree.plain(tree, _NOT_TEXT))
    except ValidationError as error:
        raise Unusable(
            f"{shown} cannot be used", explain(error, ExistingFile, place)[:20], hint=hint
        ) from None
    problems = list(_problems(read, place))
    if problems:
        raise Unusable(f"{shown} cannot be used", problems[:20], hint=hint)
    return _value(read)


def _value(read: ExistingFile) -> existing.Existing:
    return existing.Existing(
        **{key: text or "" for key, text in read.organization.model_dump().items()},
        units=tuple(existing.Unit(**unit.model_dump()) for unit in read.organizational_units),
        accounts=tuple(
            existing.Account(
                **one.model_dump(exclude={"products"}),
                products=tuple(existing.Product(**product.model_dump()) for product in one.products),
            )
            for one in read.accounts
        ),
    )


def _problems(read: ExistingFile, place: Callable[[source_tree.Path], str]) -> Iterator[str]:
    """What no model sees: ids given twice, parents that are not there, a tree that is none."""
    parents = {unit.id: unit.parent for unit in read.organizational_units}
    root = read.organization.root
    seen: set[str] = set()
    for index, unit in enumerate(read.organizational_units):
        where = place(("organizational_units", index, "id"))
        if unit.id in seen:
            yield f"{where}: the unit {unit.id} is given twice"
        seen.add(unit.id)
        if unit.parent != root and unit.parent not in parents:
            yield f"{where}: its parent {unit.parent} is not in the file"
        elif not _leads_up(unit.id, parents, root):
            yield f"{where}: the units above {unit.id} do not lead to the root"
    for index, account in enumerate(read.accounts):
        where = place(("accounts", index, "id"))
        if account.id in seen:
            yield f"{where}: the account {account.id} is given twice"
        seen.add(account.id)
        if account.parent != root and account.parent not in parents:
            yield f"{where}: its parent {account.parent} is not in the file"


def _leads_up(unit: str, parents: dict[str, str], root: str) -> bool:
    for _ in range(len(parents) + 1):
        unit = parents.get(unit, root)
        if unit == root:
            return True
    return False
