"""Control Tower's operations on baselines, for whoever asks what it is doing to an account or a unit.

`cloud.baselines` holds those that a test ordered; without any, every unit's baseline has succeeded.

Reference: botocore's model controltower 2018-05-10 (EnabledBaselineSummary, BaselineOperation).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from aftgen.cloud.errors import not_found

if TYPE_CHECKING:
    from aftgen.cloud.cloud import Cloud


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineOperation:
    """One operation on the baseline of `target` (an account's or unit's id)."""

    id: str
    target: str
    status: Literal["SUCCEEDED", "FAILED", "IN_PROGRESS"]
    message: str = ""
    type: str = "ENABLE_BASELINE"
    started: float = 0.0
    ended: float = 0.0


def enabled(cloud: "Cloud", prefix: str, arn: str, wanted: list[str]) -> list[dict[str, Any]]:
    """The enabled baselines that ordered operations concern, in one of the wanted states."""
    states = {"IN_PROGRESS": "UNDER_CHANGE"}
    return [
        {
            "arn": f"arn:aws:controltower:::enabledbaseline/{each.id}",
            "baselineIdentifier": arn,
            "targetIdentifier": f"{prefix}/{each.target}",
            "statusSummary": {
                "status": states.get(each.status, each.status),
                "lastOperationIdentifier": each.id,
            },
        }
        for each in cloud.baselines
        if states.get(each.status, each.status) in wanted
    ]


def described(cloud: "Cloud", given: Mapping[str, Any]) -> dict[str, Any]:
    """GetBaselineOperation."""
    found = next((each for each in cloud.baselines if each.id == given["operationIdentifier"]), None)
    if found is None:
        raise not_found(f"Operation {given['operationIdentifier']} was not found.")
    shown = {
        "operationIdentifier": found.id,
        "operationType": found.type,
        "status": found.status,
        "startTime": _time(found.started),
        "statusMessage": found.message,
    }
    ended = {"endTime": _time(found.ended)} if found.ended else {}
    return {"baselineOperation": {**shown, **ended}}


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()
