"""``aftgen status`` on the embedded AWS: the truth about an account, faults included."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from aftgen.cloud import Account, queues
from aftgen.cloud.baseline_operations import BaselineOperation
from aftgen.cloud.delivery import GLOBAL_PROJECT
from aftgen.cloud.state_machines import Failed
from command_line import aftgen
from diagnosis_world import PLAN, SHOP, AftWorld, aft_in_trouble
from published_world import World

_CATALOGUE = {
    "identity-center/access.yaml": {
        "identity_center": {"region": "eu-central-1", "portal_url": "https://example.awsapps.com/start"},
        "identity_source": "external",
        "restrictions": [
            {
                "permission_sets": ["Reading"],
                "principals": ["group:developers"],
                "where": {"ous": ["Root"]},
            }
        ],
    },
    "identity-center/groups.yaml": {"groups": {}, "users": {}},
    "identity-center/principals.yaml": {},
    "identity-center/permission-sets/Reading.yaml": {
        "description": "Reads",
        "managed_policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
    },
    "organization.yaml": {"organizational_units": dict(PLAN.organizational_units)},
}
_SAID = "aft-account-request-processor"
_OPERATION = "11111111-2222-4333-8444-555555555555"


@pytest.fixture(scope="module")
def module_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AftWorld]:
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("aft")
        with aft_in_trouble(folder, patch) as made:
            made.standing()
            yield made


@pytest.fixture
def world(module_world: AftWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AftWorld]:
    """Signed in, in no repository; the account `shop` stands."""
    monkeypatch.chdir(tmp_path)
    module_world.sign_in(monkeypatch)
    module_world.clock.interrupt_at, module_world.clock.slept = float("inf"), 0.0
    yield module_world
    module_world.calm()


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    done = aftgen(capsys, "status", "--json", *arguments)
    found: dict[str, object] = json.loads(done.out)
    assert found["version"] == 1
    return found


@pytest.mark.parametrize("name", ["shop", SHOP, "AWS+Shop@Example.com"])
def test_an_account_that_stands(name: str, world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "status", name)
    assert done.code == 0
    assert done.err == ""
    lines = done.out.splitlines()
    assert lines[0] == f"shop · aws+shop@example.com · {SHOP}"
    assert lines[1:5] == [
        "  request   Sandbox",
        "  account   ACTIVE in Sandbox (ou-ab12-sandbox01)",
        "  product   shop AVAILABLE, healthy (pp-shop)",
        "  access    0 grants of ours",
    ]
    assert lines[-1] == "ok: the account stands, and its pipeline has succeeded"
    whats = [line[33:] for line in lines if line.startswith("  ") and line[4:5] == ":"]
    assert {"build aft-create-pipeline", "customizations pipeline"} < set(whats)
    assert max(map(len, lines)) <= 80


def test_it_changes_nothing(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    queues.send(world.zone, "ADD", world.parameters("other"), dead=True)
    queues.send(world.zone, "ADD", world.parameters("waiting"))
    world.zone.cloud.log.clear()
    assert aftgen(capsys, "status", "shop").code == 0
    log = world.zone.cloud.log
    changing = {call.operation for call in log if call.write} - {"ReceiveMessage", "FilterLogEvents"}
    assert changing == {"ChangeMessageVisibility"}
    asked = log.select("sqs", operation="GetQueueAttributes")
    received = {str(call.parameters["QueueUrl"]).rpartition("/")[2] for call in asked}
    looked = log.select("sqs", operation="ReceiveMessage")
    assert {str(call.parameters["QueueUrl"]).rpartition("/")[2] for call in looked} == {queues.DEAD_LETTERS}
    assert queues.QUEUE in received
    assert [each["control_tower_parameters"]["AccountName"] for each in world.orders()] == ["waiting"]
    again = _json(capsys, "shop")
    assert again["evidence"]["queue"] == {"waiting": 1, "in_flight": 0, "dead": 1}  # type: ignore[index]
    assert again["remarks"] == ["1 dead letter of another request: 'aftgen doctor'"]


def test_the_products_real_reason(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world.request("taken")
    world.wait(120)
    world.errored("taken", "EMAIL_ALREADY_EXISTS: the email belongs to another AWS account")
    done = aftgen(capsys, "status", "taken")
    assert done.code == 1
    assert "failed: Service Catalog: the email belongs to another AWS account" in done.out
    assert "  place     taken (pp-taken), record rec-taken" in done.out
    found = _json(capsys, "taken")
    finding = found["finding"]
    assert isinstance(finding, dict)
    assert (finding["id"], finding["way"]) == ("email-taken", "again")
    assert [each["outcome"] for each in found["timeline"]] == [None, "failed", "failed"]  # type: ignore[union-attr, attr-defined]


def test_a_dead_letter_and_the_exception_behind_it(
    world: AftWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.request("busy")
    world.log(
        _SAID,
        "Creating new account leveraging parameters: aws+busy@example.com",
        "{'EXCEPTION': 'another AWS Control Tower operation is in progress. Try again later.'}",
    )
    world.log(_SAID, "{'EXCEPTION': 'of another run, secret_key=" + "a" * 40 + "'}")
    queues.send(world.zone, "ADD", world.parameters("busy"), dead=True)
    found = _json(capsys, "busy")
    assert found["finding"]["id"] == "busy"  # type: ignore[index]
    assert [each["email"] for each in found["evidence"]["letters"]] == ["aws+busy@example.com"]  # type: ignore[index]
    assert "receipt" not in json.dumps(found)
    assert "of another run" not in json.dumps(found)


def test_a_failure_inside_another_state_machine(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    inner = world.inner("aft-feature-options", Failed(state="aft_delete_default_vpc", cause="no rights"))
    cause = json.dumps({"ExecutionArn": inner, "Status": "FAILED"})
    failed = Failed(state="aft_account_provisioning_framework_aft_features", cause=cause, caught=False)
    world.framework(SHOP, "aws+shop@example.com", failed)
    finding = _json(capsys, "shop")["finding"]
    assert isinstance(finding, dict)
    assert finding["id"] == "features"
    assert finding["state"] == "aft_account_provisioning_framework_aft_features > aft_delete_default_vpc"
    assert finding["said"] == "no rights"
    world.framework(SHOP, "aws+shop@example.com")


def test_a_failed_pipeline_creation_with_its_log(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    log = "Error: bucket\n[Container] Phase complete: BUILD State: FAILED"
    build = world.created(SHOP, log, ok=False)
    cause = json.dumps({"Build": {"Id": build, "BuildStatus": "FAILED"}})
    failed = Failed(state="aft_account_provisioning_framework_create_pipeline", cause=cause)
    world.framework(SHOP, "aws+shop@example.com", failed)
    finding = _json(capsys, "shop")["finding"]
    assert isinstance(finding, dict)
    assert (finding["id"], finding["phase"]) == ("create-pipeline", "BUILD")
    assert finding["log"] == log.splitlines()
    world.created(SHOP)
    world.framework(SHOP, "aws+shop@example.com")


def test_the_failing_lines_of_a_customization_without_secrets(
    world: AftWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    log = [f"line {number}" for number in range(40)]
    log += [
        "Error: \x1b[31mno\x1b[0m AKIAABCDEFGHIJKLMNOP",
        "[Container] Phase complete: BUILD State: FAILED",
    ]
    log += ["after"] * 50 + ["[Container] Phase complete: POST_BUILD State: FAILED"]
    world.pipeline(SHOP, stage=GLOBAL_PROJECT, log="\n".join(log))
    done = aftgen(capsys, "status", "shop")
    assert done.code == 1
    assert "    Error: no [secret]" in done.out
    assert "AKIA" not in done.out
    assert "    line 27" in done.out
    assert "    line 26" not in done.out
    assert "    after" not in done.out
    assert "where     AFT-Global-Customizations/Apply, phase BUILD" in done.out
    assert "aftgen rerun shop" in done.out
    world.pipeline(SHOP)


def test_control_towers_operation_on_the_accounts_unit(
    world: AftWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    now = world.now()
    unit = BaselineOperation(
        id=_OPERATION,
        target="ou-ab12-sandbox01",
        status="FAILED",
        message="landing zone drift",
        started=now - 60,
        ended=now,
    )
    world.zone.cloud.baselines += [unit, BaselineOperation(id="2" * 36, target="ou-other", status="FAILED")]
    found = _json(capsys, "shop")
    assert [each["id"] for each in found["evidence"]["operations"]] == [_OPERATION]  # type: ignore[index]
    assert found["state"] == "unknown failure"
    assert found["finding"]["said"] == "landing zone drift"  # type: ignore[index]


@pytest.mark.parametrize(
    "denied",
    [
        {
            "sqs:GetQueueUrl": ["queue", "dead letters"],
            "codebuild:ListBuildsForProject": ["pipeline creation"],
            "dynamodb:Query": ["audit history", "access"],
        },
        {
            "codepipeline:ListPipelineExecutions": ["request pipeline", "customizations pipeline"],
            "states:ListExecutions": ["provisioning framework"],
            "logs:FilterLogEvents": ["AFT's logs"],
        },
        {
            "dynamodb:Scan": ["request", "Control Tower"],
            "sqs:ReceiveMessage": ["dead letters"],
        },
    ],
)
def test_a_denied_part_hides_no_other(
    denied: dict[str, list[str]],
    world: AftWorld,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    world.sign_in(monkeypatch, deny=tuple(denied))
    found = _json(capsys, "shop")
    expected = {part: f"{action} is not allowed" for action, parts in denied.items() for part in parts}
    assert found["unreadable"] == expected
    assert (found["state"], found["now"]) == ("not all could be read", "nothing wrong in what could be read")
    assert found["account"]["id"] == SHOP  # type: ignore[index]


def test_without_parameters_the_rest_is_shown(
    world: AftWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.sign_in(monkeypatch, deny=("ssm:*",))
    done = aftgen(capsys, "status", "shop")
    assert done.code == 1
    assert "  not readable: Service Catalog, Organizations" in done.out
    assert "customizations pipeline" in done.out


def test_wrong_credentials(
    world: AftWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    administrator = world.zone.administrator(SHOP)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", administrator.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", administrator.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", administrator.token)
    elsewhere = aftgen(capsys, "status", "shop")
    assert elsewhere.code == 2
    assert f"the AWS credentials are for account {SHOP}" in elsewhere.err
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    none = aftgen(capsys, "status", "shop")
    assert (none.code, none.out) == (2, "")
    assert "there are no AWS credentials for AFT's management account" in none.err


def test_throttling_is_waited_for_and_then_named(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    faults = world.zone.cloud.faults
    faults.order("stepfunctions:ListExecutions", "throttle", times=3)
    assert aftgen(capsys, "status", "shop").code == 0
    faults.order("stepfunctions:ListExecutions", "throttle", times=1000)
    found = _json(capsys, "shop")
    assert list(found["unreadable"]) == ["provisioning framework"]  # type: ignore[call-overload]
    assert "ThrottlingException" in str(found["unreadable"])


def test_several_accounts_of_one_name(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world.request("twin")
    world.request("twin2", email="other@example.com", name="twin")
    done = aftgen(capsys, "status", "twin")
    assert (done.code, done.out) == (1, "")
    assert "2 accounts are called 'twin': aws+twin@example.com, other@example.com" in done.err
    assert "name the email" in done.err
    assert aftgen(capsys, "status", "OTHER@example.com").code == 0


def test_an_account_that_has_no_request(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world.zone.add_account(
        Account(id="888888888888", name="legacy", email="legacy@example.com", ou="Workloads")
    )
    found = _json(capsys, "888888888888")
    assert (found["state"], found["now"]) == ("not AFT's", "AFT has no request of it")
    done = aftgen(capsys, "status", "legacy")
    assert done.code == 0
    assert "'aftgen import' writes a request for an account that exists" in done.out


def test_an_account_whose_email_was_changed(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    world.zone.add_account(Account(id="999999999999", name="moved", email="new@example.com", ou="Workloads"))
    world.request("moved", ou="Workloads")
    world.product("999999999999", "moved")
    world.wait(900)
    found = _json(capsys, "aws+moved@example.com")
    assert found["finding"]["id"] == "email-differs"  # type: ignore[index]
    assert found["account"]["id"] == "999999999999"  # type: ignore[index]


def test_nobody_of_that_name(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "status", "shpo")
    assert (done.code, done.out) == (1, "")
    assert "neither AFT nor the organization knows an account 'shpo'" in done.err
    assert "did you mean 'shop'?" in done.err
    email = aftgen(capsys, "status", "aws+shpo@example.com")
    assert "did you mean 'aws+shop@example.com'?" in email.err
    assert "give its name, email or id" in aftgen(capsys, "status", "000000000000").err


def test_watch_ends_when_the_account_has_arrived(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = world.delivery.add_account(SHOP)
    pipeline.start("StartPipelineExecution", world.now())
    done = aftgen(capsys, "status", "shop", "--watch", "--interval", "30")
    assert done.code == 0
    assert [line.partition("  ")[2] for line in done.err.splitlines()] == [
        "in progress: the customizations pipeline is running",
        "ok: the account stands, and its pipeline has succeeded",
    ]
    assert "ok: the account stands, and its pipeline has succeeded" in done.out.splitlines()


def test_watch_can_be_interrupted_and_has_an_end(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = world.delivery.add_account(SHOP)
    pipeline.stuck = True
    try:
        pipeline.start("StartPipelineExecution", world.now())
        world.clock.interrupt_at = 60.0
        assert aftgen(capsys, "status", "shop", "--watch").code == 130
        world.clock.interrupt_at, world.clock.slept = float("inf"), 0.0
        done = aftgen(capsys, "status", "shop", "--watch", "--timeout", "5", "--interval", "100")
        assert done.code == 0
        assert world.clock.slept == 300.0
        assert "in progress: the customizations pipeline is running" in done.out.splitlines()
    finally:
        pipeline.stuck = False
        world.wait(600)


def test_access_that_differs_from_what_is_declared(
    world: AftWorld, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    repository = World.make(tmp_path / "repository")
    for name, content in _CATALOGUE.items():
        repository.write(f"global-customizations/{name}", json.dumps(content))
    monkeypatch.chdir(repository.root)
    access = {"version": 1, "grants": {"Reading": ["group:developers"]}}
    world.request("shop", "MODIFY", custom_fields={"access": json.dumps(access)})
    world.pipeline(SHOP)
    try:
        found = _json(capsys, "shop")
        assert found["unreadable"] == {}
        assert found["evidence"]["access"]["to_grant"] == ["Reading:group:developers"]  # type: ignore[index]
        remarks = found["remarks"]
        assert isinstance(remarks, list)
        assert "access differs from what is declared: + Reading:group:developers" in remarks
        assert _json(capsys, "shop", "--no-access")["evidence"]["access"]["plan"] == ""  # type: ignore[index]
    finally:
        world.request("shop", "MODIFY")
        world.pipeline(SHOP)


def test_lines_about_another_account_are_not_this_ones(
    world: AftWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.wait(600)
    world.request("shop", "MODIFY")
    world.wait(60)
    world.log(_SAID, "Account Name: workshop already used in Organizations")
    world.log(_SAID, "Exception: the shop is closed")
    world.log(_SAID, "Account Email: my.aws+shop@example.com already used in Organizations")
    assert _json(capsys, "shop")["now"] == "AFT has the change; its framework has not begun yet"
    world.wait(300)
    assert _json(capsys, "shop")["state"] == "ok"
    world.log(_SAID, "Account Name: shop already used in Organizations")
    assert _json(capsys, "shop")["finding"]["id"] == "name-in-use"  # type: ignore[index]
    world.wait(600)
    world.request("shop", "MODIFY")
    world.framework(SHOP, "aws+shop@example.com")


def test_credentials_that_expire_on_the_way_are_told_once(
    world: AftWorld, capsys: pytest.CaptureFixture[str]
) -> None:
    world.zone.cloud.faults.order("sqs:GetQueueUrl", "expired", times=1)
    done = aftgen(capsys, "status", "shop")
    assert (done.code, done.out) == (1, "")
    assert "the AWS credentials expired" in done.err


def test_nothing_is_no_name(world: AftWorld, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "status", " ")
    assert (done.code, done.out) == (2, "")
    assert "nothing says which account" in done.err
