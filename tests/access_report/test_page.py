"""The page without a browser: its data, and that no name becomes markup. `tests/browser` opens it."""

import json
import re
from base64 import b64encode
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

from aftgen.access_report.model import Standing
from aftgen.access_report.page import data, render

from .reports import SMALL, large


class _Scripts(HTMLParser):
    """Every tag, and the text of script and style elements by their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: dict[str, str] = {}
        self._at = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._at = dict(attrs).get("id") or tag

    def handle_endtag(self, tag: str) -> None:
        self._at = ""

    def handle_data(self, text: str) -> None:
        if self._at in ("data", "script", "style"):
            self.texts[self._at] = self.texts.get(self._at, "") + text


def test_the_data_points_into_lists_of_texts() -> None:
    found = data(SMALL)
    rows = list(zip(*(found["columns"][name] for name in "aspjof"), strict=True))
    shown = [
        (
            found["accounts"][a][1],
            found["sets"][s],
            found["principals"][p],
            found["judgements"][j],
            found["texts"][o],
            found["texts"][f],
        )
        for a, s, p, j, o, f in rows
    ]
    assert shown == [
        ("payments-prod", "AdministratorAccess", "user:mallory@example.com", "undeclared", "unknown", ""),
        (
            "payments-prod",
            "ReadOnlyAccess",
            "group:auditors",
            "declared",
            "rule:auditors-everywhere",
            "2026-03-01T10:00:00Z",
        ),
        (
            "sandbox-ada",
            "ReadOnlyAccess",
            "group:contractors",
            "no request",
            "request",
            "2025-01-01T00:00:00Z",
        ),
    ]
    assert [found["judgements"][number] for number in found["drift"]] == ["undeclared", "no request"]
    people = found["people"]
    named = [None if one is None else [people[number] for number in one] for one in found["members"]]
    assert dict(zip(found["principals"], named, strict=True)) == {
        "group:auditors": ["ann@example.com", "bob@example.com"],
        "group:contractors": None,
        "user:mallory@example.com": ["mallory@example.com"],
    }


def test_the_page_holds_the_data_and_asks_nobody() -> None:
    page = _Scripts(render(SMALL))
    assert json.loads(page.texts["data"]) == data(SMALL)
    assert not [name for name, _ in page.attributes if name in ("src", "href", "action")]
    assert page.tags.count("script") == 2
    for what in ("script", "style"):
        digest = b64encode(sha256(page.texts[what].encode()).digest()).decode()
        assert f"{what}-src 'sha256-{digest}'" in render(SMALL)
    assert (
        re.search(r"\bfetch\(|XMLHttpRequest|innerHTML|document\.write|eval\(", page.texts["script"]) is None
    )


def test_a_name_never_becomes_markup() -> None:
    evil = "</script><img src=x onerror=alert(1)>{{script}}\u2028&amp;"
    standing = Standing(account_id="555555555555", permission_set=evil, principal=f"group:{evil}")
    report = replace(SMALL, standings=(standing,), notes=(evil,))
    page = _Scripts(render(report))
    assert json.loads(page.texts["data"])["sets"] == [evil]
    assert json.loads(page.texts["data"])["notes"] == [evil]
    assert page.tags == _Scripts(render(SMALL)).tags


def test_a_large_report_opens_from_a_mail() -> None:
    page = render(large(2000, 50))
    assert len(page) < 5_000_000
    assert len(json.loads(_Scripts(page).texts["data"])["columns"]["a"]) == 100_000
