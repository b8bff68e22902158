"""How `aftgen rerun` is used; what it does is in tests/follow/test_rerun_command.py."""

import json
from pathlib import Path

import pytest
from check_repositories import sound
from command_line import aftgen


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No credentials, and no metadata service to ask for any."""
    sound(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))


@pytest.mark.parametrize(
    ("arguments", "error", "hint"),
    [
        (
            [],
            "nothing says which accounts",
            "name them, or give --base REF, --ou PATH, --tag KEY=VALUE or --all",
        ),
        (["--tag", "Team"], "--tag 'Team' is not KEY=VALUE", ""),
        (
            ["--ou", "Workload"],
            "--ou 'Workload' is in no organization.yaml here",
            "did you mean Workloads?",
        ),
        (
            ["--all"],
            "nothing says in which region AFT is",
            "set AWS_REGION, or aft.home_region in aftgen.yaml",
        ),
    ],
)
def test_wrong_usage(capsys: pytest.CaptureFixture[str], arguments: list[str], error: str, hint: str) -> None:
    done = aftgen(capsys, "rerun", *arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: {error}\n" + (f"hint: {hint}\n" if hint else "")


def test_without_credentials(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "aftgen.yaml").write_text("version: 1\naft:\n  home_region: eu-central-1\n")
    done = aftgen(capsys, "rerun", "--all")
    assert done.code == 2
    assert done.err.startswith("error: there are no AWS credentials for AFT's management account")


def test_help_has_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "rerun", "--help")
    assert done.code == 0
    assert "aftgen rerun payments-prod 123456789012" in done.out
    assert json.dumps(done.out)
