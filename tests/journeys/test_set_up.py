"""An empty installation set up in a real browser by its one-time link, without JavaScript; and what axe-core says of those pages."""

from types import SimpleNamespace

import pytest

import consult
from consult.accounts.models import Staff
from consult.core import db as core_db
from consult.core.db import reading, writing
from consult.core.settings import load
from consult.jobs.queue import queue
from consult.site.identity import beginning
from consult.site.operations import offer_set_up
from tests.journeys.test_second_factor import OWN, begin_app
from tests.support.browser import axe, visitor
from tests.support.hands import LOOKS
from tests.support.server import serving

ME = {"#name": "Tavita Leota", "#email": "t@gov.example", "#password": "four odd words here"}


@pytest.fixture
def empty_site(tmp_path, database_url):
    """A site where nobody works yet, and its link."""
    variables = {
        "CONSULT_DATA_FOLDER": str(tmp_path / "data"),
        "CONSULT_DATABASE_URL": database_url,
        "CONSULT_SECRET_KEY": "only for tests " * 4,
    }
    settings = load(environ=variables)
    database = consult.start(settings)
    with writing() as db:
        secret = offer_set_up(db, beginning(settings))
    with serving("wsgi:app", folder=tmp_path, environment=variables) as address:
        yield SimpleNamespace(address=address, link=f"{address}/staff/set-up/{secret}/")
    core_db.bind(None)
    database.close()


def press(page):
    page.locator("main form button").first.click()


def set_up(page, site, look=lambda page: None):
    """Go through all steps with what is ready-made; `look` at each page."""
    page.goto(site.link)
    look(page)
    press(page)
    look(page)
    for code in ("en", "ar", "zh"):
        box = page.locator(f"#privacy_{code}")
        assert "…" in box.input_value()  # ready-made, with places to fill
        box.fill(box.input_value().replace("…", "data@gov.example"))
    press(page)
    page.fill("#address", "t@gov.example")
    look(page)
    press(page)
    queue().work_off()
    page.reload()
    look(page)
    page.goto(f"{site.link}administrator/")
    look(page)
    for box, words in ME.items():
        page.fill(box, words)
    press(page)
    look(page)


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_empty_installation_is_set_up_without_javascript(empty_site, browser, language):
    with visitor(browser, javascript=False, language=language) as context:
        page = context.new_page()
        set_up(page, empty_site)
        assert page.url == f"{empty_site.address}{OWN}"  # an administrator has a second step first
        app = begin_app(page, ME["#password"])
        page.fill("#code", app.now())
        with page.expect_navigation():
            page.click("main button")
        page.goto(f"{empty_site.address}/staff/")
        page.click("main a[href$='/consultations/new/']")

        page.wait_for_selector("#slug")  # the first consultation
        assert page.goto(empty_site.link).status == 410
    with reading() as db:
        assert [one.name for one in db.query(Staff)] == ["Tavita Leota"]


@pytest.mark.browser
@pytest.mark.parametrize(("width", "language", "dark"), LOOKS)
def test_axe_finds_nothing_on_the_pages_of_set_up(empty_site, browser, width, language, dark):
    found = []
    with visitor(browser, javascript=True, width=width, language=language, dark=dark) as context:
        page = context.new_page()
        set_up(page, empty_site, lambda shown: found.extend((shown.url, one) for one in problems_here(shown)))

    assert found == []


def problems_here(page):
    return [(problem["rule"], problem["where"][:2]) for problem in axe(page)]
