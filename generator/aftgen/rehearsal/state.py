"""What is known about one account while a rehearsal runs, and what to say about it afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from aftgen.changes.decision import OU, parameters_changed
from aftgen.limits import parse_ou
from aftgen.organization import Organization
from aftgen.rehearsal.chain import Delivery, Outcome, Provisioned
from aftgen.rehearsal.events import Run
from aftgen.rehearsal.result import Failure
from aftgen.request_row import RequestRow

if TYPE_CHECKING:
    from aftgen.rehearsal.pipeline import PipelineResult, StageResult

#: Lines of a failed stage's log that the result repeats.
LOG_LINES: Final = 20


@dataclass(slots=True)
class AccountState:
    """What is known about one account while the rehearsal runs."""

    row: RequestRow
    id: str = ""
    delivery: Delivery | None = None
    provisioned: Provisioned | None = None
    runs: dict[Run, "PipelineResult"] = field(default_factory=dict)

    @property
    def is_ready(self) -> bool:
        """Whether its pipeline can run: the account is there and AFT has made a pipeline for it."""
        return bool(self.id) and self.provisioned is not None and self.provisioned.ok


def failures(account: AccountState) -> list[Failure]:
    """What failed in the rounds of the working tree, in the order of the chain."""
    delivery, provisioned = account.delivery, account.provisioned
    found = []
    if delivery is not None and delivery.outcome is Outcome.REFUSED:
        found.append(_failure("control tower", delivery.reasons, delivery.log, account.row.place))
    if provisioned is not None and not provisioned.ok:
        found.append(_failure("provisioning", (provisioned.reason,), provisioned.log, account.row.place))
    for run, result in account.runs.items():
        found += [
            failed(stage, run)
            for stage in result.stages
            if run is not Run.BEFORE and not stage.ok and not stage.skipped
        ]
    return found


def failed(stage: "StageResult", run: Run) -> Failure:
    """What to say of a stage that failed."""
    prefix = "second run, " if run is Run.SECOND else ""
    return _failure(prefix + stage.name, (stage.reason,), stage.log)


def _failure(stage: str, reasons: Sequence[str], log: str, place: str = "") -> Failure:
    lines = log.rstrip().splitlines()
    return Failure(stage=stage, reasons=tuple(reasons), log="\n".join(lines[-LOG_LINES:]), place=place)


def what(account: AccountState, organization: Organization) -> str:
    """What AFT did with the account's request, in a few words."""
    delivery = account.delivery
    if delivery is None:
        return "unchanged"
    old, new = delivery.change.old, delivery.change.new
    match delivery.outcome:
        case Outcome.UPDATED if old is not None and new is not None:
            if OU not in [each.name for each in parameters_changed(old, new)]:
                return "updated"
            return f"moved from {organization.path_of(parse_ou(old.ou)) or old.ou}"
        case Outcome.CUSTOMIZED if old is not None and new is not None:
            return f"changed: {', '.join(_edits(old, new))}"
        case Outcome.CUSTOMIZED:
            return "taken over"
        case Outcome.REMOVED:
            return "left to itself"
        case _:
            return str(delivery.outcome.value)


def _edits(old: RequestRow, new: RequestRow) -> list[str]:
    """The parts of a request that differ, by their names in the file."""
    names = (
        "account_tags",
        "custom_fields",
        "account_customizations_name",
        "change_management_parameters",
    )
    return [name for name in names if getattr(old, name) != getattr(new, name)]
