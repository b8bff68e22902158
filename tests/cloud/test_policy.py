"""The policy evaluator by itself."""

import json
from typing import Any

import pytest
from aftgen.cloud.policy import MalformedPolicyError, Policy, decide_together


def policy(**statement: Any) -> Policy:
    return Policy.parse(json.dumps({"Statement": {"Effect": "Allow", "Action": "*", **statement}}))


@pytest.mark.parametrize(
    ("pattern", "action", "verdict"),
    [
        ("sso:List*", "sso:ListInstances", "allow"),
        ("sso:list*", "SSO:ListInstances", "allow"),
        ("sso:*Set", "sso:CreatePermissionSet", "allow"),
        ("sso:List?nstances", "sso:ListInstances", "allow"),
        ("sso:[L]istInstances", "sso:ListInstances", "silent"),
        ("s3:*", "sso:ListInstances", "silent"),
        ("*", "anything:AtAll", "allow"),
    ],
)
def test_actions(pattern: str, action: str, verdict: str) -> None:
    assert policy(Action=pattern).decide(action, "*", {}) == verdict


def test_not_action_and_not_resource() -> None:
    def build(**statement: Any) -> Policy:
        return Policy.parse(json.dumps({"Statement": [{"Effect": "Deny", **statement}]}))

    assert build(NotAction="sso:*", Resource="*").decide("s3:GetObject", "x", {}) == "deny"
    assert build(NotAction="sso:*", Resource="*").decide("sso:ListInstances", "x", {}) == "silent"
    assert build(Action="*", NotResource="arn:a").decide("x:y", "arn:b", {}) == "deny"
    assert build(Action="*", NotResource="arn:a").decide("x:y", "arn:a", {}) == "silent"


def test_every_resource_must_be_allowed() -> None:
    narrow = policy(Resource=["arn:instance", "arn:account/1*"])
    assert narrow.permits("x:y", ("arn:instance", "arn:account/12"), {})
    assert not narrow.permits("x:y", ("arn:instance", "arn:account/2"), {})
    assert not narrow.permits("x:y", (), {})
    assert narrow.permits("x:y", None, {})


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "holds"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a", "A", False),
        ("StringEqualsIgnoreCase", "a", "A", True),
        ("StringNotEquals", "a", "b", True),
        ("StringNotEquals", ["a", "b"], "b", False),
        ("StringNotEquals", "a", None, True),
        ("StringLike", "a*", "abc", True),
        ("StringNotLike", "a*", "abc", False),
        ("StringEquals", "a", None, False),
        ("StringEqualsIfExists", "a", None, True),
        ("StringEqualsIfExists", "a", "b", False),
        ("ArnLike", "arn:aws:iam::*:role/x", "arn:aws:iam::1:role/x", True),
        ("Bool", "true", "True", True),
        ("Null", "true", None, True),
        ("Null", "false", "x", True),
        ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
        ("ForAllValues:StringEquals", ["a"], ("a", "b"), False),
        ("ForAllValues:StringEquals", ["a"], None, True),
        ("ForAnyValue:StringEquals", ["a"], ("a", "b"), True),
        ("ForAnyValue:StringEquals", ["a"], ("c",), False),
    ],
)
def test_conditions(operator: str, wanted: Any, given: Any, holds: bool) -> None:
    conditional = policy(Resource="*", Condition={operator: {"aws:Key": wanted}})
    context = {} if given is None else {"AWS:key": given}
    assert (conditional.decide("x:y", "*", context) == "allow") is holds


def test_deny_wins_over_any_allow_of_the_same_identity() -> None:
    denial = Policy.parse(
        json.dumps({"Statement": [{"Effect": "Deny", "Action": "x:y", "Resource": "arn:a"}]})
    )
    assert not decide_together([policy(Resource="*"), denial], "x:y", ("arn:a",), {})
    assert decide_together([policy(Resource="*"), denial], "x:y", ("arn:b",), {})
    assert not decide_together([], "x:y", ("arn:b",), {})


@pytest.mark.parametrize(
    "document",
    [
        "nope",
        "[]",
        "{}",
        '{"Statement": [{"Action": "*"}]}',
        '{"Statement": [{"Effect": "Allow"}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*"}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"}]}',
        '{"Statement": [{"Effect": "Allow", "Action": "*", "Condition": {"IpAddress": {"a": "b"}}}]}',
    ],
)
def test_what_is_no_policy_is_refused(document: str) -> None:
    with pytest.raises(MalformedPolicyError):
        Policy.parse(document)
