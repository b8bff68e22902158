"""A repository in git, with requests in it, for the tests of the commands that change requests."""

import shutil
import subprocess
from pathlib import Path

from hcl_texts import request

ROOT = Path(__file__).resolve().parents[1]
REQUESTS = "account-requests/terraform"
EXTRA = """
  account_tags = {
    cost-center = "123456" # finance's
    environment = "dev"
  }

  custom_fields = {
    budget = "10"
    access = jsonencode({
      version = 1
      grants = {
        ReadOnlyAccess = ["group:auditors"]
      }
    })
  }
"""


def git(folder: Path, *arguments: str) -> str:
    """One git command; its output."""
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def commit(folder: Path, message: str = "a change") -> None:
    """Everything, as one commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", message)


def organization(root: Path) -> Path:
    """The example organization with the request ``payments`` in it, not committed; its request folder."""
    root.mkdir(exist_ok=True)
    git(root, "init", "--quiet", "--initial-branch=main")
    shutil.copy(ROOT / "aftgen.yaml", root)
    for folder in (REQUESTS, "account-customizations", "global-customizations/identity-center"):
        shutil.copytree(ROOT / folder, root / folder)
    shutil.copy(ROOT / "global-customizations/organization.yaml", root / "global-customizations")
    requests = root / REQUESTS
    for written in requests.glob("*.tf"):
        written.unlink()
    (requests / "payments.tf").write_text("# Payments\n" + request("payments", extra=EXTRA))
    return requests


def merged(root: Path) -> Path:
    """The same, committed on main."""
    requests = organization(root)
    commit(root, "everything")
    return requests


def with_remote(root: Path, bare: Path) -> Path:
    """The same, pushed to a bare remote."""
    requests = merged(root)
    git(root, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(root, "remote", "add", "origin", str(bare))
    git(root, "push", "--quiet", "--set-upstream", "origin", "main")
    git(root, "remote", "set-head", "origin", "main")
    return requests
