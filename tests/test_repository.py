"""Which folder is the repository."""

from pathlib import Path

import pytest
from aftgen.errors import UsageError
from aftgen.repository import find


def test_the_marker_is_found_from_any_folder_below(tmp_path: Path) -> None:
    (tmp_path / "aftgen.yaml").touch()
    below = tmp_path / "account-requests" / "terraform"
    below.mkdir(parents=True)
    found = find(below)
    assert found.root == tmp_path
    assert found.requests == below
    assert found.is_ours


def test_a_plain_aft_repository_has_terraform_at_its_root(tmp_path: Path) -> None:
    (tmp_path / "terraform").mkdir()
    found = find(tmp_path)
    assert (found.root, found.requests, found.is_ours) == (tmp_path, tmp_path / "terraform", False)


def test_a_file_stands_for_its_folder(tmp_path: Path) -> None:
    (tmp_path / "terraform").mkdir()
    file = tmp_path / "terraform" / "a.tf"
    file.touch()
    assert find(file).root == tmp_path


def test_a_bare_folder_of_requests_is_one(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "a.tf").touch()
    assert find(tmp_path).requests == tmp_path


def test_the_search_ends_at_the_git_root(tmp_path: Path) -> None:
    (tmp_path / "aftgen.yaml").touch()
    inner = tmp_path / "inner"
    (inner / ".git").mkdir(parents=True)
    with pytest.raises(UsageError, match="no account-request repository at"):
        find(inner)


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        find(tmp_path / "nowhere")


def test_paths_in_messages_are_relative(tmp_path: Path) -> None:
    (tmp_path / "aftgen.yaml").touch()
    repository = find(tmp_path)
    assert repository.relative(tmp_path / "a" / "b.tf") == "a/b.tf"
    assert repository.relative(Path("/elsewhere")) == "/elsewhere"
