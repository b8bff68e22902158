"""What doctor says to each answer, from plain values."""

from dataclasses import replace

import pytest
from aftgen.diagnosis import installation as judge
from aftgen.diagnosis.evidence import Queue
from aftgen.diagnosis.installation import (
    Branch,
    Center,
    Check,
    Pipelines,
    Program,
    Protection,
    Role,
    Table,
    Topic,
    Verdict,
)

_BRANCH = Branch(
    name="account-request",
    read_repository="Org/aft",
    read_branch="aft/account-request",
    our_repository="Org/aft",
    our_branch="aft/account-request",
    there=True,
)
_ROLE = Role(name="R", account="1", profile="ct-audit", there=True)
_TABLE = Table(keys=(("pk", "HASH"), ("sk", "RANGE")), protected=True, recoverable=True)


def _one(checks: list[Check]) -> tuple[Verdict, str]:
    [check] = checks
    silent = check.verdict in (Verdict.OK, Verdict.UNCHECKED) or check.area in ("AFT", "branches")
    assert check.next_step != "" or silent
    return check.verdict, check.said


@pytest.mark.parametrize(
    ("checks", "verdict", "said"),
    [
        (judge.version({judge.VERSION: "1.20.1"}), Verdict.OK, "AFT 1.20.1"),
        (judge.version({judge.VERSION: "1.17.1"}), Verdict.OK, "AFT 1.17.1"),
        (
            judge.version({judge.VERSION: "1.21.0"}),
            Verdict.WARNING,
            "AFT 1.21.0; this program was tested with 1.17 to 1.20",
        ),
        (
            judge.version({}),
            Verdict.FAILED,
            "its version is not known: /aft/config/aft/version is not there",
        ),
        (judge.branches([_BRANCH]), Verdict.OK, "account-request: Org/aft aft/account-request"),
        (
            judge.branches([replace(_BRANCH, read_branch="main")]),
            Verdict.FAILED,
            "account-request: AFT reads Org/aft main, and Org/aft aft/account-request is published",
        ),
        (
            judge.branches([replace(_BRANCH, read_repository="Org/other")]),
            Verdict.FAILED,
            "account-request: AFT reads Org/other aft/account-request, and Org/aft aft/account-request is "
            "published",
        ),
        (
            judge.branches([replace(_BRANCH, there=False)]),
            Verdict.FAILED,
            "account-request: AFT reads Org/aft aft/account-request, which is not there",
        ),
        (
            judge.branches([replace(_BRANCH, read_branch="")]),
            Verdict.UNCHECKED,
            "account-request: AFT's parameter repo-branch is not there",
        ),
        (
            judge.protections([Protection(branch="b", who=("bot", "team"))]),
            Verdict.OK,
            "b: bot, team",
        ),
        (judge.protections([Protection(branch="b")]), Verdict.WARNING, "b: everybody who may write"),
        (judge.protections([Protection(branch="b", why="no gh")]), Verdict.UNCHECKED, "b: no gh"),
        (
            judge.roles([replace(_ROLE, trusts=True), replace(_ROLE, name="S", trusts=True)]),
            Verdict.OK,
            "profile ct-audit: R, S in 1",
        ),
        (
            judge.roles([_ROLE]),
            Verdict.FAILED,
            "R in 1 (profile ct-audit) does not trust AFT",
        ),
        (
            judge.roles([replace(_ROLE, there=False)]),
            Verdict.FAILED,
            "R in 1 (profile ct-audit) is not there, or cannot be taken",
        ),
        (
            judge.center(None),
            Verdict.UNCHECKED,
            "there is no global-customizations/identity-center/access.yaml here, and no instance in AFT's "
            "region: which region is asked is not known",
        ),
        (
            judge.branches([replace(_BRANCH, our_branch="", our_repository="", why="no repository")]),
            Verdict.UNCHECKED,
            "account-request: AFT reads Org/aft aft/account-request; no repository",
        ),
        (
            judge.branches([replace(_BRANCH, there=None, why="no network")]),
            Verdict.WARNING,
            "account-request: Org/aft aft/account-request; whether it is there is not known: no network",
        ),
        (judge.center(Center(region="eu-west-1")), Verdict.FAILED, "there is no instance in eu-west-1"),
        (
            judge.center(Center(region="r", instances=(("arn", "2"),), owners=("1",))),
            Verdict.FAILED,
            "arn in r belongs to 2",
        ),
        (
            judge.table(None),
            Verdict.FAILED,
            "there is no table aftgen-access: access changes nothing",
        ),
        (
            judge.table(replace(_TABLE, keys=(("id", "HASH"),))),
            Verdict.FAILED,
            "aftgen-access has the keys id HASH, not pk and sk",
        ),
        (
            judge.table(replace(_TABLE, protected=False, recoverable=False)),
            Verdict.WARNING,
            "aftgen-access has no deletion protection and no point-in-time recovery",
        ),
        (judge.queue(Queue(waiting=2)), Verdict.OK, "no dead letters; 2 waiting, 0 at work"),
        (
            judge.queue(Queue(dead=2)),
            Verdict.FAILED,
            "2 dead letters, of which AFT tells nobody; 0 waiting, 0 at work",
        ),
        (judge.topics([Topic(name="t", confirmed=1)]), Verdict.OK, "t: 1 subscribed"),
        (
            judge.topics([Topic(name="t", confirmed=0, pending=1)]),
            Verdict.WARNING,
            "t has no subscriber (1 not confirmed)",
        ),
        (
            judge.pipelines(Pipelines(failed=(), looked_at=100, total=1200)),
            Verdict.OK,
            "none of 100 failed last; 100 of 1200 were looked at",
        ),
        (
            judge.programs([Program(name="git", version="", needed=True, use="publishing needs it")]),
            Verdict.FAILED,
            "git is not on PATH",
        ),
    ],
)
def test_each_answer(checks: list[Check], verdict: Verdict, said: str) -> None:
    assert _one(checks) == (verdict, said)


def test_settings_name_what_is_missing() -> None:
    [check] = judge.settings({"/aft/config/terraform/version": "1.6.1"})
    assert check.verdict is Verdict.FAILED
    assert "/aft/resources/sqs/aft-request-queue-name" in check.said
    assert "/aft/config/terraform/version" not in check.said


def test_only_a_failure_is_an_exit_code() -> None:
    checks = [*judge.protections([Protection(branch="b")]), *judge.unchecked(["x"], "why")]
    assert judge.exit_code(checks) == 0
    assert judge.exit_code([*checks, *judge.table(None)]) == 1


def test_what_cannot_be_asked_is_not_checked() -> None:
    def ask() -> list[Check]:
        raise ValueError("no\n rights")

    assert judge.asked("x", ask, ValueError, lambda error: " ".join(str(error).split())) == [
        Check(area="x", verdict=Verdict.UNCHECKED, said="no rights")
    ]
