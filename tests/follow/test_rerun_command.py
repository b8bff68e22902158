"""`aftgen rerun` against the embedded AWS, over HTTP."""

import json
from pathlib import Path

import pytest
from aftgen.cloud import aft_management
from aftgen.cloud.code_pipeline import STARTED
from command_line import aftgen
from published_world import git

from .aft_world import LAB, SHOP, Aft

Capture = pytest.CaptureFixture[str]


def test_a_dry_run_says_what_would_start_and_afts_own_input(aft: Aft, capsys: Capture) -> None:
    done = aftgen(capsys, "rerun", "--ou", "Workloads", "--tag", "Team=lab", "--dry-run")
    assert done.code == 0
    assert done.out.splitlines()[:3] == ["lab: queued", "shop: queued", "would do: 2 queued"]
    assert json.loads(done.out.splitlines()[-1]) == {
        "include": [
            {
                "type": "ous",
                "target_value": [
                    "Workloads (ou-ab12-workload)",
                    "Prod (ou-ab12-wlprod01)",
                    "Dev (ou-ab12-wldev001)",
                ],
            },
            {"type": "tags", "target_value": [{"Team": "lab"}]},
        ]
    }
    assert aft.started() == []


def test_a_diff_starts_what_it_needs(aft: Aft, capsys: Capture) -> None:
    before = git(aft.world.work, "rev-parse", "HEAD")
    aft.flip("shop")
    done = aftgen(capsys, "rerun", "--base", before, "--json")
    result = json.loads(done.out)
    assert (done.code, aft.ran(), aft.started()) == (0, [SHOP], [SHOP])
    (account,) = result["accounts"]
    assert (account["name"], account["state"], account["started_here"]) == ("shop", "succeeded", True)
    done = aftgen(capsys, "rerun", "--base", "HEAD")
    assert (done.code, done.out, done.err) == (0, "", "what changed since HEAD needs no account's pipeline\n")


def test_a_suspended_account_and_one_without_a_request_are_left_out(aft: Aft, capsys: Capture) -> None:
    made = aft.zone.account(LAB)
    made.status = made.state = "SUSPENDED"
    dynamodb = aft.zone.backstage("dynamodb", aft.zone.plan.aft_management.id)
    table, key = aft_management.REQUEST_TABLE, {"id": {"S": "aws+shop@example.com"}}
    row = dynamodb.get_item(TableName=table, Key=key)["Item"]
    dynamodb.delete_item(TableName=table, Key=key)
    try:
        everything = aftgen(capsys, "rerun", "--all", "--dry-run", "--json")
        named = aftgen(capsys, "rerun", "lab", SHOP)
    finally:
        made.status = made.state = "ACTIVE"
        dynamodb.put_item(TableName=table, Item=row)
    result = json.loads(everything.out)
    assert everything.code == 0
    assert [each["reason"] for each in result["accounts"]] == [
        "it is suspended",
        "it has no request: AFT stops its whole aft-invoke-customizations at such an account",
    ]
    excluded = [{"type": "accounts", "target_value": [LAB, SHOP]}]
    assert result["aft_invoke_customizations"] == [{"include": [{"type": "all"}], "exclude": excluded}]
    assert named.code == 1
    assert "lab: skipped: it is suspended\n    next: 'aftgen retire'" in named.out
    assert aft.started() == []


def test_what_is_running_with_the_same_commits_is_followed_and_not_started_again(
    aft: Aft, capsys: Capture
) -> None:
    aft.clock.interrupt_at = 40
    done = aftgen(capsys, "rerun", "lab")
    assert (done.code, aft.started()) == (130, [LAB])
    assert "these pipelines go on without this program: lab\n" in done.err
    done = aftgen(capsys, "rerun", "lab")
    assert (done.code, aft.started(), aft.ran()) == (0, [LAB], [LAB])
    assert "lab: running (" in done.err
    assert "was running already\n" in done.err


def test_what_is_running_with_an_older_commit_is_waited_for_and_then_started(
    aft: Aft, capsys: Capture
) -> None:
    pipeline = aft.delivery.pipelines.named[f"{LAB}-customizations-pipeline"]
    pipeline.start(STARTED, aft.clock.now())
    aft.clock.sleep(10)
    aft.grants("shop", "developers", "auditors")
    aft.world.publish()
    done = aftgen(capsys, "rerun", "lab")
    assert (done.code, aft.started(), aft.ran()) == (0, [LAB], [LAB, LAB])
    assert "lab: waits for the run that is going on: " in done.err


def test_outside_of_a_repository_accounts_are_named(
    aft: Aft, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = aftgen(capsys, "rerun", LAB, "--no-wait")
    assert (done.code, aft.started()) == (0, [LAB])
    assert done.out == "lab: still running\n1 still running\n"
    done = aftgen(capsys, "rerun", "lba")
    assert done.code == 2
    assert done.err == "error: AFT manages no account 'lba'\nhint: did you mean lab?\n"


def test_others_credentials_are_refused(aft: Aft, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = aft.zone.administrator(LAB)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", keys.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", keys.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", keys.token)
    done = aftgen(capsys, "rerun", "lab")
    assert done.code == 2
    assert (
        f"error: the AWS credentials are for account {LAB} and eu-central-1, where AFT is not\n" in done.err
    )
