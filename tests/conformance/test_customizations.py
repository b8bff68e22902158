"""Customizations that fail or behave oddly: the release's own buildspecs and the built-in order end alike."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aftgen.cloud import LandingZone
from aftgen.cloud.account_factory import AccountFactory
from aftgen.rehearsal.framework import deployment
from aftgen.rehearsal.framework.buildspecs import Builds as ReleaseBuilds
from aftgen.rehearsal.framework.pipeline import ReleasePipeline
from aftgen.rehearsal.processes import Workspace
from rehearsal.customization_builds import (
    ACCOUNT,
    MAIN,
    POST,
    PRE,
    REQUIREMENTS,
    Builds,
    landing_zone,
    letters,
    stage,
)

from .checkouts import Judge

pytestmark = pytest.mark.slow
SCRIPT = "#!/bin/bash\n"


@dataclass(frozen=True, slots=True)
class Case:
    """What differs from a complete customization, and a stage whose log must hold a text in both."""

    name: str
    global_: Mapping[str, str | None] = field(default_factory=dict)
    account: Mapping[str, str | None] = field(default_factory=dict)
    customization: str | None = "sandbox"
    said: tuple[str, str] | None = None


def both(name: str, files: Mapping[str, str | None], said: tuple[str, str] | None = None) -> list[Case]:
    return [Case(f"global {name}", files, said=said), Case(f"account {name}", account=files, said=said)]


CASES = [
    Case("complete"),
    Case("no customization", customization=""),
    Case("no row", customization=None),
    Case("a folder that is not there", customization="nowhere"),
    *both("pre ends with 3", {PRE: SCRIPT + "exit 3\n"}),
    *both("post ends with 3", {POST: SCRIPT + "exit 3\n"}),
    *both("pre returns 3", {PRE: SCRIPT + "return 3\n"}),
    *both("pre exits 0 early", {PRE: SCRIPT + "echo early\nexit 0\n"}),
    *both("a command fails in the middle", {PRE: SCRIPT + "false\necho on\n"}),
    *both("a command fails under set -e", {PRE: SCRIPT + "set -e\nfalse\necho on\n"}),
    *both("the last command fails", {POST: SCRIPT + "echo on\nfalse\n"}),
    *both("no pre helper", {PRE: None}),
    *both("no post helper", {POST: None}),
    *both("terraform does not parse", {MAIN: 'resource "a" {\n'}),
    *both("no terraform folder", {MAIN: None, "terraform/aft-providers.jinja": None}),
    *both(
        "pre exports and moves",
        {PRE: SCRIPT + "export SEEN=yes\ncd /\n", POST: SCRIPT + 'echo "seen=$SEEN from $(basename $PWD)"\n'},
    ),
    Case("no requirements.txt, globally", {REQUIREMENTS: None}),
    Case("no requirements.txt, in the account", account={REQUIREMENTS: None}),
    Case(
        "post hears nothing of a failed terraform",
        {MAIN: 'output "x" {\n  value = var.nowhere\n}\n', POST: SCRIPT + "echo never\n"},
    ),
]


@dataclass(frozen=True, slots=True)
class Pair:
    """Both pipelines over one landing zone."""

    small: Builds
    release: ReleaseBuilds
    version: str


@pytest.fixture
def pair(release: Judge, workspace: Workspace, tmp_path: Path, cache: Path) -> Iterator[Pair]:
    with landing_zone() as zone:
        yield _pair(release, workspace, tmp_path, cache, zone)


def _pair(release: Judge, workspace: Workspace, folder: Path, cache: Path, zone: LandingZone) -> Pair:
    deployment.deploy(zone, AccountFactory(zone), release.version)
    small = Builds(zone, workspace, folder, cache)
    builds = ReleaseBuilds(release.folder, zone, environments=small.environments, processes=workspace)
    return Pair(small, builds, release.version)


def test_every_case_ends_alike(pair: Pair) -> None:
    for case in CASES:
        trees = pair.small.publish(case.global_, sandbox=case.account)
        pair.small.request(case.customization)
        ours = pair.small.pipeline(trees, aft_version=pair.version).run(ACCOUNT)
        theirs = ReleasePipeline(pair.release, trees).run(ACCOUNT)
        print(f"{pair.version} {letters(theirs)} {case.name}")
        assert letters(ours) == letters(theirs), (
            case.name,
            [(each.name, each.reason) for each in ours.stages],
            [(each.name, each.reason) for each in theirs.stages],
        )
        for name in ("global post", "account post"):
            mine = [line for line in stage(ours, name).log.splitlines() if line.startswith("seen=")]
            own = [line for line in stage(theirs, name).log.splitlines() if line.startswith("seen=")]
            assert mine == own, case.name
