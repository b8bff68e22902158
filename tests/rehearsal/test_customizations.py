"""Customizations that fail in AFT fail in the rehearsal: at the same stage, with the same words."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from aftgen.cloud import LandingZone
from aftgen.errors import UsageError
from aftgen.rehearsal.pipeline import StageResult
from aftgen.rehearsal.processes import Workspace

from .customization_builds import (
    ACCOUNT,
    MAIN,
    POST,
    PRE,
    REQUIREMENTS,
    Builds,
    landing_zone,
    letters,
    stage,
)

RELEASES = ("1.17.1", "1.18.1", "1.19.0", "1.20.1")
FAILING = "#!/bin/bash\necho it went wrong >&2\nexit 3\n"
SOURCED_FAILING = "echo it went wrong >&2\nreturn 3 2>/dev/null || exit 3\n"


@pytest.fixture(scope="module")
def zone() -> Iterator[LandingZone]:
    with landing_zone() as made:
        yield made


@pytest.fixture
def builds(zone: LandingZone, workspace: Workspace, tmp_path: Path, environment_cache: Path) -> Builds:
    return Builds(zone, workspace, tmp_path, environment_cache)


@pytest.mark.parametrize("release", RELEASES)
def test_a_complete_customization_passes_in_every_release(builds: Builds, release: str) -> None:
    heard: list[StageResult] = []
    builds.request("sandbox")
    result = builds.pipeline(builds.publish(), aft_version=release).run(ACCOUNT, heard.append)
    assert letters(result) == "oooooooo"
    assert result.ok
    assert result.reason == ""
    assert tuple(heard) == result.stages
    assert stage(result, "global pre").log == "pre ran\n"
    assert stage(result, "account post").log == "post ran\n"


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("text", [FAILING, SOURCED_FAILING], ids=["exit", "return"])
def test_a_failing_global_pre_helper_ends_the_pipeline(builds: Builds, release: str, text: str) -> None:
    result = builds.run(builds.publish({PRE: text}), aft_version=release)
    assert letters(result) == "ofnnnnnn"
    called = {"1.17": ("{}", 3), "1.18": ("{} || exit 1", 1), "1.19": ("{} || exit 1", 1)}
    how, code = called.get(release[:4], (". {} || exit 1", 3 if text == FAILING else 1))
    script = how.format("$DEFAULT_PATH/api_helpers/pre-api-helpers.sh")
    assert result.reason == f"global pre: it went wrong (exit status {code} of: {script})"
    assert stage(result, "account pre").reason == "the global customization failed"


@pytest.mark.parametrize("release", RELEASES)
def test_a_failing_global_post_helper_ends_the_pipeline(builds: Builds, release: str) -> None:
    result = builds.run(builds.publish({POST: FAILING}), aft_version=release)
    assert letters(result) == "ooofnnnn"
    assert result.reason.startswith("global post: it went wrong (exit status ")


@pytest.mark.parametrize("release", RELEASES)
def test_a_failing_account_pre_helper_is_not_noticed_before_1_18(builds: Builds, release: str) -> None:
    result = builds.run(builds.publish(sandbox={PRE: FAILING}), aft_version=release)
    if release == "1.17.1":
        assert letters(result) == "oooooooo"
        note = "the helper ended with 3; AFT 1.17.1 does not look"
        assert stage(result, "account pre").notes == (note,)
        return
    assert letters(result) == "ooooofnn"
    assert result.reason.startswith("account pre: it went wrong (exit status ")
    assert stage(result, "account terraform").reason == "the pre stage failed"


@pytest.mark.parametrize("release", RELEASES)
def test_a_failing_account_post_helper_fails_the_build(builds: Builds, release: str) -> None:
    result = builds.run(builds.publish(sandbox={POST: FAILING}), aft_version=release)
    assert letters(result) == "ooooooof"
    assert not result.ok


def test_exit_0_in_a_sourced_helper_ends_its_command_and_drops_what_it_exported(builds: Builds) -> None:
    pre = "export KEPT=no\nexit 0\n"
    post = 'echo "kept=${KEPT-nothing} profile=$AWS_PROFILE"\n'
    result = builds.run(builds.publish({PRE: pre, POST: post}, sandbox={PRE: pre, POST: post}))
    assert letters(result) == "oooooooo"
    for kind in ("global", "account"):
        assert stage(result, f"{kind} post").log == "kept=nothing profile=aft-target\n"


@pytest.mark.parametrize(("release", "kept"), [("1.20", "a b\nc 'd' $e"), ("1.19", "nothing")])
def test_what_a_helper_exports_reaches_the_later_phases_only_when_it_is_sourced(
    builds: Builds, release: str, kept: str
) -> None:
    pre = "export KEPT=$'a b\\nc \\'d\\' $e'\nPLAIN=1\nset -e\nlater() { :; }\n"
    post = 'echo "${KEPT-nothing}|${PLAIN-unset}|$-|$(type -t later)"\n'
    result = builds.run(builds.publish({PRE: pre, POST: post}), aft_version=release)
    log = stage(result, "global post").log
    plain = "1" if release == "1.20" else "unset"
    assert re.fullmatch(rf"{re.escape(kept)}\|{plain}\|[^e|]*\|\n", log)


def test_set_e_inside_a_sourced_helper_is_ignored_as_in_aft(builds: Builds) -> None:
    result = builds.run(builds.publish({PRE: "set -e\nfalse\necho on it goes\n"}))
    assert letters(result) == "oooooooo"
    assert stage(result, "global pre").log == "on it goes\n"


WHERE = 'echo "$PWD|$DEFAULT_PATH|${CUSTOMIZATION-}|$TF_DISTRIBUTION|$AWS_PROFILE|$VENDED_ACCOUNT_ID"\n'


@pytest.mark.parametrize("distribution", ["oss", "tfc"])
def test_each_helper_runs_where_aft_runs_it(builds: Builds, distribution: str) -> None:
    files = {PRE: WHERE, POST: WHERE}
    result = builds.run(
        builds.publish(files, team__sandbox=files), customization="team/sandbox", distribution=distribution
    )
    assert letters(result) == "oooooooo"
    found = {}
    for name in ("global pre", "global post", "account pre", "account post"):
        here, root, *rest = stage(result, name).log.strip().split("|")
        found[name] = here.removeprefix(root)
        customization = "team/sandbox" if name.startswith("account") else ""
        assert rest == [customization, distribution, "aft-target", ACCOUNT]
    terraform = "/terraform" if distribution == "oss" else ""
    assert found == {
        "global pre": "",
        "global post": terraform,
        "account pre": "",
        "account post": f"/team/sandbox{terraform}",
    }


def test_a_helper_sees_nothing_of_this_machine(builds: Builds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OF_THIS_MACHINE", "1")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    result = builds.run(builds.publish({PRE: "env | grep -c '^OF_THIS\\|^AWS_SECRET' ; compgen -e\n"}))
    names = set(stage(result, "global pre").log.split())
    assert names == {
        "0",
        "AFT_ACCESS_CALLS_PER_SECOND",
        *("AWS_CONFIG_FILE", "AWS_DEFAULT_REGION", "AWS_EC2_METADATA_DISABLED", "AWS_ENDPOINT_URL"),
        *("AWS_PARTITION", "AWS_PROFILE", "AWS_REGION", "AWS_SHARED_CREDENTIALS_FILE"),
        *(
            "CODEBUILD_BUILD_ID",
            "CODEBUILD_INITIATOR",
            "CODEBUILD_RESOLVED_SOURCE_VERSION",
            "CODEBUILD_SRC_DIR",
        ),
        *("HOME", "LANG", "OLDPWD", "PATH", "PS1", "PWD", "SHLVL", "TMPDIR", "VENDED_ACCOUNT_ID"),
        *("VIRTUAL_ENV", "VIRTUAL_ENV_PROMPT"),
    } - {"OLDPWD", "PS1"} | names & {"OLDPWD", "PS1"}


# --- what is missing
# ------------------------------------------------------------------------------------------------


def test_a_forgotten_requirement_is_an_import_error(builds: Builds) -> None:
    for module in ("yaml", "boto3", "aftgen", "pytest"):
        text = f'python3 -c "import {module}" || return 1 2>/dev/null || exit 1\n'
        result = builds.run(builds.publish({PRE: text}))
        assert letters(result) == "ofnnnnnn"
        assert result.reason.startswith(
            f"global pre: ModuleNotFoundError: No module named '{module}' (exit status 1"
        )


def test_a_missing_helper_fails_where_aft_fails(builds: Builds) -> None:
    result = builds.run(builds.publish({PRE: None}))
    assert letters(result) == "fnnnnnnn"
    assert result.reason.startswith("global install: chmod: ")
    assert "No such file or directory" in result.reason
    # In the account's build nobody looks at chmod's exit code.
    result = builds.run(builds.publish(sandbox={PRE: None}))
    assert letters(result) == "ooooofnn"
    assert "No such file or directory" in result.reason
    result = builds.run(builds.publish(sandbox={POST: None}), aft_version="1.17")
    assert letters(result) == "ooooooof"
    assert "No such file or directory" in result.reason


def test_a_missing_requirements_file_fails_the_global_build_only(builds: Builds) -> None:
    said = "Could not open requirements file: [Errno 2] No such file or directory: "
    result = builds.run(builds.publish({REQUIREMENTS: None}))
    assert letters(result) == "fnnnnnnn"
    assert result.reason == f"global install: {said}'api_helpers/python/requirements.txt'"
    result = builds.run(builds.publish(sandbox={REQUIREMENTS: None}))
    assert letters(result) == "oooooooo"
    installed = stage(result, "account install")
    assert f"{said}'sandbox/api_helpers/python/requirements.txt'" in installed.log
    assert installed.notes == ("there is no requirements.txt: AFT goes on with an empty virtual environment",)


def test_a_requirement_that_does_not_exist_is_named(builds: Builds) -> None:
    wanted = "aftgen-no-such-package-anywhere==9.9.9"
    trees = builds.publish({REQUIREMENTS: f"--no-index\n{wanted}\n"})
    result = builds.run(trees)
    assert letters(result) == "fnnnnnnn"
    assert result.reason.startswith(
        f"global install: pip install failed: No matching distribution found for {wanted}"
    )


def test_a_helper_that_installs_something_changes_nothing_for_the_next_build(builds: Builds) -> None:
    text = """
python3 - <<'END' || return 1
import pathlib, sys, sysconfig
place = pathlib.Path(sysconfig.get_path("purelib"), "installed_meanwhile.py")
print("found" if place.exists() else "fresh")
place.write_text("")
END
python3 -c "import installed_meanwhile" || return 1
"""
    result = builds.run(builds.publish({PRE: text}, sandbox={PRE: text}))
    assert letters(result) == "oooooooo"
    assert [stage(result, f"{kind} pre").log for kind in ("global", "account")] == ["fresh\n", "fresh\n"]


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("sandbox", "oooooooo", ""),
        ("", "oooossss", ""),
        ("snadbox", "oooofnnn", "Error: snadbox directory does not exist"),
        (None, "oooofnnn", "Error: null directory does not exist"),
    ],
)
def test_row_9_the_customization_is_the_one_that_the_request_names(
    builds: Builds, name: str | None, how: str, said: str
) -> None:
    result = builds.run(builds.publish(), customization=name)
    assert letters(result) == how
    assert result.reason == (f"account install: {said}" if said else "")
    assert result.ok == (not said)


def test_an_account_without_a_row_has_no_customization(builds: Builds) -> None:
    aft = builds.zone.plan.aft_management.id
    builds.zone.backstage("dynamodb", aft).delete_item(
        TableName="aft-request-metadata", Key={"id": {"S": ACCOUNT}}
    )
    result = builds.pipeline(builds.publish()).run(ACCOUNT)
    assert letters(result) == "oooossss"
    assert stage(result, "account pre").reason == "the request names no customization"


def test_an_account_that_aft_cannot_enter_fails_creds_sh(builds: Builds) -> None:
    result = builds.pipeline(builds.publish()).run("999999999999")
    assert letters(result) == "fnnnnnnn"
    assert result.reason.startswith("global install: creds.sh: An error occurred (AccessDenied)")


def test_there_must_be_a_global_tree_and_a_release(builds: Builds) -> None:
    trees = builds.publish()
    with pytest.raises(ValueError, match=r"'latest' is not a release of AFT; write it as 1\.20 or 1\.20\.1"):
        builds.pipeline(trees, aft_version="latest")
    (trees.folder / "global-customizations").rename(trees.folder / "gone")
    with pytest.raises(UsageError, match="there is no global-customizations/ to publish"):
        builds.pipeline(trees)


# --- secrets
# ------------------------------------------------------------------------------------------------


def test_a_printed_secret_fails_the_stage_and_is_not_repeated(builds: Builds) -> None:
    text = """
echo first
grep -A 3 '\\[ct-management\\]' "$AWS_SHARED_CREDENTIALS_FILE" | grep secret
echo key AKIAQWERTYUIOPASDFGH
"""
    result = builds.run(builds.publish({PRE: text}))
    assert letters(result) == "ofnnnnnn"
    assert result.reason == (
        "global pre: a secret was printed into the build's log: the secret access key of profile "
        "ct-management (line 2 of the log), what looks like a credential (line 3 of the log)"
    )
    assert stage(result, "global pre").log == "first\naws_secret_access_key = [secret]\nkey [secret]\n"


def test_a_secret_in_the_words_of_a_failure_is_masked_too(builds: Builds) -> None:
    text = "awk '/session_token/ {print $3; exit}' \"$AWS_SHARED_CREDENTIALS_FILE\"\nreturn 1\n"
    result = builds.run(builds.publish({POST: text}))
    assert letters(result) == "ooofnnnn"
    assert result.reason.startswith("global post: [secret] (exit status 1 of: ")


# --- terraform
# ----------------------------------------------------------------------------------------------


def test_broken_terraform_skips_the_post_helper_as_aft_does(builds: Builds) -> None:
    result = builds.run(
        builds.publish({MAIN: 'resource "terraform_data" "this" {\n  input = local.nothing\n}\n'})
    )
    assert letters(result) == "oofnnnnn"
    assert result.reason == (
        "global terraform: main.tf:2:11: Reference to undeclared local value: nothing declares local.nothing"
    )
    skipped = stage(result, "global post")
    assert skipped.reason == "the Terraform stage failed: AFT's buildspec ends before the post helper"


def test_jinja_that_aft_cannot_render_fails_the_stage(builds: Builds) -> None:
    result = builds.run(builds.publish(sandbox={"terraform/extra.jinja": "# {{ nothing.at.all }}\n"}))
    assert letters(result) == "oooooofn"
    assert result.reason.startswith(
        "account terraform: extra.jinja: jinja2: UndefinedError: 'nothing' is undefined"
    )


def test_a_variable_that_aft_does_not_define_is_empty_and_said(builds: Builds) -> None:
    template = 'locals {\n  account = "{{ vended_account_id }}"\n}\n'
    result = builds.run(builds.publish(sandbox={"terraform/extra.jinja": template}))
    assert letters(result) == "oooooooo"
    note = "extra.jinja uses vended_account_id, which AFT does not define: empty text"
    assert note in stage(result, "account terraform").notes


def test_a_committed_rendered_file_has_its_blocks_twice(builds: Builds) -> None:
    committed = {"terraform/aft-providers.tf": 'provider "aws" {\n  region = "eu-central-1"\n}\n'}
    result = builds.run(builds.publish(committed))
    assert letters(result) == "oofnnnnn"
    assert result.reason == (
        "global terraform: aft-providers.tf:4:1: Duplicate provider aws configuration: it was declared at "
        "aft-providers.tf:1:1"
    )


def test_a_variable_that_the_pre_helper_exports_reaches_terraform_in_oss_only(builds: Builds) -> None:
    main = 'variable "wanted" {\n  type = string\n}\n'
    missing = builds.run(builds.publish({MAIN: main}))
    assert missing.reason.startswith("global terraform: main.tf:1:1: No value for required variable")
    trees = builds.publish({MAIN: main, PRE: "export TF_VAR_wanted=1\n"})
    assert letters(builds.run(trees)) == "oooooooo"
    remote = builds.run(trees, distribution="tfe")
    assert stage(remote, "global terraform").notes[0] == "the workspace must give a value to: wanted"


def test_builds_leave_no_folder_and_no_process(builds: Builds) -> None:
    pre = "sleep 1000 &\necho $! >> $HOME/../../../background\n"
    post = 'kill -0 "$(cat $HOME/../../../background)" && echo still there\n'
    result = builds.run(builds.publish({PRE: pre, POST: post}), customization="")
    assert stage(result, "global post").log == "still there\n"
    process = int((builds.workspace.folder / "background").read_text())
    assert (
        not Path(f"/proc/{process}/cmdline").exists() or Path(f"/proc/{process}/cmdline").read_bytes() == b""
    )
    assert list((builds.workspace.folder / "builds").iterdir()) == []
