"""The list of rules is whole, and every rule's examples prove it."""

import re
from pathlib import Path

import pytest
from aftgen.checks import rules
from aftgen.checks.finding import Severity
from aftgen.checks.registry import AREAS, BY_ID, RULES
from aftgen.checks.rule import Rule
from check_repositories import add_example, check, sound, with_access

_FILES = sorted(
    path for path in Path(rules.__file__).parent.glob("*.py") if re.match(r"[a-z]\d{3}_", path.name)
)


def test_every_rule_file_is_listed_once() -> None:
    listed = [rule.__class__.__module__.rsplit(".", 1)[-1] for rule in RULES]
    assert sorted(listed) == [path.stem for path in _FILES]


def test_ids_and_names_are_unique_and_well_formed() -> None:
    assert len(BY_ID) == len(RULES)
    assert len({rule.name for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert re.fullmatch(r"[A-Z]\d{3}", rule.id)
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
        assert rule.__class__.__module__.rsplit(".", 1)[-1].startswith(f"{rule.id.lower()}_")


def test_every_area_has_rules_and_every_rule_an_area() -> None:
    assert {rule.id[0] for rule in RULES} == set(AREAS)
    order = [rule.id[0] for rule in RULES]
    assert sorted(set(order), key=order.index) == list(AREAS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_explanations_are_sentences(rule: Rule) -> None:
    assert not rule.title.endswith(".")
    assert rule.why.endswith((".", ")"))
    assert not rule.fix.endswith(".")
    assert rule.title[0].isupper()
    assert len(rule.title) <= 70


_WITH_EXAMPLES = [rule for rule in RULES if rule.id not in ("X000", "V002")]


@pytest.mark.parametrize("rule", _WITH_EXAMPLES, ids=lambda rule: rule.id)
def test_the_bad_example_is_found(rule: Rule, tmp_path: Path) -> None:
    repository = sound(tmp_path)
    if rule.id.startswith("A"):
        with_access(tmp_path)
    add_example(tmp_path, rule.bad)
    findings = [finding for finding in check(repository).findings if finding.rule == rule.id]
    assert findings
    if rule.id != "A005":
        assert {finding.severity for finding in findings} == {rule.severity}


@pytest.mark.parametrize("rule", _WITH_EXAMPLES, ids=lambda rule: rule.id)
def test_the_good_example_is_not_found(rule: Rule, tmp_path: Path) -> None:
    repository = sound(tmp_path)
    if rule.id.startswith("A"):
        with_access(tmp_path)
    add_example(tmp_path, rule.good)
    findings = check(repository).findings
    assert [finding for finding in findings if finding.rule in (rule.id, "F002", "X000")] == []
    if rule.good.startswith(("control_tower", "account_", "custom_", "change_")) and "# ---" not in rule.good:
        # A good example that stands for a whole request is good in every respect.
        assert findings == ()


@pytest.mark.terraform
def test_what_terraform_refuses_is_found(tmp_path: Path) -> None:
    repository = sound(tmp_path)
    add_example(tmp_path, BY_ID["V002"].bad)
    findings = [finding for finding in check(repository, terraform=True).findings if finding.rule == "V002"]
    assert [finding.place.path for finding in findings] == ["account-requests/terraform/example.tf"]
    assert "Invalid function argument" in findings[0].message
    assert findings[0].severity is Severity.ERROR
