"""Eight pipelines at once that need the same new objects, two of them with an older checkout."""

import subprocess
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest
from aftgen.cloud import Account, Behaviour, LandingZonePlan, serve

from .builds import Built, Pipeline, finish, landing_zone
from .small import flat
from .trees import POLICY, UNITS, Tree, declaration

pytestmark = pytest.mark.slow

ACCOUNTS = tuple(
    Account(id=f"{number}" * 12, name=f"team-{number}", email=f"team-{number}@x.com", ou="Workloads")
    for number in (0, 5, 6, 7, 8, 9)
) + tuple(
    Account(id=f"12345678901{number}", name=f"late-{number}", email=f"late-{number}@x.com", ou="Sandbox")
    for number in (1, 2)
)
OLDER = {account.id for account in ACCOUNTS[2:4]}
GRANTS = {"Building": ["group:builders"], "Reading": ["group:auditors", "user:cyd@x.com"]}
POLICIES = {1: "SecurityAudit", 2: "ReadOnlyAccess"}


def revision(number: int) -> Tree:
    """The newer one has another content of both sets and one more member."""
    policy = f"{POLICY}{POLICIES[number]}"
    members: list[str] = ["ann@x.com", "bob@x.com"][:number]
    return Tree(
        revision=number,
        creates_principals=True,
        principals=("group:builders", "group:auditors", "user:cyd@x.com"),
        sets={
            name: {"description": f"{name} {number}", "managed_policies": [policy]}
            for name in ("Building", "Reading")
        },
        groups={"builders": {"members": members}, "auditors": {"members": ["ann@x.com"]}},
        users={"cyd@x.com": {"given_name": "Cyd", "family_name": "C"}},
        limits={"calls_per_second": 8, "poll_seconds": 0.5},
    )


def test_eight_at_once_all_succeed_and_the_newer_revision_wins(venv: Path, tmp_path: Path) -> None:
    plan = LandingZonePlan(organizational_units=UNITS, accounts=ACCOUNTS, users=("ann@x.com", "bob@x.com"))
    with ExitStack() as stack:
        server = stack.enter_context(serve(Behaviour(), seed=7))  # every limit is on, and requests take time
        landing_zone(server, plan)
        made = Pipeline(server, venv, tmp_path)
        before = len(made.zone.center.store.memberships)
        trees = {number: revision(number).write(tmp_path / f"tree-{number}") for number in (1, 2)}
        for account in ACCOUNTS:
            made.zone.put_request(account.id, custom_fields=declaration(GRANTS))

        def post(account: str) -> "subprocess.Popen[str]":
            tree = trees[1 if account in OLDER else 2]
            return made.start_module(account, "--tree", str(tree), "apply", "--phase", "post")

        done = {account.id: post(account.id) for account in ACCOUNTS}
        ended: dict[str, Built] = {account: finish(process) for account, process in done.items()}
        assert {account: each.code for account, each in ended.items()} == dict.fromkeys(done, 0), "".join(
            each.text for each in ended.values() if each.code
        )

        center = made.zone.center
        mine = [each for each in center.permission_sets.values() if each.name in GRANTS]
        assert sorted(each.name for each in mine) == sorted(GRANTS)
        assert [each.description for each in sorted(mine, key=lambda each: each.name)] == [
            "Building 2",
            "Reading 2",
        ]
        assert [list(each.managed_policies) for each in mine] == [[f"{POLICY}ReadOnlyAccess"]] * 2
        names = Counter(group.attributes["DisplayName"] for group in center.store.groups.values())
        assert (names["builders"], names["auditors"]) == (1, 1)
        assert len(center.store.memberships) == before + 3
        for account in ACCOUNTS:
            assert {row[1:] for row in made.zone.access(account.id)} >= flat(GRANTS)
        assert center.operations.peak() <= 15
        assert max(center.operations.peak(account.id) for account in ACCOUNTS) <= 3
        told = [subject for topic, subject, _ in made.zone.notifications() if topic == "aft-notifications"]
        assert len(told) == len(ACCOUNTS)
        assert [topic for topic, _, _ in made.zone.notifications()].count("aft-failure-notifications") == 0
