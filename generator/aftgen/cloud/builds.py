"""CodeBuild builds beside those of pipelines, such as aft-create-pipeline, and what CodeBuild says of one.

Reference: botocore's model codebuild 2016-10-06 (`phases`, `environment`); AFT reference §3.2 (the phases of
AFT's buildspecs) and AFT's state machine, which overrides VENDED_ACCOUNT_ID for aft-create-pipeline.
"""

import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from aftgen.cloud.delivery import Delivery

_FAILED: Final = re.compile(r"Phase complete: (\w+) State: FAILED(?:\s+Message: (.*))?")
CREATE_PIPELINE: Final = "aft-create-pipeline"


def described(build: str, *, ok: bool, log: str, started: float, ended: float, **more: Any) -> dict[str, Any]:
    """A build as BatchGetBuilds shows it; the failed phases are those that the log says."""
    project, _, stream = build.partition(":")
    phases = [
        {"phaseType": phase, "phaseStatus": "FAILED", "contexts": [{"message": message or "exit status 1"}]}
        for phase, message in _FAILED.findall(log)
    ]
    return {
        "id": build,
        "projectName": project,
        "buildStatus": "SUCCEEDED" if ok else "FAILED",
        "buildComplete": True,
        "startTime": started,
        "endTime": ended,
        "phases": phases if not ok else [],
        "logs": {"groupName": f"/aws/codebuild/{project}", "streamName": stream},
        **more,
    }


def run(
    delivery: "Delivery",
    project: str,
    log: str,
    *,
    ok: bool,
    variables: Mapping[str, str],
    seconds: float = 60,
) -> str:
    """A build of a project that ends now; its id."""
    build = f"{project}:{uuid.uuid4()}"
    now = delivery.now()
    delivery.write_log(f"/aws/codebuild/{project}", build.partition(":")[2], log or "nothing")
    environment = [{"name": name, "value": value, "type": "PLAINTEXT"} for name, value in variables.items()]
    delivery.builds[build] = described(
        build,
        ok=ok,
        log=log,
        started=now - seconds,
        ended=now,
        environment={"environmentVariables": environment},
    )
    return build


def listed(delivery: "Delivery", given: Mapping[str, Any]) -> dict[str, Any]:
    """ListBuildsForProject, newest first."""
    own = [each for each in delivery.builds if each.startswith(f"{given['projectName']}:")]
    return {"ids": own if given.get("sortOrder") == "ASCENDING" else own[::-1]}
