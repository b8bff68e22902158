"""From what was given to a whole account request, or to everything that stands in its way."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from aftgen import limits
from aftgen.inputs import fields, grants
from aftgen.inputs.raw import TEXT_FIELDS, Given
from aftgen.inputs.surroundings import Surroundings
from aftgen.limits import normalise
from aftgen.request import AccountRequest

#: Fields that are fine when nobody gives them.
_OPTIONAL = frozenset({"customization", "label"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Completed:
    """A request with no problems and nothing missing, or the reasons why there is none.

    ``missing`` names fields (``email``) and required tags (``tags.cost-center``).
    """

    given: Given
    request: AccountRequest | None = None
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Value:
    text: str
    place: str


def complete(given: Given, surroundings: Surroundings) -> Completed:
    """Fill in defaults, resolve the OU, and check every value. Raises nothing."""
    values = _values(given, surroundings)
    found_by_field = {
        field: fields.text_problems(field, value.text, surroundings) for field, value in values.items()
    }
    if found_by_field.get("name") and given.text("email") is None:
        found_by_field.pop("email", None)  # made from the name, it shares the name's problems
    problems = [
        f"{values[field].place}: {problem}" for field, found in found_by_field.items() for problem in found
    ]
    missing = [field for field in TEXT_FIELDS if field not in values and field not in _OPTIONAL]
    if "name" in missing and "email" in missing and surroundings.config.defaults.email:
        missing.remove("email")  # it follows from the name
    ou = fields.resolve_ou(values["ou"].text, surroundings.organization)[0] if "ou" in values else None

    tags, found = _merged(given, "tags", surroundings.config.defaults.tags)
    problems += found
    problems += [
        f"{_place(given, 'tags', key)}: {problem}"
        for key, problem in fields.tags_problems(tags, surroundings)
    ]
    missing += [f"tags.{key}" for key in fields.missing_tags(tags, surroundings)]

    custom_fields, found = _merged(given, "custom_fields", surroundings.config.defaults.custom_fields)
    problems += found
    problems += [
        f"{_place(given, 'custom_fields', key)}: {problem}"
        for key, value in custom_fields.items()
        for problem in fields.custom_field_problems(key, value)
    ]

    access = None
    asked = grants.merged(surroundings.config.defaults.grants, given.values.grants)
    if asked is not None:
        access, refused = grants.declaration(asked, surroundings, ou)
        problems += [f"{_place(given, 'grants', name)}: {problem}" for name, problem in refused]

    if problems or missing:
        return Completed(given=given, problems=tuple(problems), missing=tuple(missing))
    request = AccountRequest(
        **{field: value.text for field, value in values.items() if field != "ou"},
        ou=ou or "",
        comments=(),
        tags=tags,
        custom_fields=custom_fields,
        access=access,
    )
    problems = [f"{given.place(())}: {problem}" for problem in _size_problems(request)]
    return Completed(given=given, request=None if problems else request, problems=tuple(problems))


def _values(given: Given, surroundings: Surroundings) -> dict[str, _Value]:
    """The text fields that have a value, and where each comes from."""
    defaults = surroundings.config.defaults
    name = normalise(given.text("name") or "")
    sso = defaults.sso_user
    filled = {
        "ou": (defaults.ou, "defaults.ou"),
        "email": (defaults.email_for(name) if name else None, "defaults.email"),
        "sso_email": (sso.email if sso else None, "defaults.sso_user.email"),
        "sso_first_name": (sso.first_name if sso else None, "defaults.sso_user.first_name"),
        "sso_last_name": (sso.last_name if sso else None, "defaults.sso_user.last_name"),
        "requested_by": (defaults.requested_by or surroundings.person, "defaults.requested_by"),
        "reason": (defaults.reason, "defaults.reason"),
        "customization": (defaults.customization, "defaults.customization"),
    }
    values = {}
    for field in TEXT_FIELDS:
        text = given.text(field)
        if text is not None:
            values[field] = _Value(normalise(text), given.place((field,)))
            continue
        default, origin = filled.get(field, (None, ""))
        if default is not None:
            values[field] = _Value(normalise(default), f"{given.place(())} ({origin} in aftgen.yaml)")
    return values


def _merged(given: Given, field: str, defaults: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The default entries and the given ones over them, normalised."""
    own: dict[str, str] = {}
    problems = []
    for key, value in getattr(given.values, field).items():
        name = normalise(key)
        if name in own:
            problems.append(f"{given.place((field, key))}: {name!r} is given twice")
        own[name] = normalise(value)
    return {**{normalise(key): normalise(value) for key, value in defaults.items()}, **own}, problems


def _place(given: Given, field: str, key: str) -> str:
    own = getattr(given.values, field) or {}
    if key and key not in own and key not in map(normalise, own):
        return f"{given.place(())} (defaults.{field}.{key} in aftgen.yaml)"
    return given.place((field, key) if key else (field,))


def _size_problems(request: AccountRequest) -> list[str]:
    """AFT hands the whole row to its state machine."""
    item = {**request.item(), "custom_fields": json.dumps(request.all_custom_fields())}
    size = len(json.dumps(item, ensure_ascii=False).encode())
    if size > limits.STATE_INPUT_MAX_BYTES:
        return [f"the request has {size:,} bytes, AFT's state machine takes {limits.STATE_INPUT_MAX_BYTES:,}"]
    return []
