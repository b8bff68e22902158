"""`aftgen rehearse`: a small repository through the whole chain, in a process of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
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

    def make(*names: str, ou: str = "Sandbox", customization: str = "plain", **files: str) -> Path:
        root = tmp_path / "repository"
        shutil.copytree(
            ROOT / "account-requests", root / "account-requests", ignore=shutil.ignore_patterns("*.tf")
        )
        shutil.copytree(
            ROOT / "account-requests/terraform/modules",
            root / "account-requests/terraform/modules",
            dirs_exist_ok=True,
        )
        trees = {"global-customizations": SOUND, "account-customizations/plain": SOUND}
        for tree, content in trees.items():
            for path, text in content.items():
                write(root / tree / path, files.get(path, text) if tree == "global-customizations" else text)
        write(root / "aftgen.yaml", "version: 1\n")
        shutil.copy(ROOT / "global-customizations/organization.yaml", root / "global-customizations")
        for name in names:
            request(root, name, ou=ou, customization=customization)
        return root

    return make


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def request(root: Path, name: str, *, ou: str = "Sandbox", customization: str = "plain") -> None:
    text = REQUEST.format(name=name, ou=ou, customization=customization)
    write(root / f"account-requests/terraform/{name}.tf", text)


def environment(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "tmp").mkdir(exist_ok=True)
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


def test_an_account_goes_through_the_whole_chain(repo: Repo) -> None:
    root = repo("lab")
    done = rehearse(root, "--no-terraform", "--as", "ada@example.com")
    assert (done.code, done.out.splitlines()) == (
        0,
        [
            "1 account rehearsed as AFT 1.20.1 would.",
            "",
            "ACCOUNT  OU       REQUEST  CUSTOMIZATION  PIPELINE  SECOND RUN",
            "lab      Sandbox  created  plain          ok        changed nothing",
            "",
            "ACCOUNT  TAGS",
            "lab      cost-center=123456",
            "",
            "Who can sign in with what",
            "ACCOUNT  OU       WHO                   PERMISSION SET          WHY",
            "lab      Sandbox  user:ada@example.com  AWSAdministratorAccess  SSO user",
            "Control Tower's own groups hold their usual permission sets as well (--json lists them).",
            "",
            "What ada@example.com sees in the access portal",
            "ACCOUNT  PERMISSION SET          THROUGH",
            "lab      AWSAdministratorAccess  own",
        ],
    )
    stages = [line.split("  ")[0] + ":" + line[22:46].strip() for line in done.err.splitlines()]
    assert stages[:4] == [
        "all requests:requests",
        "lab:control tower",
        "lab:provisioning",
        "lab:global install",
    ]
    assert "lab:account post (again)" in stages
    assert left(root) == []


def test_a_failing_helper_fails_the_rehearsal_with_what_it_said(repo: Repo, tmp_path: Path) -> None:
    helper = {"api_helpers/pre-api-helpers.sh": "echo the database is gone\nreturn 3\n"}
    root = repo("lab", **helper)
    done = rehearse(root, "--logs", str(tmp_path / "logs"))
    assert done.code == 1
    shown = done.out.splitlines()
    assert shown[3] == "lab      Sandbox  created  plain          failed"
    start = shown.index("lab failed in global pre")
    assert shown[start + 2 :][:1] == ["  | the database is gone"]
    log = tmp_path / "logs/first/lab/global-pre.log"
    assert "the database is gone" in log.read_text()
    assert not (tmp_path / "logs/second").exists()


def test_what_aft_refuses_is_refused_and_the_others_go_on(repo: Repo) -> None:
    root = repo("lab")
    request(root, "bad", ou="Nowhere")
    checked = rehearse(root)
    assert checked.code == 1
    assert "bad failed in requests (account-requests/terraform/bad.tf:1)" in checked.out
    assert "lab      Sandbox  created  plain          ok        changed nothing" in checked.out
    told = rehearse(root, "--no-check", "bad")
    assert told.out.splitlines()[-2:] == [
        "bad failed in control tower (account-requests/terraform/bad.tf:1)",
        "  ProvisionProduct: InvalidParametersException: The parent organizational unit 'Nowhere' is not "
        "enrolled in AWS Control Tower",
    ]


def test_a_customization_that_is_not_there(repo: Repo) -> None:
    done = rehearse(repo("lab", customization="gone"), "--no-check")
    assert done.code == 1
    start = done.out.splitlines().index("lab failed in account install")
    assert "Error: gone directory does not exist" in done.out.splitlines()[start + 1]


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
    shutil.copytree(repo("lab") / "account-requests/terraform", plain / "terraform")
    done = rehearse(plain)
    assert (done.code, done.out.splitlines()[2:4]) == (
        0,
        ["ACCOUNT  OU       REQUEST  CUSTOMIZATION  PIPELINE", "lab      Sandbox  created  plain          -"],
    )
    assert done.err.splitlines()[-2:] == [
        "note: no organization.yaml: the OUs are taken from the requests, so a wrong one is not noticed",
        "note: there is no global-customizations/ here: rehearsed up to the account, no pipeline was run",
    ]


def test_the_second_run_is_judged(repo: Repo) -> None:
    """A helper that makes something new in every run."""
    make = (
        "cat > make.py <<'END'\nimport boto3, uuid\n"
        "boto3.client('iam').create_role(RoleName=uuid.uuid4().hex, AssumeRolePolicyDocument='{}')\nEND\n"
        "python3 make.py\n"
    )
    files = {"api_helpers/post-api-helpers.sh": make, "api_helpers/python/requirements.txt": "boto3\n"}
    done = rehearse(repo("lab", **files))
    assert done.code == 1
    assert done.out.splitlines()[-2:] == [
        "The second run was to change nothing, and changed:",
        "  lab: iam:CreateRole",
    ]


def test_events_for_machines(repo: Repo) -> None:
    done = rehearse(repo("lab"), "--json")
    events = [json.loads(line) for line in done.out.splitlines()]
    assert done.code == 0
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


def test_nothing_is_written_into_the_repository(repo: Repo) -> None:
    root = repo("lab")
    before = sorted((path, path.stat().st_mtime_ns) for path in root.rglob("*"))
    assert rehearse(root).code == 0
    assert sorted((path, path.stat().st_mtime_ns) for path in root.rglob("*")) == before


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


def test_keep_leaves_the_aws_up_until_ctrl_c(repo: Repo) -> None:
    root = repo("lab")
    running = begin(root, "--keep")
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
    assert out.startswith("1 account rehearsed")


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
