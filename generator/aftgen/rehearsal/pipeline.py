"""The customizations pipeline of one account, as AFT's two CodeBuild projects run it: global, then account.

Each build is made of four stages, in this order; `build.py` does them:

    install     checkout, variables from SSM, the customization's name, profiles, virtual environment
    pre         pre-api-helpers.sh, as aft-target
    terraform   jinja, then what can be known without a provider (`terraform_stage.py`)
    post        post-api-helpers.sh, unless Terraform failed

A failed stage ends its build as the buildspec's on-failure rules say, and a failed global build ends the
pipeline: AFT does not start the account's.

Reference: AFT reference §3; AFT's aft-customizations/buildspecs and sources/aft-customizations-common.
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from aftgen.rehearsal.buildspec import Kind, calling
from aftgen.rehearsal.trees import GLOBAL

if TYPE_CHECKING:
    from pathlib import Path

    from aftgen.cloud import LandingZone
    from aftgen.rehearsal.environments import Environments
    from aftgen.rehearsal.processes import Workspace
    from aftgen.rehearsal.trees import Trees

Distribution = Literal["oss", "tfc", "tfe"]
STAGES: Final = ("install", "pre", "terraform", "post")
METADATA_TABLE: Final = "aft-request-metadata"


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """One stage of one account. `name` is "global install", "global pre", "global terraform", "global post",
    and the same with "account".

    `ok` is False where AFT's build would fail there, or where the rehearsal found what AFT would not mind and
    nobody wants (a printed secret); then `reason` says so in one line, AFT's or the program's own words
    first. `skipped`: it did not run, `reason` says why (`ok` is True where AFT calls that a success, such as
    an account without a customization). `log` is what it printed, secrets masked; `notes` are remarks that
    fail nothing.
    """

    name: str
    ok: bool
    seconds: float = 0.0
    log: str = ""
    reason: str = ""
    skipped: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineResult:
    """How the pipeline of an account ended: `ok` only if both builds succeeded."""

    account: str
    ok: bool
    stages: tuple[StageResult, ...]

    @property
    def reason(self) -> str:
        """The first failed stage's reason, with the stage; "" when it succeeded."""
        failed = next((stage for stage in self.stages if not stage.ok and not stage.skipped), None)
        return f"{failed.name}: {failed.reason}" if failed else ""


OnStage = Callable[[StageResult], None]


class CustomizationsPipeline:
    """Runs builds; several accounts may run at once, each in a thread of its own."""

    def __init__(
        self,
        *,
        trees: "Trees",
        zone: "LandingZone",
        environments: "Environments",
        processes: "Workspace",
        aft_version: str = "1.20.1",
        distribution: Distribution | None = None,
        scratch: "Path | None" = None,
    ) -> None:
        """`distribution` is the zone's (`/aft/config/terraform/distribution`) unless given; `scratch` is a
        folder in the workspace unless given. Raises ValueError for an `aft_version` that is none, and
        UsageError when there is no global-customizations/ to run."""
        from aftgen.rehearsal.terraform_stage import TerraformStage

        trees.tree(GLOBAL)
        self.trees = trees
        self.zone = zone
        self.environments = environments
        self.processes = processes
        self.calling = calling(aft_version)
        self.aft_version = aft_version
        self.scratch = scratch or processes.folder / "builds"
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.parameters = _parameters(zone)
        self.distribution = distribution or self.parameters["/aft/config/terraform/distribution"]
        self.terraform = TerraformStage(
            processes,
            version=self.parameters["/aft/config/terraform/version"],
            distribution=self.distribution,
        )
        self._numbers = itertools.count(1)

    def run(self, account: str, on_stage: OnStage | None = None) -> PipelineResult:
        """Both builds; `on_stage` hears each stage's end. Raises nothing for what fails in a build."""
        from aftgen.rehearsal.build import Build

        stages: list[StageResult] = []

        def ended(stage: StageResult) -> None:
            stages.append(stage)
            if on_stage:
                on_stage(stage)

        for kind in Kind:
            if all(stage.ok for stage in stages):
                Build(self, kind, account, number=next(self._numbers)).run(ended)
                continue
            for name in STAGES:
                reason = "the global customization failed"
                ended(StageResult(name=f"{kind.value} {name}", ok=False, skipped=True, reason=reason))
        return PipelineResult(account=account, ok=all(stage.ok for stage in stages), stages=tuple(stages))

    def customization(self, account: str) -> str:
        """The account's `account_customizations_name`, as `aws dynamodb get-item | jq --raw-output` gives it.

        A row without the attribute is "null", no row at all is "" (the AWS CLI prints nothing then).
        """
        dynamodb = self.zone.backstage("dynamodb", self.zone.plan.aft_management.id)
        answer: dict[str, Any] = dynamodb.get_item(
            TableName=METADATA_TABLE,
            Key={"id": {"S": account}},
            AttributesToGet=["account_customizations_name"],
        )
        if "Item" not in answer:
            return ""
        return str(answer["Item"].get("account_customizations_name", {}).get("S", "null"))


def _parameters(zone: "LandingZone") -> dict[str, str]:
    """AFT's parameters, by name."""
    ssm = zone.backstage("ssm", zone.plan.aft_management.id)
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path="/aft", Recursive=True)
    return {each["Name"]: each["Value"] for page in pages for each in page["Parameters"]}
