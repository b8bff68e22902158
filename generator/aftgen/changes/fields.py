"""Which parts of a request differ, part by part, and what AFT does not do about them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from aftgen.request_row import RequestRow

FieldKind = Literal["parameter", "tag", "custom field", "customization", "change management"]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One part that differs; None where it is not there. Values that are not text are their JSON."""

    kind: FieldKind
    name: str
    old: str | None
    new: str | None


def compare(old: RequestRow, new: RequestRow) -> Iterator[FieldChange]:
    """Every difference, in the order of the module's arguments; the access declaration as its text."""
    yield from _differences("parameter", old.control_tower_parameters, new.control_tower_parameters)
    yield from _differences("tag", _texts(old.account_tags), _texts(new.account_tags))
    yield from _differences("custom field", _texts(old.custom_fields), _texts(new.custom_fields))
    if old.account_customizations_name != new.account_customizations_name:
        yield FieldChange(
            "customization",
            "account_customizations_name",
            old.account_customizations_name,
            new.account_customizations_name,
        )
    yield from _differences(
        "change management", old.change_management_parameters, new.change_management_parameters
    )


def notes(changes: Iterable[FieldChange]) -> Iterator[str]:
    """What a person expects of these differences and AFT does not do."""
    removed = [change.name for change in changes if change.kind == "tag" and change.new is None]
    if removed:
        # AFT issue 160: decided not to.
        yield f"AFT never removes a tag from an account: {', '.join(removed)} stays until somebody untags it"


def _differences(kind: FieldKind, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[FieldChange]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield FieldChange(kind, name, old.get(name), new.get(name))


def _texts(text: str) -> dict[str, str]:
    found = json.loads(text)
    if not isinstance(found, dict):
        return {}
    return {
        key: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        for key, value in found.items()
    }
