"""A buildspec as CodeBuild runs it, with every download answered."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from aftgen.cloud import LandingZone, LandingZonePlan, serve
from aftgen.rehearsal.environments import Environments
from aftgen.rehearsal.framework.buildspecs import Builds, Built, Phase, Project, phases
from aftgen.rehearsal.processes import Workspace

from . import small_release

ACCOUNT = "555555555555"


@pytest.fixture
def builds(workspace: Workspace, tmp_path: Path, environment_cache: Path) -> Iterator[Builds]:
    with serve() as server:
        yield Builds(
            small_release.make(tmp_path / "release"),
            LandingZone.build(server.cloud, LandingZonePlan()),
            environments=Environments(workspace, folder=environment_cache),
            processes=workspace,
        )


def built(builds: Builds, source: Path, code: int = 0) -> tuple[Built, list[tuple[list[str], Path]]]:
    asked: list[tuple[list[str], Path]] = []

    def terraform(words: Sequence[str], folder: Path, request: Mapping[str, Any]) -> tuple[int, str]:
        assert request["key"]
        asked.append((list(words), folder))
        return (code if words[0] == "apply" else 0), f"terraform {words[0]}"

    source.mkdir()
    variables = {"VENDED_ACCOUNT_ID": ACCOUNT}
    return builds.run(Project.GLOBAL, source, terraform, variables=variables), asked


def test_every_question_of_a_build_is_answered(builds: Builds, tmp_path: Path) -> None:
    done, asked = built(builds, tmp_path / "source")
    assert done.ok, done.log
    assert "terraform=1.6.1 name=AWSAFT-Session who=444444444444 row=[] core=sources" in done.log
    assert asked == [(["init"], tmp_path / "source"), (["apply", "--auto-approve"], tmp_path / "source")]
    assert [phase.phase for phase in done.phases] == ["install", "build", "post_build"]
    assert "succeeding=1" in done.log
    assert not Path("/opt/aft/bin/terraform").exists()


def test_a_failed_build_phase_goes_on_and_is_known_to_the_next(builds: Builds, tmp_path: Path) -> None:
    done, _ = built(builds, tmp_path / "source", code=1)
    assert [(phase.phase, phase.ok, phase.code) for phase in done.phases] == [
        ("install", True, 0),
        ("build", False, 1),
        ("post_build", False, 1),
    ]
    assert done.phases[1].said == "terraform apply"
    assert "never after a failure" not in done.log
    assert "succeeding=0" in done.log


def test_a_checkout_of_another_release_cannot_be_cloned(builds: Builds, tmp_path: Path) -> None:
    builds.version = "1.0.0"
    done, _ = built(builds, tmp_path / "source")
    assert [phase.phase for phase in done.phases] == ["install"]
    assert done.phases[0].said == "fatal: Remote branch 9.8.7 not found: the checkout is 1.0.0"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("curl -o a.zip https://example.com/a.zip", "(a rehearsal has no network)"),
        ("aws s3 ls", "AFT's buildspecs did not make this call"),
        ("aws ssm get-parameter --name /aft/nowhere", "(ParameterNotFound) when calling the GetParameter"),
        ("aws sts assume-role --role-arn arn:aws:iam::1:role/x --role-session-name y", "(AccessDenied)"),
        (
            "aws ssm get-parameter --name /x --profile nobody",
            "The config profile (nobody) could not be found",
        ),
        ("git push", "AFT's buildspecs did not do this"),
        ("terraform plan", "terraform: command not found"),
    ],
)
def test_what_nobody_answers_fails_in_words(builds: Builds, tmp_path: Path, line: str, said: str) -> None:
    spec = f"version: 0.2\nphases:\n  install:\n    commands:\n      - {line}\n"
    (builds.checkout / Project.GLOBAL.value).write_text(spec)
    done, _ = built(builds, tmp_path / "source")
    assert not done.ok
    assert said in done.log


def test_virtual_environments_come_from_the_cache(builds: Builds, tmp_path: Path) -> None:
    spec = """
version: 0.2
phases:
  install:
    commands:
      - python3 -m venv $(pwd)/venv
      - $(pwd)/venv/bin/pip install -U pip
      - touch requirements.txt
      - $(pwd)/venv/bin/pip install -r requirements.txt
      - source venv/bin/activate
      - python3 -c "import sys; print('prefix', sys.prefix)"
      - $(pwd)/venv/bin/pip install -r gone.txt
"""
    (builds.checkout / Project.GLOBAL.value).write_text(spec)
    done, _ = built(builds, tmp_path / "source")
    assert f"prefix {tmp_path / 'source' / 'venv'}" in done.log
    assert "No such file or directory: 'gone.txt'" in done.log or "gone.txt" in done.phases[0].said


def test_phases_are_in_order_and_nothing_unknown_is_ignored() -> None:
    install = "  install:\n    on-failure: ABORT\n    commands: [a]\n"
    text = f"version: 0.2\nphases:\n  build:\n    commands: [b]\n{install}"
    assert phases(text) == (
        Phase(name="install", commands=("a",), on_failure="ABORT"),
        Phase(name="build", commands=("b",)),
    )
    with pytest.raises(ValueError, match="is not understood"):
        phases("version: 0.2\nphases: {}\nenv: {}\n")


def test_what_a_failure_ends() -> None:
    ends = {
        name: Phase(name=name, commands=()).ends_build
        for name in ("install", "pre_build", "build", "post_build")
    }
    assert ends == {"install": True, "pre_build": True, "build": False, "post_build": True}
    assert Phase(name="build", commands=(), on_failure="ABORT").ends_build
    assert not Phase(name="install", commands=(), on_failure="CONTINUE").ends_build
