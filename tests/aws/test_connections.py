"""Whose credentials and which region a person's commands use."""

from pathlib import Path

import pytest
from aftgen.aws.connections import connect
from aftgen.repository import find
from check_repositories import sound

IDENTITY_CENTER = "identity_center:\n  region: eu-central-1\n"


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A person's own credentials, with profiles of the names that AFT's builds have."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_DEFAULT_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    keys = "aws_access_key_id = {}\naws_secret_access_key = x\n"
    text = "".join(f"[{name}]\n{keys.format(name)}" for name in ("default", "aft-management", "work"))
    (tmp_path / "credentials").write_text(text, "utf-8")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return tmp_path


@pytest.mark.parametrize("chosen", ["work", "default"])
def test_the_profile_that_a_person_chose_is_used(
    profiles: Path, monkeypatch: pytest.MonkeyPatch, chosen: str
) -> None:
    monkeypatch.setenv("AWS_PROFILE", chosen)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    connections = connect(None)
    for wiring in (connections.access(Path()), connections.guardrails(Path())):
        for session in (wiring.credentials.aft(), wiring.credentials.ambient()):
            found = session.get_credentials()
            assert found is not None
            assert (found.access_key, session.region_name) == (chosen, "eu-west-1")


def test_the_region_is_that_of_aftgen_yaml_before_identity_centers(profiles: Path, tmp_path: Path) -> None:
    root = sound(tmp_path / "repository").root
    folder = root / "global-customizations/identity-center"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "access.yaml").write_text(IDENTITY_CENTER, "utf-8")
    tree = root / "global-customizations"
    assert connect(find(root)).access(tree).credentials.ambient().region_name == "eu-central-1"
    (root / "aftgen.yaml").write_text("version: 1\naft:\n  home_region: eu-west-3\n", "utf-8")
    assert connect(find(root)).access(tree).credentials.ambient().region_name == "eu-west-3"
