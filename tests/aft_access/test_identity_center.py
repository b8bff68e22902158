"""The one door to AWS: what is repeated, what is not, and with which credentials."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from access_fakes import ACCOUNT, MANAGEMENT, FakeClock
from aft_access import identity_center, session_policy
from aft_access.errors import AwsError
from aft_access.identity_center import Caller, Credentials, Hub
from aft_access.pace import Pace
from botocore.exceptions import ClientError, ParamValidationError, ReadTimeoutError
from botocore.stub import Stubber


class Stubbed:
    """A session whose one client answers from a botocore Stubber."""

    def __init__(self, service: str) -> None:
        self.real = boto3.client(
            service, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="y"
        )
        self.stub = Stubber(self.real)
        self.stub.activate()
        self.made = 0

    def client(self, _: str, **__: Any) -> Any:
        self.made += 1
        return self.real


@pytest.fixture
def sso() -> Iterator[Stubbed]:
    made = Stubbed("sso-admin")
    yield made
    made.stub.assert_no_pending_responses()


INSTANCE = {"Instances": [{"InstanceArn": "arn:aws:sso:::instance/ssoins-0123456789abcdef"}]}


def caller(session: Any, clock: FakeClock, calls_per_second: float = 20.0, **arguments: Any) -> Caller:
    return Caller(lambda: session, clock, Pace(clock, calls_per_second), **arguments)


@pytest.mark.parametrize(
    "code",
    ["ConflictException", "ThrottlingException", "TooManyRequestsException", "InternalServerException"],
)
def test_what_passes_is_repeated_with_growing_pauses(sso: Stubbed, code: str) -> None:
    clock = FakeClock()
    for _ in range(3):
        sso.stub.add_client_error("list_instances", code)
    sso.stub.add_response("list_instances", INSTANCE)
    one = caller(sso, clock)
    assert one.call("sso-admin", "ListInstances")["Instances"] == INSTANCE["Instances"]
    assert one.counts == {"ListInstances": 4}
    pauses = [pause for pause in clock.slept if pause > 0.06]
    assert len(pauses) == 3
    assert 0.125 <= pauses[0] <= 0.25
    assert 0.5 <= pauses[2] <= 1.0


@pytest.mark.parametrize(
    "code", ["AccessDeniedException", "ValidationException", "ResourceNotFoundException"]
)
def test_what_does_not_pass_is_an_error_at_once(sso: Stubbed, code: str) -> None:
    sso.stub.add_client_error("list_instances", code, "because")
    with pytest.raises(AwsError, match=f"ListInstances: {code}: because") as caught:
        caller(sso, FakeClock()).call("sso-admin", "ListInstances")
    assert (caught.value.code, caught.value.operation, caught.value.exit_code) == (code, "ListInstances", 1)


def test_patience_ends() -> None:
    clock = FakeClock()
    failing = Broken([ReadTimeoutError(endpoint_url="https://x")] * 50)
    with pytest.raises(AwsError, match="ReadTimeoutError"):
        caller(failing, clock, patience=3.0).call("sso-admin", "ListInstances")
    assert 1.0 < sum(clock.slept) <= 3.1


def test_a_fatal_code_is_not_repeated(sso: Stubbed) -> None:
    sso.stub.add_client_error("list_instances", "ConflictException")
    with pytest.raises(AwsError, match="ConflictException"):
        caller(sso, FakeClock()).call("sso-admin", "ListInstances", fatal=frozenset({"ConflictException"}))


def test_the_stores_own_pause_and_its_two_conflicts() -> None:
    store, clock = Stubbed("identitystore"), FakeClock()
    ask = {"IdentityStoreId": "d-0123456789", "DisplayName": "x"}
    store.stub.add_client_error(
        "create_group", "ThrottlingException", modeled_fields={"RetryAfterSeconds": 7}
    )
    store.stub.add_client_error(
        "create_group", "ConflictException", modeled_fields={"Reason": "CONCURRENT_MODIFICATION"}
    )
    store.stub.add_client_error(
        "create_group", "ConflictException", modeled_fields={"Reason": "UNIQUENESS_CONSTRAINT_VIOLATION"}
    )
    with pytest.raises(AwsError) as caught:
        caller(store, clock).call("identitystore", "CreateGroup", **ask)
    assert caught.value.reason == "UNIQUENESS_CONSTRAINT_VIOLATION"
    assert 7.0 in clock.slept
    store.stub.assert_no_pending_responses()


def test_too_many_outstanding_assignments_pass_and_other_quotas_do_not(sso: Stubbed) -> None:
    ask = {
        "InstanceArn": "arn:aws:sso:::instance/ssoins-0123456789abcdef",
        "TargetId": ACCOUNT,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": "arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-0123456789abcdef",
        "PrincipalType": "GROUP",
        "PrincipalId": "01234567-89ab-cdef-0123-456789abcdef",
    }
    sso.stub.add_client_error("create_account_assignment", "ServiceQuotaExceededException")
    sso.stub.add_response(
        "create_account_assignment", {"AccountAssignmentCreationStatus": {"RequestId": "0" * 36}}
    )
    sso.stub.add_client_error("list_instances", "ServiceQuotaExceededException")
    one = caller(sso, FakeClock())
    assert one.call("sso-admin", "CreateAccountAssignment", **ask)["AccountAssignmentCreationStatus"]
    with pytest.raises(AwsError, match="ServiceQuotaExceededException"):
        one.call("sso-admin", "ListInstances")


def test_expired_credentials_are_renewed_and_the_call_is_made_again(sso: Stubbed) -> None:
    sso.stub.add_client_error("list_instances", "ExpiredTokenException")
    sso.stub.add_response("list_instances", INSTANCE)
    caller(sso, FakeClock()).call("sso-admin", "ListInstances")
    assert sso.made == 2


def test_credentials_may_end_after_any_number_of_other_failures(sso: Stubbed) -> None:
    for code in (*["ThrottlingException"] * 4, "ExpiredTokenException"):
        sso.stub.add_client_error("list_instances", code)
    sso.stub.add_response("list_instances", INSTANCE)
    clock = FakeClock()
    one = caller(sso, clock)
    one.call("sso-admin", "ListInstances")
    assert (sso.made, one.counts) == (2, {"ListInstances": 6})


def test_a_throttled_answer_slows_everything_that_shares_the_pace(sso: Stubbed) -> None:
    clock = FakeClock()
    pace = Pace(clock, 8.0)
    sso.stub.add_client_error("list_instances", "ThrottlingException")
    sso.stub.add_response("list_instances", INSTANCE)
    Caller(lambda: sso, clock, pace).call("sso-admin", "ListInstances")
    assert 4.0 <= pace.rate < 4.1
    sso.stub.add_client_error("list_instances", "InternalServerException")
    sso.stub.add_response("list_instances", INSTANCE)
    Caller(lambda: sso, clock, pace).call("sso-admin", "ListInstances")
    assert 4.0 <= pace.rate < 4.2  # an error of the server's is not a call too many


def test_any_answer_of_a_broken_server_is_asked_for_again(sso: Stubbed) -> None:
    sso.stub.add_client_error("list_instances", "502", http_status_code=502)
    sso.stub.add_response("list_instances", INSTANCE)
    assert caller(sso, FakeClock()).call("sso-admin", "ListInstances")["Instances"]


def test_credentials_that_stay_expired_are_an_error(sso: Stubbed) -> None:
    for _ in range(4):
        sso.stub.add_client_error("list_instances", "ExpiredTokenException")
    with pytest.raises(AwsError, match="ExpiredTokenException"):
        caller(sso, FakeClock()).call("sso-admin", "ListInstances")


class Broken:
    def __init__(self, failures: list[Exception]) -> None:
        self.failures = failures

    def client(self, *_: Any, **__: Any) -> "Broken":
        return self

    def list_instances(self, **_: Any) -> dict[str, Any]:
        if self.failures:
            raise self.failures.pop(0)
        return INSTANCE


def test_a_lost_answer_is_asked_for_again() -> None:
    broken = Broken([ReadTimeoutError(endpoint_url="https://x"), ReadTimeoutError(endpoint_url="https://x")])
    assert caller(broken, FakeClock()).call("sso-admin", "ListInstances") == INSTANCE


def test_wrong_arguments_are_an_error_at_once() -> None:
    clock = FakeClock()
    wrong = Broken([ParamValidationError(report="Unknown parameter")])
    with pytest.raises(AwsError, match="ParamValidationError"):
        caller(wrong, clock).call("sso-admin", "ListInstances")
    assert clock.slept == []


def test_pages_are_read_to_the_last(sso: Stubbed) -> None:
    arn = "arn:aws:sso:::instance/ssoins-0123456789abcdef"
    sets = [f"arn:aws:sso:::permissionSet/ssoins-0123456789abcdef/ps-{number:016x}" for number in range(2)]
    sso.stub.add_response(
        "list_permission_sets",
        {"PermissionSets": sets[:1], "NextToken": "n"},
        {"InstanceArn": arn, "MaxResults": 100},
    )
    sso.stub.add_response(
        "list_permission_sets",
        {"PermissionSets": sets[1:]},
        {"InstanceArn": arn, "MaxResults": 100, "NextToken": "n"},
    )
    sso.stub.add_response(
        "list_tags_for_resource", {"Tags": []}, {"InstanceArn": arn, "ResourceArn": sets[0]}
    )
    one = caller(sso, FakeClock())
    assert list(one.pages("sso-admin", "ListPermissionSets", "PermissionSets", InstanceArn=arn)) == sets
    assert (
        list(one.pages("sso-admin", "ListTagsForResource", "Tags", InstanceArn=arn, ResourceArn=sets[0]))
        == []
    )


def test_the_shared_rate_is_kept_and_other_services_are_not_slowed(sso: Stubbed) -> None:
    clock = FakeClock()
    for _ in range(3):
        sso.stub.add_response("list_instances", INSTANCE)
    one = caller(sso, clock, calls_per_second=4.0)
    for _ in range(3):
        one.call("sso-admin", "ListInstances")
    assert clock.slept == [0.25, 0.25]


HUB = Hub(
    aft_account_id="444444444444",
    admin_role="AWSAFTAdmin",
    execution_role="AWSAFTExecution",
    session_name="AWSAFT-Session",
)


class Sts:
    """Records who assumed what, and fails as told."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.errors: dict[str, str] = {}

    def session(self, **arguments: Any) -> "StsSession":
        return StsSession(self, arguments)


class StsSession:
    def __init__(self, sts: Sts, arguments: dict[str, Any]) -> None:
        self.sts, self.arguments = sts, arguments

    def client(self, *_: Any, **__: Any) -> "StsSession":
        return self

    def get_credentials(self) -> None:
        return None

    def assume_role(self, **asked: Any) -> dict[str, Any]:
        who = self.arguments.get("profile_name") or self.arguments.get("aws_access_key_id") or "build"
        self.sts.asked.append((who, asked))
        if who in self.sts.errors:
            raise ClientError({"Error": {"Code": self.sts.errors[who], "Message": "x"}}, "AssumeRole")
        return {
            "Credentials": {
                "AccessKeyId": f"key-{len(self.sts.asked)}",
                "SecretAccessKey": "s",
                "SessionToken": "t",
                "Expiration": datetime.now(UTC) + timedelta(hours=1),
            }
        }


@pytest.fixture
def sts(monkeypatch: pytest.MonkeyPatch) -> Sts:
    made = Sts()
    real = boto3.Session

    def session(**arguments: Any) -> Any:
        if "botocore_session" in arguments and arguments["botocore_session"]._credentials is not None:
            return real(**arguments)
        return made.session(**arguments)

    monkeypatch.setattr(identity_center.boto3, "Session", session)
    return made


def test_the_run_assumes_a_narrowed_role_from_the_hub_under_its_name(sts: Sts) -> None:
    credentials = Credentials(region="eu-west-1")
    policy = session_policy.for_account("aws", ACCOUNT)
    session = credentials.execution(MANAGEMENT, policy=policy, hub=HUB)
    assert sts.asked == []
    assert session.get_credentials().get_frozen_credentials().access_key == "key-1"
    assert sts.asked == [
        (
            "aft-management-admin",
            {
                "RoleArn": f"arn:aws:iam::{MANAGEMENT}:role/AWSAFTExecution",
                "RoleSessionName": "AWSAFT-Session",
                "Policy": json.dumps(policy, separators=(",", ":")),
            },
        )
    ]
    assert credentials.assumed == 1


def test_when_the_hour_of_the_hub_is_over_the_build_assumes_it_again(sts: Sts) -> None:
    sts.errors["aft-management-admin"] = "ExpiredToken"
    credentials = Credentials(region="eu-west-1", partition="aws-cn")
    session = credentials.execution(MANAGEMENT, policy=None, hub=HUB)
    assert session.get_credentials().get_frozen_credentials().access_key == "key-3"
    assert [(who, asked["RoleArn"]) for who, asked in sts.asked[1:]] == [
        ("build", "arn:aws-cn:iam::444444444444:role/AWSAFTAdmin"),
        ("key-2", f"arn:aws-cn:iam::{MANAGEMENT}:role/AWSAFTExecution"),
    ]


def test_a_role_that_is_denied_is_not_tried_another_way(sts: Sts) -> None:
    sts.errors["aft-management-admin"] = "AccessDenied"
    session = Credentials(region="eu-west-1").execution(MANAGEMENT, policy=None, hub=HUB)
    with pytest.raises(ClientError, match="AccessDenied"):
        session.get_credentials().get_frozen_credentials()
    assert len(sts.asked) == 1


def test_the_vended_accounts_profile_is_never_the_builds_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "credentials").write_text(
        "[aft-target]\naws_access_key_id = vended\naws_secret_access_key = x\n"
        "[aft-management]\naws_access_key_id = aft\naws_secret_access_key = x\n",
        "utf-8",
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_PROFILE", "aft-target")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "build")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    credentials = Credentials(region="eu-west-1")
    assert credentials.ambient().get_credentials().access_key == "build"
    assert credentials.aft().get_credentials().access_key == "aft"
    import os

    assert os.environ["AWS_PROFILE"] == "aft-target"
    (tmp_path / "credentials").write_text("", "utf-8")
    assert credentials.aft().get_credentials().access_key == "build"


@pytest.mark.parametrize(
    "policy", [session_policy.for_account("aws-us-gov", "*" * 12), session_policy.for_authoring()]
)
def test_a_session_policy_fits_and_gives_no_other_service(policy: dict[str, Any]) -> None:
    text = json.dumps(policy, separators=(",", ":"))
    assert len(text) <= session_policy.LONGEST
    actions = [action for one in policy["Statement"] for action in one["Action"]]
    assert {action.partition(":")[0] for action in actions} <= {"sso", "identitystore", "organizations"}
    assert "*" not in actions


def test_assignments_are_allowed_in_one_account_only() -> None:
    policy = session_policy.for_account("aws", ACCOUNT)
    write = policy["Statement"][1]
    assert write["Action"] == [
        "sso:CreateAccountAssignment",
        "sso:DeleteAccountAssignment",
        "sso:ProvisionPermissionSet",
    ]
    assert write["Resource"][0] == f"arn:aws:sso:::account/{ACCOUNT}"
    authoring = session_policy.for_authoring()["Statement"][0]["Action"]
    assert not [action for action in authoring if "Assignment" in action]
