"""Following one account until nothing more happens by itself."""

from collections.abc import Callable
from typing import Final, Protocol

from aftgen.diagnosis.diagnose import Diagnosis, diagnose
from aftgen.diagnosis.evidence import Evidence
from aftgen.diagnosis.progress import State

_UNREAD_LOOKS: Final = 3


class Clock(Protocol):
    """Time that can be waited for."""

    def now(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...


def watch(
    collect: Callable[[], Evidence],
    clock: Clock,
    hear: Callable[[Evidence, Diagnosis], None],
    *,
    interval: float,
    timeout: float,
) -> tuple[Evidence, Diagnosis]:
    """Look every ``interval`` seconds, tell what differs from the look before, and end with the last look.

    It ends when the account has arrived or failed, or after ``timeout`` seconds. What could not be read once,
    because AWS was busy, is read again before it ends anything.
    """
    until = clock.now() + timeout
    told, unread = "", 0
    while True:
        evidence = collect()
        diagnosis = diagnose(evidence)
        said = f"{diagnosis.state} {diagnosis.now}"
        if said != told:
            hear(evidence, diagnosis)
            told = said
        unread = unread + 1 if diagnosis.state is State.UNREAD else 0
        if (diagnosis.is_over and unread in (0, _UNREAD_LOOKS)) or clock.now() + interval > until:
            return evidence, diagnosis
        clock.sleep(interval)
