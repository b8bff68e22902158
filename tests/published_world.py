"""A repository with a bare remote, as small as can be and sound, and what tests do with it."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from aftgen.publish import plan as planning
from aftgen.publish import push
from aftgen.publish.plan import Plan
from aftgen.publish.push import Published
from aftgen.publish.settings import NAMES, Wish
from aftgen.repository import AFT_REPOSITORIES, find
from check_repositories import REQUESTS, sound
from hcl_texts import request

FOLDERS = {name: folder for folder, name in AFT_REPOSITORIES.items()}
_AS = {
    "GIT_AUTHOR_NAME": "Ada Lovelace",
    "GIT_AUTHOR_EMAIL": "ada@example.com",
    "GIT_COMMITTER_NAME": "Grace Hopper",
    "GIT_COMMITTER_EMAIL": "grace@example.com",
    "GIT_AUTHOR_DATE": "@1790000000 +0200",
    "GIT_COMMITTER_DATE": "@1790000100 +0100",
}
_PROVISIONING = """\
resource "aws_sfn_state_machine" "pass_through" {
  name = "aft-account-provisioning-customizations"
}
resource "aws_dynamodb_table" "access" {
  name = "aftgen-access"
}
"""


def git(folder: Path, *arguments: str, check: bool = True) -> str:
    """One git command by Ada; what it prints."""
    done = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**os.environ, **_AS},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout.rstrip("\n")


def bare(path: Path) -> Path:
    """An empty bare repository."""
    path.mkdir(parents=True)
    git(path, "init", "-q", "--bare", "-b", "main")
    return path


@dataclass(frozen=True)
class World:
    """A clone with the requests ``lab`` and ``shop``, and its ``origin``."""

    work: Path
    origin: Path
    #: The folder of aftgen.yaml, which need not be the git repository's.
    root: Path

    @classmethod
    def make(cls, base: Path, prefix: str = "") -> "World":
        origin = bare(base / "origin.git")
        work = base / "work"
        git(base, "clone", "-q", str(origin), str(work))
        git(work, "switch", "-q", "-c", "main")
        root = work / prefix
        sound(root)
        world = cls(work, origin, root)
        world.write("account-provisioning-customizations/terraform/main.tf", _PROVISIONING)
        world.write("global-customizations/api_helpers/pre-api-helpers.sh", "#!/bin/sh\n")
        (root / "global-customizations/api_helpers/pre-api-helpers.sh").chmod(0o755)
        world.request("lab")
        world.request("shop")
        world.merge("Start")
        return world

    def write(self, path: str, text: str) -> None:
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def request(self, name: str, label: str = "", **values: str) -> None:
        """A request file of its own for an account."""
        self.write(f"{REQUESTS}/{name}.tf", text(name, label, **values))

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    def merge(self, subject: str = "A change") -> str:
        """Commit everything on main and push it; the commit."""
        commit = self.commit(subject)
        git(self.work, "push", "-q", "origin", "main")
        return commit

    def commit(self, subject: str) -> str:
        git(self.work, "add", "-A")
        git(self.work, "commit", "-q", "--allow-empty", "-m", subject)
        return git(self.work, "rev-parse", "HEAD")

    def plan(self, **wish: object) -> Plan:
        return planning.make(find(self.root), Wish(**wish))  # type: ignore[arg-type]

    def publish(self, **wish: object) -> Published:
        return push.perform(find(self.root), self.plan(**wish))

    def heads(self, origin: Path | None = None) -> dict[str, str]:
        """The published branches of a remote: AFT's name to commit."""
        listed = git(
            origin or self.origin, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads/aft"
        )
        pairs = (line.split() for line in listed.splitlines())
        return {ref.removeprefix("refs/heads/aft/"): commit for ref, commit in pairs}

    def files(self, name: str) -> list[str]:
        """The files of a published branch."""
        return git(self.origin, "ls-tree", "-r", "--name-only", f"aft/{name}").splitlines()


def text(name: str, label: str = "", **values: str) -> str:
    """A request for an account whose email is by its name."""
    return request(name, **{"label": label or name, **values})  # type: ignore[arg-type]


def four(base: Path) -> tuple[str, ...]:
    """Four remotes in place of one, as ``--remote`` takes them."""
    return tuple(f"{name}={bare(base / f'{name}.git')}" for name in NAMES)
