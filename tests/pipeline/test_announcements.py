"""A run that did not converge leaves a record, and one message in its build, whatever it failed from."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aftgen.cloud import Behaviour

from .inside import Inside, inside
from .small import ACCOUNT, GRANTS, declare, plan, tree
from .test_rules import converge

FAILED, READY = "aft-failure-notifications", "aft-notifications"
BUILD = "aft-global-customizations-terraform:one"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Inside]:
    """Converged once, and told so."""
    with inside(plan(), Behaviour(calls_per_second=None), tmp_path) as world:
        tree().write(world.tree)
        declare(world.zone, GRANTS)
        converge(world)
        assert told(world) == [READY]
        yield world


def told(world: Inside) -> list[str]:
    """Topics of all messages; not in the order of time."""
    return sorted((topic for topic, _, _ in world.zone.notifications()), reverse=True)


def records(world: Inside, about: str = ACCOUNT) -> list[tuple[str, str, str]]:
    """What failed runs left: what, phase, build; pre first. Time may have stood still between them."""
    rows = [row for row in world.rows() if row["pk"] == f"audit#{about}" and "phase" in row]
    found = [(row["what"], row["phase"], row["build"]) for row in rows]
    return sorted(found, key=lambda one: one[1], reverse=True)


def build(world: Inside, name: str = BUILD) -> list[int | None]:
    """Pre and post of one build."""
    return [world.apply(ACCOUNT, phase, build=name).code for phase in ("pre", "post")]


def test_one_refusal_is_told_once_in_a_build_and_recorded_in_both_phases(made: Inside) -> None:
    declare(made.zone, {"Reading": ["group:nobody"]})
    assert build(made) == [1, 1]
    assert told(made) == [READY, FAILED]
    assert records(made) == [("run refused", "pre", BUILD), ("run refused", "post", BUILD)]
    assert build(made, "two") == [1, 1]
    assert told(made) == [READY, FAILED, FAILED]


def test_another_failure_of_the_same_build_is_told_too(made: Inside) -> None:
    declare(made.zone, {"Reading": ["group:nobody"]})
    assert made.apply(ACCOUNT, "pre", build=BUILD).code == 1
    declare(made.zone, {"Reading": ["group:somebody"]})
    assert made.apply(ACCOUNT, "post", build=BUILD).code == 1
    assert told(made) == [READY, FAILED, FAILED]


def test_the_end_of_a_failure_is_told_though_nobody_gained_or_lost_access(made: Inside) -> None:
    made.zone.put_request(ACCOUNT, custom_fields={"access": "{"}, sso_user="owner@x.com")
    assert made.apply(ACCOUNT, "pre", build=BUILD).code == 1
    declare(made.zone, GRANTS)
    assert made.apply(ACCOUNT, "post", build=BUILD).code == 0
    assert told(made) == [READY, READY, FAILED]
    assert build(made, "two") == [0, 0]
    assert told(made) == [READY, READY, FAILED]


def test_what_fails_late_is_recorded_with_its_reason(made: Inside) -> None:
    declare(made.zone, {**GRANTS, "Reading": [*GRANTS["Reading"], "group:builders"]})
    for _ in range(2):
        made.cloud.faults.order("CreateAccountAssignment", "failed", reason="the role quota is used up")
    assert build(made) == [1, 1]
    assert told(made) == [READY, FAILED]
    assert records(made) == [("run failed", "pre", BUILD), ("run failed", "post", BUILD)]
    detail = next(row["detail"] for row in made.rows() if row.get("phase") == "pre")
    assert detail == "grant Reading:group:builders: the role quota is used up"


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("identity-center/access.yaml", "rules: [", "identity-center/access.yaml:1"),
        ("identity-center/access.yaml", "nonsense: 1", "identity-center/access.yaml:1: nonsense"),
        ("organization.yaml", "- 1", "organization.yaml:1"),
        ("revision.json", "{", "revision.json cannot be read"),
    ],
)
def test_a_tree_that_cannot_be_read_is_a_failure_like_the_others(
    made: Inside, file: str, text: str, reason: str
) -> None:
    (made.tree / file).write_text(text, "utf-8")
    made.cloud.log.clear()
    assert all(build(made))
    assert told(made) == [READY, FAILED]
    assert [reason in text for topic, _, text in made.zone.notifications() if topic == FAILED] == [True]
    assert records(made) == [("run failed", "pre", BUILD), ("run failed", "post", BUILD)]
    assert made.writes() == []


def test_without_a_table_nothing_can_be_recorded_and_post_tells(tmp_path: Path) -> None:
    with inside(plan(access_table=False), Behaviour(calls_per_second=None), tmp_path) as world:
        tree().write(world.tree)
        declare(world.zone, GRANTS)
        pre = world.apply(ACCOUNT, "pre", build=BUILD)
        assert (pre.code, told(world), pre.err.count("aftgen-access does not exist")) == (1, [], 1)
        assert world.apply(ACCOUNT, "post", build=BUILD).code == 1
        assert told(world) == [FAILED]
        assert "apply account-provisioning-customizations" in world.zone.notifications()[0][2]


def test_a_failed_run_for_the_organization_is_recorded_and_not_told(made: Inside) -> None:
    tree(2, sets={"Reading": tree().sets["Reading"]}, more={"max_revocations": 0}).write(made.tree)
    refused = made.run("catalogue", "apply", account=ACCOUNT)
    assert (refused.code, "1 objects would be deleted" in refused.err) == (1, True)
    tree(2, sets={"Reading": tree().sets["Reading"]}).write(made.tree)
    failed = made.run("catalogue", "apply", account=ACCOUNT)
    assert (failed.code, "FAILED delete Building" in failed.err) == (1, True)
    assert sorted(record[:2] for record in records(made, "org")) == [
        ("run failed", "catalogue"),
        ("run refused", "catalogue"),
    ]
    assert told(made) == [READY]


def test_a_failure_while_another_run_has_the_lease_is_recorded_and_told(made: Inside) -> None:
    tree(limits={"lease_seconds": 2}).write(made.tree)
    keep = made.zone.backstage("dynamodb", made.zone.plan.aft_management.id)
    keep.put_item(
        TableName="aftgen-access",
        Item={
            "pk": {"S": f"account#{ACCOUNT}"},
            "sk": {"S": "lease"},
            "owner": {"S": "another"},
            "expires": {"N": f"{made.now() + 9999:.3f}"},
        },
    )
    done = made.apply(ACCOUNT, "post", build=BUILD)
    assert (done.code, "another run has the lease" in done.err) == (1, True)
    assert (told(made), records(made)) == ([READY, FAILED], [("run failed", "post", BUILD)])
