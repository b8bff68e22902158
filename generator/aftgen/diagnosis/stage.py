"""Where in AFT's chain something is, and one thing that went wrong there."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Stage(IntEnum):
    """Where in AFT's chain something is, first to last."""

    REQUEST_PIPELINE = 1
    STREAM = 2
    TRIGGER = 3
    PROCESSOR = 4
    DEAD_LETTER = 5
    PRODUCT = 6
    CONTROL_TOWER = 7
    INVOKE = 8
    FRAMEWORK = 9
    FEATURES = 10
    PROVISIONING = 11
    CREATE_PIPELINE = 12
    GLOBAL = 13
    ACCOUNT = 14
    ACCESS = 15
    OUTCOME = 16

    @property
    def shown(self) -> str:
        return _SHOWN[self]


_SHOWN: Final = {
    Stage.REQUEST_PIPELINE: "account-request pipeline",
    Stage.STREAM: "stream of aft-request",
    Stage.TRIGGER: "action trigger",
    Stage.PROCESSOR: "request processor",
    Stage.DEAD_LETTER: "dead-letter queue",
    Stage.PRODUCT: "Service Catalog",
    Stage.CONTROL_TOWER: "Control Tower",
    Stage.INVOKE: "start of the provisioning framework",
    Stage.FRAMEWORK: "provisioning framework",
    Stage.FEATURES: "feature options",
    Stage.PROVISIONING: "provisioning customizations",
    Stage.CREATE_PIPELINE: "pipeline creation",
    Stage.GLOBAL: "global customizations",
    Stage.ACCOUNT: "account customizations",
    Stage.ACCESS: "access",
    Stage.OUTCOME: "the account as it is",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing that went wrong: where, AWS's or AFT's own words, and what was around them.

    ``sign`` names a state that no text tells (``ou differs``); ``phase`` is a build's, ``state`` a machine's.
    """

    stage: Stage
    text: str
    at: float = 0.0
    sign: str = ""
    state: str = ""
    phase: str = ""
    excerpt: tuple[str, ...] = ()
    place: str = ""

    @property
    def words(self) -> str:
        """Everything that a pattern may look at."""
        return "\n".join((self.text, *self.excerpt))
