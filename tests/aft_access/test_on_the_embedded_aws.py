"""Whole commands on the embedded AWS: what fakes of our own making could flatter.

Adopting, the emergency brake, second pages, five hundred grants, and what other hands do to names and sets.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aftgen.cloud import Account, Behaviour
from pipeline.inside import Inside, inside
from pipeline.small import ACCOUNT, FOREIGN, GRANTS, OTHER, declare, flat, ours, plan, tree
from pipeline.trees import POLICY, Tree

READING = ("Reading", "group:auditors")
BUILDING = ("Building", "group:builders")
ONCALL = "user:oncall@x.com"
UNHURRIED = Behaviour(polls_until_done=0, calls_per_second=None)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Inside]:
    with inside(plan(), UNHURRIED, tmp_path) as made:
        yield made


def settled(cloud: Inside, grants: dict[str, list[str]] = GRANTS, **settings: Any) -> None:
    """The tree is published and the account has been through its pipeline once."""
    tree(**settings).write(cloud.tree)
    declare(cloud.zone, grants)
    done = cloud.apply(ACCOUNT)
    assert done.code == 0, done.text
    cloud.cloud.log.clear()


def planned(cloud: Inside) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(cloud.run("plan", "--json", account=ACCOUNT).out)
    return shown


# --- adopting what exists


def test_after_import_and_adopt_the_plan_is_empty_and_a_dropped_grant_is_revoked(
    cloud: Inside, tmp_path: Path
) -> None:
    zone = cloud.zone
    zone.add_permission_set("Operating", managed_policies=(f"{POLICY}PowerUserAccess",))
    zone.add_permission_set("Watching", managed_policies=(f"{POLICY}ReadOnlyAccess",))
    for name, principal in (("Operating", "group:builders"), ("Watching", "group:auditors")):
        zone.assign(ACCOUNT, name, principal)
    zone.assign(ACCOUNT, "Watching", ONCALL)
    rule = {
        "name": "all",
        "match": {"accounts": [ACCOUNT]},
        "grants": {"Watching": ["group:auditors"]},
    }
    tree().write(cloud.tree)
    before = zone.access()
    out = tmp_path / "declarations.txt"
    done = cloud.run("import", "--account", ACCOUNT, "--write", "--out", str(out), account=ACCOUNT)
    assert (done.code, done.out) == (0, "")
    assert done.err.splitlines() == [
        f"wrote {out}",
        "wrote identity-center/permission-sets/Operating.yaml",
        "wrote identity-center/permission-sets/Watching.yaml",
    ]
    assert out.read_text().splitlines()[:10] == [
        f"# {ACCOUNT}",
        "  custom_fields = {",
        "    access = jsonencode({",
        "      version = 1",
        "      grants = {",
        '        Operating = ["group:builders"]',
        f'        Watching  = ["group:auditors", "{ONCALL}"]',
        "      }",
        "    })",
        "  }",
    ]
    left_out = out.read_text().splitlines()[10:]
    assert len(left_out) == 4
    assert all(line.endswith(" is Control Tower's") for line in left_out)
    # What a person does with it: the declaration into the request, one grant into a rule, who may hold what.
    external = {"Operating": {"external": True}, "Watching": {"external": True}}
    principals = ("group:builders", "group:auditors", ONCALL)
    Tree(revision=1, sets=external, principals=principals, more={"rules": [rule]}).write(cloud.tree)
    declare(zone, {"Operating": ["group:builders"], "Watching": [ONCALL]})
    listed = cloud.run("adopt", "--account", ACCOUNT, account=ACCOUNT)
    assert (listed.code, listed.out.splitlines()) == (
        1,
        ["Operating:group:builders", "Watching:group:auditors", f"Watching:{ONCALL}"],
    )
    done = cloud.run("adopt", "--account", ACCOUNT, *listed.out.split(), account=ACCOUNT)
    assert (done.code, done.out) == (0, "".join(f"adopted {one}\n" for one in listed.out.split()))
    assert {row["sk"].split("#")[1]: row["source"] for row in cloud.rows("grant#Op")} == {
        "Operating": "request"
    }
    assert [row["source"] for row in cloud.rows("grant#Watching") if "group" in row["principal"]] == [
        "rule:all"
    ]
    shown = planned(cloud)
    assert (shown["status"], len(shown["kept"])) == ("unchanged", 3)
    assert zone.access() == before
    assert cloud.apply(ACCOUNT).code == 0
    assert (cloud.writes(), zone.access()) == ([], before)
    declare(zone, {"Watching": [ONCALL]})
    assert cloud.apply(ACCOUNT, "pre").code == 0
    assert sorted(set(before) - set(zone.access())) == [(ACCOUNT, "Operating", "group:builders")]
    Tree(revision=2, sets=external, principals=principals).write(cloud.tree)
    assert cloud.apply(ACCOUNT, "pre").code == 0
    assert ours(zone) == {("Watching", ONCALL)}


def test_control_towers_own_is_never_adopted(cloud: Inside) -> None:
    settled(cloud)
    done = cloud.run(
        "adopt",
        "--account",
        ACCOUNT,
        "AWSReadOnlyAccess:group:AWSSecurityAuditors",
        "AWSAdministratorAccess:user:owner@x.com",
        account=ACCOUNT,
    )
    assert done.code == 1
    assert done.err.count("is Control Tower's and is never adopted") == 2
    assert cloud.rows("grant#AWS") == []


def test_adopting_pins_the_name_so_that_a_squatter_gets_nothing(cloud: Inside) -> None:
    zone = cloud.zone
    tree(sets={"Reading": {"external": True}}).write(cloud.tree)
    zone.add_permission_set("Reading")
    zone.assign(ACCOUNT, *READING)
    declare(zone, {"Reading": ["group:auditors"]})
    first = zone.find_principal("group:auditors")
    assert cloud.run("adopt", "Reading:group:auditors", account=ACCOUNT).code == 0
    assert [row["id"] for row in cloud.rows("name#")] == [first]
    zone.remove_principal("group:auditors")
    zone.add_group("auditors", ("ann@x.com",))
    done = cloud.apply(ACCOUNT)
    assert (done.code, "is not who it was" in done.out) == (1, True)
    assert READING not in ours(zone)


# --- giving up, pinning again, the brake, the record


def test_what_is_released_stays_and_is_never_ours_again(cloud: Inside) -> None:
    settled(cloud)
    zone = cloud.zone
    zone.put_request(ACCOUNT, sso_user="owner@x.com")
    refused = cloud.apply(ACCOUNT)
    assert (refused.code, "declares no access any more and we own 3 grants" in refused.err) == (1, True)
    done = cloud.run("release", "--account", ACCOUNT, account=ACCOUNT)
    assert sorted(done.out.splitlines()) == sorted(
        f"released {name}:{principal}" for name, principal in flat(GRANTS)
    )
    assert cloud.rows("grant#") == []
    assert cloud.apply(ACCOUNT).code == 0
    declare(zone, {})
    assert cloud.apply(ACCOUNT).code == 0
    assert (cloud.writes(), ours(zone)) == ([], flat(GRANTS))


def test_two_groups_of_one_display_name_are_nobody_until_a_review_says_which(cloud: Inside) -> None:
    first = cloud.zone.find_principal("group:auditors")
    second = cloud.zone.add_group("auditors", ("ann@x.com",), duplicate=True)
    tree().write(cloud.tree)
    declare(cloud.zone, GRANTS)
    done = cloud.apply(ACCOUNT)
    assert done.code == 1
    assert (
        "group:auditors is the name of several groups: say in principals.yaml which one is meant" in done.err
    )
    assert (cloud.writes(), ours(cloud.zone), cloud.rows("name#")) == ([], set(), [])
    pin = {"id": second, "reason": "the newer one", "reviewed": "2026-11-24"}
    text = json.dumps({"principals": {"group:auditors": pin}}).replace('"2026-11-24"', "2026-11-24")
    (cloud.tree / "identity-center" / "principals.yaml").write_text(text)
    done = cloud.apply(ACCOUNT)
    assert (done.code, "is the name of another group too; the pinned one is used" in done.out) == (0, True)
    holders = {row["principal_id"] for row in cloud.rows("grant#Reading") if "group" in row["principal"]}
    assert (holders, first in holders) == ({second}, False)
    cloud.cloud.log.clear()
    assert cloud.apply(ACCOUNT).code == 0
    assert cloud.writes() == []


def test_the_nearest_name_is_of_a_group_that_exists(cloud: Inside) -> None:
    cloud.zone.add_group("analysts")
    tree().write(cloud.tree)
    declare(cloud.zone, {"Reading": ["group:analyst", "user:oncal@x.com"]})
    done = cloud.run("plan", "--names", account=ACCOUNT)
    assert [line for line in done.out.splitlines() if "does not exist" in line] == [
        "  ! group:analyst does not exist in Identity Center and should come from your identity provider "
        "(its SCIM provisioning); did you mean analysts?",
        "  ! user:oncal@x.com does not exist in Identity Center and should come from your identity provider "
        "(its SCIM provisioning); did you mean oncall@x.com?",
    ]


@pytest.mark.parametrize("outlives", [True, False])
def test_a_leaver_is_cleaned_up_and_everything_else_goes_on(cloud: Inside, outlives: bool) -> None:
    settled(cloud)
    cloud.cloud.behaviour = replace(cloud.cloud.behaviour, assignments_outlive_principal=outlives)
    cloud.zone.remove_principal(ONCALL)
    declare(cloud.zone, {**GRANTS, "Reading": ["group:auditors", "group:builders", ONCALL]})
    done = cloud.apply(ACCOUNT)
    assert (done.code, "no longer exists: it is not granted" in done.out) == (0, True)
    assert ours(cloud.zone) == {READING, BUILDING, ("Reading", "group:builders")}
    assert len(cloud.rows("grant#")) == 3


def test_the_brake_takes_what_we_gave_everywhere_and_nothing_else(cloud: Inside) -> None:
    zone = cloud.zone
    settled(cloud)
    declare(zone, {"Reading": ["group:auditors"]}, OTHER)
    assert cloud.apply(OTHER).code == 0
    for name, principal in FOREIGN:
        zone.assign(ACCOUNT, name, principal)
    zone.assign(OTHER, "Building", "group:auditors")
    before = set(zone.access())
    cloud.cloud.log.clear()
    done = cloud.run("revoke", "--principal", "group:auditors", "--all", account=ACCOUNT)
    assert (done.code, done.out.splitlines()) == (
        0,
        [f"{account} Reading:group:auditors revoked" for account in (ACCOUNT, OTHER)],
    )
    assert cloud.writes() == ["DeleteAccountAssignment"] * 2
    assert before - set(zone.access()) == {(ACCOUNT, *READING), (OTHER, *READING)}
    assert "deny its user (identitystore:UserId)" in done.err
    again = cloud.run("revoke", "--principal", "group:auditors", "--all", account=ACCOUNT)
    assert (again.code, again.out) == (0, "")
    assert cloud.apply(ACCOUNT).code == 0  # it is declared still
    assert READING in ours(zone)


def test_history_tells_who_did_what_when_and_why(cloud: Inside) -> None:
    settled(cloud)
    declare(cloud.zone, {"Building": ["group:builders"]})
    cloud.apply(ACCOUNT, "pre")
    cloud.run("revoke", "--principal", "group:builders", "--all", account=ACCOUNT)
    records = [json.loads(line) for line in cloud.run("history", ACCOUNT, account=ACCOUNT).out.splitlines()]
    assert [(one["what"], one["subject"]) for one in records] == [
        ("granted", "Building:group:builders"),
        ("granted", "Reading:group:auditors"),
        ("granted", f"Reading:{ONCALL}"),
        ("revoked", "Reading:group:auditors"),
        ("revoked", f"Reading:{ONCALL}"),
        ("revoked in an emergency", "Building:group:builders"),
    ]
    first = records[0]
    assert first["build"] == "aft-global-customizations-terraform:1"
    assert (first["commit"], first["revision"]) == (f"{1:040x}", "1")
    assert first["detail"] == "request; request payments@x.com"
    assert [one["sk"] for one in records] == sorted(one["sk"] for one in records)
    of_set = cloud.run("history", "Building", account=ACCOUNT).out.splitlines()
    assert sorted(json.loads(line)["what"] for line in of_set) == [
        "create permission set",
        "granted",
        "revoked in an emergency",
    ]
    assert cloud.run("history", "Build", account=ACCOUNT).out == ""


# --- second pages


@pytest.mark.parametrize("size", [1, 2])
def test_every_list_has_a_second_page_and_nothing_is_missed(tmp_path: Path, size: int) -> None:
    behaviour = replace(UNHURRIED, polls_until_done=2, page_size=size, checks_customer_policies=False)
    described = tree().sets["Building"] | {
        "managed_policies": [f"{POLICY}PowerUserAccess", f"{POLICY}ReadOnlyAccess", f"{POLICY}SecurityAudit"],
        "tags": {"a": "1", "b": "2"},
        "customer_managed_policies": [{"name": "One"}, {"name": "Two"}, {"name": "Three"}],
    }
    sets = {**tree().sets, "Building": described, "Third": tree().sets["Reading"]}
    grants = {
        "Building": ["group:builders", "group:auditors", ONCALL],
        "Reading": ["group:auditors", "group:builders", ONCALL],
        "Third": ["group:auditors", "group:builders", ONCALL],
    }
    more = Account(id="777777777777", name="more", email="more@x.com", ou="Workloads")
    accounts = (*plan().accounts, more)
    with inside(plan(account_instance="222222222222", accounts=accounts), behaviour, tmp_path) as cloud:
        for name in ("a@x.com", "b@x.com", "c@x.com"):
            cloud.zone.add_user(name)
        members = {"members": ["a@x.com", "b@x.com", "c@x.com"]}
        source: dict[str, Any] = {
            "sets": sets,
            "creates_principals": True,
            "principals": ("group:builders", "group:auditors", "group:fresh", ONCALL),
        }
        cloud.zone.add_permission_set("Foreign")
        grants["Third"].append("group:fresh")
        settled(cloud, grants, groups={"fresh": members}, **source)
        assert ours(cloud.zone) == flat(grants)
        assert cloud.apply(ACCOUNT).code == 0
        assert cloud.writes() == []
        for account in (OTHER, more.id):
            cloud.zone.assign(account, "Building", "group:outsiders")
        changed = {**described, "managed_policies": described["managed_policies"][:2], "tags": {"a": "1"}}
        later = {**source, "sets": {**sets, "Building": changed, "Third": {**changed, "description": "3"}}}
        del grants["Third"]
        grants["Reading"] = ["group:auditors"]
        later["more"] = {"max_revocations": 9}
        tree(revision=2, groups={"fresh": {"members": ["a@x.com"]}}, **later).write(cloud.tree)
        declare(cloud.zone, {**grants, "Third": ["group:fresh"]})
        assert cloud.apply(ACCOUNT).code == 0
        assert ours(cloud.zone) == {*flat(grants), ("Third", "group:fresh")}
        assert cloud.run("catalogue", "apply", account=ACCOUNT).code == 0
        assert cloud.run("catalogue", "plan", account=ACCOUNT).out == "catalogue\n  nothing to change\n"
        imported = json.loads(cloud.run("import", "--account", ACCOUNT, "--json", account=ACCOUNT).out)
        assert imported["accounts"][0]["grants"] == {
            name: sorted(who) for name, who in {**grants, "Third": ["group:fresh"]}.items()
        }
        drift = cloud.run("plan", "--drift", "--json", account=ACCOUNT)
        assert len(json.loads(drift.out)["unmanaged"]) == 4  # Control Tower's
        paged = {call.operation for call in cloud.cloud.log if call.parameters.get("NextToken")}
        lists = {call.operation for call in cloud.cloud.log if call.operation.startswith("List")}
        if size == 1:
            assert lists - paged == set()


# --- what other hands do


def test_a_set_that_was_deleted_and_made_again_by_hand_heals_in_the_same_run(cloud: Inside) -> None:
    zone = cloud.zone
    sets = {**tree().sets, "Watching": {"external": True}}
    zone.add_permission_set("Watching")
    grants = {"Watching": ["group:auditors"]}
    settled(cloud, grants, sets=sets)
    old = zone.permission_set("Watching").arn
    zone.unassign(ACCOUNT, "Watching", "group:auditors")
    del zone.center.permission_sets[old]
    new = zone.add_permission_set("Watching")
    done = cloud.apply(ACCOUNT)
    assert (done.code, "ResourceNotFoundException" in done.out) == (0, False)
    assert f"{ACCOUNT} payments (Workloads): converged\n  + Watching to group:auditors" in done.out
    assert ours(zone) == flat(grants)
    assert {row["permission_set_arn"] for row in cloud.rows("grant#")} == {new}
    assert [row["arn"] for row in cloud.rows("set#Watching")] == [new]
    cloud.cloud.log.clear()
    assert cloud.apply(ACCOUNT).code == 0
    assert cloud.writes() == []


def test_a_set_of_ours_that_was_deleted_by_hand_is_made_again_by_an_accounts_run(cloud: Inside) -> None:
    zone = cloud.zone
    settled(cloud)
    gone = zone.permission_set("Reading").arn
    zone.unassign(ACCOUNT, *READING)
    zone.unassign(ACCOUNT, "Reading", ONCALL)
    del zone.center.permission_sets[gone]
    done = cloud.apply(ACCOUNT)
    assert (done.code, done.out.count("  + Reading to ")) == (0, 2)
    assert ours(zone) == flat(GRANTS)
    assert zone.permission_set("Reading").arn != gone
    assert {row["permission_set_arn"] for row in cloud.rows("grant#")} == {
        zone.permission_set(name).arn for name in GRANTS
    }


def test_a_set_that_is_gone_for_good_fails_with_its_name_and_the_other_grants_stand(cloud: Inside) -> None:
    zone = cloud.zone
    sets = {**tree().sets, "Watching": {"external": True}}
    zone.add_permission_set("Watching")
    settled(cloud, {"Watching": ["group:auditors"]}, sets=sets)
    zone.unassign(ACCOUNT, "Watching", "group:auditors")
    del zone.center.permission_sets[zone.permission_set("Watching").arn]
    declare(zone, {"Watching": ["group:auditors"], **GRANTS})
    done = cloud.apply(ACCOUNT)
    assert (done.code, "the external permission set Watching does not exist" in done.out) == (1, True)
    assert ours(zone) == flat(GRANTS)


def test_a_principal_that_vanished_in_between_costs_no_permission_set_its_row(cloud: Inside) -> None:
    """The same error code, and the set exists."""
    settled(cloud)
    cloud.zone.add_group("fresh", ("ann@x.com",))
    principals = ("group:builders", "group:auditors", "group:fresh", ONCALL)
    tree(principals=principals).write(cloud.tree)
    declare(cloud.zone, {**GRANTS, "Building": ["group:builders", "group:fresh"]})
    known = cloud.rows("set#")

    def vanish(*_: object) -> None:
        if cloud.zone.find_principal("group:fresh"):
            cloud.zone.remove_principal("group:fresh")

    cloud.cloud.faults.after("ListPermissionSetsProvisionedToAccount", vanish)
    done = cloud.apply(ACCOUNT)
    assert (done.code, "ResourceNotFoundException" in done.out) == (1, True)
    assert cloud.rows("set#") == known
    done = cloud.apply(ACCOUNT)
    assert (done.code, "group:fresh no longer exists" in done.out) == (0, True)
    assert ours(cloud.zone) == flat(GRANTS)


def test_a_description_of_a_group_of_ours_is_kept_as_declared(cloud: Inside) -> None:
    def published(revision: int, description: str | None) -> None:
        groups = {"fresh": {"members": ["ann@x.com"]} | ({"description": description} if description else {})}
        tree(revision, groups=groups, creates_principals=True).write(cloud.tree)
        assert cloud.run("catalogue", "apply", account=ACCOUNT).code == 0

    def description() -> str | None:
        fresh = cloud.zone.find_principal("group:fresh")
        assert fresh is not None
        found: str | None = cloud.zone.center.store.groups[fresh].attributes.get("Description")
        return found

    published(1, "One")
    assert description() == "One"
    published(2, "Two")
    assert description() == "Two"
    cloud.cloud.log.clear()
    published(3, "Two")
    assert cloud.writes() == []
    published(4, None)
    assert description() is None


def test_memberships_of_one_group_are_not_taken_for_anothers(cloud: Inside) -> None:
    """The sign that parts a ledger row's key may stand in a name."""

    def published(revision: int, **groups: list[str]) -> None:
        content = {name.replace("_", "#"): {"members": members} for name, members in groups.items()}
        tree(revision, groups=content, creates_principals=True).write(cloud.tree)
        done = cloud.run("catalogue", "apply", account=ACCOUNT)
        assert done.code == 0, done.text

    def members() -> list[str]:
        return sorted(row["sk"].removeprefix("object#member#") for row in cloud.rows("object#member#"))

    published(1, ops=["ann@x.com"], ops_b=["oncall@x.com"])
    assert members() == ["ops#ann@x.com", "ops#b#oncall@x.com"]
    published(2, ops=[], ops_b=["oncall@x.com"])
    assert members() == ["ops#b#oncall@x.com"]
    published(3, ops_b=["oncall@x.com"])
    assert members() == ["ops#b#oncall@x.com"]
    cloud.cloud.log.clear()
    published(4, ops_b=[])
    assert members() == []
    assert cloud.writes() == ["DeleteGroupMembership"]


def test_a_group_of_ours_that_is_still_granted_is_not_deleted(cloud: Inside) -> None:
    fresh: dict[str, Any] = {"creates_principals": True, "principals": ("group:fresh",)}
    settled(cloud, {"Reading": ["group:fresh"]}, groups={"fresh": {"members": ["ann@x.com"]}}, **fresh)
    tree(revision=2, **fresh).write(cloud.tree)
    done = cloud.run("catalogue", "apply", account=ACCOUNT)
    assert (done.code, done.err) == (
        1,
        "FAILED delete fresh: it has 1 grants of ours: take it out of requests and rules first\n",
    )
    declare(cloud.zone, {})
    assert cloud.apply(ACCOUNT, "pre").code == 0
    assert cloud.run("catalogue", "apply", account=ACCOUNT).code == 0
    assert cloud.zone.find_principal("group:fresh") is None


def test_every_change_has_its_record_and_afts_tables_are_read_only(cloud: Inside) -> None:
    settled(cloud)
    changed = {**tree().sets, "Reading": {**tree().sets["Reading"], "session_duration": "PT2H"}}
    tree(revision=2, sets=changed).write(cloud.tree)
    declare(cloud.zone, {"Reading": ["group:auditors"]})
    assert cloud.apply(ACCOUNT, "pre").code == 0
    arn = cloud.zone.permission_set("Reading").arn
    records = [(row["what"], row["subject"]) for row in cloud.rows() if row["pk"] == f"audit#{ACCOUNT}"]
    assert sorted(records[3:]) == [
        ("provisioned", arn),
        ("revoked", "Building:group:builders"),
        ("revoked", f"Reading:{ONCALL}"),
    ]
    of_all = [(row["what"], row["subject"]) for row in cloud.rows() if row["pk"] == "audit#org"]
    assert sorted(of_all) == [
        ("create permission set", "Building"),
        ("create permission set", "Reading"),
        ("pinned", "group:auditors"),
        ("pinned", "group:builders"),
        ("pinned", ONCALL),
        ("update permission set", "Reading"),
    ]
    written = {str(call.parameters) for call in cloud.cloud.log.select("dynamodb", write=True)}
    assert written
    assert not [one for one in written if "'aft-request" in one]


# --- many


def test_five_hundred_owned_grants_are_read_kept_and_one_of_them_is_revoked(cloud: Inside) -> None:
    """The declaration holds 4,096 bytes, so that many grants come from rules."""
    zone = cloud.zone
    letters = "abdefghkmpqstuxz"  # none of them passes for another one
    names = [f"team-{one}{other}" for one in letters for other in letters][:250]
    for name in names:
        zone.add_group(name)
    principals = tuple(f"group:{name}" for name in names)
    settled(cloud)

    def published(revision: int, who: tuple[str, ...]) -> None:
        granted = {"Building": list(principals), "Reading": list(who)}
        rule = {"name": "all", "match": {"accounts": [ACCOUNT]}, "grants": granted}
        everybody = (*principals, "group:builders", "group:auditors", ONCALL)
        tree(revision, principals=everybody, more={"rules": [rule]}).write(cloud.tree)

    published(1, principals)
    table = zone.backstage("dynamodb", zone.plan.aft_management.id)
    pattern = table.scan(
        TableName="aftgen-access",
        FilterExpression="begins_with(sk, :s)",
        ExpressionAttributeValues={":s": {"S": "grant#"}},
    )["Items"][0]
    for name in ("Building", "Reading"):
        arn = zone.permission_set(name).arn
        for principal in principals:
            zone.assign(ACCOUNT, name, principal)
            made = zone.find_principal(principal)
            row = {
                "sk": f"grant#{name}#{arn.rpartition('/')[2]}#group#{made}",
                "permission_set": name,
                "permission_set_arn": arn,
                "principal": principal,
                "principal_id": made,
                "source": "rule:all",
            }
            table.put_item(
                TableName="aftgen-access", Item=pattern | {key: {"S": str(row[key])} for key in row}
            )
    assert len(cloud.rows("grant#")) == 503
    assert cloud.apply(ACCOUNT).code == 0
    assert cloud.writes() == []
    assert cloud.cloud.log.count(operation="ListAccountAssignments") == 6
    cloud.cloud.log.clear()
    published(2, principals[1:])
    assert cloud.apply(ACCOUNT, "pre").code == 0
    assert cloud.writes() == ["DeleteAccountAssignment"]
    assert len(ours(zone)) == 502
    assert len(cloud.rows("grant#")) == 502
