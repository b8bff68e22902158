"""What a tree would lose against another one: Terraform blocks by address, and files that are not .tf.

For account requests the accounts themselves are compared in :mod:`aftgen.publish.accounts`.
"""

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from aftgen.checks.moves import parse_address, written
from aftgen.hcl.nodes import Block, File, Source
from aftgen.hcl.syntax import parse
from aftgen.reader.folder import is_request_source, terraform_files

_STATEFUL = ("resource", "module")
#: Files that nothing runs: a new tree need not have them.
_TEXT = (
    ".md",
    ".gitignore",
    ".gitkeep",
    ".gitattributes",
    ".pre-commit-config.yaml",
    "LICENSE",
    "CODEOWNERS",
)


def blocks(tree: Path, *, gone: bool = False) -> frozenset[str]:
    """The resources and modules that an exported tree declares, as ``<folder>: <address>``.

    With ``gone`` also the addresses that its ``removed`` and ``moved`` blocks account for. Account requests
    are left out.
    """
    found: set[str] = set()
    for folder in _folders(tree):
        shown = folder.relative_to(tree).as_posix()
        for file in _parsed(folder, tree):
            for block in file.body.blocks:
                address = _address(block)
                if address:
                    found.add(f"{shown}: {address}")
                if gone and block.type in ("moved", "removed"):
                    found |= {f"{shown}: {before}" for before in _gone(file, block)}
    return frozenset(found)


def files(tree: Path) -> frozenset[str]:
    """The files of an exported tree that AFT or its helpers use, without the Terraform files."""
    return frozenset(
        path.relative_to(tree).as_posix()
        for path in tree.rglob("*")
        if not path.is_dir() and not path.name.endswith((".tf", ".tf.json", *_TEXT))
    )


def lost(before: Iterable[str], after: frozenset[str], allowed: Sequence[str]) -> list[str]:
    """What is in the one and not in the other, and that no pattern (``terraform/*``, ``legacy/``) allows."""
    return sorted(
        item
        for item in before
        if item not in after
        and not any(
            item == pattern
            or fnmatchcase(item, pattern)
            or (pattern[-1:] == "/" and item.startswith(pattern))
            for pattern in allowed
        )
    )


def _folders(tree: Path) -> list[Path]:
    return sorted({path.parent for path in tree.rglob("*.tf") if path.is_file() and not path.is_symlink()})


def _parsed(folder: Path, tree: Path) -> list[File]:
    return [
        parse(Source.of(path.relative_to(tree).as_posix(), path.read_bytes()))
        for path in terraform_files(folder)
        if path.name.endswith(".tf") and path.is_file() and not path.is_symlink()
    ]


def _address(block: Block) -> str:
    labels = [label.text for label in block.labels]
    if block.type not in _STATEFUL or not labels:
        return ""
    if block.type == "module":
        source = block.body.attributes.get("source")
        value = getattr(source.value, "value", None) if source else None
        return "" if isinstance(value, str) and is_request_source(value) else f"module.{labels[0]}"
    return ".".join(labels)


def _gone(file: File, block: Block) -> list[str]:
    """The address that a ``moved`` or ``removed`` block is about."""
    attribute = block.body.attributes.get("from")
    address = parse_address(written(file, attribute)) if attribute else None
    return [address.call] if address else []
