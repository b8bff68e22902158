"""The row of AFT's table ``aft-request`` that a request, once applied, becomes.

Everything that AFT decides it decides by this row and the row before it: Terraform writes it, a stream
carries its old and new images to AFT's handlers. `plan` compares rows of two revisions, `rehearse` writes
them, `publish` follows them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from aftgen.adoption.claims import claimed
from aftgen.errors import Refused
from aftgen.hcl.values import Unknown, Value, json_text, to_string
from aftgen.reader.model import (
    CHANGE_MANAGEMENT,
    CHANGE_MANAGEMENT_KEYS,
    CONTROL_TOWER,
    CONTROL_TOWER_KEYS,
    CUSTOM_FIELDS,
    CUSTOMIZATION,
    TAGS,
    EvaluatedBy,
    Request,
)


class NotEvaluated(Refused):
    """A request of which some value is not known, so that nobody can say what row it becomes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestRow:
    """One account request as AFT's module writes it.

    ``account_tags`` and ``custom_fields`` are the JSON texts of Terraform's ``jsonencode``, as in the table.
    ``address`` is the Terraform address of the request's module, ``place`` where it stands, ``account`` the
    id of the account that the request says exists, or "". None of these three is in the table.
    """

    id: str
    control_tower_parameters: Mapping[str, str]
    change_management_parameters: Mapping[str, str]
    account_tags: str
    custom_fields: str
    account_customizations_name: str
    address: str = ""
    place: str = ""
    account: str = ""

    @classmethod
    def of(cls, request: Request) -> "RequestRow":
        """Raises NotEvaluated when a value is not known, or is none that the module's types accept."""
        unknown = request.unknown
        place = f"{request.path}:{request.file.source.position(request.block.start).line}"
        if unknown is not None or request.evaluated_by is EvaluatedBy.NOTHING:
            # A block that repeats may hold literals only, and still be any number of rows.
            why = request.reason or (unknown.reason if unknown else "it repeats")
            raise NotEvaluated(
                f"{request.address} is not evaluated: {why}",
                place=place,
                hint="put terraform on PATH, or write the value out",
            )
        parameters = _texts(request, CONTROL_TOWER, CONTROL_TOWER_KEYS, place)
        customization = to_string(request.value(CUSTOMIZATION) or "")
        return cls(
            id=parameters["AccountEmail"],
            control_tower_parameters=parameters,
            change_management_parameters=_texts(request, CHANGE_MANAGEMENT, CHANGE_MANAGEMENT_KEYS, place),
            account_tags=json_text(request.value(TAGS)),
            custom_fields=json_text(request.value(CUSTOM_FIELDS)),
            account_customizations_name=customization if isinstance(customization, str) else "",
            address=request.address,
            place=place,
            account=claimed(request),
        )

    @property
    def name(self) -> str:
        return self.control_tower_parameters["AccountName"]

    @property
    def email(self) -> str:
        return self.control_tower_parameters["AccountEmail"]

    @property
    def ou(self) -> str:
        return self.control_tower_parameters["ManagedOrganizationalUnit"]

    def item(self) -> dict[str, Any]:
        """The row in DynamoDB's own JSON, attribute for attribute as AFT's module puts it."""
        return {
            "id": {"S": self.id},
            "control_tower_parameters": _map(self.control_tower_parameters),
            "change_management_parameters": _map(self.change_management_parameters),
            "account_tags": {"S": self.account_tags},
            "account_customizations_name": {"S": self.account_customizations_name},
            "custom_fields": {"S": self.custom_fields},
        }


def rows(requests: Iterable[Request]) -> list[RequestRow]:
    """The rows of requests, in their order. Raises NotEvaluated for the first that cannot be known."""
    return [RequestRow.of(request) for request in requests]


def _texts(request: Request, argument: str, keys: Iterable[str], place: str) -> dict[str, str]:
    found = {key: _text(request.value(argument, key)) for key in keys}
    missing = sorted(key for key, value in found.items() if value is None)
    if missing:
        raise NotEvaluated(
            f"{request.address}: {argument} has no usable {', '.join(missing)}",
            place=place,
            hint="'aftgen check' says what is wrong with it",
        )
    return {key: value for key, value in found.items() if value is not None}


def _text(value: Value | Unknown) -> str | None:
    if value is None or isinstance(value, Unknown | dict | list):
        return None
    converted = to_string(value)
    return converted if isinstance(converted, str) else None


def _map(values: Mapping[str, str]) -> dict[str, Any]:
    return {"M": {key: {"S": value} for key, value in values.items()}}
