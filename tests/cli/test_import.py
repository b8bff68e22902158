"""``aftgen import``: what it writes, what it leaves out, and what it refuses."""

import json
import os
import sys
from pathlib import Path

import pytest
from adoption.adoption_values import account as existing_account
from adoption.adoption_values import existing as organization_of
from adoption.adoption_world import UNITS, account, organization, product, repository
from aftgen.adoption.exported import dump
from check_repositories import REQUESTS, request, write
from command_line import Done, aftgen, process

PAYMENTS, OLD, BARE, AUDIT = "555555555555", "666666666666", "777777777777", "333333333333"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository, and beside it the export of a small organization."""
    there = organization_of(
        existing_account(),
        existing_account(id=OLD, name="old", email="old@example.com", status="SUSPENDED"),
        existing_account(id=BARE, name="bare", email="bare@example.com", products=()),
        existing_account(
            id=AUDIT,
            name="Audit",
            email="audit@example.com",
            parent="ou-ab12-security1",
            products=(),
            tags={},
        ),
        audit=AUDIT,
    )
    units = dict(there.organization.ous)
    repository(tmp_path / "repository", units)
    (tmp_path / "organization.json").write_text(dump(there))
    monkeypatch.chdir(tmp_path / "repository")
    return tmp_path / "repository"


def imported(capsys: pytest.CaptureFixture[str], *arguments: object) -> Done:
    return aftgen(capsys, "import", "--from", "../organization.json", *arguments)


def files(root: Path) -> list[str]:
    return sorted(path.name for path in (root / REQUESTS).glob("*.tf"))


def test_what_it_says_in_eighty_columns(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = imported(capsys)
    assert done.code == 0
    assert done.out.splitlines() == [
        "created    account-requests/terraform/payments.tf",
        "left out   old (666666666666)",
        "           it is SUSPENDED: AFT fails on it, and with it every run for several",
        "           accounts",
        "left out   bare (777777777777)",
        "           Account Factory has no product of it: AFT would take its request for",
        "           a new account and fail: 'CT Request is not valid'",
        "           -> enroll it in Control Tower, and import it then",
        "left out   Audit (333333333333)",
        "           it is Control Tower's own: a request would run AFT's customizations",
        "           there",
        "           -> if that is meant: aftgen import 333333333333",
    ]
    assert done.err.splitlines() == [
        "1 request, 0 there already, 3 left out",
        "",
        "Next: review what was written, then",
        "  aftgen check",
        "  aftgen plan",
        "and open a pull request: when it is merged, AFT takes the accounts over and customizes them.",
        "Then, so that what stands there now is declared and owned:",
        "  aftgen access import --all --write --out declarations.txt",
        "  aftgen access adopt --account ID",
    ]


def test_the_file(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert imported(capsys, "--requested-by", "Grace", "--customization", "workload", "--quiet").err == ""
    assert (
        (root / REQUESTS / "payments.tf").read_text()
        == """\
# An account that exists, written by 'aftgen import'. AFT takes it over as it is; it compares neither the
# name nor the OU. To change it, edit the values, run 'aftgen check' and open a pull request. Keep the label
# and the file's name. AFT accepts no change of control_tower_parameters other than
# ManagedOrganizationalUnit.
module "payments" {
  # aftgen:account=555555555555
  source = "./modules/aft-account-request"

  control_tower_parameters = {
    AccountEmail              = "aws+payments@example.com"
    AccountName               = "payments"
    ManagedOrganizationalUnit = "Prod (ou-ab12-workprod1)"
    SSOUserEmail              = "ann@example.com"
    SSOUserFirstName          = "Ann"
    SSOUserLastName           = "Lee"
  }

  account_tags = {
    environment = "prod"
  }

  change_management_parameters = {
    change_requested_by = "Grace"
    change_reason       = "The account exists: AFT takes it over"
  }

  custom_fields = {}

  account_customizations_name = "workload"
}
"""
    )
    assert aftgen(capsys, "check", "--no-terraform").code == 0


def test_the_second_time_there_is_nothing_to_do(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    imported(capsys)
    before = (root / REQUESTS / "payments.tf").read_bytes()
    done = imported(capsys, "payments")
    assert (done.code, done.out, done.err) == (0, "", "0 requests, 1 there already, 0 left out\n")
    assert (root / REQUESTS / "payments.tf").read_bytes() == before


def test_a_request_in_any_file_and_letter_case_counts(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = request('control_tower_parameters = {\n  AccountEmail = "AWS+Payments@example.com"\n}\n')
    write(root, {f"{REQUESTS}/all.tf": text})
    assert imported(capsys, "--quiet").code == 0
    assert files(root) == ["all.tf"]


def test_an_account_that_is_named_and_left_out_is_a_refusal(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = imported(capsys, "old", "payments", "--quiet")
    assert (done.code, done.err) == (1, "")
    assert done.out.splitlines()[:2] == [
        "created    account-requests/terraform/payments.tf",
        "left out   old (666666666666)",
    ]


def test_control_towers_own_account_where_it_is_named(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = imported(capsys, AUDIT)
    assert (done.code, files(root)) == (0, ["Audit.tf"])
    assert "warning: 1 request does not know the SSO user (Audit)" in done.err
    assert 'ManagedOrganizationalUnit = "Security"' in (root / REQUESTS / "Audit.tf").read_text()
    assert (
        aftgen(capsys, "check", "--no-terraform").err == "1 request in 1 file checked, 0 errors, 0 warnings\n"
    )


def test_a_unit(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        imported(capsys, "--ou", "Security", "--quiet").out.splitlines()[0]
        == "left out   Audit (333333333333)"
    )
    assert files(root) == []
    assert imported(capsys, "--ou", "Workloads", "--quiet").code == 0
    assert files(root) == ["payments.tf"]
    done = imported(capsys, "--ou", "Workload")
    assert (done.code, done.err.splitlines()) == (
        2,
        ["error: the organization has no unit 'Workload'", "hint: did you mean 'Workloads'?"],
    )


def test_a_dry_run_prints_and_writes_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = imported(capsys, "--dry-run")
    assert done.out.startswith("# ---- account-requests/terraform/payments.tf ----\n# An account that exists")
    assert (files(root), "Next" in done.err) == ([], False)


def test_json(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(imported(capsys, "--json", "--dry-run", "--quiet").out)
    content = found["requests"][0].pop("content")
    assert content.startswith("# An account that exists")
    assert found == {
        "version": 1,
        "dry_run": True,
        "requests": [
            {
                "account": PAYMENTS,
                "name": "payments",
                "email": "aws+payments@example.com",
                "ou": "Prod (ou-ab12-workprod1)",
                "label": "payments",
                "file": "account-requests/terraform/payments.tf",
                "sso_user_known": True,
                "remarks": [],
            }
        ],
        "left_out": [
            {
                "account": OLD,
                "name": "old",
                "email": "old@example.com",
                "reason": "closed",
                "why": "it is SUSPENDED: AFT fails on it, and with it every run for several accounts",
                "next_step": None,
            },
            {
                "account": BARE,
                "name": "bare",
                "email": "bare@example.com",
                "reason": "not enrolled",
                "why": "Account Factory has no product of it: AFT would take its request for a new account "
                "and fail: 'CT Request is not valid'",
                "next_step": "enroll it in Control Tower, and import it then",
            },
            {
                "account": AUDIT,
                "name": "Audit",
                "email": "audit@example.com",
                "reason": "shared",
                "why": "it is Control Tower's own: a request would run AFT's customizations there",
                "next_step": f"if that is meant: aftgen import {AUDIT}",
            },
        ],
    }
    assert imported(capsys, "--json").out.startswith('{\n  "version": 1')
    assert files(root) == ["payments.tf"]


# --- what goes wrong


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--export", "x", "--ous"], "--export and --ous exclude each other"),
        (["--export", "x"], "--export writes what AWS says: it takes no --from"),
        (["--ous", "payments"], "--ous concerns the whole organization: it takes no accounts and no --ou"),
        (["--ous", "--ou", "X"], "--ous concerns the whole organization: it takes no accounts and no --ou"),
        (["paymnts"], "the organization has no account 'paymnts'"),
        (["--customization", "wrkload"], "there is no folder account-customizations/wrkload"),
        (["--reason", "a\x07"], "--reason: the text holds the control character U+0007"),
        (["--requested-by", "a\nb"], "--requested-by: the text holds a line break"),
        (["--path", "/nowhere"], "/nowhere does not exist"),
    ],
)
def test_wrong_usage(arguments: list[str], said: str, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = imported(capsys, *arguments)
    assert (done.code, done.out, done.err.splitlines()[0]) == (2, "", f"error: {said}")
    assert files(root) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "error: ../organization.json: there is no such file"),
        (b"", "error: ../organization.json: the input is empty"),
        (b"\xff\xfe{", "error: ../organization.json: the input is UTF-16 text: save it as UTF-8"),
        (b"{}", "error: ../organization.json cannot be used"),
        (b"[", "error: ../organization.json:1:2: this is not JSON: a value is expected here"),
    ],
)
def test_a_file_that_cannot_be_used(
    content: bytes | None, said: str, root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = root.parent / "organization.json"
    file.unlink()
    if content is not None:
        file.write_bytes(content)
    done = imported(capsys)
    assert (done.code, done.err.splitlines()[0]) == (2, said)


def test_a_file_that_cannot_be_read_may_hold_any_request(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(root, {f"{REQUESTS}/broken.tf": 'module "payments" {\n'})
    done = imported(capsys)
    assert (done.code, done.err.splitlines()) == (
        1,
        [
            "error: which accounts have a request is not known: files cannot be read; nothing was written",
            "  - account-requests/terraform/broken.tf: it cannot be parsed",
            "hint: 'aftgen check' says what is wrong with them",
        ],
    )


def test_a_request_that_nobody_evaluates_is_said(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))  # noqa: PTH120
    loop = request().replace(
        'source = "./modules', 'for_each = toset(split(",", "a,b"))\n  source   = "./modules'
    )
    write(root, {f"{REQUESTS}/loop.tf": loop})
    done = imported(capsys)
    assert (done.code, files(root)) == (0, ["loop.tf", "payments.tf"])
    assert (
        "warning: 1 request could not be evaluated, and may be for an account that gets another one here: "
        "module.example (account-requests/terraform/loop.tf:1)"
    ) in done.err


def test_a_file_of_other_content_keeps_its_name(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(root, {f"{REQUESTS}/payments.tf": "locals {\n  a = 1\n}\n"})
    assert imported(capsys, "--quiet").out.splitlines()[0] == (
        f"created    account-requests/terraform/payments-{PAYMENTS}.tf"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_to(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / REQUESTS).chmod(0o500)
    try:
        done = imported(capsys)
    finally:
        (root / REQUESTS).chmod(0o700)
    assert (done.code, "cannot be written" in done.err) == (1, True)


def test_what_organization_yaml_lacks_is_said_with_the_command(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "global-customizations/organization.yaml").write_text(
        "organizational_units:\n  Sandbox: ou-ab12-sandbox01\n"
    )
    done = imported(capsys)
    assert (
        "warning: organization.yaml lacks Workloads/Prod, and 'aftgen check' refuses what is not in it: "
        "'aftgen import --ous' adds them"
    ) in done.err
    assert aftgen(capsys, "check", "--no-terraform").code == 1
    filled = imported(capsys, "--ous")
    assert (filled.code, filled.err, filled.out.splitlines()) == (
        0,
        "",
        [
            "added      Security: ou-ab12-security1",
            "added      Workloads: ou-ab12-workload1",
            "added      Workloads/Prod: ou-ab12-workprod1",
        ],
    )
    assert aftgen(capsys, "check", "--no-terraform").code == 0
    assert imported(capsys, "--ous").err == (
        "nothing to do: global-customizations/organization.yaml has every unit\n"
    )


def test_units_as_json_and_as_a_difference(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = root / "global-customizations/organization.yaml"
    path.unlink()
    found = json.loads(imported(capsys, "--ous", "--json", "--dry-run").out)
    assert (found["file"], found["dry_run"], found["added"]["Sandbox"], path.exists()) == (
        "global-customizations/organization.yaml",
        True,
        "ou-ab12-sandbox01",
        False,
    )
    assert "+  Sandbox: ou-ab12-sandbox01\n" in imported(capsys, "--ous", "--dry-run").out
    assert imported(capsys, "--ous", "--quiet").code == 0
    assert "  Sandbox: ou-ab12-sandbox01\n" in path.read_text()


def test_a_plain_request_repository_has_no_place_for_units(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (root.parent / "plain" / "terraform").mkdir(parents=True)
    monkeypatch.chdir(root.parent / "plain")
    done = imported(capsys, "--ous")
    assert (done.code, done.err.splitlines()) == (
        2,
        [
            "error: global-customizations: there is no such folder, and organization.yaml belongs into it",
            "hint: 'aftgen init' makes a repository that has it",
        ],
    )
    assert imported(capsys, "--quiet").out.splitlines()[0] == "created    terraform/payments.tf"


def test_text_from_a_file_reaches_no_terminal(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = root.parent / "organization.json"
    file.write_text(file.read_text().replace('"old"', '"\u202eold\u200b"'))
    assert "left out   \\u202eold\\u200b (666666666666)" in imported(capsys).out


def test_without_credentials(root: Path) -> None:
    nothing = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "none", "AWS_REGION": "eu-central-1"}
    done = process("import", cwd=root, AWS_SHARED_CREDENTIALS_FILE="none", **nothing)
    assert (done.code, done.out, done.err.splitlines()) == (
        2,
        "",
        [
            "error: there are no AWS credentials for AFT's management account (NoCredentialsError)",
            "hint: 'aws sso login', then AWS_PROFILE and AWS_REGION; in a workflow, OpenID Connect",
        ],
    )


# --- from AWS itself


def test_from_aws_and_from_its_export_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    accounts = [account(number) for number in range(4)]
    with organization(tmp_path / "aws", monkeypatch, *accounts) as world:
        monkeypatch.setattr("aft_access.wiring.RealClock", lambda: world)
        for one in accounts:
            product(world.zone, one)
        repository(tmp_path / "repository", UNITS)
        monkeypatch.chdir(tmp_path / "repository")
        live = aftgen(capsys, "import", "--dry-run")
        done = aftgen(capsys, "import", "--export", "-")
        (tmp_path / "organization.json").write_text(done.out)
        assert (live.code, done.code, done.err) == (0, 0, "")
        world.cloud.log.clear()
        assert imported(capsys, "--dry-run").out == live.out
        assert list(world.cloud.log) == []
        assert live.out.count("# ---- ") == 4
        one = aftgen(capsys, "import", "acc-002", "--quiet")
        assert (one.code, one.out) == (0, "created    account-requests/terraform/acc-002.tf\n")
        asked = [call.operation for call in world.cloud.log if call.operation == "ListTagsForResource"]
        assert len(asked) == 1
        world.cloud.faults.order("SearchProvisionedProducts", "denied")
        refused = aftgen(capsys, "import")
        assert (refused.code, refused.out) == (1, "")
        assert refused.err.startswith("error: SearchProvisionedProducts: AccessDeniedException")
        bad = aftgen(capsys, "import", "--export", "/nowhere/x.json")
        assert (bad.code, bad.err) == (
            1,
            "error: /nowhere/x.json: the file cannot be written: No such file or directory\n",
        )
