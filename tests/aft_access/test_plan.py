"""The plan as a value: each row of its table, who is held, what is forgotten, and in which order."""

from dataclasses import replace
from typing import Any

import pytest
from aft_access.contract import Grant, Principal
from aft_access.plan import Held, Plan, Situation, Step, compute
from aft_access.resolve import Identity, Resolution
from aft_access.values import Assignment, KnownSet, Row

READ = Grant.parse("Read:group:auditors")
BUILD = Grant.parse("Build:group:builders")
READ_BUILDERS = Grant.parse("Read:group:builders")
ARNS = {"Read": "arn:r", "Build": "arn:b"}
AUDITORS, BUILDERS = READ.principal, BUILD.principal


def at(grant: Grant, *, principal_id: str = "", arn: str = "") -> Assignment:
    return Assignment(
        permission_set_arn=arn or ARNS[grant.permission_set],
        kind=grant.principal.kind,
        principal_id=principal_id or f"id-{grant.principal.name}",
    )


def row(grant: Grant, *, state: Any = "owned", source: str = "request", **where: str) -> Row:
    return Row(grant=grant, assignment=at(grant, **where), state=state, source=source)


def situation(
    *desired: Grant,
    live: tuple[Assignment, ...] = (),
    rows: tuple[Row, ...] = (),
    people: dict[Principal, Identity] | None = None,
    **more: Any,
) -> Situation:
    identities = {one: Identity(id=f"id-{one.name}") for one in (AUDITORS, BUILDERS)}
    resolution = more.pop(
        "resolution",
        Resolution(
            principals=identities | (people or {}),
            permission_sets={name: KnownSet(arn=arn) for name, arn in ARNS.items()},
        ),
    )
    return Situation(
        account_id="1",
        desired=dict.fromkeys(desired, "request"),
        resolution=resolution,
        live=frozenset(live),
        rows=rows,
        **more,
    )


def summary(plan: Plan) -> dict[str, list[str]]:
    """What the plan says of each grant, without what it says nothing of."""
    found = {
        "grant": [str(one.grant) for one in plan.grants],
        "revoke": [str(one.grant) for one in plan.revokes],
        "kept": [str(one.grant) for one in plan.kept],
        "confirm": [str(one.grant) for one in plan.confirm],
        "forget": [str(one.grant) for one in plan.forget],
        "satisfied": [str(one.grant) for one in plan.satisfied],
        "held": [str(one.grant) for one in plan.held],
        "unmanaged": [one.principal_id for one in plan.unmanaged],
    }
    return {key: value for key, value in found.items() if value}


@pytest.mark.parametrize(
    ("desired", "live", "owned", "says"),
    [
        (True, False, False, "grant"),
        (True, False, True, "grant"),
        (True, True, True, "kept"),
        (True, True, False, "satisfied"),
        (False, True, True, "revoke"),
        (False, False, True, "forget"),
        (False, True, False, "unmanaged"),
        (False, False, False, ""),
    ],
)
def test_every_row_of_the_table(desired: bool, live: bool, owned: bool, says: str) -> None:
    plan = compute(
        situation(
            *([READ] if desired else []),
            live=(at(READ),) if live else (),
            rows=(row(READ),) if owned else (),
        )
    )
    expected = ["id-auditors"] if says == "unmanaged" else [str(READ)]
    assert summary(plan) == ({says: expected} if says else {})
    assert plan.changes == (says in {"grant", "revoke"})
    assert plan.empty is (says not in {"grant", "revoke", "forget"})


def test_a_step_says_who_what_and_from_where() -> None:
    known = row(BUILD, state="revoking", source="rule:x")
    plan = compute(situation(READ, BUILD, rows=(known,)))
    assert plan.grants == (
        Step(grant=BUILD, principal_id="id-builders", source="request", assignment=at(BUILD), row=known),
        Step(grant=READ, principal_id="id-auditors", source="request", assignment=at(READ)),
    )
    plan = compute(situation(live=(at(BUILD),), rows=(known,)))
    assert plan.revokes == (
        Step(grant=BUILD, principal_id="id-builders", source="rule:x", assignment=at(BUILD), row=known),
    )
    plan = compute(situation(READ, live=(at(READ),)))
    assert plan.satisfied == (
        Step(grant=READ, principal_id="id-auditors", source="request", assignment=at(READ)),
    )


@pytest.mark.parametrize(
    ("state", "source", "confirmed"),
    [
        ("owned", "request", False),
        ("granting", "request", True),
        ("revoking", "request", True),
        ("owned", "rule:x", True),
    ],
)
def test_what_a_dead_run_left_is_confirmed(state: str, source: str, confirmed: bool) -> None:
    one = row(READ, state=state, source=source)
    plan = compute(situation(READ, live=(at(READ),), rows=(one,)))
    assert plan.confirm == ((one,) if confirmed else ())
    assert plan.empty is not confirmed
    assert plan.changes == 0


def test_everything_is_sorted_by_grant() -> None:
    third = Grant.parse("Read:user:zoe")
    people = {third.principal: Identity(id="id-zoe")}
    wanted = (third, READ_BUILDERS, READ, BUILD)
    ordered = [str(BUILD), str(READ), str(READ_BUILDERS), str(third)]
    everything = tuple(at(one) for one in wanted)
    rows = tuple(row(one, state="granting") for one in wanted)
    assert summary(compute(situation(*wanted, people=people))) == {"grant": ordered}
    assert summary(compute(situation(*wanted, live=everything, people=people))) == {"satisfied": ordered}
    assert summary(compute(situation(*wanted, live=everything, rows=rows, people=people))) == {
        "kept": ordered,
        "confirm": ordered,
    }
    assert summary(compute(situation(live=everything, rows=rows, people=people))) == {"revoke": ordered}
    assert summary(compute(situation(rows=rows, people=people))) == {"forget": ordered}
    gone = {one.principal: Identity(id="x", outcome="gone") for one in wanted}
    assert summary(compute(situation(*wanted, people=gone))) == {"held": ordered}
    plan = compute(situation(needs=("z", "a"), live=everything))
    assert plan.needs == ("a", "z")
    assert plan.unmanaged == tuple(sorted(everything))


def test_two_rows_of_one_grant_are_in_the_order_of_their_assignments() -> None:
    old, older = row(READ, principal_id="b"), row(READ, principal_id="a")
    assert compute(situation(rows=(old, older))).forget == (older, old)


def test_one_that_is_held_stops_no_other() -> None:
    people = {BUILDERS: Identity(id="id-builders", outcome="gone", pinned_exists=False)}
    plan = compute(situation(BUILD, READ, people=people))
    assert summary(plan) == {"grant": [str(READ)], "held": [str(BUILD)]}
    plan = compute(situation(BUILD, READ, resolution=Resolution(principals={AUDITORS: Identity(id="a")})))
    assert summary(plan) == {"grant": [str(READ)]}


def test_a_row_that_is_handled_or_held_ends_no_look_at_the_others() -> None:
    rows = (row(BUILD), row(READ), row(READ_BUILDERS))
    live = tuple(one.assignment for one in rows)
    plan = compute(situation(BUILD, live=live, rows=rows))
    assert summary(plan) == {"kept": [str(BUILD)], "revoke": [str(READ), str(READ_BUILDERS)]}
    people = {BUILDERS: Identity(id="id-builders", outcome="renamed")}
    plan = compute(situation(BUILD, live=live, rows=rows, people=people))
    assert summary(plan) == {"held": [str(BUILD)], "revoke": [str(READ), str(READ_BUILDERS)]}


def test_a_set_or_principal_that_is_not_made_yet_has_no_assignment() -> None:
    resolution = Resolution(principals={AUDITORS: Identity(id="id-auditors"), BUILDERS: Identity(id="")})
    plan = compute(situation(READ, resolution=resolution))
    assert [(one.assignment, one.row) for one in plan.grants] == [(None, None)]
    resolution = replace(resolution, permission_sets={"Build": KnownSet(arn="arn:b")})
    plan = compute(situation(BUILD, resolution=resolution))
    assert [(one.assignment, one.principal_id) for one in plan.grants] == [(None, "")]


@pytest.mark.parametrize(
    ("outcome", "reason", "failing"),
    [
        ("gone", "group:auditors no longer exists", False),
        ("renamed", "group:auditors has another name now", True),
        ("changed", "group:auditors has another id than the pinned one", True),
    ],
)
def test_a_principal_that_is_not_the_pinned_one_gets_nothing_new(
    outcome: Any, reason: str, failing: bool
) -> None:
    people = {AUDITORS: Identity(id="id-auditors", outcome=outcome, pinned_exists=outcome != "gone")}
    plan = compute(situation(READ, people=people))
    assert plan.held == (Held(grant=READ, reason=reason, failing=failing),)
    assert summary(plan) == {"held": [str(READ)]}
    assert READ not in plan.standing


@pytest.mark.parametrize(
    ("outcome", "exists", "ends"),
    [
        ("renamed", True, None),
        ("changed", True, False),
        ("changed", False, True),
        ("gone", False, True),
    ],
)
def test_what_becomes_of_the_grants_of_an_id_that_lost_its_name(
    outcome: Any, exists: bool, ends: bool | None
) -> None:
    """None: they stay; True: cleaned up like a leaver's; False: revoked, within the limit."""
    people = {AUDITORS: Identity(id="id-auditors", outcome=outcome, pinned_exists=exists)}
    plan = compute(situation(READ, live=(at(READ),), rows=(row(READ),), people=people))
    assert [one.dead for one in plan.revokes] == ([] if ends is None else [ends])
    assert [one.grant for one in plan.held] == [READ]
    gone = compute(situation(READ, rows=(row(READ),), people=people))
    assert [one.grant for one in gone.forget] == ([] if ends is None else [READ])


def test_a_protected_principal_whose_name_was_taken_keeps_what_it_has() -> None:
    people = {AUDITORS: Identity(id="id-auditors", outcome="changed")}
    plan = compute(
        situation(READ, live=(at(READ),), rows=(row(READ),), people=people, protected=frozenset({AUDITORS}))
    )
    assert summary(plan) == {"held": [str(READ)]}
    assert [one.failing for one in plan.held] == [True]


def test_a_row_follows_its_grant_to_a_new_name() -> None:
    """The declaration carries the group's new name, which leads to the id that the row is for."""
    renamed = Grant(permission_set="Read", principal=Principal(kind="group", name="reviewers"))
    people = {renamed.principal: Identity(id="id-auditors")}
    plan = compute(situation(renamed, live=(at(READ),), rows=(row(READ),), people=people))
    assert [one.grant for one in plan.confirm] == [READ]
    assert summary(plan) == {"kept": [str(renamed)], "confirm": [str(READ)]}


def test_a_held_set_keeps_its_rows_and_fails() -> None:
    resolution = Resolution(
        principals={AUDITORS: Identity(id="id-auditors")}, held_sets={"Read": "Read is another one"}
    )
    plan = compute(situation(READ, live=(at(READ),), rows=(row(READ),), resolution=resolution))
    assert plan.held == (Held(grant=READ, reason="Read is another one", failing=True),)
    assert summary(plan) == {"held": [str(READ)]}
    assert summary(compute(situation(live=(at(READ),), rows=(row(READ),), resolution=resolution))) == {
        "revoke": [str(READ)]
    }


def test_rows_of_a_dead_principal_are_cleaned_and_do_not_count_as_revocations() -> None:
    people = {AUDITORS: Identity(id="id-auditors", outcome="gone", pinned_exists=False)}
    plan = compute(situation(READ, live=(at(READ),), rows=(row(READ),), people=people))
    assert [(str(one.grant), one.dead) for one in plan.revokes] == [(str(READ), True)]
    assert [(one.reason, one.failing) for one in plan.held] == [("group:auditors no longer exists", False)]
    plan = compute(situation(READ, rows=(row(READ),), people=people))
    assert summary(plan) == {"forget": [str(READ)], "held": [str(READ)]}
    other = row(READ, principal_id="an older id")
    plan = compute(situation(READ, live=(other.assignment,), rows=(other,), people=people))
    assert [one.dead for one in plan.revokes] == [False]


@pytest.mark.parametrize("still_live", [True, False])
def test_a_row_of_a_set_that_was_made_again_is_ended_and_the_new_one_granted(still_live: bool) -> None:
    old = row(READ, arn="arn:older")
    plan = compute(situation(READ, live=(old.assignment,) if still_live else (), rows=(old,)))
    assert [one.assignment for one in plan.grants] == [at(READ)]
    assert summary(plan) == {"grant": [str(READ)], ("revoke" if still_live else "forget"): [str(READ)]}


def test_a_row_of_a_principal_that_nobody_resolved_is_revoked_by_its_id() -> None:
    unknown = Grant.parse("Read:user:left")
    one = row(unknown, principal_id="u-1")
    plan = compute(situation(live=(one.assignment,), rows=(one,)))
    assert [(step.principal_id, step.dead) for step in plan.revokes] == [("u-1", False)]
    plan = compute(situation(unknown, live=(one.assignment,), rows=(one,)))
    assert summary(plan) == {"revoke": [str(unknown)]}


def test_protected_principals_keep_what_they_have_unless_they_are_gone() -> None:
    plan = compute(
        situation(
            live=(at(READ), at(BUILD)),
            rows=(row(READ), row(BUILD)),
            protected=frozenset({AUDITORS}),
        )
    )
    assert plan.held == (Held(grant=READ, reason="group:auditors is protected and is not revoked"),)
    assert summary(plan) == {"held": [str(READ)], "revoke": [str(BUILD)]}
    assert plan.empty is False
    assert summary(compute(situation(rows=(row(READ),), protected=frozenset({AUDITORS})))) == {
        "forget": [str(READ)]
    }
    gone = {AUDITORS: Identity(id="id-auditors", outcome="gone", pinned_exists=False)}
    dead = situation(live=(at(READ),), rows=(row(READ),), protected=frozenset({AUDITORS}), people=gone)
    assert summary(compute(dead)) == {"revoke": [str(READ)]}


def test_only_sets_of_ours_that_are_stale_and_stay_in_use_are_provisioned() -> None:
    stale = frozenset({"arn:r", "arn:b", "arn:foreign"})
    both = frozenset({"Read", "Build"})
    live = (at(READ), at(BUILD))
    rows = (row(READ), row(BUILD))

    def provisions(*desired: Grant, **more: Any) -> tuple[str, ...]:
        return compute(situation(*desired, **{"stale": stale, "ours": both, **more})).provisions

    assert provisions(READ, BUILD, live=live, rows=rows) == ("arn:b", "arn:r")
    assert provisions(READ, BUILD, live=live, rows=rows, ours=frozenset({"Read"})) == ("arn:r",)
    assert provisions(READ, BUILD, live=live, rows=rows, stale=frozenset({"arn:b"})) == ("arn:b",)
    assert provisions(READ, live=live, rows=rows) == ("arn:r",)
    assert provisions(live=live) == ("arn:b", "arn:r")
    assert provisions(READ) == ("arn:r",)
    assert provisions() == ()
    assert compute(situation(READ, live=live, rows=rows, stale=stale, ours=both)).changes == 2
    assert compute(situation(stale=stale, ours=both, live=live)).empty is False


def test_what_stands_is_what_is_granted_kept_satisfied_or_required_and_there() -> None:
    required = frozenset({READ, BUILD})
    assert compute(situation(READ, BUILD, required=required)).standing == required
    assert compute(situation(READ, live=(at(READ),), rows=(row(READ),))).standing == {READ}
    assert compute(situation(READ, live=(at(READ),))).standing == {READ}
    assert compute(situation(live=(at(READ),), required=required)).standing == {READ}
    assert compute(situation(live=(at(READ),))).standing == frozenset()
    assert compute(situation(required=required)).standing == frozenset()
    revoked = situation(live=(at(READ), at(BUILD)), rows=(row(READ),), required=required)
    assert compute(revoked).standing == {BUILD}
    nobody = Resolution(permission_sets={"Read": KnownSet(arn="arn:r")})
    assert compute(situation(required=required, resolution=nobody, live=(at(READ),))).standing == frozenset()
    noset = Resolution(principals={AUDITORS: Identity(id="id-auditors")})
    assert compute(situation(required=required, resolution=noset)).standing == frozenset()


def test_warnings_of_the_resolution_are_the_plans() -> None:
    assert compute(situation(resolution=Resolution(warnings=("careful",)))).warnings == ("careful",)
    assert compute(situation()).account_id == "1"


def test_the_fingerprint_is_of_what_would_be_done_and_of_nothing_else() -> None:
    step = Step(grant=READ, principal_id="id-auditors", source="request")
    other = replace(step, principal_id="id-squatters")
    plan = Plan(account_id="1")
    changed = [
        replace(plan, account_id="2"),
        replace(plan, needs=("Read",)),
        replace(plan, provisions=("arn:r",)),
        replace(plan, grants=(step,)),
        replace(plan, grants=(other,)),
        replace(plan, revokes=(step,)),
        replace(plan, revokes=(other,)),
        replace(plan, forget=(row(READ),)),
        replace(plan, forget=(row(BUILD),)),
    ]
    prints = {one.fingerprint for one in changed}
    assert len(prints) == len(changed)
    assert plan.fingerprint not in prints
    assert all(len(one) == 16 for one in prints)
    same = replace(plan, kept=(step,), satisfied=(step,), warnings=("x",), unmanaged=(at(READ),))
    assert same.fingerprint == plan.fingerprint
    assert plan.fingerprint == "cc74f50daa3bae11"
