"""The one shape that flags, prompts, YAML, JSON and CSV are read into."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from aftgen.errors import Problems
from aftgen.model_errors import problems
from aftgen.source_tree import Path

#: The fields that are one text, in the order in which a person is asked for them.
TEXT_FIELDS = (
    "name",
    "ou",
    "email",
    "sso_email",
    "sso_first_name",
    "sso_last_name",
    "requested_by",
    "reason",
    "customization",
    "label",
)


class RequestInput(BaseModel):
    """One account request as it is asked for; aftgen.yaml may fill in all but the name."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str | None = Field(default=None, description="The account's name, unique in the organization.")
    ou: str | None = Field(
        default=None, description="Path of the organizational unit, as in organization.yaml: Workloads/Prod."
    )
    email: str | None = Field(default=None, description="The account's own root email address.")
    sso_email: str | None = Field(
        default=None, description="The user to whom Control Tower gives AWSAdministratorAccess."
    )
    sso_first_name: str | None = Field(default=None, description="That user's first name.")
    sso_last_name: str | None = Field(default=None, description="That user's last name.")
    requested_by: str | None = Field(default=None, description="Who asks for the account.")
    reason: str | None = Field(default=None, description="Why the account is asked for.")
    customization: str | None = Field(
        default=None, description="Folder of account-customizations/ to run in the account; empty for none."
    )
    label: str | None = Field(
        default=None, description="Terraform label of the request; made from the name where it is left out."
    )
    tags: dict[str, str] = Field(default={}, description="Tags of the account; added to the default ones.")
    custom_fields: dict[str, str] = Field(
        default={}, description="Stored in the account as SSM parameters; added to the default ones."
    )
    grants: dict[str, Annotated[tuple[str, ...], Field(strict=False)]] | None = Field(
        default=None,
        description="Permission set to principals (group:<name>, user:<name>). An empty mapping means that "
        "the account has none of its own.",
        examples=[{"ReadOnlyAccess": ["group:auditors"]}],
    )

    @field_validator("grants", mode="before")
    @classmethod
    def _lists(cls, value: object) -> object:
        # A tuple field would take the letters of a text, or the keys of a mapping, one by one.
        if isinstance(value, dict):
            for name, principals in value.items():
                if not isinstance(principals, list | tuple):
                    raise ValueError(f"{name} must be a list, such as [group:auditors]")
        return value


@dataclass(frozen=True, slots=True)
class Given:
    """What was given for one account, and how to say where each value of it stands."""

    values: RequestInput
    place: Callable[[Path], str]

    def text(self, field: str) -> str | None:
        value = getattr(self.values, field)
        return value if isinstance(value, str) else None

    def with_values(self, **values: object) -> "Given":
        """The same with some values put in."""
        return replace(self, values=self.values.model_copy(update=values))

    def filled_from(self, other: "Given") -> "Given":
        """The same with the other's values where this one has none; places follow the values."""
        mine, theirs = self.values, other.values
        update: dict[str, object] = {
            field: getattr(theirs, field) for field in TEXT_FIELDS if getattr(mine, field) is None
        }
        update["tags"] = {**theirs.tags, **mine.tags}
        update["custom_fields"] = {**theirs.custom_fields, **mine.custom_fields}
        if mine.grants is None:
            update["grants"] = theirs.grants

        def place(path: Path) -> str:
            return (self if _holds(mine, path) or not _holds(theirs, path) else other).place(path)

        return Given(mine.model_copy(update=update), place)


def _holds(values: RequestInput, path: Path) -> bool:
    """Whether the value at a path was given."""
    if not path:
        return True
    value = getattr(values, str(path[0]), None)
    return value is not None if len(path) == 1 else path[1] in (value or {})


def given(data: object, place: Callable[[Path], str]) -> Given:
    """Validate plain data. Raises InvalidInput with every problem and its place."""
    try:
        return Given(RequestInput.model_validate(data), place)
    except ValidationError as error:
        raise InvalidInput(
            [f"{place(path)}: {message}" for path, message in problems(error, RequestInput)]
        ) from None


class InvalidInput(Problems):
    """Requests that do not have the shape of one."""

    exit_code = 2

    def __init__(self, found: list[str]) -> None:
        super().__init__("the input cannot be read as account requests; nothing was written", found)
