"""``aftgen retry``: the two merges, the dead letter and the errored product, end to end."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from aftgen.cloud import queues
from aftgen.cloud.delivery import GLOBAL_PROJECT
from command_line import aftgen
from diagnosis_world import REDRIVING, SHOP, AftWorld, aft_in_trouble
from published_world import World, git

_USED = "Account Email: aws+{0}@example.com already used in Organizations"
_FILE = "account-requests/terraform/{0}.tf"


@pytest.fixture(scope="module")
def module_aft(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AftWorld]:
    with (
        pytest.MonkeyPatch.context() as patch,
        aft_in_trouble(tmp_path_factory.mktemp("aft"), patch) as made,
    ):
        made.standing()
        yield made


@pytest.fixture
def aft(module_aft: AftWorld, monkeypatch: pytest.MonkeyPatch) -> AftWorld:
    module_aft.sign_in(monkeypatch, REDRIVING)
    module_aft.calm()
    return module_aft


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World.make(tmp_path / "repository")
    monkeypatch.chdir(made.root)
    for name in ("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"):
        monkeypatch.setenv(name, "Ada")
    for name in ("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"):
        monkeypatch.setenv(name, "ada@example.com")
    monkeypatch.setattr("aftgen.pull_request.which", lambda _: None)
    return made


def _refused(aft: AftWorld, repository: World, name: str) -> None:
    """A merged request that AFT refused."""
    repository.request(name)
    repository.merge(name)
    git(repository.work, "fetch", "-q")
    aft.request(name)
    aft.wait(60)
    aft.log("aft-account-request-processor", _USED.format(name), "CT Request is not valid")


def _merge(repository: World, branch: str) -> None:
    git(repository.work, "fetch", "-q")
    git(repository.work, "merge", "-q", "--no-ff", f"origin/{branch}")
    git(repository.work, "push", "-q", "origin", "main")


def _blob(repository: World, revision: str, name: str) -> bytes:
    done = subprocess.run(
        ["git", "cat-file", "blob", f"{revision}:{_FILE.format(name)}"],
        cwd=repository.origin,
        capture_output=True,
        check=True,
    )
    return done.stdout


def test_removed_and_added_again_byte_for_byte(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str]
) -> None:
    _refused(aft, repository, "again")
    bytes_before = _blob(repository, "main", "again")
    first = aftgen(capsys, "retry", "again", "--pr")
    assert first.code == 0
    assert "removed   account-requests/terraform/again.tf" in first.out
    assert "aftgen publish --allow-removal again" in first.err
    assert (repository.root / _FILE.format("again")).exists()
    twice = aftgen(capsys, "retry", "again", "--pr")
    assert (twice.code, twice.out) == (1, "")
    assert "the branch retry/again-1 of this step is there already" in twice.err
    _merge(repository, "retry/again-1")
    waiting = aftgen(capsys, "retry", "again", "--pr")
    assert waiting.code == 1
    assert "AFT's table still has the row" in waiting.err
    aft.request("again", "REMOVE")
    second = aftgen(capsys, "retry", "again", "--pr")
    assert second.code == 0
    assert "created   account-requests/terraform/again.tf" in second.out
    assert "what was wrong with it must be corrected before" in second.err
    _merge(repository, "retry/again-2")
    assert _blob(repository, "main", "again") == bytes_before
    unpublished = aftgen(capsys, "retry", "again", "--pr")
    assert "AFT's table does not have it yet" in unpublished.err
    aft.wait(600)
    aft.request("again")
    running = aftgen(capsys, "retry", "again", "--pr")
    assert running.code == 1
    assert "it is under way: the order waits for AFT" in running.err


def test_in_the_files_here_and_as_json(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str]
) -> None:
    _refused(aft, repository, "here")
    dry = aftgen(capsys, "retry", "here", "--dry-run")
    assert dry.code == 0
    assert "--- a/account-requests/terraform/here.tf\n+++ /dev/null" in dry.out
    assert (repository.root / _FILE.format("here")).exists()
    done = aftgen(capsys, "retry", "here", "--json")
    found = json.loads(done.out)
    assert (found["version"], found["step"], found["written"]) == (1, "remove", True)
    assert not (repository.root / _FILE.format("here")).exists()
    again = aftgen(capsys, "retry", "here")
    assert again.code == 1
    assert "removed here, and that is not merged yet" in again.err


def test_a_file_of_several_requests_keeps_the_others(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str]
) -> None:
    path = repository.root / _FILE.format("lab")
    repository.request("two")
    text = path.read_text() + "\n# about two\n" + (repository.root / _FILE.format("two")).read_text()
    repository.remove(_FILE.format("two"))
    path.write_text(text)
    repository.merge("two in a file")
    aft.request("two")
    aft.log("aft-account-request-processor", _USED.format("two"), "CT Request is not valid")
    assert aftgen(capsys, "retry", "two").code == 0
    assert 'module "lab"' in path.read_text()
    assert 'module "two"' not in path.read_text()
    repository.merge("two removed")
    aft.request("two", "REMOVE")
    assert aftgen(capsys, "retry", "two").code == 0
    assert path.read_text() == text
    git(repository.work, "checkout", "-q", "--", ".")
    path.write_text(path.read_text() + "\n# changed since\n")
    repository.merge("changed")
    late = aftgen(capsys, "retry", "two")
    assert late.code == 1
    assert "the file was changed after the request was removed from it" in late.err


def test_an_errored_product_is_terminated_only_by_name(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.request("stuck")
    repository.merge("stuck")
    aft.request("stuck")
    aft.wait(60)
    aft.errored("stuck", "ACCOUNT_LIMIT_EXCEEDED")
    shown = aftgen(capsys, "retry", "stuck", "--pr")
    assert shown.code == 1
    command = "aws servicecatalog terminate-provisioned-product --provisioned-product-id pp-stuck"
    assert command in shown.out
    for wrong in ([], ["--confirm-product", "shop"]):
        refused = aftgen(capsys, "retry", "stuck", "--terminate-product", *wrong)
        assert refused.code == 1
        assert "nothing was terminated" in refused.err
    dry = aftgen(
        capsys, "retry", "stuck", "--terminate-product", "--confirm-product", "stuck", "--dry-run", "--json"
    )
    assert json.loads(dry.out)["record"] is None
    assert "pp-stuck" in aft.factory.products
    done = aftgen(capsys, "retry", "stuck", "--terminate-product", "--confirm-product", "stuck")
    assert done.code == 0
    assert "pp-stuck" not in aft.factory.products
    assert aftgen(capsys, "retry", "stuck", "--pr").code == 0


def test_one_dead_letter_is_sent_again_and_no_other(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str]
) -> None:
    repository.request("letter")
    repository.merge("letter")
    for name in ("letter", "another"):
        queues.send(aft.zone, "ADD", aft.parameters(name), dead=True)
    aft.request("letter")
    aft.log("aft-account-request-processor", "aws+letter@example.com", "EXCEPTION: a stumble")
    before = aft.orders()
    other = aftgen(capsys, "retry", "letter", "--dry-run")
    assert "Its order is a dead letter: if the request is right, --redrive is enough." in other.err
    dry = aftgen(capsys, "retry", "letter", "--redrive", "--dry-run")
    assert dry.out == "would send the order ADD for aws+letter@example.com to AFT's queue again\n"
    assert aft.orders() == before
    done = aftgen(capsys, "retry", "letter", "--redrive")
    assert done.code == 0, done.err
    assert [each["control_tower_parameters"]["AccountName"] for each in aft.orders()] == ["letter"]
    assert [each["control_tower_parameters"]["AccountName"] for each in aft.letters()] == ["another"]
    sent = aft.zone.cloud.log.select("sqs", operation="SendMessage")
    assert len(sent) == 1
    unique = sent[0].parameters["MessageGroupId"]
    assert unique == sent[0].parameters["MessageDeduplicationId"]
    assert str(unique).startswith("redrive-")
    none = aftgen(capsys, "retry", "letter", "--redrive")
    assert none.code == 1
    assert "there is no dead letter of this account" in none.err


def test_a_lost_answer_sends_nothing_twice(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str]
) -> None:
    aft.request("crash")
    aft.log("aft-account-request-processor", "aws+crash@example.com", "EXCEPTION: a stumble")
    queues.send(aft.zone, "ADD", aft.parameters("crash"), dead=True)
    aft.zone.cloud.faults.order("sqs:DeleteMessage", "denied", times=1)
    broken = aftgen(capsys, "retry", "crash", "--redrive")
    assert broken.code == 1
    assert "run it again within five minutes" in broken.err
    names = [each["control_tower_parameters"]["AccountName"] for each in aft.orders()]
    assert names.count("crash") == 1
    assert aft.letters() != []


def test_nobody_and_no_credentials(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody = aftgen(capsys, "retry", "shpo", "--pr")
    assert (nobody.code, nobody.out) == (1, "")
    assert "did you mean 'shop'?" in nobody.err
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    none = aftgen(capsys, "retry", "shop")
    assert (none.code, none.out) == (2, "")
    assert "there are no AWS credentials for AFT's management account" in none.err


def test_a_live_account_is_never_removed(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str]
) -> None:
    fine = aftgen(capsys, "retry", "shop", "--pr")
    assert fine.code == 1
    assert "nothing is to be retried" in fine.err
    aft.request("shop", "MODIFY", ou="Workloads")
    aft.log(
        "aft-account-request-processor",
        "No healthy provisioned product found for aws+shop@example.com",
    )
    live = aftgen(capsys, "retry", "shop", "--pr")
    assert live.code == 1
    assert f"the account {SHOP} exists, so its request is not removed" in live.err
    assert (repository.root / _FILE.format("shop")).exists()
    aft.wait(600)
    aft.request("shop", "MODIFY")


def test_where_the_account_cannot_be_seen_nothing_is_removed(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    _refused(aft, repository, "blind")
    aft.sign_in(monkeypatch, deny=("sts:AssumeRole",))
    done = aftgen(capsys, "retry", "blind", "--pr")
    assert done.code == 1
    assert "whether an account exists already is not known" in done.err


def test_a_failed_pipeline_is_run_again(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = {"Effect": "Allow", "Action": "codepipeline:StartPipelineExecution", "Resource": "*"}
    aft.sign_in(monkeypatch, start)
    aft.pipeline(SHOP, stage=GLOBAL_PROJECT, log="[Container] Phase complete: BUILD State: FAILED")
    aft.delivery.works = {}
    started = lambda: aft.zone.cloud.log.count("codepipeline", operation="StartPipelineExecution")  # noqa: E731
    assert aftgen(capsys, "retry", "shop", "--dry-run").code == 0
    assert started() == 0
    done = aftgen(capsys, "retry", "shop")
    assert done.code == 0, done.err
    assert "1 succeeded" in done.out
    assert started() == 1


def test_an_email_of_an_account_that_aft_never_managed(
    aft: AftWorld, repository: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """AFT refused the request because of that account: removing the request takes nothing from it."""
    from aftgen.cloud import Account

    aft.zone.add_account(
        Account(id="777777777777", name="old", email="aws+taken@example.com", ou="Workloads")
    )
    _refused(aft, repository, "taken")
    done = aftgen(capsys, "retry", "taken", "--pr")
    assert done.code == 0, done.err
    assert "removed   account-requests/terraform/taken.tf" in done.out
