"""What a repository holds beside the organization's own files: AFT's four trees, workflows, schemas.

In a wheel they are files of the package (``aftgen/trees``, see pyproject.toml); in a clone, the clone itself.
"""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path, PurePosixPath

import aftgen
from aftgen.errors import AftgenError
from aftgen.repository import AFT_REPOSITORIES

#: Files and folders of this repository that another organization's repository needs as well.
SHIPPED = (
    *AFT_REPOSITORIES,
    ".github/CODEOWNERS",
    ".github/rulesets",
    ".github/workflows",
    ".gitlab-ci.yml",
    ".gitignore",
    "tools/ci",
)
#: Of this project alone.
_OURS = frozenset({".github/workflows/tests.yml"})
_LEFT_BEHIND = frozenset({"__pycache__", ".terraform", ".terraform.lock.hcl"})
_REQUESTS = PurePosixPath("account-requests/terraform")


def shipped() -> Iterator[tuple[str, Path]]:
    """Path in a repository, and the file to copy there. Raises AftgenError when the package has none."""
    root = _root()
    for name in SHIPPED:
        start = root / name
        found = [start] if start.is_file() else sorted(path for path in start.rglob("*") if path.is_file())
        for file in found:
            path = PurePosixPath(file.relative_to(root).as_posix())
            if path.as_posix() not in _OURS and not _LEFT_BEHIND & set(path.parts) and not _is_request(path):
                yield path.as_posix(), file


def _is_request(path: PurePosixPath) -> bool:
    """Whether this is one of the accounts of the organization that the package was built by."""
    return (path.parent == _REQUESTS and path.suffix in (".tf", ".json")) or ".tfstate" in path.name


def _root() -> Path:
    packaged = Path(str(files("aftgen") / "trees"))
    clone = Path(aftgen.__file__).resolve().parents[2]
    for root in (packaged, clone):
        if all((root / name).is_dir() for name in AFT_REPOSITORIES):
            return root
    raise AftgenError(
        "this installation of aftgen does not hold the four trees",
        hint="install it whole ('pip install' of the repository or its wheel), or work in a clone",
    )
