"""Trust, permissions, session policies and expiry: what moto lets everybody do."""

import json
from dataclasses import replace
from typing import Any

import pytest
from aftgen.cloud import LandingZone, in_process
from aftgen.cloud.aft_management import ADMIN, EXECUTION, SESSION_NAME

from .world import LEDGER, ONCE, PAYMENTS, PLAN, World, code, refusal

AFT = "444444444444"
MANAGEMENT = "111111111111"


def role(account: str, name: str = EXECUTION) -> str:
    return f"arn:aws:iam::{account}:role/{name}"


def hub(world: World, name: str = SESSION_NAME) -> dict[str, str]:
    build = world.zone.build_credentials().arguments
    return world.zone.assume(role(AFT, ADMIN), name, with_credentials=build)


def narrowed(world: World, *statements: dict[str, Any]) -> World:
    """The world as a session in the management account sees it whose policy has these statements."""
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    session = world.zone.assume(role(MANAGEMENT), SESSION_NAME, with_credentials=hub(world), Policy=policy)
    there = World(world.zone)
    there.sso = world.zone.client("sso-admin", credentials=session, config=ONCE)
    there.store = world.zone.client("identitystore", credentials=session, config=ONCE)
    return there


def allow(*actions: str, on: Any = "*", **condition: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": on}
    return {**statement, "Condition": condition} if condition else statement


def test_the_chain_of_creds_sh_works(world: World) -> None:
    there = world.zone.assume(role(PAYMENTS), SESSION_NAME, with_credentials=hub(world))
    identity = world.zone.client("sts", credentials=there).get_caller_identity()
    assert identity["Account"] == PAYMENTS
    assert identity["Arn"] == f"arn:aws:sts::{PAYMENTS}:assumed-role/{EXECUTION}/{SESSION_NAME}"


def test_a_role_that_is_absent_or_does_not_trust_the_caller_refuses(world: World) -> None:
    build = world.zone.build_credentials().arguments
    sts = world.zone.client("sts", credentials=build)
    for arn in (role(PAYMENTS, "DoesNotExist"), role(PAYMENTS), role("999999999999")):
        got, message = refusal(sts.assume_role, RoleArn=arn, RoleSessionName=SESSION_NAME)
        assert got == "AccessDenied"
        assert message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {arn}")
    stranger = world.zone.client("sts", PAYMENTS)
    assert code(stranger.assume_role, RoleArn=role(LEDGER), RoleSessionName="x-y") == "AccessDenied"


def test_a_trust_policy_may_insist_on_the_session_name() -> None:
    plan = replace(PLAN, trust_names_session_only=True)
    with in_process() as cloud:
        zone = LandingZone.build(cloud, plan)
        build = zone.build_credentials().arguments
        for name, expected in ((SESSION_NAME, "assumed"), ("my-own-name", "AccessDenied")):
            session = zone.assume(role(AFT, ADMIN), name, with_credentials=build)
            sts = zone.client("sts", credentials=session)
            asked = {"RoleArn": role(PAYMENTS), "RoleSessionName": SESSION_NAME}
            assert (code(sts.assume_role, **asked) if expected != "assumed" else "assumed") == expected
            if expected == "assumed":
                assert sts.assume_role(**asked)["Credentials"]


def test_the_hub_may_only_assume_roles(world: World) -> None:
    credentials = hub(world)
    sso = world.zone.client("sso-admin", credentials=credentials)
    assert code(sso.list_instances) == "AccessDeniedException"
    dynamodb = world.zone.client("dynamodb", credentials=credentials)
    assert code(dynamodb.get_item, TableName="aft-request", Key={"id": {"S": "x"}}) == "AccessDeniedException"
    sts = world.zone.client("sts", credentials=credentials)
    assert sts.get_caller_identity()["Account"] == AFT
    assert code(sts.assume_role, RoleArn=role(AFT, "other"), RoleSessionName="xx") == "AccessDenied"


def test_the_build_reads_requests_and_aft_parameters_only(world: World) -> None:
    world.zone.put_request(PAYMENTS, custom_fields={"access": "{}"})
    build = world.zone.build_credentials().arguments
    dynamodb = world.zone.client("dynamodb", credentials=build)
    row = dynamodb.get_item(TableName="aft-request", Key={"id": {"S": "payments@example.com"}})["Item"]
    assert json.loads(row["custom_fields"]["S"]) == {"access": "{}"}
    assert code(dynamodb.put_item, TableName="aft-request", Item=row) == "AccessDeniedException"
    ssm = world.zone.client("ssm", credentials=build)
    name = "/aft/account/audit/account-id"
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == "333333333333"
    assert code(ssm.get_parameter, Name="/other") == "AccessDeniedException"


def test_a_forgotten_action_in_a_session_policy_is_refused(world: World) -> None:
    there = narrowed(world, allow("sso:ListInstances", "sso:Describe*"))
    arn = world.permission_set()
    assert len(there.sso.list_instances()["Instances"]) == 1
    assert there.sso.describe_permission_set(**there.of(arn))
    got, message = refusal(there.sso.list_permission_sets, InstanceArn=world.instance)
    assert got == "AccessDeniedException"
    assert "sso:ListPermissionSets" in message
    assert code(there.store.list_groups, IdentityStoreId=world.store_id) == "AccessDeniedException"


def test_a_session_policy_names_the_account_the_instance_and_the_sets(world: World) -> None:
    arn = world.permission_set()
    resources = [world.instance, f"{arn[: arn.rindex('/')]}/*", f"arn:aws:sso:::account/{PAYMENTS}"]
    there = narrowed(world, allow("sso:*AccountAssignment*", on=resources))
    assert there.grant(arn)["Status"] == "IN_PROGRESS"
    assert code(there.sso.create_account_assignment, **there.triple(arn, account=LEDGER)) == (
        "AccessDeniedException"
    )
    rows = there.sso.list_account_assignments(**there.of(arn), AccountId=PAYMENTS)
    assert len(rows["AccountAssignments"]) == 1


def test_a_deny_wins(world: World) -> None:
    denial = {
        "Effect": "Deny",
        "Action": "sso:CreateAccountAssignment",
        "Resource": f"arn:aws:sso:::account/{LEDGER}",
    }
    there = narrowed(world, allow("sso:*"), denial)
    arn = world.permission_set()
    assert there.grant(arn)["Status"] == "IN_PROGRESS"
    assert code(there.sso.create_account_assignment, **there.triple(arn, account=LEDGER)) == (
        "AccessDeniedException"
    )


def test_conditions_on_tags(world: World) -> None:
    standard = world.permission_set("Standard", Tags=[{"Key": "tier", "Value": "standard"}])
    privileged = world.permission_set("Privileged", Tags=[{"Key": "tier", "Value": "high"}])
    there = narrowed(
        world,
        allow("sso:CreateAccountAssignment", StringEquals={"aws:ResourceTag/tier": "standard"}),
        allow("sso:CreatePermissionSet", StringLike={"aws:RequestTag/owner": "aft*"}),
    )
    assert there.grant(standard)["Status"] == "IN_PROGRESS"
    assert code(there.sso.create_account_assignment, **there.triple(privileged)) == "AccessDeniedException"
    assert there.permission_set("Ours", Tags=[{"Key": "owner", "Value": "aftgen"}])
    theirs = {"InstanceArn": world.instance, "Name": "Theirs"}
    assert code(there.sso.create_permission_set, **theirs) == "AccessDeniedException"


def test_identity_store_resources(world: World) -> None:
    store = f"arn:aws:identitystore::{MANAGEMENT}:identitystore/{world.store_id}"
    there = narrowed(world, allow("identitystore:GetGroupId", "identitystore:DescribeGroup", on=store))
    by = {"UniqueAttribute": {"AttributePath": "displayName", "AttributeValue": "auditors"}}
    found = there.store.get_group_id(IdentityStoreId=world.store_id, AlternateIdentifier=by)
    wanted = {"IdentityStoreId": world.store_id, "GroupId": found["GroupId"]}
    assert code(there.store.describe_group, **wanted) == "AccessDeniedException"


def test_a_session_policy_is_checked_when_it_is_made(world: World) -> None:
    sts = world.zone.client("sts", credentials=hub(world))
    asked = {"RoleArn": role(MANAGEMENT), "RoleSessionName": SESSION_NAME}
    assert code(sts.assume_role, **asked, Policy="{") == "MalformedPolicyDocument"
    long = json.dumps({"Statement": [allow("sso:" + "x" * 2048)]})
    assert code(sts.assume_role, **asked, Policy=long) == "ValidationError"
    unknown = json.dumps({"Statement": [allow("sso:*", DateLessThan={"aws:CurrentTime": "x"})]})
    assert code(sts.assume_role, **asked, Policy=unknown) == "MalformedPolicyDocument"


def test_managed_session_policies_count_too(world: World) -> None:
    sts = world.zone.client("sts", credentials=hub(world))
    asked = {"RoleArn": role(MANAGEMENT), "RoleSessionName": SESSION_NAME}
    read_only = [{"arn": "arn:aws:iam::aws:policy/AWSSSOReadOnly"}]
    made = sts.assume_role(**asked, PolicyArns=read_only)["Credentials"]
    keys = {
        "aws_access_key_id": made["AccessKeyId"],
        "aws_secret_access_key": made["SecretAccessKey"],
        "aws_session_token": made["SessionToken"],
    }
    sso = world.zone.client("sso-admin", credentials=keys)
    assert sso.list_permission_sets(InstanceArn=world.instance)["PermissionSets"]
    denied = {"InstanceArn": world.instance, "Name": "Developer"}
    assert code(sso.create_permission_set, **denied) == "AccessDeniedException"
    absent = [{"arn": "arn:aws:iam::aws:policy/NopeNope"}]
    assert code(sts.assume_role, **asked, PolicyArns=absent) == "MalformedPolicyDocument"


def test_a_role_has_what_its_managed_policies_allow(world: World) -> None:
    iam = world.zone.client("iam", PAYMENTS)
    trust = {"Statement": {"Effect": "Allow", "Principal": {"AWS": PAYMENTS}, "Action": "sts:AssumeRole"}}
    iam.create_role(
        RoleName="reader", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **trust})
    )
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow("ssm:GetParameter")]})
    policy = iam.create_policy(PolicyName="read", PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="reader", PolicyArn=policy)
    administrator = world.zone.administrator(PAYMENTS).arguments
    session = world.zone.assume(role(PAYMENTS, "reader"), "xx", with_credentials=administrator)
    ssm = world.zone.client("ssm", credentials=session)
    assert code(ssm.get_parameter, Name="/nope") == "ParameterNotFound"
    assert code(ssm.put_parameter, Name="/x", Value="y", Type="String") == "AccessDeniedException"


def test_every_answer_has_a_request_id(world: World) -> None:
    ids = {world.sso.list_instances()["ResponseMetadata"]["RequestId"] for _ in range(2)}
    assert len(ids) == 2
    with pytest.raises(world.sso.exceptions.ResourceNotFoundException) as raised:
        world.sso.describe_permission_set(
            **world.of(world.zone.permission_set("AWSReadOnlyAccess").arn[:-4] + "0000")
        )
    assert raised.value.response["ResponseMetadata"]["RequestId"] not in ids


def test_a_chained_session_lasts_an_hour(world: World) -> None:
    credentials = hub(world)
    sts = world.zone.client("sts", credentials=credentials)
    long = {"RoleArn": role(PAYMENTS), "RoleSessionName": SESSION_NAME, "DurationSeconds": 7200}
    assert code(sts.assume_role, **long) == "ValidationError"
    world.cloud.clock.advance(3599)
    assert sts.get_caller_identity()
    world.cloud.clock.advance(2)
    assert code(sts.get_caller_identity) == "ExpiredToken"
    sso = world.zone.client("sso-admin", credentials=credentials)
    assert code(sso.list_instances) == "ExpiredTokenException"


def test_sessions_expire_on_demand_and_new_ones_work(world: World) -> None:
    assert world.cloud.sessions.expire(account=MANAGEMENT) >= 1
    assert code(world.sso.list_instances) == "ExpiredTokenException"
    assert len(world.zone.client("sso-admin").list_instances()["Instances"]) == 1


def test_a_key_that_nobody_issued_is_refused_or_taken_for_an_administrator(world: World) -> None:
    keys = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "x"}
    stranger = world.zone.client("sso-admin", credentials=keys)
    assert code(stranger.list_instances) == "UnrecognizedClientException"
    world.behave(anonymous_account=MANAGEMENT)
    assert len(stranger.list_instances()["Instances"]) == 1


def test_a_header_does_not_choose_the_account(world: World) -> None:
    ssm = world.zone.client("ssm", PAYMENTS)

    def claim(request: Any, **_: Any) -> None:
        request.headers["x-moto-account-id"] = AFT

    ssm.meta.events.register_first("before-send", claim)
    assert code(ssm.get_parameter, Name="/aft/config/aft/version") == "ParameterNotFound"


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("sns", "publish", {"TopicArn": f"arn:aws:sns:eu-central-1:{AFT}:aft-notifications", "Message": "m"}),
        (
            "dynamodb",
            "transact_write_items",
            {
                "TransactItems": [
                    {"Put": {"TableName": "aftgen-access", "Item": {"pk": {"S": "a"}, "sk": {"S": "b"}}}}
                ]
            },
        ),
    ],
)
def test_other_services_obey_session_policies_too(
    world: World, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    def outcome(*statements: dict[str, Any]) -> str:
        policy = json.dumps({"Statement": list(statements)})
        session = world.zone.assume(role(AFT), SESSION_NAME, with_credentials=hub(world), Policy=policy)
        call = getattr(world.zone.client(service, credentials=session, config=ONCE), operation)
        if any(statement["Resource"] != "arn:aws:x" for statement in statements):
            call(**arguments)
            return "ok"
        return code(call, **arguments)

    assert outcome(allow("*", on="arn:aws:x")) in ("AccessDenied", "AccessDeniedException")
    table = f"arn:aws:dynamodb:eu-central-1:{AFT}:table/aftgen-access"
    topic = f"arn:aws:sns:eu-central-1:{AFT}:aft-*"
    assert outcome(allow("sns:Publish", on=topic), allow("dynamodb:PutItem", on=table)) == "ok"
