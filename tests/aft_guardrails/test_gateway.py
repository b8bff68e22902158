"""The gateway alone: botocore's own shapes, statuses and errors, and which errors are good news."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from aft_access.errors import AwsError, RefusedError
from aft_access.identity_center import Caller
from aft_access.pace import Pace
from aft_guardrails.declarations import Policy
from aft_guardrails.document import read
from aft_guardrails.gateway import TYPE, PolicyGateway
from aft_guardrails.values import LivePolicy, Root, Summary
from botocore.stub import Stubber

DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'
ID, OTHER = "p-examplepolicy1", "p-examplepolicy2"
TARGET = {"PolicyId": ID, "TargetId": "555555555555"}
OURS = {"Key": "aftgen:owner", "Value": "aft-guardrails"}


class FakeClock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds


class Stubbed:
    """A session whose one client answers from a botocore Stubber, and the gateway over it."""

    def __init__(self) -> None:
        self.real = boto3.client(
            "organizations", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
        )
        self.stub = Stubber(self.real)
        self.stub.activate()
        self.clock = FakeClock()
        caller = Caller(lambda: self, self.clock, Pace(self.clock, 20.0))
        self.gateway = PolicyGateway(caller, self.clock)

    def client(self, *_: Any, **__: Any) -> Any:
        return self.real

    def answers(self, operation: str, response: dict[str, Any], given: dict[str, Any] | None = None) -> None:
        self.stub.add_response(operation, response, given)

    def fails(self, operation: str, code: str, message: str = "", **fields: Any) -> None:
        self.stub.add_client_error(operation, code, message, modeled_fields=fields or None)


@pytest.fixture
def aws() -> Iterator[Stubbed]:
    made = Stubbed()
    yield made
    made.stub.assert_no_pending_responses()


def wanted(**parts: Any) -> Policy:
    document, _, _ = read(DENY, file="p")
    assert document is not None
    return Policy(**{"name": "a", "description": "d", "document": document, "tags": (("k", "v"),), **parts})


def live(**parts: Any) -> LivePolicy:
    found = {"id": ID, "name": "a", "description": "d", "content": DENY, "tags": (("k", "v"),), "ours": True}
    return LivePolicy(**{**found, **parts})


def described(name: str = "a") -> dict[str, Any]:
    summary = {"Id": ID, "Name": name, "Description": "d", "Type": TYPE, "AwsManaged": False}
    return {"Policy": {"PolicySummary": summary, "Content": DENY}}


@pytest.mark.parametrize("status", ["ENABLED", "PENDING_ENABLE", "PENDING_DISABLE", ""])
def test_the_root_and_whether_it_takes_policies(aws: Stubbed, status: str) -> None:
    types = [{"Type": "TAG_POLICY", "Status": "ENABLED"}]
    types += [{"Type": TYPE, "Status": status}] if status else []
    aws.answers("list_roots", {"Roots": [{"Id": "r-ab12", "PolicyTypes": types}]})
    assert aws.gateway.root() == Root(id="r-ab12", status=status)  # type: ignore[arg-type]


def test_what_is_on_attached_detached_or_gone_already_is_fine(aws: Stubbed) -> None:
    aws.fails("enable_policy_type", "PolicyTypeAlreadyEnabledException")
    aws.fails("attach_policy", "DuplicatePolicyAttachmentException")
    aws.fails("detach_policy", "PolicyNotAttachedException")
    aws.fails("delete_policy", "PolicyNotFoundException")
    aws.gateway.enable("r-ab12")
    aws.gateway.attach(ID, "555555555555")
    aws.gateway.detach(ID, "555555555555")
    aws.gateway.delete(ID)
    assert aws.clock.slept == []


@pytest.mark.parametrize(
    "code",
    ["ConcurrentModificationException", "PolicyChangesInProgressException", "ServiceException"],
)
def test_another_change_under_way_is_waited_for(aws: Stubbed, code: str) -> None:
    for _ in range(3):
        aws.fails("attach_policy", code)
    aws.answers("attach_policy", {}, TARGET)
    aws.gateway.attach(ID, "555555555555")
    assert len(aws.clock.slept) == 3
    first, _, third = aws.clock.slept
    assert 0.25 <= first <= 0.5
    assert 1.0 <= third <= 2.0


def test_throttling_is_waited_for(aws: Stubbed) -> None:
    aws.fails("attach_policy", "TooManyRequestsException")
    aws.answers("attach_policy", {}, TARGET)
    aws.gateway.attach(ID, "555555555555")


def test_waiting_ends() -> None:
    aws = Stubbed()
    for _ in range(40):
        aws.fails("attach_policy", "ConcurrentModificationException")
    with pytest.raises(AwsError, match="AttachPolicy: ConcurrentModificationException"):
        aws.gateway.attach(ID, "555555555555")
    assert 150 < sum(aws.clock.slept) <= 180


@pytest.mark.parametrize(
    ("code", "fields"),
    [
        ("ConstraintViolationException", {"Reason": "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"}),
        ("PolicyTypeNotEnabledException", {}),
        ("AccessDeniedException", {}),
        ("TargetNotFoundException", {}),
    ],
)
def test_what_does_not_pass_is_an_error_at_once(aws: Stubbed, code: str, fields: dict[str, str]) -> None:
    aws.fails("attach_policy", code, "because", **fields)
    with pytest.raises(AwsError, match=f"AttachPolicy: {code}: because"):
        aws.gateway.attach(ID, "555555555555")
    assert aws.clock.slept == []


def test_every_page_is_read_and_none_is_asked_to_be_larger_than_twenty(aws: Stubbed) -> None:
    asked = {"Filter": TYPE, "MaxResults": 20}
    aws.answers("list_policies", {"Policies": [{"Id": ID, "Name": "a"}], "NextToken": "t"}, asked)
    aws.answers("list_policies", {"Policies": [{"Id": OTHER, "Name": "b"}]}, {**asked, "NextToken": "t"})
    assert aws.gateway.every() == (Summary(id=ID, name="a"), Summary(id=OTHER, name="b"))
    aws.answers(
        "list_targets_for_policy", {"Targets": [{"TargetId": "1"}]}, {"PolicyId": ID, "MaxResults": 20}
    )
    assert aws.gateway.targets(ID) == {"1"}


def test_a_policy_with_its_tags(aws: Stubbed) -> None:
    aws.answers("describe_policy", described())
    aws.answers("list_tags_for_resource", {"Tags": [OURS], "NextToken": "t"}, {"ResourceId": ID})
    aws.answers(
        "list_tags_for_resource",
        {"Tags": [{"Key": "k", "Value": "v"}]},
        {"ResourceId": ID, "NextToken": "t"},
    )
    assert aws.gateway.read(ID) == live()


@pytest.mark.parametrize("tag", [[], [{"Key": "aftgen:owner", "Value": "aft-access"}]])
def test_a_policy_without_our_tag_is_not_ours(aws: Stubbed, tag: list[dict[str, str]]) -> None:
    aws.answers("describe_policy", described())
    aws.answers("list_tags_for_resource", {"Tags": tag})
    found = aws.gateway.read(ID)
    assert found is not None
    assert not found.ours


def test_what_does_not_exist_is_none_and_what_is_denied_is_not(aws: Stubbed) -> None:
    aws.fails("describe_policy", "PolicyNotFoundException")
    assert aws.gateway.read(ID) is None
    aws.answers("describe_policy", described())
    aws.fails("list_tags_for_resource", "TargetNotFoundException")
    assert aws.gateway.read(ID) is None
    aws.fails("list_policies_for_target", "TargetNotFoundException")
    assert aws.gateway.on("ou-ab12-00000000") is None
    aws.fails("list_policies_for_target", "AccessDeniedException")
    with pytest.raises(AwsError):
        aws.gateway.on("ou-ab12-00000000")


def test_a_policy_is_made_with_its_tag_in_the_same_call(aws: Stubbed) -> None:
    given = {"Name": "a", "Description": "d", "Content": DENY, "Type": TYPE}
    aws.answers("create_policy", described(), {**given, "Tags": [OURS, {"Key": "k", "Value": "v"}]})
    assert aws.gateway.create(wanted()) == ID


def test_a_policy_whose_answer_was_lost_is_found_again(aws: Stubbed) -> None:
    aws.fails("create_policy", "ServiceException")
    aws.fails("create_policy", "DuplicatePolicyException")
    aws.answers("list_policies", {"Policies": [{"Id": OTHER, "Name": "b"}, {"Id": ID, "Name": "a"}]})
    aws.answers("describe_policy", described())
    aws.answers("list_tags_for_resource", {"Tags": [OURS]})
    assert aws.gateway.create(wanted()) == ID


def test_somebody_elses_policy_of_the_same_name_is_not_taken(aws: Stubbed) -> None:
    aws.fails("create_policy", "DuplicatePolicyException")
    aws.answers("list_policies", {"Policies": [{"Id": ID, "Name": "a"}]})
    aws.answers("describe_policy", described())
    aws.answers("list_tags_for_resource", {"Tags": []})
    with pytest.raises(RefusedError, match="the policy a exists and lacks our tag: it is somebody else's"):
        aws.gateway.create(wanted())


def test_only_what_differs_is_written(aws: Stubbed) -> None:
    aws.gateway.write(live(), wanted())
    aws.gateway.write(live(content=json.dumps(json.loads(DENY), indent=1, sort_keys=True)), wanted())
    aws.answers("update_policy", described(), {"PolicyId": ID, "Name": "a"})
    aws.gateway.write(live(name="renamed"), wanted())
    aws.answers("update_policy", described(), {"PolicyId": ID, "Content": DENY, "Description": "d"})
    aws.answers("tag_resource", {}, {"ResourceId": ID, "Tags": [{"Key": "k", "Value": "v"}]})
    aws.answers("untag_resource", {}, {"ResourceId": ID, "TagKeys": ["old"]})
    changed = live(content=DENY.replace("s3", "ec2"), description="", tags=(("k", "w"), ("old", "1")))
    aws.gateway.write(changed, wanted())
