"""The command line: what each command prints and how it ends."""

import json
import os
import subprocess
from functools import cached_property, partial
from pathlib import Path
from typing import Any, ClassVar

import pytest
from access_fakes import (
    ACCOUNT,
    BASE_ACCESS,
    DELEGATE,
    MANAGEMENT,
    OTHER,
    FakeCalls,
    World,
    declare,
    write_tree,
)
from aft_access import cli, importing
from aft_access.contract import AccessDeclaration, Grant, Principal, dump
from aft_access.errors import AwsError, UsageError
from aft_access.permission_sets import PermissionSet
from aft_access.wiring import PARAMETERS, Wiring, published

READ = "ReadOnlyAccess:group:auditors"


class Fakes(FakeCalls):
    """A caller with the counts that a run logs."""

    counts: ClassVar[dict[str, int]] = {}


class FakeWiring(Wiring):
    """The real wiring, with the world's calls in place of AWS sessions."""

    world: World

    @cached_property
    def parameters(self) -> dict[str, str]:
        return {
            "aft_account": "444444444444",
            "management_account": MANAGEMENT,
            "admin_role": "AWSAFTAdmin",
            "execution_role": "AWSAFTExecution",
            "session_name": "AWSAFT-Session",
            "request_table": "aft-request",
            "metadata_table": "aft-request-metadata",
            "success_topic": "arn:ready",
            "failure_topic": "arn:failed",
        }

    @cached_property
    def aft(self) -> Any:
        return Fakes(self.world.cloud, "aft")

    @cached_property
    def management(self) -> Any:
        return Fakes(self.world.cloud, MANAGEMENT)

    @cached_property
    def author(self) -> Any:
        return Fakes(self.world.cloud, MANAGEMENT)

    @cached_property
    def identity(self) -> Any:
        delegate = self.catalogue.access.identity_center.delegated_administrator
        return Fakes(self.world.cloud, delegate) if delegate else self.management


@pytest.fixture
def command(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command in a published tree; gives exit code, stdout and stderr."""
    write_tree(tmp_path)
    world.cloud.principal("group", "auditors")
    world.request(declare(READ))
    monkey = {"AWS_REGION": "eu-west-1", "CODEBUILD_BUILD_ID": "build:7"}

    def make(tree: Path, account: str | None) -> Wiring:
        made = FakeWiring(tree=tree, account_id=account, environment=monkey, clock=world.clock)
        made.world = world
        return made

    def run(*argv: str) -> tuple[int, str, str]:
        code = cli.main(["--tree", str(tmp_path), *argv], make)
        out = capsys.readouterr()
        return code, out.out, out.err

    return run


def test_apply_converges_announces_once_and_then_is_silent(command: Any, world: World) -> None:
    code, out, _ = command("apply", "--account", ACCOUNT, "--phase", "post")
    assert code == 0
    assert out.splitlines()[0] == f"{ACCOUNT} payments-prod (Workloads/Prod): converged"
    assert [one["TopicArn"] for one in world.cloud.published] == ["arn:ready"]
    assert "https://example.awsapps.com/start" in world.cloud.published[0]["Message"]
    code, out, _ = command("apply", "--account", ACCOUNT, "--phase", "post")
    assert (code, out.splitlines()[0].endswith("unchanged")) == (0, True)
    assert len(world.cloud.published) == 1


def test_a_changed_audience_is_announced_after_a_pre_that_changed_it(command: Any, world: World) -> None:
    command("apply", "--account", ACCOUNT)
    world.request(declare())
    command("apply", "--account", ACCOUNT, "--phase", "pre")
    assert len(world.cloud.published) == 1
    command("apply", "--account", ACCOUNT, "--phase", "post")
    assert len(world.cloud.published) == 2


def test_a_refusal_is_told_with_its_reasons_and_fails(command: Any, world: World) -> None:
    world.request(declare("ReadOnlyAccess:group:nobody"))
    code, out, err = command("apply", "--account", ACCOUNT)
    assert (code, out) == (1, "")
    assert "refused, nothing was changed: group:nobody does not exist in Identity Center" in err
    assert [one["TopicArn"] for one in world.cloud.published] == ["arn:failed"]


def test_a_failed_grant_fails_the_build_and_is_told(command: Any, world: World) -> None:
    world.cloud.fail["CreateAccountAssignment"] = "role quota"
    code, out, _ = command("apply", "--account", ACCOUNT)
    assert code == 1
    assert "FAILED grant ReadOnlyAccess:group:auditors: role quota" in out
    assert "grant ReadOnlyAccess:group:auditors: role quota" in world.cloud.published[0]["Message"]


def test_a_topic_that_cannot_be_told_does_not_hide_the_outcome(command: Any, world: World) -> None:
    world.cloud.faults = [("Publish", AwsError("Publish", "NotFound", "no topic"), False)]
    code, _, err = command("apply", "--account", ACCOUNT)
    assert code == 0
    assert "AFT's topic could not be told: Publish: NotFound: no topic" in err


def test_plan_prints_text_or_json_and_writes_nothing(command: Any, world: World) -> None:
    code, out, _ = command("plan", "--account", ACCOUNT, "--drift")
    assert (code, "  + ReadOnlyAccess to group:auditors (request)" in out) == (0, True)
    code, out, _ = command("plan", "--account", ACCOUNT, "--json")
    assert json.loads(out)["grant"] == [
        {"permission_set": "ReadOnlyAccess", "principal": "group:auditors", "source": "request"}
    ]
    assert world.spent()[1] == 0


def test_catalogue_plan_and_apply(command: Any, world: World) -> None:
    assert "+ create permission set ReadOnlyAccess" in command("catalogue", "plan")[1]
    assert world.cloud.sets == {}
    assert command("catalogue", "apply")[0] == 0
    assert sorted(one["Name"] for one in world.cloud.sets.values()) == [
        "AdministratorAccess",
        "ReadOnlyAccess",
    ]
    code, out, _ = command("catalogue", "plan", "--json")
    assert (code, json.loads(out)["actions"]) == (0, [])
    world.cloud.sets[world.cloud.arn("ReadOnlyAccess")]["Description"] = "hacked"
    world.cloud.faults = [("UpdatePermissionSet", AwsError("UpdatePermissionSet", "Denied", "no"), False)]
    code, _, err = command("catalogue", "apply")
    assert (code, err) == (1, "FAILED update ReadOnlyAccess: UpdatePermissionSet: Denied: no\n")


def test_import_adopt_and_release(command: Any, world: World) -> None:
    command("catalogue", "apply")
    arn = world.cloud.arn("ReadOnlyAccess")
    auditors = next(iter(world.cloud.groups))
    world.cloud.give(arn, "group", auditors)
    world.cloud.give(arn, "group", world.cloud.principal("group", "AWSSecurityAuditors"))
    world.cloud.give(arn, "user", "gone")
    tower = world.cloud.permission_set("AWSAdministratorAccess", ours=False)
    world.cloud.give(tower, "user", world.cloud.principal("user", "owner@example.com"))
    code, out, _ = command("import", "--account", ACCOUNT)
    assert code == 0
    assert out.splitlines() == [
        f"# {ACCOUNT}",
        "  custom_fields = {",
        "    access = jsonencode({",
        "      version = 1",
        "      grants = {",
        '        ReadOnlyAccess = ["group:auditors"]',
        "      }",
        "    })",
        "  }",
        *sorted(
            [
                "# left out: ReadOnlyAccess:group:AWSSecurityAuditors is Control Tower's",
                "# left out: ReadOnlyAccess for user gone, which does not exist",
                "# left out: AWSAdministratorAccess:user:owner@example.com is Control Tower's",
            ],
            key=out.index,
        ),
    ]
    assert command("adopt", "--account", ACCOUNT, READ)[:2] == (0, f"adopted {READ}\n")
    assert (
        json.loads(command("plan", "--account", ACCOUNT, "--json")[1])["kept"][0]["principal"]
        == "group:auditors"
    )
    record = world.ledger().audit(ACCOUNT)[0]
    assert (record["what"], record["subject"], record["build"]) == ("adopted", READ, "build:7")
    assert record["detail"] == "request; request payments@example.com"
    assert world.ledger().account(ACCOUNT).rows[0].request == "payments@example.com"
    code, _, err = command("adopt", "--account", ACCOUNT, READ)
    assert (code, "is not declared and present here" in err) == (1, True)
    world.request(declare())
    assert command("release", "--account", ACCOUNT)[:2] == (0, f"released {READ}\n")
    command("apply", "--account", ACCOUNT)
    assert world.cloud.has("ReadOnlyAccess", auditors)


def test_control_towers_grants_are_never_adopted(command: Any, world: World) -> None:
    command("catalogue", "apply")
    grant = "ReadOnlyAccess:group:AWSSecurityAuditors"
    world.cloud.give(
        world.cloud.arn("ReadOnlyAccess"), "group", world.cloud.principal("group", "AWSSecurityAuditors")
    )
    world.request(declare(grant))
    command("apply", "--account", ACCOUNT)
    code, _, err = command("adopt", "--account", ACCOUNT, grant)
    assert (code, "is Control Tower's and is never adopted" in err) == (1, True)


def test_repin_prints_the_reviewed_entry(command: Any, world: World) -> None:
    command("apply", "--account", ACCOUNT)
    old = next(iter(world.cloud.groups))
    del world.cloud.groups[old]
    new = world.cloud.principal("group", "auditors")
    code, out, _ = command("repin", "group:auditors")
    assert (code, f"    id: {new}\n" in out, f"was {old};" in out, "reviewed: 2026-11-24" in out) == (
        0,
        True,
        True,
        True,
    )
    code, _, err = command("repin", "user:nobody")
    assert (code, "does not exist, so there is no id to pin" in err) == (1, True)


def test_the_emergency_brake_revokes_in_every_account(command: Any, world: World) -> None:
    command("apply", "--account", ACCOUNT)
    world.cloud.accounts[OTHER] = world.cloud.accounts[ACCOUNT] | {"Id": OTHER, "Email": "other@example.com"}
    world.cloud.parents[OTHER] = ("r-ab12", "ROOT")
    world.request(declare(READ), id_="other@example.com")
    command("apply", "--account", OTHER)
    assert len(world.cloud.assignments) == 2
    code, out, err = command("revoke", "--principal", "group:auditors", "--all")
    assert (code, out) == (0, f"{ACCOUNT} {READ} revoked\n{OTHER} {READ} revoked\n")
    assert "Now remove group:auditors from requests and rules in a pull request" in err
    assert "Revoking does not end sessions" in err
    assert world.cloud.assignments == {}
    code, out, _ = command("history", ACCOUNT)
    assert [json.loads(one)["what"] for one in out.splitlines()] == ["granted", "revoked in an emergency"]
    for name in ("auditors", "group:auditors", "ReadOnlyAccess", READ):
        assert len([one for one in command("history", name)[1].splitlines() if ":group:" in one]) == 4
    assert command("history", "audit")[1] == ""
    command("apply", "--account", ACCOUNT)
    world.cloud.fail["DeleteAccountAssignment"] = "no"
    code, out, _ = command("revoke", "--principal", "group:auditors", "--all")
    assert (code, out) == (1, f"{ACCOUNT} {READ} FAILED (no)\n")


def test_a_broken_catalogue_lists_every_problem(command: Any, tmp_path: Path) -> None:
    write_tree(tmp_path, "identity_center: {}\nmore: 1\n")
    code, _, err = command("plan", "--account", ACCOUNT)
    assert code == 1
    assert err.splitlines() == [
        "identity-center/access.yaml:1: identity_center.region: is missing",
        "identity-center/access.yaml:2: more: is not a known key",
    ]


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["plan"],
        ["plan", "--account", "1"],
        ["adopt", "--account", ACCOUNT, "x"],
        ["repin", "auditors"],
        ["revoke", "--principal", "group:x"],
        ["nonsense"],
    ],
)
def test_wrong_usage_is_2(command: Any, argv: list[str]) -> None:
    assert command(*argv)[0] == 2


def test_help_is_0(command: Any) -> None:
    code, out, _ = command("--help")
    assert (code, "Converge one account" in out) == (0, True)


def test_the_pipelines_account_is_the_default(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VENDED_ACCOUNT_ID", ACCOUNT)
    assert command("plan")[0] == 0


def test_a_bug_is_3_with_a_traceback_and_an_interrupt_is_130(
    command: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> int:
        raise RuntimeError("for user:ana@example.com")

    monkeypatch.setattr(cli.operations, "history", broken)
    code, _, err = command("history", "x")
    assert (code, "this is a bug" in err, "RuntimeError" in err, "ana@example.com" in err) == (
        3,
        True,
        True,
        False,
    )

    def stopped(*_: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.operations, "history", stopped)
    assert command("history", "x")[0] == 130


def test_the_revision_comes_from_the_published_tree(tmp_path: Path) -> None:
    assert (published(tmp_path).revision, published(tmp_path).commit) == (0, "")
    (tmp_path / "revision.json").write_text('{"revision": 12, "commit": "abc"}', "utf-8")
    assert (published(tmp_path).revision, published(tmp_path).commit) == (12, "abc")
    (tmp_path / "revision.json").write_text("{}", "utf-8")
    with pytest.raises(UsageError, match=r"revision\.json cannot be read"):
        published(tmp_path)


def real(tmp_path: Path, access: str = BASE_ACCESS, **parts: Any) -> Wiring:
    return Wiring(tree=write_tree(tmp_path, access), environment={"AWS_REGION": "eu-west-1"}, **parts)


def test_afts_parameters_are_read_in_one_call(world: World, tmp_path: Path) -> None:
    import boto3

    client = boto3.client("ssm", region_name="eu-west-1")
    for key, name in PARAMETERS.items():
        if key != "failure_topic":
            client.put_parameter(Name=name, Value=f"value-{key}", Type="String")
    wiring = real(tmp_path)
    assert wiring.hub.execution_role_arn("aws", "1") == "arn:aws:iam::1:role/value-execution_role"
    assert wiring.management_account_id == "value-management_account"
    assert wiring.counts() == {"AssumeRole": 0, "GetParameters": 1}
    client.delete_parameter(Name=PARAMETERS["session_name"])
    with pytest.raises(UsageError, match="AFT's parameters are missing: /aft/resources/iam/aft-session-name"):
        _ = real(tmp_path).parameters


def test_each_session_is_of_the_account_that_it_should_be(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, bool]] = []
    delegated = BASE_ACCESS.replace(
        "region: eu-west-1", f'region: eu-west-1, delegated_administrator: "{DELEGATE}"'
    )
    wiring = real(tmp_path, delegated, account_id=ACCOUNT)
    wiring.__dict__["parameters"] = FakeWiring(tree=tmp_path).parameters

    def execution(account_id: str, *, policy: Any, hub: Any) -> Any:
        asked.append((account_id, policy is not None))
        import boto3

        return boto3.Session(region_name="eu-west-1")

    monkeypatch.setattr(wiring.credentials, "execution", execution)
    for caller in (wiring.management, wiring.identity, wiring.author):
        caller._client("sso-admin", "")
    assert asked == [(MANAGEMENT, True), (DELEGATE, True), (MANAGEMENT, True)]
    wiring.aft._client("dynamodb", "")
    assert len(asked) == 3
    wiring.aft._forget_session()
    wiring.aft._client("dynamodb", "")
    assert asked[3] == ("444444444444", False)
    assert wiring.assignments.reads_by_principal is False
    assert wiring.stamp.run.startswith("local/")
    assert list(wiring.topics.__dict__.values())[1:] == ["arn:ready", "arn:failed", "Access"]
    assert real(tmp_path, account_id=ACCOUNT).partition == "aws"


def test_calls_go_to_identity_centers_region(world: World, tmp_path: Path) -> None:
    wiring = real(tmp_path, BASE_ACCESS.replace("eu-west-1", "eu-north-1"), account_id=ACCOUNT)
    wiring.__dict__["parameters"] = FakeWiring(tree=tmp_path).parameters
    seen: list[str] = []

    class Recorder:
        counts: ClassVar[dict[str, int]] = {}

        def call(self, *_: Any, region: str, **__: Any) -> dict[str, Any]:
            seen.append(region)
            return {"GroupId": "g"}

        def pages(self, *_: Any, region: str, **__: Any) -> Any:
            seen.append(region)
            return [{"InstanceArn": "a", "IdentityStoreId": "d", "OwnerAccountId": MANAGEMENT}]

    wiring.__dict__["management"] = wiring.__dict__["author"] = Recorder()
    from aft_access.contract import Principal

    assert wiring.directory.find(Principal(kind="group", name="x")) == "g"
    assert wiring.provisioning.instance().arn == "a"
    assert seen == ["eu-north-1", "eu-north-1", "eu-north-1"]


def test_the_clock_is_the_machines() -> None:
    from aft_access.wiring import RealClock

    clock = RealClock()
    before = clock.now()
    clock.sleep(0.01)
    assert clock.now() - before >= 0.009


def test_import_of_all_accounts_writes_what_the_catalogue_lacks(
    command: Any, world: World, tmp_path: Path
) -> None:
    full = world.cloud.permission_set(
        "Full",
        Description="Everything",
        SessionDuration="PT4H",
        RelayState="https://x.example/",
        managed={"arn:aws:iam::aws:policy/ReadOnlyAccess"},
        customer={("team", "/a/")},
        inline=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*"}]}),
        boundary={"CustomerManagedPolicyReference": {"Name": "edge", "Path": "/"}},
    )
    world.cloud.sets[full]["tags"]["team"] = "a"
    bounded = world.cloud.permission_set(
        "Bounded", boundary={"ManagedPolicyArn": "arn:aws:iam::aws:policy/Edge"}
    )
    tower = world.cloud.permission_set("AWSReadOnlyAccess", ours=False)
    group = next(iter(world.cloud.groups))
    for arn in (full, bounded, tower):
        world.cloud.give(arn, "group", group)
    for account in (ACCOUNT, MANAGEMENT):
        item = {"id": {"S": account}, "email": {"S": "x"}}
        world.cloud.table.put_item(TableName="aft-request-metadata", Item=item)
    sets_to_write = ("AWSReadOnlyAccess", "Bounded", "Full")
    code, out, err = command("import", "--all")
    assert (code, out.splitlines()[0], out.count("custom_fields")) == (0, f"# {ACCOUNT}", 1)
    files = [f"identity-center/permission-sets/{name}.yaml" for name in sets_to_write]
    assert err.splitlines() == [f"with --write: {file}" for file in files]
    assert not any((tmp_path / file).exists() for file in files)
    code, out, err = command("import", "--all", "--write")
    assert err.splitlines() == [f"wrote {file}" for file in files]
    schema = "# yaml-language-server: $schema=../../../schemas/permission-sets.schema.json\n"
    assert (tmp_path / files[0]).read_text() == f"{schema}external: true\n"
    from aft_access.catalogue import load

    sets = load(tmp_path).permission_sets
    assert sets["AWSReadOnlyAccess"].external
    assert sets["Bounded"].boundary == "arn:aws:iam::aws:policy/Edge"
    assert command("import", "--all", "--write")[2] == ""
    code, out, _ = command("catalogue", "plan", "--json")
    assert json.loads(out)["actions"] == [
        {"verb": "create", "kind": "permission set", "name": name, "detail": ""}
        for name in ("AdministratorAccess", "Bounded", "Full", "ReadOnlyAccess")
    ]
    assert command("catalogue", "apply")[0] == 0
    assert sets["Full"].digest == load(tmp_path).permission_sets["Full"].digest
    assert world.cloud.sets[full]["RelayState"] == "https://x.example/"
    assert command("import")[0] == 2


def test_what_an_import_cannot_declare_is_said(command: Any, world: World) -> None:
    command("catalogue", "apply")
    arn = world.cloud.arn("ReadOnlyAccess")
    world.cloud.give(arn, "group", world.cloud.principal("group", "two\u00a0words"))
    for number in range(190):
        world.cloud.give(arn, "group", world.cloud.principal("group", f"a-group-number-{number:03d}"))
    out = command("import", "--account", ACCOUNT)[1]
    assert out.count('          "group:a-group-number-') == 190
    long, left_out = out.splitlines()[-2:]
    said = json.loads(command("import", "--account", ACCOUNT, "--json")[1])["accounts"][0]
    assert long == f"# too long: {len(said['custom_field'])} bytes, and AFT stores 4096; use rules"
    assert left_out.startswith("# left out: the group name 'two\\xa0words' contains the invisible")
    assert (said["fits"], len(said["grants"]["ReadOnlyAccess"]), len(said["left_out"])) == (False, 190, 1)


@pytest.mark.parametrize(
    "there", ["description: Other\n", "external: true\n", "description: [\n", "nonsense: 1\n"]
)
def test_an_import_overwrites_what_says_something_else_only_when_asked(
    command: Any, world: World, tmp_path: Path, there: str
) -> None:
    arn = world.cloud.permission_set("Team", Description="Team's")
    world.cloud.give(arn, "group", next(iter(world.cloud.groups)))
    file = "identity-center/permission-sets/Team.yaml"
    (tmp_path / file).write_text(there)
    found = importing.catalogue_files([imported("Team", description="Team's")], tmp_path)
    assert (list(found.new), list(found.different)) == ([], [file])
    if there.startswith(("description: [", "nonsense")):
        return  # no command runs with such a catalogue
    code, out, err = command("import", "--account", ACCOUNT, "--write")
    assert (code, "Team" in out, (tmp_path / file).read_text()) == (1, True, there)
    assert (
        err == f"{file} says something else than what exists: nothing was written; --overwrite replaces it\n"
    )
    data = json.loads(command("import", "--account", ACCOUNT, "--json")[1])
    assert (data["version"], data["different"], list(data["files"])) == (1, [file], [file])
    assert command("import", "--account", ACCOUNT, "--write", "--overwrite")[2] == f"wrote {file}\n"
    assert (tmp_path / file).read_text() == data["files"][file]
    assert command("import", "--account", ACCOUNT, "--write")[::2] == (0, "")


def imported(name: str, **parts: Any) -> importing.Imported:
    return importing.Imported(
        account_id=ACCOUNT,
        declaration=AccessDeclaration(),
        permission_sets=(PermissionSet(name=name, **parts),),
        left_out=(),
    )


def test_a_file_that_cannot_be_written_is_wrong_usage(command: Any, tmp_path: Path) -> None:
    code, _, err = command("import", "--account", ACCOUNT, "--out", str(tmp_path))
    assert (code, err) == (2, f"aft_access: {tmp_path} cannot be written: Is a directory\n")


NAMES = ["plain", 'quo"ted', "back\\slash", "${not} a %{template}", "$${doubled}", "ünïcode", "a" * 60]


@pytest.mark.terraform
def test_the_snippet_means_its_declaration_and_is_in_terraforms_own_format(tmp_path: Path) -> None:
    grants = tuple(
        Grant(permission_set=one, principal=Principal(kind="group", name=name))
        for one in ("Plain", "Plus+Sign", "9digits")
        for name in NAMES[: 2 if one == "Plain" else None]
    )
    for number, declaration in enumerate((AccessDeclaration(grants=grants), AccessDeclaration())):
        folder = tmp_path / str(number)
        folder.mkdir()
        text = f"locals {{\n{importing.custom_fields(declaration)}}}\n"
        (folder / "main.tf").write_text(text, "utf-8")
        settings = {**os.environ, "TF_CLI_CONFIG_FILE": "/dev/null"}
        run = partial(subprocess.run, cwd=folder, env=settings, capture_output=True, text=True, check=True)
        run(["terraform", "fmt", "-check", "-diff"])
        asked = run(["terraform", "console"], input="nonsensitive(local.custom_fields.access)\n")
        assert json.loads(json.loads(asked.stdout)) == json.loads(dump(declaration))


def test_adopt_without_a_list_shows_what_could_be(command: Any, world: World) -> None:
    command("catalogue", "apply")
    world.cloud.give(world.cloud.arn("ReadOnlyAccess"), "group", next(iter(world.cloud.groups)))
    code, out, _ = command("adopt", "--account", ACCOUNT)
    assert (code, out) == (1, f"{READ}\n")


def test_an_error_in_the_log_hides_people_and_the_topic_does_not(command: Any, world: World) -> None:
    world.request(declare("ReadOnlyAccess:user:ana@example.com"))
    _, _, err = command("apply", "--account", ACCOUNT)
    assert "ana@example.com" not in err
    assert "user:~" in err
    assert "user:ana@example.com does not exist" in world.cloud.published[0]["Message"]
    assert "ana@example.com" in command("apply", "--account", ACCOUNT, "--names")[2]


def test_the_package_runs_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import runpy

    monkeypatch.setattr("sys.argv", ["aft_access", "--help"])
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("aft_access", run_name="__main__")
    assert (caught.value.code, "COMMAND" in capsys.readouterr().out) == (0, True)
