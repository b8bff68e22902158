"""What a request says about its account, and what a plan makes of it."""

import json
from pathlib import Path

import pytest
from adoption.adoption_world import commit, repository
from aftgen.adoption.claims import claimed
from aftgen.changes.plan import Kind
from aftgen.reader.folder import read
from aftgen.request import AccountRequest
from aftgen.writer import render
from check_repositories import REQUESTS, found
from command_line import Done, aftgen

ACCOUNT = "555555555555"
UNKNOWN = {"sso_email": "unknown: stays in Sandbox", "sso_first_name": "unknown", "sso_last_name": "unknown"}


def text(*comments: str, account_id: str = ACCOUNT, **values: str) -> str:
    made = {
        "name": "payments",
        "email": "aws+payments@example.com",
        "ou": "Sandbox",
        "sso_email": "ann@example.com",
        "sso_first_name": "Ann",
        "sso_last_name": "Lee",
        "requested_by": "Ada",
        "reason": "It exists",
    }
    return render(AccountRequest(**{**made, **values}, account_id=account_id, comments=comments))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    repository(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(root: Path, content: str, name: str = "payments.tf") -> None:
    (root / REQUESTS / name).write_text(content)


def plan(capsys: pytest.CaptureFixture[str], *more: str) -> Done:
    return aftgen(capsys, "plan", "--base", "HEAD", *more)


def rule(root: Path, name: str) -> list[str]:
    from aftgen.repository import find

    return [message for _, message in found(find(root), name)]


def test_a_claim_stands_in_the_block(root: Path) -> None:
    outside = "# aftgen:account=111111111111\n" + text(account_id="") + "# aftgen:account=222222222222\n"
    put(root, outside)
    put(root, text(name="other", email="o@example.com"), "other.tf")
    put(root, text(name="third", email="t@example.com").replace(ACCOUNT, "12345"), "third.tf")
    from aftgen.repository import find

    assert [claimed(one) for one in read(find(root)).requests] == [ACCOUNT, "", ""]


def test_comments_stay_one_line_each(root: Path) -> None:
    made = text("a\nb \x1b[31m")
    assert made.splitlines()[4:8] == [
        'module "payments" {',
        "  # aftgen:account=555555555555",
        "  # a\\nb \\x1b[31m",
        '  source = "./modules/aft-account-request"',
    ]


def test_a_new_request_for_an_account_that_exists_is_taken_over(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(root, text())
    done = plan(capsys)
    assert (done.code, done.out.splitlines()[0]) == (0, "1 account changes: 1 taken over.")
    said = " ".join(done.out.split())
    assert (
        "That it is account 555555555555 is its request's word, and was not looked up (SSO user "
        "ann@example.com)"
    ) in said
    assert (
        "1 account taken for existing because the request says so: where that is wrong, AFT creates an "
        "account, with the SSO user as its administrator"
    ) in said
    commit(root, "Import")
    assert plan(capsys).out == "No account changes.\n"


def test_without_the_claim_it_is_a_new_account(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, text(account_id=""))
    assert plan(capsys).out.splitlines()[0] == "1 account changes: 1 created, 1 grant added."


def test_what_aws_says_counts_more_than_a_claim(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The organization has the account's name already, and no such address."""
    put(root, text())
    there = {
        "version": 1,
        "organization": {"root": "r-ab12"},
        "organizational_units": [],
        "accounts": [
            {
                "id": "666666666666",
                "name": "payments",
                "email": "other@example.com",
                "status": "ACTIVE",
                "parent": "r-ab12",
            }
        ],
    }
    (root / "there.json").write_text(json.dumps(there))
    done = plan(capsys, "--organization", "there.json")
    assert done.code == 1
    assert "Account Name: payments already used in Organizations" in " ".join(done.out.split())
    assert "is its request's word" not in done.out
    assert plan(capsys, "--organization", "nowhere.json").code == 2


# --- an SSO user that nobody knows


def test_an_unknown_sso_user_is_right_where_the_account_stays(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(root, text(**UNKNOWN))
    done = aftgen(capsys, "check", "--no-terraform")
    assert (done.code, done.err) == (0, "1 request in 1 file checked, 0 errors, 0 warnings\n")
    assert plan(capsys).code == 0


def test_check_refuses_the_move(root: Path) -> None:
    put(root, text(**UNKNOWN, ou="Security"))
    assert rule(root, "S003") == [
        "the account's SSO user is not known: it stays in 'Sandbox', and 'Security' is another text"
    ]
    assert rule(root, "S001") == []


def test_check_refuses_it_for_an_account_that_is_not_said_to_exist(root: Path) -> None:
    put(root, text(**UNKNOWN, account_id=""))
    assert rule(root, "S003") == [
        "an SSO user may be unknown only where the account exists, and no comment says that it does"
    ]


def test_plan_refuses_the_move_and_allows_the_way_back(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(root, text(**UNKNOWN))
    commit(root, "Import")
    put(root, text(**UNKNOWN, ou="Security"))
    done = plan(capsys)
    assert done.code == 1
    assert (
        "Dangerous: the account's SSO user is not known, and AFT would send what stands there to Control "
        "Tower, which makes an SSO user an administrator of the account: leave it in Sandbox"
    ) in " ".join(done.out.split())
    commit(root, "Somebody moved it by hand")
    put(root, text(**UNKNOWN))
    assert plan(capsys).code == 0


def test_plan_refuses_a_new_account_without_a_known_user(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    put(root, text(**UNKNOWN, account_id=""))
    found = json.loads(plan(capsys, "--json").out)["accounts"]
    assert [(one["kinds"], len(one["dangers"]), one["access"]["granted"]) for one in found] == [
        ([Kind.CREATE.value], 1, [])
    ]


def test_edit_and_retire_refuse_the_move(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    put(root, text(**UNKNOWN))
    commit(root, "Import")
    done = aftgen(capsys, "edit", "payments", "--ou", "Security")
    assert done.code == 1
    assert done.err.startswith(
        "error: the SSO user of payments is not known, and with a move AFT sends it to Control Tower, which "
        "makes that user an administrator; nothing was written\nhint: "
    )
    assert aftgen(capsys, "edit", "payments", "--ou", "Sandbox").code == 0
    assert aftgen(capsys, "edit", "payments", "--tag", "a=b", "--quiet").code == 0
    assert aftgen(capsys, "retire", "payments", "--ou", "Security", "--quiet").code == 0
    commit(root, "Step 1")
    done = aftgen(capsys, "retire", "payments", "--ou", "Security", "--confirm-no-access", "--quiet")
    assert (done.code, done.err.startswith("error: the SSO user of payments is not known")) == (1, True)


def test_the_pipeline_and_the_policy_hold_nobody_against_an_unknown_user() -> None:
    from aft_access.requests import parse
    from aft_access.sso_user import stays_in, unknown

    item = {
        "id": {"S": "a@b.c"},
        "control_tower_parameters": {"M": {"SSOUserEmail": {"S": unknown("Sandbox")}}},
    }
    assert parse(item).sso_user_email == ""
    item["control_tower_parameters"]["M"]["SSOUserEmail"] = {"S": "ann@example.com"}  # type: ignore[index]
    assert parse(item).sso_user_email == "ann@example.com"
    assert (stays_in(unknown("A (ou-ab12-sandbox01)")), stays_in("ann@example.com"), stays_in("")) == (
        "A (ou-ab12-sandbox01)",
        None,
        None,
    )
