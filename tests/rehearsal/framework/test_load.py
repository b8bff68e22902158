"""Folders that are no framework, and what one cannot do."""

from pathlib import Path

import pytest
from aftgen.cloud import LandingZone, LandingZonePlan, in_process
from aftgen.errors import UsageError
from aftgen.rehearsal.chain import Setting
from aftgen.rehearsal.environments import Environments
from aftgen.rehearsal.framework import load
from aftgen.rehearsal.framework.release import Checkout
from aftgen.rehearsal.processes import Workspace

from . import small_release


def test_a_folder_that_is_no_checkout_is_told_by_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"it has no sources/aft-lambda-layer/pyproject\.toml") as raised:
        Checkout(tmp_path)
    assert raised.value.hint is not None
    assert "at one release" in raised.value.hint


def test_a_checkout_knows_its_version(tmp_path: Path) -> None:
    folder = small_release.make(tmp_path)
    machine = folder / (
        "modules/aft-account-provisioning-framework/states/aft_account_provisioning_framework.asl.json"
    )
    machine.parent.mkdir(parents=True)
    machine.write_text("{}")
    assert Checkout(folder).version == "9.8.7"


def test_hcp_terraform_is_refused_before_anything_runs(
    workspace: Workspace, tmp_path: Path, environment_cache: Path
) -> None:
    with in_process() as cloud:
        setting = Setting(
            zone=LandingZone.build(cloud, LandingZonePlan()),
            workspace=workspace,
            environments=Environments(workspace, folder=environment_cache),
            distribution="tfc",
        )
        with pytest.raises(UsageError, match="cannot run with tfc"):
            load(tmp_path, setting)
