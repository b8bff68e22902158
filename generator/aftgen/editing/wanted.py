"""What an edit of one request asks for, as a value, and what the request's arguments must be afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aft_access.contract import AccessDeclaration, ContractError, parse

from aftgen.hcl.values import Unknown, Value, unify_map
from aftgen.limits import normalise
from aftgen.reader.model import CUSTOM_FIELDS, CUSTOMIZATION, TAGS, Request
from aftgen.request import ACCESS_FIELD

Entries = Mapping[str, Mapping[str, str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The values to set. In ``entries`` (argument to key to text) None takes a key out.

    ``access`` is the whole declaration that is to stand afterwards; None leaves the one that is there.
    """

    entries: Entries = field(default_factory=dict)
    customization: str | None = None
    access: AccessDeclaration | None = None
    label: str | None = None

    @property
    def is_empty(self) -> bool:
        asked = (self.customization, self.access, self.label)
        return not any(self.entries.values()) and all(value is None for value in asked)


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that differs: ``what`` names it for a person, None stands for nothing there."""

    what: str
    old: str | None
    new: str | None


def declaration_of(request: Request) -> AccessDeclaration | None:
    """The access that a request declares; None without a declaration. Raises ContractError for a bad one."""
    text = request.value(CUSTOM_FIELDS, ACCESS_FIELD)
    if isinstance(text, Unknown):
        raise ContractError([f"it is not known without evaluating: {text.reason}"])
    if text is None:
        return None
    if not isinstance(text, str):
        raise ContractError(["it is not a text: write it with jsonencode()"])
    return parse(text)


def expected(request: Request, wanted: Wanted) -> dict[str, Value]:
    """The request's arguments as they must be after the edit, all but the access declaration's text."""
    arguments = dict(request.arguments)
    for argument, entries in wanted.entries.items():
        before = arguments[argument]
        values = dict(before) if isinstance(before, dict) else {}
        for key, value in entries.items():
            if value is None:
                values.pop(key, None)
            else:
                values[key] = normalise(value)
        arguments[argument] = unify_map(values) if argument in (TAGS, CUSTOM_FIELDS) else values
    if wanted.customization is not None:
        arguments[CUSTOMIZATION] = wanted.customization
    return arguments


_NAMES = {
    "AccountEmail": "email",
    "AccountName": "name",
    "ManagedOrganizationalUnit": "organizational unit",
    "SSOUserEmail": "SSO user's email",
    "SSOUserFirstName": "SSO user's first name",
    "SSOUserLastName": "SSO user's last name",
    "change_requested_by": "requested by",
    "change_reason": "reason",
}


def differences(before: Request, after: Request) -> list[Difference]:
    """What a person should see of an edit: every value that is another one than before."""
    found = []
    if before.label != after.label:
        found.append(Difference("label", before.label, after.label))
    for argument, old in before.arguments.items():
        new = after.arguments[argument]
        if argument == CUSTOMIZATION:
            pairs = [("customization", old, new)]
        else:
            keys = dict.fromkeys([*_keys(old), *_keys(new)])
            prefix = {TAGS: "tag ", CUSTOM_FIELDS: "field "}.get(argument, "")
            pairs = [
                (prefix + _NAMES.get(key, key), before.value(argument, key), after.value(argument, key))
                for key in keys
                if (argument, key) != (CUSTOM_FIELDS, ACCESS_FIELD)
            ]
        found += [Difference(what, _shown(one), _shown(other)) for what, one, other in pairs if one != other]
    return found + _access_differences(before, after)


def _access_differences(before: Request, after: Request) -> list[Difference]:
    try:
        old, new = declaration_of(before), declaration_of(after)
    except ContractError:
        return []
    if old == new:
        return []
    was = frozenset(map(str, old.grants)) if old else frozenset()
    now = frozenset(map(str, new.grants)) if new else frozenset()
    found = [Difference("grant", grant, None) for grant in sorted(was - now)]
    found += [Difference("grant", None, grant) for grant in sorted(now - was)]
    if (old.retired if old else False) != (new.retired if new else False):
        found.append(
            Difference(
                "retired",
                "false" if new and new.retired else "true",
                "true" if new and new.retired else "false",
            )
        )
    if old is None and new is not None and not now:
        found.append(Difference("access", None, "no grants of its own"))
    return found


def _keys(value: Value) -> list[str]:
    return list(value) if isinstance(value, dict) else []


def _shown(value: Value) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.reason if isinstance(value, Unknown) else str(value)
