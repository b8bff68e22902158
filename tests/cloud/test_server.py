"""The same over real HTTP: other processes, profiles of creds.sh, control from outside, lost connections."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from aftgen.cloud import Behaviour, Control, LandingZone, Server, serve, write_profiles
from aftgen.cloud.identity_center import IdentityCenter
from botocore.config import Config
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from .world import LEDGER, ONCE, PAYMENTS, PLAN, World, code

CALLER = """
import boto3, sys
session = boto3.Session(profile_name="ct-management")
sso = session.client("sso-admin")
instance = sso.list_instances()["Instances"][0]["InstanceArn"]
sso.create_permission_set(InstanceArn=instance, Name="Developer")
print("still here")
"""


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Behaviour(calls_per_second=None), seed=7) as running:
        LandingZone.build(running.cloud, PLAN)
        yield running


@pytest.fixture
def remote(server: Server) -> World:
    assert server.cloud.zone is not None
    return World(server.cloud.zone)


def run(program: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_importing_the_package_imports_neither_moto_nor_boto3() -> None:
    heavy = "('moto', 'boto3', 'botocore', 'flask')"
    program = f"import sys, aftgen.cloud; print([m for m in {heavy} if m in sys.modules])"
    done = run(program, {"PYTHONPATH": os.pathsep.join(sys.path)})
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_profiles_are_those_of_creds_sh(remote: World, tmp_path: Path) -> None:
    environment = write_profiles(remote.zone, account=PAYMENTS, directory=tmp_path)
    program = """
import boto3, json
print(json.dumps({name: boto3.Session(profile_name=name).client("sts").get_caller_identity()["Arn"]
                  for name in boto3.Session().available_profiles}))
"""
    done = run(program, environment)
    assert done.stderr == ""
    assert {name: tuple(arn.split(":")[4:]) for name, arn in json.loads(done.stdout).items()} == {
        "default": ("444444444444", "assumed-role/aft-codebuild-customizations-role/AWSCodeBuild-embedded"),
        "aft-management-admin": ("444444444444", "assumed-role/AWSAFTAdmin/AWSAFT-Session"),
        "aft-target": (PAYMENTS, "assumed-role/AWSAFTExecution/AWSAFT-Session"),
        "aft-management": ("444444444444", "assumed-role/AWSAFTExecution/AWSAFT-Session"),
        "ct-management": ("111111111111", "assumed-role/AWSAFTExecution/AWSAFT-Session"),
        "ct-audit": ("333333333333", "assumed-role/AWSAFTExecution/AWSAFT-Session"),
        "ct-log-archive": ("222222222222", "assumed-role/AWSAFTExecution/AWSAFT-Session"),
    }
    assert (tmp_path / "credentials").stat().st_mode & 0o077 == 0
    assert "region" not in (tmp_path / "config").read_text()
    assert environment["VENDED_ACCOUNT_ID"] == PAYMENTS


def test_a_session_of_bare_keys_reaches_the_cloud_too(remote: World, tmp_path: Path) -> None:
    """As code has them that assumed a role by itself: no profile says where the endpoint is."""
    environment = write_profiles(remote.zone, account=PAYMENTS, directory=tmp_path)
    program = """
import boto3
hub = boto3.Session(profile_name="aft-management-admin").client("sts")
role = "arn:aws:iam::111111111111:role/AWSAFTExecution"
made = hub.assume_role(RoleArn=role, RoleSessionName="AWSAFT-Session")
keys = made["Credentials"]
session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
print(session.client("sso-admin").list_instances()["Instances"][0]["OwnerAccountId"])
"""
    for more in ({}, {"AWS_PROFILE": "aft-target"}):
        done = run(program, {**environment, **more})
        assert (done.stdout, done.stderr) == ("111111111111\n", "")


def test_rules_hold_over_http(remote: World) -> None:
    arn = remote.permission_set()
    request = remote.grant(arn)
    assert request["Status"] == "IN_PROGRESS"
    assert [remote.granting(request["RequestId"])["Status"] for _ in range(2)] == ["IN_PROGRESS", "SUCCEEDED"]
    assert (PAYMENTS, "Developer", "group:developers") in remote.zone.access()
    assert code(remote.sso.create_permission_set, InstanceArn=remote.instance, Name="x" * 33) == (
        "ValidationException"
    )
    assert code(remote.sso.list_applications, InstanceArn=remote.instance) == "NotImplementedException"
    remote.cloud.sessions.expire(account="111111111111")
    assert code(remote.sso.list_instances) == "ExpiredTokenException"


def test_one_of_many_concurrent_writers_makes_the_set(remote: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow enough that without a lock several would pass the check before the first has written."""
    new_arn = IdentityCenter.new_permission_set_arn

    def slowly(center: IdentityCenter) -> str:
        time.sleep(0.02)
        return new_arn(center)

    monkeypatch.setattr(IdentityCenter, "new_permission_set_arn", slowly)

    def make(_: int) -> str:
        client = remote.zone.client("sso-admin", config=ONCE)
        try:
            client.create_permission_set(InstanceArn=remote.instance, Name="Developer")
        except client.exceptions.ConflictException:
            return "conflict"
        return "made"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(make, range(16))) == ["conflict"] * 15 + ["made"]


def test_many_pipelines_share_the_limits_of_the_organization(remote: World) -> None:
    """Sixteen grants by eight threads, with the limits on and retries for what is retryable: all arrive."""
    remote.behave(calls_per_second=20.0, outstanding_limit=4, polls_until_done=1, seconds_until_done=None)
    arn = remote.center.permission_sets[remote.permission_set()].arn
    for number in range(8):
        remote.zone.add_group(f"team-{number}")

    def converge(number: int) -> None:
        client = remote.zone.client("sso-admin", config=Config(retries={"total_max_attempts": 1}))
        for account in (PAYMENTS, LEDGER):
            request = ""
            while True:
                try:
                    if not request:
                        made = client.create_account_assignment(
                            **remote.triple(arn, f"group:team-{number}", account)
                        )
                        request = made["AccountAssignmentCreationStatus"]["RequestId"]
                    read = client.describe_account_assignment_creation_status(
                        InstanceArn=remote.instance, AccountAssignmentCreationRequestId=request
                    )
                    if read["AccountAssignmentCreationStatus"]["Status"] == "SUCCEEDED":
                        break
                except client.exceptions.ThrottlingException:
                    time.sleep(0.1)

    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(converge, range(8)))
    took = time.monotonic() - started
    assert len([row for row in remote.zone.access() if row[1] == "Developer"]) == 16
    assert remote.center.operations.peak() == 4
    assert len(remote.cloud.log.select("sso-admin", outcome="ok")) <= 20 + 1 + took * 20


def test_a_failed_transaction_does_not_undo_what_others_write_meanwhile(remote: World) -> None:
    def put(number: int) -> str:
        client = remote.zone.client("dynamodb", "444444444444")
        item = {"pk": {"S": "a"}, "sk": {"S": str(number)}}
        condition = "attribute_exists(pk)" if number % 2 else "attribute_not_exists(pk)"
        write = {"Put": {"TableName": "aftgen-access", "Item": item, "ConditionExpression": condition}}
        try:
            client.transact_write_items(TransactItems=[write])
        except client.exceptions.TransactionCanceledException:
            return "canceled"
        return "written"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(put, range(24))) == ["canceled"] * 12 + ["written"] * 12
    rows = remote.zone.client("dynamodb", "444444444444").scan(TableName="aftgen-access")["Items"]
    assert sorted(int(row["sk"]["S"]) for row in rows) == list(range(0, 24, 2))


@pytest.mark.parametrize("executed", [False, True])
def test_a_read_timeout_over_http(remote: World, executed: bool) -> None:
    impatient = remote.zone.client(
        "sso-admin", config=Config(read_timeout=0.4, retries={"total_max_attempts": 1})
    )
    Control(remote.cloud.endpoint or "").order("CreatePermissionSet", "timeout", seconds=5, executed=executed)
    with pytest.raises(ReadTimeoutError):
        impatient.create_permission_set(InstanceArn=remote.instance, Name="Developer")
    made = [each.name for each in remote.center.permission_sets.values()]
    assert ("Developer" in made) is executed


def test_a_connection_that_closes_without_an_answer(remote: World) -> None:
    Control(remote.cloud.endpoint or "").order("ListInstances", "disconnect")
    with pytest.raises(ConnectionClosedError):
        remote.sso.list_instances()
    assert remote.sso.list_instances()


def test_the_caller_is_killed_after_its_call_took_effect(remote: World, tmp_path: Path) -> None:
    environment = write_profiles(remote.zone, account=PAYMENTS, directory=tmp_path)
    Control(remote.cloud.endpoint or "").order("CreatePermissionSet", "kill")
    done = run(CALLER, environment)
    assert (done.returncode, done.stdout) == (-9, "")
    assert remote.zone.permission_set("Developer")


def test_control_from_another_process(remote: World) -> None:
    control = Control(remote.cloud.endpoint or "")
    control.order("ListInstances", "throttle", times=2)
    assert [(fault["operation"], fault["times"]) for fault in control.faults()] == [("ListInstances", 2)]
    assert code(remote.sso.list_instances) == "ThrottlingException"
    control.clear_faults()
    control.forget_calls()
    remote.sso.list_instances()
    assert [(call["operation"], call["outcome"], call["write"]) for call in control.calls()] == [
        ("ListInstances", "ok", False)
    ]
    assert control.behave(delete_absent="FAILED")["delete_absent"] == "FAILED"
    assert remote.cloud.behaviour.delete_absent == "FAILED"
    assert (PAYMENTS, "AWSReadOnlyAccess", "group:AWSSecurityAuditors") in control.access()
    control.hand("add_group", name="newcomers")
    control.hand("assign", account=PAYMENTS, permission_set="AWSReadOnlyAccess", principal="group:newcomers")
    assert (PAYMENTS, "AWSReadOnlyAccess", "group:newcomers") in control.access()
    with pytest.raises(ValueError, match="unknown method build"):
        control.hand("build")
    for principal in ("group:developers", "group:auditors"):
        remote.grant(remote.zone.permission_set("AWSReadOnlyAccess").arn, principal)
    assert {scope: count for scope, count in control.peak().items() if count} == {"": 2, PAYMENTS: 2}
    control.advance(3601)
    assert control.expire_sessions(account="111111111111") >= 1
    with pytest.raises(ValueError, match="unknown fault kind"):
        control.order("x", "explode")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="unknown behaviour wrong"):
        control.behave(wrong=1)
    with pytest.raises(ValueError, match="already has a landing zone"):
        control.build_landing_zone({})


def test_a_defect_is_shown_and_not_retried(remote: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> None:
        raise ZeroDivisionError("defect")

    monkeypatch.setattr("aftgen.cloud.cloud.validate", broken)
    patient = remote.zone.client("sso-admin", config=Config(retries={"total_max_attempts": 5}))
    assert code(patient.list_instances) == "EmbeddedCloudDefect"
    assert remote.cloud.log.count("sso-admin") == 1


def test_the_module_serves_until_it_is_ended(tmp_path: Path) -> None:
    plan, behaviour = tmp_path / "plan.json", tmp_path / "behaviour.json"
    account = {"id": PAYMENTS, "name": "p", "email": "p@example.com", "ou": "Sandbox"}
    plan.write_text(json.dumps({"accounts": [account]}))
    behaviour.write_text(json.dumps({"polls_until_done": 0}))
    command = [
        sys.executable,
        "-m",
        "aftgen.cloud",
        "--landing-zone",
        str(plan),
        "--behaviour",
        str(behaviour),
    ]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            control = Control(json.loads(process.stdout.readline())["endpoint"])
            written = control.write_profiles(account=PAYMENTS, directory=tmp_path / "aws")
            done = run(CALLER, written)
            assert (done.stdout, done.stderr) == ("still here\n", "")
            assert len(control.access()) == 11
            assert [call["operation"] for call in control.calls()][-2:] == [
                "ListInstances",
                "CreatePermissionSet",
            ]
        finally:
            process.terminate()
        assert process.wait(20) == 0


def test_the_port_is_free_again_afterwards() -> None:
    for _ in range(2):
        with serve() as running:
            zone = LandingZone.build(running.cloud)
            session = boto3.Session(
                region_name="eu-central-1", **zone.administrator("111111111111").arguments
            )
            client = session.client("sso-admin", endpoint_url=running.endpoint)
            assert len(client.list_instances()["Instances"]) == 1
    with pytest.raises(RuntimeError, match="not running"):
        _ = running.endpoint
