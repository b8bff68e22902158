"""``aftgen new`` as a person uses it: what it writes, what it says, and what it refuses."""

import io
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import Done, aftgen
from hcl_texts import request

ROOT = Path(__file__).resolve().parents[2]
ENOUGH = (
    "--ou",
    "Workloads/Prod",
    "--tag",
    "cost-center=123456",
    "--reason",
    "go live",
    "--requested-by",
    "Ada",
)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The example organization, as a person has it checked out."""
    shutil.copy(ROOT / "aftgen.yaml", tmp_path)
    for folder in (
        "account-requests/terraform",
        "account-customizations",
        "global-customizations/identity-center",
        "examples",
    ):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    shutil.copy(ROOT / "global-customizations/organization.yaml", tmp_path / "global-customizations")
    for written in (tmp_path / "account-requests" / "terraform").glob("*.tf"):
        written.unlink()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def files(repository: Path) -> dict[str, str]:
    folder = repository / "account-requests" / "terraform"
    return {
        path.name: path.read_text()
        for path in sorted(folder.iterdir())
        if path.suffix != ".jinja" and path.is_file()
    }


def test_flags_become_a_file(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH, "--grant", "ReadOnlyAccess=group:auditors")
    assert done == Done(
        0,
        "created    account-requests/terraform/payments-prod.tf\n",
        "\nNext: review what was written, then\n"
        "  aftgen check\n"
        "  git switch -c account/payments-prod\n"
        "  git add account-requests/terraform/payments-prod.tf\n"
        "  git commit -m 'Request account payments-prod'\n"
        "and open a pull request: AFT creates the account when it is merged.\n",
    )
    text = files(repository)["payments-prod.tf"]
    assert '    ManagedOrganizationalUnit = "Prod (ou-ab12-wlprod01)"\n' in text
    assert '        ReadOnlyAccess = ["group:auditors"]\n' in text
    shown = json.loads(aftgen(capsys, "show", "payments-prod", "--json").out)
    assert shown["version"] == 1


def test_the_same_again_is_identical(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    aftgen(capsys, "new", "payments-prod", *ENOUGH)
    before = files(repository)
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH)
    assert done == Done(
        0,
        "identical  account-requests/terraform/payments-prod.tf\n",
        "nothing to do: what was asked for is there already\n",
    )
    assert files(repository) == before


def test_one_message_names_every_missing_flag(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "new", "--requested-by", "Ada")
    assert done == Done(
        2,
        "",
        "error: missing: NAME, --ou, --reason, --tag cost-center=…\n"
        "hint: give them, or set defaults in aftgen.yaml; at a terminal, 'aftgen new' asks for them\n",
    )
    assert files(repository) == {}


def test_a_conflict_shows_the_difference_and_writes_nothing(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aftgen(capsys, "new", "payments-prod", *ENOUGH)
    before = files(repository)
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH, "--reason", "another")
    assert (done.code, done.out) == (1, "")
    assert '-    change_reason       = "go live"\n+    change_reason       = "another"\n' in done.err
    assert done.err.endswith(
        "error: nothing was written: other content than asked for is in "
        "account-requests/terraform/payments-prod.tf\n"
        "hint: edit the file, or replace it with --overwrite\n"
    )
    assert files(repository) == before
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH, "--reason", "another", "--overwrite")
    assert (done.code, done.out) == (0, "replaced   account-requests/terraform/payments-prod.tf\n")
    assert '"another"' in files(repository)["payments-prod.tf"]


def test_overwriting_never_drops_another_account(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = repository / "account-requests/terraform/payments-prod.tf"
    file.write_text(request("payments-prod") + "\n" + request("other"))
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH, "--overwrite")
    assert done.code == 1
    assert (
        "  - NAME: overwriting account-requests/terraform/payments-prod.tf:19 would drop the request of "
        "aws+other@example.com\n"
    ) in done.err


@pytest.mark.parametrize("name", ["examples/requests.yaml", "examples/requests.csv"])
def test_the_examples(repository: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    done = aftgen(capsys, "new", "--from", name)
    assert done.code == 0, done.err
    assert done.err.startswith("3 requests: 3 created\n")
    assert len(files(repository)) == 3
    assert aftgen(capsys, "check").code == 0
    done = aftgen(capsys, "new", "--from", name)
    assert done.err == "3 requests: 3 identical\nnothing to do: what was asked for is there already\n"


def test_an_interrupted_batch_is_completed_by_the_same_command(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aftgen(capsys, "new", "--from", "examples/requests.csv")
    whole = files(repository)
    (repository / "account-requests/terraform/search-dev.tf").unlink()
    done = aftgen(capsys, "new", "--from", "examples/requests.csv")
    assert done.out == (
        "identical  account-requests/terraform/search-prod.tf\n"
        "created    account-requests/terraform/search-dev.tf\n"
        "identical  account-requests/terraform/sandbox-grace.tf\n"
    )
    assert files(repository) == whole


def test_flags_fill_what_a_file_leaves_out(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b"- name: one-one\n- {name: two-two, reason: mine, tags: {cost-center: 000001}}\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text)))
    done = aftgen(capsys, "new", "--from", "-", *ENOUGH, "-q")
    assert (done.code, done.err) == (0, "")
    written = files(repository)
    assert '"go live"' in written["one-one.tf"]
    assert '"123456"' in written["one-one.tf"]
    assert '"mine"' in written["two-two.tf"]
    assert '"000001"' in written["two-two.tf"]


def test_a_dry_run_prints_the_file_exactly(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH, "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert files(repository) == {}
    aftgen(capsys, "new", "payments-prod", *ENOUGH)
    assert files(repository)["payments-prod.tf"] == done.out


def test_a_dry_run_of_several_names_each_file(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "new", "--from", "examples/requests.yaml", "--dry-run")
    assert [line for line in done.out.splitlines() if line.startswith("# ----")] == [
        "# ---- account-requests/terraform/payments-prod.tf ----",
        "# ---- account-requests/terraform/payments-dev.tf ----",
        "# ---- account-requests/terraform/sandbox-ada.tf ----",
    ]
    assert done.err == "3 requests: 3 to be created\n"
    assert files(repository) == {}


def test_json(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH, "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == {
        "version": 1,
        "dry_run": False,
        "written": True,
        "requests": [
            {
                "name": "payments-prod",
                "email": "aws+payments-prod@example.com",
                "label": "payments-prod",
                "file": "account-requests/terraform/payments-prod.tf",
                "outcome": "create",
            }
        ],
    }


def test_clashes_name_both_owners(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "account-requests/terraform/old.tf").write_text(
        "\n" + request("alpha", email="AWS+One@example.com") + request("be ta", label="gamma")
    )
    (repository / "in.csv").write_text(
        "name,email,label\n"
        "one,aws+one@example.com,\n"
        "alpha,aws+x1@example.com,x1\n"
        "be-ta,aws+x2@example.com,x2\n"
        "other,aws+x3@example.com,gamma\n"
        "twin,aws+x4@example.com,\n"
        "twin,AWS+x4@example.com,\n"
    )
    (repository / "aftgen.yaml").write_text(
        "defaults: {sso_user: {email: a@example.com, first_name: A, last_name: B}}\n"
    )
    (repository / "in.csv").write_text((repository / "in.csv").read_text().replace("AWS+x4", "aws+x4"))
    done = aftgen(capsys, "new", "--from", "in.csv", *ENOUGH)
    assert done.code == 1
    old = "account-requests/terraform/old.tf"
    assert done.err == (
        "error: nothing was written: 6 problems in what was asked for\n"
        f"  - in.csv:2 (name): the email aws+one@example.com (AFT compares without case) is also "
        f"that of {old}:2\n"
        f"  - in.csv:3 (name): the account name 'alpha' is also that of {old}:2\n"
        f"  - in.csv:4 (name): the provisioned product 'be-ta' (spaces count as hyphens) is also "
        f"that of {old}:19\n"
        f"  - in.csv:5 (name): the label 'gamma' is also that of {old}:19\n"
        "  - in.csv:7 (name): the email aws+x4@example.com (AFT compares without case) is also that "
        "of in.csv:6 (name)\n"
        "  - in.csv:7 (name): the account name 'twin' is also that of in.csv:6 (name)\n"
    )


def test_a_request_that_is_in_another_file_already(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    aftgen(capsys, "new", "payments-prod", *ENOUGH)
    folder = repository / "account-requests/terraform"
    (folder / "payments-prod.tf").rename(folder / "team.tf")
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH)
    assert (done.code, done.out) == (
        0,
        "identical  account-requests/terraform/team.tf:4\n",
    )
    assert list(files(repository)) == ["team.tf"]


def test_two_thousand_rows_with_a_bad_one(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"acct-{number:04d},Sandbox,x,123456" for number in range(2000)]
    rows[1499] = "acct 1500!,Sandbx,x,123456"
    (repository / "in.csv").write_text("name,ou,reason,tag:cost-center\n" + "\n".join(rows))
    done = aftgen(capsys, "new", "--from", "in.csv", "--requested-by", "Ada")
    assert done.code == 1
    assert done.err.startswith(
        "error: nothing was written: 2 problems in what was asked for\n  - in.csv:1501 (name): "
    )
    assert files(repository) == {}


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        (["--grant", "ReadOnlyAcces=group:a"], "--grant ReadOnlyAcces: the catalogue has no "
        "permission set 'ReadOnlyAcces': did you mean 'ReadOnlyAccess'?"),
        (["--sso-email", "a@elsewhere.org"], "--sso-email: SSOUserEmail a@elsewhere.org would be an "
        "administrator of the account and is not in allowed_sso_users"),
        (["--customization", "sandbx"], "--customization: account-customizations/ has no folder "
        "'sandbx'. Did you mean 'sandbox'? There are sandbox, workload."),
        (["--email", "a@example.com"], r"--email: 'a@example.com' does not match aftgen.yaml's "
        r"pattern for emails, aws\+[a-z0-9.-]+@example\.com"),
    ],
)  # fmt: skip
def test_what_the_repository_knows_is_refused(
    repository: Path, capsys: pytest.CaptureFixture[str], flags: list[str], problem: str
) -> None:
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH, *flags)
    assert done == Done(
        1, "", f"error: nothing was written: a problem in what was asked for\n  - {problem}\n"
    )


def test_a_restricted_permission_set(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(
        capsys, "new", "payments-prod", *ENOUGH, "--grant", "AdministratorAccess=user:mallory@example.com"
    )
    assert done.code == 1
    assert "  - --grant: " in done.err
    assert "AdministratorAccess" in done.err
    assert files(repository) == {}


def test_a_catalogue_that_cannot_be_read_is_said(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "global-customizations/identity-center/groups.yaml").write_text("gruops: {}\n")
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH)
    assert done.code == 0
    assert done.err.startswith(
        "warning: permission sets and principals are not checked: identity-center/groups.yaml:1"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x", "--tag", "a"], "error: --tag 'a' is not KEY=VALUE\n"),
        (["x", "--tag", "a=1", "--tag", "a=2"], "error: --tag 'a' is given twice\n"),
        (["x", "--grant", "Admin"], "error: --grant 'Admin' is not PermissionSet=group:name,user:name\n"),
        (["x", "--format", "csv"], "error: --format says how to read --from, which is not there\n"),
        (
            ["x", "--label", "y", "--from", "in.yaml"],
            "error: NAME and --label cannot be used with --from\nhint: put them into the file, one "
            "for each account\n",
        ),
        (["--from", "in.txt"], "error: in.txt: the file's name does not say its format\nhint: add "
        "--format yaml, json or csv\n"),
    ],
)  # fmt: skip
def test_a_wrong_command_line(
    repository: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert aftgen(capsys, "new", *arguments) == Done(2, "", message)


def test_existing_requests_that_cannot_be_compared_are_said(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = repository / "account-requests/terraform"
    (folder / "broken.tf").write_text('module "a" {')
    (folder / "dynamic.tf").write_text(request("a", email="${local.x}"))
    done = aftgen(capsys, "new", "payments-prod", *ENOUGH)
    assert done.code == 0
    assert (
        "warning: 2 existing requests or files could not be read and were not compared: 'aftgen "
        "check' evaluates them\n" in done.err
    )


def test_outside_any_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    done = aftgen(capsys, "new", "a")
    assert done.code == 2
    assert done.err.startswith("error: no account-request repository at ")


def test_the_person_comes_from_git(
    repository: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "gitconfig").write_text("[user]\n  name = Ada L\n  email = ada@example.com\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(repository / "gitconfig"))
    aftgen(capsys, "new", "payments-prod", *ENOUGH[:-2])
    assert '    change_requested_by = "Ada L <ada@example.com>"\n' in files(repository)["payments-prod.tf"]
    monkeypatch.setenv("PATH", str(repository))
    done = aftgen(capsys, "new", "payments-dev", *ENOUGH[:-2])
    assert done.err.startswith("error: missing: --requested-by\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
class TestPrompts:
    """A person at a terminal."""

    def talk(self, repository: Path, answers: list[str], *arguments: str) -> tuple[int, str]:
        """Run at a pseudo-terminal, answering each question (a line ending in ': ') in turn."""
        import pty

        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(repository)
            os.environ["NO_COLOR"] = "1"
            os.execv(sys.executable, [sys.executable, "-m", "aftgen", "new", *arguments])
        said = b""
        asked = 0
        while True:
            if not select.select([terminal], [], [], 60)[0]:
                os.kill(pid, signal.SIGKILL)
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                break
            if not piece:
                break
            said += piece
            if said.endswith(b": ") and len(said) > asked:
                asked = len(said)
                if answers[:1] == ["\x03"]:
                    time.sleep(
                        0.5
                    )  # Python waits in vain for a signal that came while it set the line editor up
                os.write(terminal, answers.pop(0).encode())
        os.close(terminal)
        _, status = os.waitpid(pid, 0)
        assert answers == [], said.decode()
        return os.waitstatus_to_exitcode(status), said.decode().replace("\r\n", "\n")

    def test_it_asks_for_what_is_missing_and_shows_what_is_valid(self, repository: Path) -> None:
        answers = ["Bad!\n", "payments-prod\n", "Wrklds/Prod\n", "7\n", "go live\n", "12\n", "123456\n"]
        answers += ["sandbox\n", "ReadOnlyAccess\n", "ReadOnlyAccess=group:auditors\n", "\n"]
        code, said = self.talk(repository, answers, "--requested-by", "Ada")
        assert code == 0, said
        assert "   7  Workloads/Prod\n" in said
        assert "  ! the account name may hold only letters" in said
        assert "  ! organization.yaml knows no OU 'Wrklds/Prod'. Did you mean 'Workloads/Prod'?" in said
        assert "Tag cost-center (six digits, from the finance department's list): 12\n" in said
        assert "Customization [workload]: sandbox\n" in said
        assert "      DeveloperAccess\n" in said
        assert "  ! 'ReadOnlyAccess' has no principal: write ReadOnlyAccess=group:auditors\n" in said
        text = files(repository)["payments-prod.tf"]
        assert '"Prod (ou-ab12-wlprod01)"' in text
        assert 'account_customizations_name = "sandbox"' in text
        assert 'ReadOnlyAccess = ["group:auditors"]' in text

    def test_nothing_is_asked_when_nothing_is_missing(self, repository: Path) -> None:
        code, said = self.talk(repository, [], "payments-prod", *ENOUGH)
        assert code == 0
        assert said.startswith("created    account-requests/terraform/payments-prod.tf\n")

    def test_an_interrupt_writes_nothing(self, repository: Path) -> None:
        code, said = self.talk(repository, ["payments-prod\n", "\x03"])
        assert code == 130
        assert said.endswith("interrupted\n")
        assert files(repository) == {}

    def test_no_input(self, repository: Path) -> None:
        code, said = self.talk(repository, [], "payments-prod", "--no-input", "--requested-by", "Ada")
        assert (code, said.splitlines()[0]) == (2, "error: missing: --ou, --reason, --tag cost-center=…")


def test_help_shows_examples_and_imports_nothing_heavy() -> None:
    heavy = (
        "rich",
        "importlib.metadata",
        "yaml",
        "boto3",
        "jinja2",
        "pydantic",
        "hcl2",
        "tree_sitter",
        "lark",
    )
    script = (
        "import sys; from aftgen.cli.main import run; code = run(['new', '--help']); "
        f"print('loaded:', [name for name in {heavy!r} if name in sys.modules], code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "loaded: [] 0\n" in done.stdout
    assert "aftgen new --from examples/requests.csv --dry-run\n" in done.stdout
