"""The helper scripts, run in every way in which AFT has run them.

Up to 1.19 AFT executed them; since 1.20 it sources them, `. script || exit 1`, into the shell that goes on
to run Terraform. The working folder is the repository's root before Terraform, and the `terraform` folder
after it on the open-source distribution. CodeBuild's shell is `sh`, which is bash in POSIX mode. A script
must do its work, pass on its failure, and leave no trace in that shell, in all of these.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

REPOSITORY = Path(__file__).resolve().parents[2]
TREES = {
    "sandbox": REPOSITORY / "account-customizations/sandbox",
    "workload": REPOSITORY / "account-customizations/workload",
    "global": REPOSITORY / "global-customizations",
}
#: The arguments of each script's python3, a file below its own folder first or our package; nothing for those
#: that only say that there is nothing to do.
SCRIPTS: dict[tuple[str, str], list[str]] = {
    ("sandbox", "pre"): ["python/delete_default_vpcs.py"],
    ("sandbox", "post"): [],
    ("workload", "pre"): ["python/set_regional_defaults.py"],
    ("workload", "post"): [],
    ("global", "pre"): ["-P", "-m", "aft_access", "apply", "--phase", "pre"],
    ("global", "post"): ["-P", "-m", "aft_access", "apply", "--phase", "post"],
}
#: What a script runs after that, with an exit code of its own.
THEN = {("global", "pre"): ["-P", "-m", "aft_guardrails", "apply"]}
WITH_CHILD = [key for key, child in SCRIPTS.items() if child]
#: A failure there is for post to judge: the baseline must not wait for it (DESIGN, "Order").
TOLERANT = ("global", "pre")
#: What AFT exports before post; the trailing colon means the working folder.
AFTS_PYTHONPATH = "/codebuild/aws-aft-core-framework/sources/aft-lambda-layer:"
SHELLS = {"bash": ["bash"], "posix": ["bash", "--posix"]}
#: Variables that a shell changes by itself, whatever runs in it.
RESTLESS = ("_=", "BASHPID=", "BASH_ARG", "BASH_LINENO=", "BASH_MONOSECONDS=", "EPOCH", "FUNCNAME=")
RESTLESS += ("LINENO=", "PIPESTATUS=", "PPID=", "RANDOM=", "SECONDS=", "SRANDOM=")

SNAPSHOT = 'snapshot() { set; set +o; shopt; export -p; alias; trap; pwd; umask; printf "%s\\n" "$#"; }\n'
SETTING = (
    'snapshot > "$BEFORE"\n{call} || { echo "AFT stops"; exit 1; }\nsnapshot > "$AFTER"\necho "AFT goes on"\n'
)
CALLS = {
    "sourced": '. "$SCRIPT"',
    "executed": '"$SCRIPT"',
    "interpreted": '"${SHELL_COMMAND[@]}" "$SCRIPT"',
}
#: AFT's install phase begins with `set -e`; whether that lasts until the helpers is not documented.
PREAMBLES = {"": "", " after set -e": "set -e\n"}
WAYS = [call + preamble for call in CALLS for preamble in PREAMBLES]


@dataclass(frozen=True)
class Workplace:
    """A build's folder: copies of the trees below a path with a blank, a `python3` that notes its calls."""

    root: Path
    calls: Path

    def run(self, way: str, shell: str, script: Path | str, cwd: Path, **environment: str) -> tuple[int, str]:
        call, after, _ = way.partition(" after set -e")
        command = SNAPSHOT + f"SHELL_COMMAND=({' '.join(SHELLS[shell])})\n" + PREAMBLES[after] + SETTING
        result = subprocess.run(
            [*SHELLS[shell], "-c", command.replace("{call}", CALLS[call])],
            cwd=cwd,
            env={
                "PATH": f"{self.root / 'bin'}:/usr/local/bin:/usr/bin:/bin",
                "HOME": str(self.root),
                "SCRIPT": str(script),
                "BEFORE": str(self.root / "before"),
                "AFTER": str(self.root / "after"),
                "CALLS": str(self.calls),
                "CHILD": "0",
                "DEFAULT_PATH": "kept",
                "PYTHONPATH": AFTS_PYTHONPATH,
            }
            | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        return result.returncode, result.stdout + result.stderr

    def asked(self) -> list[str]:
        """The stand-in's calls: for each the number of arguments, the arguments, the path for modules."""
        return self.calls.read_text("utf-8").splitlines()

    def traces(self) -> tuple[list[str], list[str]]:
        """What the shell lost and gained over the script."""
        before, after = (
            {
                line
                for line in (self.root / name).read_text("utf-8").splitlines()
                if not line.startswith(RESTLESS)
            }
            for name in ("before", "after")
        )
        return sorted(before - after), sorted(after - before)


@pytest.fixture
def workplace(tmp_path: Path) -> Workplace:
    root = tmp_path / "with a blank"
    for name, tree in TREES.items():
        shutil.copytree(tree, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        for script in (root / name / "api_helpers").glob("*.sh"):
            script.chmod(0o755)  # as AFT's build does
    python = root / "bin/python3"
    python.parent.mkdir()
    python.write_text(
        '#!/bin/bash\nprintf "%s\\n" "$#" "$@" "$PYTHONPATH" >> "$CALLS"\n'
        '[ "$3" = aft_guardrails ] && exit "${GUARDRAILS:-0}"\nexit "$CHILD"\n',
        "utf-8",
    )
    python.chmod(0o755)
    return Workplace(root, root / "calls")


def expected_call(tree: str, stage: str, api_helpers: str) -> list[str]:
    """What the stand-in notes for a script whose folder is named so."""
    first, *others = SCRIPTS[tree, stage]
    if first == "-P":
        calls = [SCRIPTS[tree, stage], THEN.get((tree, stage), [])]
        return [line for one in calls if one for line in (str(len(one)), *one, f"{api_helpers}/python")]
    return [str(1 + len(others)), f"{api_helpers}/{first}", *others, AFTS_PYTHONPATH]


def every_way(test: object) -> object:
    for mark in (
        pytest.mark.parametrize("way", WAYS),
        pytest.mark.parametrize("shell", sorted(SHELLS)),
        pytest.mark.parametrize("folder", [".", "terraform"]),
    ):
        test = mark(test)  # type: ignore[arg-type]
    return test


@every_way
@pytest.mark.parametrize(("tree", "stage"), sorted(SCRIPTS))
def test_works_and_leaves_no_trace(
    workplace: Workplace, tree: str, stage: str, way: str, shell: str, folder: str
) -> None:
    api_helpers = workplace.root / tree / "api_helpers"
    code, output = workplace.run(
        way, shell, api_helpers / f"{stage}-api-helpers.sh", workplace.root / tree / folder
    )
    assert code == 0, output
    assert workplace.traces() == ([], [])
    if SCRIPTS[tree, stage]:
        assert output == "AFT goes on\n"
        assert workplace.asked() == expected_call(tree, stage, str(api_helpers))
        assert (api_helpers / "python/aft_access/__main__.py").is_file() == (tree == "global")
        assert tree == "global" or (api_helpers / SCRIPTS[tree, stage][0]).is_file()
    else:
        assert output == f"Executing {tree} {stage}-API helpers: none are defined\nAFT goes on\n"
        assert not workplace.calls.exists()


@every_way
@pytest.mark.parametrize(("tree", "stage"), [key for key in WITH_CHILD if key != TOLERANT])
@pytest.mark.parametrize("child", ["1", "2", "130"])
def test_a_childs_failure_fails_the_build(
    workplace: Workplace, tree: str, stage: str, way: str, shell: str, folder: str, child: str
) -> None:
    script = workplace.root / tree / f"api_helpers/{stage}-api-helpers.sh"
    code, output = workplace.run(way, shell, script, workplace.root / tree / folder, CHILD=child)
    assert (code, output) == (1, "AFT stops\n")
    assert workplace.asked() == expected_call(tree, stage, str(script.parent))
    assert not (workplace.root / "after").exists()


@every_way
@pytest.mark.parametrize("child", ["1", "3", "137"])
def test_a_failure_before_the_baseline_is_recorded_and_does_not_stop_it(
    workplace: Workplace, way: str, shell: str, folder: str, child: str
) -> None:
    tree, stage = TOLERANT
    script = workplace.root / tree / f"api_helpers/{stage}-api-helpers.sh"
    code, output = workplace.run(way, shell, script, workplace.root / tree / folder, CHILD=child)
    assert code == 0
    assert output == (
        f"AFT goes on\naccess: failed before the baseline (exit code {child}); "
        "post tries again and decides the build\n"
    )
    assert workplace.traces() == ([], [])


@every_way
@pytest.mark.parametrize("child", ["0", "1"])
def test_guardrails_that_fail_end_the_build_after_access_had_its_turn(
    workplace: Workplace, way: str, shell: str, folder: str, child: str
) -> None:
    script = workplace.root / "global/api_helpers/pre-api-helpers.sh"
    code, output = workplace.run(
        way, shell, script, workplace.root / "global" / folder, CHILD=child, GUARDRAILS="1"
    )
    assert (code, "AFT stops\n" in output, "access: failed" in output) == (1, True, child == "1")
    assert workplace.asked() == expected_call("global", "pre", str(script.parent))
    assert not (workplace.root / "after").exists()


@pytest.mark.parametrize("shell", sorted(SHELLS))
@pytest.mark.parametrize(("tree", "stage"), WITH_CHILD)
def test_found_by_a_relative_path(workplace: Workplace, tree: str, stage: str, shell: str) -> None:
    """Somebody runs the script by hand, from the folder that it is in."""
    api_helpers = workplace.root / tree / "api_helpers"
    code, output = workplace.run("executed", shell, f"./{stage}-api-helpers.sh", api_helpers)
    assert code == 0, output
    assert workplace.asked() == expected_call(tree, stage, ".")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not on PATH")
@pytest.mark.parametrize("script", sorted(path for tree in TREES.values() for path in tree.rglob("*.sh")))
def test_shellcheck(script: Path) -> None:
    result = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_the_whole_way_to_ec2(workplace: Workplace, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sourced as AFT sources it, with the real Python and an AWS that answers."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    client = boto3.client("ec2", region_name="eu-west-1")
    assert [vpc["IsDefault"] for vpc in client.describe_vpcs()["Vpcs"]] == [True]
    credentials = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    (workplace.root / "bin/python3").unlink()
    (workplace.root / "bin/python3").symlink_to(sys.executable)

    code, output = workplace.run(
        "sourced",
        "posix",
        workplace.root / "sandbox/api_helpers/pre-api-helpers.sh",
        workplace.root / "sandbox",
        VENDED_ACCOUNT_ID="123456789012",
        PYTHONPATH=os.pathsep.join(path for path in sys.path if path.endswith("site-packages")),
        **credentials,
    )
    assert code == 0, output
    assert output.startswith("Default VPCs of account 123456789012\n")
    assert output.endswith(", 0 unchanged, 0 skipped, 0 failed\nAFT goes on\n")
    assert client.describe_vpcs()["Vpcs"] == []
    assert workplace.traces() == ([], [])
