"""What AFT refuses after the merge is refused here before it: each row of AFT reference §2.1 that a
repository can cause, and the limits of §2.3, in AFT's and AWS's own words. `aftgen check` finds most of them
as well: the last tests say which."""

from pathlib import Path

import pytest

from .stage import PROD, UNITS, Asked, play, repository

LAB = Asked()
NOT_VALID = "CT Request is not valid"


def test_a_sound_request_becomes_an_account(tmp_path: Path) -> None:
    asked = LAB.with_(ou=PROD, tags={"team": "a"}, fields={"note": "x"}, customization="workload")
    played = play(tmp_path, [asked], checks=True)
    account = played.account()
    assert (account.failures, account.what, account.ou, account.tags) == (
        (),
        "created",
        "Workloads/Prod",
        {"team": "a"},
    )
    assert [(each.principal, each.permission_set) for each in account.entries if not each.is_default] == [
        ("user:ana@example.com", "AWSAdministratorAccess")
    ]
    assert [event.stage for event in played.events if event.account == "lab"] == [
        "control tower",
        "control tower",
        "provisioning",
        "provisioning",
    ]


# --- §2.1, in its order --------------------------------------------------------------------------------
#
# Row 1 is "new (ADD)"; rows 10 and 11 are the two paragraphs below the table, the syntax of an OU and the
# request that fails when it is new. Row 9 needs a build: see test_customizations.py.


def test_row_1_a_name_that_is_taken(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB, LAB.with_(email="other@example.com")])
    failed = [each for each in played.result.accounts if each.failures]
    assert [each.failures[0].reasons for each in failed] == [
        (NOT_VALID, "Account Name: lab already used in Organizations")
    ]


def test_row_3_an_enrolled_account_is_found_by_its_email_whatever_its_case(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB], [LAB, LAB.with_(name="two", email="AWS+lab@example.com")])
    # AFT looks for an enrolled account by the email in any case, and takes that one over.
    assert played.account("two").what == "taken over"
    assert played.account("two").id == played.account("lab").id


def test_two_requests_of_one_email_write_one_row(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB, LAB.with_(name="two", label="two")])
    assert played.reasons("two") == [
        "ConditionalCheckFailedException: The conditional request failed: another request writes the item "
        "aws+lab@example.com"
    ]
    assert played.account("lab").what == "created"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"email": "aft-management@control-tower.invalid"},
            "Account Email: aft-management@control-tower.invalid",
        ),
        ({"name": "AFT Management"}, "Account Name: AFT Management"),
    ],
)
def test_row_2_an_account_that_is_there_and_not_enrolled(
    tmp_path: Path, change: dict[str, str], said: str
) -> None:
    asked = LAB.with_(**change)
    expected = [NOT_VALID, f"{said} already used in Organizations"]
    assert play(tmp_path, [asked]).reasons(asked.name) == expected


def test_row_3_an_account_that_is_enrolled_already_is_taken_over(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB], [], [LAB.with_(name="renamed", ou=PROD)])
    account = played.account("renamed")
    assert (account.what, account.ou, account.failures) == ("taken over", "Sandbox", ())


@pytest.mark.parametrize(
    ("change", "parameter"),
    [
        ({"name": "laboratory"}, "AccountName"),
        ({"sso_email": "eve@example.com"}, "SSOUserEmail"),
        ({"sso_first_name": "Eve"}, "SSOUserFirstName"),
    ],
)
def test_row_4_a_parameter_that_cannot_change(tmp_path: Path, change: dict[str, str], parameter: str) -> None:
    changed = LAB.with_(**change)
    played = play(tmp_path, [LAB], [changed])
    assert played.reasons(changed.name) == [
        NOT_VALID,
        f"Control Tower parameter {parameter} cannot be modified",
    ]


def test_row_6_tags_are_lost_with_a_parameter_that_cannot_change(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB], [LAB.with_(sso_first_name="Eve", tags={"new": "tag"})])
    assert played.reasons()[0] == NOT_VALID
    assert played.account().tags == {}


def test_row_6_tags_arrive_with_a_move(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB], [LAB.with_(ou=PROD, tags={"new": "tag"})])
    account = played.account()
    assert (account.what, account.ou, account.tags) == (
        "moved from Sandbox",
        "Workloads/Prod",
        {"new": "tag"},
    )


def test_row_5_a_failed_creation_is_not_repaired_by_another_ou(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB.with_(ou="Nowhere")], [LAB])
    assert played.reasons() == ["No healthy provisioned product found for aws+lab@example.com"]


def test_row_8_a_failed_creation_is_not_repaired_by_a_tag(tmp_path: Path) -> None:
    wrong = LAB.with_(ou="Nowhere")
    played = play(tmp_path, [wrong], [wrong.with_(tags={"a": "b"})])
    assert played.reasons() == ["Account email aws+lab@example.com not found in Organization"]


@pytest.mark.parametrize(
    ("repair", "reasons"),
    [
        ({"ou": "Sandbox"}, ["No healthy provisioned product found for aws+lab@example.com"]),
        ({"name": "other"}, [NOT_VALID, "Control Tower parameter AccountName cannot be modified"]),
        ({"fields": {"a": "b"}}, ["Account email aws+lab@example.com not found in Organization"]),
    ],
)
def test_row_11_a_new_request_that_failed_is_not_repaired_by_an_edit(
    tmp_path: Path, repair: dict[str, object], reasons: list[str]
) -> None:
    wrong = LAB.with_(ou="Nowhere")
    repaired = wrong.with_(**repair)
    assert play(tmp_path, [wrong], [repaired]).reasons(repaired.name) == reasons


def test_row_11_it_is_repaired_by_leaving_it_out_and_asking_again(tmp_path: Path) -> None:
    account = play(tmp_path, [LAB.with_(ou="Nowhere")], [], [LAB]).account()
    assert (account.what, account.failures) == ("created", ())


def test_row_11_what_control_tower_began_and_failed_keeps_its_name(tmp_path: Path) -> None:
    wrong = LAB.with_(email="a@b@example.com")
    assert play(tmp_path, [wrong], [], [LAB]).reasons() == [
        "ProvisionProduct: InvalidParametersException: A stack named lab already exists."
    ]


def test_row_1_another_email_is_a_removal_and_a_new_account_of_the_same_name(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB], [LAB.with_(email="new@example.com")])
    assert played.reasons() == [NOT_VALID, "Account Name: lab already used in Organizations"]
    assert [each.what for each in played.result.removed] == ["left to itself"]


@pytest.mark.parametrize("name", ["Audit", "Log Archive"])
def test_row_7_a_shared_account_with_an_ou_id(tmp_path: Path, name: str) -> None:
    asked = LAB.with_(name=name, ou="Security (ou-ab12-security)")
    assert play(tmp_path, [asked]).reasons(name) == [
        "Unsupported action: Cannot change OU for a Shared CT account or CT management account"
    ]


def test_row_7_a_shared_accounts_email_under_another_name(tmp_path: Path) -> None:
    assert play(tmp_path, [LAB.with_(email="audit@control-tower.invalid")]).reasons() == [
        "Account Email audit@control-tower.invalid is a shared account email, however, the Account Name lab "
        "does not match"
    ]


def test_row_7_a_shared_accounts_name_with_another_email(tmp_path: Path) -> None:
    """The audit account of the embedded organization has the address of the last request that names it."""
    audit = LAB.with_(name="Audit", ou="Security")
    played = play(tmp_path, [audit.with_(email="a@example.com"), audit.with_(email="b@example.com")])
    refused, taken = played.result.accounts
    assert [failure.reasons for failure in refused.failures] == [
        (
            "Account Name Audit is a shared account Name, however, the Account Email a@example.com does not "
            "match",
        )
    ]
    assert (taken.what, taken.failures) == ("taken over", ())


def test_row_7_a_shared_account_that_is_to_move(tmp_path: Path) -> None:
    audit = LAB.with_(name="Audit", ou="Security")
    assert play(tmp_path, [audit], [audit.with_(ou="Sandbox")]).reasons("Audit") == [
        "No healthy provisioned product found for aws+lab@example.com"
    ]


def test_row_7_a_shared_account_by_the_plain_name_of_its_ou(tmp_path: Path) -> None:
    account = play(tmp_path, [LAB.with_(name="Audit", ou="Security")]).account("Audit")
    assert (account.what, account.id, account.failures) == ("taken over", "333333333333", ())


def test_row_7_the_management_account_is_in_root(tmp_path: Path) -> None:
    account = play(tmp_path, [LAB.with_(name="Management", ou="Root")]).account("Management")
    assert (account.what, account.id, account.failures) == ("taken over", "111111111111", ())


def test_a_removal_ends_what_is_afts_and_nothing_else(tmp_path: Path) -> None:
    removed = play(tmp_path, [LAB], []).result.removed
    assert [(each.name, each.what, each.ok) for each in removed] == [("lab", "left to itself", True)]
    assert "user:ana@example.com" in {entry.principal for entry in removed[0].entries}


@pytest.mark.parametrize("ou", ["Workloads/Prod", "Prod", "ou-ab12-wlprod01", "Prod (ou-ab12-sandbox1)"])
def test_row_10_an_ou_that_control_tower_does_not_find(tmp_path: Path, ou: str) -> None:
    expected = f"The parent organizational unit '{ou}' is not enrolled in AWS Control Tower"
    assert play(tmp_path, [LAB.with_(ou=ou)]).reasons() == [
        f"ProvisionProduct: InvalidParametersException: {expected}"
    ]


# --- §2.3: what fails late -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"name": "a+b"},
            "ProvisionProduct: ValidationException: 1 validation error detected: Value 'a+b' at "
            "'provisionedProductName' failed to satisfy constraint: Member must satisfy regular expression "
            "pattern: [a-zA-Z0-9][a-zA-Z0-9._-]*",
        ),
        (
            {"sso_email": "nobody"},
            r"ProvisionProduct: InvalidParametersException: Parameter SSOUserEmail failed to satisfy "
            r"constraint: [^\s@]+@[^\s@]+\.[^\s@]+",
        ),
        (
            {"name": "a" * 51},
            "Control Tower: INVALID_INPUT: the account name has 51 characters, Organizations allows 50",
        ),
        (
            {"email": "a@b@example.com"},
            "Control Tower: INVALID_EMAIL: an email has exactly one '@'",
        ),
    ],
)
def test_what_aws_refuses_to_create(tmp_path: Path, change: dict[str, str], words: str) -> None:
    asked = LAB.with_(**change)
    assert play(tmp_path, [asked]).reasons(asked.name)[0] == words


def test_two_names_that_become_one_product(tmp_path: Path) -> None:
    other = LAB.with_(name="a-b", email="other@example.com")
    assert play(tmp_path, [LAB.with_(name="a b"), other]).reasons("a-b") == [
        "ProvisionProduct: InvalidParametersException: A stack named a-b already exists."
    ]


_TAGS = "tag_account: An error occurred ({}) when calling the TagResource operation: "
_FIELDS = "account_metadata_ssm: An error occurred ({}) when calling the PutParameter operation: "


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"tags": {"team": "a&b"}},
            _TAGS.format("InvalidInputException")
            + "1 validation error detected: Value 'a&b' at 'tags.1.member.value' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: ^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$",
        ),
        (
            {"tags": {"AWS:team": "a"}},
            _TAGS.format("InvalidInputException")
            + "You specified a tag key that is a system tag. You can't add, edit, or delete system tag keys "
            "because they're reserved for AWS use.",
        ),
        (
            {"tags": {f"k{number}": "v" for number in range(51)}},
            _TAGS.format("ConstraintViolationException")
            + "You have exceeded the number of tags allowed on this resource: 50.",
        ),
        (
            {"tags": {"cost": "=7"}},
            "tag_account: Parameter validation failed:\nInvalid type for parameter Tags[0].Value, value: 7, "
            "type: <class 'int'>, valid types: <class 'str'>",
        ),
        (
            {"fields": {"two words": "x"}},
            _FIELDS.format("ValidationException")
            + 'Parameter name: can\'t be prefixed with "ssm" (case-insensitive). If formed as a path, it can '
            "consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, "
            "numbers and the following 3 symbols .-_",
        ),
        (
            {"fields": {"long": "x" * 4097}},
            _FIELDS.format("ValidationException")
            + "Standard tier parameters support a maximum parameter value of 4096 characters. To create a "
            "larger parameter value, upgrade the parameter to use the advanced-parameter tier.",
        ),
        (
            {"fields": {"empty": ""}},
            _FIELDS.format("ValidationException")
            + "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must "
            "have length greater than or equal to 1.",
        ),
        (
            {"fields": {"reference": "{{x}}"}},
            _FIELDS.format("ValidationException")
            + 'Parameter value can\'t nest another parameter. Do not use "{{}}" in the value.',
        ),
        (
            {"fields": {"number": "=7"}},
            "account_metadata_ssm: Parameter validation failed:\nInvalid type for parameter Value, value: 7, "
            "type: <class 'int'>, valid types: <class 'str'>",
        ),
    ],
)
def test_what_fails_once_the_account_is_there(tmp_path: Path, change: dict[str, object], words: str) -> None:
    played = play(tmp_path, [LAB.with_(**change)])
    assert played.reasons() == [words]
    assert (played.account().what, played.account().id) == ("created", "900000000001")


def test_a_tag_that_goes_from_the_request_stays_on_the_account(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB.with_(tags={"a": "1", "b": "2"})], [LAB.with_(tags={"b": "3"})])
    assert played.account().tags == {"a": "1", "b": "3"}


def test_without_the_state_machine_no_pipeline_is_made(tmp_path: Path) -> None:
    tree = repository(
        tmp_path / "r", LAB, files={"account-provisioning-customizations/terraform/main.tf": "locals {}\n"}
    )
    assert play(tmp_path, tree).reasons() == [
        "aft_account_provisioning_customizations: StateMachineDoesNotExist: State Machine Does Not Exist: "
        "'aft-account-provisioning-customizations' (account-provisioning-customizations/ must define it; no "
        "pipeline is created without it)"
    ]


# --- the account-request pipeline ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {"backend.jinja": "{% if %}"},
            "backend.jinja:1: jinja2: Expected an expression, got 'end of statement block'",
        ),
        ({"backend.jinja": "terraform {\n"}, "backend.tf, rendered for oss: line 1: "),
        ({"backend.tf": "terraform {\n}\n", "backend.jinja": "}\n"}, "backend.tf, rendered for oss: line "),
    ],
)
def test_templates_that_cannot_be_rendered_stop_everything(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    tree = repository(
        tmp_path / "r",
        LAB,
        files={f"account-requests/terraform/{name}": text for name, text in files.items()},
    )
    result = play(tmp_path, tree).result
    assert result.stopped[0].startswith(reason)
    assert (result.accounts, result.ok) == ((), False)


def test_what_only_terraform_can_evaluate_is_refused_with_that_reason(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB.with_(tags={"team": '=upper("a")'}), Asked(name="b", email="b@example.com")])
    [refused] = [each for each in played.result.accounts if each.failures]
    assert (refused.name, refused.failures[0].stage) == ("lab", "requests")
    assert "is not evaluated" in refused.failures[0].reasons[0]
    assert played.account("b").what == "created"


@pytest.mark.terraform
def test_terraform_evaluates_what_it_can(tmp_path: Path) -> None:
    played = play(tmp_path, [LAB.with_(tags={"team": '=upper("a")'})], terraform=True)
    assert (played.account().failures, played.account().tags) == ((), {"team": "A"})


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ([LAB.with_(ou="Workloads/Prod")], "O001"),
        ([LAB.with_(ou="Prod")], "O003"),
        ([LAB.with_(ou="Nowhere")], "O002"),
        ([LAB.with_(name="a+b")], "N001"),
        ([LAB.with_(email="nobody")], "E002"),
        ([LAB.with_(sso_email="nobody")], "S001"),
        ([LAB.with_(tags={"team": "a&b"})], "T002"),
        ([LAB.with_(tags={"team": "=7"})], "T003"),
        ([LAB.with_(fields={"two words": "x"})], "C001"),
        ([LAB.with_(fields={"empty": ""})], "C002"),
        ([LAB.with_(customization="nothing-like-it")], "K001"),
        ([LAB, LAB.with_(email="other@example.com")], "N002"),
        ([LAB, LAB.with_(name="two", label="two")], "E001"),
    ],
)
def test_the_checks_refuse_it_before_anything_is_applied(
    tmp_path: Path, asked: list[Asked], rule: str
) -> None:
    played = play(tmp_path, asked, checks=True)
    refused = [each for each in played.result.accounts if each.failures]
    assert {failure.stage for each in refused for failure in each.failures} == {"requests"}
    assert any(reason.startswith(rule) for each in refused for reason in each.failures[0].reasons)
    assert [each.id for each in refused] == [""] * len(refused)


def test_what_terraform_refuses_stops_every_request(tmp_path: Path) -> None:
    tree = repository(
        tmp_path / "r", LAB, files={"account-requests/terraform/bad.tf": 'resource "null_resource" "x" {}\n'}
    )
    result = play(tmp_path, tree, checks=True).result
    assert result.accounts == ()
    assert result.stopped[0].startswith("account-requests/terraform/bad.tf:1:1: B001 ")


def test_a_request_that_is_refused_now_leaves_what_is_there(tmp_path: Path) -> None:
    """It is not merged: it must not look like a request that was deleted."""
    played = play(tmp_path, [LAB], [LAB.with_(tags={"team": "a&b"})], checks=True)
    assert (played.account().what, played.result.removed) == ("unchanged", ())
    assert played.reasons()[0].startswith("T002 ")


def test_the_units_of_these_tests_are_those_of_the_repository() -> None:
    assert UNITS["Workloads/Prod"] in PROD
