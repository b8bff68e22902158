"""What AFT's pipelines, its framework and its accounts are, as values. Times are seconds since the epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

#: AFT's two repository pipelines (its module aft-code-repositories) and the source action of each.
REQUESTS_PIPELINE: Final = "ct-aft-account-request"
PROVISIONING_PIPELINE: Final = "ct-aft-account-provisioning-customizations"
REQUESTS_SOURCE: Final = "account-request"
PROVISIONING_SOURCE: Final = "account-provisioning-customizations"
#: The two source actions of every account's pipeline (sources/aft-customizations-common).
GLOBAL_SOURCE: Final = "aft-global-customizations"
ACCOUNT_SOURCE: Final = "aft-account-customizations"


def pipeline_of(account_id: str) -> str:
    """The name of an account's pipeline."""
    return f"{account_id}-customizations-pipeline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One execution of a pipeline. ``revisions`` maps a source action to its commit.

    They are empty until the source stage is through. ``status`` is CodePipeline's: InProgress, Stopping,
    Stopped, Succeeded, Superseded, Failed or Cancelled. ``updated`` is the end of one that has ended.
    """

    id: str
    status: str
    started: float
    updated: float = 0.0
    revisions: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_running(self) -> bool:
        return self.status in ("InProgress", "Stopping")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why an execution failed: the stage and action (or state), AWS's words, and the end of the log."""

    where: str = ""
    reason: str = ""
    log: tuple[str, ...] = ()
    log_place: str = ""

    @property
    def text(self) -> str:
        """One line."""
        return ": ".join(filter(None, (self.where, self.reason))) or "AWS does not say why"


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkRun:
    """One execution of AFT's provisioning framework. ``emails`` are those that its input says it is for."""

    arn: str
    status: str
    started: float
    account_id: str = ""
    emails: tuple[str, ...] = ()

    @property
    def is_running(self) -> bool:
        return self.status in ("RUNNING", "PENDING_REDRIVE")

    @property
    def succeeded(self) -> bool:
        return self.status == "SUCCEEDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vended:
    """An account that AFT manages: a row of ``aft-request-metadata``, and what Organizations says of it.

    ``request`` is the key of its row in ``aft-request`` ("" when it has none), ``status`` Organizations' (""
    when nobody has asked, "GONE" when Organizations does not know it).
    """

    id: str
    name: str
    email: str
    request: str = ""
    status: str = ""
