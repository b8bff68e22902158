"""The workload's pre-API helper: EBS encryption and IMDSv2 as defaults of every region.

moto knows the encryption default but not the metadata default, so the tests give it that one, per region.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
import set_regional_defaults
from botocore.stub import Stubber
from moto import mock_aws
from moto.ec2.responses import EC2Response
from regional_defaults import ec2 as gateway
from regional_defaults.decision import Defaults, decide
from regional_defaults.outcome import Changed, Failed, Unchanged

HOME = "eu-west-1"
OTHER = "us-east-2"
PYTHON_TREES = Path(__file__).resolve().parents[2] / "account-customizations"


class TestDecision:
    def test_right_already(self) -> None:
        outcome = decide(HOME, Defaults(ebs_encryption=True, http_tokens="required"))
        assert outcome == Unchanged(HOME, "new volumes are encrypted, new instances require IMDSv2")

    @pytest.mark.parametrize(
        ("encryption", "tokens", "change"),
        [
            (False, None, "encrypts new volumes, requires IMDSv2 of new instances"),
            (True, None, "requires IMDSv2 of new instances"),
            (True, "optional", "requires IMDSv2 of new instances"),
            (True, "no-preference", "requires IMDSv2 of new instances"),
            (False, "required", "encrypts new volumes"),
        ],
    )
    def test_changes(self, encryption: bool, tokens: str | None, change: str) -> None:
        assert decide(HOME, Defaults(ebs_encryption=encryption, http_tokens=tokens)) == Changed(HOME, change)

    def test_policy_with_the_right_value_is_fine(self) -> None:
        defaults = Defaults(ebs_encryption=True, http_tokens="required", policy_holds_metadata=True)
        assert isinstance(decide(HOME, defaults), Unchanged)

    def test_policy_with_another_value_fails(self) -> None:
        defaults = Defaults(ebs_encryption=False, http_tokens="optional", policy_holds_metadata=True)
        assert decide(HOME, defaults) == Failed(
            HOME,
            "an organization's declarative policy holds http-tokens at optional: "
            "change the policy to required, or take the setting out of it",
        )


class TestCalls:
    @pytest.fixture
    def stubbed(self) -> Iterator[tuple[Any, Stubber]]:
        client = boto3.client("ec2", region_name=HOME)
        with Stubber(client) as stubber:
            yield client, stubber
            stubber.assert_no_pending_responses()

    def test_reads_both(self, stubbed: tuple[Any, Stubber]) -> None:
        client, stubber = stubbed
        metadata = {"HttpTokens": "optional", "ManagedBy": "declarative-policy"}
        stubber.add_response("get_instance_metadata_defaults", {"AccountLevel": metadata}, {})
        stubber.add_response("get_ebs_encryption_by_default", {"EbsEncryptionByDefault": False}, {})
        assert gateway.read(client) == Defaults(
            ebs_encryption=False, http_tokens="optional", policy_holds_metadata=True
        )

    def test_nothing_was_ever_set(self, stubbed: tuple[Any, Stubber]) -> None:
        client, stubber = stubbed
        stubber.add_response("get_instance_metadata_defaults", {}, {})
        stubber.add_response("get_ebs_encryption_by_default", {"EbsEncryptionByDefault": True}, {})
        assert gateway.read(client) == Defaults(ebs_encryption=True, http_tokens=None)

    def test_sets_only_what_is_needed(self, stubbed: tuple[Any, Stubber]) -> None:
        client, stubber = stubbed
        stubber.add_response(
            "modify_instance_metadata_defaults", {"Return": True}, {"HttpTokens": "required"}
        )
        gateway.apply(client, Defaults(ebs_encryption=True, http_tokens=None))
        stubber.assert_no_pending_responses()
        stubber.add_response("enable_ebs_encryption_by_default", {"EbsEncryptionByDefault": True}, {})
        gateway.apply(client, Defaults(ebs_encryption=False, http_tokens="required"))


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """EC2 by moto, with the metadata default of each region in the returned map."""
    regions: dict[str, str] = {}

    def get(response: EC2Response) -> str:
        value = regions.get(response.region)
        inside = f"<httpTokens>{value}</httpTokens>" if value else ""
        return f"<R><accountLevel>{inside}</accountLevel></R>"

    def modify(response: EC2Response) -> str:
        regions[response.region] = response._get_param("HttpTokens")
        return "<R><return>true</return></R>"

    monkeypatch.setattr(EC2Response, "get_instance_metadata_defaults", get, raising=False)
    monkeypatch.setattr(EC2Response, "modify_instance_metadata_defaults", modify, raising=False)
    with mock_aws():
        yield regions


def encrypted(region: str) -> bool:
    response = boto3.client("ec2", region_name=region).get_ebs_encryption_by_default()
    return bool(response["EbsEncryptionByDefault"])


def line(output: str, region: str) -> str:
    (found,) = [line for line in output.splitlines() if line.split()[1:2] == [region]]
    return re.sub(r" +", " ", found).strip()


class TestAgainstEc2:
    def test_every_enabled_region_and_then_rests(
        self, tokens: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        listed = boto3.client("ec2", region_name=HOME).describe_regions()["Regions"]
        enabled = {each["RegionName"] for each in listed if each["OptInStatus"] != "not-opted-in"}
        tokens[OTHER] = "optional"

        assert set_regional_defaults.main([]) == 0
        output = capsys.readouterr().out
        assert output.splitlines()[0] == "EC2 defaults of account 123456789012"
        assert output.splitlines()[-1] == f"{len(enabled)} changed, 0 unchanged, 0 skipped, 0 failed"
        assert line(output, OTHER) == (
            f"changed {OTHER} encrypts new volumes, requires IMDSv2 of new instances"
        )
        assert tokens == dict.fromkeys(enabled, "required")
        assert {region for region in enabled if encrypted(region)} == enabled

        assert set_regional_defaults.main([]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == (
            f"0 changed, {len(enabled)} unchanged, 0 skipped, 0 failed"
        )

    def test_dry_run_changes_nothing(self, tokens: dict[str, str]) -> None:
        assert set_regional_defaults.main(["--dry-run"]) == 0
        assert tokens == {}
        assert not encrypted(HOME)

    def test_another_account_is_refused(
        self, tokens: dict[str, str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert set_regional_defaults.main(["--account", "999988887777"]) == 1
        assert capsys.readouterr().err.startswith(
            "EC2 defaults: these credentials belong to account 123456789012"
        )
        assert tokens == {}
        assert not encrypted(HOME)


@pytest.mark.parametrize("name", ["account.py", "command.py", "outcome.py"])
def test_what_the_customizations_share_is_the_same(name: str) -> None:
    sandbox = PYTHON_TREES / "sandbox/api_helpers/python/default_vpcs" / name
    workload = PYTHON_TREES / "workload/api_helpers/python/regional_defaults" / name
    assert sandbox.read_text("utf-8") == workload.read_text("utf-8")
