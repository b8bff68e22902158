"""``aftgen doctor`` on the embedded AWS and on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aftgen.cloud import queues
from aftgen.cloud.delivery import GLOBAL_PROJECT
from command_line import aftgen, process
from diagnosis_world import SHOP, AftWorld, aft_in_trouble
from published_world import World


@pytest.fixture(scope="module")
def module_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[AftWorld, World]]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("aft")
        repository = World.make(folder / "repository")
        repository.write("aftgen.yaml", "version: 1\npublish:\n  repository: example/aft\n")
        repository.write(
            "global-customizations/identity-center/access.yaml",
            json.dumps({"identity_center": {"region": "eu-central-1"}, "identity_source": "external"}),
        )
        repository.merge("configured")
        with aft_in_trouble(folder, patch) as made:
            repository.publish(first=True)
            made.standing()
            yield made, repository


@pytest.fixture
def aft(module_world: tuple[AftWorld, World], monkeypatch: pytest.MonkeyPatch) -> AftWorld:
    world, repository = module_world
    monkeypatch.chdir(repository.root)
    world.sign_in(monkeypatch)
    world.zone.cloud.log.clear()
    return world


def _checks(capsys: pytest.CaptureFixture[str], code: int) -> dict[str, list[dict[str, Any]]]:
    done = aftgen(capsys, "doctor", "--json")
    assert done.code == code, done.out
    found = json.loads(done.out)
    assert found["version"] == 1
    by_area: dict[str, list[dict[str, Any]]] = {}
    for each in found["checks"]:
        by_area.setdefault(each["area"], []).append(each)
    return by_area


def _verdicts(checks: list[dict[str, Any]]) -> list[str]:
    return [each["verdict"] for each in checks]


def test_an_installation_that_is_as_it_must_be(aft: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    found = _checks(capsys, 0)
    said = found["credentials"][0]["said"]
    assert said.startswith("account 444444444444, eu-central-1, as assumed-role/reader-")
    assert found["AFT"][0]["said"] == "AFT 1.20.1"
    assert found["branches"][3]["said"] == "account-request: example/aft aft/account-request"
    assert _verdicts(found["branches"]) == ["ok"] * 4
    assert [each["said"] for each in found["roles"]] == [
        "profile aft-management-admin: AWSAFTAdmin in 444444444444",
        "profile aft-management: AWSAFTExecution, AWSAFTService in 444444444444",
        "profile ct-management: AWSAFTExecution, AWSAFTService in 111111111111",
        "profile ct-audit: AWSAFTExecution, AWSAFTService in 333333333333",
        "profile ct-log-archive: AWSAFTExecution, AWSAFTService in 222222222222",
    ]
    assert _verdicts(found["roles"]) == ["ok"] * 5
    assert found["Identity Center"][0]["verdict"] == "ok"
    assert found["access ledger"][0]["said"] == "aftgen-access, protected and recoverable"
    assert found["queue"][0]["said"] == "no dead letters; 0 waiting, 0 at work"
    assert found["pipelines"][0]["said"] == "none of 3 failed last"
    # Nobody listens in the embedded AWS, and that is worth a word.
    assert _verdicts(found["topics"]) == ["warning", "warning"]
    assert _verdicts(found["who may push"]) == ["not checked"]
    assert found["this machine"][0]["said"].startswith("python 3.")
    assert [call.operation for call in aft.zone.cloud.log if call.write] == []


def test_a_denied_service_is_not_checked_and_the_others_are(
    aft: AftWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    aft.sign_in(monkeypatch, deny=("sns:*", "dynamodb:DescribeTable", "sts:AssumeRole"))
    found = _checks(capsys, 0)
    assert [(each["verdict"], each["said"]) for each in found["topics"]] == [
        ("not checked", "sns:GetTopicAttributes is not allowed")
    ]
    # Whoever may not take AFT's hub learns nothing of the roles behind it: they are not "not there".
    assert [(each["verdict"], each["said"]) for each in found["roles"]] == [
        ("ok", "profile aft-management-admin: AWSAFTAdmin in 444444444444"),
        ("not checked", "sts:AssumeRole is not allowed"),
    ]
    assert _verdicts(found["Identity Center"]) == ["not checked"]
    assert _verdicts(found["access ledger"]) == ["not checked"]
    assert _verdicts(found["AFT"]) == ["ok"]


def test_outside_a_repository_and_with_one_that_is_broken(
    aft: AftWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    found = _checks(capsys, 0)
    assert found["branches"][-1]["said"] == (
        "account-request: AFT reads example/aft aft/account-request; this is in no repository of "
        "requests, so that what it publishes is not known"
    )
    assert _verdicts(found["branches"]) == ["not checked"] * 4
    assert found["Identity Center"][0]["said"].endswith("in eu-central-1")
    (tmp_path / "aftgen.yaml").write_text("version: 1\nnonsense: true\n")
    (tmp_path / "account-requests/terraform").mkdir(parents=True)
    broken = _checks(capsys, 1)
    assert broken["configuration"][0]["said"].startswith("aftgen.yaml: ")
    assert _verdicts(broken["credentials"]) == ["ok"]


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://github.com/Org/aft.git", "github.com"),
        ("git@github.com:Org/aft.git", "github.com"),
        ("ssh://git@github.example.com:2222/Org/aft", "github.example.com"),
        ("https://token@github.example.com/Org/aft", "github.example.com"),
        ("/tmp/github", ""),
    ],
)
def test_the_server_of_a_remote_is_asked(url: str, host: str) -> None:
    from aftgen.cli.doctor import _host

    assert _host(url) == host


def test_without_credentials_nothing_of_aws_is_checked(
    aft: AftWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    found = _checks(capsys, 0)
    areas = ("credentials", "AFT", "settings", "branches", "roles", "Identity Center", "access ledger")
    assert [_verdicts(found[area]) for area in areas] == [["not checked"]] * 7
    assert found["this machine"][1]["verdict"] == "ok"
    assert aftgen(capsys, "doctor").out.splitlines()[4:7] == [
        "not checked  AFT              nor settings, branches, roles, Identity Center,",
        "                              access ledger, queue, topics, pipelines: AFT's",
        "                              account could not be asked",
    ]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONG")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    wrong = _checks(capsys, 1)
    assert wrong["credentials"][0]["verdict"] == "failed"
    assert "InvalidClientTokenId" in wrong["credentials"][0]["said"]


def test_in_an_empty_folder_without_programs(tmp_path: Path) -> None:
    done = process(
        "doctor",
        cwd=tmp_path,
        PATH=str(tmp_path),
        AWS_ACCESS_KEY_ID="",
        AWS_CONFIG_FILE=str(tmp_path / "none"),
        AWS_SHARED_CREDENTIALS_FILE=str(tmp_path / "none"),
        AWS_EC2_METADATA_DISABLED="true",
        AWS_REGION="eu-central-1",
    )
    assert done.code == 1
    assert "failed       this machine     git is not on PATH" in done.out
    assert "warning      this machine     terraform is not on PATH" in done.out
    assert "not checked  who may push     this is in no repository of requests" in done.out


# The last: it leaves the installation in disorder.
def test_everything_that_is_wrong_is_told(
    aft: AftWorld, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    account = aft.zone.plan.aft_management.id
    ssm, dynamodb = aft.zone.backstage("ssm", account), aft.zone.backstage("dynamodb", account)
    branch = "/aft/config/account-request/repo-branch"
    ssm.put_parameter(Name=branch, Value="main", Type="String", Overwrite=True)
    ssm.put_parameter(Name="/aft/config/aft/version", Value="1.25.0", Type="String", Overwrite=True)
    dynamodb.update_table(TableName="aftgen-access", DeletionProtectionEnabled=False)
    queues.send(aft.zone, "ADD", aft.parameters("other"), dead=True)
    aft.pipeline(SHOP, stage=GLOBAL_PROJECT, log="boom")
    aft.zone.backstage("iam", "333333333333").delete_role_policy(
        RoleName="AWSAFTService", PolicyName="AWSAFTService-policy"
    )
    aft.zone.backstage("iam", "333333333333").delete_role(RoleName="AWSAFTService")
    try:
        found = _checks(capsys, 1)
        assert found["branches"][3]["said"] == (
            "account-request: AFT reads example/aft main, and example/aft aft/account-request is published"
        )
        assert found["AFT"][0]["verdict"] == "warning"
        assert found["access ledger"][0]["said"] == "aftgen-access has no deletion protection"
        assert found["queue"][0]["said"].startswith("1 dead letter, of which AFT tells nobody")
        assert found["pipelines"][0]["said"] == f"1 ended in a failure: {SHOP}-customizations-pipeline"
        wrong = [each["said"] for each in found["roles"] if each["verdict"] == "failed"]
        assert wrong == ["AWSAFTService in 333333333333 (profile ct-audit) is not there, or cannot be taken"]
        told = aftgen(capsys, "doctor")
        assert told.code == 1
        assert max(map(len, told.out.splitlines())) <= 80
        assert told.err.endswith("4 warning, 4 failed, 1 not checked\n")
    finally:
        ssm.put_parameter(Name=branch, Value="aft/account-request", Type="String", Overwrite=True)
        ssm.put_parameter(Name="/aft/config/aft/version", Value="1.20.1", Type="String", Overwrite=True)
        dynamodb.update_table(TableName="aftgen-access", DeletionProtectionEnabled=True)
