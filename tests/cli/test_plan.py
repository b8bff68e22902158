"""``aftgen plan`` on the command line, and ``aftgen check --base``."""

import json
from pathlib import Path

import pytest
from changes.trees import Tree, account
from command_line import aftgen, process


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tree:
    made = Tree(tmp_path / "tree", {"a.tf": account("a"), "b.tf": account("b")}, access=True)
    monkeypatch.chdir(made.root)
    return made


def test_exit_codes(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    assert aftgen(capsys, "plan", "--no-terraform").code == 0
    tree.write({"a.tf": account("a", tags='{ k = "v" }')})
    done = aftgen(capsys, "plan", "--no-terraform")
    assert (done.code, done.out.splitlines()[0], done.err) == (
        0,
        "1 account changes: 1 customized again.",
        "",
    )
    tree.write({"a.tf": account("a", sso="bob@example.com")})
    done = aftgen(capsys, "plan", "--no-terraform")
    assert (done.code, done.out.splitlines()[0]) == (1, "Refused. 1 account changes: 1 refused.")


def test_the_forms(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.write({"c.tf": account("c")})
    as_json = aftgen(capsys, "plan", "--json").out
    assert json.loads(as_json)["accounts"][0]["kinds"] == ["create"]
    assert aftgen(capsys, "plan", "--format", "json").out == as_json
    assert aftgen(capsys, "plan", "--format", "markdown").out.startswith(
        "<!-- aftgen-plan -->\n### aftgen plan"
    )
    done = aftgen(capsys, "plan", "--json", "--format", "markdown")
    assert (done.code, done.err) == (2, "error: --json and --format markdown exclude each other\n")


def test_colour_is_for_terminals(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree.write({"c.tf": account("c")})
    plain = process("plan", "--no-terraform", cwd=tree.root)
    coloured = process("plan", "--no-terraform", cwd=tree.root, FORCE_COLOR="1")
    assert "\x1b[" not in plain.out
    assert "\x1b[32m\x1b[1m+ c: created\x1b[0m" in coloured.out
    assert max(map(len, plain.out.splitlines())) <= 80


def test_a_path_and_a_base(tree: Tree, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = tree.git("rev-parse", "HEAD")
    tree.write({"c.tf": account("c")})
    tree.commit()
    assert aftgen(capsys, "plan").out == "No account changes.\n"
    assert "+ c: created" in aftgen(capsys, "plan", "--base", first).out
    assert "+ c: created" in aftgen(capsys, "plan", tree.root, "--base", "HEAD~1").out


@pytest.mark.parametrize("base", ["nowhere", "--upload-pack=x", "HEAD:x", ""])
def test_a_base_that_git_does_not_know(tree: Tree, base: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = aftgen(capsys, "plan", f"--base={base}")
    assert done.code == 2
    assert f"git knows no revision {base!r}" in done.err


def test_outside_git(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "terraform").mkdir()
    (tmp_path / "terraform" / "a.tf").write_text(account("a"))
    done = aftgen(capsys, "plan", tmp_path)
    assert (done.code, "is not in a git work tree" in done.err) == (2, True)
    assert aftgen(capsys, "plan", tmp_path / "missing").code == 2


def test_what_is_not_evaluated_is_said(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.write({"a.tf": account("a").replace('"aws+a@example.com"', 'format("aws+a@example.com")')})
    done = aftgen(capsys, "plan", "--no-terraform")
    assert done.err == "warning: 1 not evaluated: this plan is not complete\n"
    assert "Not evaluated (change): module.a at account-requests/terraform/a.tf:1" in " ".join(
        done.out.split()
    )


def test_check_is_judged_by_the_bases_files(tree: Tree, capsys: pytest.CaptureFixture[str]) -> None:
    tree.replace(
        "global-customizations/identity-center/access.yaml",
        'principals: ["group:platform-admins", "group:break-glass"]',
        'principals: ["group:platform-admins", "group:break-glass", "group:developers"]',
    )
    tree.replace("./aftgen.yaml", "version: 1", "version: 1\npolicy:\n  name_pattern: '[a-z]+'")
    tree.commit()
    tree.git("tag", "strict")
    tree.replace("./aftgen.yaml", "[a-z]+", ".+")
    tree.write({"a.tf": account("a1", access='{ AdministratorAccess = ["group:developers"] }')})
    check = ["check", "--no-terraform", "--format", "json", "--select", "A003,P001,G001,A006"]

    def rules(*more: str) -> list[str]:
        return [one["rule"] for one in json.loads(aftgen(capsys, *check, *more).out)["findings"]]

    assert rules() == []
    assert rules("--base", "strict") == ["P001"]
    assert sorted(rules("--base", "strict~1")) == ["A003"]
    # What is wrong with the change's own files is found all the same, and an unusable base judges nothing.
    tree.write(
        {"./aftgen.yaml": "version: 2\n", "global-customizations/identity-center/access.yaml": "x: 1\n"}
    )
    assert {"G001", "A006", "P001"} <= set(rules("--base", "strict"))
    tree.commit()
    tree.git("checkout", "-q", "strict", "--", "aftgen.yaml", "global-customizations")
    assert rules("--base", "HEAD") == ["P001"]
