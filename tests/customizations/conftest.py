"""The customizations' Python as their own helpers run it, and credentials that lead nowhere."""

import sys
from pathlib import Path

import pytest

ACCOUNT_CUSTOMIZATIONS = Path(__file__).resolve().parents[2] / "account-customizations"
for _name in ("sandbox", "workload"):
    sys.path.insert(0, str(ACCOUNT_CUSTOMIZATIONS / _name / "api_helpers/python"))


@pytest.fixture(autouse=True)
def aft_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What AFT's build sets for a helper, with moto's account as the vended one."""
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_SESSION_TOKEN": "testing",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "VENDED_ACCOUNT_ID": "123456789012",
    }.items():
        monkeypatch.setenv(name, value)
