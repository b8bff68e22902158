"""``aftgen access``: each command line becomes the pipeline's own, and ends as that one ends."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from aft_access.wiring import Wiring
from aftgen.aws.connections import Connections
from aftgen.cli.access import command
from aftgen.cloud import Behaviour
from command_line import aftgen
from pipeline.inside import Inside, inside
from pipeline.small import ACCOUNT, declare, plan, tree

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository of our shape with a catalogue."""
    monkeypatch.delenv("VENDED_ACCOUNT_ID", raising=False)
    (tmp_path / "aftgen.yaml").write_text("")
    (tmp_path / "account-requests" / "terraform").mkdir(parents=True)
    (tmp_path / "global-customizations" / "identity-center").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("name", sorted(command.commands))
def test_every_command_has_a_help_with_an_example(name: str, capsys: Captured) -> None:
    done = aftgen(capsys, "access", name, "--help")
    assert (done.code, done.err) == (0, "")
    assert f"Example: aftgen access {name} " in done.out


def test_the_helps_fit_and_say_all_commands(capsys: Captured) -> None:
    out = aftgen(capsys, "access", "--help").out
    assert max(map(len, out.splitlines())) <= 80
    assert "..." not in out.partition("Commands:")[2]
    assert set(command.commands) == {
        "plan",
        "apply",
        "catalogue",
        "import",
        "adopt",
        "release",
        "repin",
        "revoke",
        "history",
        "report",
    }


def test_a_help_imports_nothing_of_the_pipelines_program() -> None:
    script = (
        "import sys; from aftgen.cli.main import run; run(['access', 'plan', '--help']); "
        "sys.exit(sum(name in sys.modules for name in ('aft_access', 'boto3', 'yaml', 'pydantic', 'rich')))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, "Say what apply would do" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "plan --account 555555555555 --drift --names --json",
            "plan --account 555555555555 --drift --names --json",
        ),
        ("plan --account 555555555555", "plan --account 555555555555"),
        (
            "apply --account 555555555555 --expect 0f --names --json",
            "apply --account 555555555555 --expect 0f --names --json",
        ),
        ("apply --account 555555555555", "apply --account 555555555555"),
        ("catalogue plan --json", "catalogue plan --json"),
        ("catalogue apply", "catalogue apply"),
        ("import --account 5 --write", "import --account 5 --write"),
        ("import --all", "import --all"),
        ("adopt --account 5 A:group:x B:user:y", "adopt --account 5 A:group:x B:user:y"),
        ("adopt --account 5", "adopt --account 5"),
        ("release --account 5", "release --account 5"),
        ("repin group:x", "repin group:x"),
        ("revoke --principal group:x --all", "revoke --principal group:x --all"),
        ("history group:x", "history group:x"),
    ],
)
@pytest.mark.parametrize("code", [0, 1])
def test_the_line_is_handed_on_and_its_exit_code_back(
    root: Path, capsys: Captured, given: str, expected: str, code: int
) -> None:
    with patch("aft_access.cli.main", return_value=code) as main:
        done = aftgen(capsys, "access", *given.split(), "--path", root / "account-requests")
    assert done.code == code
    (call,) = main.call_args_list
    assert call.args[0] == ["--tree", str(root / "global-customizations"), *expected.split()]


def test_the_file_of_an_import_is_where_the_person_is(
    root: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    here = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(here)
    with patch("aft_access.cli.main", return_value=0) as main:
        aftgen(capsys, "access", "import", "--all", "--out", "a.txt", "--path", root)
    assert main.call_args.args[0][2:] == ["import", "--all", "--out", str(here / "a.txt")]


def test_the_builds_account_is_the_default_and_all_means_all(
    root: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VENDED_ACCOUNT_ID", "555555555555")
    with patch("aft_access.cli.main", return_value=0) as main:
        aftgen(capsys, "access", "plan", "--path", root)
        aftgen(capsys, "access", "import", "--path", root)
        aftgen(capsys, "access", "import", "--all", "--path", root)
    assert [call.args[0][2:] for call in main.call_args_list] == [
        ["plan", "--account", "555555555555"],
        ["import", "--account", "555555555555"],
        ["import", "--all"],
    ]


@pytest.mark.parametrize(
    "line",
    ["plan", "apply", "catalogue", "catalogue undo", "revoke --principal group:x", "revoke --all", "x"],
)
def test_wrong_usage_is_2_and_calls_nothing(root: Path, capsys: Captured, line: str) -> None:
    with patch("aft_access.cli.main") as main:
        done = aftgen(capsys, "access", *line.split())
    assert (done.code, done.out) == (2, "")
    main.assert_not_called()


def test_a_repository_without_a_catalogue(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "terraform").mkdir()
    done = aftgen(capsys, "access", "catalogue", "plan", "--path", tmp_path)
    assert done.code == 2
    assert done.err == (
        f"error: {tmp_path} has no global-customizations/identity-center\n"
        "hint: access is decided by the files there; run this in a repository that has them\n"
    )


def test_the_brake_says_where_the_pull_request_has_to_change_something(root: Path, capsys: Captured) -> None:
    requests, center = root / "account-requests/terraform", root / "global-customizations/identity-center"
    (requests / "b.tf").write_text('A = ["group:ops"]\n# group:ops\nB = ["group:ops-team", "user:x"]\n')
    (requests / "a.tf").write_text('\nA = ["x:group:ops", "group:ops"]\nB = ["group:ops.x"]\n')
    (center / "access.yaml").write_text('rules: ["group:ops"]\n')
    with patch("aft_access.cli.main", return_value=1):
        done = aftgen(capsys, "access", "revoke", "--principal", "group:ops", "--all", "--path", root)
    assert done.err.splitlines() == [
        "  account-requests/terraform/a.tf:2",
        "  account-requests/terraform/b.tf:1",
        "  global-customizations/identity-center/access.yaml:1",
    ]
    with patch("aft_access.cli.main", return_value=2):
        done = aftgen(capsys, "access", "revoke", "--principal", "group:ops", "--all", "--path", root)
    assert (done.code, done.err) == (2, "")


@pytest.fixture
def cloud(root: Path) -> Iterator[Inside]:
    """The embedded AWS, with this repository's program on it as in a build of the account."""
    with inside(plan(), Behaviour(polls_until_done=0, calls_per_second=None), root / "work") as made:
        tree().write(root / "global-customizations")
        declare(made.zone, {"Reading": ["group:auditors"]})
        yield made


def run(cloud: Inside, capsys: Captured, *line: str) -> tuple[int, str]:
    from aftgen.cloud import write_profiles

    environment = write_profiles(cloud.zone, account=ACCOUNT, directory=cloud.tree.parent / "aws")
    build = cloud.zone.build_credentials()
    keys = {"AWS_ACCESS_KEY_ID": build.access_key, "AWS_SECRET_ACCESS_KEY": build.secret_key}

    def wiring(_: Connections, tree: Path, account: str | None) -> Wiring:
        return Wiring(tree=tree, account_id=account, environment=environment, clock=cloud)

    with (
        patch.dict("os.environ", environment | keys | {"AWS_SESSION_TOKEN": build.token}),
        patch("botocore.endpoint.time", SimpleNamespace(sleep=cloud.sleep)),
        patch.object(Connections, "access", wiring),
    ):
        done = aftgen(capsys, "access", *line, "--path", cloud.tree.parents[1])
    return done.code, done.out


def test_from_a_plan_to_the_brake_on_the_embedded_aws(cloud: Inside, capsys: Captured) -> None:
    code, out = run(cloud, capsys, "plan", "--account", ACCOUNT)
    assert (code, out.splitlines()) == (
        0,
        [
            f"{ACCOUNT} payments (Workloads): planned",
            "  * Reading is created or updated first, for the organization",
            "  + Reading to group:auditors (request)",
            "  = AWSAdministratorAccess to user:~ee989c480e (Control Tower, SSOUserEmail)",
        ],
    )
    assert cloud.writes() == []
    assert run(cloud, capsys, "apply", "--account", ACCOUNT)[0] == 0
    assert (ACCOUNT, "Reading", "group:auditors") in cloud.zone.access()
    code, out = run(cloud, capsys, "revoke", "--principal", "group:auditors", "--all")
    assert (code, out) == (0, f"{ACCOUNT} Reading:group:auditors revoked\n")
    assert (ACCOUNT, "Reading", "group:auditors") not in cloud.zone.access()


@pytest.mark.parametrize("line", ["history group:auditors", "plan --account 555555555555"])
def test_without_credentials_it_says_how_to_sign_in(
    root: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, line: str
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    tree().write(root / "global-customizations")
    done = aftgen(capsys, "access", *line.split(), "--path", root)
    assert done.code == 1
    assert "NoCredentialsError: Unable to locate credentials\n  next: 'aws sso login', then" in done.err
