"""A release's own buildspecs, run as CodeBuild runs them.

The release's own: every command of the buildspec, its creds.sh, its metrics.py (which finds reporting
switched off), and the environment jinja2-cli 0.7.0, Jinja2 3.0.1, MarkupSafe 2.0.1 and requests 2.26.0,
exactly as pinned.

Answered on this machine, by programs that come first on PATH (`answers.py`): the AWS CLI (against the
embedded AWS), `git clone` of the framework (the checkout), virtual environments (cached), the download of
Terraform and Terraform itself (`terraform.py`: no provider is installed, so what a provider would do is done
or judged here). Three things differ from CodeBuild: boto3 1.18.56, which AFT pins, knows no way to be
pointed at another endpoint, so the release's lambda layer's boto3 takes its place; the fixed folders /tmp,
/usr/bin and /opt/aft/bin of the container are folders of the build; and the default credentials are a
profile instead of an endpoint.

Reference: AFT reference §1.2, §3.2, §3.3; AWS CodeBuild user guide, "Build specification reference"
(on-failure, commands) and "Build phase transitions" (a failed INSTALL or PRE_BUILD ends the build, a failed
BUILD goes on to POST_BUILD; CODEBUILD_BUILD_SUCCEEDING), "Environment variables in build environments".
"""

import json
import os
import re
import shlex
import shutil
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from aftgen.rehearsal.build_shell import BuildEnded, BuildShell
from aftgen.rehearsal.environments import PipFailed
from aftgen.rehearsal.framework import answers
from aftgen.rehearsal.framework.answering import Answering
from aftgen.rehearsal.framework.lambdas import requirements
from aftgen.rehearsal.processes import OutOfTime

if TYPE_CHECKING:
    from aftgen.cloud import LandingZone
    from aftgen.rehearsal.environments import Environments
    from aftgen.rehearsal.processes import Workspace

PHASES: Final = ("install", "pre_build", "build", "post_build")
#: Folders of CodeBuild's container that AFT's commands name.
_CONTAINER: Final = ("/opt/aft/bin", "/usr/bin", "/tmp")
_CONTAINER_PATH: Final = re.compile(rf"(?:(?<=\s)|^)(?:{'|'.join(_CONTAINER)})(?=[\s/;&]|$)")
_TOOLS: Final = ("aws", "curl", "git", "python3", "unzip")
_REPLACED: Final = re.compile(r"boto3==\S+")
_numbers = count(1)


class Project(Enum):
    """AFT's CodeBuild projects whose buildspecs read our trees; the value is the buildspec's path."""

    REQUESTS = "modules/aft-code-repositories/buildspecs/ct-aft-account-request.yml"
    PROVISIONING = "modules/aft-code-repositories/buildspecs/ct-aft-account-provisioning-customizations.yml"
    GLOBAL = "modules/aft-customizations/buildspecs/aft-global-customizations-terraform.yml"
    ACCOUNT = "modules/aft-customizations/buildspecs/aft-account-customizations-terraform.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One phase of a buildspec: its commands, and what its failure does beside the phase's own rule."""

    name: str
    commands: tuple[str, ...]
    on_failure: str = ""

    @property
    def ends_build(self) -> bool:
        """Whether a failure here ends the build before the next phase."""
        if self.on_failure:
            return self.on_failure == "ABORT"
        return self.name != "build"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """One phase that ran. `command` is the one that failed, with its exit status; `said` its last line."""

    phase: str
    ok: bool
    log: str
    seconds: float
    command: str = ""
    code: int = 0
    said: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """How a build ended, phase by phase. `credentials` is the file with its profiles."""

    phases: tuple[Ran, ...]
    credentials: Path

    @property
    def ok(self) -> bool:
        return all(phase.ok for phase in self.phases)

    @property
    def log(self) -> str:
        return "".join(phase.log for phase in self.phases)


#: Answers `terraform` in a build: its words (without -no-color), the folder, what the shell asked for; to an
#: exit status and what it prints.
Terraform = Callable[[Sequence[str], Path, Mapping[str, Any]], tuple[int, str]]


def phases(buildspec: str) -> tuple[Phase, ...]:
    """The phases of a buildspec's text, in CodeBuild's order. Only what AFT uses is understood."""
    import yaml

    read = yaml.safe_load(buildspec)
    if read["version"] != 0.2 or set(read) != {"version", "phases"} or set(read["phases"]) - set(PHASES):
        raise ValueError(
            f"a buildspec with {sorted(read)} and phases {sorted(read['phases'])} is not understood"
        )
    return tuple(
        Phase(
            name=name,
            commands=tuple(read["phases"][name]["commands"]),
            on_failure=read["phases"][name].get("on-failure", ""),
        )
        for name in PHASES
        if name in read["phases"]
    )


class Builds:
    """Builds of one checkout. Several may run at once, each in a thread of its own."""

    def __init__(
        self,
        checkout: Path,
        zone: "LandingZone",
        *,
        environments: "Environments",
        processes: "Workspace",
    ) -> None:
        self.checkout = checkout
        self.version = (checkout / "VERSION").read_text("utf-8").strip()
        self.zone = zone
        self.environments = environments
        self.processes = processes
        layer = requirements(checkout)
        boto3 = re.search(r"^boto3==\S+", layer, re.MULTILINE)
        self._boto3 = boto3[0] if boto3 else "boto3"

    def run(
        self,
        project: Project,
        source: Path,
        terraform: Terraform,
        *,
        variables: Mapping[str, str] | None = None,
        ended: Callable[[Ran, Path], None] | None = None,
    ) -> Built:
        """Builds the files at `source`, which the build writes to. `variables` are the pipeline's.

        `ended` hears each phase's end, with the file of the build's profiles.
        """
        folder = self.processes.folder / f"build-{next(_numbers)}"
        credentials = folder / "home/.aws/credentials"
        ran: list[Ran] = []
        answering = Answering(
            self.processes.folder / f"{folder.name}.socket",
            lambda request: self._answer(request, terraform),
        )
        with answering:
            environment = self._environment(project, folder, source, answering.path)
            shell = BuildShell(
                self.processes,
                folder=folder / "codebuild",
                start_in=source,
                environment={**environment, **(variables or {})},
            )
            try:
                text = (self.checkout / project.value).read_text("utf-8")
                for phase in phases(text):
                    succeeding = str(int(all(earlier.ok for earlier in ran)))
                    shell.assign({"CODEBUILD_BUILD_SUCCEEDING": succeeding}, export=True)
                    ran.append(_run_phase(shell, phase, folder / "container"))
                    if ended is not None:
                        ended(ran[-1], credentials)
                    if not ran[-1].ok and phase.ends_build:
                        break
            finally:
                shell.close()
        return Built(phases=tuple(ran), credentials=credentials)

    def _environment(self, project: Project, folder: Path, source: Path, socket: Path) -> dict[str, str]:
        """What CodeBuild and AFT's project put there, and the way to the embedded AWS."""
        plan = self.zone.plan
        home = folder / "home"
        self._write_credentials(home / ".aws")
        for name in _CONTAINER:
            (folder / f"container{name}").mkdir(parents=True)
        tools = folder / "tools"
        self._write_tools(tools, folder / "settings.json", socket)
        name = Path(project.value).stem
        return {
            "PATH": f"{folder}/container/usr/bin:{tools}:{os.environ.get('PATH', os.defpath)}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "TMPDIR": str(folder / "container/tmp"),
            "AWS_PARTITION": "aws",
            "AWS_REGION": plan.home_region,
            "AWS_DEFAULT_REGION": plan.home_region,
            "AWS_ENDPOINT_URL": str(self.zone.cloud.endpoint),
            "AWS_EC2_METADATA_DISABLED": "true",
            # `aft_access` shares Identity Center's rate with every pipeline; this AWS nobody shares.
            "AFT_ACCESS_CALLS_PER_SECOND": "1000",
            "CODEBUILD_BUILD_ID": f"{name}:{uuid.uuid4()}",
            "CODEBUILD_SRC_DIR": str(source),
        }

    def _write_credentials(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        keys = self.zone.build_credentials().arguments.items()
        text = "[default]\n" + "".join(f"{name} = {value}\n" for name, value in keys)
        (folder / "credentials").write_text(text, encoding="utf-8")
        (folder / "credentials").chmod(0o600)

    def _write_tools(self, folder: Path, settings: Path, socket: Path) -> None:
        bare = [sys.executable, "-I", "-S", answers.__file__, str(settings)]
        values = {
            "answer": bare,
            "checkout": str(self.checkout),
            "endpoint": self.zone.cloud.endpoint,
            "python": sys.executable,
            "region": self.zone.plan.home_region,
            "socket": str(socket),
            "version": self.version,
        }
        folder.mkdir()
        settings.write_text(json.dumps(values), encoding="utf-8")
        for tool in (*_TOOLS, *(() if shutil.which("jq") else ("jq",))):
            script = folder / tool
            script.write_text(f'#!/bin/sh\nexec {shlex.join([*bare, tool])} "$@"\n')
            script.chmod(0o755)
        # A build that did not install its own must not find this machine's.
        (folder / "terraform").write_text("#!/bin/sh\necho 'terraform: command not found' >&2\nexit 127\n")
        (folder / "terraform").chmod(0o755)

    def _answer(self, request: Mapping[str, Any], terraform: Terraform) -> dict[str, Any]:
        if "terraform" in request:
            code, log = terraform(request["terraform"], Path(request["folder"]), request)
            return {"code": code, "log": log}
        return self._install(request["pip"], Path(request["folder"]))

    def _install(self, wanted: Sequence[str], folder: Path) -> dict[str, Any]:
        path = Path(wanted[0])
        if not path.is_absolute():
            path = self.processes.folder / f"{folder.parent.name}-{next(_numbers)}-aft.txt"
            pins = "\n".join(_REPLACED.sub(self._boto3, each) for each in wanted)
            path.write_text(pins + "\n", encoding="utf-8")
        try:
            environment = self.environments.of(path)
        except PipFailed as error:
            return {"code": 1, "log": error.log}
        shutil.rmtree(folder)
        environment.place(folder)
        return {"code": 0, "log": environment.log if environment.is_new else "installed (cached)"}


def _run_phase(shell: BuildShell, phase: Phase, container: Path) -> Ran:
    """The first command that fails ends the phase."""
    began, start = time.monotonic(), shell.size()
    failed, code, said = "", 0, ""
    for command in phase.commands:
        try:
            ran = shell.run(_inside(command, container))
        except (OutOfTime, BuildEnded) as error:
            failed, code, said = command, 1, str(error)
            break
        if ran.code != 0:
            failed, code, said = command, ran.code, _last_line(shell.printed(ran.start))
            break
    return Ran(
        phase=phase.name,
        ok=not failed,
        log=shell.printed(start),
        seconds=time.monotonic() - began,
        command=failed,
        code=code,
        said=said,
    )


def _inside(command: str, container: Path) -> str:
    """The command with the container's fixed folders where this build has them."""
    return _CONTAINER_PATH.sub(lambda found: f"{container}{found[0]}", command)


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
