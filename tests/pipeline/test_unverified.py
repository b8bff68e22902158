"""What the reference could not verify about AWS: each switch of the embedded AWS, run both ways.

The same ordeal for each: a request fails late, then every write loses its answer and the process dies while
it revokes, and then an ordinary run converges.
"""

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from aftgen.cloud import behaviour

from .test_faults import PASSING, WRITES
from .transition import ACCOUNT, transition

#: The other answers than the default's, and the ones of time and paging.
SWITCHES: dict[str, list[Any]] = {
    "lists_assignments_in_progress": [False],
    "outstanding_counts_deletions": [False],
    "outstanding_error": ["ServiceQuotaExceededException", "ConflictException"],
    "same_triple_conflict": ["opposite", "never"],
    "delete_absent": ["FAILED"],
    "unknown_principal": ["FAILED"],
    "unknown_account": ["FAILED"],
    "suspended_account": ["ResourceNotFoundException"],
    "create_refreshes_stale": [True],
    "provision_unassigned": ["FAILED"],
    "user_listing_includes_groups": [True],
    "assignments_outlive_principal": [False],
    "update_resets_omitted_duration": [False],
    "update_clears_omitted_description": [True],
    "every_update_makes_stale": [True],
    "delete_absent_inline_policy": ["ResourceNotFoundException"],
    "lookup_ignores_case": [True],
    "names_unique_ignoring_case": [True],
    "describes_account_paths": [False],
}
NOT_OF_IDENTITY_CENTER = {"policies_per_target"}
CASES = [
    {},
    *({name: value} for name, values in SWITCHES.items() for value in values),
    {name: values[0] for name, values in SWITCHES.items()},
    {"polls_until_done": 4, "seconds_until_done": 30.0},
    {"polls_until_done": None, "seconds_until_done": 45.0},
    {"page_size": 1},
    {"outstanding_limit": 2, "outstanding_error": "ServiceQuotaExceededException"},
]


def test_every_unverified_switch_is_run_the_other_way() -> None:
    """behaviour.py marks a field by [?], behind it or in the comment above it."""
    marked, pending = set(), False
    for line in inspect.getsource(behaviour.Behaviour).splitlines():
        field = re.match(r"    (\w+):", line)
        pending = pending or "[?]" in line
        if field:
            if pending:
                marked.add(field[1])
            pending = False
        elif ") = " in line or "] = " in line:
            pending = False
    assert marked - NOT_OF_IDENTITY_CENTER <= set(SWITCHES)


@pytest.mark.parametrize("switch", CASES, ids=lambda switch: " ".join(map(str, switch.items())) or "default")
def test_the_ordeal(tmp_path: Path, switch: dict[str, Any]) -> None:
    with transition(tmp_path, **switch) as world:
        world.cloud.faults.order("CreateAccountAssignment", "failed", reason="not today")
        done = world.apply(ACCOUNT)
        assert done.code == 1
        assert "not today" in done.out
        world.assert_harmless()

        for operation in WRITES:
            if operation not in ("DeleteAccountAssignment", "Publish"):
                world.cloud.faults.order(operation, **PASSING["read timeout, done"])
        world.cloud.faults.order("DeleteAccountAssignment", "kill", skip=1)
        assert world.apply(ACCOUNT).code is None
        world.assert_harmless()

        world.cloud.faults.clear()
        done = world.apply(ACCOUNT)
        assert done.code == 0, done.text
        world.assert_converged()
