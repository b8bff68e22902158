"""Each judgement, from plain values."""

import json
import time
from typing import Any

import pytest
from aft_access.catalogue import Catalogue
from aft_access.contract import Grant, Kind, Principal
from aft_access.models import AccessFile
from aft_access.places import Registry
from aft_access.values import Account, Assignment, Request, Row, State
from aftgen.access_report.model import AccessReport, Judgement, ReportedAccount, Standing
from aftgen.access_report.page import data
from aftgen.fleet.standings import Judged, Names, Subject, judge

HERE, MANAGEMENT = "555555555555", "111111111111"
UNIT = "ou-ab12-workload1"
SETS = {
    f"arn:aws:sso:::permissionSet/ssoins-1/ps-{name}": name
    for name in ("Reading", "Building", "AWSAdministratorAccess", "AWSReadOnlyAccess")
}
PEOPLE: dict[tuple[Kind, str], str] = {
    ("group", "g-auditors"): "auditors",
    ("group", "g-builders"): "builders",
    ("group", "g-tower"): "AWSSecurityAuditors",
    ("user", "u-owner"): "Owner@x.com",
    ("user", "u-ann"): "ann@x.com",
}
READING = "Reading:group:auditors"


def arn(name: str) -> str:
    return f"arn:aws:sso:::permissionSet/ssoins-1/ps-{name}"


def held(permission_set: str, kind: Kind, principal_id: str) -> Assignment:
    return Assignment(permission_set_arn=arn(permission_set), kind=kind, principal_id=principal_id)


AUDITORS_READ = held("Reading", "group", "g-auditors")


def row(text: str, one: Assignment, source: str = "request", state: State = "owned") -> Row:
    return Row(
        grant=Grant.parse(text),
        assignment=one,
        state=state,
        source=source,
        since="2026-01-02T03:04:05Z",
        request="payments@x.com",
        build="build-1",
        commit="c0ffee",
    )


def request(*grants: str, sso_user: str = "", tags: dict[str, str] | None = None, **more: Any) -> Request:
    by_set: dict[str, list[str]] = {}
    for text in grants:
        by_set.setdefault(text.split(":")[0], []).append(text.partition(":")[2])
    access = json.dumps({"version": 1, "grants": by_set, **more})
    return Request(id="payments@x.com", access=access, sso_user_email=sso_user, tags=tags or {})


def account(status: str = "ACTIVE", account_id: str = HERE) -> Account:
    return Account(
        id=account_id, name="payments", email="Payments@x.com", status=status, ou_ids=(UNIT, "r-ab12")
    )


def catalogue(**access: Any) -> Catalogue:
    return Catalogue(
        access=AccessFile.model_validate({"identity_center": {"region": "eu-central-1"}, **access}),
        registry=Registry(ids={"Workloads": UNIT}),
    )


RULE = {"name": "audit", "match": {"ous": ["Workloads"]}, "grants": {"Reading": ["group:auditors"]}}


def judged(
    subject: Subject,
    *live: Assignment,
    names: Names | None = None,
    decided: Catalogue | None = None,
) -> Judged:
    return judge(
        [subject],
        {subject.id: frozenset(live)},
        names or Names(sets=SETS, principals=PEOPLE),
        decided or catalogue(),
        MANAGEMENT,
    )


def brief(found: Judged) -> list[tuple[str, str, str, str]]:
    return [(one.permission_set, one.principal, one.judgement.value, one.source) for one in found.standings]


def subject(asked: Request | None, *rows: Row, of: Account | None = None) -> Subject:
    at = of or account()
    return Subject(id=at.id, account=at, request=asked, rows=rows)


def test_ours_and_declared_carries_what_the_ledger_knows() -> None:
    found = judged(subject(request(READING), row(READING, AUDITORS_READ)), AUDITORS_READ)
    assert found.standings == (
        Standing(
            account_id=HERE,
            permission_set="Reading",
            principal="group:auditors",
            judgement=Judgement.DECLARED,
            source="request",
            since="2026-01-02T03:04:05Z",
            request="payments@x.com",
            build="build-1",
            commit="c0ffee",
        ),
    )


def test_declared_and_granted_by_another_hand_is_declared_since_nobody_knows_when() -> None:
    (one,) = judged(subject(request(READING)), AUDITORS_READ).standings
    assert (one.judgement, one.source, one.since, one.build) == (Judgement.DECLARED, "request", "", "")
    assert one.request == "payments@x.com"


def test_a_rule_declares_by_the_place_that_the_account_really_has() -> None:
    by_rule = catalogue(rules=[RULE])
    assert brief(judged(subject(request()), AUDITORS_READ, decided=by_rule)) == [
        ("Reading", "group:auditors", "declared", "rule:audit")
    ]
    retired = request(retired=True)
    assert brief(judged(subject(retired), AUDITORS_READ, decided=by_rule)) == [
        ("Reading", "group:auditors", "undeclared", "unknown")
    ]


def test_what_another_hand_granted_is_undeclared_and_unknown() -> None:
    found = judged(subject(request(READING)), AUDITORS_READ, held("Building", "user", "u-ann"))
    assert brief(found) == [
        ("Building", "user:ann@x.com", "undeclared", "unknown"),
        ("Reading", "group:auditors", "declared", "request"),
    ]
    assert (found.standings[0].since, found.standings[0].request) == ("", "")


def test_ours_and_dropped_stands_undeclared_until_the_next_run() -> None:
    found = judged(subject(request(), row(READING, AUDITORS_READ, "rule:old")), AUDITORS_READ)
    (one,) = found.standings
    assert (one.judgement, one.source, one.since) == (
        Judgement.UNDECLARED,
        "rule:old",
        "2026-01-02T03:04:05Z",
    )


def test_a_declaration_that_disappeared_declares_nothing() -> None:
    gone = Request(id="payments@x.com", access=None)
    found = judged(subject(gone, row(READING, AUDITORS_READ)), AUDITORS_READ)
    assert brief(found) == [("Reading", "group:auditors", "undeclared", "request")]


def test_declared_and_not_there_is_missing() -> None:
    found = judged(subject(request(READING, "Building:group:nobody", "New:group:builders")))
    assert brief(found) == [
        ("Building", "group:nobody", "missing", "request"),
        ("New", "group:builders", "missing", "request"),
        ("Reading", "group:auditors", "missing", "request"),
    ]
    assert not any(one.stands for one in found.standings)
    dropped_by_hand = judged(subject(request(READING), row(READING, AUDITORS_READ)))
    assert (dropped_by_hand.standings[0].build, dropped_by_hand.standings[0].judgement) == (
        "build-1",
        Judgement.MISSING,
    )


def test_ours_without_a_request_is_orphaned_whether_it_stands_or_not() -> None:
    other = held("Building", "group", "g-builders")
    rows = (row(READING, AUDITORS_READ), row("Building:group:builders", other, "rule:x"))
    found = judged(subject(None, *rows), AUDITORS_READ, held("Building", "user", "u-ann"))
    assert brief(found) == [
        ("Building", "group:builders", "no request", "rule:x"),
        ("Building", "user:ann@x.com", "unmanaged", "unknown"),
        ("Reading", "group:auditors", "no request", "request"),
    ]
    gone = Subject(id="999999999999", account=None, rows=rows[:1])
    assert brief(judged(gone)) == [("Reading", "group:auditors", "no request", "request")]
    assert [one.stands for one in (*found.standings, *judged(gone).standings)] == [False, True, True, False]


def test_an_account_that_nobody_requested_is_unmanaged_and_not_dropped() -> None:
    tower = held("AWSReadOnlyAccess", "group", "g-tower")
    found = judged(subject(None), AUDITORS_READ, tower, decided=catalogue(rules=[RULE]))
    assert brief(found) == [
        ("AWSReadOnlyAccess", "group:AWSSecurityAuditors", "Control Tower", "Control Tower"),
        ("Reading", "group:auditors", "unmanaged", "unknown"),
    ]
    assert [one.judgement.is_drift for one in found.standings] == [False, True]


def test_control_tower_gives_its_own_sets_to_its_own_groups_only() -> None:
    found = judged(
        subject(request()),
        held("AWSReadOnlyAccess", "group", "g-tower"),
        held("Building", "group", "g-tower"),
        held("AWSReadOnlyAccess", "group", "g-builders"),
    )
    assert [one[:3] for one in brief(found)] == [
        ("AWSReadOnlyAccess", "group:AWSSecurityAuditors", "Control Tower"),
        ("AWSReadOnlyAccess", "group:builders", "undeclared"),
        ("Building", "group:AWSSecurityAuditors", "undeclared"),
    ]


def test_the_sso_user_is_declared_and_a_former_one_is_not() -> None:
    owner, former = (held("AWSAdministratorAccess", "user", one) for one in ("u-owner", "u-ann"))
    found = judged(subject(request(sso_user="owner@X.com")), owner, former)
    assert brief(found) == [
        ("AWSAdministratorAccess", "user:Owner@x.com", "declared", "SSO user"),
        ("AWSAdministratorAccess", "user:ann@x.com", "undeclared", "unknown"),
    ]
    assert found.standings[0].request == "payments@x.com"


def test_a_missing_sso_user_is_control_towers_to_give() -> None:
    assert judged(subject(request(sso_user="owner@x.com"))).standings == ()


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (account(account_id=MANAGEMENT), "not declarable"),
        (account("SUSPENDED"), "not declarable"),
        (account("PENDING_CLOSURE"), "not declarable"),
        (account(), "undeclared"),
    ],
)
def test_where_nothing_can_be_declared_nothing_is_drift(of: Account, expected: str) -> None:
    asked = request("Building:group:builders")
    found = judged(subject(asked, of=of), AUDITORS_READ, held("AWSReadOnlyAccess", "group", "g-tower"))
    shown = {one.principal: one.judgement.value for one in found.standings}
    assert shown.pop("group:builders", "not missing") == (
        "missing" if of.status == "ACTIVE" and of.id == HERE else "not missing"
    )
    assert shown == {"group:AWSSecurityAuditors": "Control Tower", "group:auditors": expected}


def test_what_is_declared_in_a_suspended_account_still_is() -> None:
    found = judged(subject(request(READING), of=account("SUSPENDED")), AUDITORS_READ)
    assert brief(found) == [("Reading", "group:auditors", "declared", "request")]


def test_a_name_means_its_pinned_id() -> None:
    auditors = Principal.parse("group:auditors")
    names = Names(
        sets=SETS,
        principals={**PEOPLE, ("group", "g-old"): "auditors before"},
        pins={auditors: "g-old"},
    )
    squatting = judged(subject(request(READING)), AUDITORS_READ, names=names)
    assert [(one.principal, one.judgement.value) for one in squatting.standings] == [
        ("group:auditors", "missing"),
        ("group:auditors", "undeclared"),
    ]
    renamed = judged(subject(request(READING)), held("Reading", "group", "g-old"), names=names)
    assert [(one.principal, one.judgement.value) for one in renamed.standings] == [
        ("group:auditors before", "declared")
    ]


def test_a_permission_set_that_was_made_again_is_another_one() -> None:
    names = Names(sets=SETS, principals=PEOPLE, set_pins={"Reading": arn("deleted")})
    found = judged(subject(request(READING)), AUDITORS_READ, names=names)
    assert [one.judgement.value for one in found.standings] == ["missing", "undeclared"]


def test_one_of_two_groups_of_a_name_is_enough() -> None:
    names = Names(sets=SETS, principals={**PEOPLE, ("group", "g-twin"): "auditors"})
    found = judged(subject(request(READING)), held("Reading", "group", "g-twin"), names=names)
    assert [one.judgement for one in found.standings] == [Judgement.DECLARED]


def test_a_leaver_is_not_missing_and_what_is_left_of_him_is_undeclared() -> None:
    leaver = "Reading:user:leaver@x.com"
    names = Names(sets=SETS, principals=PEOPLE, pins={Principal.parse("user:leaver@x.com"): "u-left"})
    assert judged(subject(request(leaver)), names=names).standings == ()
    dead = held("Reading", "user", "u-left")
    assert brief(judged(subject(request(leaver)), dead, names=names)) == [
        ("Reading", "user:u-left (deleted)", "undeclared", "unknown")
    ]
    assert brief(judged(subject(request(leaver), row(leaver, dead)), dead, names=names)) == [
        ("Reading", "user:leaver@x.com (deleted)", "undeclared", "request")
    ]


def test_a_set_that_is_gone_shows_what_the_ledger_called_it() -> None:
    was = Assignment(permission_set_arn=arn("x1"), kind="group", principal_id="g-auditors")
    found = judged(subject(None, row("Old:group:auditors", was)))
    assert brief(found) == [("Old", "group:auditors", "no request", "request")]
    assert brief(judged(subject(None), was)) == [("ps-x1", "group:auditors", "unmanaged", "unknown")]


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (
            Request(id="payments@x.com", access="{", problem=""),
            "payments: its declaration cannot be read: not JSON: Expecting property name enclosed in double "
            "quotes at line 1 column 2; judged by the ledger",
        ),
        (
            Request(id="payments@x.com", access=None, problem="account_tags is not JSON"),
            "payments: its request cannot be read: account_tags is not JSON; judged by the ledger",
        ),
    ],
)
def test_a_request_that_cannot_be_read_is_said_and_judged_by_the_ledger(asked: Request, why: str) -> None:
    builders = held("Building", "group", "g-builders")
    rows = (row(READING, AUDITORS_READ, "rule:audit"), row("Building:group:builders", builders))
    found = judged(subject(asked, *rows), AUDITORS_READ, held("Building", "user", "u-ann"))
    assert found.unjudged == (why,)
    assert brief(found) == [
        ("Building", "group:builders", "missing", "request"),
        ("Building", "user:ann@x.com", "undeclared", "unknown"),
        ("Reading", "group:auditors", "declared", "rule:audit"),
    ]


def test_two_thousand_accounts_of_fifty_groups_are_judged_in_seconds() -> None:
    groups = [f"team-{number:02}" for number in range(50)]
    names = Names(sets=SETS, principals={("group", f"g-{name}"): name for name in groups})
    rules = [
        {"name": f"r{number}", "match": {"ous": ["Workloads"]}, "grants": {"Reading": [f"group:{name}"]}}
        for number, name in enumerate(groups[:25])
    ]
    asked = request(*(f"Reading:group:{name}" for name in groups[25:49]))
    subjects, live = [], {}
    for number in range(2000):
        of = account(account_id=f"{number:012}")
        rows = [row(f"Reading:group:{name}", held("Reading", "group", f"g-{name}")) for name in groups]
        subjects.append(Subject(id=of.id, account=of, request=asked, rows=tuple(rows)))
        live[of.id] = frozenset(each.assignment for each in rows)
    began = time.process_time()
    found = judge(subjects, live, names, catalogue(rules=rules), MANAGEMENT)
    took = time.process_time() - began
    assert len(found.standings) == 100_000
    assert sum(one.judgement.is_drift for one in found.standings) == 2000
    report = AccessReport(
        generated="now",
        accounts=tuple(ReportedAccount(id=each.id, name=each.id) for each in subjects),
        standings=found.standings,
    )
    assert len(data(report)["columns"]["a"]) == 100_000
    assert took < 20, f"{took:.1f} s"
