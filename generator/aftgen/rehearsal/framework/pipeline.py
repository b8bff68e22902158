"""The customizations pipeline of one account, by the release's own two buildspecs.

The phases of a buildspec are the stages of `rehearsal/pipeline.py`: install, pre_build (the pre helper),
build (Terraform) and post_build (the post helper). Where AFT's account buildspec does nothing, because the
request names no customization, its stages are skipped, and well.
"""

import itertools
from typing import TYPE_CHECKING, Final

from aftgen.rehearsal.framework.buildspecs import PHASES, Builds, Project, Ran
from aftgen.rehearsal.framework.terraform import customization
from aftgen.rehearsal.leaks import mask, profile_secrets
from aftgen.rehearsal.pipeline import OnStage, PipelineResult, StageResult
from aftgen.rehearsal.terraform_stage import TerraformStage
from aftgen.rehearsal.trees import ACCOUNT, GLOBAL

if TYPE_CHECKING:
    from pathlib import Path

    from aftgen.rehearsal.trees import Trees

_STAGES: Final = {"install": "install", "pre_build": "pre", "build": "terraform", "post_build": "post"}
_numbers = itertools.count(1)
_BUILDS: Final = (("global", GLOBAL, Project.GLOBAL), ("account", ACCOUNT, Project.ACCOUNT))


class ReleasePipeline:
    """Runs builds of one set of trees; several accounts may run at once."""

    def __init__(self, builds: Builds, trees: "Trees") -> None:
        plan = builds.zone.plan
        self.builds = builds
        self.trees = trees
        self._stage = TerraformStage(
            builds.processes, version=_terraform_version(builds), distribution=plan.terraform_distribution
        )

    def run(self, account: str, on_stage: OnStage | None = None) -> PipelineResult:
        stages: list[StageResult] = []

        def ended(stage: StageResult) -> None:
            stages.append(stage)
            if on_stage:
                on_stage(stage)

        for kind, tree, project in _BUILDS:
            if all(stage.ok for stage in stages):
                self._build(account, kind, tree, project, ended)
            else:
                for name in _STAGES.values():
                    ended(_not_run(kind, name, "the global customization failed"))
        return PipelineResult(account=account, ok=all(stage.ok for stage in stages), stages=tuple(stages))

    def _build(self, account: str, kind: str, tree: str, project: Project, ended: OnStage) -> None:
        folder = self.builds.processes.folder / "sources" / f"{account}-{kind}-{next(_numbers)}"
        if self.trees.has(tree):
            self.trees.checkout(tree, folder)
        else:
            folder.mkdir(parents=True)  # an empty branch
        idle, applied = False, True

        def hear(ran: Ran, credentials: "Path") -> None:
            nonlocal idle, applied
            if kind == "account" and ran.phase == PHASES[0] and ran.ok:
                idle = _FOUND not in ran.log
            if idle and ran.ok:
                reason = "the request names no customization"
                ended(StageResult(name=_name(kind, ran.phase), ok=True, skipped=True, reason=reason))
            elif ran.phase == PHASES[-1] and not applied:
                # The phase begins, and ends at its question whether the build is succeeding.
                ended(_not_run(kind, _STAGES[ran.phase], NO_TERRAFORM))
            else:
                result = _result(kind, ran, profile_secrets(credentials))
                applied = applied and result.ok
                ended(result)

        built = self.builds.run(
            project,
            folder,
            customization(self._stage, folder, f"{kind}/{account}"),
            variables={"VENDED_ACCOUNT_ID": account},
            ended=hear,
        )
        for phase in PHASES[len(built.phases) :]:
            failed = _STAGES[built.phases[-1].phase]
            ended(_not_run(kind, _STAGES[phase], f"the {failed} stage failed"))


NO_TERRAFORM: Final = "the Terraform stage failed: AFT's buildspec ends before the post helper"
#: AFT's account build says so when the row names a customization.
_FOUND: Final = "Found customization"


def _name(kind: str, phase: str) -> str:
    return f"{kind} {_STAGES[phase]}"


def _not_run(kind: str, stage: str, reason: str) -> StageResult:
    return StageResult(name=f"{kind} {stage}", ok=False, skipped=True, reason=reason)


def _result(kind: str, ran: Ran, secrets: dict[str, str]) -> StageResult:
    log, leaks = mask(ran.log, secrets)
    reason = ""
    if not ran.ok:
        reason = f"{ran.said or 'it printed nothing'} (exit status {ran.code})"
    elif leaks:
        reason = "a secret was printed into the build's log: " + ", ".join(map(str, leaks[:3]))
    return StageResult(
        name=_name(kind, ran.phase),
        ok=not reason,
        seconds=ran.seconds,
        log=log,
        reason=mask(reason, secrets)[0],
    )


def _terraform_version(builds: Builds) -> str:
    ssm = builds.zone.backstage("ssm", builds.zone.plan.aft_management.id)
    return str(ssm.get_parameter(Name="/aft/config/terraform/version")["Parameter"]["Value"])
