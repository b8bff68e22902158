"""What each field of a request may hold: AWS's limits, AFT's reading and the organization's policy."""

import re
import unicodedata
from collections.abc import Callable, Mapping

from aftgen import limits
from aftgen.errors import nearest
from aftgen.inputs.surroundings import Surroundings
from aftgen.organization import Organization
from aftgen.request import ACCESS_FIELD

_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
#: At most this many valid names are listed in a message.
_LISTED = 12


def text_problems(field: str, value: str, surroundings: Surroundings) -> list[str]:
    """Why one text field would be refused; empty when it would not."""
    found = character_problems(value, lines=field == "reason")
    return found or _CHECKS[field](value, surroundings)


def character_problems(text: str, *, lines: bool = False) -> list[str]:
    """Control characters (line breaks are allowed with ``lines``) and halves of characters."""
    allowed = "\t\n\r" if lines else ""
    bad = next((c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in allowed), None)
    if bad is None:
        return []
    if bad in "\n\r":
        return ["the text holds a line break"]
    what = "half of a character," if unicodedata.category(bad) == "Cs" else "the control character"
    return [f"the text holds {what} U+{ord(bad):04X}"]


def resolve_ou(text: str, organization: Organization) -> tuple[str, list[str]]:
    """The ManagedOrganizationalUnit for a path or for one in AFT's own form, and what is wrong with it."""
    reference = organization.reference(text)
    if reference is not None:
        return str(reference), []
    if not organization.ous:
        return text, limits.ou_problems(text)
    parsed = limits.parse_ou(text)
    if parsed.id is None:
        return text, [_unknown_ou(text, organization)]
    problems = limits.ou_problems(text)
    path = organization.path_of(parsed)
    if not problems and path is None:
        problems = [f"organization.yaml knows no OU with the id {parsed.id}"]
    elif not problems and path is not None and path.rsplit("/", 1)[-1] != parsed.name:
        problems = [f"{parsed.id} is the OU {path!r}, not {parsed.name!r}"]
    return text, problems


def _unknown_ou(text: str, organization: Organization) -> str:
    same_name = [path for path in organization.ous if path.rsplit("/", 1)[-1].casefold() == text.casefold()]
    close = same_name[0] if len(same_name) == 1 else organization.nearest(text)
    hint = f" Did you mean {close!r}?" if close else ""
    return f"organization.yaml knows no OU {text!r}.{hint} It knows {listed(sorted(organization.ous))}"


def listed(names: list[str]) -> str:
    """Names for a message, the first dozen of them."""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def tags_problems(tags: Mapping[str, str], surroundings: Surroundings) -> list[tuple[str, str]]:
    """(tag key, problem) for each; an empty key stands for the tags as a whole. Missing tags are not here."""
    policy = surroundings.config.policy
    found = [("", problem) for problem in limits.tags_problems(tags)]
    for key, value in tags.items():
        found += [(key, problem) for problem in limits.tag_problems(key, value)]
        rule = policy.tags.get(key)
        problem = rule.problem(value) if rule else None
        if problem:
            about = f" ({rule.description})" if rule and rule.description else ""
            found.append((key, f"the tag {key}: {problem}{about}"))
        if rule is None and policy.other_tags == "refuse":
            found.append((key, _unknown_tag(key, list(policy.tags))))
    return found


def missing_tags(tags: Mapping[str, str], surroundings: Surroundings) -> list[str]:
    """Keys of the tags that the policy requires and nobody gave."""
    rules = surroundings.config.policy.tags
    return [key for key, rule in rules.items() if rule.required and key not in tags]


def _unknown_tag(key: str, known: list[str]) -> str:
    close = nearest(key, known)
    hint = f": did you mean {close!r}?" if close else f"; allowed are {listed(known)}"
    return f"aftgen.yaml does not allow the tag {key!r}{hint}"


def custom_field_problems(key: str, value: str) -> list[str]:
    """Why a custom field would be refused."""
    if key == ACCESS_FIELD:
        return [f"the custom field {key!r} is the access declaration: give grants instead"]
    return limits.custom_field_key_problems(key) + limits.custom_field_value_problems(value)


def _name(value: str, surroundings: Surroundings) -> list[str]:
    return limits.account_name_problems(value) or _policy(
        value, surroundings.config.policy.name_pattern, "account names"
    )


def _email(value: str, surroundings: Surroundings) -> list[str]:
    problems = limits.email_problems(value)
    if not problems and value != value.lower():
        problems = [
            "the email holds capital letters: Organizations may keep it in another case than AFT looks for"
        ]
    return problems or _policy(value, surroundings.config.policy.email_pattern, "emails")


def _policy(value: str, pattern: str | None, what: str) -> list[str]:
    if pattern is None or re.fullmatch(pattern, value):
        return []
    return [f"{value!r} does not match aftgen.yaml's pattern for {what}, {pattern}"]


def _sso_email(value: str, surroundings: Surroundings) -> list[str]:
    problems = limits.sso_email_problems(value)
    if not problems and surroundings.catalogue is not None:
        problem = surroundings.catalogue.sso_user_problem(value)
        problems = [problem] if problem else []
    return problems


def _customization(value: str, surroundings: Surroundings) -> list[str]:
    problems = limits.customization_name_problems(value)
    known = surroundings.customizations
    if problems or not value or known is None or value.split("/")[0] in known:
        return problems
    close = nearest(value, known)
    hint = f" Did you mean {close!r}?" if close else ""
    there = f" There {'are' if len(known) > 1 else 'is'} {listed(list(known))}." if known else ""
    return [f"account-customizations/ has no folder {value!r}.{hint}{there}"]


def _label(value: str, _: Surroundings) -> list[str]:
    if _LABEL.match(value):
        return []
    return ["a label holds letters, digits, '_' and '-' only, and begins with a letter or '_'"]


def _not_empty(value: str, _: Surroundings) -> list[str]:
    return limits.free_text_problems(value) if value.strip() else ["the text is empty"]


_CHECKS: Mapping[str, Callable[[str, Surroundings], list[str]]] = {
    "name": _name,
    "ou": lambda value, surroundings: resolve_ou(value, surroundings.organization)[1],
    "email": _email,
    "sso_email": _sso_email,
    "sso_first_name": lambda value, _: limits.sso_name_problems(value),
    "sso_last_name": lambda value, _: limits.sso_name_problems(value),
    "requested_by": _not_empty,
    "reason": _not_empty,
    "customization": _customization,
    "label": _label,
}
