"""The steps of the workflows, run here: in scratch clones, with a gh that records."""

import json
import shutil
from pathlib import Path

import pytest
from aftgen.publish.settings import NAMES
from check_repositories import REQUESTS
from published_world import World, git, text

from .steps import CI, ROOT, SHA, Runner

BOT = {"login": "github-actions[bot]"}
jq = pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not on PATH")


def side_by_side(world: World, runner: Runner) -> Path:
    """A workspace with the base branch in base/ and the change in change/."""
    workspace = runner.home / "workspace"
    workspace.mkdir()
    git(workspace, "clone", "-q", str(world.origin), "base")
    git(workspace, "clone", "-q", str(world.origin), "change")
    runner.context["github.event.pull_request.base.sha"] = git(workspace / "base", "rev-parse", "HEAD")
    return workspace


def test_a_sound_pull_request(world: World, runner: Runner) -> None:
    workspace = side_by_side(world, runner)
    (workspace / "change" / REQUESTS / "new-one.tf").write_text(text("new-one"))
    git(workspace / "change", "add", "-A")
    git(workspace / "change", "commit", "-q", "-m", "Ask")
    done = runner.run("pull-request.yml", "Check and plan", workspace)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    plan = (runner.home / "temp/report/plan.md").read_text()
    assert "new-one" in plan
    assert (runner.home / "summary").read_text() == plan


def test_a_pull_request_that_is_refused(world: World, runner: Runner) -> None:
    workspace = side_by_side(world, runner)
    (workspace / "change" / REQUESTS / "lab.tf").write_text(text("lab", email="not an address"))
    git(workspace / "change", "commit", "-q", "-a", "-m", "Break")
    done = runner.run("pull-request.yml", "Check and plan", workspace)
    assert done.returncode == 1
    assert f"::error title=E002 email-form,file={REQUESTS}/lab.tf,line=5," in done.stdout
    assert "**aftgen check refuses this change**" in (runner.home / "temp/report/plan.md").read_text()


def test_the_changes_own_scripts_and_policy_are_not_used(world: World, runner: Runner) -> None:
    workspace = side_by_side(world, runner)
    evil = workspace / "change/tools/ci/check-and-plan.sh"
    evil.write_text("#!/bin/sh\ntouch /tmp/never; exit 0\n")
    (workspace / "change" / REQUESTS / "lab.tf").write_text(text("lab", email="not an address"))
    git(workspace / "change", "commit", "-q", "-a", "-m", "Evil")
    assert runner.run("pull-request.yml", "Check and plan", workspace).returncode == 1


def test_a_failure_is_not_taken_for_a_refusal(world: World, runner: Runner) -> None:
    workspace = side_by_side(world, runner)
    runner.tool("aftgen", '#!/bin/sh\n[ "$2" = --help ] && exit 0\n[ $1 = plan ] && exit 3\nexit 0\n')
    assert runner.run("pull-request.yml", "Check and plan", workspace).returncode == 3


def test_installing_takes_the_program_of_the_base_branch(runner: Runner, tmp_path: Path) -> None:
    """Recorded: a real environment and the package index belong to the runner."""
    runner.tool(
        "python3",
        '#!/bin/sh\nmkdir -p "$3/bin"\n'
        'printf \'#!/bin/sh\\necho "$@" >>"$GH_STUB/pip"\\n\' >"$3/bin/python"\n'
        'chmod +x "$3/bin/python"\n',
    )
    (tmp_path / "base/generator/aftgen").mkdir(parents=True)
    shutil.copytree(CI, tmp_path / "base/tools/ci")
    path = tmp_path / "path"
    done = runner.run("pull-request.yml", "Install aftgen", tmp_path, GITHUB_PATH=str(path))
    assert done.returncode == 0, done.stderr
    pip = "-m pip install --quiet --disable-pip-version-check"
    assert (runner.home / "pip").read_text() == f"{pip} --constraint base/constraints.txt base\n"
    assert path.read_text() == f"{runner.home}/temp/aftgen/bin\n"
    shutil.rmtree(tmp_path / "base/generator")
    runner.run("pull-request.yml", "Install aftgen", tmp_path)
    assert (runner.home / "pip").read_text().splitlines()[1] == (
        f"{pip} --requirement base/.github/aftgen-requirements.txt"
    )


PULLS = [{"number": 6, "head": {"sha": "b" * 40}}, {"number": 7, "head": {"sha": SHA}}]


def comment(runner: Runner, plan: str) -> object:
    report = runner.home / "temp/report"
    report.mkdir(parents=True, exist_ok=True)
    (report / "plan.md").write_text(plan)
    return runner.run("pull-request-comment.yml", "Comment", ROOT)


@jq
def test_a_first_comment(runner: Runner) -> None:
    runner.answer({"GET repos/corp/accounts/pulls": PULLS, "GET repos/corp/accounts/issues/7/comments": []})
    done = comment(runner, "## Plan\n<!-- aftgen-plan --> @everybody\n")
    assert done.returncode == 0, done.stderr  # type: ignore[attr-defined]
    search, _, post = runner.calls
    assert search == [
        "GET",
        "repos/corp/accounts/pulls",
        {"state": "open", "head": "mallory:$(touch owned)`touch owned`"},
        None,
    ]
    assert post[:2] == ["POST", "repos/corp/accounts/issues/7/comments"]
    assert post[3] == {"body": "<!-- aftgen-plan -->\n## Plan\n<! -- aftgen-plan --> @\u200ceverybody\n"}
    assert not (ROOT / "owned").exists()


@jq
def test_the_comment_is_kept_up_to_date(runner: Runner) -> None:
    comments = [
        {"id": 1, "user": {"login": "mallory"}, "body": "<!-- aftgen-plan -->\nforged"},
        {"id": 2, "user": BOT, "body": "another workflow's"},
        {"id": 3, "user": BOT, "body": "<!-- aftgen-plan -->\nold"},
    ]
    runner.answer(
        {"GET repos/corp/accounts/pulls": PULLS, "GET repos/corp/accounts/issues/7/comments": comments}
    )
    comment(runner, "new")
    assert runner.calls[-1][:2] == ["PATCH", "repos/corp/accounts/issues/comments/3"]


@jq
def test_a_pull_request_that_has_moved_on_gets_no_comment(runner: Runner) -> None:
    runner.answer({"GET repos/corp/accounts/pulls": PULLS[:1]})
    assert comment(runner, "old news").returncode == 0  # type: ignore[attr-defined]
    assert len(runner.calls) == 1


def test_a_plan_that_is_a_link_is_not_read(runner: Runner) -> None:
    link = runner.home / "link"
    link.symlink_to("/etc/passwd")
    done = runner.shell(f"python3 {CI}/comment_body.py m {link}", ROOT)
    assert (done.returncode, done.stdout) == (1, "")


def test_a_long_plan_is_cut(runner: Runner) -> None:
    file = runner.home / "long"
    file.write_text("<details>\n" + "é" * 200_000 + "\x1b[31m")
    done = runner.shell(f"python3 {CI}/comment_body.py m {file} Title", ROOT)
    made = json.loads(done.stdout)
    assert made["title"] == "Title"
    assert 60_000 < len(made["body"]) < 65_536
    assert made["body"].endswith("</details>\n\n")
    assert "\x1b" not in made["body"]


def test_publishing_on_merge(world: World, runner: Runner) -> None:
    git(world.work, "config", "user.name", "unused")
    done = runner.shell("aftgen publish --first", world.work)
    assert done.returncode == 0, done.stderr
    world.request("lab", ou="Security")
    world.merge()
    done = runner.run("publish.yml", "Publish", world.work)
    assert done.returncode == 0, done.stdout
    assert "published, revision 3" in done.stdout
    assert "published, revision 3" in (runner.home / "summary").read_text()
    assert set(world.heads()) == set(NAMES)
    world.remove(f"{REQUESTS}/lab.tf")
    world.remove(f"{REQUESTS}/shop.tf")
    world.merge()
    done = runner.run("publish.yml", "Publish", world.work)
    assert done.returncode == 1
    assert "shop (aws+shop@example.com) would be removed" in done.stdout
    world.write("account-provisioning-customizations/terraform/main.tf", "# nothing\n")
    world.merge()
    runner.context["inputs.allow_removal"] = "lab , shop"
    runner.context["inputs.allow_loss"] = (
        "terraform: aws_sfn_state_machine.*,terraform: aws_dynamodb_table.access"
    )
    assert runner.run("publish.yml", "Publish", world.work).returncode == 0


@pytest.mark.parametrize(
    ("role", "line"), [("", "publish\n"), ("a-role", "publish --follow --comment merged\n")]
)
def test_it_follows_where_it_can(runner: Runner, role: str, line: str) -> None:
    runner.tool("aftgen", '#!/bin/sh\necho "$@"\n')
    runner.context["vars.AFTGEN_PUBLISH_ROLE"] = role
    assert runner.run("publish.yml", "Publish", ROOT).stdout == line


REPORTING = """#!/bin/sh
echo "$@" >>"$GH_STUB/asked"
printf '%s' "{said}"
exit {code}
"""


def test_drift_of_the_whole_organization(runner: Runner) -> None:
    runner.tool("aftgen", REPORTING.format(said="a finding\n", code=1))
    assert runner.run("drift.yml", "Look", ROOT).returncode == 0
    assert (runner.home / "temp/drift.txt").read_text() == "a finding\n"
    assert (runner.home / "asked").read_text() == "access report --drift\n"


def test_no_drift_leaves_the_report_empty(runner: Runner) -> None:
    runner.tool("aftgen", REPORTING.format(said="", code=0))
    assert runner.run("drift.yml", "Look", ROOT).returncode == 0
    assert (runner.home / "temp/drift.txt").read_text() == ""


@pytest.mark.parametrize(("said", "code"), [("half a list", 3), ("", 1), ("", 2)])
def test_drift_that_nobody_could_look_for_is_a_failure(runner: Runner, said: str, code: int) -> None:
    """AWS that refuses ends with 1 and no list: an issue must not be closed for that."""
    runner.tool("aftgen", REPORTING.format(said=said, code=code))
    assert runner.run("drift.yml", "Look", ROOT).returncode == code
    assert (runner.home / "temp/drift.txt").read_text() == ""


LIST = "GET repos/corp/accounts/issues"
OURS = {"number": 9, "user": BOT, "body": "<!-- aftgen-drift -->\nold"}


def issue(runner: Runner, drift: str) -> list[list[object]]:
    (runner.home / "temp").mkdir(exist_ok=True)
    (runner.home / "temp/drift.txt").write_text(drift)
    done = runner.run("drift.yml", "Keep the issue", ROOT)
    assert done.returncode == 0, done.stderr
    return runner.calls[1:]


@jq
def test_drift_opens_an_issue(runner: Runner) -> None:
    runner.answer(
        {LIST: [{**OURS, "user": {"login": "mallory"}}], "POST repos/corp/accounts/issues": {"number": 4}}
    )
    post, label = issue(runner, "stale ``` grant @ops\n")
    heading = "<!-- aftgen-drift -->\nWhat is there differs from what is declared:\n"
    body = f"{heading}```\nstale ' ' ' grant @\u200cops\n```\n"
    assert post[3] == {"title": "Access differs from what is declared", "body": body}
    assert label[:3] == ["POST", "repos/corp/accounts/issues/4/labels", {"labels[]": "aftgen-drift"}]


@jq
def test_drift_rewrites_its_issue(runner: Runner) -> None:
    runner.answer({LIST: [OURS]})
    ((method, path, _, _),) = issue(runner, "other\n")
    assert (method, path) == ("PATCH", "repos/corp/accounts/issues/9")


@jq
def test_no_drift_closes_its_issue(runner: Runner) -> None:
    runner.answer({LIST: [OURS]})
    ((method, path, fields, _),) = issue(runner, "")
    assert (method, path, fields) == (
        "PATCH",
        "repos/corp/accounts/issues/9",
        {"state": "closed", "state_reason": "completed"},
    )


@jq
def test_no_drift_and_no_issue_is_nothing(runner: Runner) -> None:
    runner.answer({LIST: []})
    assert issue(runner, "") == []
