"""What a set-up writes: the organization's own files, in a clone and in an empty folder, and nothing else."""

import json
import re
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from aftgen.checks.engine import run
from aftgen.config_file import load_config, load_organization
from aftgen.errors import AftgenError, Problems
from aftgen.repository import AFT_REPOSITORIES, Repository
from aftgen.setup import examples, place, texts, trees
from aftgen.setup.answers import Answers

ROOT = Path(__file__).parents[2]
ANSWERS = Answers(
    email="aws+{name}@corp.example",
    sso_email="aws@corp.example",
    sso_first_name="yes",
    sso_last_name='O\'Neil "x" #1: é',
    home_region="eu-central-1",
    repository="corp/aws-accounts",
    owners="@corp/platform  ops@corp.example",
    ous={"Sandbox": "ou-ab12-sandbox9", "Work: loads/#1": "ou-ab12-wlprod99"},
)
COPIED = (*AFT_REPOSITORIES, "aftgen.yaml", ".github", "schemas")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of this repository, as far as a set-up looks at it."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", ".terraform*")
            shutil.copytree(source, tmp_path / name, ignore=ignored)
        else:
            shutil.copy(source, tmp_path / name)
    return tmp_path


def repository(root: Path) -> Repository:
    return Repository(root=root, requests=root / "account-requests" / "terraform")


def errors(root: Path) -> list[str]:
    found = run(repository(root), terraform=False).findings
    return [f"{finding.place}: {finding.rule} {finding.message}" for finding in found]


def test_the_examples_are_known() -> None:
    """When an example changes, `make docs` writes its new digest."""
    assert examples.digests() == json.loads(examples.current(ROOT))


def test_a_clone_gets_the_organizations_values(clone: Path) -> None:
    setup = place.plan(clone, ANSWERS)
    place.write(clone, setup)
    assert sorted(file.path for file in setup.files) == [
        ".github/CODEOWNERS",
        "aftgen.yaml",
        "global-customizations/identity-center/access.yaml",
        "global-customizations/organization.yaml",
        "global-customizations/service-control-policies/guardrails.yaml",
    ]
    assert all(file.replaces for file in setup.files)
    config = load_config(repository(clone))
    assert config.defaults.sso_user is not None
    assert config.defaults.sso_user.first_name == "yes"
    assert config.defaults.sso_user.last_name == ANSWERS.sso_last_name
    assert config.policy.email_pattern == r"aws\+[a-z0-9.-]+@corp\.example"
    assert config.aft.home_region == "eu-central-1"
    assert config.publish.repository == "corp/aws-accounts"
    assert dict(load_organization(repository(clone)).ous) == dict(ANSWERS.ous)
    assert errors(clone) == []
    owners = (clone / ".github/CODEOWNERS").read_text()
    assert "@example" not in owners
    assert "/generator/ @corp/platform ops@corp.example\n" in owners


def test_nothing_of_the_example_organization_is_left(clone: Path) -> None:
    place.write(clone, place.plan(clone, ANSWERS))
    for file in place.plan(clone.parent / "new", ANSWERS).files:
        if file.path.endswith((".yaml", "CODEOWNERS")) and "permission-sets" not in file.path:
            assert b"example.com" not in file.content, file.path
            assert b"wlprod01" not in file.content, file.path


def test_what_was_edited_is_not_replaced(clone: Path) -> None:
    organization = clone / "global-customizations/organization.yaml"
    organization.write_text(organization.read_text() + "  Extra: ou-ab12-extra001\n")
    with pytest.raises(Problems, match="set up already") as caught:
        place.plan(clone, ANSWERS)
    assert caught.value.problems == ("global-customizations/organization.yaml is not the example any more",)


def test_what_need_not_be_the_example_is_kept(clone: Path) -> None:
    access = clone / "global-customizations/identity-center/access.yaml"
    access.write_text("identity_center:\n  region: us-east-1\n")
    (clone / ".github/CODEOWNERS").write_text("* @us\n")
    setup = place.plan(clone, ANSWERS)
    assert setup.kept == ("global-customizations/identity-center/access.yaml", ".github/CODEOWNERS")
    place.write(clone, setup)
    assert access.read_text() == "identity_center:\n  region: us-east-1\n"


def test_line_ends_do_not_make_it_another_file(clone: Path) -> None:
    file = clone / "aftgen.yaml"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert "aftgen.yaml" in [written.path for written in place.plan(clone, ANSWERS).files]


def test_an_empty_folder_gets_a_whole_repository(tmp_path: Path) -> None:
    root = tmp_path / "new"
    setup = place.plan(root, ANSWERS)
    place.write(root, setup)
    paths = {file.path for file in setup.files}
    assert {path.partition("/")[0] for path in paths} == {
        *AFT_REPOSITORIES,
        ".github",
        ".gitignore",
        ".gitlab-ci.yml",
        "aftgen.yaml",
        "schemas",
        "tools",
    }
    assert ".github/workflows/tests.yml" not in paths
    assert not [
        path for path in paths if re.search(r"__pycache__|\.terraform/|terraform/[^/]+\.tfstate", path)
    ]
    assert [path for path in paths if re.fullmatch(r"account-requests/terraform/[^/]+\.tf", path)] == []
    assert errors(root) == []


def test_the_shipped_files_are_the_repositorys(tmp_path: Path) -> None:
    for path, file in trees.shipped():
        assert file.read_bytes() == (ROOT / path).read_bytes()


def test_a_wheel_holds_them_too() -> None:
    """Where a wheel's file is what :func:`aftgen.setup.trees.shipped` looks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert set(included.values()) == {f"aftgen/trees/{source}" for source in included}
    for name in trees.SHIPPED:
        assert any(name == source or name.startswith(f"{source}/") for source in included), name


def test_a_request_of_the_organization_that_packed_it_is_not_shipped(
    clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (clone / "account-requests/terraform/secret.tf").write_text("")
    (clone / "account-requests/terraform/terraform.tfstate").write_text("")
    monkeypatch.setattr(trees, "_root", lambda: clone)
    shipped = {path for path, _ in trees.shipped()}
    assert "account-requests/terraform/backend.jinja" in shipped
    assert not shipped & {
        "account-requests/terraform/secret.tf",
        "account-requests/terraform/terraform.tfstate",
    }


def test_a_failure_leaves_no_new_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = place.plan(tmp_path / "new", ANSWERS)
    real, calls = Path.write_bytes, 0

    def full(self: Path, content: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls > 5:
            raise OSError(28, "No space left on device", str(self))
        return real(self, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    # The read-back uses a folder of its own and has been done.
    with pytest.raises(AftgenError, match="cannot be written: No space left on device"):
        place.write(tmp_path / "new", setup)
    assert [path for path in (tmp_path / "new").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    "text", ["plain", "yes", "null", "1", "a: b", "#x", "é", "'", '"', "- a", "a  b", "{x}"]
)
def test_any_text_means_itself(text: str) -> None:
    from aftgen import source_tree, yaml_text

    made = texts.make(replace(ANSWERS, sso_first_name=text))["aftgen.yaml"]
    tree = yaml_text.read(made)
    assert tree is not None
    assert source_tree.plain(tree)["defaults"]["sso_user"]["first_name"] == text


def test_guardrails_bind_nowhere_until_somebody_says_so() -> None:
    text = (ROOT / texts.GUARDRAILS).read_text()
    assert text.count("attach:") == texts.unattached(text).count("attach: []") > 0
