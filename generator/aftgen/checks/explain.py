"""The rules explained: for ``aftgen rules`` and for ``docs/rules.md``, which is made from nothing else."""

from typing import Any

from aftgen.checks.registry import AREAS, RULES
from aftgen.checks.rule import Rule

VERSION = 1
_EXAMPLE_MAX_LINES = 12
_EXAMPLE_MAX_WIDTH = 100


def example(text: str) -> str:
    """An example for a reader: a long one is cut in the middle, long lines at their end."""
    lines = [
        line if len(line) <= _EXAMPLE_MAX_WIDTH else line[: _EXAMPLE_MAX_WIDTH - 1] + "…"
        for line in text.splitlines()
    ]
    if len(lines) > 2 * _EXAMPLE_MAX_LINES:
        cut = len(lines) - _EXAMPLE_MAX_LINES
        half = _EXAMPLE_MAX_LINES // 2
        lines = [*lines[:half], f"  # … {cut} more lines …", *lines[-half:]]
    return "\n".join(lines)


def document(rules: tuple[Rule, ...] = RULES) -> dict[str, Any]:
    """The rules as a JSON document."""
    return {
        "version": VERSION,
        "rules": [
            {
                "id": rule.id,
                "name": rule.name,
                "area": AREAS[rule.id[0]],
                "severity": rule.severity.value,
                "title": rule.title,
                "why": rule.why,
                "fix": rule.fix,
                "bad": rule.bad,
                "good": rule.good,
            }
            for rule in rules
        ],
    }


def markdown() -> str:
    """The whole of docs/rules.md."""
    parts = [
        "# The rules of `aftgen check`",
        "",
        "<!-- Made by `make docs` from generator/aftgen/checks/rules/; do not edit. -->",
        "",
        "Errors surely or very likely fail after the merge; warnings are legal but suspicious. An example",
        "that begins with an argument stands for a request with it; `# --- path` begins another file.",
        "",
        "`# aftgen:ignore=ID reason`, in or directly above a request, silences a rule on it. The reason is",
        "demanded, and a comment that silences nothing is reported.",
        "",
        "| id | name | severity | what it finds |",
        "|---|---|---|---|",
    ]
    parts += [
        f"| [{rule.id}](#{_anchor(rule)}) | {rule.name} | {rule.severity.value} | {rule.title} |"
        for rule in RULES
    ]
    for letter, area in AREAS.items():
        parts += ["", f"## {area}"]
        for rule in RULES:
            if rule.id[0] == letter:
                parts += ["", *_section(rule)]
    return "\n".join(parts) + "\n"


def _anchor(rule: Rule) -> str:
    return f"{rule.id}-{rule.name}".lower()


def _section(rule: Rule) -> list[str]:
    lines = [
        f"### {rule.id} {rule.name}",
        "",
        f"{rule.title} ({rule.severity.value}).",
        "",
        _escaped(rule.why),
    ]
    lines += ["", f"To fix it: {_escaped(rule.fix)}."]
    for what, text in (("Bad", rule.bad), ("Good", rule.good)):
        if text:
            lines += ["", f"{what}:", "", "```hcl", example(text), "```"]
    return lines


def _escaped(text: str) -> str:
    """Prose in which Markdown finds no markup."""
    for character in "\\*_<>`|":
        text = text.replace(character, f"\\{character}")
    return text
