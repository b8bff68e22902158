"""Documents: the grammar of service control policies, places of problems, and the text that is written."""

import json
from typing import Any

import pytest
from aft_guardrails import document
from aft_guardrails.document import Condition, allows, minified, read, same

DENY = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


def policy(*statements: Any, **more: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements), **more}


def problems(content: Any) -> list[str]:
    text = content if isinstance(content, str) else json.dumps(content, indent=2)
    return [str(one).removeprefix("p.json:") for one in read(text, file="p.json")[2]]


@pytest.mark.parametrize(
    "statement",
    [
        DENY,
        {**DENY, "Sid": "A1"},
        {**DENY, "Action": ["*"]},
        {**DENY, "Action": ["iam:*Role*", "ec2:Describe?"]},
        {"Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::kept"},
        # Allowed since September 2025.
        {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": True}},
        },
        {"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::one"},
        {"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::one"},
        {**DENY, "Condition": {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}}},
        {
            **DENY,
            "Condition": {"Null": {"aws:TokenIssueTime": "true"}, "NumericLessThan": {"s3:max-keys": 5}},
        },
    ],
)
def test_what_organizations_takes(statement: dict[str, Any]) -> None:
    assert problems(policy(statement)) == []
    assert problems({"Version": "2012-10-17", "Statement": statement}) == []


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "1: is not JSON: Expecting property name enclosed in double quotes"),
        ("[]", "1: a policy is an object with Version and Statement"),
        ("", "1: is not JSON: Expecting value"),
        ({"Version": "2012-10-17"}, "1: Statement: has no statement"),
        ({"Version": "2012-10-17", "Statement": []}, "3: Statement: has no statement"),
        ({"Statement": [DENY]}, "1: Version: must be 2012-10-17"),
        (policy(DENY, Version="2008-10-17"), "2: Version: must be 2012-10-17"),
        (policy(DENY, Id="x"), "10: Id: is not an element of a service control policy"),
        (policy("x"), "4: Statement[0]: a statement is an object"),
        (
            policy({**DENY, "Principal": "*"}),
            "8: Statement[0].Principal: a service control policy has no principal; use a condition on "
            "aws:PrincipalArn",
        ),
        (
            policy({**DENY, "NotPrincipal": {"AWS": "*"}}),
            "8: Statement[0].NotPrincipal: a service control policy has no principal; use a condition on "
            "aws:PrincipalArn",
        ),
        (
            policy({**DENY, "Comment": "x"}),
            "8: Statement[0].Comment: is not an element of a service control policy",
        ),
        (policy({**DENY, "Effect": "deny"}), "5: Statement[0].Effect: must be Allow or Deny"),
        (policy({**DENY, "Sid": "a b"}), "8: Statement[0].Sid: must have letters A-Z a-z and digits only"),
        (policy({**DENY, "Sid": "a"}, {**DENY, "Sid": "a"}), "14: Statement[1].Sid: a is given twice"),
        (policy({**DENY, "NotAction": "*"}), "4: Statement[0]: must have either Action or NotAction"),
        (policy({**DENY, "NotResource": "*"}), "4: Statement[0]: must have either Resource or NotResource"),
        (
            policy({"Effect": "Deny", "Action": "s3:*"}),
            "4: Statement[0]: must have either Resource or NotResource",
        ),
        (policy({**DENY, "Action": []}), "6: Statement[0].Action: is empty"),
        (policy({**DENY, "Action": "s3"}), "6: Statement[0].Action: 's3' must be * or service:Action"),
        (
            policy({**DENY, "Action": ["*:Get*"]}),
            "6: Statement[0].Action: '*:Get*' must be * or service:Action",
        ),
        (policy({**DENY, "Action": 1}), "6: Statement[0].Action: 1 must be * or service:Action"),
        (policy({**DENY, "Resource": "bucket"}), "7: Statement[0].Resource: 'bucket' must be * or an ARN"),
        (policy({**DENY, "Condition": {}}), "8: Statement[0].Condition: must be an object of operators"),
        (
            policy({**DENY, "Condition": {"StringLikes": {"a": "b"}}}),
            "9: Statement[0].Condition.StringLikes: is not a condition operator of IAM",
        ),
        (
            policy({**DENY, "Condition": {"StringLike": "b"}}),
            "9: Statement[0].Condition.StringLike: must be an object of condition keys",
        ),
        (
            policy({**DENY, "Condition": {"StringLike": {"a": []}}}),
            "10: Statement[0].Condition.StringLike.a: "
            "must be a text, a number, a truth value or a list of them",
        ),
    ],
)
def test_what_is_refused_and_where(content: Any, expected: str) -> None:
    assert problems(content) == [expected]


def test_a_key_given_twice_is_refused_by_name() -> None:
    text = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Effect": "Deny"}]}'
    assert problems(text) == [" is not JSON: the key 'Effect' is given twice in one object"]


def test_every_problem_is_told_at_once() -> None:
    wrong = policy({"Effect": "Maybe", "Action": "x", "Resource": "y"}, "z")
    assert len(problems(wrong)) == 4


def test_tabs_and_deep_nesting_are_no_reason_to_fail() -> None:
    text = json.dumps(policy({**DENY, "Effect": "No"}), indent="\t")
    assert problems(text) == ["5: Statement[0].Effect: must be Allow or Deny"]
    assert problems("[" * 100_000)[0].startswith(" is not JSON: ")


def test_the_text_that_is_written_has_no_white_space_and_every_letter() -> None:
    made, _, _ = read(json.dumps(policy({**DENY, "Sid": "A"}), indent=4), file="p")
    assert made is not None
    assert made.content == (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*","Sid":"A"}]}'
    )
    assert minified({"a": "é x"}) == '{"a":"é x"}'


def test_conditions_become_text_as_iam_compares_them() -> None:
    statement = {
        **DENY,
        "Condition": {"Bool": {"aws:SecureTransport": False}, "NumericEquals": {"k": [1, 2]}},
    }
    made, _, _ = read(json.dumps(policy(statement)), file="p")
    assert made is not None
    assert made.statements[0].conditions == (
        Condition(operator="Bool", key="aws:SecureTransport", values=("false",)),
        Condition(operator="NumericEquals", key="k", values=("1", "2")),
    )


def test_same_meaning_and_what_allows() -> None:
    assert same('{"a": 1, "b": 2}', '{"b":2,"a":1}')
    assert not same('{"a": 1}', '{"a":2}')
    assert same("no json", "no json")
    assert not same("no json", "{}")
    assert allows('{"Statement": {"Effect": "Allow"}}')
    assert not any(map(allows, ('{"Statement": [{"Effect": "Deny"}]}', "x", "[]", "{}")))
    read_, _, _ = document.read(json.dumps(policy(DENY)), file="p")
    assert read_ is not None
    assert not read_.allows
