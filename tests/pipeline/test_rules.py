"""The rules of DESIGN's "The access declaration", end to end: what a run refuses, holds and leaves alone."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aftgen.cloud import Account, Behaviour

from .inside import Inside, Ran, inside
from .small import ACCOUNT, CONTROL_TOWER, FOREIGN, GRANTS, OTHER, PLAN_OF, declare, flat, ours, plan, tree
from .trees import POLICY, allowing

SKIPPED = "skipped: the management account is never a target, and nothing is declared for it"
DELEGATE, MANAGEMENT = "888888888888", "111111111111"
IDENTITY = Account(id=DELEGATE, name="identity", email="identity@x.com", ou="Security")


@contextmanager
def small(folder: Path, behaviour: dict[str, Any] | None = None, **settings: Any) -> Iterator[Inside]:
    """The small organization; revision 1 published, the account requested, nothing run."""
    with inside(
        plan(**settings), Behaviour(**{"calls_per_second": None, **(behaviour or {})}), folder
    ) as made:
        tree().write(made.tree)
        declare(made.zone, GRANTS)
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Inside]:
    with small(tmp_path) as made:
        yield made


@pytest.fixture
def settled(fresh: Inside) -> Inside:
    """Converged, with grants by other hands beside ours."""
    converge(fresh)
    for name, principal in FOREIGN:
        fresh.zone.assign(ACCOUNT, name, principal)
    fresh.cloud.log.clear()
    return fresh


def converge(made: Inside, account: str = ACCOUNT) -> Ran:
    done = made.apply(account)
    assert done.code == 0, done.text
    return done


def refused(made: Inside, *reasons: str, account: str = ACCOUNT) -> Ran:
    """The build fails with these reasons, nothing changes, and AFT's failure topic is told."""
    before, told = made.zone.access(), len(made.zone.notifications())
    made.cloud.log.clear()
    done = made.apply(account)
    assert done.code == 1, done.text
    for reason in reasons:
        assert reason in done.text
    assert made.writes() == []
    assert made.zone.access() == before
    assert [topic for topic, _, _ in made.zone.notifications()[told:]] == ["aft-failure-notifications"]
    return done


def custom_field(made: Inside, text: str) -> None:
    made.zone.put_request(ACCOUNT, custom_fields={"access": text}, sso_user="owner@x.com")


def test_a_suspended_account_is_refused(settled: Inside) -> None:
    declare(settled.zone, {})
    settled.zone.suspend(ACCOUNT)
    refused(settled, "SUSPENDED")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"version": 1, "grants": ', "the access declaration"),
        ('{"version": 2, "grants": {}}', "version"),
        (json.dumps({"version": 1, "grants": {}, "pad": "x" * 4097})[:4097], "has 4097 bytes"),
    ],
)
def test_a_declaration_that_cannot_be_read_revokes_nothing(settled: Inside, text: str, reason: str) -> None:
    custom_field(settled, text)
    refused(settled, reason)


def test_a_missing_request_row_is_refused(settled: Inside) -> None:
    dynamodb = settled.zone.backstage("dynamodb", settled.zone.plan.aft_management.id)
    dynamodb.delete_item(TableName="aft-request", Key={"id": {"S": "payments@x.com"}})
    refused(settled, "no row in AFT's request table")


def test_a_request_row_in_another_case_is_found(fresh: Inside) -> None:
    dynamodb = fresh.zone.backstage("dynamodb", fresh.zone.plan.aft_management.id)
    dynamodb.delete_item(TableName="aft-request", Key={"id": {"S": "payments@x.com"}})
    access = json.dumps({"version": 1, "grants": GRANTS})
    fresh.zone.put_request(
        ACCOUNT, custom_fields={"access": access}, email="Payments@X.com", sso_user="owner@x.com"
    )
    converge(fresh)
    assert ours(fresh.zone) == flat(GRANTS)


def test_a_declaration_that_disappears_revokes_nothing_until_somebody_says_which(settled: Inside) -> None:
    settled.zone.put_request(ACCOUNT, sso_user="owner@x.com")
    refused(settled, "we own 3 grants", "aftgen access release")
    assert settled.run("release", "--account", ACCOUNT, account=ACCOUNT).code == 0
    converge(settled)
    assert ours(settled.zone) == flat(GRANTS) | set(FOREIGN)
    assert settled.rows("grant#") == []


def test_no_grants_means_none_of_its_own(settled: Inside) -> None:
    declare(settled.zone, {})
    converge(settled)
    assert ours(settled.zone) == set(FOREIGN)


def test_the_management_account_is_never_a_target(fresh: Inside) -> None:
    """AFT runs customizations for it too when it has a request; `Root` in a rule does not mean it."""
    rule = {"name": "everywhere", "match": {"ous": ["Root"]}, "grants": {"Reading": ["group:auditors"]}}
    tree(more={"rules": [rule]}).write(fresh.tree)
    before = fresh.zone.access()
    for request in (None, {}):
        if request is not None:
            declare(fresh.zone, request, MANAGEMENT)
        for phase in ("pre", "post"):
            done = fresh.apply(MANAGEMENT, phase)
            assert (done.code, done.out) == (0, f"{MANAGEMENT} Management: {SKIPPED}\n")
    assert (fresh.writes(), fresh.zone.access(), fresh.zone.notifications(), fresh.rows()) == (
        [],
        before,
        [],
        [],
    )
    declare(fresh.zone, GRANTS, MANAGEMENT)
    refused(fresh, "never a target, and its request declares access", account=MANAGEMENT)
    fresh.zone.put_request(MANAGEMENT, custom_fields={"access": "{"})
    refused(fresh, "never a target, and its request declares access", account=MANAGEMENT)
    declare(fresh.zone, {}, MANAGEMENT)
    here = {"permission_set": "Reading", "principal": "group:auditors", "where": {"accounts": [MANAGEMENT]}}
    named = {**rule, "match": {"accounts": [MANAGEMENT]}}
    tree(more={"rules": [named], "required": [here]}).write(fresh.tree)
    refused(
        fresh, "the rule everywhere names it", "Reading:group:auditors is required in it", account=MANAGEMENT
    )


@pytest.mark.parametrize("account", ["222222222222", "333333333333"])
def test_the_audit_and_log_archive_accounts_are_ordinary_targets(fresh: Inside, account: str) -> None:
    assert account in {fresh.zone.plan.audit.id, fresh.zone.plan.log_archive.id}
    declare(fresh.zone, GRANTS, account)
    before = set(fresh.zone.access(account))
    converge(fresh, account)
    assert {row[1:] for row in set(fresh.zone.access(account)) - before} == flat(GRANTS)


def test_all_unknown_names_are_said_at_once_with_their_nearest(fresh: Inside) -> None:
    declare(fresh.zone, {"Bilding": ["group:builders"], "Reading": ["group:auditor", "user:nobody@x.com"]})
    refused(fresh, "Bilding", "did you mean Building?", "group:auditor ", "did you mean auditors?", "user:~")


def test_a_leaver_is_warned_about_and_everything_else_goes_on(settled: Inside) -> None:
    settled.zone.remove_principal("user:oncall@x.com")
    declare(settled.zone, {**GRANTS, "Reading": [*GRANTS["Reading"], "group:builders"]})
    done = converge(settled)
    assert "no longer exists" in done.out
    assert ("Reading", "group:builders") in ours(settled.zone)
    rows = {(row["permission_set"], row["principal"]) for row in settled.rows("grant#")}
    assert rows == (flat(GRANTS) - {("Reading", "user:oncall@x.com")}) | {("Reading", "group:builders")}
    settled.cloud.log.clear()
    converge(settled)
    assert settled.writes() == []


def test_a_group_that_was_made_again_gets_nothing_until_its_pin_is_reviewed(settled: Inside) -> None:
    settled.zone.remove_principal("group:builders")
    again = settled.zone.add_group("builders", ("ann@x.com",))
    done = settled.apply(ACCOUNT)
    assert done.code == 1
    assert "principals.yaml" in done.out
    assert not [row for row in settled.zone.access(ACCOUNT) if row[2] == "group:builders"]
    repinned = settled.run("repin", "group:builders", account=ACCOUNT)
    assert repinned.code == 0
    assert again in repinned.out
    (settled.tree / "identity-center/principals.yaml").write_text(repinned.out, "utf-8")
    converge(settled)
    assert ours(settled.zone) >= flat(GRANTS)


def taken_over(made: Inside) -> str:
    """`builders` gets another name, and a group that exists takes its name: who has it now."""
    groups = made.zone.center.store.groups
    other = str(made.zone.find_principal("group:outsiders"))
    groups[str(made.zone.find_principal("group:builders"))].attributes["DisplayName"] = "builders-before"
    groups[other].attributes["DisplayName"] = "builders"
    return other


def test_a_name_that_moved_to_another_group_stops_everywhere(settled: Inside) -> None:
    """The other group gets nothing, and the one that nothing declares any more loses what we gave it."""
    for name, principal in FOREIGN:
        settled.zone.unassign(ACCOUNT, name, principal)
    declare(settled.zone, GRANTS, OTHER)
    taken_over(settled)
    for account in (ACCOUNT, OTHER):
        done = settled.apply(account)
        assert (done.code, "is not who it was" in done.out) == (1, True)
        assert {row[1:] for row in settled.zone.access(account)} & {
            ("Building", "group:builders"),
            ("Building", "group:builders-before"),
        } == set()
        assert ("Reading", "group:auditors") in ours(settled.zone, account)
    done = settled.apply(ACCOUNT)
    assert (done.code, "FAILED" in done.out) == (1, False)
    settled.cloud.log.clear()
    assert settled.apply(ACCOUNT).code == 1
    assert settled.writes() == []
    repinned = settled.run("repin", "group:builders", account=ACCOUNT)
    (settled.tree / "identity-center/principals.yaml").write_text(repinned.out, "utf-8")
    for account in (ACCOUNT, OTHER):
        converge(settled, account)
        assert ("Building", "group:builders") in ours(settled.zone, account)


def test_a_name_that_moved_locks_out_nobody_who_must_not_be(settled: Inside) -> None:
    taken_over(settled)
    tree(more={"protected": ["group:builders"]}).write(settled.tree)
    assert settled.apply(ACCOUNT).code == 1
    assert ("Building", "group:builders-before") in ours(settled.zone)
    tree(more={"max_revocations": 0}).write(settled.tree)
    refused(settled, "1 grants would be revoked and max_revocations is 0")
    required = {"permission_set": "Building", "principal": "group:builders", "where": {"ous": ["Root"]}}
    tree(more={"required": [required]}).write(settled.tree)
    refused(settled, "Building:group:builders is required here and would not stand")
    assert ("Building", "group:builders-before") in ours(settled.zone)


def test_a_renamed_group_keeps_what_it_has_and_gets_nothing_new_under_its_old_name(settled: Inside) -> None:
    group = str(settled.zone.find_principal("group:builders"))
    settled.zone.center.store.groups[group].attributes["DisplayName"] = "makers"
    declare(settled.zone, {**GRANTS, "Reading": [*GRANTS["Reading"], "group:builders"]})
    settled.cloud.log.clear()
    done = settled.apply(ACCOUNT)
    assert (done.code, "write its new name in requests and rules" in done.out) == (1, True)
    assert settled.writes() == []
    assert ("Building", "group:makers") in ours(settled.zone)
    grants = {"Building": ["group:makers"], "Reading": GRANTS["Reading"]}
    tree(principals=(*tree().principals, "group:makers")).write(settled.tree)
    declare(settled.zone, grants)
    converge(settled)
    assert settled.writes() == []
    rows = {(row["permission_set"], row["principal"]): row["state"] for row in settled.rows("grant#")}
    assert rows == dict.fromkeys(flat(grants), "owned")


def test_a_permission_set_of_our_name_without_our_tag_is_never_written(fresh: Inside) -> None:
    arn = fresh.zone.add_permission_set("Building", description="a colleague's")
    done = fresh.apply(ACCOUNT)
    assert done.code == 1
    assert "lacks our tag" in done.text
    assert fresh.zone.permission_set("Building").description == "a colleague's"
    assert not [call for call in fresh.cloud.log.select(write=True) if arn in str(call.parameters)]


def test_of_two_groups_with_one_name_only_the_pinned_one_is_granted(fresh: Inside) -> None:
    """The API's look-up answers one of them, and a broken synchronization could have left both."""
    pinned = fresh.zone.find_principal("group:builders")
    converge(fresh)
    other = fresh.zone.add_group("builders", ("bob@x.com",), duplicate=True)
    declare(fresh.zone, {**GRANTS, "Reading": [*GRANTS["Reading"], "group:builders"]})
    converge(fresh)
    holders = {
        triple.principal_id
        for triple in fresh.zone.center.assigned_to(ACCOUNT, fresh.zone.permission_set("Reading").arn)
    }
    assert pinned in holders
    assert other not in holders


def test_what_a_request_may_not_ask_for_is_refused(fresh: Inside) -> None:
    declare(fresh.zone, {**GRANTS, "Building": ["group:builders", "group:outsiders"]})
    refused(fresh, "group:outsiders may not hold Building")


def test_the_sso_user_is_a_grant_that_is_restricted(fresh: Inside) -> None:
    tree(more={"allowed_sso_users": ["*@y.com"]}).write(fresh.tree)
    refused(fresh, "is not in allowed_sso_users")


def test_more_revocations_than_allowed_need_a_reviewed_exception(settled: Inside) -> None:
    tree(more={"max_revocations": 2}).write(settled.tree)
    declare(settled.zone, {})
    refused(settled, "3 grants would be revoked and max_revocations is 2")
    leave = {"account": ACCOUNT, "max_revocations": 3, "until": "2199-01-01", "reason": "the team is closed"}
    tree(more={"max_revocations": 2, "exceptions": [leave]}).write(settled.tree)
    text = (settled.tree / "identity-center/access.yaml").read_text("utf-8")
    (settled.tree / "identity-center/access.yaml").write_text(text.replace('"2199-01-01"', "2199-01-01"))
    converge(settled)
    assert ours(settled.zone) == set(FOREIGN)


def test_protected_principals_are_never_revoked_and_required_grants_must_stand(settled: Inside) -> None:
    protected = {"protected": ["group:auditors"]}
    tree(more=protected).write(settled.tree)
    declare(settled.zone, {"Building": ["group:builders"]})
    done = converge(settled)
    assert "group:auditors is protected and is not revoked" in done.out
    assert ("Reading", "group:auditors") in ours(settled.zone)
    required = {"permission_set": "Building", "principal": "group:builders", "where": {"ous": ["Root"]}}
    tree(more={"required": [required]}).write(settled.tree)
    declare(settled.zone, {})
    refused(settled, "Building:group:builders is required here and would not stand")


def test_rules_follow_the_account_to_its_live_place(settled: Inside) -> None:
    rule = {
        "name": "builders-read-in-workloads",
        "match": {"ous": ["Workloads"]},
        "grants": {"Reading": ["group:builders"]},
    }
    tree(more={"rules": [rule]}).write(settled.tree)
    converge(settled)
    assert ("Reading", "group:builders") in ours(settled.zone)
    settled.zone.move(ACCOUNT, "Sandbox")
    converge(settled)
    assert ours(settled.zone) == flat(GRANTS) | set(FOREIGN)


def test_an_older_checkout_never_undoes_a_newer_one(settled: Inside) -> None:
    newer = tree(2, sets={**tree().sets, "Reading": {"description": "Read more", "managed_policies": []}})
    newer.write(settled.tree)
    converge(settled)
    assert settled.zone.permission_set("Reading").description == "Read more"
    tree(1).write(settled.tree)
    settled.cloud.log.clear()
    converge(settled)
    assert settled.writes() == []
    assert settled.zone.permission_set("Reading").description == "Read more"


def test_what_somebody_changed_in_the_console_is_put_right_by_the_catalogue(settled: Inside) -> None:
    settled.zone.permission_set("Building").inline_policy = json.dumps(allowing("*"))
    planned = settled.run("catalogue", "plan", account=ACCOUNT)
    assert (planned.code, "update permission set Building (inline_policy)" in planned.out) == (0, True)
    assert settled.writes() == []
    assert settled.run("catalogue", "apply", account=ACCOUNT).code == 0
    assert "organizations:*" in settled.zone.permission_set("Building").inline_policy
    assert settled.run("catalogue", "plan", account=ACCOUNT).out.count("nothing to change") == 1


def test_a_changed_set_reaches_every_account_that_has_it(settled: Inside) -> None:
    declare(settled.zone, GRANTS, OTHER)
    converge(settled, OTHER)
    sets = {**tree().sets, "Reading": {"description": "Read", "managed_policies": [f"{POLICY}SecurityAudit"]}}
    tree(2, sets=sets).write(settled.tree)
    assert settled.run("catalogue", "apply", account=ACCOUNT).code == 0
    arn = settled.zone.permission_set("Reading").arn
    assert [settled.zone.center.is_stale(account, arn) for account in (ACCOUNT, OTHER)] == [False, False]


@pytest.mark.parametrize("session_only", [False, True])
def test_through_a_delegated_administrator(tmp_path: Path, session_only: bool) -> None:
    """Control Tower's sets are provisioned in the management account: only that may grant them."""
    settings = {
        "accounts": (*PLAN_OF["accounts"], IDENTITY),
        "delegated_administrator": DELEGATE,
        "trust_names_session_only": session_only,
    }
    with small(tmp_path, **settings) as made:
        made.zone.assign(MANAGEMENT, "AWSReadOnlyAccess", "group:AWSSecurityAuditors")
        tree(delegate=DELEGATE).write(made.tree)
        grants = {**GRANTS, "AWSReadOnlyAccess": ["group:builders"]}
        declare(made.zone, grants)
        converge(made)
        assert ours(made.zone) == flat(grants)
        callers = {
            (call.account, made.zone.center.permission_sets[str(call.parameters["PermissionSetArn"])].name)
            for call in made.cloud.log.select("sso-admin", operation="CreateAccountAssignment")
        }
        assert callers == {
            (MANAGEMENT, "AWSReadOnlyAccess"),
            (DELEGATE, "Building"),
            (DELEGATE, "Reading"),
        }
        declare(made.zone, {"Building": ["group:builders"]})
        converge(made)
        assert ours(made.zone) == {("Building", "group:builders")}


def test_in_another_region_than_control_tower_beside_an_account_instance(tmp_path: Path) -> None:
    with small(tmp_path, identity_center_region="us-west-2", account_instance=OTHER) as made:
        refused(made, "set identity_center.region in access.yaml")
        tree(region="us-west-2").write(made.tree)
        converge(made)
        assert ours(made.zone) == flat(GRANTS)


def test_without_control_towers_own_identities(tmp_path: Path) -> None:
    with small(tmp_path, control_tower_identity=False) as made:
        tree(sets={name: tree().sets[name] for name in GRANTS}).write(made.tree)
        converge(made)
        assert {row[1:] for row in made.zone.access(ACCOUNT)} == flat(GRANTS)


def test_profiles_whose_hour_ends_during_the_run(fresh: Inside) -> None:
    """Then the build's own role makes the hub again."""
    fresh.cloud.faults.after(
        "CreatePermissionSet",
        lambda *_: fresh.cloud.clock.advance(3601) if len(fresh.writes()) == 1 else None,
    )
    converge(fresh)
    assert ours(fresh.zone) == flat(GRANTS)
    hub = [call for call in fresh.cloud.log.select("sts") if "AWSAFTAdmin" in str(call.parameters)]
    assert {call.parameters["RoleSessionName"] for call in hub} == {"AWSAFT-Session"}


def test_calls_to_identity_center_can_change_this_account_only(settled: Inside) -> None:
    converge(settled)
    narrowed = [
        json.loads(call.parameters["Policy"])
        for call in settled.cloud.log.select("sts", operation="AssumeRole")
        if "Policy" in call.parameters
    ]
    assert narrowed
    for policy in narrowed:
        for statement in policy["Statement"]:
            for action in statement["Action"]:
                assert not action.startswith(("*", "sso:*", "iam:"))
                if action.endswith("AccountAssignment"):
                    assert f"arn:aws:sso:::account/{ACCOUNT}" in statement["Resource"]
                    assert "*" not in statement["Resource"]


def test_import_adopt_and_then_a_dropped_grant_is_revoked(settled: Inside) -> None:
    imported = settled.run("import", "--account", ACCOUNT, "--json", account=ACCOUNT)
    assert imported.code == 0, imported.text
    assert ("Reading", "group:outsiders") in flat(json.loads(imported.out)["accounts"][0]["grants"])
    principals = (*tree().principals, "group:outsiders")
    tree(principals=principals).write(settled.tree)
    declare(settled.zone, {**GRANTS, "Reading": [*GRANTS["Reading"], "group:outsiders"]})
    assert "stands, not ours" in converge(settled).out
    adopted = settled.run("adopt", "--account", ACCOUNT, "Reading:group:outsiders", account=ACCOUNT)
    assert adopted.code == 0, adopted.text
    assert "unchanged" in converge(settled).out
    declare(settled.zone, GRANTS)
    converge(settled)
    assert ours(settled.zone) == flat(GRANTS) | {("AWSPowerUserAccess", "group:outsiders")}


def test_the_emergency_brake_takes_every_grant_of_a_principal(settled: Inside) -> None:
    declare(settled.zone, GRANTS, OTHER)
    converge(settled, OTHER)
    done = settled.run("revoke", "--principal", "group:auditors", "--all", account=ACCOUNT)
    assert done.code == 0, done.text
    assert not [row for row in settled.zone.access() if row[2] == "group:auditors"]
    assert "does not end sessions that are live" in done.text
    history = settled.run("history", "group:auditors", account=ACCOUNT)
    assert [json.loads(line)["what"] for line in history.out.splitlines()].count(
        "revoked in an emergency"
    ) == 2


def test_500_owned_grants(tmp_path: Path) -> None:
    people = tuple(f"user-{number:02}@x.com" for number in range(50))
    reading = {"description": "Read", "managed_policies": [f"{POLICY}ReadOnlyAccess"]}
    sets = {f"Reading{number}": reading for number in range(10)}
    who = tuple(f"user:{name}" for name in people)
    grants = {name: list(who) for name in sets}
    rule = {"name": "everybody", "match": {"ous": ["Root"]}, "grants": grants}
    with small(tmp_path, {"one_role_update_per_account": False}, users=people) as made:
        tree(sets=sets, principals=who, more={"rules": [rule]}).write(made.tree)
        declare(made.zone, {})
        converge(made)
        assert ours(made.zone) == flat(grants)
        assert {row["state"] for row in made.rows("grant#")} == {"owned"}
        assert len(made.rows("grant#")) == 500
        made.cloud.log.clear()
        converge(made)
        assert made.writes() == []
        assert made.cloud.log.count("sso-admin") <= 15
        assert set(made.zone.access(ACCOUNT)) >= CONTROL_TOWER
