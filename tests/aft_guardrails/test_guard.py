"""The guard's reasons, from plain values alone."""

from typing import Any

import pytest
from aft_guardrails.models import Limits
from aft_guardrails.values import FULL_ACCESS, KnownPolicy, Pair, Root, Row, Summary
from guardrails_cloud import PAYMENTS, allow
from guardrails_values import (
    AT,
    FULL,
    OU,
    A,
    known,
    live,
    policy,
    refused,
    row,
    summary,
)


def test_more_than_a_target_takes_is_refused_by_name() -> None:
    there = {OU: (FULL, summary("aws-guardrails-x"), summary("b"))}
    wanted = {"desired": frozenset({AT}), "on": there}
    assert refused(Limits(policies_per_target=3), **wanted) == (
        "Workloads would have 4 policies and takes 3: FullAWSAccess, a, aws-guardrails-x, b",
    )
    assert refused(Limits(policies_per_target=4), **wanted) == ()


def test_somebody_elses_policy_is_not_taken_over() -> None:
    assert refused(live={"a": live(A, ours=False)}) == (
        "the policy a exists and lacks our tag: it is somebody else's",
    )


def test_a_type_that_is_being_disabled_is_left_alone() -> None:
    (reason,) = refused(root=Root(id="r-ab12", status="PENDING_DISABLE"), wanted={})
    assert reason == "service control policies are being disabled on the root: somebody wants them off"


def test_an_account_attaches_only_what_is_published() -> None:
    parts: dict[str, Any] = {
        "scope": PAYMENTS,
        "wanted": {},
        "live": {},
        "known": {"b": KnownPolicy(id="p-b", removed=True)},
        "desired": frozenset({Pair("a", PAYMENTS), Pair("b", PAYMENTS)}),
        "on": {PAYMENTS: (FULL,)},
        "root": None,
    }
    assert refused(**parts) == (
        "the policy a is not in the organization yet: the publishing workflow makes it "
        "(aftgen guardrails apply --organization)",
        "a newer tree removed the policy b: publish that one here too",
    )


@pytest.mark.parametrize(("limit", "refusing"), [(1, True), (2, False)])
def test_many_removals_are_refused(limit: int, refusing: bool) -> None:
    z = policy("z")
    found = refused(
        Limits(max_removals=limit),
        wanted={},
        leaving=frozenset({"z"}),
        known={"z": known(z)},
        live={"z": live(z)},
        attached=frozenset({Pair("z", OU)}),
        rows=(row("z"),),
        on={OU: (FULL, summary("z"))},
    )
    reason = (
        "2 attachments and policies would be removed and max_removals is 1: remove them in smaller steps, "
        "or raise it in guardrails.yaml"
    )
    assert found == ((reason,) if refusing else ())


ALLOWING = policy("w", allow("s3:*"))
LAST = ("Workloads would have no policy left that allows anything: everybody there would lose everything",)


def last(**parts: Any) -> tuple[str, ...]:
    """An allow list of ours that replaced FullAWSAccess on an OU, and what the tree wants now."""
    base: dict[str, Any] = {
        "wanted": {"w": ALLOWING},
        "known": {"w": known(ALLOWING)},
        "live": {"w": live(ALLOWING)},
        "attached": frozenset({Pair("w", OU)}),
        "rows": (row("w"),),
        "on": {OU: (summary("w"), summary("aws-guardrails-x"))},
        "allowing": frozenset({FULL_ACCESS, "p-w"}),
    }
    return refused(Limits(policies_per_target=3), **{**base, **parts})


def test_the_last_policy_that_allows_anything_is_not_detached() -> None:
    assert last(desired=frozenset({Pair("w", OU)})) == ()
    assert last() == LAST


def test_nor_made_into_one_that_allows_nothing() -> None:
    assert last(wanted={"w": policy("w")}, desired=frozenset({Pair("w", OU)})) == LAST


def test_another_that_allows_may_take_its_place() -> None:
    new = policy("n", allow("ec2:*"))
    parts: dict[str, Any] = {"wanted": {"n": new, "w": ALLOWING}, "desired": frozenset({Pair("n", OU)})}
    assert last(**parts) == ()
    # A full target would be without any while they change places.
    full = {OU: (summary("w"), summary("x"), summary("y"))}
    assert last(**parts, on=full) == LAST
    # Or somebody else's that allows is there.
    assert last(allowing=frozenset({"p-w", "p-aws-guardrails-x"})) == ()


def test_a_deny_may_go_where_full_access_stands() -> None:
    parts: dict[str, Any] = {
        "attached": frozenset({AT}),
        "rows": (row("a"),),
        "on": {OU: (FULL, summary("a"))},
    }
    assert refused(**parts) == ()


@pytest.mark.parametrize("name", ["aws-guardrails-AbCd", "FullAWSAccess"])
def test_control_towers_and_awss_own_are_never_changed(name: str) -> None:
    """No file may name them; a row that somebody forged must not lead there either."""
    forged = Row(pair=Pair("x", OU), policy_id="p-foreign", state="attached")
    found = refused(
        attached=frozenset({Pair("x", OU)}),
        rows=(forged,),
        on={OU: (FULL, Summary(id="p-foreign", name=name))},
        known={"a": known(A), "x": KnownPolicy(id="p-foreign")},
    )
    assert found == (f"{name} is AWS's or Control Tower's and is never touched",)
