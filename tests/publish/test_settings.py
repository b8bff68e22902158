"""Where the four are: configuration, flags, and what AFT's module calls them."""

import pytest
from aftgen.config import Publish
from aftgen.errors import UsageError
from aftgen.publish.settings import NAMES, by_name, check_codecommit, repository_name, targets


def test_without_configuration_they_are_four_branches_of_origin() -> None:
    found = targets(Publish())
    assert [(one.name, one.remote, one.branch, one.ref) for one in found] == [
        (name, "origin", f"aft/{name}", f"refs/heads/aft/{name}") for name in NAMES
    ]


def test_one_remote_for_all_and_one_for_one() -> None:
    found = targets(Publish(), remotes={"": "here", "account-request": "there"})
    assert [one.remote for one in found] == ["here", "here", "here", "there"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("origin",), {"": "origin"}),
        (("https://h/x?a=b",), {"": "https://h/x?a=b"}),
        (("account-request=a=b",), {"account-request": "a=b"}),
        ((), {}),
    ],
)
def test_flags(values: tuple[str, ...], expected: dict[str, str]) -> None:
    assert by_name("--remote", values, all_allowed=True) == expected


@pytest.mark.parametrize("value", ["acount-request=x", "account-request=", "=x", ""])
def test_flags_that_name_nothing(value: str) -> None:
    with pytest.raises(UsageError) as caught:
        by_name("--remote", (value,), all_allowed=True)
    assert "account-provisioning-customizations" in (caught.value.hint or "")


def test_a_typing_slip() -> None:
    with pytest.raises(UsageError) as caught:
        by_name("--branch", ("acount-request=x",))
    assert (caught.value.hint or "").startswith("did you mean account-request? ")


@pytest.mark.parametrize("branch", ["--force", "a\nb"])
def test_a_branch_that_would_be_something_else(branch: str) -> None:
    with pytest.raises(UsageError, match="cannot be the branch of account-request"):
        targets(Publish(), branches={"account-request": branch})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://git.example.com/ops/aws-accounts.git", "ops/aws-accounts"),
        ("https://ada:token@git.example.com/ops/group/accounts", "ops/group/accounts"),
        ("git@git.example.com:ops/aws-accounts.git", "ops/aws-accounts"),
        ("ssh://git@git.example.com:7999/ops/accounts.git/", "ops/accounts"),
        (
            "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/aft-account-request",
            "aft-account-request",
        ),
        ("codecommit::eu-west-1://profile@aft-account-request", "aft-account-request"),
        ("/srv/git/accounts.git", "accounts"),
        ("file:///srv/git/accounts.git", "accounts"),
        ("C:\\git\\accounts", "C:\\git\\accounts"),
    ],
)
def test_what_afts_module_calls_a_repository(url: str, name: str) -> None:
    assert repository_name(url) == name


def test_four_codecommit_repositories_are_fine() -> None:
    base = "https://git-codecommit.eu-west-1.amazonaws.com/v1/repos"
    check_codecommit({name: f"{base}/aft-{name}" for name in NAMES})
    with pytest.raises(UsageError, match="account-customizations and account-request are one CodeCommit"):
        check_codecommit({"account-customizations": f"{base}/x", "account-request": f"{base}/x"})
