"""A scaffolded customization: complete, the same as the shipped ones where AFT reads it, whole or absent."""

from pathlib import Path

import pytest
from aftgen import scaffold
from aftgen.checks.context import CUSTOMIZATION_FILES
from aftgen.errors import AftgenError, Refused
from aftgen.repository import Repository

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(root=tmp_path, requests=tmp_path / "account-requests" / "terraform")


def test_it_holds_what_afts_pipeline_needs(repository: Repository) -> None:
    files = scaffold.customization(repository, "data-platform")
    folder = repository.customizations / "data-platform"
    assert [str(path.relative_to(folder)) for path in files] == [
        "api_helpers/post-api-helpers.sh",
        "api_helpers/pre-api-helpers.sh",
        "api_helpers/python/requirements.txt",
        "terraform/aft-providers.jinja",
        "terraform/backend.jinja",
        "terraform/main.tf",
        "terraform/versions.tf",
    ]
    assert (folder / "api_helpers" / "pre-api-helpers.sh").stat().st_mode & 0o111 == 0o111
    for required in CUSTOMIZATION_FILES:
        assert (folder / required).is_file()


@pytest.mark.parametrize("name", ["aft-providers.jinja", "backend.jinja", "versions.tf"])
@pytest.mark.parametrize("customization", ["sandbox", "workload"])
def test_the_templates_are_those_of_the_shipped_customizations(
    repository: Repository, name: str, customization: str
) -> None:
    scaffold.customization(repository, "new")
    written = repository.customizations / "new" / "terraform" / name
    assert (
        written.read_text()
        == (ROOT / "account-customizations" / customization / "terraform" / name).read_text()
    )


def test_what_is_there_is_left_alone(repository: Repository) -> None:
    folder = repository.customizations / "mine"
    folder.mkdir(parents=True)
    with pytest.raises(Refused, match="account-customizations/mine is there already"):
        scaffold.customization(repository, "mine")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["", "a b", "../out", "/abs"])
def test_a_name_that_aft_would_stumble_over_writes_nothing(repository: Repository, name: str) -> None:
    with pytest.raises(Refused, match="cannot be a customization"):
        scaffold.customization(repository, name)
    assert not repository.customizations.exists()


def test_a_nested_name_is_a_nested_folder(repository: Repository) -> None:
    scaffold.customization(repository, "teams/payments")
    assert (repository.customizations / "teams" / "payments" / "terraform" / "versions.tf").is_file()


def test_a_failure_leaves_nothing_behind(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(AftgenError, match="cannot be written: No space left on device"):
        scaffold.customization(repository, "mine")
    assert list(repository.customizations.iterdir()) == []
