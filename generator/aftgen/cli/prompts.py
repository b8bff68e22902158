"""Asks a person at a terminal for what a request still lacks, showing what is valid."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from aftgen.cli import output

if TYPE_CHECKING:
    from aftgen.inputs.complete import Completed
    from aftgen.inputs.raw import Given
    from aftgen.inputs.surroundings import Surroundings

_QUESTIONS = {
    "name": "Account name",
    "ou": "Organizational unit",
    "email": "Root email of the account",
    "sso_email": "Email of the SSO user (gets AWSAdministratorAccess)",
    "sso_first_name": "First name of the SSO user",
    "sso_last_name": "Last name of the SSO user",
    "requested_by": "Requested by",
    "reason": "Reason",
}


def ask(completed: "Completed", surroundings: "Surroundings") -> "Completed":
    """Ask until nothing is missing, then for the customization and the grants where none were given.

    Raises click.Abort when the person interrupts.
    """
    from aftgen.inputs.complete import complete

    while completed.missing and not completed.problems:
        given = _answer(completed.missing[0], completed.given, surroundings)
        completed = complete(given, surroundings)
    given = completed.given
    if given.values.customization is None and surroundings.customizations:
        given = given.with_values(customization=_customization(surroundings))
    if given.values.grants is None:
        given = given.with_values(grants=_grants(surroundings))
    return complete(given, surroundings)


def _answer(missing: str, given: "Given", surroundings: "Surroundings") -> "Given":
    if missing.startswith("tags."):
        key = missing.removeprefix("tags.")
        return given.with_values(tags={**given.values.tags, key: _tag(key, surroundings)})
    choices = sorted(surroundings.organization.ous) if missing == "ou" else []
    return given.with_values(**{missing: _text(missing, _QUESTIONS[missing], surroundings, choices=choices)})


def _text(
    field: str,
    question: str,
    surroundings: "Surroundings",
    *,
    choices: Sequence[str] = (),
    default: str | None = None,
) -> str:
    from aftgen.inputs.fields import text_problems
    from aftgen.limits import normalise

    _show(choices)
    while True:
        answer = _chosen(_prompt(question, default), choices)
        problems = text_problems(field, normalise(answer), surroundings)
        if not problems:
            return answer
        _complain(problems)


def _tag(key: str, surroundings: "Surroundings") -> str:
    from aftgen.inputs.fields import tags_problems
    from aftgen.limits import normalise

    rule = surroundings.config.policy.tags[key]
    _show(rule.values)
    about = f" ({rule.description})" if rule.description else ""
    while True:
        answer = _chosen(_prompt(f"Tag {key}{about}"), rule.values)
        problems = [problem for _, problem in tags_problems({key: normalise(answer)}, surroundings)]
        if not problems:
            return answer
        _complain(problems)


def _customization(surroundings: "Surroundings") -> str:
    known = surroundings.customizations or ()
    default = surroundings.config.defaults.customization or "none"
    while True:
        answer = _text_or_none("Customization", known, default)
        if answer == "none":
            return ""
        if answer in known:
            return answer
        _complain([f"account-customizations/ has no folder {answer!r}; 'none' is an answer too"])


def _text_or_none(question: str, choices: Sequence[str], default: str) -> str:
    _show(choices)
    return _chosen(_prompt(question, default), choices)


def _grants(surroundings: "Surroundings") -> dict[str, tuple[str, ...]] | None:
    """Grants one by one until an empty answer; None when there was none, so that the defaults stand."""
    from aftgen.inputs.grants import declaration

    catalogue = surroundings.catalogue
    _show(sorted(catalogue.permission_sets) if catalogue else (), numbered=False)
    question = "Grant, as PermissionSet=group:name,user:name (empty: no more)"
    found: dict[str, tuple[str, ...]] = {}
    while answer := _prompt(question, ""):
        name, principals = split_grant(answer)
        if not principals:
            _complain([f"{answer!r} has no principal: write {name or 'ReadOnlyAccess'}=group:auditors"])
            continue
        both = {**found, name: tuple(dict.fromkeys((*found.get(name, ()), *principals)))}
        _, problems = declaration(both, surroundings, None)
        if problems:
            _complain([problem for _, problem in problems])
        else:
            found = both
    return found or None


def split_grant(text: str) -> tuple[str, tuple[str, ...]]:
    """``PermissionSet=group:a,user:b`` as its name and its principals."""
    name, _, principals = text.partition("=")
    return name.strip(), tuple(part.strip() for part in principals.split(",") if part.strip())


def _show(choices: Sequence[str], *, numbered: bool = True) -> None:
    for number, choice in enumerate(choices, 1):
        output.message(f"  {number:>2}  {choice}" if numbered else f"      {choice}")


def _chosen(answer: str, choices: Sequence[str]) -> str:
    """A number stands for the choice that was shown with it."""
    if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(choices) and answer not in choices:
        return choices[int(answer) - 1]
    return answer


def _prompt(question: str, default: str | None = None) -> str:
    answer: str = click.prompt(question, default=default, show_default=bool(default), err=True)
    return answer.strip()


def _complain(problems: Sequence[str]) -> None:
    for problem in problems:
        output.message(click.style("  ! ", fg="yellow") + problem)
