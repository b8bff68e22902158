"""M007: a key that Terraform drops without a word."""

from collections.abc import Iterator

from aftgen.checks.context import Context
from aftgen.checks.finding import Finding, Severity
from aftgen.checks.rule import RequestRule
from aftgen.errors import nearest
from aftgen.reader.model import (
    CHANGE_MANAGEMENT,
    CHANGE_MANAGEMENT_KEYS,
    CONTROL_TOWER,
    CONTROL_TOWER_KEYS,
    Request,
)

_KNOWN = {CONTROL_TOWER: frozenset(CONTROL_TOWER_KEYS), CHANGE_MANAGEMENT: frozenset(CHANGE_MANAGEMENT_KEYS)}


class UnknownKey(RequestRule):
    id = "M007"
    name = "unknown-key"
    severity = Severity.WARNING
    title = "Terraform drops this key without a word"
    why = "The module's object types have fixed keys; Terraform's conversion drops all others silently."
    fix = "remove it; values of your own go into custom_fields"
    bad = 'control_tower_parameters = {\n  AccountOwner = "payments"\n}\n'
    good = 'custom_fields = {\n  account_owner = "payments"\n}\n'

    def check_request(self, context: Context, request: Request) -> Iterator[Finding]:
        for argument, known in _KNOWN.items():
            value = request.value(argument)
            if not isinstance(value, dict) or value.keys() <= known:
                continue
            for key in value:
                if key not in known:
                    close = nearest(key, sorted(known))
                    yield self.finding(
                        request.key_span(argument, key),
                        f"{argument} has no key {key!r}: Terraform drops it without a word",
                        request=request,
                        hint=f"did you mean {close}?" if close else None,
                    )
