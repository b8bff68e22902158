"""``aftgen retire``: three steps, each possible only when the one before is merged."""

import json
from pathlib import Path

import pytest
from aftgen.editing import ledger
from aftgen.editing.ledger import Asked
from command_line import aftgen
from edit_repositories import REQUESTS, commit, merged
from hcl_texts import request

FILE = f"{REQUESTS}/payments.tf"


@pytest.fixture
def requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = merged(tmp_path / "r")
    monkeypatch.chdir(tmp_path / "r")
    return folder


@pytest.fixture
def left(monkeypatch: pytest.MonkeyPatch) -> list[Asked]:
    """What AWS would answer about the account's ledger, one answer for each question."""
    answers: list[Asked] = []
    monkeypatch.setattr(ledger, "ask", lambda *_: answers.pop(0))
    return answers


def test_the_three_steps(requests: Path, left: list[Asked], capsys: pytest.CaptureFixture[str]) -> None:
    before = (requests / "payments.tf").read_text()
    retire = ("retire", "payments", "--ou", "Suspended")

    done = aftgen(capsys, *retire)
    assert done.code == 0
    assert (
        done.out
        == f"edited    {FILE}\n  grant    - ReadOnlyAccess:group:auditors\n  retired  false -> true\n"
    )
    assert done.err.startswith("Step 1 of 3: take its access away.\n")
    first = before.replace(
        '      grants = {\n        ReadOnlyAccess = ["group:auditors"]\n      }\n',
        "      grants  = {}\n      retired = true\n",
    )
    assert (requests / "payments.tf").read_text() == first

    done = aftgen(capsys, *retire)
    assert done.code == 1
    assert "step 1 (its access) is not merged yet, and AFT knows only what is merged" in done.err

    commit(requests, "step 1")
    left.append(Asked(account_id="111111111111", grants=("ReadOnlyAccess:group:auditors",)))
    done = aftgen(capsys, *retire)
    assert done.code == 1
    assert "1 grants of ours are left in 111111111111: ReadOnlyAccess:group:auditors" in done.err
    assert (requests / "payments.tf").read_text() == first

    left.append(Asked(account_id="111111111111"))
    done = aftgen(capsys, *retire)
    assert done.out == f"edited    {FILE}\n  organizational unit  Sandbox -> Suspended\n"
    assert done.err.startswith("Step 2 of 3: move it to the OU of retired accounts.\n")

    done = aftgen(capsys, *retire)
    assert "step 2 (the OU) is not merged yet" in done.err

    commit(requests, "step 2")
    left.append(Asked(account_id="111111111111"))
    done = aftgen(capsys, *retire)
    assert done.out == f"removed   {FILE}\n  request  - payments\n"
    assert done.err.startswith("Step 3 of 3: remove its request.\n")
    assert "  - the account itself, open and billed: close it in Organizations\n" in done.err
    assert "AWSAdministratorAccess from Control Tower" in done.err
    assert not (requests / "payments.tf").exists()
    assert left == []


def test_nobody_to_ask_wants_a_confirmation(
    requests: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    aftgen(capsys, "retire", "payments", "-q")
    commit(requests)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    done = aftgen(capsys, "retire", "payments", "--ou", "Suspended")
    assert (done.code, done.out) == (1, "")
    assert "whether access of ours is left in the account is not known: " in done.err
    assert (
        "'aftgen access plan --account <id>' lists no grant of ours, and give --confirm-no-access" in done.err
    )
    done = aftgen(capsys, "retire", "payments", "--ou", "Suspended", "--confirm-no-access", "-q")
    assert done.code == 0


def test_the_ou_comes_from_the_configuration(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = requests.parents[1]
    aftgen(capsys, "retire", "payments", "-q")
    commit(requests)
    text = (root / "aftgen.yaml").read_text()
    (root / "aftgen.yaml").write_text(
        "\n".join(line for line in text.split("\n") if "retired_ou" not in line)
    )
    done = aftgen(capsys, "retire", "payments", "--confirm-no-access")
    assert done.code == 1
    assert "name their OU with --ou PATH, or set defaults.retired_ou in aftgen.yaml" in done.err
    (root / "aftgen.yaml").write_text("version: 1\ndefaults:\n  retired_ou: Suspended\n")
    done = aftgen(capsys, "retire", "payments", "--confirm-no-access", "--json")
    found = json.loads(done.out)
    assert (found["step"], found["stays"], found["written"]) == (2, [], True)
    assert found["changes"] == [{"what": "organizational unit", "old": "Sandbox", "new": "Suspended"}]


def test_a_request_without_a_declaration_gets_one(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (requests / "lab.tf").write_text(request("lab"))
    commit(requests)
    done = aftgen(capsys, "retire", "lab", "-q")
    assert done.code == 0, done.err
    assert (
        (requests / "lab.tf")
        .read_text()
        .endswith(
            """
  custom_fields = {
    access = jsonencode({
      version = 1
      grants  = {}
      retired = true
    })
  }
}
"""
        )
    )


def test_what_is_not_merged_is_not_retired(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (requests / "lab.tf").write_text(request("lab"))
    done = aftgen(capsys, "retire", "lab")
    assert done.code == 1
    assert "AFT does not know this account: its request is not merged yet" in done.err
    assert "remove the request's file instead" in done.err


def test_of_several_only_the_one_goes(
    requests: Path, left: list[Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    retired = (
        "  custom_fields = {\n    access = jsonencode({ version = 1, grants = {}, retired = true })\n  }\n"
    )
    file = requests / "labs.tf"
    others = request("a") + "\n", "\n" + request("b")
    lab = "# The lab.\n# Two lines.\n" + request("lab", ou="Suspended", extra=retired)
    move = "\nmoved {\n  from = module.old\n  to   = module.lab\n}\n"
    file.write_text(lab.join(others) + move)
    commit(requests)
    left.append(Asked())
    done = aftgen(capsys, "retire", "lab", "--ou", "Suspended", "-q")
    assert done.code == 0, done.err
    assert file.read_text() == others[0] + others[1].removeprefix("\n")


def test_references_stop_the_removal(
    requests: Path, left: list[Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    retired = (
        "  custom_fields = {\n    access = jsonencode({ version = 1, grants = {}, retired = true })\n  }\n"
    )
    (requests / "lab.tf").write_text(request("lab", ou="Suspended", extra=retired))
    (requests / "out.tf").write_text('output "lab" {\n  value = module.lab\n}\n')
    commit(requests)
    left.append(Asked())
    done = aftgen(capsys, "retire", "lab", "--ou", "Suspended")
    assert done.code == 1
    assert f"{REQUESTS}/out.tf:2: module.lab is referred to elsewhere" in done.err
    assert (requests / "lab.tf").exists()


def test_an_ou_that_is_not_known(requests: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "retire", "payments", "--ou", "Suspnded")
    assert done.code == 1
    assert (
        "'Suspnded' is no OU to move to: organization.yaml knows no OU 'Suspnded'. Did you mean" in done.err
    )
