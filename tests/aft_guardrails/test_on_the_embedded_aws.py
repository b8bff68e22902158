"""Whole commands on the embedded AWS: converging, again, other hands, refusals, several accounts."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from aft_guardrails.document import same
from aftgen.cloud import Account
from guardrails_cloud import (
    ACCOUNTS,
    LEDGER,
    PAYMENTS,
    QUICK,
    ROOT,
    SANDBOX,
    SCP,
    SET,
    WORKLOADS,
    Guarded,
    account,
    allow,
    converged,
    deny,
    entry,
    guarded,
    organization,
)

# --- converging


def test_the_organization_converges_and_the_second_run_writes_nothing(cloud: Guarded) -> None:
    converged(cloud)
    assert (cloud.on(ROOT), cloud.on(WORKLOADS), cloud.on(SANDBOX)) == (
        ["everywhere"],
        ["workloads"],
        ["workloads"],
    )
    assert sorted(cloud.policies()) == ["everywhere", "payments", "workloads"]
    assert cloud.on(PAYMENTS) == []  # an account's own are its pipeline's
    tags = cloud.organizations.list_tags_for_resource(ResourceId=cloud.policies()["everywhere"])["Tags"]
    assert {one["Key"]: one["Value"] for one in tags} == {"aftgen:owner": "aft-guardrails", "purpose": "x"}
    content = cloud.content("everywhere")
    assert " " not in content
    assert same(content, json.dumps(deny("s3:DeleteBucket", sid="Everywhere")))
    assert organization(cloud)[0] == 0
    assert [call.operation for call in cloud.cloud.log.select(write=True)] == []
    assert cloud.records("org") == [
        ("create policy", "everywhere"),
        ("create policy", "payments"),
        ("create policy", "workloads"),
        ("attached policy", "everywhere at Root"),
        ("attached policy", "workloads at Sandbox"),
        ("attached policy", "workloads at Workloads"),
    ]


def test_an_account_gets_what_is_declared_for_it_and_nothing_else(cloud: Guarded) -> None:
    converged(cloud)
    code, text = account(cloud)
    assert (code, cloud.writes()) == (0, ["AttachPolicy"]), text
    assert (cloud.on(PAYMENTS), cloud.on(LEDGER)) == (["payments"], [])
    code, text = account(cloud)
    assert (code, "  = payments at 555555555555 payments" in text) == (0, True)
    assert cloud.cloud.log.select(write=True) == []
    assert cloud.records(PAYMENTS) == [("attached policy", "payments at 555555555555 payments")]
    (row,) = cloud.rows("guardrail#")
    assert (row["pk"], row["state"], row["policy_id"]) == (
        f"account#{PAYMENTS}",
        "attached",
        cloud.policies()["payments"],
    )
    # Declared no more: detached, and the policy stays, for it is declared still.
    cloud.publish({**SET, "payments": entry({"accounts": [LEDGER]})}, revision=2)
    code, text = account(cloud)
    assert (code, cloud.writes(), cloud.on(PAYMENTS)) == (0, ["DetachPolicy"], []), text
    assert cloud.rows("guardrail#") == []
    assert cloud.records(PAYMENTS)[-1] == ("detached policy", "payments at 555555555555 payments")


def test_an_account_that_nothing_concerns_costs_one_read_of_our_table(cloud: Guarded) -> None:
    converged(cloud, {"everywhere": entry({"ous": ["Root"]})})
    assert account(cloud)[0] == 0
    assert cloud.asked() == ["GetParameters", "Query"]


def test_the_builds_account_is_the_default(cloud: Guarded) -> None:
    converged(cloud)
    done = cloud.run("apply")
    assert (done.code, cloud.on(PAYMENTS)) == (0, ["payments"])


def test_policies_by_tag_follow_the_request(cloud: Guarded) -> None:
    converged(cloud, {"restricted": entry({"tags": {"data": "restricted"}, "within": ["Workloads"]})})
    code, text = account(cloud)
    assert (code, "it has no row in AFT's request table" in text) == (1, True)
    cloud.zone.put_request(PAYMENTS, tags={"data": "public"})
    assert (account(cloud)[0], cloud.on(PAYMENTS)) == (0, [])
    cloud.zone.put_request(PAYMENTS, tags={"data": "restricted"})
    assert (account(cloud)[0], cloud.on(PAYMENTS)) == (0, ["restricted"])
    cloud.zone.put_request(PAYMENTS, tags={})
    assert (account(cloud)[0], cloud.on(PAYMENTS)) == (0, [])
    cloud.zone.put_request(LEDGER, tags={"data": "restricted"})  # in Sandbox
    assert (account(cloud, LEDGER)[0], cloud.on(LEDGER)) == (0, [])


def test_contents_descriptions_and_tags_follow_the_tree_and_hands_are_put_right(cloud: Guarded) -> None:
    converged(cloud)
    policy_id = cloud.policies()["everywhere"]
    changed = {**SET, "everywhere": {**SET["everywhere"], "description": "New", "tags": {"more": "y"}}}
    documents = {"everywhere": deny("ec2:*")}
    converged(cloud, changed, documents, revision=2)
    assert cloud.writes() == ["UpdatePolicy", "TagResource", "UntagResource"]
    assert cloud.policies()["everywhere"] == policy_id
    assert same(cloud.content("everywhere"), json.dumps(deny("ec2:*")))
    cloud.organizations.update_policy(PolicyId=policy_id, Name="renamed", Content=json.dumps(allow("*")))
    shown = cloud.run("plan", "--organization").out
    assert "  ~ update everywhere (name, content)\n" in shown
    assert organization(cloud)[0] == 0
    assert cloud.policies()["everywhere"] == policy_id
    assert same(cloud.content("everywhere"), json.dumps(deny("ec2:*")))


def test_a_policy_that_was_deleted_by_hand_is_made_and_attached_again(cloud: Guarded) -> None:
    converged(cloud)
    assert account(cloud)[0] == 0
    for target, name in ((ROOT, "everywhere"), (PAYMENTS, "payments")):
        policy_id = cloud.policies()[name]
        cloud.organizations.detach_policy(PolicyId=policy_id, TargetId=target)
        cloud.organizations.delete_policy(PolicyId=policy_id)
    code, text = organization(cloud)
    assert code == 0, text
    assert cloud.on(ROOT) == ["everywhere"]
    code, text = account(cloud)
    assert (code, cloud.on(PAYMENTS)) == (0, ["payments"]), text
    assert cloud.rows("guardrail#")[0]["policy_id"] == cloud.policies()["payments"]


# --- what left the tree


def test_what_left_the_tree_is_detached_then_deleted_from_accounts_too(cloud: Guarded) -> None:
    converged(cloud)
    assert account(cloud)[0] == 0
    assert account(cloud, LEDGER)[0] == 0
    converged(cloud, {"everywhere": SET["everywhere"]}, revision=2, limits={"max_removals": 6})
    assert cloud.writes() == ["DetachPolicy"] * 4 + ["DeletePolicy"] * 2
    assert (cloud.on(WORKLOADS), cloud.on(PAYMENTS), list(cloud.policies())) == ([], [], ["everywhere"])
    assert cloud.rows("guardrail#") == []
    assert cloud.records(PAYMENTS)[-1][0] == "detached policy"
    assert cloud.records("org")[-1] == ("delete policy", "workloads")
    # An older checkout's build finds out, and brings nothing back.
    cloud.publish(SET, revision=1)
    code, text = account(cloud)
    assert (code, cloud.writes()) == (1, [])
    assert "  ! a newer tree removed the policy payments: publish that one here too\n" in text
    code, text = organization(cloud)
    assert (code, cloud.writes()) == (1, [])
    assert "  ! this tree has revision 1 and the organization is at 2: publish the newer one\n" in text


def test_an_account_that_forgot_to_look_tidies_its_rows(cloud: Guarded) -> None:
    converged(cloud)
    assert account(cloud)[0] == 0
    cloud.organizations.detach_policy(PolicyId=cloud.policies()["payments"], TargetId=PAYMENTS)
    cloud.publish({**SET, "payments": entry({"accounts": [LEDGER]})}, revision=2)
    assert (account(cloud)[0], cloud.writes(), cloud.rows("guardrail#")) == (0, [], [])
    assert cloud.records(PAYMENTS)[-1] == ("forgotten attachment", "payments at 555555555555 payments")


def test_what_lost_our_tag_and_what_others_attached_stays(cloud: Guarded) -> None:
    converged(cloud)
    ids = cloud.policies()
    cloud.organizations.untag_resource(ResourceId=ids["everywhere"], TagKeys=["aftgen:owner"])
    cloud.organizations.attach_policy(PolicyId=ids["workloads"], TargetId=LEDGER)
    converged(cloud, {"payments": SET["payments"]}, revision=2)
    assert cloud.writes() == ["DetachPolicy"] * 2  # workloads, from the OUs where we attached it
    assert (cloud.on(ROOT), cloud.on(LEDGER), cloud.on(WORKLOADS)) == (["everywhere"], ["workloads"], [])
    shown = cloud.run("plan", "--organization").out
    assert "  . everywhere is held: lacks our tag now: it is not deleted\n" in shown
    held = f"  . workloads is held: another hand attached it to {LEDGER}: it is not deleted until"
    assert held in shown
    assert f"  ? workloads at {LEDGER} (unmanaged)\n" in shown


def test_an_attachment_of_ours_by_another_hand_is_reported_and_never_touched(cloud: Guarded) -> None:
    converged(cloud)
    ids = cloud.policies()
    cloud.organizations.attach_policy(PolicyId=ids["payments"], TargetId=SANDBOX)
    cloud.organizations.attach_policy(PolicyId=ids["workloads"], TargetId=ROOT)
    code, text = organization(cloud)
    assert (code, cloud.writes()) == (0, [])
    assert "  ? payments at Sandbox (unmanaged)\n" in text
    # Declared now: it stands, and is not ours; declared no more: it stands still.
    converged(cloud, {**SET, "workloads": entry({"ous": ["Workloads", "Sandbox", "Root"]})}, revision=2)
    assert cloud.writes() == []
    converged(cloud, SET, revision=3)
    assert cloud.on(ROOT) == ["everywhere", "workloads"]


def test_control_towers_policies_are_neither_touched_nor_in_the_way(cloud: Guarded) -> None:
    tower = cloud.by_hand("aws-guardrails-AbCdEf", deny("cloudtrail:*"), WORKLOADS, SANDBOX, PAYMENTS)
    converged(cloud)
    assert account(cloud)[0] == 0
    converged(cloud, {"everywhere": SET["everywhere"]}, revision=2)
    assert cloud.on(WORKLOADS) == ["aws-guardrails-AbCdEf"]
    assert cloud.on(PAYMENTS) == ["aws-guardrails-AbCdEf"]
    touched = cloud.cloud.log.select("organizations", write=True)
    assert tower not in {call.parameters.get("PolicyId") for call in touched}


# --- the policy type


@pytest.mark.parametrize("polls", [0, 3])
def test_the_policy_type_is_enabled_and_waited_for(tmp_path: Path, polls: int) -> None:
    behaviour = replace(QUICK, enable_policy_type_polls=polls)
    with guarded(tmp_path, behaviour, service_control_policies=False) as cloud:
        converged(cloud)
        assert cloud.writes()[0] == "EnablePolicyType"
        assert cloud.on(ROOT) == ["everywhere"]
        assert cloud.records("org")[0] == ("enabled service control policies", ROOT)
        assert (organization(cloud)[0], cloud.writes()) == (0, [])


def test_a_type_on_its_way_is_waited_for_and_not_asked_for_again(tmp_path: Path) -> None:
    behaviour = replace(QUICK, enable_policy_type_polls=4)
    with guarded(tmp_path, behaviour, service_control_policies=False) as cloud:
        cloud.zone.client("organizations").enable_policy_type(RootId=ROOT, PolicyType=SCP)
        converged(cloud)
        assert "EnablePolicyType" not in cloud.writes()
        assert cloud.on(ROOT) == ["everywhere"]


def test_a_type_that_stays_pending_fails_and_attaches_nothing(tmp_path: Path) -> None:
    behaviour = replace(QUICK, enable_policy_type_polls=10_000)
    with guarded(tmp_path, behaviour, service_control_policies=False) as cloud:
        cloud.publish(SET, limits={"enable_minutes": 1})
        code, text = organization(cloud)
        assert (code, cloud.writes()) == (1, ["EnablePolicyType"])
        assert "FAILED enable service control policies: EnablePolicyType: StillPending: " in text


def test_an_accounts_run_where_the_type_is_off_fails_with_awss_reason(tmp_path: Path) -> None:
    with guarded(tmp_path) as cloud:
        converged(cloud)
        cloud.organizations.disable_policy_type(RootId=ROOT, PolicyType=SCP)
        code, text = account(cloud)
        assert (code, "PolicyTypeNotEnabledException" in text) == (1, True)


# --- several accounts


def test_an_account_that_fails_does_not_stop_the_others(cloud: Guarded) -> None:
    converged(cloud)
    for number in (PAYMENTS, LEDGER):
        cloud.zone.put_request(number)
    cloud.cloud.faults.order("AttachPolicy", "denied", parameters={"TargetId": PAYMENTS})
    done = cloud.run("apply", "--all")
    assert (done.code, cloud.on(PAYMENTS), cloud.on(LEDGER)) == (1, [], ["payments"])
    assert "  FAILED attach payments at 555555555555 payments: AttachPolicy: AccessDenied" in done.out
    assert f"guardrails of {LEDGER} ledger: converged" in done.out
    failures = [(topic, subject) for topic, subject, _ in cloud.zone.notifications()]
    assert failures == [("aft-failure-notifications", f"Guardrails of account {PAYMENTS} failed")]
    assert ("attach failed", "payments at 555555555555 payments") in cloud.records(PAYMENTS)
    done = cloud.run("apply", "--account", PAYMENTS, "--account", LEDGER, "--json")
    results = json.loads(done.out)
    assert (done.code, results["version"]) == (0, 1)
    assert [(one["scope"], one["status"]) for one in results["results"]] == [
        (PAYMENTS, "converged"),
        (LEDGER, "unchanged"),
    ]


def test_an_unknown_account_and_a_busy_one_are_results(cloud: Guarded) -> None:
    converged(cloud, limits={"lease_seconds": 2})
    table = cloud.zone.backstage("dynamodb", cloud.zone.plan.aft_management.id)
    table.put_item(
        TableName="aftgen-access",
        Item={
            "pk": {"S": f"account#{PAYMENTS}"},
            "sk": {"S": "lease"},
            "owner": {"S": "another run"},
            "expires": {"N": str(cloud.at.now() + 10_000)},
        },
    )
    done = cloud.run("apply", "--account", PAYMENTS, "--account", "999999999999", "--account", LEDGER)
    assert (done.code, cloud.on(LEDGER)) == (1, ["payments"])
    assert f"  ! another run has the lease of account#{PAYMENTS}\n" in done.out
    assert "  ! the organization has no account 999999999999\n" in done.out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ([], "say --organization, --account ID or --all"),
        (["--all", "--account", PAYMENTS], "give either --account or --all"),
        (["--all", "--expect", "1"], "--expect is about one plan: give --organization or one --account"),
        (["--organization", "--account", PAYMENTS, "--expect", "1"], "--expect is about one plan"),
    ],
)
def test_wrong_usage(cloud: Guarded, line: list[str], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud.publish(SET)
    done = cloud.run("apply", *line, vended=False)
    assert (done.code, message in done.err, cloud.writes()) == (2, True, [])


def test_many_policies_and_small_pages(tmp_path: Path) -> None:
    with guarded(tmp_path, replace(QUICK, page_size=2), accounts=ACCOUNTS) as cloud:
        for number in range(5):
            cloud.by_hand(f"aws-guardrails-{number}", None, WORKLOADS, SANDBOX)
        units = {"ous": ["Workloads", "Sandbox", "Root", "Security"]}
        policies = {f"p{number}": entry(units, tags={"a": "1", "b": "2"}) for number in range(4)}
        converged(cloud, policies)
        assert cloud.on(WORKLOADS) == [
            *(f"aws-guardrails-{number}" for number in range(5)),
            *(f"p{number}" for number in range(4)),
        ]
        assert (organization(cloud)[0], cloud.writes()) == (0, [])
        paged = {call.operation for call in cloud.cloud.log if call.parameters.get("NextToken")}
        assert paged == {
            "ListPolicies",
            "ListTagsForResource",
            "ListTargetsForPolicy",
            "ListPoliciesForTarget",
        }
        sizes = {call.parameters.get("MaxResults", 20) for call in cloud.cloud.log.select("organizations")}
        assert sizes == {20}


def test_an_account_that_joins_later_is_met_by_its_own_run(cloud: Guarded) -> None:
    converged(cloud)
    new = Account(id="777777777777", name="payroll", email="payroll@x.com", ou="Workloads")
    cloud.zone.add_account(new)
    assert (account(cloud, new.id)[0], cloud.on(new.id)) == (0, ["payments"])
