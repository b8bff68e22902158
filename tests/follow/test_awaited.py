"""Whether a pipeline has run a commit."""

import pytest
from aftgen.follow.awaited import Progress, judge
from aftgen.follow.values import Execution

from .follow_fakes import execution


@pytest.mark.parametrize(
    ("executions", "progress", "by"),
    [
        ([], Progress.NOT_SEEN, None),
        ([execution("1", requests="older")], Progress.NOT_SEEN, None),
        ([execution("2", requests="wanted"), execution("1", requests="older")], Progress.SUCCEEDED, "2"),
        ([execution("2", requests="later")], Progress.SUCCEEDED, "2"),
        # What applied it counts, not who applied more later.
        (
            [execution("3", "Failed", requests="later"), execution("2", requests="wanted")],
            Progress.SUCCEEDED,
            "2",
        ),
        ([execution("2", "Failed", requests="wanted")], Progress.FAILED, "2"),
        ([execution("2", "Stopped", requests="wanted")], Progress.FAILED, "2"),
        ([execution("2", "Superseded", requests="wanted")], Progress.NOT_SEEN, None),
        (
            [execution("3", "InProgress", requests="later"), execution("2", "Superseded", requests="wanted")],
            Progress.RUNNING,
            "3",
        ),
        (
            [execution("3", "Failed", requests="later"), execution("2", "Superseded", requests="wanted")],
            Progress.FAILED,
            "3",
        ),
        # Until its source stage is through, an execution does not say what it runs.
        ([execution("3", "InProgress"), execution("2", "Failed", requests="wanted")], Progress.RUNNING, "3"),
        ([execution("2", "InProgress", requests="older")], Progress.NOT_SEEN, None),
    ],
)
def test_progress(executions: list[Execution], progress: Progress, by: str | None) -> None:
    found = judge(executions, "account-request", lambda commit: commit in ("wanted", "later"))
    assert (found.progress, found.execution.id if found.execution else None) == (progress, by)
