"""What one publication needs, as a value: :class:`Work`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A pipeline that must succeed with a commit. ``source`` is its source action.

    ``since_base`` are the commits of its branch that were published after the base. ``expected``: the commit
    is new, so that an execution must come; otherwise a pipeline that does not know it any more has nothing to
    say.
    """

    pipeline: str
    source: str
    commit: str
    expected: bool
    since_base: frozenset[str] = frozenset()


class Awaits(Enum):
    """What AFT does with an account's request, and so what there is to wait for."""

    CREATE = "create"  # Control Tower makes the account; AFT's new pipeline starts itself
    ADD = "add"  # one of CREATE and TAKE_OVER; nobody here knows which
    TAKE_OVER = "take over"  # an enrolled account gets a new pipeline, which starts itself
    MOVE = "move"  # Control Tower moves it; the framework runs after that
    CUSTOMIZE = "customize"  # the framework runs
    REFUSED = "refused"  # AFT says no; there is nothing to wait for
    NOTHING = "nothing"  # AFT sees no change: only its pipeline must run

    @property
    def starts_itself(self) -> bool:
        return self in (Awaits.CREATE, Awaits.ADD, Awaits.TAKE_OVER)


#: Minutes from the request pipeline's end, beside the queue's: Control Tower takes up to an hour (AFT
#: reference §1.4), the framework a quarter of one with its own waits and retries.
MINUTES: Mapping[Awaits, int] = {
    Awaits.CREATE: 90,
    Awaits.ADD: 90,
    Awaits.MOVE: 90,
    Awaits.TAKE_OVER: 30,
    Awaits.CUSTOMIZE: 30,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWork:
    """One account. ``email`` is its request's key. ``reasons`` say why its pipeline must run; none: it need
    not.

    ``words`` are AFT's, of a refusal.
    """

    name: str
    email: str
    awaits: Awaits = Awaits.NOTHING
    reasons: tuple[str, ...] = ()
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A publication. ``minutes`` is what AFT's queue needs, ``revisions`` what the accounts' pipelines must
    run.

    ``note`` says what is not done, and why.
    """

    source: str
    branch: str = ""
    base: str = ""
    revision: int = 0
    commits: tuple[Commit, ...] = ()
    accounts: tuple[AccountWork, ...] = ()
    removed: tuple[str, ...] = ()
    minutes: int = 0
    revisions: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
