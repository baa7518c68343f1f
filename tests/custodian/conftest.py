"""The custodian file in a real browser, opened from disk with the network off."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.custodian.driving import PASSPHRASE, AtTheDesk
from tests.support.browser import TIMEOUT
from tests.support.officers import Dossier, an_officer, key_file
from tests.support.server import ROOT

FILE = ROOT / "custodian" / "custodian.html"


@contextmanager
def a_desk(browser: Browser, *, width: int = 1280, language: str = "en", dark: bool = False) -> Iterator[Page]:
    """The file in a fresh browser. Whatever it complains of, or asks of a network, fails the test."""
    context = browser.new_context(
        accept_downloads=True,
        offline=True,
        viewport={"width": width, "height": 800},
        locale=language,
        color_scheme="dark" if dark else "light",
    )
    context.set_default_timeout(TIMEOUT)
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("request", lambda asked: wrong.append(asked.url) if asked.url.startswith(("http", "ws")) else None)
    page.goto(FILE.as_uri())
    page.wait_for_selector("h1")
    try:
        yield page
    finally:
        context.close()
    assert wrong == []


@pytest.fixture
def desk(browser: Browser) -> Iterator[Page]:
    with a_desk(browser) as page:
        yield page


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the officer's files lie."""
    made = tmp_path / "officer"
    made.mkdir()
    return made


@pytest.fixture
def dossier() -> Dossier:
    return Dossier([an_officer(), an_officer("Ben Osei", "University of Maravel")])


@pytest.fixture
def officer_at(desk: Page, folder: Path, dossier: Dossier) -> AtTheDesk:
    """The first officer of a dossier, with their keys open."""
    at = AtTheDesk(desk, folder)
    at.open_keys(key_file(dossier.officers[0], PASSPHRASE))
    return at
