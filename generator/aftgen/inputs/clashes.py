"""What a new request must not share with another: AFT's own comparisons, and Terraform's.

The email is compared without case and the name with it, as AFT compares them with Organizations; the
provisioned product's name as Service Catalog gets it; the label and the file as Terraform and the disk do.
Each message names both owners with their places.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from json import JSONDecodeError
from typing import Any

from aftgen.limits import provisioned_product_name
from aftgen.reader.model import (
    CHANGE_MANAGEMENT,
    CONTROL_TOWER,
    CUSTOM_FIELDS,
    CUSTOMIZATION,
    TAGS,
    Request,
    RequestFolder,
)
from aftgen.request import ACCESS_FIELD, AccountRequest


@dataclass(frozen=True, slots=True)
class Owner:
    """Who holds an email, a name and a label, and where."""

    place: str
    email: str | None
    name: str | None
    label: str | None
    file: str | None


@dataclass(frozen=True, slots=True)
class New:
    """A request that is about to be written, and where it was asked for."""

    request: AccountRequest
    place: str


def existing_owners(folder: RequestFolder, replaced: Iterable[str] = ()) -> Iterator[Owner]:
    """The owners in a folder, without the files (by path) that are about to be replaced."""
    without = frozenset(replaced)
    for found in folder.requests:
        if found.path not in without:
            # Labels of requests inside a local module are in another scope.
            label = found.label if found.address.count(".") == 1 else None
            yield Owner(place_of(found), found.email, found.name, label, None)


def place_of(found: Request) -> str:
    """``file:line`` of an existing request."""
    return f"{found.path}:{found.file.source.position(found.block.start).line}"


def problems(new: Sequence[New], owners: Iterable[Owner]) -> list[str]:
    """Every clash, in the order of the new requests."""
    taken: dict[tuple[str, str], Owner] = {}
    for owner in owners:
        for what, (value, _) in _keys(owner).items():
            taken.setdefault((what, value), owner)
    found = []
    for one in new:
        request = one.request
        owner = Owner(one.place, request.email, request.name, request.label, request.file_name)
        reported: set[str] = set()
        for what, (value, shown) in _keys(owner).items():
            other = taken.setdefault((what, value), owner)
            if other is not owner and not (what in _IMPLIED and _IMPLIED[what] & reported):
                reported.add(what)
                found.append(f"{one.place}: {_MESSAGES[what].format(shown)} {other.place}")
    return found


#: A clash that follows from another one is not said twice.
_IMPLIED = {"product": {"name"}, "label": {"name", "product"}, "file": {"name", "product"}}
_MESSAGES = {
    "email": "the email {0} (AFT compares without case) is also that of",
    "name": "the account name {0!r} is also that of",
    "product": "the provisioned product {0!r} (spaces count as hyphens) is also that of",
    "label": "the label {0!r} is also that of",
    "file": "the file {0!r} (without case) is also that of",
}


def _keys(owner: Owner) -> dict[str, tuple[str, str]]:
    """What must be unique: (as it is compared, as it is shown) by kind."""
    keys = {}
    if owner.email:
        keys["email"] = (owner.email.lower(), owner.email)
    if owner.name:
        product = provisioned_product_name(owner.name)
        keys["name"] = (owner.name, owner.name)
        keys["product"] = (product, product)
    if owner.label:
        keys["label"] = (owner.label, owner.label)
    if owner.file:
        keys["file"] = (owner.file.casefold(), owner.file)
    return keys


def holder_of(request: AccountRequest, existing: Iterable[Request]) -> Request | None:
    """The existing request that asks for exactly this already."""
    return next((found for found in existing if _asks_for(found, request)), None)


def _asks_for(found: Request, request: AccountRequest) -> bool:
    if not found.is_known:
        return False
    item = request.item()
    return (
        found.value(CONTROL_TOWER) == item["control_tower_parameters"]
        and found.value(CHANGE_MANAGEMENT) == item["change_management_parameters"]
        and found.value(TAGS) == item["account_tags"]
        and found.value(CUSTOMIZATION) == item["account_customizations_name"]
        and _decoded(found.value(CUSTOM_FIELDS)) == item["custom_fields"]
    )


def _decoded(custom_fields: Any) -> Mapping[str, Any] | None:
    if not isinstance(custom_fields, dict):
        return None
    fields = dict(custom_fields)
    if isinstance(fields.get(ACCESS_FIELD), str):
        try:
            fields[ACCESS_FIELD] = json.loads(fields[ACCESS_FIELD])
        except JSONDecodeError:
            return fields
    return fields
