"""What ``aftgen publish`` prints and how it ends."""

import json
import os
from pathlib import Path

import pytest
from aftgen.publish.settings import NAMES
from check_repositories import REQUESTS
from command_line import aftgen, process
from published_world import World, git, text

VALUES = """
AFT reads it with these values of its module:
  account_provisioning_customizations_repo_name   = "ops/accounts"
  account_provisioning_customizations_repo_branch = "aft/account-provisioning-customizations"
  global_customizations_repo_name                 = "ops/accounts"
  global_customizations_repo_branch               = "aft/global-customizations"
  account_customizations_repo_name                = "ops/accounts"
  account_customizations_repo_branch              = "aft/account-customizations"
  account_request_repo_name                       = "ops/accounts"
  account_request_repo_branch                     = "aft/account-request"
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World.make(tmp_path)
    made.write("aftgen.yaml", "version: 1\npublish:\n  repository: ops/accounts\n")
    made.merge("Say what it is called")
    monkeypatch.chdir(made.root)
    return made


def test_a_dry_run_shows_and_a_run_does(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    commit = git(world.work, "rev-parse", "--short=12", "main")
    done = aftgen(capsys, "publish", "--first", "--dry-run")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"main {commit} would be published, revision 2\n\naccount-provisioning-")
    assert "\naccount-requests -> origin aft/account-request  " in done.out
    assert "\naccounts\n  + lab (aws+lab@example.com)\n  + shop (aws+shop@example.com)\n" in done.out
    assert done.out.endswith(VALUES)
    assert world.heads() == {}

    done = aftgen(capsys, "publish", "--first")
    assert done.out.startswith(f"main {commit} published, revision 2\n")
    heads = world.heads()
    assert set(heads) == set(NAMES)
    world.write(f"{REQUESTS}/lab.tf", text("lab", ou="Security"))
    world.request("new-one")
    world.remove(f"{REQUESTS}/shop.tf")
    world.merge()
    done = aftgen(capsys, "publish", "--allow-removal", "shop")
    request = git(world.origin, "rev-parse", "--short=12", "aft/account-request")
    assert (
        f"\naccount-requests -> origin aft/account-request  {request}\n  ~ terraform/lab.tf\n"
        "  + terraform/new-one.tf\n  - terraform/shop.tf\n\naccounts\n  + new-one (aws+new-one@example.com)\n"
        "  ~ lab (aws+lab@example.com)\n  - shop (aws+shop@example.com)\n"
    ) in done.out
    assert "\naccount-customizations -> origin aft/account-customizations  unchanged\n" in done.out
    done = aftgen(capsys, "publish")
    assert "is published: there is nothing to push\n" in done.out


def test_json(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    first = json.loads(aftgen(capsys, "publish", "--first", "--json", "--dry-run").out)
    assert (first["version"], first["pushed"], first["revision"]) == (1, False, 2)
    assert first["source"] == {
        "commit": git(world.work, "rev-parse", "main"),
        "branch": "main",
        "subject": "Say what it is called",
    }
    assert [tree["moved"] for tree in first["trees"]] == [False] * 4
    done = json.loads(aftgen(capsys, "publish", "--first", "--json").out)
    assert {tree["name"]: tree["commit"] for tree in done["trees"]} == world.heads()
    assert [tree["commit"] for tree in done["trees"]] == [tree["commit"] for tree in first["trees"]]
    assert done["trees"][3]["files"]["added"] == [
        "terraform/aft-providers.jinja",
        "terraform/backend.jinja",
        "terraform/lab.tf",
        "terraform/modules/aft-account-request/main.tf",
        "terraform/shop.tf",
    ]
    assert done["accounts"] == {
        "added": [
            {"name": name, "email": f"aws+{name}@example.com", "address": f"module.{name}"}
            for name in ("lab", "shop")
        ],
        "changed": [],
        "removed": [],
    }
    assert done["aft_module"]["account_request_repo_branch"] == "aft/account-request"


def test_a_refusal(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    aftgen(capsys, "publish", "--first")
    world.remove(f"{REQUESTS}/shop.tf")
    world.merge()
    done = aftgen(capsys, "publish")
    assert (done.code, done.out) == (1, "")
    assert done.err == (
        "error: publishing this would take away what AFT has today\n"
        "  - shop (aws+shop@example.com) would be removed from AFT: its request is gone, or its email "
        "changed\n"
        "hint: if that is meant: --allow-removal shop\n"
    )


def test_wrong_usage(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "publish", "--branch", "acount-request=x")
    assert (done.code, done.out) == (2, "")
    assert "did you mean account-request?" in done.err
    assert aftgen(capsys, "publish", "--source", "nowhere").code == 2
    assert aftgen(capsys, "publish", "--min-revision", "-1").code == 2


def test_outside_of_git(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "terraform").mkdir()
    monkeypatch.chdir(tmp_path)
    done = aftgen(capsys, "publish")
    assert (done.code, done.out) == (2, "")
    assert "is not in a git work tree" in done.err


def test_on_a_machine_that_knows_nobody_and_cannot_ask(world: World) -> None:
    """No git identity, no home, no terminal: what CI has."""
    done = process(
        "publish",
        "--first",
        cwd=world.root,
        GIT_CONFIG_GLOBAL=os.devnull,
        GIT_CONFIG_SYSTEM=os.devnull,
        HOME="/nonexistent",
        CI="true",
        NO_COLOR="1",
    )
    assert (done.code, done.err) == (0, "")
    assert "\x1b[" not in done.out
    assert set(world.heads()) == set(NAMES)


def test_colour_where_it_is_asked_for(world: World) -> None:
    done = process("publish", "--first", "--dry-run", cwd=world.root, FORCE_COLOR="1")
    assert "\x1b[32m  + lab (aws+lab@example.com)\x1b[0m" in done.out
