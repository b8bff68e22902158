"""Our rows in the table `aftgen-access`, beside those of `aft_access.ledger` and by its rules.

  pk                sk                          what
  org               policy#<name>               its id, digest, revision; `removed` once it is deleted
  org               attach#<policy>#<target>    an attachment of ours to the root or to an OU
  account#<id>      guardrail#<policy>          an attachment of ours to the account
  audit#<account>   <time>#<run>#<number>       what happened; `org` for the organization's policies

A policy is ours by its tag; attachments carry no tags, so what we attached is written down before it is
attached and cleared after it is detached. What another hand attached is reported and left alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from aft_access.attributes import of_item
from aft_access.ledger import Ledger

from .values import KnownPolicy, Pair, Row, State, is_account

_POLICY, _ORGANIZATION, _ACCOUNT = "policy#", "attach#", "guardrail#"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """All that is recorded of the organization. `newest` is the highest revision of any row."""

    policies: dict[str, KnownPolicy] = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    newest: int = 0


class Records(Ledger):
    """The table, with our rows."""

    def recorded(self) -> Recorded:
        """Every organization-wide row, in one query."""
        found = self.organization()
        return Recorded(
            policies={
                key.removeprefix(_POLICY): _known(row)
                for key, row in found.items()
                if key.startswith(_POLICY)
            },
            rows=tuple(_row(row) for key, row in sorted(found.items()) if key.startswith(_ORGANIZATION)),
            newest=max((int(row.get("revision", "0")) for row in found.values()), default=0),
        )

    def attached_to(self, account_id: str) -> tuple[Row, ...]:
        """Our attachments to one account."""
        items = (of_item(item) for item in self._query(f"account#{account_id}"))
        return tuple(_row(item) for item in items if item["sk"].startswith(_ACCOUNT))

    def attached_to_accounts(self, policies: Iterable[str]) -> tuple[Row, ...]:
        """Attachments of these policies to any account. Reads the whole table: for deletions only."""
        wanted = set(policies)
        if not wanted:
            return ()
        rows = (_row(item) for item in self.scan(_ACCOUNT))
        return tuple(sorted((row for row in rows if row.pair.policy in wanted), key=lambda row: row.pair))

    def policies(self, policies: Iterable[str]) -> dict[str, KnownPolicy]:
        """What is known of these policies: one read for each hundred."""
        keys = [{"pk": "org", "sk": f"{_POLICY}{name}"} for name in sorted(set(policies))]
        found = (of_item(item) for item in self._batch(keys))
        return {row["sk"].removeprefix(_POLICY): _known(row) for row in found}


def policy_row(name: str, known: KnownPolicy) -> tuple[str, str, dict[str, str]]:
    """The row of a policy, to put."""
    fields = {
        "id": known.id,
        "digest": known.digest,
        "revision": str(known.revision),
        "removed": "yes" if known.removed else "no",
    }
    return "org", f"{_POLICY}{name}", fields


def attachment_key(pair: Pair) -> tuple[str, str]:
    """Partition and sort key of an attachment's row."""
    if is_account(pair.target):
        return f"account#{pair.target}", f"{_ACCOUNT}{pair.policy}"
    return "org", f"{_ORGANIZATION}{pair.policy}#{pair.target}"


def attachment_row(row: Row, revision: int) -> tuple[str, str, dict[str, str]]:
    """The row of an attachment, to put."""
    fields = {
        "policy": row.pair.policy,
        "policy_id": row.policy_id,
        "target": row.pair.target,
        "state": row.state,
        "since": row.since,
        "revision": str(revision),
    }
    return (*attachment_key(row.pair), fields)


def _known(row: dict[str, str]) -> KnownPolicy:
    return KnownPolicy(
        id=row.get("id", ""),
        digest=row.get("digest", ""),
        revision=int(row.get("revision", "0")),
        removed=row.get("removed") == "yes",
    )


def _row(row: dict[str, str]) -> Row:
    return Row(
        pair=Pair(row["policy"], row["target"]),
        policy_id=row.get("policy_id", ""),
        state=cast(State, row["state"]),
        since=row.get("since", ""),
    )
