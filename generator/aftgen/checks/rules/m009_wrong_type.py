"""M009: a value that Terraform cannot convert to the module's type."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding
from aftgen.checks.rule import RequestRule
from aftgen.hcl.values import Unknown, Value
from aftgen.reader.model import (
    ARGUMENTS,
    CHANGE_MANAGEMENT,
    CHANGE_MANAGEMENT_KEYS,
    CONTROL_TOWER,
    CONTROL_TOWER_KEYS,
    CUSTOM_FIELDS,
    CUSTOMIZATION,
    TAGS,
    Request,
)

_KEYS = {CONTROL_TOWER: CONTROL_TOWER_KEYS, CHANGE_MANAGEMENT: CHANGE_MANAGEMENT_KEYS}


class WrongType(RequestRule):
    id = "M009"
    name = "wrong-type"
    title = "A value has a type that AFT's module does not take"
    why = (
        "terraform plan stops with 'Invalid value for input variable', and with it the requests of everybody."
    )
    fix = "give it the type that the module's variable declares"
    bad = 'account_tags = ["owner"]\n'
    good = 'account_tags = {\n  owner = "payments"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        for argument in ARGUMENTS:
            value = request.value(argument)
            if value is None or isinstance(value, Unknown):
                continue
            if argument == CUSTOMIZATION:
                if not isinstance(value, str):
                    yield self._wrong(request, argument, None, "text", value)
            elif not isinstance(value, dict):
                yield self._wrong(request, argument, None, "an object in { }", value)
            elif argument in (TAGS, CUSTOM_FIELDS):
                yield from self._mixed(request, argument, value)
            else:
                for key in _KEYS[argument]:
                    if isinstance(value.get(key), list | dict):
                        yield self._wrong(request, argument, key, "text", value[key])

    def _wrong(self, request: Request, argument: str, key: str | None, wanted: str, value: Value) -> Finding:
        message = f"{key or argument} must be {wanted}, not {describe(value)}"
        return self.finding(request.span(argument, key), message, request=request)

    def _mixed(self, request: Request, argument: str, value: dict[str, Value]) -> Iterator[Finding]:
        compound = {key: item for key, item in value.items() if isinstance(item, list | dict)}
        if compound and any(isinstance(item, str) for item in value.values()):
            key = next(iter(compound))
            yield self.finding(
                request.span(argument, key),
                f"{argument} mixes text with {describe(compound[key])}, "
                "but 'all map elements must have the same type'",
                request=request,
                hint="write jsonencode(…) around the value",
            )


def describe(value: Value) -> str:
    """A value's type in words, for a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"the bool {str(value).lower()}"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, str):
        return "text"
    return f"the number {value}"
