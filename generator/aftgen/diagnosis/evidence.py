"""What was read about one account, as AWS and AFT left it. Times are seconds since the epoch, 0 for unknown.

Nothing here is judged. A part that could not be read is in :attr:`Evidence.unreadable` with the reason, and
its field holds nothing, so that nobody takes "not read" for "not there".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

PRODUCT_BUSY = frozenset({"UNDER_CHANGE", "PLAN_IN_PROGRESS"})


class Part(StrEnum):
    """The parts of the evidence, in the order of AFT's chain."""

    PIPELINE_OF_REQUESTS = "request pipeline"
    REQUEST = "request"
    AUDIT = "audit history"
    QUEUE = "queue"
    LETTERS = "dead letters"
    LOGS = "AFT's logs"
    PRODUCT = "Service Catalog"
    ACCOUNT = "Organizations"
    CONTROL_TOWER = "Control Tower"
    FRAMEWORK = "provisioning framework"
    CREATION = "pipeline creation"
    CUSTOMIZATIONS = "customizations pipeline"
    ACCESS = "access"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Who the account is, as far as anybody knows."""

    name: str = ""
    email: str = ""
    id: str = ""

    @property
    def shown(self) -> str:
        return self.name or self.email or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of ``aft-request``, or its image in the audit table. ``tags`` and ``fields`` are JSON texts."""

    id: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: str = "{}"
    fields: str = "{}"
    customization: str = ""

    @property
    def name(self) -> str:
        return self.parameters.get("AccountName", "")

    @property
    def ou(self) -> str:
        return self.parameters.get("ManagedOrganizationalUnit", "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One change of the row, as the stream told it: INSERT, MODIFY or REMOVE."""

    at: float
    event: str
    row: Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """AFT's queue of orders and its dead letters: approximate counts, as SQS gives them."""

    waiting: int = 0
    in_flight: int = 0
    dead: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message in the dead-letter queue. ``receipt`` is good for as long as it is hidden."""

    id: str
    operation: str
    name: str
    email: str
    sent: float = 0.0
    body: str = ""
    receipt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a log of AFT's lambdas; ``function`` is the lambda's name."""

    at: float
    function: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One operation on a provisioned product, with its errors."""

    id: str
    type: str = ""
    status: str = ""
    created: float = 0.0
    updated: float = 0.0
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The provisioned product of the account, its operations newest first."""

    id: str
    name: str
    status: str
    message: str = ""
    account_id: str = ""
    created: float = 0.0
    succeeded: bool = False
    records: tuple[Record, ...] = ()

    @property
    def is_healthy(self) -> bool:
        """As AFT judges it (AFT reference §2.1: AVAILABLE or TAINTED and one success)."""
        return self.status in ("AVAILABLE", "TAINTED") and self.succeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """The account in Organizations, with the unit that it is in."""

    id: str
    name: str
    email: str
    status: str
    ou_id: str = ""
    ou_name: str = ""
    joined: float = 0.0
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleEvent:
    """What Control Tower told AFT (table ``aft-controltower-events``): SUCCEEDED or FAILED, and a message."""

    at: float
    name: str
    state: str
    message: str = ""
    account_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineOperation:
    """A Control Tower operation on a baseline of the account or of its unit."""

    id: str
    type: str
    status: str
    target: str = ""
    started: float = 0.0
    ended: float = 0.0
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """A CodeBuild build: the first phase that failed, and the end of what it printed there."""

    id: str
    status: str
    started: float = 0.0
    ended: float = 0.0
    phase: str = ""
    message: str = ""
    log: tuple[str, ...] = ()
    log_place: str = ""

    @property
    def project(self) -> str:
        return self.id.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineRun:
    """An execution of a state machine. ``state`` failed, with ``cause``; ``inner`` is what it had started."""

    machine: str
    arn: str
    status: str
    started: float
    ended: float = 0.0
    state: str = ""
    cause: str = ""
    inner: "MachineRun | None" = None
    build: Build | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineRun:
    """The latest execution of a pipeline, and the action of it that failed."""

    pipeline: str
    id: str
    status: str
    started: float
    updated: float = 0.0
    where: str = ""
    reason: str = ""
    build: Build | None = None

    @property
    def is_running(self) -> bool:
        return self.status in ("InProgress", "Stopping")


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What is ours in the account, and what a plan of today says; ``plan`` is "" where none was made."""

    owned: int = 0
    unfinished: tuple[str, ...] = ()
    entered: bool = False
    plan: str = ""
    to_grant: tuple[str, ...] = ()
    to_revoke: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    unmanaged: int = 0
    last_failure: str = ""
    last_failure_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Everything about one account at one moment. ``in_files``: this repository's files request it."""

    subject: Subject
    at: float
    row: Row | None = None
    audit: tuple[AuditRecord, ...] = ()
    has_metadata: bool = False
    queue: Queue | None = None
    letters: tuple[Letter, ...] = ()
    lines: tuple[Line, ...] = ()
    product: Product | None = None
    member: Member | None = None
    events: tuple[LifecycleEvent, ...] = ()
    operations: tuple[BaselineOperation, ...] = ()
    runs: tuple[MachineRun, ...] = ()
    creation: Build | None = None
    requests: PipelineRun | None = None
    pipeline: PipelineRun | None = None
    has_pipeline: bool = False
    access: Access | None = None
    unreadable: Mapping[Part, str] = field(default_factory=dict)
    in_files: bool = False

    def can(self, *parts: Part) -> bool:
        """Whether all of these parts were read."""
        return not any(part in self.unreadable for part in parts)

    @property
    def changed(self) -> float:
        """When the request changed last, as the audit table has it; 0 when nobody knows."""
        return max((each.at for each in self.audit), default=0.0)

    @property
    def is_removed(self) -> bool:
        """Whether the request was removed, and AFT's table has no row of it."""
        last = max(self.audit, key=lambda each: each.at, default=None)
        gone = self.row is None and Part.REQUEST not in self.unreadable
        return gone and last is not None and last.event == "REMOVE"

    @property
    def is_live(self) -> bool:
        """Whether there is an account, whatever became of its customizations."""
        return self.member is not None and self.member.status not in ("SUSPENDED", "GONE", "CLOSED")

    @property
    def known(self) -> bool:
        """Whether anything of AFT or AWS knows this name."""
        return any((self.row, self.audit, self.letters, self.product, self.member, self.runs, self.pipeline))


def texts(value: Mapping[str, Any]) -> dict[str, str]:
    """DynamoDB's ``{key: {"S": text}}`` as plain text, what is no text left out."""
    return {key: str(one["S"]) for key, one in value.items() if isinstance(one, dict) and "S" in one}
