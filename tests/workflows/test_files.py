"""Workflows, rules and owners as files: by schema, by linters, and by what they must never hold."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from aftgen.repository import AFT_REPOSITORIES

from .steps import ROOT, WORKFLOWS, load, runs

FILES = sorted(WORKFLOWS.glob("*.yml"))
IDS = [path.name for path in FILES]
BIN = Path(sys.executable).parent
OWNERS = (ROOT / ".github/CODEOWNERS").read_text()


def tool(*arguments: object) -> tuple[int, str]:
    done = subprocess.run(
        list(map(str, arguments)), cwd=ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def test_which_workflows_there_are() -> None:
    assert IDS == [
        "drift.yml",
        "publish.yml",
        "pull-request-comment.yml",
        "pull-request.yml",
        "tests.yml",
    ]


def test_the_workflows_fit_githubs_schema() -> None:
    code, said = tool(BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *FILES)
    assert (code, said) == (0, "ok -- validation done\n")


def test_the_pipeline_fits_gitlabs_schema() -> None:
    schema = ("--builtin-schema", "vendor.gitlab-ci", "--data-transform", "gitlab-ci")
    code, said = tool(BIN / "check-jsonschema", *schema, ".gitlab-ci.yml")
    assert (code, said) == (0, "ok -- validation done\n")


def test_the_schemas_would_refuse(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text("on: push\njobs:\n  a:\n    stepz: []\n")
    code, _ = tool(BIN / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", bad)
    assert code == 1


def test_zizmor_finds_nothing() -> None:
    code, said = tool(
        BIN / "zizmor", "--offline", "--no-progress", "--quiet", "--persona", "auditor", ".github"
    )
    assert code == 0, said
    assert "No findings to report" in said


def test_the_scripts_pass_shellcheck() -> None:
    scripts = sorted((ROOT / "tools/ci").glob("*.sh"))
    assert len(scripts) == 8
    assert tool(BIN / "shellcheck", *scripts) == (0, "")


def test_the_steps_pass_shellcheck(tmp_path: Path) -> None:
    for path in FILES:
        for number, step in enumerate(runs(load(path))):
            script = tmp_path / f"{path.stem}-{number}.sh"
            script.write_text(f"#!/usr/bin/env bash\nset -e\n{step['run']}\n")
    gitlab = yaml.load((ROOT / ".gitlab-ci.yml").read_text(), Loader=_GitLab)
    for name, job in gitlab.items():
        for part in ("before_script", "script", "after_script"):
            lines = (
                [line for line in job.get(part, ()) if isinstance(line, str)] if isinstance(job, dict) else []
            )
            script = tmp_path / f"gitlab-{re.sub(r'[^a-z]', '-', name)}-{part}.sh"
            script.write_text("\n".join(["#!/usr/bin/env bash", *lines, ""]))
    scripts = sorted(tmp_path.glob("*.sh"))
    assert tool(BIN / "shellcheck", *scripts) == (0, "")


class _GitLab(yaml.SafeLoader):
    """YAML with GitLab's own tag."""


_GitLab.add_constructor("!reference", lambda loader, node: tuple(loader.construct_sequence(node)))


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_step_runs_one_script_of_the_repository(path: Path) -> None:
    for step in runs(load(path)):
        script = re.match(r"(?:base/)?(?P<script>(?:tools/ci|\.ci)/[\w.-]+)(?: |$)", step["run"])
        assert script is not None, step["run"]
        assert "\n" not in step["run"]
        assert "${{" not in step["run"], "expressions are code where a shell reads them: env holds them"
        assert (ROOT / script["script"]).stat().st_mode & 0o111 == 0o111


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_actions_are_pinned_by_commit_with_their_version(path: Path) -> None:
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    for line in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_one_action_is_pinned_to_one_commit() -> None:
    pins = {line for path in FILES for line in re.findall(r"uses: (.*)", path.read_text())}
    names = [pin.partition("@")[0] for pin in pins]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_rights_are_given_by_job(path: Path) -> None:
    workflow = load(path)
    assert workflow["permissions"] == {}
    assert all("permissions" in job and "timeout-minutes" in job for job in workflow["jobs"].values())
    assert "concurrency" in workflow


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_a_pull_request_meets_no_secret_and_no_right(path: Path) -> None:
    workflow = load(path)
    assert "pull_request_target" not in workflow["on"]
    if "pull_request" not in workflow["on"]:
        return
    assert "secrets" not in path.read_text()
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        for step in job["steps"]:
            if "checkout@" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_the_base_branch_judges() -> None:
    (job,) = load(WORKFLOWS / "pull-request.yml")["jobs"].values()
    base, change = (step["with"] for step in job["steps"] if "checkout@" in step.get("uses", ""))
    assert base == {
        "ref": "${{ github.event.pull_request.base.sha }}",
        "path": "base",
        "persist-credentials": False,
    }
    assert "ref" not in change
    assert all(step["run"].startswith("base/") for step in job["steps"] if "run" in step)


def test_the_comment_runs_nothing_of_the_change() -> None:
    workflow = load(WORKFLOWS / "pull-request-comment.yml")
    assert workflow["on"] == {"workflow_run": {"workflows": ["Pull request"], "types": ["completed"]}}
    assert workflow["on"]["workflow_run"]["workflows"] == [load(WORKFLOWS / "pull-request.yml")["name"]]
    (job,) = workflow["jobs"].values()
    checkouts = [step for step in job["steps"] if "checkout@" in step.get("uses", "")]
    assert [step["with"] for step in checkouts] == [{"persist-credentials": False}]


def test_publishing_is_one_at_a_time_with_the_key_that_may() -> None:
    workflow = load(WORKFLOWS / "publish.yml")
    assert workflow["concurrency"] == {"group": "publish", "cancel-in-progress": False}
    (job,) = workflow["jobs"].values()
    assert job["environment"] == "aft-publish"
    assert job["permissions"] == {"contents": "read", "id-token": "write", "pull-requests": "write"}
    checkout = job["steps"][0]["with"]
    assert (checkout["fetch-depth"], checkout["ssh-key"]) == (0, "${{ secrets.AFTGEN_DEPLOY_KEY }}")


def ruleset(name: str) -> dict[str, object]:
    read: dict[str, object] = json.loads((ROOT / ".github/rulesets" / f"{name}.json").read_text())
    assert set(read) == {"name", "target", "enforcement", "conditions", "bypass_actors", "rules"}
    assert (read["target"], read["enforcement"]) == ("branch", "active")
    return read


def kinds(rules: dict[str, object]) -> list[str]:
    return [rule["type"] for rule in rules["rules"]]  # type: ignore[attr-defined]


def test_the_rulesets() -> None:
    only_publishing, only_forward, main = map(
        ruleset, ("aft-branches-only-publishing", "aft-branches-only-forward", "main")
    )
    assert kinds(only_publishing) == ["creation", "update"]
    assert only_publishing["bypass_actors"] == [
        {"actor_id": None, "actor_type": "DeployKey", "bypass_mode": "always"}
    ]
    assert kinds(only_forward) == ["deletion", "non_fast_forward", "required_linear_history"]
    assert only_forward["bypass_actors"] == main["bypass_actors"] == []
    assert kinds(main) == ["deletion", "non_fast_forward", "pull_request", "required_status_checks"]
    (job,) = load(WORKFLOWS / "pull-request.yml")["jobs"].values()
    checks = main["rules"][3]["parameters"]["required_status_checks"]  # type: ignore[index]
    assert [check["context"] for check in checks] == [job["name"]]
    assert main["rules"][2]["parameters"]["require_code_owner_review"] is True  # type: ignore[index]


def owned() -> list[str]:
    return [line.split()[0] for line in OWNERS.splitlines() if line and not line.startswith("#")]


def test_whatever_runs_with_rights_has_an_owner() -> None:
    guarded = {f"/{folder}/" for folder in AFT_REPOSITORIES} - {"/account-requests/"}
    guarded |= {
        "/account-requests/terraform/modules/",
        "/account-requests/terraform/*.jinja",
        "/.github/",
        "/.gitlab-ci.yml",
        "/tools/",
        "/generator/",
        "/aftgen.yaml",
        "/pyproject.toml",
    }
    assert guarded <= set(owned())


def test_owners_guard_what_is_there() -> None:
    for pattern in owned():
        path = pattern.strip("/")
        if "*" not in path:
            assert (ROOT / path).exists(), pattern
            assert pattern.endswith("/") is (ROOT / path).is_dir(), pattern
    lines = [line for line in OWNERS.splitlines() if line and not line.startswith("#")]
    assert {line.split(maxsplit=1)[1] for line in lines} == {"@example/platform-admins"}
    # A request has none: who may ask for accounts reviews it.
    assert not [
        line for line in lines if line.startswith(("/account-requests/ ", "/account-requests/terraform/ "))
    ]


def test_the_pre_commit_hook() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert (hook["id"], hook["entry"], hook["language"]) == ("aftgen-check", "aftgen check --quiet", "python")
    for path in (
        "aftgen.yaml",
        "account-requests/terraform/a.tf",
        "global-customizations/x",
        "terraform/a.tf",
    ):
        assert re.search(hook["files"], path)
    assert not re.search(hook["files"], "README.md")
