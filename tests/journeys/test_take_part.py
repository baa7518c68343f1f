"""Somebody asks to take part on a telephone, without JavaScript; the secretariat accepts; the personal link opens their entry."""

import re

import pytest

from tests.journeys.conftest import LANGUAGES, MATRIX, mails_of, staff_read
from tests.journeys.test_draft import create_consultation, open_round, sign_in, upload
from tests.support.browser import axe, visitor
from tests.support.looking import looking

WHO = "kids@river.example"


def link_in(site, kind):
    """The link of the newest mail, at the address where this test's site listens."""
    site.work_off()
    return site.address + re.search(rf"/\w+/{kind}/[0-9a-f]{{32}}", mails_of(site, WHO)[0])[0]


def fill(page):
    page.locator("input[name=kind][value=organisation]").check()
    page.fill("#name", "Kids of the River")
    page.select_option("#category", "cso")
    page.locator("input[name=groups][value=children]").check()
    page.fill("#email", WHO)
    page.fill("#why", "We work with children.")


@pytest.mark.browser
@pytest.mark.parametrize("language", MATRIX)
def test_who_was_not_invited_asks_and_takes_part(site, browser, language):
    staff_read(site, language)
    with (
        looking(browser, width=1280, language=language) as at_desk,
        visitor(browser, javascript=False, language=language) as context,
    ):
        desk = context.new_page()
        sign_in(desk, site)
        create_consultation(desk, site)
        upload(desk, site)
        open_round(desk, site)
        with (
            looking(browser, width=360, language=language) as looker,
            visitor(browser, javascript=False, language=language, width=360) as pocket,
        ):
            phone, look = pocket.new_page(), looker.look
            phone.goto(f"{site.address}/{language}/consultations/upr-2027/")
            phone.locator("main a[href$='/take-part/']").click()
            phone.locator("main form button").click()
            assert phone.locator(".errors").count() == 1
            look(phone)
            fill(phone)
            phone.locator("main form button").click()
            look(phone)
            assert mails_of(site, WHO) == []  # the worker has not run
            phone.goto(link_in(site, "take-part/confirm"))
            look(phone)
            phone.locator("main form button").click()
            look(phone)
            assert phone.locator("main form").count() == 0

            desk.goto(f"{site.address}/staff/")
            at_desk.look(desk)
            desk.locator(".notice a[href='/staff/requests/']").click()
            at_desk.look(desk)
            desk.locator("#waiting ~ ul a").click()
            at_desk.look(desk)
            desk.locator("form[action$='/accept/'] button").click()
            assert "Kids of the River" in desk.locator("h1").inner_text()

            at_desk.look(desk)
            phone.goto(link_in(site, "door"))
            phone.locator("main form button").click()
            phone.locator("main a[href$='/my-entry/']").click()
            assert WHO in phone.locator("main").inner_text()
            look(phone)


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_is_clean_in_axe(site, browser, language):
    with visitor(browser, language=language, width=360) as context:
        page = context.new_page()
        page.goto(f"{site.address}/{language}/take-part/")
        assert axe(page) == []
        page.locator("main form button").click()
        assert axe(page) == []
        fill(page)
        page.locator("main form button").click()
        assert axe(page) == []
