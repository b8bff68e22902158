"""Names of profiles and links."""

from aftgen.aws.portal import PortalAccount
from aftgen.login.profiles import Profile, link, profiles, session_settings

PORTAL = "https://example.awsapps.com/start"


def account(number: int, name: str, *roles: str) -> PortalAccount:
    return PortalAccount(id=f"{number:012}", name=name, email=f"{number}@example.com", roles=roles)


def test_a_profile_for_each_role_of_each_account() -> None:
    found = profiles([account(1, "payments prod", "Admin", "Read+Only"), account(2, "search", "Admin")])
    assert [(one.name, one.account_id, one.role) for one in found] == [
        ("payments-prod.Admin", "000000000001", "Admin"),
        ("payments-prod.Read+Only", "000000000001", "Read+Only"),
        ("search.Admin", "000000000002", "Admin"),
    ]


def test_names_that_become_the_same_carry_their_ids_all_of_them() -> None:
    found = profiles([account(1, "a b", "X"), account(2, "A-B", "X"), account(3, "c", "X")], prefix="my-")
    assert [one.name for one in found] == ["my-a-b-000000000001.X", "my-A-B-000000000002.X", "my-c.X"]


def test_names_of_nothing_but_forbidden_characters_still_differ() -> None:
    found = profiles([account(1, '"]\n[', "X"), account(2, "", "X")])
    assert [one.name for one in found] == ["-.X", "000000000002.X"]


def test_settings() -> None:
    profile = Profile(name="a.X", account_id="000000000001", role="X")
    keys = {"sso_session": "s", "sso_account_id": "000000000001", "sso_role_name": "X"}
    assert profile.settings("s", "") == keys
    assert profile.settings("s", "eu-west-1") == {**keys, "region": "eu-west-1"}
    assert session_settings(PORTAL, "eu-west-1") == {
        "sso_start_url": PORTAL,
        "sso_region": "eu-west-1",
        "sso_registration_scopes": "sso:account:access",
    }


def test_links() -> None:
    assert link(PORTAL + "/#/", "1") == f"{PORTAL}/#/console?account_id=1"
    assert link(PORTAL, "1", "A&b=c") == f"{PORTAL}/#/console?account_id=1&role_name=A%26b%3Dc"
