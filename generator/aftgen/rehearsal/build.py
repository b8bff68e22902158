"""One build of an account: the stages of a buildspec, what each prints, and why it failed.

Reference: AFT reference §3.2 (phases and on-failure rules), §3.3 (environment, variables, working folders).
"""

import os
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aftgen.rehearsal.build_shell import BuildEnded, BuildShell
from aftgen.rehearsal.buildspec import (
    FIND_CUSTOMIZATION,
    Command,
    Kind,
    Which,
    before_post,
    before_terraform,
    mark_executable,
    run_helper,
)
from aftgen.rehearsal.environments import PipFailed
from aftgen.rehearsal.leaks import mask, profile_secrets
from aftgen.rehearsal.pipeline import STAGES, OnStage, StageResult
from aftgen.rehearsal.processes import OutOfTime

if TYPE_CHECKING:
    from aftgen.rehearsal.pipeline import CustomizationsPipeline

_NOT_NAMED: Final = "the request names no customization"
_NO_TERRAFORM: Final = "the Terraform stage failed: AFT's buildspec ends before the post helper"


class _Failed(Exception):
    """This stage, and with it the build, has failed; the text is the reason."""


class Build:
    """Runs once. `number` tells this build's folder from those of others."""

    def __init__(self, pipeline: "CustomizationsPipeline", kind: Kind, account: str, *, number: int) -> None:
        self.pipeline = pipeline
        self.kind = kind
        self.account = account
        self.folder = pipeline.scratch / f"{account}-{kind.value}-{number}"
        self.source = self.folder / "src"
        self.customization = ""
        self.secrets: dict[str, str] = {}
        self.notes: list[str] = []
        self._terraform_ok = True

    def run(self, ended: OnStage) -> None:
        """Every stage in turn; each is reported once, also the ones that do not run."""
        if self.kind is Kind.ACCOUNT:
            self.customization = self.pipeline.customization(self.account)
            if not self.customization:
                self._skip(STAGES, _NOT_NAMED, ended, ok=True)
                return
        self._check_out()
        self.shell = BuildShell(
            self.pipeline.processes,
            folder=self.folder / "codebuild",
            start_in=self.source,
            environment=self._environment(),
        )
        try:
            self._stages(ended)
        finally:
            self.shell.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def _stages(self, ended: OnStage) -> None:
        work = {
            "install": self._install,
            "pre": lambda: self._helper("pre"),
            "terraform": self._terraform,
            "post": self._post,
        }
        for index, name in enumerate(STAGES):
            if name == "post" and not self._terraform_ok:
                self._skip((name,), _NO_TERRAFORM, ended, ok=False)
                return
            result = self._stage(name, work[name])
            ended(result)
            if name == "terraform":
                # on-failure: CONTINUE. The post phase begins, and ends at its first question.
                self._terraform_ok = result.ok
            elif not result.ok:
                self._skip(STAGES[index + 1 :], f"the {name} stage failed", ended, ok=False)
                return

    def _stage(self, name: str, work: Callable[[], None]) -> StageResult:
        self.notes = []
        began, start = time.monotonic(), self.shell.size()
        reason = ""
        try:
            work()
        except (_Failed, OutOfTime, BuildEnded) as error:
            reason = str(error)
        log, leaks = mask(self.shell.printed(start), self.secrets)
        if leaks and not reason:
            found = ", ".join(dict.fromkeys(map(str, leaks[:3])))
            more = f" and {len(leaks) - 3} more" if len(leaks) > 3 else ""
            reason = f"a secret was printed into the build's log: {found}{more}"
        return StageResult(
            name=f"{self.kind.value} {name}",
            ok=not reason,
            seconds=time.monotonic() - began,
            log=log,
            reason=mask(reason, self.secrets)[0],
            notes=tuple(mask(note, self.secrets)[0] for note in self.notes),
        )

    def _skip(self, names: Sequence[str], reason: str, ended: OnStage, *, ok: bool) -> None:
        for name in names:
            ended(StageResult(name=f"{self.kind.value} {name}", ok=ok, skipped=True, reason=reason))

    # --- install
    # ----------------------------------------------------------------------------------------------

    def _check_out(self) -> None:
        trees = self.pipeline.trees
        if self.kind is Kind.ACCOUNT and not trees.has(self.kind.tree):
            self.source.mkdir(parents=True)  # an empty branch
            return
        trees.checkout(self.kind.tree, self.source)

    def _environment(self) -> dict[str, str]:
        """What CodeBuild, the project and the pipeline put there; and of this machine its programs only."""
        home = self.folder / "home"
        home.mkdir(parents=True)
        region = self.pipeline.zone.plan.home_region
        endpoint = self.pipeline.zone.cloud.endpoint
        return {
            "PATH": _programs(),
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "AWS_PARTITION": "aws",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_EC2_METADATA_DISABLED": "true",
            # The profiles name it too; a client made without any would otherwise leave this machine.
            **({"AWS_ENDPOINT_URL": endpoint} if endpoint else {}),
            "TMPDIR": str(self.pipeline.processes.folder / "tmp"),
            # `aft_access` shares Identity Center's rate with every pipeline; this AWS nobody shares.
            "AFT_ACCESS_CALLS_PER_SECOND": "1000",
            "VENDED_ACCOUNT_ID": self.account,
            "CODEBUILD_BUILD_ID": f"{self.kind.project}:{uuid.uuid4()}",
            "CODEBUILD_SRC_DIR": str(self.source),
            "CODEBUILD_INITIATOR": f"codepipeline/{self.account}-customizations-pipeline",
            "CODEBUILD_RESOLVED_SOURCE_VERSION": self.pipeline.trees.commit,
        }

    def _install(self) -> None:
        self._set_variables()
        if self.kind is Kind.ACCOUNT:
            self._run(FIND_CUSTOMIZATION)
            self._install_requirements()
            self._run(*mark_executable(self.kind))
            self._make_profiles()
        else:
            self._make_profiles()
            self._install_requirements()
            self._run(*mark_executable(self.kind))

    def _set_variables(self) -> None:
        value = self.pipeline.parameters
        aft = value["/aft/account/aft-management/account-id"]
        admin = value["/aft/resources/iam/aft-administrator-role-name"]
        self.variables = {
            "DEFAULT_PATH": str(self.source),
            "TIMESTAMP": time.strftime("%Y-%m-%d %H:%M:%S"),
            "TF_VERSION": value["/aft/config/terraform/version"],
            "TF_DISTRIBUTION": self.pipeline.distribution,
            "CT_MGMT_REGION": value["/aft/config/ct-management-region"],
            "AFT_MGMT_ACCOUNT": aft,
            "AFT_EXEC_ROLE_ARN": f"arn:aws:iam::{aft}:role/AWSAFTExecution",
            "VENDED_EXEC_ROLE_ARN": f"arn:aws:iam::{self.account}:role/AWSAFTExecution",
            "AFT_ADMIN_ROLE_NAME": admin,
            "AFT_ADMIN_ROLE_ARN": f"arn:aws:iam::{aft}:role/{admin}",
            "ROLE_SESSION_NAME": value["/aft/resources/iam/aft-session-name"],
        }
        if self.kind is Kind.ACCOUNT:
            self.variables["CUSTOMIZATION"] = self.customization
        self.shell.assign(self.variables)

    def _make_profiles(self) -> None:
        """creds.sh: `set -e`, so one role that cannot be assumed fails the build."""
        from botocore.exceptions import BotoCoreError, ClientError

        from aftgen.cloud import write_profiles

        folder = self.folder / "home" / ".aws"
        try:
            environment = write_profiles(self.pipeline.zone, account=self.account, directory=folder)
        except (BotoCoreError, ClientError) as error:
            raise _Failed(f"creds.sh: {error}") from None
        self.secrets = profile_secrets(folder / "credentials")
        self.shell.assign(environment, export=True)

    def _install_requirements(self) -> None:
        """AFT's `pip install -r`; the account's build goes on without it: nobody looks at its exit code."""
        root = self._customization_root()
        requirements = root / "api_helpers" / "python" / "requirements.txt"
        if not requirements.is_file():
            error = (
                "ERROR: Could not open requirements file: [Errno 2] No such file or directory: "
                f"'{requirements.relative_to(self.source)}'"
            )
            self.shell.say(error)
            if self.kind is Kind.GLOBAL:
                raise _Failed(error.removeprefix("ERROR: "))
            self.notes.append("there is no requirements.txt: AFT goes on with an empty virtual environment")
        try:
            environment = self.pipeline.environments.of(requirements)
        except PipFailed as error:
            self.shell.say(error.log)
            raise _Failed(f"{error.message} ({error.hint})") from None
        self.shell.say(environment.log if environment.is_new else f"{requirements.name}: installed (cached)")
        environment.place(self.source / "api-helpers-venv")

    def _customization_root(self) -> Path:
        return self.source if self.kind is Kind.GLOBAL else self.source / self.customization

    # --- pre and post
    # ------------------------------------------------------------------------------------------

    def _helper(self, which: Which) -> None:
        self._run(*run_helper(self.kind, which, self.pipeline.calling))

    def _post(self) -> None:
        self.shell.assign({"CODEBUILD_BUILD_SUCCEEDING": "1"}, export=True)
        self._run(*before_post())
        self._helper("post")

    def _run(self, *commands: Command) -> None:
        for command in commands:
            ran = self.shell.run(command.text)
            if ran.code == 0:
                continue
            if command.masked:
                if command.helper:
                    self.notes.append(
                        f"the helper ended with {ran.code}; AFT {self.pipeline.aft_version} does not look"
                    )
                continue
            said = _last_line(self.shell.printed(ran.start))
            what = next((line for line in command.text.splitlines() if "api-helpers.sh" in line), "")
            where = f" (exit status {ran.code} of: {what})" if what else ""
            raise _Failed(f"{said or 'it printed nothing'}{where}")

    # --- terraform
    # ---------------------------------------------------------------------------------------------

    def _terraform(self) -> None:
        for command in before_terraform(self.kind, self.pipeline.distribution):
            self.shell.run(command.text)
        exported = self.shell.exported() if self.pipeline.distribution == "oss" else ()  # AFT issue 270
        given = frozenset(name.removeprefix("TF_VAR_") for name in exported if name.startswith("TF_VAR_"))
        judgement = self.pipeline.terraform.judge(
            self._customization_root() / "terraform",
            tree=self.source,
            template=f"{self.kind.value}/{self.customization}",
            variables=self._jinja_variables(),
            given=given,
        )
        self.shell.say(judgement.log)
        self.notes.extend(judgement.notes)
        if judgement.problems:
            more = f" (and {len(judgement.problems) - 1} more)" if len(judgement.problems) > 1 else ""
            raise _Failed(f"{judgement.problems[0]}{more}")

    def _jinja_variables(self) -> dict[str, str]:
        """AFT reference §3.2 "Jinja vars for customizations"."""
        parameters, of_build = self.pipeline.parameters, self.variables
        name = f"{self.account}-aft-{self.kind.value}-customizations"
        shared = {
            "timestamp": of_build["TIMESTAMP"],
            "tf_distribution_type": of_build["TF_DISTRIBUTION"],
            "provider_region": of_build["CT_MGMT_REGION"],
            "aft_admin_role_arn": of_build["AFT_EXEC_ROLE_ARN"],
            "target_admin_role_arn": of_build["VENDED_EXEC_ROLE_ARN"],
        }
        if self.pipeline.distribution != "oss":
            organization = parameters.get("/aft/config/terraform/org-name", "")
            return {**shared, "terraform_org_name": organization, "terraform_workspace_name": name}
        return {
            **shared,
            "region": parameters["/aft/config/oss-backend/primary-region"],
            "bucket": parameters["/aft/config/oss-backend/bucket-id"],
            "key": f"{name}/terraform.tfstate",
            "dynamodb_table": parameters["/aft/config/oss-backend/table-id"],
            "kms_key_id": parameters["/aft/config/oss-backend/kms-key-id"],
            "tf_version": of_build["TF_VERSION"],
        }


def _programs() -> str:
    """PATH without the virtual environment that aftgen itself runs in."""
    own = os.path.normpath(Path(sys.prefix) / "bin")
    found = os.environ.get("PATH", os.defpath).split(os.pathsep)
    kept = [each for each in found if each and os.path.normpath(each) != own]
    return os.pathsep.join(kept) or os.defpath


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
