"""What the credentials of a run may do: by a judge of policies, and on the embedded AWS."""

import json

import pytest
from aft_guardrails import session_policy
from aftgen.cloud.policy import Policy
from botocore.exceptions import ClientError
from guardrails_cloud import (
    LEDGER,
    PAYMENTS,
    ROOT,
    SANDBOX,
    SCP,
    Guarded,
    converged,
)


def test_a_session_may_do_no_more_than_its_run_needs(cloud: Guarded) -> None:
    owner = cloud.zone.plan.management.id
    for made in (
        session_policy.for_account("aws", owner, PAYMENTS),
        session_policy.for_organization("aws", owner),
    ):
        assert len(json.dumps(made, separators=(",", ":"))) <= 2048
    policy = f"arn:aws:organizations::{owner}:policy/o-x/service_control_policy/p-12345678"
    mine = f"arn:aws:organizations::{owner}:account/o-x/{PAYMENTS}"
    other = f"arn:aws:organizations::{owner}:account/o-x/{LEDGER}"
    full = "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    root = f"arn:aws:organizations::{owner}:root/o-x/{ROOT}"
    judge = Policy.parse(json.dumps(session_policy.for_account("aws", owner, PAYMENTS)))

    def may(action: str, *resources: str, **context: str) -> bool:
        return judge.permits(f"organizations:{action}", resources, context)

    assert may("AttachPolicy", policy, mine)
    assert not may("AttachPolicy", policy, other)
    assert not may("AttachPolicy", policy, root)
    assert not may("DetachPolicy", full, mine)
    assert not may("UpdatePolicy", policy)
    assert not may("CreatePolicy", "*")
    judge = Policy.parse(json.dumps(session_policy.for_organization("aws", owner)))
    assert may("AttachPolicy", policy, root)
    assert not may("DetachPolicy", full, root)
    assert not may("UpdatePolicy", policy.replace("service_control", "resource_control"))
    kind = "organizations:PolicyType"
    assert may("CreatePolicy", "*", **{kind: SCP})
    assert not may("CreatePolicy", "*", **{kind: "RESOURCE_CONTROL_POLICY"})
    assert not may("DisablePolicyType", root)
    assert not may("CloseAccount", mine)


def test_the_embedded_aws_denies_what_an_accounts_session_must_not_do(cloud: Guarded) -> None:
    converged(cloud)
    zone = cloud.zone
    owner, aft = zone.plan.management.id, zone.plan.aft_management.id
    build = zone.build_credentials()
    keys = {
        "aws_access_key_id": build.access_key,
        "aws_secret_access_key": build.secret_key,
        "aws_session_token": build.token,
    }
    hub = zone.assume(f"arn:aws:iam::{aft}:role/AWSAFTAdmin", "AWSAFT-Session", with_credentials=keys)
    policy = json.dumps(session_policy.for_account("aws", owner, PAYMENTS))
    role = f"arn:aws:iam::{owner}:role/AWSAFTExecution"
    session = zone.assume(role, "AWSAFT-Session", with_credentials=hub, Policy=policy)
    organizations = zone.client("organizations", credentials=session)
    ids = cloud.policies()
    for target in (LEDGER, SANDBOX, ROOT):
        with pytest.raises(ClientError, match="AccessDenied"):
            organizations.attach_policy(PolicyId=ids["payments"], TargetId=target)
    with pytest.raises(ClientError, match="AccessDenied"):
        organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=PAYMENTS)
    with pytest.raises(ClientError, match="AccessDenied"):
        organizations.update_policy(PolicyId=ids["payments"], Description="mine")
    organizations.attach_policy(PolicyId=ids["payments"], TargetId=PAYMENTS)
    assert cloud.on(PAYMENTS) == ["payments"]
