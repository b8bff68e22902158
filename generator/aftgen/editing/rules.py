"""What AFT and the organization hold against an edit: immutable parameters, limits, policy, clashes."""

from collections.abc import Callable, Iterable, Mapping

from aft_access.contract import AccessDeclaration, ContractError, by_permission_set

from aftgen.editing.base import Base
from aftgen.editing.verify import all_files
from aftgen.editing.wanted import Wanted, declaration_of
from aftgen.errors import Problems, Refused, nearest
from aftgen.hcl.values import Unknown
from aftgen.inputs import fields, grants
from aftgen.inputs.clashes import place_of
from aftgen.inputs.surroundings import Surroundings
from aftgen.limits import normalise, provisioned_product_name, tags_problems
from aftgen.reader.model import (
    CHANGE_MANAGEMENT,
    CONTROL_TOWER,
    CONTROL_TOWER_KEYS,
    CUSTOM_FIELDS,
    TAGS,
    Request,
    RequestFolder,
)
from aftgen.request import ACCESS_FIELD

#: Argument and key to the field of :mod:`aftgen.inputs` that says what it may hold.
FIELDS: Mapping[tuple[str, str], str] = {
    (CONTROL_TOWER, "AccountName"): "name",
    (CONTROL_TOWER, "AccountEmail"): "email",
    (CONTROL_TOWER, "ManagedOrganizationalUnit"): "ou",
    (CONTROL_TOWER, "SSOUserEmail"): "sso_email",
    (CONTROL_TOWER, "SSOUserFirstName"): "sso_first_name",
    (CONTROL_TOWER, "SSOUserLastName"): "sso_last_name",
    (CHANGE_MANAGEMENT, "change_requested_by"): "requested_by",
    (CHANGE_MANAGEMENT, "change_reason"): "reason",
}
_MOVABLE = "ManagedOrganizationalUnit"
_INSTEAD = {
    "AccountEmail": "change the root email of the account in Organizations first and then the file by hand; "
    "the other way round AFT removes the live account",
    "AccountName": "an account keeps its name in AFT; 'aftgen rename' gives its request another label",
    "SSOUserEmail": "Control Tower made that user an administrator when it made the account: change access "
    "in IAM Identity Center, or declare it with --grant",
}


class Immutable(Problems):
    """AFT would refuse the change of a live account, after the merge and without a word to anybody."""


def refuse_immutable(base: Base, before: Request, after: Request) -> None:
    """Raise Immutable where a live account's parameters differ from the base's, the OU excepted.

    AFT: ``modify_ct_request_is_valid`` (reference/aft.md §2.1). It compares with the row that it has, so that
    going back to the base's value is allowed.
    """
    live = base.request(before)
    if live is None:
        return
    refused = [
        key
        for key in CONTROL_TOWER_KEYS
        if key != _MOVABLE and live.value(CONTROL_TOWER, key) != after.value(CONTROL_TOWER, key)
    ]
    if refused:
        instead = dict.fromkeys(_INSTEAD.get(key, _INSTEAD["SSOUserEmail"]) for key in refused)
        raise Immutable(
            f"AFT would refuse this for the live account {live.name}: 'CT Request is not valid'; "
            "nothing was written",
            [
                f"Control Tower parameter {key} cannot be modified "
                f"(AFT has {live.text(CONTROL_TOWER, key)!r})"
                for key in refused
            ],
            hint="; ".join(instead),
        )


def refuse_immutable_without_base(base: Base, wanted: Wanted, request: Request) -> None:
    """The same where there is no base to compare with: the file's own values count as AFT's."""
    if base.folder is not None:
        return
    asked = wanted.entries.get(CONTROL_TOWER, {})
    refused = [
        key for key, value in asked.items() if key != _MOVABLE and value != request.value(CONTROL_TOWER, key)
    ]
    if refused:
        raise Immutable(
            "AFT would refuse this for a live account: 'CT Request is not valid'; nothing was written",
            [f"Control Tower parameter {key} cannot be modified" for key in refused],
            hint=f"whether the account is live is not known ({base.why}): name what AFT has with --base REF",
        )


def refuse_problems(
    wanted: Wanted, before: Request, after: Request, surroundings: Surroundings, folder: RequestFolder
) -> None:
    """Raise Problems with all that the edit makes wrong; what was wrong before is not held against it."""
    found = [*_value_problems(wanted, before, after, surroundings)]
    if wanted.access is not None or _MOVABLE in wanted.entries.get(CONTROL_TOWER, {}):
        was = set(_access_problems(before, surroundings))
        found += [problem for problem in _access_problems(after, surroundings) if problem not in was]
    found += _clashes(before, after, folder)
    if found:
        many = "a problem" if len(found) == 1 else f"{len(found)} problems"
        raise Problems(f"nothing was written: {many} in what was asked for", found)


def _value_problems(
    wanted: Wanted, before: Request, after: Request, surroundings: Surroundings
) -> Iterable[str]:
    for argument, entries in wanted.entries.items():
        for key, value in entries.items():
            if value is None or value == before.value(argument, key):
                continue
            if (argument, key) in FIELDS:
                yield from fields.text_problems(FIELDS[argument, key], value, surroundings)
            elif argument == TAGS:
                yield from (problem for _, problem in fields.tags_problems({key: value}, surroundings))
            elif argument == CUSTOM_FIELDS:
                yield from (f"the custom field {key}: {p}" for p in fields.custom_field_problems(key, value))
    if wanted.customization is not None:
        yield from fields.text_problems("customization", wanted.customization, surroundings)
    if wanted.label is not None:
        yield from fields.text_problems("label", wanted.label, surroundings)
    old, new = before.value(TAGS), after.value(TAGS)
    if isinstance(old, dict) and isinstance(new, dict):
        missing = set(fields.missing_tags(new, surroundings)) - set(fields.missing_tags(old, surroundings))
        yield from (
            f"aftgen.yaml requires the tag {key!r}: it can be changed, not removed" for key in sorted(missing)
        )
        if len(new) > len(old):
            yield from tags_problems(new)


def _access_problems(request: Request, surroundings: Surroundings) -> list[str]:
    try:
        declared = declaration_of(request) or AccessDeclaration()
    except ContractError as error:
        return list(error.problems)
    asked = {
        name: [str(one) for one in principals]
        for name, principals in by_permission_set(declared.grants).items()
    }
    return [problem for _, problem in grants.declaration(asked, surroundings, request.ou)[1]]


def _clashes(before: Request, after: Request, folder: RequestFolder) -> Iterable[str]:
    """What the request would share with another and did not before."""
    for what, reading in _UNIQUE.items():
        value = reading(after)
        if not value or value == reading(before):
            continue
        for other in folder.requests:
            if other is not before and reading(other) == value:
                yield f"the {what} {value} is also that of {place_of(other)}"
    if before.label != after.label:
        for path, file in all_files(folder).items():
            for block in file.body.of_type("module") if _folder(path) == _folder(before.path) else ():
                if block is not before.block and block.labels and block.labels[0].text == after.label:
                    line = file.source.position(block.start).line
                    yield f"the label {after.label} is also that of {path}:{line}"


_UNIQUE: Mapping[str, Callable[[Request], str]] = {
    "email (AFT compares without case)": lambda one: (one.email or "").lower(),
    "account name": lambda one: one.name or "",
    "provisioned product (spaces count as hyphens)": lambda one: provisioned_product_name(one.name or ""),
}


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def refuse_absent(request: Request, argument: str, keys: Iterable[str]) -> None:
    """Raise Refused for a tag or custom field that is to go and is not there, with the nearest that is."""
    value = request.value(argument)
    known = list(value) if isinstance(value, dict) else []
    what = "tag" if argument == TAGS else "custom field"
    for key in keys:
        if argument == CUSTOM_FIELDS and key == ACCESS_FIELD:
            raise Refused(
                "a declaration that disappears leaves its grants standing; nothing was written",
                hint="--no-grants revokes them, 'aftgen access release' gives them up",
            )
        if not isinstance(value, Unknown) and normalise(key) not in known:
            close = nearest(key, known)
            there = f"there are {fields.listed(sorted(known))}" if known else "it has none"
            raise Refused(
                f"the request has no {what} {key!r}; nothing was written",
                hint=f"did you mean {close!r}?" if close else there,
            )
