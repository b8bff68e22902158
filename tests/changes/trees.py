"""Git repositories for the tests of a plan: a base on main, and a working tree that a test changes."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import check_repositories
from aftgen.changes.load import plan
from aftgen.changes.plan import AccountChange, Plan
from aftgen.repository import Repository

REQUESTS = check_repositories.REQUESTS


def account(
    name: str,
    *,
    label: str = "",
    email: str = "",
    ou: str = "Sandbox",
    sso: str = "ana@example.com",
    tags: str = "{}",
    access: str | None = None,
    fields: str = "",
    customization: str = "",
) -> str:
    """A request as people write it. ``access`` is HCL for the declaration's grants."""
    declared = "" if access is None else f"access = jsonencode({{ version = 1, grants = {access} }})"
    return check_repositories.request(
        f"""control_tower_parameters = {{
  AccountEmail = "{email or f"aws+{name}@example.com"}"
  AccountName = "{name}"
  ManagedOrganizationalUnit = "{ou}"
  SSOUserEmail = "{sso}"
}}
account_tags = {tags}
custom_fields = {{ {declared}
{fields} }}
account_customizations_name = "{customization}"
""",
        label or name,
    )


class Tree:
    """A repository with a base on main."""

    def __init__(self, root: Path, files: Mapping[str, str], *, access: bool = False) -> None:
        root.mkdir()
        self.root = root
        self.repository: Repository = check_repositories.sound(root)
        if access:
            check_repositories.with_access(root)
        self.write(files)
        self.git("init", "-q", "-b", "main")
        self.commit()

    def write(self, files: Mapping[str, str]) -> None:
        """Write files; a name without a folder is one in the request folder."""
        check_repositories.write(
            self.root, {path if "/" in path else f"{REQUESTS}/{path}": text for path, text in files.items()}
        )

    def remove(self, name: str) -> None:
        (self.root / REQUESTS / name).unlink()

    def replace(self, path: str, old: str, new: str) -> None:
        target = self.root / (path if "/" in path else f"{REQUESTS}/{path}")
        text = target.read_text()
        assert old in text
        target.write_text(text.replace(old, new))

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.root, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def commit(self) -> str:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "a change")
        return self.git("rev-parse", "HEAD")

    def plan(self, base: str | None = None, *, terraform: bool = False) -> Plan:
        return plan(self.repository, base, terraform=terraform)

    def only(self, *, terraform: bool = False) -> AccountChange:
        """The one account that changes."""
        (change,) = self.plan(terraform=terraform).changes
        return change
