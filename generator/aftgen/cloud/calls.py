"""The call log: what was asked of the embedded AWS, by whom, and how it ended.

Tests count with it (calls that share the organization's rate, writes of a second run), in process or over
HTTP.
"""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

_READING_VERBS: Final = (
    "BatchGet",
    "Describe",
    "Get",
    "Head",
    "Is",
    "List",
    "Lookup",
    "Query",
    "Scan",
    "Search",
)
_READING_OPERATIONS: Final = frozenset({"AssumeRole", "TransactGetItems", "SimulatePrincipalPolicy"})


def is_write(operation: str) -> bool:
    """Whether an operation changes something; AssumeRole makes a session and changes nothing."""
    return operation not in _READING_OPERATIONS and not operation.startswith(_READING_VERBS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request. `outcome` is "ok" or the error code; `account` is the caller's."""

    number: int
    service: str
    operation: str
    account: str
    caller: str
    region: str
    write: bool
    outcome: str
    at: float
    parameters: Mapping[str, Any]


class CallLog:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        self._number = 0

    def record(
        self,
        *,
        service: str,
        operation: str,
        account: str,
        caller: str,
        region: str,
        outcome: str,
        at: float,
        parameters: Mapping[str, Any],
    ) -> None:
        with self._lock:
            self._number += 1
            self._calls.append(
                Call(
                    number=self._number,
                    service=service,
                    operation=operation,
                    account=account,
                    caller=caller,
                    region=region,
                    write=is_write(operation),
                    outcome=outcome,
                    at=at,
                    parameters=parameters,
                )
            )

    def __iter__(self) -> Iterator[Call]:
        with self._lock:
            return iter(list(self._calls))

    def __len__(self) -> int:
        with self._lock:
            return len(self._calls)

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def select(
        self,
        *services: str,
        operation: str | None = None,
        write: bool | None = None,
        outcome: str | None = None,
        account: str | None = None,
    ) -> list[Call]:
        """Calls of these services (all when none is named) that match every given property."""
        return [
            call
            for call in self
            if (not services or call.service in services)
            and (operation is None or call.operation == operation)
            and (write is None or call.write == write)
            and (outcome is None or call.outcome == outcome)
            and (account is None or call.account == account)
        ]

    def count(self, *services: str, operation: str | None = None, write: bool | None = None) -> int:
        return len(self.select(*services, operation=operation, write=write))

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(call) for call in self]
