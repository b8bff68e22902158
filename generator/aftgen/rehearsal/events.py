"""What a rehearsal tells while it runs: one event when a stage of an account begins, one when it ends."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

#: Who an event without an account is about, but for the requests: what is written once for all accounts.
ORGANIZATION: Final = "organization"


class Status(Enum):
    STARTED = "started"
    PASSED = "passed"
    FAILED = "failed"
    REFUSED = "refused"
    SKIPPED = "skipped"


class Run(Enum):
    """The customizations run once more, to show that the second run changes nothing."""

    BEFORE = "before"  # the revision of --before
    FIRST = "first"
    SECOND = "second"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """`account` is the account's name, "" for what concerns all of them; `log` a file below --logs, or ""."""

    stage: str
    status: Status
    account: str = ""
    run: Run = Run.FIRST
    seconds: float = 0.0
    reason: str = ""
    log: str = ""

    def as_object(self) -> dict[str, Any]:
        """One line of `--json`."""
        return {
            "version": 1,
            "event": "stage",
            "run": self.run.value,
            "account": self.account or None,
            "stage": self.stage,
            "status": self.status.value,
            "seconds": None if self.status is Status.STARTED else round(self.seconds, 3),
            "reason": self.reason or None,
            "log": self.log or None,
        }


Listener = Callable[[Event], None]
