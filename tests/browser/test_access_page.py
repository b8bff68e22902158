"""The access report in a real headless Chromium: `make test-browser`."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from aftgen.access_report.model import Judgement
from aftgen.access_report.page import render

sys.path.insert(0, str(Path(__file__).parents[1] / "access_report"))
from reports import SMALL, large

CHROMIUM = which("chromium") or which("chromium-browser") or which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None or find_spec("playwright") is None,
        reason="needs Chromium on PATH and playwright: make test-browser",
    ),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages")
    (folder / "small.html").write_text(render(SMALL), encoding="utf-8")
    (folder / "large.html").write_text(render(large(2000, 50)), encoding="utf-8")
    return folder


class Page:
    """A page and what it said to the console or asked of the network."""

    def __init__(self, browser: Any, path: Path, scheme: str = "light") -> None:
        self.context = browser.new_context(color_scheme=scheme, viewport={"width": 1280, "height": 720})
        self.it = self.context.new_page()
        self.errors: list[str] = []
        self.requests: list[str] = []
        self.it.on("console", lambda message: self.errors.append(message.text))
        self.it.on("pageerror", lambda error: self.errors.append(str(error)))
        self.it.on("request", lambda request: self.requests.append(request.url))
        self.it.goto(path.as_uri())
        self.it.wait_for_selector("html[data-ready=yes]")

    def rows(self) -> list[list[str]]:
        return [row.locator("span").all_inner_texts() for row in self.it.locator(".row").all()]

    def count(self) -> str:
        text: str = self.it.inner_text("#count")
        return text

    def press(self, *keys: str) -> None:
        for key in keys:
            self.it.keyboard.press(key)

    def type(self, text: str, count: str) -> None:
        """Types into the search field and waits until the page has counted."""
        self.press("/")
        self.it.keyboard.type(text)
        self.it.wait_for_function("text => document.querySelector('#count').textContent === text", arg=count)


@pytest.fixture
def small(browser: Any, files: Path) -> Iterator[Page]:
    page = Page(browser, files / "small.html")
    yield page
    assert page.errors == []
    assert page.requests == [(files / "small.html").as_uri()]
    page.context.close()


def test_what_it_shows(small: Page) -> None:
    assert small.rows() == [
        [
            "payments-prod",
            "Workloads/Prod",
            "AdministratorAccess",
            "user:mallory@example.com",
            "1",
            "unknown",
            "unknown",
            "undeclared",
        ],
        [
            "payments-prod",
            "Workloads/Prod",
            "ReadOnlyAccess",
            "group:auditors",
            "2",
            "2026-03-01",
            "rule:auditors-everywhere",
            "declared",
        ],
        [
            "sandbox-ada",
            "Sandbox",
            "ReadOnlyAccess",
            "group:contractors",
            "?",
            "2025-01-01",
            "request",
            "no request",
        ],
    ]
    assert small.count() == "3 grants of 3, 2 not as declared"
    assert small.it.inner_text("#notes") == "Members of group:contractors could not be read."


def test_search_finds_the_members_of_a_group(small: Page) -> None:
    small.type("BOB payments", "1 grants of 3, 0 not as declared")
    assert [row[3] for row in small.rows()] == ["group:auditors"]
    small.press("Escape")
    assert small.count() == "3 grants of 3, 2 not as declared"


def test_filters(small: Page) -> None:
    small.it.check("#drift")
    assert [row[7] for row in small.rows()] == ["undeclared", "no request"]
    small.it.check("#high")
    assert [row[2] for row in small.rows()] == ["AdministratorAccess"]
    small.it.click("#reset")
    small.it.select_option("#ou", "Workloads")
    assert {row[0] for row in small.rows()} == {"payments-prod"}
    small.it.select_option("#source", label="rule:auditors-everywhere")
    assert len(small.rows()) == 1
    small.type("nobody at all", "0 grants of 3, 0 not as declared")
    assert small.it.inner_text(".empty") == "Nothing matches. Esc shows all again."


def test_the_keyboard_alone(small: Page) -> None:
    small.press("ArrowDown", "Enter")
    shown = small.it.inner_text("#detail")
    for text in ("ann@example.com, bob@example.com", "p@example.com", "build-1", "c0ffee"):
        assert text in shown
    small.press("ArrowDown")
    assert "sandbox-ada (666666666666)" in small.it.inner_text("#detail")
    small.press("Escape")
    assert not small.it.is_visible("#detail")
    small.press("2", "End", "Enter")
    assert small.it.inner_text("#person") == "mallory@example.com ✕"
    assert [row[3] for row in small.rows()] == ["user:mallory@example.com"]
    small.press("Escape", "3", "ArrowRight", "ArrowRight", "Enter")
    assert small.it.inner_text("#detail h2") == "AdministratorAccess (privileged)"
    assert small.it.get_attribute("#view", "aria-activedescendant") == "cell-0-2"


def test_sorting(small: Page) -> None:
    small.it.click("text=Since")
    assert [row[5] for row in small.rows()] == ["unknown", "2025-01-01", "2026-03-01"]
    small.it.click("text=Since")
    assert [row[5] for row in small.rows()] == ["2026-03-01", "2025-01-01", "unknown"]
    assert small.it.locator("[aria-sort=descending]").inner_text() == "Since ▼"


def test_nobody_gets_in_through_what_is_missing(browser: Any, tmp_path: Path) -> None:
    declared = SMALL.standings[0]
    missing = replace(declared, permission_set="DeveloperAccess", judgement=Judgement.MISSING, stands=False)
    (tmp_path / "missing.html").write_text(render(replace(SMALL, standings=(declared, missing))))
    page = Page(browser, tmp_path / "missing.html")
    assert [(row[2], row[4], row[7]) for row in page.rows()] == [
        ("DeveloperAccess", "0", "missing"),
        ("ReadOnlyAccess", "2", "declared"),
    ]
    page.press("ArrowUp", "Enter")
    assert "missing (does not stand)" in page.it.inner_text("#detail")
    page.press("Escape", "2")
    assert [row[:4] for row in page.rows()] == [
        ["ann@example.com", "1", "0", "1"],
        ["bob@example.com", "1", "0", "1"],
    ]
    assert page.errors == []
    page.context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_thousand_accounts(browser: Any, files: Path, scheme: str) -> None:
    page = Page(browser, files / "large.html", scheme)
    interactive = page.it.evaluate("performance.now()")
    assert interactive < 2000, "milliseconds from the start of the navigation until the page answers"
    assert page.count() == "100,000 grants of 100,000, 1,013 not as declared"
    assert len(page.rows()) < 60, "only what can be seen is drawn"
    page.press("End")
    assert page.rows()[-1][0] == "account-01999"
    page.press("3", "End", *["ArrowRight"] * 49)
    page.it.wait_for_selector("#cell-1999-49.active")
    page.press("Escape")
    page.press("1")
    page.type("person013 account-01999", "2 grants of 100,000, 1 not as declared")
    assert page.errors == []
    background = page.it.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 27)"}[scheme]
    page.context.close()
