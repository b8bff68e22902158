"""Reads the addresses of moved blocks as Terraform does, from their text.

The form was compared with Terraform 1.11: an address is one static reference, ``module.a``,
``module.a["k"]``, ``module.a.module.b`` or one of these followed by ``type.name`` of a resource; no
template, no call, no parentheses, no expression as key.
"""

import re
from dataclasses import dataclass

from aftgen.hcl.nodes import Attribute, Block, File

_IDENTIFIER = r"[^\W\d][\w-]*"
_KEY = r"(?:\s*\[\s*(?:\"(?:[^\"\\$%]|\\.)*\"|\d+)\s*\])?"
_MODULE = re.compile(rf"\s*module\s*\.\s*(?P<name>{_IDENTIFIER})(?P<key>{_KEY})\s*(?P<dot>\.?)\s*")
_RESOURCE = re.compile(
    rf"\s*(?:resource\s*\.\s*)?(?P<data>data\s*\.\s*)?(?P<type>{_IDENTIFIER})\s*\.\s*(?P<name>{_IDENTIFIER})(?P<key>{_KEY})\s*"
)
#: Words that Terraform takes for something else than a resource type (it says "reserved").
_RESERVED = frozenset(
    ("var", "local", "each", "count", "self", "path", "terraform", "template", "lazy", "arg", "module")
)


@dataclass(frozen=True, slots=True)
class Step:
    """One ``module.name`` with its instance key, as written without spaces, or ""."""

    name: str
    key: str = ""

    def __str__(self) -> str:
        return f"module.{self.name}{self.key}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where something is or was. ``resource`` is ``type.name``, or "" for a module call."""

    modules: tuple[Step, ...]
    resource: str = ""
    key: str = ""

    def __str__(self) -> str:
        return ".".join([*map(str, self.modules), *([self.resource + self.key] if self.resource else [])])

    @property
    def call(self) -> str:
        """The address without any instance key: what is declared in the files."""
        steps = [f"module.{step.name}" for step in self.modules]
        return ".".join([*steps, *([self.resource] if self.resource else [])])

    @property
    def last_key(self) -> str:
        """The instance key of what the address names."""
        if self.resource:
            return self.key
        return self.modules[-1].key if self.modules else ""


def parse_address(text: str) -> Address | None:
    """Read an address; None when Terraform would not take it."""
    steps: list[Step] = []
    position = 0
    while match := _MODULE.match(text, position):
        steps.append(Step(match["name"], _tight(match["key"])))
        position = match.end()
        if not match["dot"]:
            return Address(tuple(steps)) if position == len(text) else None
    resource = _RESOURCE.fullmatch(text, position)
    if resource is None or resource["type"] in _RESERVED:
        return None
    kind = f"data.{resource['type']}" if resource["data"] else resource["type"]
    return Address(tuple(steps), f"{kind}.{resource['name']}", _tight(resource["key"]))


def written(file: File, attribute: Attribute) -> str:
    """The text after the equals sign: parentheses count here, and an expression's own extent has none."""
    return file.source.text(attribute.start, attribute.end).partition("=")[2]


def read_sides(file: File, block: Block) -> tuple[Address, Address] | None:
    """``from`` and ``to`` of a moved block, as it writes them; None without two addresses."""
    sides = []
    for name in ("from", "to"):
        attribute = block.body.attributes.get(name)
        address = parse_address(written(file, attribute)) if attribute else None
        if address is None:
            return None
        sides.append(address)
    return sides[0], sides[1]


def _tight(key: str) -> str:
    return "[" + key.strip()[1:-1].strip() + "]" if key.strip() else ""
