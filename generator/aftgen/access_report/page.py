"""The report as one HTML file: no network, no other file, nothing that runs but its own script.

Data is columns of numbers that point into lists of texts, because 100,000 standings must open from a mail.
Names come from directories that others write, so the data never becomes markup: it is JSON with ``<``
escaped, the script sets text only, and a content security policy allows this style and this script by hash.
"""

import json
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha256
from importlib.resources import files
from typing import Any

from aftgen.access_report.model import AccessReport, ReportedAccount

VERSION = 1


class _Texts:
    """Distinct texts in the order in which they were first seen."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self.numbers: dict[str, int] = {}
        for text in texts:
            self.number(text)

    def number(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    @property
    def list(self) -> list[str]:
        return [*self.numbers]


def data(report: AccessReport) -> dict[str, Any]:
    """What the page's script reads: lists of texts, and per standing a number into each of them."""
    known = {account.id: account for account in report.accounts}
    for standing in report.standings:
        if standing.account_id not in known:
            known[standing.account_id] = ReportedAccount(
                id=standing.account_id, name=standing.account_id, requested=False
            )
    accounts = sorted(known.values(), key=lambda account: (account.name.casefold(), account.id))
    number_of = {account.id: number for number, account in enumerate(accounts)}
    units, statuses = _Texts(), _Texts()
    sets = _Texts(sorted({standing.permission_set for standing in report.standings}))
    principals = _Texts(sorted({standing.principal for standing in report.standings}))
    people = _Texts(sorted({one for name in principals.list for one in report.people_of(name)}))
    texts = _Texts([""])
    columns: dict[str, list[int]] = {name: [] for name in "aspjofrbc"}
    judgements = _Texts()
    drift: set[str] = set()
    absent: list[int] = []
    for standing in sorted(
        report.standings,
        key=lambda one: (number_of[one.account_id], one.permission_set, one.principal),
    ):
        columns["a"].append(number_of[standing.account_id])
        columns["s"].append(sets.number(standing.permission_set))
        columns["p"].append(principals.number(standing.principal))
        columns["j"].append(judgements.number(standing.judgement.value))
        columns["o"].append(texts.number(standing.source))
        columns["f"].append(texts.number(standing.since))
        columns["r"].append(texts.number(standing.request))
        columns["b"].append(texts.number(standing.build))
        columns["c"].append(texts.number(standing.commit))
        if not standing.stands:
            absent.append(len(columns["a"]) - 1)
        if standing.judgement.is_drift:
            drift.add(standing.judgement.value)
    return {
        "version": VERSION,
        "generated": report.generated,
        "portal": report.portal_url,
        "notes": list(report.notes),
        "accounts": [
            [
                one.id,
                one.name,
                one.email,
                units.number(one.ou),
                statuses.number(one.status),
                int(one.requested),
            ]
            for one in accounts
        ],
        "units": units.list,
        "statuses": statuses.list,
        "sets": sets.list,
        "privileged": [number for number, name in enumerate(sets.list) if name in report.privileged],
        "principals": principals.list,
        "people": people.list,
        "members": [
            [people.number(one) for one in report.people_of(name)]
            if name.startswith("user:") or name in report.members
            else None
            for name in principals.list
        ],
        "judgements": judgements.list,
        "drift": [number for number, name in enumerate(judgements.list) if name in drift],
        "absent": absent,
        "texts": texts.list,
        "columns": columns,
    }


def render(report: AccessReport) -> str:
    """The whole page."""
    folder = files("aftgen.access_report") / "page"
    style = (folder / "page.css").read_text(encoding="utf-8")
    script = (folder / "page.js").read_text(encoding="utf-8")
    parts = {
        "style-hash": _hash(style),
        "script-hash": _hash(script),
        "style": style,
        "script": script,
        "data": embedded(data(report)),
    }
    page = (folder / "page.html").read_text(encoding="utf-8")
    head, *pieces = page.split("{{")
    # Filled in one pass: what stands in the data can be no marker.
    return head + "".join(parts[name] + rest for name, _, rest in (piece.partition("}}") for piece in pieces))


def embedded(value: Any) -> str:
    """JSON that no HTML parser takes for the end of its script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _hash(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
