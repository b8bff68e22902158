"""A merge is enough: `aftgen publish --follow` against the embedded AWS, over HTTP."""

import json
from pathlib import Path

import pytest
from aftgen.cloud import Account
from aftgen.cloud.delivery import REQUESTS
from aftgen.cloud.state_machines import Failed
from command_line import aftgen
from published_world import git

from .aft_world import LAB, SHOP, Aft, sign_in

Capture = pytest.CaptureFixture[str]


def test_a_merged_revocation_is_revoked_and_only_the_pipeline_it_needs_has_run(
    aft: Aft, capsys: Capture, tmp_path: Path
) -> None:
    aft.grants("lab", "developers", "auditors")
    done = aftgen(capsys, "publish", "--follow")
    assert (done.code, aft.ran()) == (0, [LAB])
    assert aft.reading(LAB) == {"group:developers", "group:auditors"}

    assert aft.flip("lab") == {"group:auditors"}
    done = aftgen(capsys, "publish", "--follow", "--report", tmp_path / "report.md")
    assert done.code == 0
    assert aft.reading(LAB) == {"group:auditors"}
    assert aft.reading(SHOP) == {"group:developers"}
    assert (aft.ran(), aft.started()) == ([LAB], [LAB, LAB])
    commit = aft.world.heads()["account-request"][:12]
    assert "  catalogue: converged\n  guardrails: nothing is declared\n" in done.out
    assert f"  ct-aft-account-request: applied {commit}\n" in done.out
    assert "  lab: updated; pipeline succeeded after 2 min\n" in done.out
    said = done.err.splitlines()
    assert said.index("catalogue: converged") < said.index("lab: queued")
    assert said.index("lab: AFT's framework run succeeded") < said.index("lab: queued")
    written = (tmp_path / "report.md").read_text()
    assert "- ✅ `lab`: updated; pipeline succeeded after 2 min\n" in written

    before = len(aft.zone.cloud.log.select("codepipeline"))
    done = aftgen(capsys, "publish", "--follow", "--json")
    followed = json.loads(done.out)["follow"]
    assert (done.code, followed["ok"], followed["accounts"]) == (0, True, [])
    assert aft.ran() == []
    assert len(aft.zone.cloud.log.select("codepipeline")) == before + 2


def test_a_rule_that_changes_runs_the_accounts_that_it_matches_and_no_framework(
    aft: Aft, capsys: Capture
) -> None:
    path = "global-customizations/identity-center/access.yaml"
    text = json.loads((aft.world.root / path).read_text())
    rule = {
        "name": "auditors",
        "match": {"ous": ["Workloads/Prod"]},
        "grants": {"Reading": ["group:auditors"]},
    }
    aft.world.write(path, json.dumps({**text, "rules": [rule]}))
    aft.world.merge("Auditors read production")
    reading = aft.reading(SHOP)
    done = aftgen(capsys, "publish", "--follow")
    assert (done.code, done.err.count("framework")) == (0, 0)
    assert aft.ran() == [SHOP]
    assert aft.reading(SHOP) == reading | {"group:auditors"}
    aft.world.write(path, json.dumps(text))
    aft.world.merge("They do not")
    assert aftgen(capsys, "publish", "--follow").code == 0
    assert aft.ran() == [SHOP]
    assert aft.reading(SHOP) == reading


def test_a_new_account_is_followed_to_the_end_of_the_pipeline_that_starts_itself(
    aft: Aft, capsys: Capture
) -> None:
    aft.world.request("fresh", ou="Sandbox")
    aft.world.merge("One more")
    done = aftgen(capsys, "publish", "--follow")
    assert done.code == 0, done.err
    assert "  fresh: created; pipeline succeeded after 2 min\n" in done.out
    assert aft.started() == []
    assert len(aft.ran()) == 1


def test_a_request_that_aft_refuses_in_its_own_log_is_told(aft: Aft, capsys: Capture) -> None:
    foreign = Account(id="999999999999", name="taken", email="somebody@example.org", ou="Sandbox")
    aft.zone.add_account(foreign)
    aft.world.request("taken", ou="Sandbox")
    aft.world.merge("A name that is taken")
    done = aftgen(capsys, "publish", "--follow")
    assert done.code == 1
    assert (
        "  taken: AFT's framework did not run: AFT refused it: Account Name: taken already used in "
        "Organizations\n"
    ) in done.out
    assert aft.clock.slept < 5 * 60
    aft.world.remove("account-requests/terraform/taken.tf")
    aft.world.merge("Not so")
    assert aftgen(capsys, "publish", "--follow", "--allow-removal", "taken").code == 0


def test_a_failed_pipeline_is_named_with_the_end_of_its_log_and_the_next_run_completes(
    aft: Aft, capsys: Capture
) -> None:
    wanted = aft.flip("lab")
    aft.broken[LAB] = "pre-api-helpers: installing\nERROR no network"
    done = aftgen(capsys, "publish", "--follow")
    assert done.code == 1
    group = "/aws/codebuild/aft-global-customizations-terraform"
    assert (
        "  lab: updated; pipeline failed: AFT-Global-Customizations/Apply: Build terminated with state: "
        "FAILED\n"
        "      | pre-api-helpers: installing\n      | ERROR no network\n"
        f"      log: {group} "
    ) in done.out
    assert aft.ran() == [LAB]

    done = aftgen(capsys, "publish", "--follow")
    assert (done.code, aft.ran()) == (0, [LAB])
    assert aft.reading(LAB) == wanted


def test_what_one_run_left_undone_the_next_publication_does(aft: Aft, capsys: Capture) -> None:
    lab = aft.flip("lab")
    aft.broken[LAB] = "no"
    assert aftgen(capsys, "publish", "--follow").code == 1
    shop = aft.flip("shop")
    done = aftgen(capsys, "publish", "--follow")
    assert done.code == 0
    assert sorted(aft.ran()) == [LAB, LAB, SHOP]
    assert (aft.reading(LAB), aft.reading(SHOP)) == (lab, shop)


def test_throttled_calls_are_repeated(aft: Aft, capsys: Capture) -> None:
    aft.flip("lab")
    for operation in ("StartPipelineExecution", "ListPipelineExecutions", "ListExecutions", "Scan"):
        aft.zone.cloud.faults.order(operation, "throttle", times=3)
    done = aftgen(capsys, "publish", "--follow")
    assert (done.code, aft.ran(), aft.zone.cloud.faults.as_json()) == (0, [LAB], [])


def test_expired_credentials_end_it_and_new_ones_go_on(
    aft: Aft, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    aft.flip("lab")
    aft.zone.cloud.faults.order("ListPipelineExecutions", "expired", skip=14)
    done = aftgen(capsys, "publish", "--follow")
    assert (done.code, aft.started()) == (1, [LAB])
    assert "these pipelines go on without this program: lab\n" in done.err
    assert "error: the AWS credentials expired; what AFT runs goes on without this program\n" in done.err

    for _ in range(4):
        aft.clock.sleep(60)
    sign_in(aft, monkeypatch)
    done = aftgen(capsys, "publish", "--follow")
    assert done.code == 0
    assert "  lab: updated; pipeline succeeded: ran already\n" in done.out
    assert (aft.ran(), aft.started()) == ([LAB], [LAB])


def test_a_pipeline_that_never_ends_is_left_when_the_time_is_over(aft: Aft, capsys: Capture) -> None:
    aft.flip("lab")
    aft.delivery.pipelines.named[f"{LAB}-customizations-pipeline"].stuck = True
    done = aftgen(capsys, "publish", "--follow", "--timeout", 30)
    assert done.code == 1
    assert "  lab: updated; pipeline still running: the time is over\n" in done.out
    assert aft.clock.slept <= 30 * 60


def test_an_interruption_says_what_goes_on(aft: Aft, capsys: Capture) -> None:
    aft.flip("lab")
    aft.clock.interrupt_at = 260
    done = aftgen(capsys, "publish", "--follow")
    assert done.code == 130
    assert "these pipelines go on without this program: lab\n" in done.err
    assert done.err.endswith("interrupted\n")


def test_a_failed_request_pipeline_stops_everything_after_it(aft: Aft, capsys: Capture) -> None:
    aft.flip("lab")
    aft.broken[REQUESTS] = "Error: ConditionalCheckFailedException: lab is there already"
    done = aftgen(capsys, "publish", "--follow")
    commit = aft.world.heads()["account-request"][:12]
    assert (done.code, aft.started()) == (1, [])
    assert f"AFT has not applied {git(aft.world.work, 'rev-parse', 'main')[:12]}\n" in done.out
    assert f"  ct-aft-account-request: failed with {commit}\n" in done.out
    assert "      terraform-apply/Apply-Terraform: Build terminated with state: FAILED\n" in done.out
    assert "      | Error: ConditionalCheckFailedException: lab is there already\n" in done.out
    assert "catalogue" not in done.out

    aft.delivery.pipelines.named[REQUESTS].start("StartPipelineExecution", aft.clock.now())
    done = aftgen(capsys, "publish", "--follow")
    assert (done.code, aft.ran()) == (0, [LAB])


def test_a_push_that_starts_nothing_is_said(aft: Aft, capsys: Capture) -> None:
    aft.flip("lab")
    aft.deaf = True
    done = aftgen(capsys, "publish", "--follow")
    commit = aft.world.heads()["account-request"][:12]
    assert done.code == 1
    assert f"  ct-aft-account-request: has not started with {commit}\n" in done.out
    assert 15 * 60 <= aft.clock.slept <= 15 * 60 + 40


def test_a_superseded_execution_counts_by_the_one_that_took_its_place(aft: Aft, capsys: Capture) -> None:
    """Two more are pushed while the first is applied: the second waits, and the third takes its place."""
    executions = aft.delivery.pipelines.named[REQUESTS].executions
    before = len(executions)
    aft.flip("shop")
    aft.world.publish()
    aft.clock.sleep(1)
    aft.clock.sleep(10)
    lab = aft.flip("lab")
    aft.world.publish()
    aft.clock.sleep(1)
    aft.clock.sleep(10)
    shop = aft.flip("shop")
    done = aftgen(capsys, "publish", "--follow")
    assert [each.status for each in executions[before:]] == ["Succeeded", "Superseded", "Succeeded"]
    assert (done.code, sorted(aft.ran())) == (0, [LAB, SHOP])
    assert aft.reading(LAB) == lab
    assert aft.reading(SHOP) == shop


def test_a_failed_framework_run_is_reported_and_does_not_keep_access(aft: Aft, capsys: Capture) -> None:
    wanted = aft.flip("lab")
    cause = json.dumps({"errorMessage": "TagResource: InvalidInputException: a tag policy forbids it"})
    aft.framework_fails["lab"] = Failed(state="aft_account_provisioning_framework_tag_account", cause=cause)
    done = aftgen(capsys, "publish", "--follow")
    assert (done.code, aft.ran()) == (1, [LAB])
    assert aft.reading(LAB) == wanted
    assert (
        "  lab: AFT's framework failed: aft_account_provisioning_framework_tag_account: TagResource: "
        "InvalidInputException: a tag policy forbids it; pipeline succeeded after 2 min\n"
    ) in done.out


def test_without_credentials_it_says_what_a_person_must_run(
    aft: Aft, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    aft.flip("lab")
    done = aftgen(capsys, "publish", "--follow")
    assert done.code == 0
    assert "\n  aftgen publish --follow\n" in done.err
    assert "published, but not followed: there are no AWS credentials" in done.err
    assert aft.started() == []


def test_what_was_granted_by_a_run_that_failed_elsewhere_and_taken_back_does_not_stand(
    aft: Aft, capsys: Capture
) -> None:
    before = aft.flip("lab")
    assert aftgen(capsys, "publish", "--follow").code == 0
    aft.ran()
    granted = aft.flip("lab")
    aft.flip("shop")
    aft.broken[SHOP] = "no"
    assert aftgen(capsys, "publish", "--follow").code == 1
    assert aft.reading(LAB) == granted
    assert aft.flip("lab") == before
    done = aftgen(capsys, "publish", "--follow")
    assert (done.code, sorted(aft.ran())) == (0, [LAB, LAB, SHOP, SHOP])
    assert aft.reading(LAB) == before
