"""Asynchronous requests: IN_PROGRESS for a while, then SUCCEEDED or FAILED with a reason.

A request finishes after a number of status reads or after a time, whichever comes first, so that a request
whose client died still ends. Requests for different permission sets of one account wait for each other.

Reference: Identity Center reference §4 "async", "concurrency", "delete status"; §3 "Async and conflicts".
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from aftgen.cloud.behaviour import Behaviour

OperationKind = Literal["creation", "deletion", "provisioning"]
IN_PROGRESS, SUCCEEDED, FAILED = "IN_PROGRESS", "SUCCEEDED", "FAILED"


@dataclass(slots=True, kw_only=True)
class Operation:
    """One request. `effect` runs when it ends and answers the reason if it could not be done."""

    kind: OperationKind
    id: str
    created: float
    accounts: tuple[str, ...]
    permission_set: str
    principal_type: str = ""
    principal_id: str = ""
    effect: Callable[[], str | None]
    stuck: bool = False
    status: str = IN_PROGRESS
    reason: str | None = None
    running_since: float | None = None
    reads: int = 0

    @property
    def in_progress(self) -> bool:
        return self.status == IN_PROGRESS

    def finish(self) -> None:
        self.reason = self.effect()
        self.status = FAILED if self.reason else SUCCEEDED


class Operations:
    def __init__(self) -> None:
        self._all: dict[str, Operation] = {}
        self._peaks: dict[str, int] = {}

    def of_kind(self, kind: OperationKind) -> list[Operation]:
        return [operation for operation in self._all.values() if operation.kind == kind]

    def in_progress(self, *kinds: OperationKind) -> list[Operation]:
        return [o for o in self._all.values() if o.in_progress and (not kinds or o.kind in kinds)]

    def find(self, kind: OperationKind, request_id: str) -> Operation | None:
        operation = self._all.get(request_id)
        return operation if operation is not None and operation.kind == kind else None

    def start(self, operation: Operation) -> Operation:
        self._all[operation.id] = operation
        if operation.kind != "provisioning":
            flying = self.in_progress("creation", "deletion")
            account = operation.accounts[0]
            for scope, count in (
                ("", len(flying)),
                (account, sum(other.accounts[0] == account for other in flying)),
            ):
                self._peaks[scope] = max(self._peaks.get(scope, 0), count)
        return operation

    def peak(self, account: str = "") -> int:
        """The most assignment requests that were ever in flight at once, in an account or altogether."""
        return self._peaks.get(account, 0)

    def settle(self, behaviour: Behaviour, now: float) -> None:
        """Ends what time has ended. Called before every operation of Identity Center."""
        for operation in self.in_progress():
            if not self._runs(operation, behaviour):
                continue
            if operation.running_since is None:
                operation.running_since = now
            limit = behaviour.seconds_until_done
            if limit is not None and not operation.stuck and now - operation.running_since >= limit:
                operation.finish()

    def read(self, operations: Iterable[Operation], behaviour: Behaviour) -> None:
        """Counts a status read of each, and ends those that were read often enough."""
        for operation in list(operations):
            if not operation.in_progress or operation.stuck or not self._runs(operation, behaviour):
                continue
            if behaviour.polls_until_done is None:
                continue
            if operation.reads >= behaviour.polls_until_done:
                operation.finish()
            else:
                operation.reads += 1

    def _runs(self, operation: Operation, behaviour: Behaviour) -> bool:
        if not behaviour.one_role_update_per_account:
            return True
        for earlier in self._all.values():
            if earlier is operation:
                return True
            if (
                earlier.in_progress
                and earlier.permission_set != operation.permission_set
                and set(earlier.accounts) & set(operation.accounts)
            ):
                return False
        return True
