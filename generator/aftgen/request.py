"""An account request as a person asks for it, and the row that AFT must end up with.

:class:`AccountRequest` is the value that inputs produce and the writer renders. :meth:`AccountRequest.item`
is its meaning: the DynamoDB item of AFT's ``aft-request`` table, against which every written file is
compared before it exists, and which the tests compare with what real Terraform evaluates.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from aft_access.contract import AccessDeclaration, dump

from aftgen.limits import provisioned_product_name

#: The custom field that carries the access declaration.
ACCESS_FIELD = "access"

_LABEL_FORBIDDEN = re.compile(r"[^A-Za-z0-9_-]")
_FILE_FORBIDDEN = re.compile(r"[^A-Za-z0-9._-]")
#: Stems that Terraform or AFT's pipeline gives a meaning of their own.
_RESERVED_STEMS = frozenset({"backend", "aft-providers", "override"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRequest:
    """One account, with every value as AFT will get it.

    ``ou`` is a ManagedOrganizationalUnit in AFT's form. ``custom_fields`` excludes the access
    declaration, which is ``access`` (None: none is made, which is not the same as an empty one).

    ``account_id`` is that of an account which exists and is to be taken over; ``comments`` are lines at the
    head of its block, ``stem`` its file's name without ``.tf`` where its own is taken. None of these three is
    part of the row.
    """

    name: str
    email: str
    ou: str
    sso_email: str
    sso_first_name: str
    sso_last_name: str
    requested_by: str
    reason: str
    tags: Mapping[str, str] = field(default_factory=dict)
    custom_fields: Mapping[str, str] = field(default_factory=dict)
    access: AccessDeclaration | None = None
    customization: str = ""
    label: str = ""
    account_id: str = ""
    comments: tuple[str, ...] = ()
    stem: str = ""

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", label_for(self.name))

    @property
    def file_name(self) -> str:
        """``<name>.tf``, with the name as Service Catalog gets it."""
        return f"{self.stem or file_stem_for(self.name)}.tf"

    def all_custom_fields(self) -> dict[str, str]:
        """The custom fields with the access declaration among them, as strings."""
        fields = dict(self.custom_fields)
        if self.access is not None:
            fields[ACCESS_FIELD] = dump(self.access)
        return fields

    def control_tower_parameters(self) -> dict[str, str]:
        return {
            "AccountEmail": self.email,
            "AccountName": self.name,
            "ManagedOrganizationalUnit": self.ou,
            "SSOUserEmail": self.sso_email,
            "SSOUserFirstName": self.sso_first_name,
            "SSOUserLastName": self.sso_last_name,
        }

    def change_management_parameters(self) -> dict[str, str]:
        return {"change_requested_by": self.requested_by, "change_reason": self.reason}

    def item(self) -> dict[str, object]:
        """The row of ``aft-request``, with the two JSON strings decoded.

        The access declaration is decoded as well: JSON text that differs only in spacing means the same.
        """
        fields: dict[str, object] = dict(self.custom_fields)
        if self.access is not None:
            fields[ACCESS_FIELD] = json.loads(dump(self.access))
        return {
            "id": self.email,
            "control_tower_parameters": self.control_tower_parameters(),
            "change_management_parameters": self.change_management_parameters(),
            "account_tags": dict(self.tags),
            "account_customizations_name": self.customization,
            "custom_fields": fields,
        }


def label_for(account_name: str) -> str:
    """The module label for an account: a Terraform identifier, the same for the same name."""
    label = _LABEL_FORBIDDEN.sub("_", provisioned_product_name(account_name))
    return label if label[:1].isalpha() or label[:1] == "_" else f"account_{label}"


def file_stem_for(account_name: str) -> str:
    """The file's name without ``.tf``; never one that Terraform or AFT's rendering gives a meaning.

    A name that AFT would make no account of, such as that of one made elsewhere, loses what no file may hold.
    """
    stem = _FILE_FORBIDDEN.sub("-", provisioned_product_name(account_name)).lstrip(".") or "account"
    if stem.casefold() in _RESERVED_STEMS or stem.casefold().endswith("_override"):
        return f"{stem}-account"
    return stem
