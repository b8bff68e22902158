"""A release's functions in the worker: what they return, raise, log and sleep."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aftgen.cloud import LandingZone, LandingZonePlan, in_process, serve
from aftgen.errors import UsageError
from aftgen.rehearsal.framework.lambdas import Lambdas, requirements
from aftgen.rehearsal.processes import Workspace

from . import small_release


@pytest.fixture
def lambdas(workspace: Workspace, tmp_path: Path) -> Iterator[Lambdas]:
    release = small_release.make(tmp_path / "release")
    with serve() as server:
        zone = LandingZone.build(server.cloud, LandingZonePlan())
        yield Lambdas(release, zone, python=Path(sys.executable), processes=workspace)


def test_a_function_answers_and_stays_warm(lambdas: Lambdas) -> None:
    first, second = (lambdas.invoke("hello", {}) for _ in range(2))
    assert first.ok
    assert first.result == {"name": "hello", "seen": 1}
    assert second.result == {"name": "hello", "seen": 2}


def test_what_it_raises_and_logs_is_told(lambdas: Lambdas) -> None:
    failed = lambdas.invoke("hello", {"fail": "CT Request is not valid"})
    assert (failed.ok, failed.error, failed.type) == (False, "CT Request is not valid", "RuntimeError")
    assert failed.errors == ("a reason",)
    assert failed.text.splitlines() == [
        "--- hello",
        "ERROR   a reason",
        "RuntimeError: CT Request is not valid",
    ]
    assert lambdas.invoke("hello", {}).ok


def test_a_function_that_is_not_there_is_its_answer(lambdas: Lambdas) -> None:
    assert lambdas.invoke("nowhere", {}).error == "No module named 'nowhere'"


def test_sleeping_takes_no_time_and_moves_the_clock(lambdas: Lambdas) -> None:
    assert lambdas.invoke("hello", {"sleep": 3600}).result is True


def test_a_worker_that_is_gone_is_said(lambdas: Lambdas) -> None:
    assert lambdas.invoke("hello", {}).ok
    lambdas._child.process.kill()
    lambdas._child.process.wait()
    with pytest.raises(RuntimeError, match="the lambda worker ended while it ran hello"):
        lambdas.invoke("hello", {})


def test_the_layer_is_what_the_release_pins(tmp_path: Path) -> None:
    assert requirements(small_release.make(tmp_path)) == "boto3==1.39.3\n"


def test_a_layer_that_cannot_be_imported_is_named(workspace: Workspace, tmp_path: Path) -> None:
    release = small_release.make(tmp_path / "release")
    layer = release / "sources/aft-lambda-layer/aft_common/account_provisioning_framework.py"
    layer.write_text("import nowhere\n")
    with serve() as server:
        zone = LandingZone.build(server.cloud, LandingZonePlan())
        with pytest.raises(UsageError, match="cannot be imported") as raised:
            Lambdas(release, zone, python=Path(sys.executable), processes=workspace)
    assert raised.value.hint == "ModuleNotFoundError: No module named 'nowhere'"


def test_another_process_needs_a_server(workspace: Workspace, tmp_path: Path) -> None:
    with in_process() as cloud:
        zone = LandingZone.build(cloud, LandingZonePlan())
        with pytest.raises(ValueError, match="served over HTTP"):
            Lambdas(tmp_path, zone, python=Path(sys.executable), processes=workspace)
