"""Builds as AFT's customizations pipeline runs them: bash, a fresh virtual environment, profiles, real HTTP.

The script below follows AFT's buildspec for global customizations (reference/aft.md §3.2 and §3.3) command by
command where the helpers can notice: one shell for all phases, its variables, the working folder at each
point, the PYTHONPATH that AFT exports before post, and `|| exit 1`. Terraform is a stand-in that says
whether it succeeds.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from aftgen.cloud import Behaviour, LandingZone, LandingZonePlan, Server, write_profiles

from .trees import GLOBAL

Calling = Literal["sourced", "executed"]
Distribution = Literal["oss", "tfc"]

BUILD = r"""
set -e
DEFAULT_PATH=$(pwd)
chmod +x $DEFAULT_PATH/api_helpers/pre-api-helpers.sh
chmod +x $DEFAULT_PATH/api_helpers/post-api-helpers.sh
set +e  # CodeBuild runs each command in a state that it has saved; -e is not part of it

source $VENV/bin/activate
export AWS_PROFILE=aft-target
{call} $DEFAULT_PATH/api_helpers/pre-api-helpers.sh || exit 1
unset AWS_PROFILE

export AWS_PROFILE=aft-management-admin
if [ $TF_DISTRIBUTION = "oss" ]; then
  cd $DEFAULT_PATH/terraform
fi
echo "terraform ends with $TERRAFORM"
CODEBUILD_BUILD_SUCCEEDING=$(( TERRAFORM == 0 ))

export PYTHONPATH="$DEFAULT_PATH/aws-aft-core-framework/sources/aft-lambda-layer:$PYTHONPATH"
export AWS_PROFILE=aft-management
unset AWS_PROFILE
if [[ $CODEBUILD_BUILD_SUCCEEDING == 0 ]]; then
  exit 1
fi
source $VENV/bin/activate
export AWS_PROFILE=aft-target
{call} $DEFAULT_PATH/api_helpers/post-api-helpers.sh || exit 1
echo "the build goes on"
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        return self.out + self.err


class Pipeline:
    """A published copy of `global-customizations/` and the AWS that its builds reach."""

    def __init__(self, server: Server, venv: Path, folder: Path) -> None:
        assert server.cloud.zone is not None
        self.server = server
        self.cloud = server.cloud
        self.zone: LandingZone = server.cloud.zone
        self.venv = venv
        self.folder = folder
        self.tree = publish(folder / "source")

    def start(
        self,
        account: str,
        *,
        tree: Path | None = None,
        calling: Calling = "sourced",
        distribution: Distribution = "oss",
        terraform: int = 0,
        shell: tuple[str, ...] = ("bash", "--posix"),
        **environment: str,
    ) -> "subprocess.Popen[str]":
        """A build of one account, under way. Each build has a checkout of its own, as in CodeBuild."""
        work = self.folder / "builds" / f"{account}-{len(list(self.folder.glob('builds/*')))}"
        source = work / "src"
        shutil.copytree(tree or self.tree, source)
        profiles = write_profiles(self.zone, account=account, directory=work / "aws")
        call = "." if calling == "sourced" else ""
        return subprocess.Popen(
            [*shell, "-c", BUILD.replace("{call}", call)],
            cwd=source,
            env={
                "PATH": "/usr/local/bin:/usr/bin:/bin",
                "HOME": str(work),
                "VENV": str(self.venv),
                "TF_DISTRIBUTION": distribution,
                "TERRAFORM": str(terraform),
                "CODEBUILD_BUILD_ID": f"aft-global-customizations-terraform:{work.name}",
                "LANG": "C.UTF-8",
                **profiles,
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def start_module(
        self, account: str, *arguments: str, module: str = "aft_access"
    ) -> "subprocess.Popen[str]":
        """`python -m aft_access`, or another module, as the helpers run it, without the shell around it."""
        profiles = write_profiles(self.zone, account=account, directory=self.folder / "aws" / account)
        python = {"PYTHONPATH": str(self.tree / "api_helpers/python")}
        return subprocess.Popen(
            [str(self.venv / "bin/python3"), "-P", "-m", module, *arguments],
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.folder), **profiles, **python},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def build(self, account: str, **settings: Any) -> Built:
        """The same, to its end."""
        return finish(self.start(account, **settings))


def finish(process: "subprocess.Popen[str]") -> Built:
    try:
        out, err = process.communicate(timeout=300)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
    return Built(code=process.returncode, out=out, err=err)


def publish(folder: Path) -> Path:
    """Copies `global-customizations/`, and nothing else of this repository, as publishing does."""
    shutil.copytree(GLOBAL, folder, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    return folder


def landing_zone(server: Server, plan: LandingZonePlan) -> LandingZone:
    return LandingZone.build(server.cloud, plan)


def quick(**settings: Any) -> Behaviour:
    """AWS's own limits, and requests that end at their first status read: nobody waits in a test."""
    return Behaviour(**{"polls_until_done": 0, **settings})


def clean_environment() -> dict[str, str]:
    """For pip: what reaches the machine's index, and nothing that leads Python elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL"))}
