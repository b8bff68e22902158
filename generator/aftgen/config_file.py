"""Loads ``aftgen.yaml`` and ``global-customizations/organization.yaml``, or says all that is wrong in them.

A file that is not there means no defaults, no policy and no registry; a file that is there must be right.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from aftgen import source_tree, yaml_text
from aftgen.config import Config
from aftgen.errors import Problems, UsageError
from aftgen.limits import normalise
from aftgen.model_errors import explain
from aftgen.organization import Organization
from aftgen.repository import Repository

MAX_BYTES = 1024 * 1024
#: Where `aftgen.yaml` holds something other than text.
_NOT_TEXT: tuple[source_tree.Path, ...] = (("version",), ("policy", "tags", "*", "required"))

_M = TypeVar("_M", bound=BaseModel)


class UnusableFile(Problems):
    """A configuration file that must be corrected before anything can be done."""

    exit_code = 2


def load_config(repository: Repository) -> Config:
    """``aftgen.yaml``, or the empty configuration without it. Raises UsageError or UnusableFile."""
    return _load(repository, repository.config, Config) or Config()


def load_organization(repository: Repository) -> Organization:
    """The OU registry, or an empty one without it. Raises UsageError or UnusableFile."""
    from aft_access.models import OrganizationFile

    loaded = _load(repository, repository.organization, OrganizationFile)
    return Organization(dict(loaded.organizational_units) if loaded else {})


def _load(repository: Repository, path: Path, model: type[_M]) -> _M | None:
    shown = repository.relative(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UsageError(f"the file has more than {MAX_BYTES // 1024} KB", place=shown)
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise UsageError(f"the file is not UTF-8 text (byte {error.start})", place=shown) from None
    except OSError as error:
        raise UsageError(f"the file cannot be read: {error.strerror or error}", place=shown) from None
    try:
        tree = yaml_text.read(normalise(text))
    except source_tree.NotReadable as error:
        raise UsageError(error.message, place=f"{shown}:{error.line}:{error.column}") from None
    if tree is None:
        return None
    try:
        return model.model_validate(source_tree.plain(tree, _NOT_TEXT))
    except ValidationError as error:
        raise UnusableFile(f"{shown} cannot be used", explain(error, model, _places(shown, tree))) from None


def _places(shown: str, tree: source_tree.Node) -> Callable[[source_tree.Path], str]:
    def place(path: source_tree.Path) -> str:
        line, column = source_tree.at(tree, path)
        return f"{shown}:{line}:{column}"

    return place
