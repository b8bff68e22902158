"""Lock-outs: our analysis never passes what an evaluator of policies would deny to a protected role."""

import json
from pathlib import Path
from typing import Any

import pytest
from aft_guardrails.document import Statement, read
from aft_guardrails.protection import ROLES, arns, excuses, reached
from aftgen.cloud.policy import Policy
from guardrails_cloud import SPARED
from hypothesis import given
from hypothesis import strategies as st

ALL = arns("aws")
KEY = "aws:PrincipalArn"
ARN = "arn:aws:iam::*:"
EXAMPLES = Path(__file__).resolve().parents[2] / "global-customizations/service-control-policies"
PEOPLE = [
    "arn:aws:iam::123456789012:role/" + name.replace("*", "Some-1")
    for name in (*ROLES, "AWSControlTowerExecution", "stacksets-exec-0a1b")
]


def text(condition: dict[str, Any] | None, **parts: Any) -> str:
    statement: dict[str, Any] = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", **parts}
    if condition is not None:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def statement(condition: dict[str, Any] | None, **parts: Any) -> Statement:
    made, _, problems = read(text(condition, **parts), file="p")
    assert made is not None, problems
    return made.statements[0]


def test_the_roles_are_those_of_aft_control_tower_and_stacksets() -> None:
    assert ALL == (
        "arn:aws:iam::*:role/AWSAFTAdmin",
        "arn:aws:iam::*:role/AWSAFTExecution",
        "arn:aws:iam::*:role/AWSAFTService",
        "arn:aws:iam::*:role/AWSControlTower*",
        "arn:aws:iam::*:role/aws-controltower-*",
        "arn:aws:iam::*:role/stacksets-exec-*",
    )
    assert arns("aws-cn", ["breakglass", "AWSAFTAdmin"])[-1] == "arn:aws-cn:iam::*:role/breakglass"
    assert len(arns("aws", ["AWSAFTAdmin"])) == 6


@pytest.mark.parametrize(
    "condition",
    [
        SPARED,
        {
            "ArnNotLike": {
                KEY: [ARN + "role/AWSAFT*", ARN + "role/*ontrol*ower*", ARN + "role/stacksets-exec-*"]
            }
        },
        {"ArnNotLike": {"AWS:principalARN": "arn:*:iam::*:role/*"}},
        {"ArnNotEquals": {KEY: ARN + "*"}},
        {"ArnNotLikeIfExists": {KEY: ARN + "role/*"}},
        {"StringNotLike": {KEY: "*:role/*"}},
        {"StringNotLike": {KEY: [ARN + "role/aws-controltower-*", "*role/AWS*", "*/stacksets-exec-*"]}},
        {"ArnNotLike": {KEY: "arn:aws:iam::${aws:PrincipalAccount}:role/*"}},
        {"StringEquals": {"aws:RequestedRegion": "x"}, **SPARED},
        # A Deny for somebody else.
        {"ArnLike": {KEY: ARN + "root"}},
        {"StringLike": {KEY: "*:root"}},
        {"StringLike": {KEY: [ARN + "root"]}},
        {"StringEquals": {KEY: "arn:aws:iam::123456789012:user/mallory"}},
        {"ArnEquals": {KEY: [ARN + "user/*", ARN + "role/aws-reserved/*"]}},
        {"StringEquals": {"identitystore:UserId": "1-2"}},
        {"ForAnyValue:StringLike": {"identitystore:userid": ["1-2"]}},
    ],
)
def test_a_deny_that_spares_them(condition: dict[str, Any]) -> None:
    assert reached(statement(condition), ALL) == ()


@pytest.mark.parametrize(
    "condition",
    [
        None,
        {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
        {"ArnLike": SPARED["ArnNotLike"]},
        {"ArnNotLike": {"aws:SourceArn": ARN + "role/*"}},
        {"ArnNotLike": {KEY: "*"}},
        {"ArnNotLike": {KEY: "arn:aws:iam::123456789012:role/*"}},
        {"ArnNotLike": {KEY: "arn:aws:iam::${aws:SourceAccount}:role/*"}},
        {"ArnNotLike": {KEY: "arn:aws:sts::*:assumed-role/*/*"}},
        {"ArnNotLike": {KEY: "arn:aws-cn:iam::*:role/*"}},
        {"StringNotEquals": {KEY: ARN + "role/*"}},
        {"ForAllValues:ArnNotLike": {KEY: ARN + "role/*"}},
        {"ArnLike": {KEY: [ARN + "root", ARN + "role/*"]}},
        {"ArnLike": {KEY: ARN + "${aws:username}"}},
        {"StringLike": {KEY: "*"}},
        {"ForAllValues:StringEquals": {"identitystore:UserId": "1-2"}},
        {"StringEqualsIfExists": {"identitystore:UserId": "1-2"}},
        {"StringNotEquals": {"identitystore:UserId": "1-2"}},
        {"Null": {KEY: "true"}},
    ],
)
def test_a_deny_that_may_reach_all_of_them(condition: dict[str, Any] | None) -> None:
    assert reached(statement(condition), ALL) == ALL


def test_only_those_that_are_reached_are_named() -> None:
    some = {"ArnNotLike": {KEY: [ARN + "role/AWSControlTowerExecution", ARN + "role/AWSAFT*"]}}
    assert reached(statement(some), ALL) == ALL[3:]
    single = {"StringEquals": {KEY: "arn:aws:iam::123456789012:role/stacksets-exec-1"}}
    assert reached(statement(single), ALL) == ALL[5:]


def test_an_allow_locks_nobody_out() -> None:
    assert reached(statement(None, Effect="Allow"), ALL) == ()


OPERATORS = st.sampled_from(
    [
        "ArnLike",
        "ArnNotLike",
        "StringLike",
        "StringNotLike",
        "StringEquals",
        "StringNotEquals",
        "ArnNotEquals",
    ]
)
VALUES = st.sampled_from(
    ["*", "*role*", "*:root"]
    + [f"arn:aws:iam::{account}:{rest}" for account in ("*", "123456789012") for rest in ("*", "root")]
    + [f"arn:aws:iam::*:role/{name}" for name in (*ROLES, "AWS*", "A*n", "stacksets-*", "a?s-controltower-*")]
)


@given(st.dictionaries(OPERATORS, st.lists(VALUES, min_size=1, max_size=4), min_size=1, max_size=2))
def test_whom_an_evaluator_denies_our_analysis_has_named(operators: dict[str, list[str]]) -> None:
    condition = {operator: {KEY: values} for operator, values in operators.items()}
    judge = Policy.parse(text(condition))
    if not reached(statement(condition), ALL):
        verdicts = {judge.decide("s3:GetObject", "arn:aws:s3:::x", {KEY: person}) for person in PEOPLE}
        assert verdicts == {"silent"}


@pytest.mark.parametrize("file", sorted(EXAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_our_own_policies_deny_these_roles_nothing_that_was_not_reviewed(file: Path) -> None:
    judge = Policy.parse(file.read_text())
    actions = [
        "s3:CreateBucket",
        "ec2:RunInstances",
        "iam:PutRolePolicy",
        "organizations:DescribeOrganization",
    ]
    for person in PEOPLE:
        for action in actions:
            context = {KEY: person, "aws:RequestedRegion": "ap-south-1"}
            assert judge.decide(action, None, context) == "silent"


@pytest.mark.parametrize(
    ("reviewed", "parts", "expected"),
    [
        (["s3:DeleteBucket"], {"Action": ["s3:deletebucket"]}, True),
        (["s3:Delete*"], {"Action": ["s3:DeleteBucket", "s3:DeleteObject*"]}, True),
        (["s3:Delete*"], {"Action": ["s3:DeleteBucket", "s3:Put*"]}, False),
        (["s3:DeleteBucket"], {"Action": "s3:Delete*"}, False),
        (["*"], {"Action": "*"}, True),
    ],
)
def test_a_review_covers_what_was_reviewed(
    reviewed: list[str], parts: dict[str, Any], expected: bool
) -> None:
    assert excuses(reviewed, statement(None, **parts)) is expected


def test_a_review_of_single_actions_never_covers_all_others() -> None:
    made, _, _ = read(
        '{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}}', file="p"
    )
    assert made is not None
    assert (excuses(["iam:*"], made.statements[0]), excuses(["*"], made.statements[0])) == (False, True)
