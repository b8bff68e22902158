"""The engine: containment, what is shown, and what Terraform is asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from aftgen.checks.context import Context, without_keys
from aftgen.checks.finding import Finding
from aftgen.checks.rules.e002_email_form import EmailForm
from aftgen.checks.rules.n002_duplicate_name import DuplicateName
from aftgen.errors import UsageError
from aftgen.reader.model import Request
from aftgen.repository import find
from check_repositories import EXAMPLE, REQUESTS, check, request, sound, write

_UPPER = 'control_tower_parameters = {\n  AccountEmail = "A@example.com"\n}\n'
_LOOP = request(
    'control_tower_parameters = {\n  AccountEmail = "${each.key}@Example.com"\n  AccountName = each.key\n}\n'
    'for_each = toset(["one", "two"])\n'
)


def test_a_rule_that_crashes_hides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(self: object, context: Context) -> Iterator[Finding]:
        raise KeyError("AKIAIOSFODNN7EXAMPLE")

    monkeypatch.setattr(DuplicateName, "check", crash)
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(_UPPER)})
    report = check(repository)
    assert [(finding.rule, finding.message) for finding in report.findings] == [
        ("X000", "the rule N002 failed on this: KeyError: '[secret]'"),
        ("E003", "AFT looks 'A@example.com' up exactly, capital letters included"),
    ]
    assert report.errors == 2


def test_a_rule_that_crashes_on_one_request_still_judges_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = EmailForm.check_request

    def crash(self: EmailForm, context: Context, one: Request) -> Iterator[Finding]:
        if one.label == "first":
            raise ValueError("first")
        yield from original(self, context, one)

    monkeypatch.setattr(EmailForm, "check_request", crash)
    repository = sound(tmp_path)
    bad = 'control_tower_parameters = {\n  AccountEmail = "bad-email"\n}\n'
    write(tmp_path, {EXAMPLE: request(label="first"), f"{REQUESTS}/z.tf": request(bad, "second")})
    findings = [finding for finding in check(repository).findings if finding.rule in ("E002", "X000")]
    assert [(finding.rule, finding.place.path) for finding in findings] == [
        ("X000", EXAMPLE),
        ("E002", f"{REQUESTS}/z.tf"),
    ]


def test_x000_cannot_be_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DuplicateName, "check", lambda self, context: 1 / 0)
    report = check(sound(tmp_path), ignore=["X000"])
    assert [finding.rule for finding in report.findings] == ["X000"]


def test_paths_restrict_what_is_shown_not_what_is_read(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(), f"{REQUESTS}/twin.tf": request(label="twin")})
    report = check(repository, paths=[tmp_path / REQUESTS / "twin.tf"])
    assert [(finding.rule, finding.place.path) for finding in report.findings] == [
        ("E001", f"{REQUESTS}/twin.tf"),
        ("N002", f"{REQUESTS}/twin.tf"),
    ]
    assert report.requests == 2
    assert len(check(repository, paths=[tmp_path / "account-requests"]).findings) == 4
    assert check(repository, paths=[tmp_path / "account-customizations"]).findings == ()


@pytest.mark.parametrize(
    ("options", "rules"),
    [
        ({"select": ["E003"]}, ["E003"]),
        ({"select": ["E"]}, ["E003"]),
        ({"select": ["e", "M"]}, ["E003", "M008"]),
        ({"select": ["email-upper-case"]}, ["E003"]),
        ({"ignore": ["M008"]}, ["E003"]),
        ({"select": ["E", "M"], "ignore": ["E"]}, ["M008"]),
    ],
)
def test_select_and_ignore(tmp_path: Path, options: dict[str, list[str]], rules: list[str]) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request(_UPPER + "account_tags = null\n")})
    assert [finding.rule for finding in check(repository, **options).findings] == rules


def test_an_unknown_rule_id(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        check(sound(tmp_path), select=["E999"])
    assert caught.value.message == "there is no rule 'E999'"


def test_without_terraform_a_loop_is_not_evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: _LOOP})
    report = check(repository)
    assert [(finding.rule, finding.message) for finding in report.findings] == [
        ("V001", "the request is not evaluated: it depends on for_each (--no-terraform was given)")
    ]
    assert (report.not_evaluated, report.not_evaluated_because) == (1, "--no-terraform was given")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert check(repository, terraform=True).not_evaluated_because == "terraform is not on PATH"


@pytest.mark.terraform
def test_with_terraform_every_instance_is_judged(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: _LOOP})
    report = check(repository, terraform=True)
    assert (report.requests, report.not_evaluated) == (2, 0)
    assert [(finding.rule, finding.address, finding.message) for finding in report.findings] == [
        (
            "E003",
            'module.example["one"]',
            "AFT looks 'one@Example.com' up exactly, capital letters included",
        ),
        (
            "E003",
            'module.example["two"]',
            "AFT looks 'two@Example.com' up exactly, capital letters included",
        ),
    ]


@pytest.mark.terraform
def test_instances_that_share_an_email(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    write(tmp_path, {EXAMPLE: request('for_each = toset(["one", "two"])\n')})
    rules = {finding.rule for finding in check(repository, terraform=True).findings}
    assert rules == {"E001", "N002"}


@pytest.mark.terraform
def test_terraform_does_not_repeat_what_a_rule_says(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    loop = _LOOP.replace("account_customizations", "x")
    write(tmp_path, {EXAMPLE: loop.replace("  source", "  nonsense = 1\n  source")})
    rules = [finding.rule for finding in check(repository, terraform=True).findings]
    assert "M005" in rules
    assert "V002" not in rules


def test_a_plain_aft_repository(tmp_path: Path) -> None:
    ours = sound(tmp_path / "ours")
    (ours.requests).rename(tmp_path / "terraform")
    write(tmp_path, {"terraform/main.tf": request(_UPPER)})
    repository = find(tmp_path)
    report = check(repository)
    assert [str(finding.place) for finding in report.findings] == ["terraform/main.tf:5:20"]
    assert report.findings[0].rule == "E003"


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("module.a", "module.a"),
        ('module.a["x"]', "module.a"),
        ('module.a["x.y]"].module.b[0]', "module.a.module.b"),
        ("module.a[", "module.a"),
    ],
)
def test_addresses_without_keys(address: str, plain: str) -> None:
    assert without_keys(address) == plain
