"""What is ours, in the DynamoDB table `aftgen-access` (keys `pk`, `sk`). Assignments carry no tags.

  pk                sk                                   what
  account#<id>      lease                                who may write for this account, until when
  account#<id>      account                              that post has succeeded once, who may enter
  account#<id>      grant#<set>#<ps-id>#<kind>#<id>      a grant that is ours, or about to be
  org               lease                                who may write organization-wide objects
  org               name#<kind>:<name>                   the id that a name is pinned to
  org               set#<permission set>                 its ARN, digest, revision, whether it is ours
  org               object#<kind>#<name>                 a group, user or membership that is ours
  audit#<account>   <time>#<run>#<number>                what happened; written once, never changed

Every write is one transaction with a condition on the lease, so a run that lost its lease cannot
write; only the record of a failed run needs none, because it changes nothing. A row is written as
`granting` before the assignment is asked for and as `revoking` before it is taken away, and cleared
only after AWS said SUCCEEDED: a crash leaves what the next run can finish from.
"""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import zip_longest
from typing import Any, Final

from .attributes import Item, names_from, of_item, row_from, set_row, to_item
from .contract import Principal
from .errors import AwsError, LeaseBusyError, LeaseLostError, TableMissingError
from .gateway import Calls
from .ports import Clock
from .values import KnownSet, Names, Row, Stamp

TABLE: Final = "aftgen-access"
_MINE: Final = "#o = :o"
_ROWS_AT_ONCE: Final = 40
"""Rows in one transaction: DynamoDB takes 100 actions, and a row comes with its audit record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """What the ledger has of one account. `baseline` is whether its post phase has succeeded once."""

    rows: tuple[Row, ...] = ()
    baseline: bool = False
    announced: str = ""
    """Digest of who may enter, as last told to AFT's topics; empty after a failure was told."""
    above: tuple[str, ...] = ()
    """Ids of the OUs that were above the account, nearest first, and the root's."""

    @property
    def fields(self) -> dict[str, str]:
        """The attributes of the account's own row."""
        return {
            "baseline": "yes" if self.baseline else "no",
            "announced": self.announced,
            "above": " ".join(self.above),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One audit record: `what` happened to `subject`. `phase` and `digest` are of a run that failed."""

    what: str
    subject: str
    detail: str = ""
    phase: str = ""
    digest: str = ""


class Lease:
    """The right to write under one partition, until it expires. `ensure` renews it in time."""

    def __init__(self, ledger: "Ledger", scope: str, owner: str, seconds: int) -> None:
        self._ledger, self.scope, self.owner, self.seconds = ledger, scope, owner, seconds
        self.expires = 0.0

    def ensure(self) -> None:
        """Renew when less than half is left. Raises LeaseLostError when another run has it."""
        if self.expires - self._ledger.clock.now() >= self.seconds / 2:
            return
        if not self._ledger.take(self, renew=True):
            raise LeaseLostError(f"the lease of {self.scope} went to another run; this one stops")

    def release(self) -> None:
        """Give it back; losing it before is not an error any more."""
        self._ledger.give_back(self)

    @property
    def condition(self) -> dict[str, Any]:
        """The transaction item that makes a write ours."""
        return {
            "ConditionCheck": {
                "TableName": TABLE,
                "Key": to_item({"pk": self.scope, "sk": "lease"}),
                "ConditionExpression": _MINE,
                "ExpressionAttributeNames": {"#o": "owner"},
                "ExpressionAttributeValues": to_item({":o": self.owner}),
            }
        }


class Ledger:
    """The table, through the AFT management account."""

    def __init__(self, calls: Calls, clock: Clock, stamp: Stamp) -> None:
        self._calls, self.clock, self.stamp = calls, clock, stamp
        self._written = 0

    def account(self, account_id: str) -> AccountState:
        """Everything about one account. Raises TableMissingError when there is no table."""
        rows: list[Row] = []
        own: dict[str, str] = {}
        for item in self._query(f"account#{account_id}"):
            found = of_item(item)
            if found["sk"].startswith("grant#"):
                rows.append(row_from(found))
            elif found["sk"] == "account":
                own = found
        return AccountState(
            rows=tuple(rows),
            baseline=own.get("baseline") == "yes",
            announced=own.get("announced", ""),
            above=tuple(own.get("above", "").split()),
        )

    def names(
        self, principals: Iterable[Principal], permission_sets: Iterable[str], *, objects: bool = True
    ) -> Names:
        """What is known of these names: one read for each hundred rows. Without `objects`, only the pins."""
        principals = set(principals)
        keys = [f"name#{one}" for one in sorted(principals)]
        keys += [f"set#{name}" for name in sorted(set(permission_sets))]
        keys += [f"object#{one.kind}#{one.name}" for one in sorted(principals) if objects]
        return names_from(of_item(item) for item in self._batch([{"pk": "org", "sk": key} for key in keys]))

    def organization(self) -> dict[str, dict[str, str]]:
        """Every organization-wide row by its sort key, the lease excepted."""
        rows = (of_item(item) for item in self._query("org"))
        return {row["sk"]: row for row in rows if row["sk"] != "lease"}

    def lease(
        self,
        scope: str,
        seconds: int,
        patience: float,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Lease:
        """Wait for the lease of a partition and take it. Raises LeaseBusyError after `patience` seconds.

        `meanwhile` is called while it waits, to keep another lease alive.
        """
        lease = Lease(self, scope, self.stamp.run, seconds)
        until = self.clock.now() + patience
        while not self.take(lease):
            if self.clock.now() >= until:
                raise LeaseBusyError(
                    f"another run has the lease of {scope}",
                    next_step="wait for it to end, then run this pipeline again",
                )
            meanwhile()
            self.clock.sleep(min(2.0, max(0.1, seconds / 20)))
        return lease

    def take(self, lease: Lease, *, renew: bool = False) -> bool:
        """Take a lease that is free or expired, or renew one that is still ours; False when it cannot be.

        A lease that ended and is free again is not renewed: another run may have come and gone since.
        """
        now = self.clock.now()
        expires = now + lease.seconds
        try:
            self._table(
                "UpdateItem",
                Key=to_item({"pk": lease.scope, "sk": "lease"}),
                UpdateExpression="SET #o = :o, expires = :e",
                ConditionExpression=_MINE
                if renew
                else f"attribute_not_exists(pk) OR {_MINE} OR expires < :n",
                ExpressionAttributeNames={"#o": "owner"},
                ExpressionAttributeValues={
                    ":o": {"S": lease.owner},
                    ":e": {"N": f"{expires:.3f}"},
                    **({} if renew else {":n": {"N": f"{now:.3f}"}}),
                },
            )
        except AwsError as error:
            if error.code == "ConditionalCheckFailedException":
                return False
            raise
        lease.expires = expires
        return True

    def give_back(self, lease: Lease) -> None:
        """End a lease early."""
        try:
            self._table(
                "DeleteItem",
                Key=to_item({"pk": lease.scope, "sk": "lease"}),
                ConditionExpression=_MINE,
                ExpressionAttributeNames={"#o": "owner"},
                ExpressionAttributeValues=to_item({":o": lease.owner}),
            )
        except AwsError as error:
            if error.code != "ConditionalCheckFailedException":
                raise

    def write(
        self,
        lease: Lease,
        *,
        put: Sequence[tuple[str, str, dict[str, str]]] = (),
        delete: Sequence[tuple[str, str]] = (),
        audit: Sequence[tuple[str, Entry]] = (),
    ) -> None:
        """Write rows (`pk`, `sk`, attributes), delete rows and append audit records, all under the lease.

        Each transaction is whole, and a row is in the one of the audit record at its place; several are
        needed for many rows. Raises LeaseLostError.
        """
        rows: list[dict[str, Any]] = [
            {"Put": {"TableName": TABLE, "Item": to_item({**fields, "pk": pk, "sk": sk})}}
            for pk, sk, fields in put
        ]
        rows += [{"Delete": {"TableName": TABLE, "Key": to_item({"pk": pk, "sk": sk})}} for pk, sk in delete]
        records = [self._audit(account, entry) for account, entry in audit]
        actions = [one for pair in zip_longest(rows, records) for one in pair if one is not None]
        lease.ensure()
        for start in range(0, len(actions), 2 * _ROWS_AT_ONCE):
            self._transact(lease, actions[start : start + 2 * _ROWS_AT_ONCE])

    def pin(self, lease: Lease, pins: dict[Principal, str], *, reviewed: Iterable[Principal] = ()) -> None:
        """Pin names to ids, first come first served; only a reviewed pin replaces another id.

        Raises AwsError `PinnedMeanwhile` when another run pinned one of them to another id.
        """
        if not pins:
            return
        known = self.names(pins, (), objects=False).principals
        pins = {one: pinned for one, pinned in pins.items() if known.get(one) != pinned}
        replaceable = set(reviewed)
        actions: list[dict[str, Any]] = []
        for principal, pinned in sorted(pins.items()):
            put: dict[str, Any] = {
                "TableName": TABLE,
                "Item": to_item({"pk": "org", "sk": f"name#{principal}", "id": pinned, "since": self._now()}),
            }
            if principal not in replaceable:
                put["ConditionExpression"] = "attribute_not_exists(pk) OR #i = :i"
                put["ExpressionAttributeNames"] = {"#i": "id"}
                put["ExpressionAttributeValues"] = {":i": {"S": pinned}}
            entry = Entry(what="pinned", subject=str(principal), detail=pinned)
            actions += [{"Put": put}, self._audit("org", entry)]
        for start in range(0, len(actions), 2 * _ROWS_AT_ONCE):
            self._transact(lease, actions[start : start + 2 * _ROWS_AT_ONCE], code="PinnedMeanwhile")

    def note_sets(self, lease: Lease, sets: dict[str, KnownSet]) -> None:
        """Remember sets seen for the first time; a row that another run wrote meanwhile stays."""
        for name, known in sorted(sets.items()):
            put = {
                "TableName": TABLE,
                "Item": to_item({"pk": "org", "sk": f"set#{name}", **set_row(known)}),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
            try:
                self._transact(lease, [{"Put": put}], code="KnownMeanwhile")
            except AwsError as error:
                if error.code != "KnownMeanwhile":
                    raise

    def audit(self, account_id: str, *, since: float = 0.0) -> list[dict[str, str]]:
        """Audit records of one account, oldest first; `since` is in seconds since the epoch."""
        return [
            of_item(item)
            for item in self._query(f"audit#{account_id}", since=timestamp(since) if since else "")
        ]

    def record(self, account_id: str, entry: Entry) -> None:
        """Append one audit record without a lease: that no lease could be had is worth a record too."""
        try:
            self._table("PutItem", table=False, **self._audit(account_id, entry)["Put"])
        except AwsError as error:
            if error.code != "ConditionalCheckFailedException":
                raise  # otherwise it stands: the answer to a first try was lost

    def scan(self, prefix: str) -> list[dict[str, str]]:
        """Every row of the table whose sort key begins so. For rare, organization-wide questions only."""
        found: list[dict[str, str]] = []
        start: dict[str, Any] = {}
        while True:
            answer = self._table(
                "Scan",
                FilterExpression="begins_with(sk, :p)" if prefix else "begins_with(pk, :p)",
                ExpressionAttributeValues=to_item({":p": prefix or "audit#"}),
                ConsistentRead=True,
                **start,
            )
            found += [of_item(item) for item in answer.get("Items", [])]
            if not answer.get("LastEvaluatedKey"):
                return found
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _audit(self, account: str, entry: Entry) -> dict[str, Any]:
        self._written += 1
        key = {"pk": f"audit#{account}", "sk": f"{self._now()}#{self.stamp.run}#{self._written:05d}"}
        fields = {**key, "what": entry.what, "subject": entry.subject, "detail": entry.detail}
        fields |= {"phase": entry.phase, "digest": entry.digest} if entry.phase else {}
        fields |= {"build": self.stamp.build, "commit": self.stamp.commit}
        fields |= {"revision": str(self.stamp.revision)}
        return {
            "Put": {
                "TableName": TABLE,
                "Item": to_item(fields),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }

    def _transact(self, lease: Lease, actions: list[dict[str, Any]], *, code: str = "") -> None:
        token = str(uuid.uuid4())
        for _ in range(8):
            try:
                self._table(
                    "TransactWriteItems",
                    TransactItems=[lease.condition, *actions],
                    ClientRequestToken=token,
                    table=False,
                )
                return
            except AwsError as error:
                if error.code != "TransactionCanceledException":
                    raise
                reasons = str(error).rpartition("[")[2].rstrip("]").split(", ")
                if reasons[0] == "ConditionalCheckFailed":
                    raise LeaseLostError(f"the lease of {lease.scope} was lost before a write") from error
                if "TransactionConflict" in reasons:
                    self.clock.sleep(0.2)
                elif "ConditionalCheckFailed" in reasons:
                    if code:
                        raise AwsError("TransactWriteItems", code, "a name has another id now") from error
                    return  # the audit records stand: an answer was lost, and the transaction was whole
                else:
                    raise
        raise AwsError("TransactWriteItems", "TransactionConflict", "the rows stayed busy")

    def _query(self, partition: str, *, since: str = "") -> Iterable[Item]:
        wanted: dict[str, Any] = {
            "KeyConditionExpression": "pk = :p AND sk >= :s" if since else "pk = :p",
            "ExpressionAttributeValues": to_item({":p": partition} | ({":s": since} if since else {})),
        }
        start: dict[str, Any] = {}
        while True:
            answer = self._table("Query", **wanted, ConsistentRead=True, **start)
            yield from answer.get("Items", [])
            if not answer.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _batch(self, keys: Sequence[dict[str, str]]) -> Iterable[Item]:
        for start in range(0, len(keys), 100):
            wanted = {
                TABLE: {"Keys": [to_item(key) for key in keys[start : start + 100]], "ConsistentRead": True}
            }
            while wanted:
                answer = self._table("BatchGetItem", RequestItems=wanted, table=False)
                yield from answer.get("Responses", {}).get(TABLE, [])
                wanted = answer.get("UnprocessedKeys") or {}

    def _table(self, operation: str, *, table: bool = True, **arguments: Any) -> dict[str, Any]:
        named = {"TableName": TABLE} if table else {}
        try:
            return self._calls.call("dynamodb", operation, **named, **arguments)
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                raise TableMissingError(
                    f"the table {TABLE} does not exist in AFT's management account: "
                    "access was skipped and nothing was changed",
                    next_step="apply account-provisioning-customizations, which makes it",
                ) from error
            raise

    def _now(self) -> str:
        return timestamp(self.clock.now())


def timestamp(seconds: float) -> str:
    """UTC with milliseconds, sortable as text."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
