"""The plan as a value and how it is told, from plain values alone."""

import json
from dataclasses import replace
from typing import Any

import pytest
from aft_guardrails.models import Limits
from aft_guardrails.plan import ORGANIZATION, Change, Plan
from aft_guardrails.report import Report
from aft_guardrails.values import KnownPolicy, Pair, Root
from guardrails_cloud import PAYMENTS, deny
from guardrails_values import (
    AT,
    FULL,
    OTHER_OU,
    OU,
    A,
    B,
    known,
    live,
    planned,
    policy,
    refused,
    row,
    summary,
    verbs,
)


@pytest.mark.parametrize(
    ("desired", "attached", "rows", "expected"),
    [
        (True, False, (), {"attach"}),
        (True, False, ("attached",), {"attach"}),
        (True, False, ("detaching",), {"attach"}),
        (True, True, ("attached",), {"kept"}),
        (True, True, ("attaching",), {"kept", "confirm"}),
        (True, True, (), {"satisfied"}),
        (False, True, ("attached",), {"detach"}),
        (False, True, ("attaching",), {"detach"}),
        (False, False, ("detaching",), {"forget"}),
        (False, True, (), {"unmanaged"}),
        (False, False, (), set()),
    ],
)
def test_the_table_of_the_module(
    desired: bool, attached: bool, rows: tuple[Any, ...], expected: set[str]
) -> None:
    plan = planned(
        desired=frozenset({AT} if desired else ()),
        attached=frozenset({AT} if attached else ()),
        rows=tuple(row("a", state=state) for state in rows),
    )
    found = {one.verb for one in plan.changes}
    found |= {name for name in ("kept", "confirm", "satisfied", "forget", "unmanaged") if getattr(plan, name)}
    assert found == expected
    assert plan.empty == (not expected - {"kept", "satisfied", "unmanaged"})


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ({}, []),
        ({"live": {}, "known": {}}, [("create", "183 of 10,240 characters")]),
        ({"live": {}}, [("create", "183 of 10,240 characters")]),  # deleted by hand
        ({"live": {"a": live(A, content="{}")}}, [("update", "content")]),
        (
            {"live": {"a": live(A, name="x", description="", tags=(("k", "v"),))}},
            [("update", "name, description, tags")],
        ),
        ({"live": {"a": live(A, content=json.dumps(json.loads(A.document.content), indent=3))}}, []),
        # A run died after it had made the policy, or a table was lost.
        ({"known": {}}, [("update", "only our record of it")]),
        ({"known": {"a": known(A, digest="")}}, [("update", "only our record of it")]),
        ({"known": {"a": known(A, id="p-old")}}, [("update", "only our record of it")]),
        ({"known": {"a": known(A, removed=True)}}, [("update", "only our record of it")]),
        ({"live": {"a": live(A, ours=False)}}, []),
    ],
)
def test_contents(parts: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    length = len(A.document.content)
    plan = planned(**parts)
    found = [(one.verb, one.detail.replace(str(length), "183", 1)) for one in plan.changes]
    assert found == expected


def test_what_is_made_again_is_attached_by_its_new_id() -> None:
    plan = planned(live={}, desired=frozenset({AT}), rows=(row("a"),))
    assert [(one.verb, one.policy_id) for one in plan.changes] == [("create", ""), ("attach", "")]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("ENABLED", []), ("", ["enable r-ab12"]), ("PENDING_ENABLE", ["enable r-ab12"])],
)
def test_the_type_is_enabled_where_it_is_off(status: Any, expected: list[str]) -> None:
    assert verbs(planned(root=Root(id="r-ab12", status=status))) == expected
    assert verbs(planned(root=Root(id="r-ab12", status=status), wanted={})) == []


def test_changes_are_in_their_order() -> None:
    plan = planned(
        wanted={"a": A, "b": B},
        leaving=frozenset({"z"}),
        known={"a": known(A), "z": KnownPolicy(id="p-z")},
        live={"a": live(A, description=""), "z": live(policy("z"))},
        desired=frozenset({Pair("b", OU), Pair("b", OTHER_OU)}),
        attached=frozenset({Pair("z", OU), AT}),
        rows=(row("z"), row("a")),
        root=Root(id="r-ab12", status=""),
    )
    assert verbs(plan) == [
        "enable r-ab12",
        "create b",
        "update a",
        f"attach b {OTHER_OU}",
        f"attach b {OU}",
        f"detach a {OU}",
        f"detach z {OU}",
        "delete z",
    ]
    assert {one.policy_id for one in plan.of("detach", "delete")} == {"p-a", "p-z"}


def leaving(**parts: Any) -> Plan:
    z = policy("z")
    base: dict[str, Any] = {
        "wanted": {},
        "leaving": frozenset({"z"}),
        "known": {"z": known(z)},
        "live": {"z": live(z)},
    }
    return planned(**{**base, **parts})


def test_what_left_the_tree_is_taken_off_everywhere_and_deleted() -> None:
    pairs = frozenset({Pair("z", OU), Pair("z", PAYMENTS)})
    plan = leaving(attached=pairs, rows=(row("z"), row("z", PAYMENTS)))
    assert verbs(plan) == [f"detach z {PAYMENTS}", f"detach z {OU}", "delete z"]


def test_what_left_the_tree_and_is_gone_already_only_ends_our_record() -> None:
    plan = leaving(live={}, rows=(row("z"),))
    assert (verbs(plan), plan.forget) == (["delete z"], (row("z"),))


def test_what_lacks_our_tag_is_never_deleted() -> None:
    plan = leaving(live={"z": live(policy("z"), ours=False)})
    assert (verbs(plan), plan.held[0].reason) == ([], "lacks our tag now: it is not deleted")


def test_what_another_hand_attached_is_not_detached_and_keeps_the_policy() -> None:
    plan = leaving(attached=frozenset({Pair("z", OTHER_OU), Pair("z", OU)}), rows=(row("z"),))
    assert verbs(plan) == [f"detach z {OU}"]
    assert plan.unmanaged == (Pair("z", OTHER_OU),)
    assert plan.held[0].reason == (
        "another hand attached it to Sandbox: it is not deleted until that is undone"
    )


def test_the_fingerprint_is_of_what_is_done() -> None:
    desired = frozenset({AT})
    one = planned(desired=desired)
    assert one.fingerprint == planned(desired=desired).fingerprint
    assert one.fingerprint == replace(one, warnings=("x",), kept=(AT,)).fingerprint
    assert one.fingerprint != planned().fingerprint
    assert one.fingerprint != planned(desired=frozenset({Pair("a", OTHER_OU)})).fingerprint
    other = policy("a", deny("s4:*"))  # of the same length
    creating = {"live": {}, "known": {}}
    changed = planned(wanted={"a": other}, **creating)  # type: ignore[arg-type]
    assert changed.fingerprint != planned(**creating).fingerprint  # type: ignore[arg-type]
    old = {"a": live(A, content="{}")}
    assert planned(wanted={"a": other}, live=old).fingerprint != planned(live=old).fingerprint


# --- slots


def test_slots_in_use_are_counted_live() -> None:
    there = {OU: (FULL, summary("aws-guardrails-x"), summary("old")), OTHER_OU: (FULL,)}
    plan = planned(
        desired=frozenset({AT, Pair("a", OTHER_OU)}),
        attached=frozenset({Pair("old", OU)}),
        rows=(row("old"),),
        on=there,
    )
    assert plan.slots == {OU: 3, OTHER_OU: 2}


def test_full_access_takes_a_slot_as_soon_as_the_type_is_enabled() -> None:
    plan = planned(desired=frozenset({AT}), on={OU: ()}, root=Root(id="r-ab12", status=""))
    assert plan.slots == {OU: 2}


def test_a_full_target_is_relieved_before_it_is_loaded() -> None:
    swap: dict[str, Any] = {
        "desired": frozenset({AT}),
        "attached": frozenset({Pair("old", OU)}),
        "rows": (row("old"),),
        "on": {OU: (FULL, summary("old"))},
    }
    assert planned(2, **swap).early == {Pair("old", OU)}
    assert planned(3, **swap).early == frozenset()
    assert refused(Limits(policies_per_target=2), **swap) == ()


# --- the report


def test_the_report_says_it_all_in_text_and_json() -> None:
    plan = planned(
        wanted={"a": A, "b": B},
        leaving=frozenset({"z"}),
        known={"a": known(A)},
        live={"a": live(A), "z": live(policy("z"), ours=False)},
        desired=frozenset({AT, Pair("b", OU), Pair("a", OTHER_OU)}),
        attached=frozenset({AT, Pair("a", OTHER_OU), Pair("a", "r-ab12")}),
        rows=(row("a"), row("gone", "ou-ab12-deleted01")),
        on={OU: (FULL, summary("a"))},
    )
    plan = replace(plan, refusals=("no",), warnings=("hm",))
    report = Report(plan=plan, status="refused", limit=10)
    assert report.text().splitlines() == [
        f"guardrails of the organization: refused (fingerprint {plan.fingerprint})",
        "  ! no",
        f"  + create b ({len(B.document.content)} of 10,240 characters)",
        "  + attach b at Workloads (3 of 10 slots then in use)",
        "  = a at Workloads",
        "  = a at Sandbox (stands, not ours)",
        "  . z is held: lacks our tag now: it is not deleted",
        "  . gone at ou-ab12-deleted01 is gone; its row is removed",
        "  ? a at Root (unmanaged)",
        "  warning: hm",
    ]
    data = report.data()
    assert (data["scope"], data["status"], data["fingerprint"]) == (ORGANIZATION, "refused", plan.fingerprint)
    assert data["slots"] == {OU: {"used": 3, "limit": 10}}
    assert data["changes"][1] == {
        "verb": "attach",
        "policy": "b",
        "target": OU,
        "place": "Workloads",
        "detail": "",
    }
    assert (report.exit_code, replace(report, status="planned").exit_code) == (1, 0)


def test_a_change_knows_its_pair() -> None:
    assert Change(verb="attach", policy="a", target=OU).pair == AT
