"""AFT's trees as they would be published: what git would take, and nothing that it would not."""

import json
import subprocess
from pathlib import Path

import pytest
from aftgen.errors import UsageError
from aftgen.rehearsal.trees import Trees, from_folder, from_work_tree

GLOBAL = "global-customizations"


def make(root: Path) -> None:
    for name in (
        f"{GLOBAL}/api_helpers/pre-api-helpers.sh",
        f"{GLOBAL}/api_helpers/python/requirements.txt",
        "account-customizations/team/sandbox/terraform/main.tf",
        "README.md",
    ):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{name}\n")
    (root / GLOBAL / "api_helpers/pre-api-helpers.sh").chmod(0o700)


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", root, *arguments], check=True, capture_output=True)


def files(trees: Trees) -> list[str]:
    return sorted(
        str(path.relative_to(trees.folder)) for path in trees.folder.rglob("*") if not path.is_dir()
    )


PUBLISHED = [
    "account-customizations/team/sandbox/terraform/main.tf",
    f"{GLOBAL}/api_helpers/pre-api-helpers.sh",
    f"{GLOBAL}/api_helpers/python/requirements.txt",
    f"{GLOBAL}/revision.json",
]


def test_a_work_tree_gives_what_git_would_take_new_files_too(tmp_path: Path) -> None:
    root = tmp_path / "r"
    make(root)
    git(tmp_path, "init", "-q", "r")
    (root / ".gitignore").write_text("*.tfstate\n")
    (root / GLOBAL / "terraform.tfstate").write_text("{}")
    git(root, "add", f"{GLOBAL}/api_helpers/pre-api-helpers.sh")
    trees = from_work_tree(root, into=tmp_path / "t", revision=7)
    assert files(trees) == PUBLISHED
    assert json.loads((trees.folder / GLOBAL / "revision.json").read_text()) == {
        "revision": 7,
        "commit": "0" * 40,
    }
    modes = [(trees.folder / name).stat().st_mode & 0o777 for name in PUBLISHED[1:3]]
    assert modes == [0o755, 0o644]


def test_without_git_caches_states_and_environments_are_left_out(tmp_path: Path) -> None:
    root = tmp_path / "r"
    make(root)
    for name in (
        f"{GLOBAL}/.terraform/a",
        f"{GLOBAL}/api_helpers/python/__pycache__/a.pyc",
        f"{GLOBAL}/api_helpers/python/.mypy_cache/a",
        f"{GLOBAL}/mine/pyvenv.cfg",
        f"{GLOBAL}/terraform/terraform.tfstate",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    assert files(from_work_tree(root, into=tmp_path / "a", commit="c" * 40)) == PUBLISHED
    trees = from_folder(root, into=tmp_path / "b", revision=2, commit="c" * 40)
    assert (files(trees), trees.commit) == (PUBLISHED, "c" * 40)


def test_a_work_tree_that_ignores_the_whole_repository_says_nothing_about_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / ".gitignore").write_text("scratch/\n")
    make(tmp_path / "scratch")
    assert files(from_work_tree(tmp_path / "scratch", into=tmp_path / "t")) == PUBLISHED


def test_a_link_that_leads_out_of_its_tree_is_not_published(tmp_path: Path) -> None:
    root = tmp_path / "r"
    make(root)
    (root / GLOBAL / "inside").symlink_to("api_helpers/pre-api-helpers.sh")
    (root / GLOBAL / "out").symlink_to("../README.md")
    (root / GLOBAL / "absolute").symlink_to(root / GLOBAL / "api_helpers")
    trees = from_folder(root, into=tmp_path / "t", commit="c")
    assert files(trees) == sorted([*PUBLISHED, f"{GLOBAL}/inside"])
    assert (trees.folder / GLOBAL / "inside").readlink() == Path("api_helpers/pre-api-helpers.sh")


def test_a_checkout_is_a_copy(tmp_path: Path) -> None:
    make(tmp_path / "r")
    trees = from_folder(tmp_path / "r", into=tmp_path / "t")
    copy = trees.checkout(GLOBAL, tmp_path / "a/b")
    (copy / "revision.json").write_text("changed")
    assert (trees.folder / GLOBAL / "revision.json").read_text() != "changed"
    assert (trees.has("account-customizations"), trees.has("account-provisioning-customizations")) == (
        True,
        False,
    )
    with pytest.raises(UsageError, match="there is no account-provisioning-customizations/ to publish"):
        trees.tree("account-provisioning-customizations")


def test_modules_come_with_their_bytecode_and_broken_ones_without(tmp_path: Path) -> None:
    make(tmp_path / "r")
    python = tmp_path / "r" / GLOBAL / "api_helpers/python"
    (python / "good.py").write_text("a = 1\n")
    (python / "bad.py").write_text("a = \n")
    trees = from_folder(tmp_path / "r", into=tmp_path / "t")
    cached = trees.folder / GLOBAL / "api_helpers/python/__pycache__"
    assert [path.name.partition(".")[0] for path in cached.iterdir()] == ["good"]
