"""What the shell offers for a value. Cheap, and silent: a completion that fails offers nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from aftgen.repository import Repository


def organizational_units(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """OU paths of organization.yaml."""

    def paths(repository: "Repository") -> list[str]:
        from aftgen.config_file import load_organization

        return sorted(load_organization(repository).ous)

    return _offered(paths, incomplete)


def customizations(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Folders of account-customizations/."""

    def names(repository: "Repository") -> list[str]:
        folder = repository.customizations
        found = [entry.name for entry in folder.iterdir() if entry.is_dir()]
        return sorted(name for name in found if not name.startswith("."))

    return _offered(names, incomplete)


def permission_sets(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """``Name=group:`` for each permission set of the catalogue."""

    def names(repository: "Repository") -> list[str]:
        folder = repository.identity_center / "permission-sets"
        return sorted(f"{path.stem}=group:" for path in folder.glob("*.yaml"))

    return _offered(names, incomplete)


def tags(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """``key=`` for each tag that aftgen.yaml names, ``key=value`` where it lists the values."""

    def texts(repository: "Repository") -> list[str]:
        from aftgen.config_file import load_config

        rules = load_config(repository).policy.tags
        return [f"{key}={value}" for key, rule in rules.items() for value in rule.values or ("",)]

    return _offered(texts, incomplete)


def account_names(_ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the accounts that are requested."""

    def found(repository: "Repository") -> list[str]:
        from aftgen.reader.folder import names, read

        return names(read(repository).requests)

    return _offered(found, incomplete)


def _offered(candidates: "Callable[[Repository], list[str]]", incomplete: str) -> list[str]:
    from aftgen.repository import find

    try:
        found = candidates(find(Path.cwd()))
    except Exception:  # noqa: BLE001 - a message here would land in the middle of the person's command line
        return []
    return [candidate for candidate in found if candidate.startswith(incomplete)]
