"""The report as rows of text, as CSV that a spreadsheet opens safely, and as JSON for machines."""

import csv
from collections.abc import Iterable, Iterator
from typing import IO, Any

from aft_access.contract import Principal
from aft_access.report import shown

from aftgen.access_report.model import DELETED, AccessReport, Entry, Standing

VERSION = 1
COLUMNS = (
    "person",
    "via_group",
    "permission_set",
    "privileged",
    "account_name",
    "account_id",
    "organizational_unit",
    "since",
    "request",
    "source",
    "judgement",
    "stands",
    "build",
    "commit",
)
HEADINGS = ("JUDGEMENT", "ACCOUNT", "PERMISSION SET", "PRINCIPAL", "SINCE", "SOURCE", "PEOPLE")
NEEDED = 4
"""So many of them say something alone; a narrow terminal may leave out the rest."""

#: Text that begins so is taken for a formula by spreadsheets (OWASP, "CSV Injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def text_rows(
    report: AccessReport, standings: Iterable[Standing], *, names: bool = True
) -> Iterator[tuple[str, ...]]:
    """The rows of the terminal's table, under ``HEADINGS``. Without ``names`` people are short hashes."""
    accounts = {account.id: account.name for account in report.accounts}
    for standing in standings:
        principal = standing.principal
        people = report.people_of(principal) if standing.stands else ()
        known = not standing.stands or principal.startswith("user:") or principal in report.members
        yield (
            standing.judgement.value,
            accounts.get(standing.account_id, standing.account_id),
            standing.permission_set + ("*" if standing.permission_set in report.privileged else ""),
            principal if names else _hidden(principal),
            standing.since[:10] or "unknown",
            standing.source,
            str(len(people)) if known else "?",
        )


def _hidden(principal: str) -> str:
    kind, _, name = principal.partition(":")
    if kind == "group":
        return principal
    gone = DELETED if name.endswith(DELETED) else ""
    return shown(Principal(kind="user", name=name.removesuffix(DELETED))) + gone


def write_csv(report: AccessReport, stream: IO[str]) -> None:
    """One line per person and standing, under ``COLUMNS``; RFC 4180 line ends."""
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    for entry in report.entries():
        writer.writerow([_safe(cell) for cell in _cells(report, entry)])


def _cells(report: AccessReport, entry: Entry) -> tuple[str, ...]:
    standing, account = entry.standing, entry.account
    return (
        entry.person,
        entry.via,
        standing.permission_set,
        "yes" if standing.permission_set in report.privileged else "no",
        account.name,
        account.id,
        account.ou,
        standing.since,
        standing.request,
        standing.source,
        standing.judgement.value,
        "yes" if standing.stands else "no",
        standing.build,
        standing.commit,
    )


def _safe(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def as_object(report: AccessReport) -> dict[str, Any]:
    """Version 1 of the JSON. Unknown is null."""
    return {
        "version": VERSION,
        "generated": report.generated,
        "portal_url": report.portal_url or None,
        "notes": list(report.notes),
        "drift": len(report.drift),
        "accounts": [
            {
                "id": account.id,
                "name": account.name,
                "email": account.email or None,
                "organizational_unit": account.ou or None,
                "status": account.status,
                "requested": account.requested,
            }
            for account in report.accounts
        ],
        "groups": {group: list(people) for group, people in sorted(report.members.items())},
        "standings": [
            {
                "account_id": standing.account_id,
                "permission_set": standing.permission_set,
                "privileged": standing.permission_set in report.privileged,
                "principal": standing.principal,
                "judgement": standing.judgement.value,
                "drift": standing.judgement.is_drift,
                "stands": standing.stands,
                "source": standing.source,
                "since": standing.since or None,
                "request": standing.request or None,
                "build": standing.build or None,
                "commit": standing.commit or None,
            }
            for standing in report.standings
        ],
    }
