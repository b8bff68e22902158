"""``aftgen login`` against the embedded portal, over HTTP."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aftgen.cloud import Account, Behaviour, LandingZone, LandingZonePlan, serve
from aftgen.cloud.portal import sign_in
from command_line import aftgen

URL = "https://example.awsapps.com/start"
PROD, DEV = "555555555555", "666666666666"
PLAN = LandingZonePlan(
    accounts=(
        Account(id=PROD, name="payments prod", email="pay@example.com", ou="Workloads/Prod"),
        Account(id=DEV, name="ledger", email="ledger@example.com", ou="Workloads/Prod"),
    ),
    users=("ann@example.com",),
    groups={"developers": ("ann@example.com",), "auditors": ()},
)
GIVEN = ("--portal-url", URL, "--sso-region", "eu-west-1")


@pytest.fixture(scope="module")
def zone() -> Iterator[LandingZone]:
    with serve(Behaviour(page_size=1), seed=3) as server:
        zone = LandingZone.build(server.cloud, PLAN)
        for name in ("Admin", "ReadOnly"):
            zone.add_permission_set(name)
        zone.assign(PROD, "ReadOnly", "group:developers")
        zone.assign(PROD, "Admin", "user:ann@example.com")
        zone.assign(DEV, "ReadOnly", "group:developers")
        zone.assign(DEV, "Admin", "group:auditors")
        yield zone


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zone: LandingZone) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("AWS_ENDPOINT_URL_SSO", str(zone.cloud.endpoint))
    for name in ("AWS_CONFIG_FILE", "AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def signed_in(home: Path, zone: LandingZone) -> Path:
    cache = home / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"startUrl": URL, "region": "eu-west-1", "expiresAt": "2999-01-01T00:00:00Z"}
    token["accessToken"] = sign_in(zone, "ann@example.com")
    (cache / "token.json").write_text(json.dumps(token))
    return cache / "token.json"


def test_one_account_with_its_links(signed_in: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "login", "payments prod", *GIVEN)
    assert (done.code, done.err) == (0, "")
    assert done.out == (
        f"portal  {URL}\n\n"
        "ACCOUNT        PERMISSION SET  PROFILE                 ID\n"
        f"payments prod  Admin           payments-prod.Admin     {PROD}\n"
        f"payments prod  ReadOnly        payments-prod.ReadOnly  {PROD}\n\n"
        f"Admin: {URL}/#/console?account_id={PROD}&role_name=Admin\n"
        f"ReadOnly: {URL}/#/console?account_id={PROD}&role_name=ReadOnly\n"
    )


def test_profiles_are_written_once_and_everything_else_stays(
    signed_in: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = home / ".aws" / "config"
    config.write_text("# mine\n[default]\nregion=us-east-1\n")
    done = aftgen(capsys, "login", "--all", "--write", "--region", "eu-west-1", *GIVEN)
    assert done.code == 0
    assert "wrote the sso-session and 3 profiles; the old text is in" in done.err
    text = config.read_text()
    assert text == (
        "# mine\n[default]\nregion=us-east-1\n\n"
        f"[sso-session aftgen]\nsso_start_url = {URL}\nsso_region = eu-west-1\n"
        "sso_registration_scopes = sso:account:access\n\n"
        f"[profile ledger.ReadOnly]\nsso_session = aftgen\nsso_account_id = {DEV}\n"
        "sso_role_name = ReadOnly\nregion = eu-west-1\n\n"
        f"[profile payments-prod.Admin]\nsso_session = aftgen\nsso_account_id = {PROD}\n"
        "sso_role_name = Admin\nregion = eu-west-1\n\n"
        f"[profile payments-prod.ReadOnly]\nsso_session = aftgen\nsso_account_id = {PROD}\n"
        "sso_role_name = ReadOnly\nregion = eu-west-1\n"
    )
    again = aftgen(capsys, "login", "--all", "--write", "--region", "eu-west-1", *GIVEN)
    assert (again.code, again.err) == (0, f"{config} says all of it already\n")
    assert config.read_text() == text


def test_a_dry_run_shows_the_change_only(
    signed_in: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = aftgen(capsys, "login", PROD, "--write", "--dry-run", "--role", "Admin", *GIVEN)
    assert done.code == 0
    assert "+[profile payments-prod.Admin]" in done.err.splitlines()
    assert not (home / ".aws" / "config").exists()


def test_somebody_elses_profile_of_that_name_is_not_taken(
    signed_in: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = home / ".aws" / "config"
    config.write_text("[profile payments-prod.Admin]\nregion = us-east-1\n")
    done = aftgen(capsys, "login", PROD, "--write", *GIVEN)
    assert done.code == 1
    assert "- payments-prod.Admin" in done.err
    assert config.read_text() == "[profile payments-prod.Admin]\nregion = us-east-1\n"
    assert aftgen(capsys, "login", PROD, "--write", "--prefix", "aft-", *GIVEN).code == 0


def test_before_the_first_sign_in(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = aftgen(capsys, "login", "payments prod", *GIVEN)
    assert (shown.code, shown.out) == (0, f"portal  {URL}\n")
    assert "aws sso login --sso-session aftgen" in shown.err
    written = aftgen(capsys, "login", "payments prod", "--write", *GIVEN)
    assert written.code == 1, "no profile was written"
    assert (home / ".aws" / "config").read_text().startswith("[sso-session aftgen]\n")


def test_a_session_that_the_portal_ended(signed_in: Path, capsys: pytest.CaptureFixture[str]) -> None:
    signed_in.write_text(signed_in.read_text().replace("embedded-portal-", "embedded-portal-x"))
    done = aftgen(capsys, "login", "--all", *GIVEN)
    assert done.code == 1
    assert "no longer accepts your session" in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["payment prod"], 1, "did you mean 'payments prod'?"),
        (["zzz"], 1, "'aftgen login --all' lists yours"),
        ([PROD, "--role", "Root"], 1, "you have Admin, ReadOnly"),
        ([], 2, "name an account, or say --all"),
        (["x", "--all"], 2, "name an account, or say --all"),
        (["x", "--dry-run"], 2, "--dry-run needs --write"),
        (["--all", "--open"], 2, "--open needs the NAME of one account"),
        (["x", "--session", "a]b"], 2, "letters, digits and ._+=@- only"),
        (["x", "--portal-url", "http://x"], 2, "is not the address of a portal"),
    ],
)
def test_what_is_refused(
    signed_in: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    done = aftgen(capsys, "login", *GIVEN, *arguments)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_the_portal_of_access_yaml(signed_in: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    center = home / "global-customizations" / "identity-center"
    center.mkdir(parents=True)
    (home / "aftgen.yaml").write_text("version: 1\n")
    (center.parent / "organization.yaml").write_text("organizational_units: {}\n")
    (center / "access.yaml").write_text("identity_center: {region: eu-west-1}\n")
    without = aftgen(capsys, "login", "ledger")
    assert (without.code, "nothing says what --portal-url is" in without.err) == (2, True)
    (center / "access.yaml").write_text(f"identity_center: {{region: eu-west-1, portal_url: '{URL}'}}\n")
    done = aftgen(capsys, "login", "ledger@EXAMPLE.com", "--json")
    assert done.code == 0
    assert json.loads(done.out) == {
        "version": 1,
        "portal_url": URL,
        "signed_in": True,
        "accounts": [
            {
                "id": DEV,
                "name": "ledger",
                "email": "ledger@example.com",
                "link": f"{URL}/#/console?account_id={DEV}",
                "permission_sets": [
                    {
                        "name": "ReadOnly",
                        "profile": "ledger.ReadOnly",
                        "link": f"{URL}/#/console?account_id={DEV}&role_name=ReadOnly",
                    }
                ],
            }
        ],
        "written": None,
    }
