"""``aftgen access report`` on the embedded AWS: what it says, in every form, and how it fails."""

import csv
import io
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aft_access.errors import AwsError
from aft_access.identity_center import Caller
from aftgen.cloud.faults import Fault
from command_line import Done, aftgen
from fleet.report_world import (
    ASKING,
    OLD,
    PAYMENTS,
    judgements,
    of_json,
    organization,
    settle,
    sign_in,
)
from pipeline.inside import Inside

Captured = pytest.CaptureFixture[str]
Report = Callable[..., Done]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Inside]:
    with organization(tmp_path_factory.mktemp("repository")) as made:
        settle(made)
        yield made


@pytest.fixture
def report(world: Inside, capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> Iterator[Report]:
    """`aftgen access report` in the repository, signed in with what the documentation says is needed."""
    sign_in(world.zone, monkeypatch, *ASKING)
    monkeypatch.chdir(world.tree.parent)
    world.cloud.log.clear()
    yield lambda *arguments: aftgen(capsys, "access", "report", *arguments)
    world.cloud.faults.clear()


def drift(done: Done) -> list[list[str]]:
    return [re.split(r" {2,}", line)[:4] for line in done.out.splitlines()[1:]]


GONE = re.compile(r"^user:[0-9a-f-]{47} \(deleted\)$")


def test_everything_that_happened_is_told_apart(report: Report, world: Inside) -> None:
    done = report("--json")
    assert done.code == 0
    found = judgements(done.out)
    (dead,) = [one for one in found["undeclared"] if one[0] == "ledger"]
    assert GONE.match(dead[2])
    assert dead[:2] == ("ledger", "Building")
    assert found == {
        "declared": {
            ("old", "Building", "group:builders"),
            ("payments", "AWSAdministratorAccess", "user:owner@x.com"),
            ("payments", "Building", "group:builders"),
            ("payments", "Reading", "group:auditors"),
            ("payments", "Reading", "user:oncall@x.com"),
        },
        "undeclared": {("payments", "Reading", "group:former"), dead},
        "missing": {("ledger", "Reading", "group:auditors")},
        "no request": {("left", "Building", "group:builders"), ("left", "Reading", "group:auditors")},
        "unmanaged": {("foreign", "Building", "user:bob@x.com")},
        "not declarable": {("Management", "AWSReadOnlyAccess", "user:bob@x.com")},
    }
    assert Counter(one[3] for one in of_json(done.out))["Control Tower"] == 23
    assert len(of_json(done.out)) == len(world.zone.access()) + 1  # what is missing


def test_what_the_ledger_knows_and_what_it_does_not(report: Report) -> None:
    shown = json.loads(report("--account", "payments", "--json").out)
    by_principal = {one["principal"]: one for one in shown["standings"]}
    ours, foreign = by_principal["group:builders"], by_principal["group:former"]
    assert (ours["source"], ours["request"]) == ("request", "payments@x.com")
    assert re.match(r"2\d{3}-\d\d-\d\dT", ours["since"])
    assert ours["build"].startswith("aft-global-customizations-terraform:")
    assert ours["commit"] == f"{1:040x}"
    assert by_principal["group:auditors"]["source"] == "rule:audit"
    assert by_principal["user:owner@x.com"]["source"] == "SSO user"
    assert {key: foreign[key] for key in ("source", "since", "request", "build", "commit")} == {
        "source": "unknown",
        "since": None,
        "request": None,
        "build": None,
        "commit": None,
    }
    assert shown["groups"]["group:builders"] == ["ann@x.com", "bob@x.com"]
    (account,) = shown["accounts"]
    assert (account["organizational_unit"], account["requested"]) == ("Workloads/Prod", True)
    assert shown["portal_url"] == "https://example.awsapps.com/start"


def test_drift_lists_what_is_not_declared_and_ends_with_1(report: Report) -> None:
    done = report("--drift")
    assert done.code == 1
    assert drift(done) == [
        ["unmanaged", "foreign", "Building*", drift(done)[0][3]],
        ["undeclared", "ledger", "Building*", drift(done)[1][3]],
        ["missing", "ledger", "Reading", "group:auditors"],
        ["no request", "left", "Building*", "group:builders"],
        ["no request", "left", "Reading", "group:auditors"],
        ["undeclared", "payments", "Reading", "group:former"],
    ]
    assert "@x.com" not in done.out + done.err  # an issue gets this
    assert "user:bob@x.com" in report("--drift", "--names").out


def test_no_drift_says_nothing_and_ends_with_0(report: Report) -> None:
    done = report("--drift", "--account", OLD)
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines()[0] == "4 grants in 1 account: 3 Control Tower, 1 declared"
    assert report("--drift", "--account", "old", "--group", "builders").code == 0


def test_the_other_forms_mark_drift_and_hold_everything(report: Report) -> None:
    done = report("--drift", "--json")
    assert done.code == 1
    assert json.loads(done.out)["drift"] == 6
    assert len(of_json(done.out)) == 35


@pytest.mark.parametrize(
    ("narrowed", "accounts", "count"),
    [
        (["--account", "payments"], {"payments"}, 8),
        (["--account", PAYMENTS, "--account", "LEDGER@x.com"], {"payments", "ledger"}, 13),
        (["--ou", "Workloads"], {"payments", "ledger", "left"}, 18),
        (["--ou", "Workloads/Prod", "--account", "foreign"], {"payments", "foreign"}, 12),
        (
            ["--ou", "Root", "--permission-set", "Building"],
            {"payments", "ledger", "left", "foreign", "old"},
            5,
        ),
        (["--group", "builders"], {"payments", "left", "old"}, 3),
        (["--person", "bob@x.com"], {"payments", "left", "old", "foreign", "Management"}, 5),
        (["--person", "ANN@x.com", "--group", "auditors"], {"payments", "ledger", "left"}, 3),
        (["--person", "bob@x.com", "--group", "auditors"], set(), 0),
        (["--person", "bob@x.com", "--permission-set", "AWSReadOnlyAccess"], {"Management"}, 1),
        (["--group", "auditors", "--ou", "Sandbox"], set(), 0),
    ],
)
def test_narrowing(report: Report, narrowed: list[str], accounts: set[str], count: int) -> None:
    done = report(*narrowed, "--json")
    assert done.code == 0, done.err
    found = of_json(done.out)
    assert ({one[0] for one in found}, len(found)) == (accounts, count)
    assert json.loads(done.out)["notes"][0].startswith("Only a part of the organization: ")


def test_a_narrow_question_costs_few_calls(report: Report, world: Inside) -> None:
    report("--group", "builders", "--json")
    operations = Counter(each.operation for each in world.cloud.log.select("sso-admin", "identitystore"))
    assert operations["ListAccountAssignmentsForPrincipal"] == 1
    assert operations["ListAccountAssignments"] == 0
    assert operations["ListGroupMemberships"] == 1
    world.cloud.log.clear()
    report("--account", "ledger", "--json")
    operations = Counter(each.operation for each in world.cloud.log.select("sso-admin", "identitystore"))
    assert operations["ListPermissionSetsProvisionedToAccount"] == 1
    assert operations["ListAccountAssignments"] == 4


def test_nothing_is_written(report: Report, world: Inside) -> None:
    report()
    assert world.writes() == []


def test_thorough_sees_the_same_and_says_how_it_read(report: Report) -> None:
    quick, thorough = report("--json"), report("--json", "--thorough")
    assert of_json(quick.out) == of_json(thorough.out)
    assert json.loads(thorough.out)["notes"][0].startswith("Read: every pair")


def test_csv_has_a_line_per_person(report: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(report("--format", "csv").out, newline="")))
    payments = [row for row in rows if row["account_name"] == "payments" and row["via_group"] == "builders"]
    assert [row["person"] for row in payments] == ["ann@x.com", "bob@x.com"]


def test_a_page_is_written_by_the_name_of_its_file(report: Report, tmp_path: Path) -> None:
    file = tmp_path / "Zugänge.html"
    done = report("--out", file, "--account", "payments")
    assert (done.code, done.out) == (0, "")
    assert f"wrote {file}; people's names are in it" in done.err
    text = file.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert '"generated":"2' in text
    assert "user:oncall@x.com" in text
    assert file.stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("name", "options", "begins"),
    [
        ("a.csv", [], "person,via_group,"),
        ("a.json", [], "{\n"),
        ("a.txt", [], "JUDGEMENT "),
        ("a.html", ["--format", "csv"], "person,"),
        ("a.txt", ["--json"], "{\n"),
    ],
)
def test_the_form_of_a_file(
    report: Report, tmp_path: Path, name: str, options: list[str], begins: str
) -> None:
    (tmp_path / name).write_text("old")
    assert report("--out", tmp_path / name, "--account", "payments", *options).code == 0
    assert (tmp_path / name).read_text().startswith(begins)


def test_a_page_is_not_thrown_at_a_terminal(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    assert report("--format", "html", "--account", "old").out.startswith("<!doctype html>")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    done = report("--format", "html")
    assert (done.code, done.out) == (2, "")
    assert "a page of HTML says nothing on a terminal" in done.err
    assert "--out access.html" in done.err


def test_the_table_fits_a_terminal(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    done = report("--names")
    assert max(map(len, (done.out + done.err).splitlines())) <= 80
    assert "unmanaged" in done.out
    assert "* a privileged permission set" in done.err


def test_progress_is_for_a_terminal(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\r" not in report("--account", "old").err
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    said = report("--account", "old").err
    assert "\rreading permission sets in accounts: 4 of 4" in said
    assert said.rpartition("\r")[2].startswith("* a privileged permission set\n4 grants in 1 account")


# --- how it fails


@pytest.mark.parametrize(
    ("given", "says", "near"),
    [
        (["--account", "paymants"], "there is no account 'paymants'", "payments"),
        (["--ou", "Worklods/Prod"], "there is no account in an OU 'Worklods/Prod'", "Workloads/Prod"),
        (["--person", "anne@x.com"], "Identity Center has no user 'anne@x.com'", "ann@x.com"),
        (["--group", "bilders"], "Identity Center has no group 'bilders'", "builders"),
        (["--permission-set", "Readin"], "there is no permission set 'Readin'", "Reading"),
        (["--format", "csv", "--json"], "--json and --format csv contradict each other", ""),
        (["--out", "none/a.html"], "none/a.html cannot be written: there is no folder none", ""),
        (["--out", "profiles"], "profiles is a folder", ""),
        (["--format", "pdf"], "'pdf' is not one of", ""),
    ],
)
def test_wrong_usage_is_said_with_the_nearest_name(
    report: Report, given: list[str], says: str, near: str
) -> None:
    done = report(*given)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    if near:
        assert f"did you mean '{near}'?" in done.err


def test_a_file_that_cannot_be_replaced(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    done = report("--out", tmp_path / "a.html", "--account", "old")
    assert done.code == 2
    assert f"{tmp_path / 'a.html'} cannot be written: Permission denied" in done.err
    assert list(tmp_path.iterdir()) == []


def test_without_credentials(report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    done = report("--drift")
    assert (done.code, done.out) == (2, "")
    assert "there are no AWS credentials for AFT's management account" in done.err


def test_the_documentation_says_what_the_role_needs() -> None:
    text = (Path(__file__).parents[2] / "docs" / "adopt.md").read_text()
    (policy,) = re.findall(r"`AFTGEN_DRIFT_ROLE`, which is what.*?```json\n(.*?)```", text, re.DOTALL)
    assert json.loads(policy)["Statement"] == list(ASKING)


def test_with_credentials_that_may_not_ask(
    report: Report, world: Inside, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, statement in enumerate(ASKING):
        sign_in(world.zone, monkeypatch, *(one for one in ASKING if one is not statement))
        done = report("--drift")
        assert (done.code, done.out) == (1, ""), number
        assert "AccessDenied" in done.err


@pytest.mark.parametrize("operation", ["ListGroups", "ListAccountAssignmentsForPrincipal", "ListRoots"])
def test_a_read_that_is_refused_writes_no_half_report(
    report: Report, world: Inside, tmp_path: Path, operation: str
) -> None:
    world.cloud.faults.add(Fault(operation=operation, kind="denied"))
    done = report("--drift", "--out", tmp_path / "a.html")
    assert (done.code, done.out) == (1, "")
    assert f"{operation}: AccessDeniedException" in done.err
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_reading_writes_nothing(
    report: Report, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("aftgen.aws.assignments.IdentityCenterReads.members", interrupt)
    done = report("--out", tmp_path / "a.html")
    assert (done.code, done.out, list(tmp_path.iterdir())) == (130, "", [])


def test_throttled_reads_are_repeated(report: Report, world: Inside) -> None:
    world.cloud.faults.add(Fault(operation="ListAccountAssignmentsForPrincipal", kind="throttle", times=3))
    assert len(of_json(report("--json").out)) == 35


def test_a_catalogue_that_cannot_be_used(report: Report, world: Inside) -> None:
    file = world.tree / "identity-center" / "access.yaml"
    before = file.read_text()
    try:
        file.write_text("rules: 5\n")
        done = report()
    finally:
        file.write_text(before)
    assert done.code == 1
    assert "the access catalogue cannot be used" in done.err
    assert "access.yaml" in done.err


def test_a_repository_without_access(report: Report, tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "aftgen.yaml").write_text("")
    done = report("--path", tmp_path)
    assert done.code == 2
    assert "has no global-customizations/identity-center" in done.err


def test_a_request_that_cannot_be_read_is_no_green_light(report: Report, world: Inside) -> None:
    world.zone.put_request(OLD, custom_fields={"access": "{"}, sso_user="nobody@x.com")
    try:
        done = report("--drift", "--account", "old")
    finally:
        access = json.dumps({"version": 1, "grants": {"Building": ["group:builders"]}})
        world.zone.put_request(OLD, custom_fields={"access": access}, sso_user="nobody@x.com")
    assert done.code == 1
    assert done.out.startswith("not judged by its request: old: its declaration cannot be read: not JSON")


def test_a_directory_that_cannot_be_listed_is_named_one_by_one(
    report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Active Directory: ListGroups and ListUsers want a filter."""
    expected = json.loads(report("--json").out)
    pages = Caller.pages

    def refusing(caller: Caller, service: str, operation: str, *given: Any, **arguments: Any) -> Any:
        if operation in ("ListGroups", "ListUsers"):
            raise AwsError(operation, "ValidationException", "a filter is needed")
        return pages(caller, service, operation, *given, **arguments)

    monkeypatch.setattr(Caller, "pages", refusing)
    found = json.loads(report("--json").out)
    assert found["standings"] == expected["standings"]
    assert found["groups"] == expected["groups"]
    assert found["notes"][0].startswith("Read: every pair of account and permission set (31)")
