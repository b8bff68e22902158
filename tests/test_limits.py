"""What AWS and AFT accept: each limit at its edge, with the words a person gets."""

import pytest
from aftgen import limits


@pytest.mark.parametrize("name", ["a", "Payments Prod", "a.b_c-9", "9lives", "x" * 50])
def test_account_names_that_service_catalog_takes(name: str) -> None:
    assert limits.account_name_problems(name) == []


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "the account name is empty"),
        ("x" * 51, "the account name has 51 characters, Organizations allows 50"),
        (" a", "the account name begins or ends with a space"),
        ("a\n", "the account name begins or ends with a space"),
        ("a+b", "may hold only letters"),
        ("-a", "may hold only letters"),
        ("é", "may hold only letters"),
        ("a/b", "may hold only letters"),
        ("a\\", "may hold only letters"),
    ],
)
def test_account_names_that_fail_after_the_merge(name: str, problem: str) -> None:
    found = limits.account_name_problems(name)
    assert len(found) == 1
    assert problem in found[0]


def test_a_name_can_be_wrong_in_two_ways() -> None:
    assert len(limits.account_name_problems("+" * 51)) == 2


@pytest.mark.parametrize(
    "email", ["a@b.co", "aws+payments-prod@example.com", "x" * 52 + "@example.com", "a!b@b.co"]
)
def test_emails_that_organizations_takes(email: str) -> None:
    assert limits.email_problems(email) == []


@pytest.mark.parametrize(
    ("email", "problem"),
    [
        ("a@b.c", "the email has 5 characters"),
        ("x" * 53 + "@example.com", "the email has 65 characters"),
        ("aé@example.com", "the email holds characters outside ASCII"),
        ("example.com", "an email has exactly one '@'"),
        ("a@b@example.com", "an email has exactly one '@'"),
        ("@example.com", "the email has nothing before '@'"),
        (".a@example.com", "the part before '@' begins with '.'"),
        ("a b@example.com", "the part before '@' begins with '.' or holds a space"),
        ("a%b@example.com", "the part before '@' begins with '.' or holds a space"),
        ("a\x00b@example.com", "the part before '@' begins with '.' or holds a space"),
        ("a@example", "the part after '@' is not a domain name"),
        ("a@-example.com", "the part after '@' is not a domain name"),
        ("a@exa..mple.com", "the part after '@' is not a domain name"),
        ("a@example.com.", "the part after '@' is not a domain name"),
        ("a@example.com\n", "the part after '@' is not a domain name"),
    ],
)
def test_emails_that_organizations_refuses(email: str, problem: str) -> None:
    found = limits.email_problems(email)
    assert any(problem in one for one in found), found


@pytest.mark.parametrize(
    ("text", "name", "ou_id"),
    [
        ("Sandbox", "Sandbox", None),
        ("Prod (ou-ab12-cdefgh12)", "Prod", "ou-ab12-cdefgh12"),
        ("Team (EU) (ou-ab12-cdefgh12)", "Team (EU)", "ou-ab12-cdefgh12"),
        ("Prod(ou-ab12-cdefgh12)", "Prod(ou-ab12-cdefgh12)", None),
        ("ou-ab12-cdefgh12", "ou-ab12-cdefgh12", None),
    ],
)
def test_an_ou_is_read_as_aft_reads_it(text: str, name: str, ou_id: str | None) -> None:
    assert limits.parse_ou(text) == limits.OuReference(name, ou_id)
    assert str(limits.parse_ou(text)) == text


@pytest.mark.parametrize("text", ["Sandbox", "Root", "Prod (ou-ab12-cdefgh12)", "n" * 128, "Team (EU)"])
def test_ous_of_a_right_form(text: str) -> None:
    assert limits.ou_problems(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the organizational unit is empty"),
        ("  ", "the organizational unit is empty"),
        ("ou-ab12-cdefgh12", "a bare OU id is taken for an OU's name"),
        ("Prod(ou-ab12-cdefgh12)", "AFT wants one space before"),
        ("Prod (ou-ab12-cdefgh12) ", "AFT wants one space before"),
        ("Prod (ou-x)", "'ou-x' is not an OU id"),
        ("Prod  (ou-ab12-cdefgh12)", "there is more than one space"),
        ("Workloads/Prod", "AFT does not take OU paths"),
        ("n" * 129, "an OU name has at most 128 characters"),
        (" Prod", "the OU name begins or ends with a space"),
    ],
)
def test_ous_of_a_wrong_form(text: str, problem: str) -> None:
    found = limits.ou_problems(text)
    assert len(found) == 1
    assert problem in found[0]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("env", ""),
        ("ABC:Owner", "john@example.com"),
        ("日本", "東京 1"),
        ("k" * 128, "v" * 256),
        ("a/b=c+d-e_f.g", "x"),
    ],
)
def test_tags_that_organizations_takes(key: str, value: str) -> None:
    assert limits.tag_problems(key, value) == []


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("", "x", "a tag key has 1 to 128 characters, this has 0"),
        ("k" * 129, "x", "a tag key has 1 to 128 characters, this has 129"),
        ("k", "v" * 257, "a tag value has at most 256 characters, this has 257"),
        ("aws:x", "x", "tag keys that begin with 'aws:' belong to AWS"),
        ("AWS:x", "x", "tag keys that begin with 'aws:' belong to AWS"),
        ("a,b", "x", "the tag key holds ','"),
        ("a", "x;y", "the tag value holds ';'"),
        ("a", "x\ny", "the tag value holds '\\n'"),
        ("a", "✓", "the tag value holds '✓'"),
    ],
)
def test_tags_that_organizations_refuses(key: str, value: str, problem: str) -> None:
    found = limits.tag_problems(key, value)
    assert len(found) == 1
    assert problem in found[0]


def test_fifty_tags_and_no_more() -> None:
    assert limits.tags_problems({str(n): "" for n in range(50)}) == []
    assert limits.tags_problems({str(n): "" for n in range(51)}) == [
        "an account has at most 50 tags, this request has 51"
    ]


@pytest.mark.parametrize("key", ["a", "sso_groups", "a/b.c-d", "x" * 915])
def test_custom_field_names_that_ssm_takes(key: str) -> None:
    assert limits.custom_field_key_problems(key) == []


@pytest.mark.parametrize(
    ("key", "problem"),
    [
        ("", "a custom field has no name"),
        ("a b", "may hold only letters, digits and _ . - /"),
        ("é", "may hold only letters, digits and _ . - /"),
        ("/a", "has no '/' at its ends"),
        ("a//b", "has no '/' at its ends"),
        ("x" * 1011, "longer than SSM allows"),
        ("/".join("a" * 13), "SSM allows 15 levels"),
    ],
)
def test_custom_field_names_that_ssm_refuses(key: str, problem: str) -> None:
    found = limits.custom_field_key_problems(key)
    assert len(found) == 1
    assert problem in found[0]


def test_custom_field_values_are_counted_in_bytes() -> None:
    assert limits.custom_field_value_problems("é" * 2048) == []
    assert limits.custom_field_value_problems("é" * 2048 + "x") == [
        "the value has 4,097 bytes, SSM's standard tier takes 4,096"
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "SSM refuses an empty value: leave the custom field out"),
        ("{{x}}", "SSM refuses a value that holds '{{' (it reads it as a parameter reference)"),
        ("a\x07", "the text holds the control character U+0007"),
    ],
)
def test_custom_field_values_that_ssm_refuses(value: str, problem: str) -> None:
    assert limits.custom_field_value_problems(value) == [problem]


@pytest.mark.parametrize("name", ["", "sandbox", "teams/payments", "a.b-c_d"])
def test_customization_names_that_a_shell_leaves_alone(name: str) -> None:
    assert limits.customization_name_problems(name) == []


@pytest.mark.parametrize("name", ["a b", "a*", "$HOME", "../x", "a/../b", "/a", "a/", "a\n", "."])
def test_customization_names_that_aft_would_stumble_over(name: str) -> None:
    assert len(limits.customization_name_problems(name)) == 1


def test_text_is_kept_as_terraform_keeps_it() -> None:
    assert limits.normalise("e\u0301") == "é"


def test_the_provisioned_products_name_is_afts_own() -> None:
    assert limits.provisioned_product_name(" a b  c ") == "a-b--c"


@pytest.mark.parametrize("text", ["e" + "\u0301" * 30, "한국어", "\u1112" + "\u1161" * 30, "x" * 40])
def test_text_that_terraform_leaves_alone(text: str) -> None:
    assert limits.free_text_problems(text) == []


@pytest.mark.parametrize("text", ["e" + "\u0301" * 31, "é" + "\u0300" * 30, "\u1112" + "\u1161" * 31])
def test_text_that_terraform_would_change(text: str) -> None:
    problem = ["the text holds more than 30 combining characters in a row"]
    assert limits.free_text_problems(text) == problem
    assert limits.sso_name_problems(text) == problem
    assert limits.custom_field_value_problems(text) == problem
