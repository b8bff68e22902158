"""Names that pass for others, and permission sets whose content shows what they are."""

import json

import pytest
from aft_access import names, places
from aft_access.permission_sets import PermissionSet, PolicyName
from aft_access.privilege import is_privileged, reasons


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("platform-admins", "Platform_Admins"),
        ("platform-admins", "plаtform-admins"),
        ("platform-admins", "platform admins"),
        ("admin", "adrnin"),
        ("team1", "teaml"),
        ("ops", "0ps"),
        ("café", "cafe"),
        ("waw", "vvaw"),
    ],
)
def test_names_that_people_confuse_have_one_skeleton(one: str, other: str) -> None:
    assert names.skeleton(one) == names.skeleton(other)
    assert names.lookalikes([one, other, "unrelated"]) == [tuple(sorted([one, other]))]


@pytest.mark.parametrize(("one", "other"), [("auditors", "auditor"), ("team-a", "team-b"), ("dev", "prod")])
def test_other_names_do_not(one: str, other: str) -> None:
    assert names.lookalikes([one, other]) == []


def test_the_nearest_name_is_a_typing_slip_or_nothing() -> None:
    known = ["ReadOnlyAccess", "AdministratorAccess"]
    assert names.nearest("readonly-access", known) == "ReadOnlyAccess"
    assert names.nearest("Billing", known) is None


def test_imitation_is_by_prefix_with_an_underscore_or_by_look() -> None:
    assert names.imitates("DeveloperAccess_x", ["DeveloperAccess"]) == "DeveloperAccess"
    assert names.imitates("DeveloperAccessX", ["DeveloperAccess"]) is None
    assert names.imitates("DeveloperAccess", ["DeveloperAccess"]) is None
    assert names.imitates("Deve1operAccess", ["DeveloperAccess"]) == "DeveloperAccess"


def test_places_are_matched_by_id_at_any_depth() -> None:
    registry = places.Registry(ids={"A": "ou-a", "A/B": "ou-b", "C": "ou-c"})
    nested = registry.place("A/B")
    assert nested.ou_ids == {"ou-a", "ou-b"}
    assert registry.within(nested, ["A"], [])
    assert not registry.within(nested, ["C"], [])
    assert registry.within(nested, ["Root"], [])
    assert not registry.within(nested, ["Unknown"], ["111111111111"])
    live = registry.live(["ou-new", "ou-a", "r-1"], "111111111111")
    assert (live.path, registry.within(live, ["A"], [])) == ("A", True)
    assert registry.within(live, [], ["111111111111"])
    assert registry.live(["ou-new"], "1").path == ""
    assert (registry.knows("Root"), registry.knows("A/B"), registry.knows("B")) == (True, True, False)


def policy(*statements: object) -> str:
    return json.dumps({"Statement": list(statements)})


def allow(*actions: object) -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.mark.parametrize(
    "one",
    [
        PermissionSet(
            name="Auditors", managed_policies=(READ, "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess")
        ),
        PermissionSet(name="Empty"),
        PermissionSet(name="Logs", inline_policy=policy(allow("logs:Get*", "logs:DescribeLogGroups"))),
        PermissionSet(name="Who", inline_policy=policy(allow("sts:GetCallerIdentity"))),
        PermissionSet(name="Denied", inline_policy=policy({"Effect": "Deny", "NotAction": "s3:*"})),
        PermissionSet(name="AWSReadOnlyAccess", external=True),
        PermissionSet(
            name="One", inline_policy=json.dumps({"Statement": {"Effect": "Allow", "Action": "s3:List*"}})
        ),
    ],
)
def test_content_that_only_reads_is_shown_not_to_be_privileged(one: PermissionSet) -> None:
    assert reasons(one) == ()
    assert not is_privileged(one)


@pytest.mark.parametrize(
    ("one", "reason"),
    [
        (PermissionSet(name="ReadAdmin", managed_policies=(READ,)), "its name says so"),
        (PermissionSet(name="Forced", privileged=True), "its file says so"),
        (
            PermissionSet(name="AWSPowerUserAccess", external=True),
            "it is external: its content is not in the catalogue",
        ),
        (
            PermissionSet(name="Dev", managed_policies=("arn:aws:iam::aws:policy/PowerUserAccess",)),
            "the managed policy PowerUserAccess is not known to be read-only",
        ),
        (
            PermissionSet(name="Dev", customer_managed_policies=(PolicyName(name="dev"),)),
            "whoever may edit the policy dev in the account decides its content",
        ),
        (PermissionSet(name="Dev", inline_policy=policy(allow("*"))), "its inline policy allows *"),
        (PermissionSet(name="Dev", inline_policy=policy(allow("*:*"))), "its inline policy allows *:*"),
        (
            PermissionSet(name="Dev", inline_policy=policy(allow("iam:PassRole"))),
            "its inline policy allows iam:PassRole",
        ),
        (
            PermissionSet(name="Dev", inline_policy=policy(allow("sts:AssumeRole"))),
            "its inline policy allows sts:AssumeRole",
        ),
        (PermissionSet(name="Dev", inline_policy=policy(allow(5))), "its inline policy allows 5"),
        (
            PermissionSet(name="Dev", inline_policy=policy(allow("secretsmanager:GetSecretValue"))),
            "its inline policy allows secretsmanager:GetSecretValue",
        ),
        (
            PermissionSet(name="Dev", inline_policy=policy(allow("ssm:Get*"))),
            "its inline policy allows ssm:Get*",
        ),
        (
            PermissionSet(name="Dev", inline_policy=policy(allow("lambda:Get*"))),
            "its inline policy allows lambda:Get*",
        ),
        (
            PermissionSet(name="Dev", inline_policy=policy({"Effect": "Allow", "NotAction": "iam:*"})),
            "its inline policy allows everything except a list",
        ),
        (
            PermissionSet(name="Dev", inline_policy=policy("x")),
            "its inline policy has a statement that cannot be read",
        ),
    ],
)
def test_everything_else_is_privileged_and_says_why(one: PermissionSet, reason: str) -> None:
    assert reasons(one) == (reason,)
    assert is_privileged(one)
