"""What is refused on the embedded AWS, each before the first write."""

import json
from dataclasses import replace
from pathlib import Path

from guardrails_cloud import (
    MANAGEMENT,
    PAYMENTS,
    QUICK,
    ROOT,
    SANDBOX,
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


def refusal(cloud: Guarded) -> str:
    code, text = organization(cloud)
    assert (code, cloud.writes()) == (1, [])
    return text


def test_a_full_target_is_refused_with_what_is_on_it(tmp_path: Path) -> None:
    with guarded(tmp_path, replace(QUICK, policies_per_target=5)) as cloud:
        for number in range(4):
            cloud.by_hand(f"aws-guardrails-{number}", None, WORKLOADS)
        cloud.publish(SET, limits={"policies_per_target": 5})
        assert (
            "  ! Workloads would have 6 policies and takes 5: FullAWSAccess, aws-guardrails-0, "
            in refusal(cloud)
        )


def test_awss_own_limit_is_told_where_the_setting_is_wrong(tmp_path: Path) -> None:
    with guarded(tmp_path, replace(QUICK, policies_per_target=1)) as cloud:
        cloud.publish(SET)
        code, text = organization(cloud)
        assert (code, "ConstraintViolationException" in text) == (1, True)
        assert cloud.on(ROOT) == []


def test_a_policy_of_the_same_name_by_another_hand_is_refused(cloud: Guarded) -> None:
    made = cloud.by_hand("everywhere", deny("ec2:*"))
    cloud.publish(SET)
    assert "  ! the policy everywhere exists and lacks our tag: it is somebody else's\n" in refusal(cloud)
    assert cloud.policies() == {"everywhere": made}


def test_an_ou_that_does_not_exist_is_refused(cloud: Guarded) -> None:
    cloud.publish(SET)
    units = {"Sandbox": SANDBOX, "Workloads": "ou-ab12-00000000"}
    (cloud.tree / "organization.yaml").write_text(json.dumps({"organizational_units": units}))
    reason = "  ! Workloads is ou-ab12-00000000 in organization.yaml, and the organization has no such OU\n"
    assert reason in refusal(cloud)


def test_many_removals_are_refused(cloud: Guarded) -> None:
    converged(cloud)
    cloud.publish({"everywhere": SET["everywhere"]}, revision=2, limits={"max_removals": 3})
    assert "4 attachments and policies would be removed and max_removals is 3" in refusal(cloud)


def test_the_last_policy_that_allows_is_not_taken_away(cloud: Guarded) -> None:
    listed = {"list": entry({"ous": ["Sandbox"]}), "deny": entry({"ous": ["Sandbox"]})}
    converged(cloud, listed, {"list": allow("s3:*")})
    cloud.organizations.detach_policy(PolicyId="p-FullAWSAccess", TargetId=SANDBOX)
    cloud.publish({"deny": listed["deny"]}, revision=2)
    assert "  ! Sandbox would have no policy left that allows anything: everybody" in refusal(cloud)
    cloud.publish(listed, {"list": deny("s3:*")}, revision=2)
    assert "  ! Sandbox would have no policy left that allows anything: everybody" in refusal(cloud)
    # Somebody's own allow list is there: ours may go.
    cloud.by_hand("theirs", allow("*"), SANDBOX)
    converged(cloud, {"deny": listed["deny"]}, revision=2)
    assert cloud.on(SANDBOX) == ["deny", "theirs"]


def test_another_plan_than_the_reviewed_one_is_refused(cloud: Guarded) -> None:
    cloud.publish(SET)
    shown = json.loads(cloud.run("plan", "--organization", "--json").out)["results"][0]["fingerprint"]
    other = cloud.by_hand("other", None, ROOT)
    assert organization(cloud, "--expect", "0" * 16)[0] == 1
    assert cloud.writes() == []
    code, text = organization(cloud, "--expect", shown)
    assert code == 0, text
    assert other in cloud.policies().values()
    code, text = organization(cloud, "--expect", shown)
    assert (code, "was reviewed" in text) == (1, True)


def test_a_tree_that_cannot_be_used_asks_nothing_of_aws(cloud: Guarded) -> None:
    cloud.publish(SET, {"everywhere": deny("s3:*", condition={"Bool": {"aws:MFA": "false"}})})
    cloud.cloud.log.clear()
    done = cloud.run("apply", "--organization")
    assert (done.code, done.out, cloud.asked()) == (1, "", [])
    assert done.err.startswith("service-control-policies/everywhere.json:4: Statement[0]: the Deny One can")


def test_a_tree_without_guardrails_does_nothing_and_says_so(cloud: Guarded) -> None:
    (cloud.tree / "organization.yaml").write_text("{}")
    cloud.cloud.log.clear()
    for line in (["--organization"], ["--account", PAYMENTS], ["--all"]):
        done = cloud.run("apply", *line)
        assert (done.code, done.err, cloud.asked()) == (0, "", [])
    assert cloud.run("plan", "--organization").out == "guardrails of the organization: nothing declared\n"


def test_the_management_account_is_never_limited_and_that_is_said(cloud: Guarded) -> None:
    converged(cloud, {"mine": entry({"accounts": [MANAGEMENT]}), "all": entry({"ous": ["Root"]})})
    text = organization(cloud)[1]
    said = "the management account is never limited by a service control policy"
    assert f"  warning: {MANAGEMENT} is named in guardrails.yaml: {said}\n" in text
    code, text = account(cloud, MANAGEMENT)
    assert (code, cloud.writes()) == (0, [])
    assert f"  warning: mine: not attached, {said}\n" in text
    converged(cloud, {"mine": entry({"names": ["*"]}), "all": entry({"ous": ["Root"]})}, revision=2)
    assert account(cloud, MANAGEMENT)[0] == 0
    assert cloud.on(MANAGEMENT) == []


def test_an_account_whose_policy_is_not_published_yet_says_what_to_do(cloud: Guarded) -> None:
    cloud.publish(SET)
    code, text = account(cloud)
    assert (code, cloud.writes()) == (1, [])
    assert "  ! the policy payments is not in the organization yet: the publishing workflow makes it" in text


def test_without_the_table_nothing_is_changed_and_the_step_is_named(tmp_path: Path) -> None:
    with guarded(tmp_path, access_table=False) as cloud:
        cloud.publish(SET)
        for line in (["--organization"], ["--account", PAYMENTS], ["--all"]):
            cloud.zone.put_request(PAYMENTS)
            done = cloud.run("apply", *line)
            assert (done.code, cloud.writes()) == (1, [])
            assert "the table aftgen-access does not exist" in done.text
            assert "next: apply account-provisioning-customizations, which makes it" in done.text
