"""Where things are: the repository that AFT reads, found from any folder inside it.

``aftgen.yaml`` marks the root of a repository of this shape. A plain AFT account-request repository (one
with ``terraform/`` at its root) is understood as well, so that ``check`` and ``list`` work on one that has
never heard of aftgen.
"""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aftgen.errors import UsageError

CONFIG_NAME = "aftgen.yaml"
#: The folders that are the roots of AFT's four repositories, each with AFT's own name for it (its SSM
#: parameters ``/aft/config/<name>/repo-name`` and ``repo-branch``), in the order of publishing.
AFT_REPOSITORIES = {
    "account-provisioning-customizations": "account-provisioning-customizations",
    "global-customizations": "global-customizations",
    "account-customizations": "account-customizations",
    "account-requests": "account-request",
}
REQUEST_MODULE_SOURCE = "./modules/aft-account-request"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The folders of one repository. ``requests`` is the only one that is always there."""

    root: Path
    requests: Path

    @property
    def config(self) -> Path:
        return self.root / CONFIG_NAME

    @property
    def organization(self) -> Path:
        return self.root / "global-customizations" / "organization.yaml"

    @property
    def identity_center(self) -> Path:
        return self.root / "global-customizations" / "identity-center"

    @property
    def customizations(self) -> Path:
        return self.root / "account-customizations"

    @property
    def is_ours(self) -> bool:
        """Whether this is a repository of aftgen's shape, and not only a request repository."""
        return self.config.is_file()

    def relative(self, path: Path) -> str:
        """A path for messages: relative to the root, with ``/``."""
        try:
            return str(PurePosixPath(path.resolve().relative_to(self.root.resolve())))
        except ValueError:
            return str(path)


def find(start: Path) -> Repository:
    """The repository that ``start`` (a file or folder) is in.

    Raises UsageError when there is none.
    """
    if not start.exists():
        raise UsageError(f"{start} does not exist")
    folder = (start if start.is_dir() else start.parent).resolve()
    for candidate in (folder, *folder.parents):
        if (candidate / CONFIG_NAME).is_file() or (candidate / "account-requests" / "terraform").is_dir():
            return Repository(root=candidate, requests=candidate / "account-requests" / "terraform")
        if (candidate / ".git").exists():
            break
    for candidate in (folder, *folder.parents):
        if (candidate / "terraform").is_dir():
            return Repository(root=candidate, requests=candidate / "terraform")
        if (candidate / ".git").exists():
            break
    if any(folder.glob("*.tf")):
        return Repository(root=folder, requests=folder)
    raise UsageError(
        f"no account-request repository at {start}",
        hint=f"run this inside a repository that has {CONFIG_NAME} or account-requests/terraform/, "
        "or name one; 'aftgen --help' lists the commands",
    )
