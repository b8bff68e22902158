"""From what was given, the defaults and the policy to a request, or to everything that is wrong with it."""

import pytest
from aft_access.contract import AccessDeclaration, Grant
from aftgen.config import Config
from aftgen.inputs.complete import complete
from aftgen.inputs.raw import Given, RequestInput
from aftgen.inputs.surroundings import Surroundings
from aftgen.organization import Organization
from aftgen.request import AccountRequest

CONFIG = Config.model_validate(
    {
        "defaults": {
            "email": "aws+{name}@example.com",
            "sso_user": {"email": "ops@example.com", "first_name": "Ops", "last_name": "Team"},
            "requested_by": "Platform",
            "reason": "New account",
            "customization": "workload",
            "tags": {"managed-by": "aft"},
            "custom_fields": {"budget": "100"},
            "grants": {"ReadOnlyAccess": ["group:auditors"]},
        },
        "policy": {
            "name_pattern": "[a-z-]+",
            "email_pattern": r"aws\+.*",
            "tags": {
                "cost-center": {"required": True, "pattern": "[0-9]{6}", "description": "six digits"},
                "stage": {"values": ["dev", "prod"]},
            },
        },
    }
)
ORGANIZATION = Organization({"Sandbox": "ou-ab12-sandbox1", "Workloads/Prod": "ou-ab12-wlprod01"})
SURROUNDINGS = Surroundings(config=CONFIG, organization=ORGANIZATION, customizations=("sandbox", "workload"))
BARE = Surroundings()


def given(**values: object) -> Given:
    return Given(
        RequestInput.model_validate(values), lambda path: ".".join(str(step) for step in path) or "request"
    )


def test_defaults_fill_what_is_not_given() -> None:
    completed = complete(
        given(name="payments-prod", ou="Workloads/Prod", tags={"cost-center": "007123"}), SURROUNDINGS
    )
    assert completed.request == AccountRequest(
        name="payments-prod",
        email="aws+payments-prod@example.com",
        ou="Prod (ou-ab12-wlprod01)",
        sso_email="ops@example.com",
        sso_first_name="Ops",
        sso_last_name="Team",
        requested_by="Platform",
        reason="New account",
        tags={"managed-by": "aft", "cost-center": "007123"},
        custom_fields={"budget": "100"},
        access=AccessDeclaration(grants=(Grant.parse("ReadOnlyAccess:group:auditors"),)),
        customization="workload",
        label="payments-prod",
    )
    assert (completed.problems, completed.missing) == ((), ())


def test_what_is_given_wins() -> None:
    completed = complete(
        given(
            name="a",
            ou="Sandbox",
            email="aws+other@example.com",
            customization="",
            label="x",
            tags={"cost-center": "123456", "managed-by": "me"},
            custom_fields={"budget": "5"},
            grants={"ReadOnlyAccess": ["group:b"], "Admin": ["user:c"]},
        ),
        SURROUNDINGS,
    )
    request = completed.request
    assert request is not None
    assert (request.email, request.customization, request.label) == ("aws+other@example.com", "", "x")
    assert (request.tags["managed-by"], request.custom_fields) == ("me", {"budget": "5"})
    assert request.access == AccessDeclaration(
        grants=(Grant.parse("Admin:user:c"), Grant.parse("ReadOnlyAccess:group:b"))
    )


@pytest.mark.parametrize(
    ("grants", "declared"),
    [
        (None, ["ReadOnlyAccess:group:auditors"]),
        ({}, []),
        ({"ReadOnlyAccess": []}, []),
        ({"Admin": ["group:a"]}, ["Admin:group:a", "ReadOnlyAccess:group:auditors"]),
    ],
)
def test_grants_and_their_defaults(grants: object, declared: list[str]) -> None:
    completed = complete(
        given(name="a", ou="Sandbox", tags={"cost-center": "123456"}, grants=grants), SURROUNDINGS
    )
    assert completed.request is not None
    assert completed.request.access == AccessDeclaration(grants=tuple(map(Grant.parse, declared)))


def test_without_grants_nothing_is_declared() -> None:
    values = dict.fromkeys(("sso_first_name", "sso_last_name", "requested_by", "reason", "ou", "name"), "x")
    completed = complete(given(**values, email="a@example.com", sso_email="a@example.com"), BARE)
    assert completed.request is not None
    assert completed.request.access is None


def test_everything_that_is_missing() -> None:
    assert complete(given(), BARE).missing == (
        "name", "ou", "email", "sso_email", "sso_first_name", "sso_last_name", "requested_by", "reason",
    )  # fmt: skip
    assert complete(given(), SURROUNDINGS).missing == ("name", "ou", "tags.cost-center")


def test_all_problems_at_once_with_their_places() -> None:
    completed = complete(
        given(
            name="Payments!",
            ou="Workloads/Prdo",
            email="AWS+a@example.com",
            sso_email="nobody",
            sso_first_name="a\nb",
            requested_by=" ",
            customization="wrkload",
            label="1x",
            tags={"cost-center": "12", "stage": "prd", "a,b": "x"},
            custom_fields={"access": "{}", "a b": "x", "empty": "", "big": "x" * 4097, "ref": "{{x}}"},
            grants={"Admin": ["auditors"], "Nobody": []},
        ),
        SURROUNDINGS,
    )
    assert completed.request is None
    assert completed.problems == (
        "name: the account name may hold only letters, digits, spaces, '.', '_' and '-', and begins "
        "with a letter or "
        "digit (Service Catalog refuses the rest after the merge)",
        "ou: organization.yaml knows no OU 'Workloads/Prdo'. Did you mean 'Workloads/Prod'? It "
        "knows Sandbox, "
        "Workloads/Prod",
        "email: the email holds capital letters: Organizations may keep it in another case than AFT "
        "looks for",
        "sso_email: 'nobody' is not an email address",
        "sso_first_name: the text holds a line break",
        "requested_by: the text is empty",
        "customization: account-customizations/ has no folder 'wrkload'. Did you mean 'workload'? "
        "There are sandbox, "
        "workload.",
        "label: a label holds letters, digits, '_' and '-' only, and begins with a letter or '_'",
        "tags.cost-center: the tag cost-center: '12' does not match [0-9]{6} (six digits)",
        "tags.stage: the tag stage: 'prd' is not one of dev, prod",
        "tags.a,b: the tag key holds ',': letters, digits, spaces and _ . : / = + - @ are allowed",
        "custom_fields.access: the custom field 'access' is the access declaration: give grants instead",
        "custom_fields.a b: a custom field's name may hold only letters, digits and _ . - /",
        "custom_fields.empty: SSM refuses an empty value: leave the custom field out",
        "custom_fields.big: the value has 4,097 bytes, SSM's standard tier takes 4,096",
        "custom_fields.ref: SSM refuses a value that holds '{{' (it reads it as a parameter reference)",
        "grants.Admin: 'auditors' must begin with group: or user:",
        "grants.Nobody: Nobody is granted to nobody: name a principal, such as group:auditors",
    )


def test_a_problem_of_a_default_names_the_default() -> None:
    completed = complete(given(name="x" * 50, ou="Sandbox", tags={"cost-center": "123456"}), SURROUNDINGS)
    assert completed.problems == (
        "request (defaults.email in aftgen.yaml): the email has 66 characters, Organizations allows 6 to 64",
    )


def test_tags_that_the_policy_does_not_name_are_refused_where_it_says_so() -> None:
    config = Config.model_validate({"policy": {"tags": {"stage": {}}, "other_tags": "refuse"}})
    completed = complete(given(tags={"stgae": "x"}), Surroundings(config=config))
    assert completed.problems == (
        "tags.stgae: aftgen.yaml does not allow the tag 'stgae': did you mean 'stage'?",
    )


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("Sandbox", "Sandbox"),
        ("Workloads/Prod", "Prod (ou-ab12-wlprod01)"),
        ("Prod (ou-ab12-wlprod01)", "Prod (ou-ab12-wlprod01)"),
    ],
)
def test_the_ou(asked: str, written: str) -> None:
    completed = complete(given(name="a", ou=asked, tags={"cost-center": "123456"}), SURROUNDINGS)
    assert completed.request is not None
    assert completed.request.ou == written


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ("Prod", "organization.yaml knows no OU 'Prod'. Did you mean 'Workloads/Prod'? It knows "
        "Sandbox, Workloads/Prod"),
        ("Prod (ou-ab12-zzzzzzzz)", "organization.yaml knows no OU with the id ou-ab12-zzzzzzzz"),
        ("Dev (ou-ab12-wlprod01)", "ou-ab12-wlprod01 is the OU 'Workloads/Prod', not 'Dev'"),
        ("Prod  (ou-ab12-wlprod01)", "there is more than one space before '(ou-…)', or one before the name"),
    ],
)  # fmt: skip
def test_an_ou_that_the_registry_does_not_know(asked: str, problem: str) -> None:
    completed = complete(given(name="a", ou=asked, tags={"cost-center": "123456"}), SURROUNDINGS)
    assert completed.problems == (f"ou: {problem}",)


def test_text_is_normalised_as_terraform_does() -> None:
    completed = complete(
        given(name="a", ou="Sandbox", reason="cafe\u0301", tags={"cost-center": "123456", "e\u0301": "x"}),
        SURROUNDINGS,
    )
    assert completed.request is not None
    assert (completed.request.reason, completed.request.tags["é"]) == ("café", "x")


def test_two_spellings_of_one_key() -> None:
    completed = complete(given(tags={"e\u0301": "x", "é": "y"}), BARE)
    assert completed.problems == ("tags.é: 'é' is given twice",)


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[31m", "a\ud800"])
def test_control_characters_are_refused_everywhere(text: str) -> None:
    completed = complete(
        given(name=text, ou=text, email=text, sso_email=text, reason=text, customization=text, label=text),
        BARE,
    )
    assert [problem.split(": ")[0] for problem in completed.problems] == [
        "name", "ou", "email", "sso_email", "reason", "customization", "label",
    ]  # fmt: skip
    assert all(" U+" in problem for problem in completed.problems)


def test_a_declaration_that_ssm_would_not_store() -> None:
    users = [f"user:{'x' * 100}{number}" for number in range(50)]
    completed = complete(given(grants={"Admin": users}), BARE)
    (problem,) = completed.problems
    assert problem.startswith("grants: the declaration has 5,")
    assert problem.endswith("bytes, AFT stores 4,096: grant to groups")


def test_a_request_that_the_state_machine_would_not_take() -> None:
    fields = {f"field{number}": "x" * 4096 for number in range(70)}
    values = dict.fromkeys(("sso_first_name", "sso_last_name", "requested_by", "reason", "ou", "name"), "x")
    completed = complete(
        given(**values, email="a@example.com", sso_email="a@example.com", custom_fields=fields), BARE
    )
    (problem,) = completed.problems
    assert problem.endswith("bytes, AFT's state machine takes 262,144")
