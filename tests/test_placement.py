"""Files on disk: whole or not at all, never over another one, never outside the folder."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from aftgen import placement
from aftgen.errors import Refused
from aftgen.placement import Outcome
from aftgen.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    requests = tmp_path / "repo" / "account-requests" / "terraform"
    requests.mkdir(parents=True)
    return Repository(root=tmp_path / "repo", requests=requests)


def names(repository: Repository) -> list[str]:
    return sorted(path.name for path in repository.requests.iterdir())


def test_create_identical_conflict_replace(repository: Repository) -> None:
    (repository.requests / "b.tf").write_text("b")
    (repository.requests / "c.tf").write_text("other\n")
    files = {"a.tf": "a", "b.tf": "b", "c.tf": "c\n"}
    planned = placement.plan(repository, files)
    assert [file.outcome for file in planned] == [Outcome.CREATE, Outcome.IDENTICAL, Outcome.CONFLICT]
    assert planned[2].diff("c.tf") == "--- c.tf\n+++ c.tf (as asked for)\n@@ -1 +1 @@\n-other\n+c\n"
    placement.write(planned)
    assert (repository.requests / "c.tf").read_text() == "other\n"
    placement.write(placement.plan(repository, files, overwrite=True))
    assert names(repository) == ["a.tf", "b.tf", "c.tf"]
    assert (repository.requests / "c.tf").read_text() == "c\n"


def test_line_ends_are_part_of_the_content(repository: Repository) -> None:
    (repository.requests / "a.tf").write_bytes(b"a\r\n")
    (file,) = placement.plan(repository, {"a.tf": "a\n"})
    assert file.outcome is Outcome.CONFLICT


def _link(repository: Repository) -> None:
    (repository.root.parent / "outside.tf").write_text("outside")
    (repository.requests / "a.tf").symlink_to(repository.root.parent / "outside.tf")


def _dangling(repository: Repository) -> None:
    (repository.requests / "a.tf").symlink_to(repository.root.parent / "nothing.tf")


def _folder(repository: Repository) -> None:
    (repository.requests / "a.tf").mkdir()


def _other_case(repository: Repository) -> None:
    (repository.requests / "A.tf").write_text("")


def _linked_folder(repository: Repository) -> None:
    repository.requests.rmdir()
    (repository.root.parent / "elsewhere").mkdir()
    repository.requests.symlink_to(repository.root.parent / "elsewhere")


def _linked_parent(repository: Repository) -> None:
    moved = repository.root.parent / "elsewhere"
    repository.requests.parent.rename(moved)
    repository.requests.parent.symlink_to(moved)


def _missing(repository: Repository) -> None:
    repository.requests.rmdir()


@pytest.mark.parametrize(
    ("prepare", "message"),
    [
        (_link, "this is a link; nothing was written"),
        (_dangling, "this is a link; nothing was written"),
        (_folder, "this is a folder; nothing was written"),
        (_other_case, "A.tf is there already, and some file systems take the two names for one"),
        (_linked_folder, "this is a link, and requests are written into a folder of the repository"),
        (_linked_parent, "this is a link, and requests are written into a folder of the repository"),
        (_missing, "there is no such folder"),
    ],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_refused(
    repository: Repository, prepare: Callable[[Repository], None], message: str, overwrite: bool
) -> None:
    prepare(repository)
    with pytest.raises(Refused) as caught:
        placement.plan(repository, {"a.tf": "a"}, overwrite=overwrite)
    assert caught.value.message == message
    assert not (repository.root.parent / "nothing.tf").exists()


@pytest.mark.parametrize("name", ["../a.tf", "sub/a.tf", "/etc/a.tf"])
def test_a_name_with_a_separator_never_gets_this_far(repository: Repository, name: str) -> None:
    with pytest.raises(AssertionError):
        placement.plan(repository, {name: "a"})


def test_a_file_created_meanwhile_is_not_overwritten(repository: Repository) -> None:
    planned = placement.plan(repository, {"a.tf": "mine"})
    (repository.requests / "a.tf").write_text("theirs")
    with pytest.raises(Refused, match="created by someone else just now"):
        placement.write(planned)
    assert (repository.requests / "a.tf").read_text() == "theirs"
    assert names(repository) == ["a.tf"]


def test_nor_without_hard_links(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    planned = placement.plan(repository, {"a.tf": "mine", "b.tf": "b"})
    (repository.requests / "a.tf").write_text("theirs")
    with pytest.raises(Refused, match="created by someone else just now"):
        placement.write(planned)
    placement.write(planned[1:])
    assert names(repository) == ["a.tf", "b.tf"]


def test_a_file_changed_meanwhile_is_not_replaced(repository: Repository) -> None:
    (repository.requests / "a.tf").write_text("old")
    planned = placement.plan(repository, {"a.tf": "mine"}, overwrite=True)
    (repository.requests / "a.tf").write_text("theirs")
    with pytest.raises(Refused, match="changed by someone else just now"):
        placement.write(planned)
    assert (repository.requests / "a.tf").read_text() == "theirs"


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_batch_leaves_whole_files_only(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, stop: signal.Signals
) -> None:
    synced = []
    real = os.fsync

    def interrupt(descriptor: int) -> None:
        real(descriptor)
        synced.append(descriptor)
        if len(synced) == 3:  # the second file's content: written, not yet named
            os.kill(os.getpid(), stop)

    monkeypatch.setattr(os, "fsync", interrupt)
    files = {"a.tf": "a", "b.tf": "b", "c.tf": "c"}
    with pytest.raises(KeyboardInterrupt):
        placement.write(placement.plan(repository, files))
    assert names(repository) == ["a.tf"]
    monkeypatch.setattr(os, "fsync", real)
    placement.write(placement.plan(repository, files))
    assert names(repository) == ["a.tf", "b.tf", "c.tf"]


def test_a_full_disk(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refused, match="the file cannot be written: No space left on device"):
        placement.write(placement.plan(repository, {"a.tf": "a"}))
    assert names(repository) == []
