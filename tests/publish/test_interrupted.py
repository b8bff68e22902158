"""Races, rejections and kills: the next publication completes what stands half, or says why it does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from aftgen.publish import push, remotes
from aftgen.publish.push import NotPushed
from aftgen.publish.settings import NAMES
from aftgen.repository import find
from published_world import World, bare, git

REJECT = """#!/bin/sh
while read old new ref; do
  case $ref in *{name}) echo "protected by a rule" >&2; exit 1;; esac
done
"""


def hook(origin: Path, text: str, name: str = "pre-receive") -> Path:
    file = origin / "hooks" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return file


def test_a_lost_race_changes_nothing_and_the_next_run_completes(world: World, tmp_path: Path) -> None:
    world.publish(first=True)
    world.request("lab", ou="Security")
    world.merge()
    late = world.plan()
    # Another publisher, of a newer commit, between our plan and our push.
    world.request("shop", ou="Security")
    world.merge()
    world.publish()
    before = world.heads()
    with pytest.raises(NotPushed) as caught:
        push.perform(find(world.root), late)
    assert world.heads() == before
    assert caught.value.exit_code == 1
    assert [problem.partition(": ")[0] for problem in caught.value.problems] == [
        "origin aft/global-customizations",
        "origin aft/account-request",
    ]
    assert caught.value.hint == "nothing was changed; somebody published at the same time: run it again"
    assert world.plan().pushes == ()


def test_two_of_the_same_commit_at_once_both_succeed(world: World) -> None:
    """Both make the same commits, so that the second has nothing left to push."""
    plans = [world.plan(first=True), world.plan(first=True)]
    done = [push.perform(find(world.root), plan) for plan in plans]
    assert [tree.commit for tree in done[0].trees] == [tree.commit for tree in done[1].trees]


def test_one_branch_rejected_rejects_all_four(world: World) -> None:
    rejecting = hook(world.origin, REJECT.format(name="aft/account-customizations"), "update")
    rejecting.write_text('#!/bin/sh\ncase $1 in *account-customizations) echo "no" >&2; exit 1;; esac\n')
    with pytest.raises(NotPushed) as caught:
        world.publish(first=True)
    assert world.heads() == {}
    assert caught.value.problems == ("origin aft/account-customizations: [remote rejected] (hook declined)",)
    assert "the server's rules must let this key or token push to these branches" in str(caught.value.hint)
    rejecting.unlink()
    assert set(world.publish(first=True).trees and world.heads()) == set(NAMES)


def test_everything_rejected_by_a_rule(world: World) -> None:
    hook(world.origin, REJECT.format(name="aft/account-request"))
    with pytest.raises(NotPushed, match="origin took nothing") as caught:
        world.publish(first=True)
    assert len(caught.value.problems) == 4
    assert all("pre-receive hook declined" in problem for problem in caught.value.problems)
    assert world.heads() == {}


@pytest.mark.parametrize("done", [1, 2, 3])
def test_killed_between_two_pushes(world: World, tmp_path: Path, done: int) -> None:
    """Four remotes, and the process dies after some of the pushes: the next run does the rest."""
    paths = {name: bare(tmp_path / "four" / f"{name}.git") for name in NAMES}
    flags = tuple(f"{name}={path}" for name, path in paths.items())
    world.publish(first=True, remotes=flags)
    for name in (
        "account-customizations/workload/new.tf",
        "account-provisioning-customizations/terraform/new.tf",
    ):
        world.write(name, "# new\n")
    world.request("lab", ou="Security")
    commit = world.merge()
    before = {name: git(path, "rev-parse", f"aft/{name}") for name, path in paths.items()}
    dying = hook(paths[NAMES[done]], "#!/bin/sh\nkill -9 $(cat $AFTGEN_TEST_PID)\n")
    pid = tmp_path / "pid"
    program = (
        "import os, sys; open(sys.argv[1], 'w').write(str(os.getpid()));"
        "from aftgen.cli.main import run; sys.exit(run(sys.argv[2:]))"
    )
    remote = [word for flag in flags for word in ("--remote", flag)]
    killed = subprocess.run(
        [sys.executable, "-c", program, str(pid), "publish", *remote],
        cwd=world.root,
        env={**os.environ, "AFTGEN_TEST_PID": str(pid)},
        check=False,
        capture_output=True,
    )
    assert killed.returncode == -9
    dying.unlink()
    moved = [git(path, "rev-parse", f"aft/{name}") != before[name] for name, path in paths.items()]
    assert moved[:done] == [True] * done
    assert moved[done + 1 :] == [False] * (3 - done)

    again = world.publish(remotes=flags)
    assert {tree.plan.head.source for tree in again.trees if tree.plan.head and not tree.moved} <= {commit}
    after = world.plan(remotes=flags)
    assert after.pushes == ()
    assert {tree.head.source for tree in after.trees if tree.head} == {commit}


def test_a_first_publication_that_was_killed(world: World, tmp_path: Path) -> None:
    paths = {name: bare(tmp_path / "four" / f"{name}.git") for name in NAMES}
    flags = tuple(f"{name}={path}" for name, path in paths.items())
    rejecting = hook(paths["account-request"], "#!/bin/sh\nexit 1\n")
    with pytest.raises(NotPushed) as caught:
        world.publish(first=True, remotes=flags)
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(
        "already there: account-provisioning-customizations, global-customizations, account-customizations; "
        "publishing again does the rest"
    )
    rejecting.unlink()
    moved = [tree.name for tree in world.publish(first=True, remotes=flags).trees if tree.moved]
    assert moved == ["account-request"]


def test_a_newer_source_completes_what_stands_half(world: World, tmp_path: Path) -> None:
    paths = {name: bare(tmp_path / "four" / f"{name}.git") for name in NAMES}
    flags = tuple(f"{name}={path}" for name, path in paths.items())
    world.publish(first=True, remotes=flags)
    world.request("lab", ou="Security")
    world.merge()
    rejecting = hook(paths["account-request"], "#!/bin/sh\nexit 1\n")
    with pytest.raises(NotPushed):
        world.publish(remotes=flags)
    rejecting.unlink()
    world.request("shop", ou="Security")
    world.merge()
    done = world.publish(remotes=flags)
    assert sorted(change.after.name for change in done.accounts.changed) == ["lab", "shop"]
    assert done.revision == 3


def test_a_server_that_goes_away_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = world.plan(first=True)
    world.origin.rename(world.origin.with_name("gone.git"))
    with pytest.raises(remotes.Unreachable) as caught:
        push.perform(find(world.root), plan)
    assert caught.value.hint == (
        "nothing was changed; run it again: publishing completes what is missing and repeats nothing"
    )


def test_hooks_and_settings_of_the_clone_do_not_matter(world: World) -> None:
    hook(world.work / ".git", "#!/bin/sh\nexit 1\n", "pre-push")
    for key, value in (
        ("push.followTags", "true"),
        ("push.gpgSign", "true"),
        ("commit.gpgSign", "true"),
        ("i18n.commitEncoding", "latin1"),
        ("log.showSignature", "true"),
        ("core.quotePath", "true"),
        ("remote.origin.fetch", "+refs/heads/*:refs/heads/*"),
    ):
        git(world.work, "config", key, value)
    git(world.work, "tag", "-a", "-m", "x", "v1")
    world.publish(first=True)
    assert set(world.heads()) == set(NAMES)
    assert git(world.origin, "tag") == ""
