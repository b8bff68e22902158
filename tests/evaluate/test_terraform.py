"""Terraform gets a clean environment, a limit on everything, and an end."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from aftgen.evaluate import evaluate
from aftgen.evaluate.terraform import Outcome, Stopped, Terraform, environment, terraform_path
from aftgen.reader.folder import read
from aftgen.repository import Repository
from evaluate.real_terraform import MODULE, MODULE_PATH, write
from evaluate.shapes import request

_ENDLESS = request(
    "x",
    'join("-", each.value)',
    'for_each = { for p in setproduct(range(1000), range(1000)) : join("-", p) => p }',
)


def _fake(folder: Path, script: str) -> Terraform:
    binary = folder / "terraform"
    binary.write_text(f"#!/bin/sh\n{script}\n")
    binary.chmod(0o755)
    return Terraform(str(binary), folder, folder, time.monotonic() + 20)


def _repository(root: Path, text: str) -> Repository:
    write(
        root / "terraform", {"a.tf": text, **{f"{MODULE_PATH}/{name}": body for name, body in MODULE.items()}}
    )
    return Repository(root=root, requests=root / "terraform")


def test_the_environment_holds_nothing_of_the_callers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (
        "TF_VAR_x",
        "TF_CLI_ARGS",
        "TF_CLI_ARGS_plan",
        "TF_LOG",
        "TF_WORKSPACE",
        "AWS_PROFILE",
        "TF_PLUGIN_CACHE_DIR",
    ):
        monkeypatch.setenv(name, "secret")
    monkeypatch.setenv("HOME", "/home/caller")
    found = environment(tmp_path)
    assert "secret" not in found.values()
    assert found["HOME"] == str(tmp_path / "home")
    assert sorted(found) == [
        "CHECKPOINT_DISABLE",
        "GOMEMLIMIT",
        "HOME",
        "LANG",
        "PATH",
        "TF_CLI_CONFIG_FILE",
        "TF_DATA_DIR",
        "TF_INPUT",
        "TF_IN_AUTOMATION",
        "TMPDIR",
    ]
    assert "direct" not in Path(found["TF_CLI_CONFIG_FILE"]).read_text()


def test_output_that_is_no_plan(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="Terraform's plan cannot be read"):
        _fake(tmp_path, "echo nonsense").plan()


def test_a_failure_without_diagnostics_says_what_was_printed(tmp_path: Path) -> None:
    with pytest.raises(Stopped, match="'terraform plan' failed: something broke"):
        _fake(tmp_path, "echo something broke >&2; exit 1").plan()


def test_too_much_output_stops_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aftgen.evaluate.terraform.MAX_OUTPUT", 1_000_000)
    with pytest.raises(Stopped, match="printed more than 0 MB"):
        _fake(tmp_path, "yes").plan()


def test_what_it_starts_ends_with_it(tmp_path: Path) -> None:
    terraform = _fake(tmp_path, "sleep 300 & echo $! > child; sleep 300")
    terraform.deadline = time.monotonic() + 1
    with pytest.raises(Stopped, match="Terraform took too long and was stopped") as stopped:
        terraform.plan()
    assert stopped.value.final
    child = int((tmp_path / "child").read_text())
    assert _is_gone(child)


def _is_gone(pid: int) -> bool:
    for _ in range(100):
        try:
            os.kill(pid, 0)
            state = Path(f"/proc/{pid}/stat")
            if state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def test_a_plan_is_read_with_exact_numbers(tmp_path: Path) -> None:
    outcome = _fake(tmp_path, 'if [ "$1" = show ]; then echo \'{"n": 12345678901234567890.10}\'; fi').plan()
    assert isinstance(outcome, Outcome)
    assert outcome.plan is not None
    assert str(outcome.plan["n"]) == "12345678901234567890.10"


def test_terraform_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert terraform_path() is None
    _fake(tmp_path, "")
    assert terraform_path() == str(tmp_path / "terraform")


@pytest.mark.terraform
def test_an_endless_evaluation_ends_at_its_timeout(tmp_path: Path) -> None:
    repository = _repository(tmp_path, _ENDLESS)
    started = time.monotonic()
    evaluation = evaluate(repository, read(repository), timeout=2)
    assert time.monotonic() - started < 6
    assert evaluation.reason == "Terraform took too long and was stopped"
    assert [found.reason for found in evaluation.folder.requests] == [evaluation.reason]


@pytest.mark.terraform
@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited on Linux only")
def test_an_evaluation_that_eats_memory_is_stopped_and_named(tmp_path: Path) -> None:
    bomb = request("bomb", "length(setproduct(range(1024), range(1024), range(256)))")
    repository = _repository(tmp_path, bomb + request("honest", 'lower("A")'))
    evaluation = evaluate(repository, read(repository), timeout=60)
    assert [(problem.address, problem.message) for problem in evaluation.problems] == [
        ("module.bomb", "Terraform needed more memory than it may have")
    ]
    assert [found.email for found in evaluation.folder.requests][-1] == "a"


@pytest.mark.terraform
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_leaves_nothing_behind(number: signal.Signals, tmp_path: Path) -> None:
    _repository(tmp_path / "r", _ENDLESS)
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    script = textwrap.dedent(
        f"""
        from pathlib import Path
        from aftgen.evaluate import evaluate
        from aftgen.reader.folder import read
        from aftgen.repository import Repository
        root = Path({str(tmp_path / "r")!r})
        repository = Repository(root=root, requests=root / "terraform")
        evaluate(repository, read(repository), timeout=60)
        """
    )
    environment = {**os.environ, "TMPDIR": str(temporary), "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", script], env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(500):
            if list(temporary.glob("*/data/modules/modules.json")):
                break
            time.sleep(0.02)
        time.sleep(0.5)
        assert len(list(temporary.iterdir())) == 1
        process.send_signal(number)
        assert process.wait(20) == -number
    finally:
        process.kill()
        process.wait()
    assert list(temporary.iterdir()) == []


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('data "external" "x" {\n  program = ["sh", "-c", "touch ran"]\n}\n', "hashicorp/external"),
        (
            "terraform {\n  required_providers {\n    x = {\n"
            '      source = "evil.example/a/b"\n    }\n  }\n}\n'
            'data "x_y" "z" {}\n',
            "evil.example/a/b",
        ),
        ('module "x" {\n  source = "git::https://evil.example/x.git"\n}\n', "Module not installed"),
        ('terraform {\n  backend "http" {\n    address = "http://127.0.0.1:9/"\n  }\n}\n', "Backend init"),
    ],
)
def test_code_that_came_in_all_the_same_would_find_nothing_to_run(
    text: str, expected: str, tmp_path: Path
) -> None:
    """No ``init`` is run, no provider can be installed, no module fetched: the second wall of the sandbox."""
    folder = tmp_path / "folder"
    write(folder, {"main.tf": text})
    terraform = Terraform(terraform_path() or "", folder, tmp_path, time.monotonic() + 20)
    try:
        outcome = terraform.plan()
    except Stopped as stopped:
        message = str(stopped)
    else:
        message = " ".join(error.message for error in outcome.errors)
    assert expected in message
    assert not (folder / "ran").exists()
