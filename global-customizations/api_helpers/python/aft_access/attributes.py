"""Ledger rows as DynamoDB attributes and back. All of them are text, so that every tool can read them."""

from collections.abc import Iterable
from typing import Any, cast

from .contract import Grant, Kind, Principal
from .values import Assignment, KnownPrincipal, KnownSet, Names, Row, State

Item = dict[str, dict[str, Any]]


def to_item(fields: dict[str, str]) -> Item:
    """Text fields as an item. Empty ones are left out."""
    return {key: {"S": value} for key, value in fields.items() if value}


def of_item(item: Item) -> dict[str, str]:
    """An item as text fields, numbers included."""
    return {key: str(next(iter(value.values()))) for key, value in item.items()}


def row_key(account_id: str, row: Row) -> tuple[str, str]:
    """Partition and sort key of a grant's row."""
    one = row.assignment
    set_id = one.permission_set_arn.rsplit("/", 1)[-1]
    return (
        f"account#{account_id}",
        f"grant#{row.grant.permission_set}#{set_id}#{one.kind}#{one.principal_id}",
    )


def row_fields(row: Row) -> dict[str, str]:
    """A grant's row as attributes, its keys excepted."""
    return {
        "permission_set": row.grant.permission_set,
        "permission_set_arn": row.assignment.permission_set_arn,
        "principal": str(row.grant.principal),
        "principal_id": row.assignment.principal_id,
        "state": row.state,
        "source": row.source,
        "since": row.since,
        "request": row.request,
        "build": row.build,
        "commit": row.commit,
    }


def row_from(found: dict[str, str]) -> Row:
    """A grant's row from its attributes."""
    kind, _, name = found["principal"].partition(":")
    return Row(
        grant=Grant(
            permission_set=found["permission_set"],
            principal=Principal(kind=cast(Kind, kind), name=name),
        ),
        assignment=Assignment(
            permission_set_arn=found["permission_set_arn"],
            kind=cast(Kind, kind),
            principal_id=found["principal_id"],
        ),
        state=cast(State, found["state"]),
        source=found.get("source", ""),
        since=found.get("since", ""),
        request=found.get("request", ""),
        build=found.get("build", ""),
        commit=found.get("commit", ""),
    )


def known_set(row: dict[str, str]) -> KnownSet:
    """The row of a permission set as a value."""
    return KnownSet(
        arn=row.get("arn", ""),
        digest=row.get("digest", ""),
        revision=int(row.get("revision", "0")),
        ours=row.get("ours") == "yes",
        removed=row.get("removed") == "yes",
    )


def known_principal(row: dict[str, str]) -> KnownPrincipal:
    """The row of a group or user of ours as a value."""
    return KnownPrincipal(
        id=row.get("id", ""),
        digest=row.get("digest", ""),
        revision=int(row.get("revision", "0")),
        before=row.get("before", ""),
    )


def set_row(known: KnownSet) -> dict[str, str]:
    """The attributes of a permission set's row."""
    return {
        "arn": known.arn,
        "digest": known.digest,
        "revision": str(known.revision),
        "ours": "yes" if known.ours else "no",
        "removed": "yes" if known.removed else "no",
    }


def names_from(rows: Iterable[dict[str, str]]) -> Names:
    """What organization-wide rows, as text fields, know of names. Other rows are passed over."""
    pins: dict[Principal, str] = {}
    sets: dict[str, KnownSet] = {}
    made: dict[str, dict[str, KnownPrincipal]] = {"group": {}, "user": {}}
    for row in rows:
        what, _, name = row["sk"].partition("#")
        if what == "name":
            pins[Principal.parse(name)] = row["id"]
        elif what == "set":
            sets[name] = known_set(row)
        elif what == "object":
            kind, _, name = name.partition("#")
            if kind in made:
                made[kind][name] = known_principal(row)
    return Names(principals=pins, permission_sets=sets, groups=made["group"], users=made["user"])
