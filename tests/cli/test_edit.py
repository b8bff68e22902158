"""``aftgen edit``: what it writes, what it says, and what it refuses because AFT would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Done, aftgen, process
from edit_repositories import REQUESTS, commit, git, merged, organization
from hcl_texts import request

FILE = f"{REQUESTS}/payments.tf"


@pytest.fixture
def requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = merged(tmp_path / "r")
    monkeypatch.chdir(tmp_path / "r")
    return folder


def test_an_edit_shows_what_differs_and_what_comes_next(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (requests / "payments.tf").read_text()
    done = aftgen(
        capsys,
        *("edit", "payments", "--ou", "Workloads/Prod", "--untag", "environment", "--field", "team=x"),
        *("--grant", "ReadOnlyAccess=group:platform-admins", "--revoke", "ReadOnlyAccess=group:auditors"),
    )
    assert done == Done(
        0,
        f"""\
edited    {FILE}
  organizational unit  Sandbox -> Prod (ou-ab12-wlprod01)
  tag environment      - dev
  field team           + x
  grant                - ReadOnlyAccess:group:auditors
  grant                + ReadOnlyAccess:group:platform-admins
""",
        f"""
Next: review what was written, then
  aftgen check
  git switch -c edit/payments
  git add --all {FILE}
  git commit -m 'Edit account payments: organizational unit, tag environment, field team, grant'
and open a pull request. With --pr, all of this is done for you.
""",
    )
    expected = (
        before.replace('Unit = "Sandbox"', 'Unit = "Prod (ou-ab12-wlprod01)"')
        .replace('    environment = "dev"\n', "")
        .replace("group:auditors", "group:platform-admins")
        .replace("    })\n", '    })\n    team = "x"\n')
    )
    assert (requests / "payments.tf").read_text() == expected


@pytest.mark.parametrize("name", ["payments", "AWS+payments@example.com", "module.payments"])
def test_every_name_that_show_takes(name: str, requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "edit", name, "--reason", "new", "-q")
    assert done == Done(0, f"edited    {FILE}\n  reason  a test -> new\n", "")


def test_dry_run_prints_a_patch_and_writes_nothing(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (requests / "payments.tf").read_bytes()
    done = aftgen(capsys, "edit", "payments", "--tag", "environment=prod", "--dry-run")
    assert done.code == 0
    assert done.out.startswith(f"--- a/{FILE}\n+++ b/{FILE}\n@@ ")
    assert '-    environment = "dev"\n+    environment = "prod"\n' in done.out
    assert done.err == "  tag environment  dev -> prod\n"
    assert (requests / "payments.tf").read_bytes() == before


def test_json(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "edit", "payments", "--field", "budget=20", "--json")
    assert done.err == ""
    assert json.loads(done.out) == {
        "version": 1,
        "dry_run": False,
        "written": True,
        "request": "payments",
        "changes": [{"what": "field budget", "old": "10", "new": "20"}],
        "files": [{"file": FILE, "new_file": None, "outcome": "edited"}],
        "pull_request": None,
    }
    again = json.loads(aftgen(capsys, "edit", "payments", "--field", "budget=20", "--json", "--dry-run").out)
    assert (again["written"], again["files"], again["changes"]) == (False, [], [])


def test_the_same_again_is_nothing_to_do(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "edit", "payments", "--ou", "Sandbox", "--grant", "ReadOnlyAccess=group:auditors")
    assert done == Done(0, "", "nothing to do: what was asked for is there already\n")


@pytest.mark.parametrize(
    ("flags", "parameter", "hint"),
    [
        (
            ("--email", "new@example.com"),
            "AccountEmail",
            "change the root email of the account in Organizations",
        ),
        (("--name", "new-name"), "AccountName", "an account keeps its name in AFT; 'aftgen rename'"),
        (("--sso-email", "new@example.com"), "SSOUserEmail", "Control Tower made that user an administrator"),
        (("--sso-first-name", "New"), "SSOUserFirstName", "Control Tower made that user an administrator"),
        (("--sso-last-name", "New"), "SSOUserLastName", "Control Tower made that user an administrator"),
    ],
)
def test_what_aft_cannot_change_of_a_live_account(
    flags: tuple[str, str], parameter: str, hint: str, requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (requests / "payments.tf").read_bytes()
    done = aftgen(capsys, "edit", "payments", *flags)
    assert (done.code, done.out) == (1, "")
    assert "AFT would refuse this for the live account payments: 'CT Request is not valid'" in done.err
    assert f"  - Control Tower parameter {parameter} cannot be modified (AFT has '" in done.err
    assert f"hint: {hint}" in done.err
    assert (requests / "payments.tf").read_bytes() == before


def test_a_request_that_is_not_merged_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = merged(tmp_path / "r")
    monkeypatch.chdir(tmp_path / "r")
    (requests / "lab-one.tf").write_text(request("lab-one"))
    done = aftgen(
        capsys,
        *("edit", "lab-one", "--name", "lab-two", "--email", "aws+lab-two@example.com"),
        *("--sso-first-name", "New", "--label", "lab_two", "-q"),
    )
    assert (done.code, done.err) == (0, "")
    text = (requests / "lab-one.tf").read_text()
    assert text.startswith('module "lab_two" {\n')
    assert 'AccountName               = "lab-two"' in text
    git(tmp_path / "r", "switch", "--quiet", "-c", "work")
    commit(tmp_path / "r")
    # On a branch it is still free; the merged one stays bound, also by what was changed by hand.
    assert aftgen(capsys, "edit", "lab-two", "--sso-last-name", "Next", "-q").code == 0
    file = requests / "payments.tf"
    file.write_text(file.read_text().replace('"Ops"', '"By hand"'))
    assert aftgen(capsys, "edit", "payments", "--reason", "x").code == 1
    assert aftgen(capsys, "edit", "payments", "--sso-first-name", "Ops", "-q").code == 0


def test_without_git_an_account_counts_as_live(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "terraform"
    folder.mkdir()
    (folder / "a.tf").write_text(request("payments"))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.devnull)
    done = aftgen(capsys, "edit", "payments", "--email", "new@example.com")
    assert done.code == 1
    assert (
        "whether the account is live is not known (git is not on PATH): name what AFT has with --base REF"
        in (done.err)
    )
    assert aftgen(capsys, "edit", "payments", "--reason", "new", "-q").code == 0


def test_an_expression_is_refused_with_the_text_to_write(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = requests / "payments.tf"
    file.write_text('locals {\n  ou = "Sandbox"\n}\n' + file.read_text().replace('= "Sandbox"', "= local.ou"))
    done = aftgen(capsys, "edit", "payments", "--ou", "Workloads/Dev")
    assert done == Done(
        1,
        "",
        f"error: {FILE}:11:33: the value is an expression, not a text that is written out; "
        "nothing was written\n"
        "hint: edit it by hand. What was asked for: "
        'ManagedOrganizationalUnit = "Dev (ou-ab12-wldev001)"\n',
    )


def test_a_block_that_repeats_is_refused(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = request("lab").replace("  source", '  for_each = toset(["a"])\n  source', 1)
    (requests / "lab.tf").write_text(text)
    done = aftgen(capsys, "edit", "module.lab", "--reason", "x")
    assert done.code == 1
    assert f"{REQUESTS}/lab.tf:2:3: for_each makes several requests of this block" in done.err


def test_json_files_are_refused(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = {"source": "./modules/aft-account-request", "control_tower_parameters": {"AccountName": "lab"}}
    (requests / "lab.tf.json").write_text(json.dumps({"module": {"lab": module}}))
    done = aftgen(capsys, "edit", "lab", "--reason", "x")
    assert done == Done(
        1,
        "",
        f"error: {REQUESTS}/lab.tf.json: requests in .tf.json files are not edited; nothing was written\n"
        "hint: edit the JSON by hand, or write the request as a .tf file\n",
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (("--ou", "Workloads/Prd"), "knows no OU 'Workloads/Prd'. Did you mean 'Workloads/Prod'?"),
        (
            ("--untag", "cost-center"),
            "aftgen.yaml requires the tag 'cost-center': it can be changed, not removed",
        ),
        (("--untag", "enviroment"), "the request has no tag 'enviroment'; nothing was written"),
        (("--unset", "budgets"), "hint: did you mean 'budget'?"),
        (("--unset", "access"), "a declaration that disappears leaves its grants standing"),
        (("--tag", "environment=live"), "'live' is not one of sandbox, dev, test, prod"),
        (("--tag", "cost-center=1"), "does not match [0-9]{6}"),
        (("--field", "access=x"), "is the access declaration: give grants instead"),
        (("--field", "x="), "SSM refuses an empty value"),
        (
            ("--revoke", "ReadOnly"),
            "--revoke ReadOnly: this request does not grant it: did you mean 'ReadOnlyAccess'?",
        ),
        (
            ("--revoke", "ReadOnlyAccess=group:auditor"),
            "group:auditor does not have it; did you mean group:auditors?",
        ),
        (("--grant", "ReadOnlyAcess=group:auditors"), "no permission set 'ReadOnlyAcess': did you mean"),
        (("--grant", "ReadOnlyAccess=auditors"), "'auditors' must begin with group: or user:"),
        (("--customization", "worklod"), "has no folder 'worklod'. Did you mean 'workload'?"),
        (("--label", "pay"), "a live account's label changes with a moved block only"),
        (("--reason", ""), "the text is empty"),
    ],
)
def test_what_is_wrong_is_refused_before_anything_is_written(
    flags: tuple[str, str], message: str, requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (requests / "payments.tf").read_bytes()
    done = aftgen(capsys, "edit", "payments", *flags)
    assert (done.code, done.out) == (1, "")
    assert message in done.err
    assert (requests / "payments.tf").read_bytes() == before


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ((), "nothing to change was given"),
        (("--tag", "a"), "--tag 'a' is not KEY=VALUE"),
        (("--tag", "a=b", "--untag", "a"), "'a' is both given and removed by --untag"),
        (
            ("--no-grants", "--revoke", "ReadOnlyAccess"),
            "--no-grants cannot be used with --grant or --revoke",
        ),
        (("--revoke", "A", "--revoke", "A=group:x"), "--revoke 'A' is given with and without principals"),
        (("--base", "nothing", "--reason", "x"), "git knows no revision 'nothing'"),
    ],
)
def test_wrong_usage(
    flags: tuple[str, ...], message: str, requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = aftgen(capsys, "edit", "payments", *flags)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_what_was_wrong_before_is_not_held_against_an_edit(
    requests: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = requests / "payments.tf"
    file.write_text(file.read_text().replace('cost-center = "123456" # finance\'s', 'owner       = "x"'))
    assert aftgen(capsys, "edit", "payments", "--reason", "new", "-q").code == 0


def test_a_clash_names_the_other(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (requests / "lab-one.tf").write_text(request("lab-one"))
    done = aftgen(capsys, "edit", "lab-one", "--name", "payments", "--email", "aws+payments@example.com")
    assert done.code == 1
    assert f"the account name payments is also that of {FILE}:2" in done.err
    done = aftgen(capsys, "edit", "lab-one", "--label", "payments")
    assert done.code == 1


def test_no_grants_and_a_whole_set(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert aftgen(capsys, "edit", "payments", "--revoke", "ReadOnlyAccess", "-q").code == 0
    assert "grants = {}\n" in (requests / "payments.tf").read_text().replace("  =", " =")
    done = aftgen(capsys, "edit", "payments", "--no-grants")
    assert done.err == "nothing to do: what was asked for is there already\n"


def test_an_unknown_name(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "edit", "paymens", "--reason", "x")
    assert done.err == "error: no account request is called 'paymens'\nhint: did you mean 'payments'?\n"


def test_the_mode_of_the_file_stays(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (requests / "payments.tf").chmod(0o640)
    aftgen(capsys, "edit", "payments", "--reason", "new")
    assert (requests / "payments.tf").stat().st_mode & 0o777 == 0o640


def test_a_link_is_not_followed(requests: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    real = requests.parent / "payments.tf"
    (requests / "payments.tf").rename(real)
    (requests / "payments.tf").symlink_to(real)
    before = real.read_bytes()
    done = aftgen(capsys, "edit", "payments", "--reason", "new")
    assert done.code == 1
    assert "this is a link or no file any more; nothing was written" in done.err
    assert real.read_bytes() == before


def test_help_needs_nothing_heavy(tmp_path: Path) -> None:
    for name in ("edit", "rename", "tidy", "retire"):
        code = (
            "import sys; from aftgen.cli.main import run; assert run([sys.argv[1], '--help']) == 0; "
            "heavy = {'rich', 'yaml', 'boto3', 'jinja2', 'pydantic', 'moto', 'hcl2', 'tree_sitter'}; "
            "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
        )
        done = subprocess.run([sys.executable, "-c", code, name], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "Example" in done.stdout
    assert process("edit", cwd=tmp_path).code == 2


def test_an_organization_without_commits_has_no_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    organization(tmp_path / "r")
    monkeypatch.chdir(tmp_path / "r")
    assert aftgen(capsys, "edit", "payments", "--email", "new@example.com").code == 1
