"""Small customizations, and their builds for one account of an embedded AWS."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aftgen.cloud import Account, Behaviour, LandingZone, LandingZonePlan, serve
from aftgen.rehearsal.environments import Environments
from aftgen.rehearsal.pipeline import CustomizationsPipeline, PipelineResult, StageResult
from aftgen.rehearsal.processes import Workspace
from aftgen.rehearsal.trees import Trees, from_folder

ACCOUNT = "555555555555"
PLAN = LandingZonePlan(
    accounts=(Account(id=ACCOUNT, name="payments", email="payments@x.com", ou="Workloads"),),
)
PROVIDER = 'provider "aws" {\n  region = "{{ provider_region }}"\n}\n'
#: What AFT asks of every customization, by the path of a file.
COMPLETE: dict[str, str] = {
    "api_helpers/pre-api-helpers.sh": "#!/bin/bash\necho pre ran\n",
    "api_helpers/post-api-helpers.sh": "#!/bin/bash\necho post ran\n",
    "api_helpers/python/requirements.txt": "",
    "terraform/aft-providers.jinja": PROVIDER,
    "terraform/main.tf": 'resource "terraform_data" "this" {\n  input = "x"\n}\n',
}
PRE, POST = "api_helpers/pre-api-helpers.sh", "api_helpers/post-api-helpers.sh"
REQUIREMENTS, MAIN = "api_helpers/python/requirements.txt", "terraform/main.tf"
STAGES = [
    f"{kind} {name}" for kind in ("global", "account") for name in ("install", "pre", "terraform", "post")
]


@contextmanager
def landing_zone() -> Iterator[LandingZone]:
    with serve(Behaviour(polls_until_done=0), seed=7) as server:
        yield LandingZone.build(server.cloud, PLAN)


class Builds:
    """Writes trees into a folder and builds them. `cache` is kept between test runs."""

    def __init__(self, zone: LandingZone, workspace: Workspace, folder: Path, cache: Path) -> None:
        self.zone = zone
        self.workspace = workspace
        self.folder = folder
        self.environments = Environments(workspace, folder=cache)
        self._published = 0

    def publish(
        self, global_: Mapping[str, str | None] | None = None, **account: Mapping[str, str | None]
    ) -> Trees:
        """`global_` and each named customization change files of a complete one; None takes a file away."""
        self._published += 1
        root = self.folder / f"repository-{self._published}"
        self._write(root / "global-customizations", global_ or {})
        for name, files in (account or {"sandbox": {}}).items():
            self._write(root / "account-customizations" / name.replace("__", "/"), files)
        return from_folder(root, into=self.folder / f"trees-{self._published}", revision=3, commit="c" * 40)

    def pipeline(self, trees: Trees, **settings: Any) -> CustomizationsPipeline:
        return CustomizationsPipeline(
            trees=trees, zone=self.zone, environments=self.environments, processes=self.workspace, **settings
        )

    def run(self, trees: Trees, *, customization: str | None = "sandbox", **settings: Any) -> PipelineResult:
        """`customization` is the row's `account_customizations_name`; None: the row has none."""
        self.request(customization)
        return self.pipeline(trees, **settings).run(ACCOUNT)

    def request(self, customization: str | None) -> None:
        row = {"id": {"S": ACCOUNT}, "email": {"S": "payments@x.com"}}
        if customization is not None:
            row["account_customizations_name"] = {"S": customization}
        aft = self.zone.plan.aft_management.id
        self.zone.backstage("dynamodb", aft).put_item(TableName="aft-request-metadata", Item=row)

    @staticmethod
    def _write(folder: Path, files: Mapping[str, str | None]) -> None:
        for name, text in {**COMPLETE, **files}.items():
            if text is None:
                continue
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def outcome(result: PipelineResult) -> list[str]:
    """One letter for each stage: o(k), f(ailed), s(kipped in peace), n(ot reached)."""
    return [f"{stage.name} {_letter(stage)}" for stage in result.stages]


def letters(result: PipelineResult) -> str:
    assert [stage.name for stage in result.stages] == STAGES
    return "".join(_letter(stage) for stage in result.stages)


def _letter(stage: StageResult) -> str:
    if stage.skipped:
        return "s" if stage.ok else "n"
    return "o" if stage.ok else "f"


def stage(result: PipelineResult, name: str) -> StageResult:
    return next(each for each in result.stages if each.name == name)
