"""Whether a pipeline has run a commit: :func:`judge`, from its executions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from aftgen.follow.values import Execution


class Progress(Enum):
    """How far a pipeline is with a commit."""

    NOT_SEEN = "not seen"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A pipeline's progress with a commit, and the execution that says so (None where none does)."""

    progress: Progress
    execution: Execution | None = None

    @property
    def is_over(self) -> bool:
        return self.progress in (Progress.SUCCEEDED, Progress.FAILED)


def judge(executions: Sequence[Execution], source: str, contains: Callable[[str], bool]) -> Awaited:
    """The progress of a pipeline with a commit. ``executions`` newest first, ``source`` is the source action.

    ``contains`` says of a commit whether it is the wanted one or follows it: an execution of a later commit
    runs this one too, and a superseded execution says nothing. An execution that does not yet say what it
    runs may be it: while it runs there is something to wait for. The newest execution that contains the
    commit decides, unless an earlier one has succeeded with it.
    """
    with_it = [each for each in executions if contains(each.revisions.get(source, ""))]
    succeeded = next((each for each in reversed(with_it) if each.status == "Succeeded"), None)
    if succeeded is not None:
        return Awaited(progress=Progress.SUCCEEDED, execution=succeeded)
    unknown = [each for each in executions if each.is_running and not each.revisions.get(source)]
    running = next((each for each in with_it if each.is_running), None) or next(iter(unknown), None)
    if running is not None:
        return Awaited(progress=Progress.RUNNING, execution=running)
    ended = next((each for each in with_it if each.status != "Superseded"), None)
    if ended is not None:
        return Awaited(progress=Progress.FAILED, execution=ended)
    return Awaited(progress=Progress.NOT_SEEN)
