"""Makes a new account customization: the files that AFT's pipeline needs, with nothing in them yet.

The templates are files of this package, copied as they are: what AFT renders with jinja it renders in its
pipeline. A customization appears whole or not at all.
"""

import os
import shutil
import tempfile
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from aftgen import limits
from aftgen.errors import AftgenError, Refused
from aftgen.repository import Repository


def customization(repository: Repository, name: str) -> list[Path]:
    """Write ``account-customizations/<name>/`` and return its files.

    Raises Refused when the name cannot be used or something is there already; then nothing was written.
    """
    problems = limits.customization_name_problems(name) if name else ["the name is empty"]
    if problems:
        raise Refused(f"{name!r} cannot be a customization: {problems[0]}")
    target = repository.customizations / name
    if os.path.lexists(target):
        raise Refused(
            f"{repository.relative(target)} is there already", hint="edit it, or choose another name"
        )
    template = resources.files("aftgen") / "scaffolds" / "customization"
    temporary: Path | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".aftgen-", dir=target.parent))
        _copy(template, temporary)
        temporary.chmod(0o755)
        temporary.rename(target)
    except OSError as error:
        raise AftgenError(
            f"{repository.relative(target)} cannot be written: {error.strerror or error}"
        ) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)
    return sorted(path for path in target.rglob("*") if path.is_file())


def _copy(source: Traversable, target: Path) -> None:
    for entry in source.iterdir():
        if entry.is_dir():
            (target / entry.name).mkdir()
            _copy(entry, target / entry.name)
        elif entry.name != "__pycache__":
            path = target / entry.name
            path.write_bytes(entry.read_bytes())
            path.chmod(0o755 if path.suffix == ".sh" else 0o644)
