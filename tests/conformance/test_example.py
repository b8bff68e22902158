"""A pull request of the example repository: a release's own code and the built-in order reach one result."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aftgen.rehearsal.environments import CACHE_VARIABLE
from aftgen.rehearsal.result import AccountResult
from aftgen.rehearsal.run import Options, rehearsed

from . import example_repository
from .checkouts import Judge
from .snapshots import everything, tables

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Ended:
    """One rehearsal's result and the AWS that it left."""

    accounts: list[dict[str, Any]]
    second_writes: tuple[str, ...]
    stands: dict[str, Any]
    ledger: list[Any]


def ended(work: Path, release: Judge, framework: Path | None) -> Ended:
    options = Options(path=work, before="HEAD", aft_version=release.version, framework=framework)
    with rehearsed(options, lambda _: None) as done:
        assert done.result.release == release.version
        assert not done.result.stopped, done.result.stopped
        accounts = [shown(each) for each in (*done.result.accounts, *done.result.removed)]
        ledger = tables(done.zone, "aftgen-access")["aftgen-access"]
        return Ended(
            accounts, done.result.second_writes, everything(done.zone), sorted(map(row_of_ours, ledger))
        )


def shown(account: AccountResult) -> dict[str, Any]:
    """Everything but times and logs."""
    return {
        "account": (account.id, account.name, account.ou, account.what, account.customization),
        "entries": account.entries,
        "missing": account.missing,
        "gained": account.gained,
        "lost": account.lost,
        "tags": account.tags,
        "policies": account.policies,
        "failures": [(each.stage, each.reasons) for each in account.failures],
        "stages": [
            [(stage.name, stage.ok, stage.skipped) for stage in run.stages]
            for run in (account.first, account.second)
            if run is not None
        ],
    }


def row_of_ours(row: Any) -> tuple[str, str]:
    """What a row of our table is about; records of what was done are named by when, and only counted.

    Which id a permission set gets depends on which account's build came first; its name stands beside it.
    """
    kind = row["pk"]["S"]
    return kind, "" if kind.startswith("audit#") else re.sub(r"\bps-[0-9a-f]{16}\b", "ps", row["sk"]["S"])


@contextmanager
def kept(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setenv(CACHE_VARIABLE, str(cache))
        yield


def test_a_pull_request_ends_alike(
    release: Judge, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = example_repository.make(tmp_path)
    with kept(cache, monkeypatch):
        ours = ended(work, release, None)
        theirs = ended(work, release, release.folder)
    for key in ours.stands:
        assert ours.stands[key] == theirs.stands[key], key
    assert ours.accounts == theirs.accounts
    assert ours.ledger == theirs.ledger
    assert ours.second_writes == theirs.second_writes == ()
    by_name = {each["account"][1]: each for each in theirs.accounts}
    assert {name: each["account"][3].partition(" ")[0] for name, each in by_name.items()} == {
        "payments-prod": "changed:",
        "payments-dev": "moved",
        "sandbox-ada": "created",
        "old-prod": "left",
    }
    assert ("AdministratorAccess", "group:platform-admins") in {
        (each.permission_set, each.principal) for each in by_name["payments-prod"]["lost"]
    }
    for each in theirs.accounts:
        assert each["failures"] == [], each
    for name, each in sorted(by_name.items()):
        print(
            f"{release.version} {name}: {each['account'][3]}, {len(each['entries'])} grants, both runs well"
        )
