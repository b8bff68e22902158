"""``aftgen.yaml`` and ``organization.yaml``: loaded whole, or refused with every problem and its place."""

from pathlib import Path

import pytest
from aftgen.config import Config
from aftgen.config_file import UnusableFile, load_config, load_organization
from aftgen.errors import UsageError
from aftgen.repository import Repository

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(root=tmp_path, requests=tmp_path / "account-requests" / "terraform")


def test_no_files_mean_no_rules(repository: Repository) -> None:
    assert load_config(repository) == Config()
    assert load_organization(repository).ous == {}


def test_values_are_the_text_that_was_written(repository: Repository) -> None:
    repository.config.write_text("version: 1\ndefaults:\n  tags: {cost-center: 007, on: yes}\n")
    assert load_config(repository).defaults.tags == {"cost-center": "007", "on": "yes"}


def test_every_problem_is_named_with_its_place(repository: Repository) -> None:
    repository.config.write_text(
        "version: 2\ndefualts: {}\ndefaults:\n  email: aws@example.com\n  sso_user: {email: nobody}\n"
        "policy:\n  name_pattern: '['\n  tags:\n    stage: {required: maybe, vlaues: [a]}\n"
    )
    with pytest.raises(UnusableFile) as caught:
        load_config(repository)
    assert caught.value.exit_code == 2
    assert caught.value.problems == (
        "aftgen.yaml:1:10: version must be 1, not 2",
        "aftgen.yaml:4:10: defaults.email: an email template holds {name}: every account needs its "
        "own address",
        "aftgen.yaml:5:21: defaults.sso_user.email: 'nobody' is not an email address",
        "aftgen.yaml:5:3: defaults.sso_user.first_name is missing",
        "aftgen.yaml:5:3: defaults.sso_user.last_name is missing",
        "aftgen.yaml:7:17: policy.name_pattern: not a regular expression: unterminated character "
        "set at position 0",
        "aftgen.yaml:9:23: policy.tags.stage.required must be true or false, not text",
        "aftgen.yaml:9:30: 'policy.tags.stage.vlaues' is not known here: did you mean 'values'?",
        "aftgen.yaml:2:1: 'defualts' is not known here: did you mean 'defaults'?",
    )


@pytest.mark.parametrize(
    ("raw", "place", "message"),
    [
        (b"a: &x 1\n", "aftgen.yaml:1:4", "the anchor '&x' is not read: write the value where it is used"),
        (b"version: \xff\n", "aftgen.yaml", "the file is not UTF-8 text (byte 9)"),
        (b"#" * (1024 * 1024 + 1), "aftgen.yaml", "the file has more than 1024 KB"),
    ],
)
def test_a_file_that_cannot_be_read(repository: Repository, raw: bytes, place: str, message: str) -> None:
    repository.config.write_bytes(raw)
    with pytest.raises(UsageError) as caught:
        load_config(repository)
    assert (caught.value.place, caught.value.message) == (place, message)


def test_the_registry(repository: Repository) -> None:
    repository.organization.parent.mkdir()
    repository.organization.write_text("organizational_units:\n  A/B: ou-ab12-cdefgh12\n")
    assert load_organization(repository).ous == {"A/B": "ou-ab12-cdefgh12"}
    repository.organization.write_text("organizational_units:\n  A/B: ou-1\n")
    with pytest.raises(UnusableFile) as caught:
        load_organization(repository)
    (problem,) = caught.value.problems
    assert problem.startswith("global-customizations/organization.yaml:2:8: organizational_units.A/B: ")


def test_the_repositorys_own_files_are_right() -> None:
    own = Repository(root=ROOT, requests=ROOT / "account-requests" / "terraform")
    config = load_config(own)
    assert config.defaults.email_for("Payments Prod") == "aws+payments-prod@example.com"
    assert load_organization(own).reference("Workloads/Prod") is not None
