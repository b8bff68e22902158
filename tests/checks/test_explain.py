"""docs/rules.md is what the rules say."""

from pathlib import Path

import pytest
from aftgen.checks.explain import document, example, markdown
from aftgen.checks.registry import RULES

_DOCS = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_documentation_is_made_from_the_rules() -> None:
    assert _DOCS.read_text(encoding="utf-8") == markdown(), "run 'make docs'"


def test_every_rule_has_a_section_that_the_table_leads_to() -> None:
    text = markdown()
    for rule in RULES:
        assert f"### {rule.id} {rule.name}\n" in text
        assert f"| [{rule.id}](#{rule.id.lower()}-{rule.name}) |" in text


def test_the_document_is_versioned() -> None:
    shown = document()
    assert shown["version"] == 1
    assert [rule["id"] for rule in shown["rules"]] == [rule.id for rule in RULES]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\n", "a\nb"),
        ("x" * 120, "x" * 99 + "…"),
        (
            "\n".join(str(number) for number in range(30)),
            "0\n1\n2\n3\n4\n5\n  # … 18 more lines …\n24\n25\n26\n27\n28\n29",
        ),
    ],
)
def test_long_examples_are_cut(text: str, shown: str) -> None:
    assert example(text) == shown
