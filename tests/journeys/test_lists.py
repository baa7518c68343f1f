"""Signing up to a list on a telephone without JavaScript, saying yes by the link of the mail, and leaving by one click."""

import re
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from consult.core import clock, i18n
from consult.core.db import reading, writing
from consult.core.texts import Texts
from consult.mail.keys import header_token
from consult.mailings import list_links, queries_lists
from consult.mailings.operations_lists import ListSaid, create_list, publish_message
from tests.journeys.conftest import LANGUAGES, mails_of
from tests.support.browser import axe, visitor
from tests.support.looking import looking

READER = "reader@p.example"
NAMES = {"en": "News of reports", "ar": "أخبار التقارير", "zh": "报告动态"}


def begin(site):
    """A list with a message in its archive."""
    words = Texts(NAMES)
    with writing() as db:
        made = create_list(
            db, ListSaid("news", words, words, words, takes_sign_up=True, archive_is_public=True), by=site.person, now=clock.now()
        )  # fmt: skip
        publish_message(db, made, {code: (name, name) for code, name in NAMES.items()}, cause="x:1", now=clock.now())
    return made


def subscribers(made):
    with reading() as db:
        return [row.address for row in db.execute(queries_lists.subscribers(made.id))]


def one_click(site, path):
    """What a mail program sends: no cookie, no token."""
    where = urlsplit(site.address)
    connection = HTTPConnection(where.hostname, where.port, timeout=10)
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "cross-site"}
    connection.request("POST", path, "List-Unsubscribe=One-Click", headers)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reader_signs_up_says_yes_and_leaves_by_one_click(site, browser, language):
    made = begin(site)

    with (
        looking(browser, width=360, language=language) as looker,
        visitor(browser, javascript=False, language=language, width=360) as context,
    ):
        phone, look = context.new_page(), looker.look
        phone.goto(f"{site.address}/{language}/")
        phone.click("main a[href$='/lists/']")
        phone.click("main ul.rows a")
        phone.fill("#address", READER)
        phone.click("main form button")
        assert phone.locator("main form").count() == 0
        assert READER not in phone.content()
        look(phone)
        site.work_off()
        (text,) = mails_of(site, READER)
        phone.goto(site.address + re.search(r"/\w+/confirm/[0-9a-f]{32}", text)[0])
        assert phone.locator("html").get_attribute("lang") == language
        assert subscribers(made) == []
        look(phone)
        phone.click("main form button")
        assert subscribers(made) == [READER]
        look(phone)
        phone.goto(f"{site.address}/{language}/lists/news/archive/")
        phone.click("main ul.rows a")
        assert NAMES[language] in phone.locator("main h1").inner_text()

    with reading() as db:
        leave = list_links.leave_token_of(queries_lists.find_by_address(db, made.id, READER))
    assert one_click(site, f"/{language}/leave/{header_token(leave)}") == 200
    assert subscribers(made) == []


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width", "dark"), [("en", 1280, False), ("ar", 360, True)])
def test_the_pages_of_a_list_are_clean_and_fit(site, browser, language, width, dark):
    begin(site)

    with visitor(browser, language=language, width=width, dark=dark) as context:
        page = context.new_page()
        for path in ("", "news/", "news/archive/", "news/archive/1/"):
            page.goto(f"{site.address}/{language}/lists/{path}")
            assert axe(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
            assert page.evaluate("getComputedStyle(document.documentElement).direction") == i18n.direction_of(language)
        page.goto(f"{site.address}/{language}/lists/news/")
        page.fill("#address", "no address")
        page.click("main form button")
        assert page.locator(".errors").count() == 1
        assert axe(page) == []
