"""A release's lambda functions, run by the release's own code against the embedded AWS.

The release's own: every handler below `src/aft_lambda/`, the layer `aft_common`, and the packages that the
layer's pyproject.toml pins, boto3 among them, in a cached environment. Answered here: Lambda itself (one
process, `worker.py`), and the permissions of each function's role, which are not judged: all of them act as
AFT's execution role in the AFT management account.

The functions' configuration is what AFT's Terraform gives them: `AFT_PROVISIONING_CONCURRENCY`
(modules/aft-account-request-framework/lambda.tf) is the only variable.
"""

import json
import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import finalize

from aftgen.errors import UsageError

if TYPE_CHECKING:
    from aftgen.cloud import LandingZone
    from aftgen.rehearsal.processes import Child, Workspace

WORKER = Path(__file__).with_name("worker.py")
LAYER_PROJECT = "sources/aft-lambda-layer/pyproject.toml"
CONCURRENCY = "5"  # AFT's default of concurrent_account_factory_actions


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """How one call ended. `error` is the text of what the function raised, "" when it returned `result`.

    `log` is (level, text) of each line, AFT's wrapping taken off.
    """

    function: str
    result: Any = None
    error: str = ""
    type: str = ""
    log: tuple[tuple[str, str], ...] = ()

    @property
    def ok(self) -> bool:
        return not self.type

    @property
    def errors(self) -> tuple[str, ...]:
        """What was logged as an error and is no copy of what was raised."""
        lines = (text for level, text in self.log if level == "ERROR")
        return tuple(line for line in lines if self.error not in line)

    @property
    def text(self) -> str:
        lines = [f"{level:7} {text}" for level, text in self.log]
        if not self.ok:
            lines.append(f"{self.type}: {self.error}")
        return "\n".join([f"--- {self.function}", *lines])


def requirements(checkout: Path) -> str:
    """What the release's lambda layer installs, as the text of a requirements file."""
    project = tomllib.loads((checkout / LAYER_PROJECT).read_text("utf-8"))
    return "".join(f"{each.replace(' ', '')}\n" for each in project["project"]["dependencies"])


class Lambdas:
    """The functions of one checkout; one call at a time. Its process ends with the workspace."""

    def __init__(self, checkout: Path, zone: "LandingZone", *, python: Path, processes: "Workspace") -> None:
        """`python` is the interpreter of an environment with `requirements`."""
        if zone.cloud.endpoint is None:
            raise ValueError("the embedded AWS must be served over HTTP for another process to reach it")
        self._answers, writing = os.pipe()
        self._close_answers = finalize(self, os.close, self._answers)
        try:
            self._child: Child = processes.start(
                [str(python), "-P", str(WORKER), str(checkout), str(writing)],
                environment=_environment(zone),
                with_input=True,
                pass_fds=(writing,),
            )
        finally:
            os.close(writing)
        if not self._read():
            said = self._child.printed().decode("utf-8", "replace").strip()
            self.close()
            raise UsageError(
                f"the lambda layer of {checkout} cannot be imported", hint=said.rpartition("\n")[2]
            )

    def close(self) -> None:
        self._child.end()
        self._close_answers()

    def invoke(self, function: str, event: Mapping[str, Any]) -> Invocation:
        """Calls `lambda_handler` of a function by its file's name. What it raises is in the result."""
        assert self._child.process.stdin is not None
        request = json.dumps({"function": function, "event": event}, default=str)
        with suppress(BrokenPipeError):  # it has ended: there will be no answer either
            self._child.process.stdin.write(request.encode() + b"\n")
            self._child.process.stdin.flush()
        line = self._read()
        if not line:
            self._child.workspace.check()
            raise RuntimeError(f"the lambda worker ended while it ran {function}")
        answer = json.loads(line)
        return Invocation(
            function=function,
            result=answer.get("result"),
            error=answer.get("error", ""),
            type=answer.get("type", ""),
            log=tuple((level, text) for level, text in answer["log"]),
        )

    def _read(self) -> bytes:
        """One line, or nothing when the process has ended: it answers once per question, never more."""
        pieces: list[bytes] = []
        while not (pieces and pieces[-1].endswith(b"\n")):
            pieces.append(os.read(self._answers, 65536))
            if not pieces[-1]:
                return b""
        return b"".join(pieces)


def _environment(zone: "LandingZone") -> dict[str, str]:
    plan = zone.plan
    keys = zone.administrator(plan.aft_management.id)
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": str(zone.cloud.endpoint),
        "AWS_REGION": plan.home_region,
        "AWS_DEFAULT_REGION": plan.home_region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.token,
        "AFT_PROVISIONING_CONCURRENCY": CONCURRENCY,
    }
