"""What our own Terraform declares in AFT's fourth repository: the table that access needs, and the state
machine that AFT demands.

Read, not applied: no provider is there. What an expression hides from the reader is a remark, not a guess.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from aftgen.hcl import nodes
from aftgen.hcl.static import Scope, evaluate
from aftgen.hcl.syntax import parse
from aftgen.hcl.values import Value

STATE_MACHINE: Final = "aft-account-provisioning-customizations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A DynamoDB table: keys and attribute types as declared, `expires` the attribute of its time to live."""

    name: str
    hash_key: str
    range_key: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    deletion_protection: bool = False
    expires: str = ""
    point_in_time_recovery: bool = False

    def definition(self) -> dict[str, Any]:
        """The arguments of CreateTable."""
        keys = [(self.hash_key, "HASH"), *([(self.range_key, "RANGE")] if self.range_key else [])]
        return {
            "TableName": self.name,
            "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys],
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in self.attributes.items()
            ],
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": self.deletion_protection,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """Tables and state machines of one Terraform folder, and what could not be read."""

    tables: tuple[Table, ...] = ()
    state_machines: frozenset[str] = frozenset()
    remarks: tuple[str, ...] = ()


def read(folder: Path) -> Declared:
    """The declarations of every `*.tf` directly in a folder. Raises nothing for what the files hold."""
    tables: list[Table] = []
    machines: set[str] = set()
    remarks: list[str] = []
    files = [
        parse(nodes.Source(path.name, path.read_bytes()))
        for path in sorted(folder.glob("*.tf"))
        if path.is_file()
    ]
    scope = _scope(files)
    for file in files:
        remarks.extend(f"{file.source.path}: {problem.message}" for problem in file.problems)
        for kind, block in _resources(file):
            name = _attribute(block.body, "name", scope)
            if not isinstance(name, str):
                remarks.append(f"{file.source.path}: the name of a {kind} is known to Terraform only")
            elif kind == "aws_sfn_state_machine":
                machines.add(name)
            else:
                table = _table(name, block.body, scope)
                if table is None:
                    remarks.append(
                        f"{file.source.path}: the keys of table {name} are known to Terraform only"
                    )
                else:
                    tables.append(table)
    return Declared(tables=tuple(tables), state_machines=frozenset(machines), remarks=tuple(remarks))


def _scope(files: list[nodes.File]) -> Scope:
    found: dict[str, nodes.Expr] = {}
    for file in files:
        for block in file.body.blocks:
            if block.type == "locals":
                found.update({name: each.value for name, each in block.body.attributes.items()})
    return Scope(locals=found)


def _resources(file: nodes.File) -> Iterator[tuple[str, nodes.Block]]:
    for block in file.body.blocks:
        if block.type == "resource" and len(block.labels) == 2:
            kind = block.labels[0].text
            if kind in ("aws_dynamodb_table", "aws_sfn_state_machine"):
                yield kind, block


def _table(name: str, body: nodes.Body, scope: Scope) -> Table | None:
    hash_key, range_key = (_attribute(body, key, scope) or "" for key in ("hash_key", "range_key"))
    if not isinstance(hash_key, str) or not isinstance(range_key, str) or not hash_key:
        return None
    attributes = {}
    for block in _blocks(body, "attribute"):
        attribute, kind = (_attribute(block.body, key, scope) for key in ("name", "type"))
        if not isinstance(attribute, str) or not isinstance(kind, str):
            return None
        attributes[attribute] = kind
    expires = ""
    for block in _blocks(body, "ttl"):
        expires = str(_attribute(block.body, "attribute_name", scope) or "")
    recovery = any(
        _attribute(each.body, "enabled", scope) is True for each in _blocks(body, "point_in_time_recovery")
    )
    return Table(
        name=name,
        hash_key=hash_key,
        range_key=range_key,
        attributes=attributes,
        deletion_protection=_attribute(body, "deletion_protection_enabled", scope) is True,
        expires=expires,
        point_in_time_recovery=recovery,
    )


def _blocks(body: nodes.Body, kind: str) -> list[nodes.Block]:
    return [block for block in body.blocks if block.type == kind]


def _attribute(body: nodes.Body, name: str, scope: Scope) -> Value:
    attribute = body.attributes.get(name)
    return evaluate(attribute.value, scope) if attribute is not None else None
