"""`aftgen rehearse`: a small repository through the whole chain, in a process of its own."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from command_line import Done, aftgen, process

ROOT = Path(__file__).resolve().parents[2]
SOUND = {
    "api_helpers/pre-api-helpers.sh": "echo pre ran\n",
    "api_helpers/post-api-helpers.sh": "echo post ran\n",
    "api_helpers/python/requirements.txt": "",
    "terraform/aft-providers.jinja": "",
    "terraform/backend.jinja": "",
}
REQUEST = """\
module "{name}" {{
  source = "./modules/aft-account-request"

  control_tower_parameters = {{
    AccountEmail              = "aws+{name}@example.com"
    AccountName               = "{name}"
    ManagedOrganizationalUnit = "{ou}"
    SSOUserEmail              = "ada@example.com"
    SSOUserFirstName          = "Ada"
    SSOUserLastName           = "Lovelace"
  }}

  change_management_parameters = {{
    change_requested_by = "Ada"
    change_reason       = "because"
  }}

  account_tags = {{
    cost-center = "123456"
  }}

  account_customizations_name = "{customization}"
}}
"""
Repo = Callable[..., Path]


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    """A repository with helpers that only talk, and these requests."""

    def make(*names: str, **files: str) -> Path:
        root = tmp_path / "repository"
        write_repository(root, *names, **files)
        return root

    return make


def write_repository(root: Path, *names: str, **files: str) -> None:
    """`files` of the global customization have other contents."""
    shutil.copytree(
        ROOT / "account-requests", root / "account-requests", ignore=shutil.ignore_patterns("*.tf")
    )
    shutil.copytree(
        ROOT / "account-requests/terraform/modules",
        root / "account-requests/terraform/modules",
        dirs_exist_ok=True,
    )
    trees = {"global-customizations": {**SOUND, **files}, "account-customizations/plain": SOUND}
    for tree, content in trees.items():
        for path, text in content.items():
            write(root / tree / path, text)
    write(root / "aftgen.yaml", "version: 1\n")
    shutil.copy(ROOT / "global-customizations/organization.yaml", root / "global-customizations")
    for name in names:
        request(root, name)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def request(root: Path, name: str, *, ou: str = "Sandbox", customization: str = "plain") -> None:
    text = REQUEST.format(name=name, ou=ou, customization=customization)
    write(root / f"account-requests/terraform/{name}.tf", text)


def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "tmp").mkdir(parents=True, exist_ok=True)
    return {"TMPDIR": str(tmp_path / "tmp"), "AFTGEN_CACHE_DIR": str(ROOT / ".pytest_cache" / "rehearsal")}


def rehearse(root: Path, *arguments: str) -> Done:
    return process("rehearse", *arguments, cwd=root, COLUMNS="100", **environment(root.parent))


def left(root: Path) -> list[str]:
    return [path.name for path in (root.parent / "tmp").glob("aftgen-rehearsal-*")]


def git(root: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True)


# --- what is refused before anything starts ------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--in-group", "auditors"], "--in-group needs --as USERNAME"),
        (["--aft-version", "latest"], "'latest' is not a version of AFT"),
        (["--distribution", "opentofu"], "'opentofu' is not one of 'oss', 'tfc', 'tfe'"),
        (["labb"], "there is no request for 'labb'"),
        (["--before", "HEAD"], "is not in a git work tree"),
    ],
)
def test_wrong_usage(
    repo: Repo, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    done = aftgen(capsys, "rehearse", "--path", repo("lab"), *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_slip_in_a_name_is_pointed_at(repo: Repo, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "rehearse", "--path", repo("lab"), "labb")
    assert done.err.splitlines()[1] == "hint: did you mean lab?"


def test_a_folder_without_requests(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "rehearse", "--path", tmp_path)
    assert (done.code, done.err.splitlines()[0]) == (
        2,
        f"error: no account-request repository at {tmp_path}",
    )


# --- whole rehearsals ----------------------------------------------------------------------------------

#: Account customizations by name: what their pre helpers do.
HELPERS = {
    "failing": "echo the database is gone\nreturn 3\n",
    "forgetting": 'python3 -c "import yaml" || return 1\n',
    "making": (
        "cat > make.py <<'END'\nimport boto3, uuid\n"
        "boto3.client('iam').create_role(RoleName=uuid.uuid4().hex, AssumeRolePolicyDocument='{}')\nEND\n"
        "python3 make.py\n"
    ),
    "leaking": "echo key " + "AKIA" + "QWERTYUIOPASDFGH\n",
}


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of all workers of this test run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "rehearse"
    folder.mkdir(exist_ok=True)
    return folder


@dataclass(frozen=True)
class Mixed:
    """One rehearsal of accounts that end in every way; `root` is where it ran, `stamps` what was there."""

    done: Done
    root: Path
    stamps: list[list[Any]]

    @property
    def lines(self) -> list[str]:
        return self.done.out.splitlines()

    def failure(self, head: str) -> list[str]:
        """The lines below a headline of the report, up to the next empty one."""
        start = self.lines.index(head) + 1
        return self.lines[start : [*self.lines, ""].index("", start)]


@pytest.fixture
def mixed(shared: Path) -> Mixed:
    """Run by the first worker that wants it, whatever the others do."""
    root = shared / "mixed/repository"
    with (shared / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        answer = shared / "mixed.json"
        if not answer.exists():
            write_repository(root, "lab")
            request(root, "bad", ou="Nowhere")
            request(root, "gone", customization="gone")
            for name, helper in HELPERS.items():
                request(root, name, customization=name)
                folder = root / "account-customizations" / name
                for path, text in SOUND.items():
                    write(folder / path, helper if "pre" in path else text)
            write(root / "account-customizations/making/api_helpers/python/requirements.txt", "boto3\n")
            before = stamps(root)
            arguments = ("--no-check", "--no-terraform", "--as", "ada@example.com")
            done = rehearse(root, *arguments, "--logs", str(shared / "mixed/logs"))
            answer.write_text(json.dumps([done.code, done.out, done.err, before]))
        code, out, err, before = json.loads(answer.read_text())
    return Mixed(Done(code, out, err), root, before)


def stamps(root: Path) -> list[list[Any]]:
    return sorted([str(path), path.stat().st_mtime_ns] for path in root.rglob("*"))


def test_every_account_goes_as_far_as_it_comes(mixed: Mixed) -> None:
    assert mixed.done.code == 1
    assert mixed.lines[:9] == [
        "7 accounts rehearsed as AFT 1.20.1 would.",
        "",
        "ACCOUNT     OU       REQUEST  CUSTOMIZATION  PIPELINE  SECOND RUN",
        "bad         Nowhere  refused  plain          -         -",
        "failing     Sandbox  created  failing        failed    -",
        "forgetting  Sandbox  created  forgetting     failed    -",
        "gone        Sandbox  created  gone           failed    -",
        "lab         Sandbox  created  plain          ok        changed nothing",
        "leaking     Sandbox  created  leaking        failed    -",
    ]
    assert left(mixed.root) == []


def test_an_account_goes_through_the_whole_chain(mixed: Mixed) -> None:
    assert "lab         cost-center=123456" in mixed.lines
    who = mixed.lines.index("Who can sign in with what")
    assert mixed.lines[who + 1] == ("ACCOUNT     OU       WHO                   PERMISSION SET          WHY")
    assert mixed.lines[who + 5] == (
        "lab         Sandbox  user:ada@example.com  AWSAdministratorAccess  SSO user"
    )
    assert mixed.lines[who + 8] == (
        "Control Tower's own groups hold their usual permission sets as well (--json lists them)."
    )
    portal = mixed.lines.index("What ada@example.com sees in the access portal")
    assert mixed.lines[portal + 1] == "ACCOUNT     PERMISSION SET          THROUGH"
    assert "lab         AWSAdministratorAccess  own" in mixed.lines[portal:]
    heard = mixed.done.err.splitlines()
    assert heard[0] == "all requests          requests                   passed"
    stages = [line[22:47].strip() for line in heard if line.startswith("lab ")]
    builds = [
        f"{kind} {stage}"
        for kind in ("global", "account")
        for stage in ("install", "pre", "terraform", "post")
    ]
    again = [f"{stage} (again)" for stage in (*builds, "customizations")]
    assert stages == ["control tower", "provisioning", *builds, "customizations", *again]


def test_a_failing_helper_fails_with_what_it_said(mixed: Mixed) -> None:
    [reason, log] = mixed.failure("failing failed in account pre")
    assert reason.startswith("  the database is gone (exit status 1 of: ")
    assert log == "  | the database is gone"
    logs = mixed.root.parent / "logs"
    assert (logs / "first/failing/account-pre.log").read_text() == "the database is gone\n"
    assert sorted(path.name for path in (logs / "second").iterdir()) == ["lab", "making"]


def test_a_forgotten_requirement_is_named(mixed: Mixed) -> None:
    reason, *_ = mixed.failure("forgetting failed in account pre")
    assert reason.startswith("  ModuleNotFoundError: No module named 'yaml' (exit status 1")


def test_a_printed_secret_fails_the_build_and_is_not_repeated(mixed: Mixed) -> None:
    assert mixed.failure("leaking failed in account pre") == [
        "  a secret was printed into the build's log: what looks like a credential (line 1 of the log)",
        "  | key [secret]",
    ]
    assert "QWERTYUIOP" not in mixed.done.out + mixed.done.err
    log = mixed.root.parent / "logs/first/leaking/account-pre.log"
    assert log.read_text() == "key [secret]\n"


def test_a_customization_that_is_not_there(mixed: Mixed) -> None:
    reason, *_ = mixed.failure("gone failed in account install")
    assert "Error: gone directory does not exist" in reason


def test_what_control_tower_refuses_comes_with_its_place(mixed: Mixed) -> None:
    assert mixed.failure("bad failed in control tower (account-requests/terraform/bad.tf:1)") == [
        "  ProvisionProduct: InvalidParametersException: The parent organizational unit 'Nowhere' is not "
        "enrolled in AWS Control Tower",
    ]


def test_nothing_is_written_into_the_repository(mixed: Mixed) -> None:
    assert stamps(mixed.root) == mixed.stamps


def test_a_pull_request_is_rehearsed_as_a_change(repo: Repo) -> None:
    root = repo("moves", "goes", "stays")
    git(root, "init", "-q", "-b", "main")
    git(root, "add", ".")
    git(root, "commit", "-qm", "before")
    request(root, "moves", ou="Prod (ou-ab12-wlprod01)")
    (root / "account-requests/terraform/goes.tf").unlink()
    request(root, "comes")
    done = rehearse(root, "--before", "main")
    assert (done.code, done.out.splitlines()[:7]) == (
        0,
        [
            "4 accounts rehearsed as AFT 1.20.1 would, from main to the working tree.",
            "",
            "ACCOUNT  OU              REQUEST             CUSTOMIZATION  PIPELINE  SECOND RUN",
            "moves    Workloads/Prod  moved from Sandbox  plain          ok        changed nothing",
            "stays    Sandbox         unchanged           plain          ok        changed nothing",
            "comes    Sandbox         created             plain          ok        changed nothing",
            "goes     Sandbox         left to itself      plain          -         -",
        ],
    )
    assert "goes is no longer AFT's; who could sign in still can: nothing revokes it." in done.out


def test_a_plain_request_repository_is_rehearsed_up_to_the_account(repo: Repo, tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    root = repo("lab")
    shutil.copytree(root / "account-requests/terraform", plain / "terraform")
    bad = (plain / "terraform/lab.tf").read_text().replace("lab", "bad").replace("123456", "a&b")
    write(plain / "terraform/bad.tf", bad)
    done = rehearse(plain)
    shown = done.out.splitlines()
    assert (done.code, shown[2:5]) == (
        1,
        [
            "ACCOUNT  OU       REQUEST  CUSTOMIZATION  PIPELINE",
            "lab      Sandbox  created  plain          -",
            "bad      Sandbox  refused  -              -",
        ],
    )
    assert shown[shown.index("bad failed in requests (terraform/bad.tf:1)") + 1].startswith("  T002 ")
    assert done.err.splitlines()[-2:] == [
        "note: no organization.yaml: the OUs are taken from the requests, so a wrong one is not noticed",
        "note: there is no global-customizations/ here: rehearsed up to the account, no pipeline was run",
    ]


def test_the_second_run_is_judged(mixed: Mixed) -> None:
    """A helper that makes something new in every run."""
    assert mixed.lines[9] == "making      Sandbox  created  making         ok        changed something"
    second = mixed.lines.index("The second run was to change nothing, and changed:")
    assert mixed.lines[second + 1 : second + 3] == ["  making: iam:CreateRole", ""]


# --- endings -------------------------------------------------------------------------------------------


def begin(root: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "aftgen", "rehearse", *arguments],
        cwd=root,
        env={**os.environ, **environment(root.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # These tests may run below nohup themselves.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )


@pytest.mark.parametrize(
    ("stage", "number"),
    [("requests", signal.SIGTERM), ("global pre", signal.SIGINT), ("customizations ", signal.SIGHUP)],
)
def test_a_signal_ends_everything(repo: Repo, stage: str, number: signal.Signals) -> None:
    root = repo("lab")
    running = begin(root)
    assert running.stderr is not None
    for line in running.stderr:
        if stage in line:
            break
    running.send_signal(number)
    _, err = running.communicate(timeout=30)
    assert (running.returncode, err.splitlines()[-1], left(root)) == (130, "interrupted", [])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_the_first_second_interrupts_the_imports(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: signal.Signals
) -> None:
    write(
        tmp_path / "slow/moto.py",
        "import sys, time\nprint('importing', file=sys.stderr, flush=True)\ntime.sleep(60)\n",
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "slow"))
    root = repo()
    running = begin(root)
    assert running.stderr is not None
    assert running.stderr.readline() == "importing\n"
    running.send_signal(number)
    out, err = running.communicate(timeout=30)
    assert (running.returncode, out, err, left(root)) == (130, "", "\ninterrupted\n", [])


def test_keep_leaves_the_aws_up_until_ctrl_c_and_json_tells_machines_everything(repo: Repo) -> None:
    root = repo("lab")
    running = begin(root, "--keep", "--json")
    assert running.stderr is not None
    exports: dict[str, Any] = {}
    for line in running.stderr:
        if line.startswith("  export "):
            name, _, value = line.removeprefix("  export ").strip().partition("=")
            exports[name] = value
        if "aws organizations list-accounts" in line:
            break
    client = boto3.client(
        "organizations",
        endpoint_url=exports["AWS_ENDPOINT_URL"],
        region_name=exports["AWS_REGION"],
        aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=exports["AWS_SESSION_TOKEN"],
    )
    accounts = [account["Name"] for account in client.list_accounts()["Accounts"]]
    client.close()
    assert accounts == ["Management", "Log Archive", "Audit", "AFT Management", "lab"]
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=30)
    assert (running.returncode, left(root)) == (0, [])

    events = [json.loads(line) for line in out.splitlines()]
    assert {event["version"] for event in events} == {1}
    stages = [
        event["stage"] for event in events if event["event"] == "stage" and event["status"] != "started"
    ]
    builds = ["install", "pre", "terraform", "post"]
    expected = [f"{kind} {stage}" for kind in ("global", "account") for stage in builds] + ["customizations"]
    assert stages == ["requests", "control tower", "provisioning", *expected, *expected]
    result = events[-1]
    assert (result["event"], result["ok"], result["release"]) == ("result", True, "1.20.1")
    assert result["accounts"][0]["access"][0] == {
        "principal": "user:ada@example.com",
        "permission_set": "AWSAdministratorAccess",
        "source": "SSO user",
    }


def test_a_reader_that_goes_away_ends_it(repo: Repo) -> None:
    root = repo("lab")
    running = begin(root, "--json")
    assert running.stdout is not None
    running.stdout.readline()
    running.stdout.close()
    running.stdout = None
    start = time.monotonic()
    running.communicate(timeout=60)
    assert (running.returncode, left(root)) == (128 + signal.SIGPIPE, [])
    assert time.monotonic() - start < 30
