"""From a sign-up on a telephone to the news of a list in the mailbox, and off the list again; about no consultation at all."""

import re

import pytest

from consult.consultations.models import Consultation
from consult.core import clock
from consult.core.db import reading, writing
from consult.core.texts import Texts
from consult.mailings.forms import NEWS_OF_LIST, ready_made_words
from consult.mailings.operations_lists import ListSaid, create_list
from tests.journeys.conftest import APPROVER, EMAIL, MATRIX, PASSWORD, said, staff_read, words_of
from tests.journeys.test_draft import sign_in
from tests.journeys.test_lists import NAMES, one_click, subscribers
from tests.support.browser import visitor
from tests.support.looking import looking

READER, OTHER = "reader@p.example", "other@p.example"
SAYS = {"en": "The mechanism has a new secretary.", "ar": "للآلية أمينة جديدة.", "zh": "本机制有了新任秘书。"}


def sign_up(site, phone, language, address):
    """Signed up on the page of the list, and said yes by the link of the mail."""
    phone.goto(f"{site.address}/{language}/lists/news/")
    phone.fill("#address", address)
    phone.click("main form button")
    site.work_off()
    text = text_of(newest(site, address))
    phone.goto(site.address + re.search(r"/\w+/confirm/[0-9a-f]{32}", text)[0])
    phone.click("main form button")


def newest(site, address):
    """The newest mail that the relay took for an address."""
    return [one.message for one in site.sink.received() if address in one.recipients][-1]


def approve(site, browser, look):
    """By the head of the unit, who is on no team, from Today."""
    other = browser.new_context(java_script_enabled=False)
    page = other.new_page()
    page.goto(f"{site.address}/staff/sign-in/")
    page.fill("#email", APPROVER)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.goto(f"{site.address}/staff/")
    look(page)
    page.locator("main p.notice a[href$='/mailing-lists/news/mailings/']").click()
    look(page)
    page.locator("main ul.rows a").first.click()
    look(page)
    page.locator("form[action$='/approve/'] button").click()
    other.close()


def write(site, desk, look):
    """Written by the secretariat, tried on oneself, looked at as a reader gets it, and handed on for approval."""
    desk.goto(f"{site.address}/staff/mailing-lists/news/")
    look(desk)
    desk.click("main a[href$='/mailings/new/news/']")
    look(desk)
    for code, line in SAYS.items():
        desk.fill(f"#body_{code}", line)
    desk.locator("main form button").click()
    look(desk)
    desk.locator("form[action$='/test/'] button").click()
    site.work_off()
    desk.locator("main a[href*='/preview/']").first.click()
    look(desk)
    desk.locator("main .trail a").click()
    desk.locator("form[action$='/submit/'] button").click()
    site.work_off()


def leave(site, phone, language, news, look):
    """One by the link in the mail and the one that it brings; the other by one click of a mail program, from the mail's header."""
    link = re.search(r"/\w+/leave/[0-9a-f]{32}", text_of(newest(site, READER)))[0]
    header = re.search(r"/\w+/leave/[0-9a-f]{48}", str(newest(site, OTHER)["List-Unsubscribe"]))[0]
    phone.goto(site.address + link)
    look(phone)
    choices = phone.locator("main input[name=scope]").evaluate_all("all => all.map(one => one.value)")
    assert choices == ["list", "everything"]
    assert subscribers(news) == [READER, OTHER]
    phone.locator("main form[method=post] button").first.click()
    look(phone)
    assert READER not in phone.content()
    assert subscribers(news) == [READER, OTHER]
    site.work_off()
    phone.goto(site.address + re.search(r"/\w+/leave/confirm/[0-9a-f]{32}", text_of(newest(site, READER)))[0])
    look(phone)
    assert subscribers(news) == [READER, OTHER]
    phone.locator("main form[method=post] button").first.click()
    look(phone)
    assert subscribers(news) == [OTHER]
    assert one_click(site, header) == 200
    assert subscribers(news) == []


def text_of(mail):
    return mail.get_body("plain").get_content()


@pytest.mark.browser
@pytest.mark.parametrize("language", MATRIX)
def test_the_news_of_a_list_reach_who_signed_up_and_let_them_go(mailing_site, browser, language):
    site, words = mailing_site, Texts(NAMES)
    with writing() as db:
        said_of_it = ListSaid("news", words, words, words, takes_sign_up=True, archive_is_public=True)
        news = create_list(db, said_of_it, by=site.person, now=clock.now())
    staff_read(site, language)
    with (
        looking(browser, width=360, language=language) as looker,
        visitor(browser, javascript=False, language=language, width=360) as context,
    ):
        phone, desk, look = context.new_page(), context.new_page(), looker.look
        for address in (READER, OTHER):
            sign_up(site, phone, language, address)
        sign_in(desk, site)
        write(site, desk, look)
        assert SAYS["zh"] in text_of(newest(site, EMAIL))
        approve(site, browser, look)
        site.work_off()

        mail = newest(site, READER)
        assert SAYS[language] in " ".join(text_of(mail).split())
        assert mail["Subject"] == ready_made_words(NEWS_OF_LIST, language)[0]
        assert mail["List-Id"].startswith("<news.lists.")
        assert "/consultations/" not in text_of(mail)
        phone.goto(f"{site.address}/{language}/lists/news/archive/")
        phone.click("main ul.rows a")
        assert SAYS[language] in words_of(phone)
        assert SAYS[language] in phone.request.get(f"{site.address}/{language}/lists/news/feed.atom").text()

        leave(site, phone, language, news, look)
        desk.goto(f"{site.address}/staff/mailing-lists/news/mailings/")
        look(desk)
        desk.locator("main ul.rows a").first.click()
        look(desk)
        assert said(language, ("to %(n)s address", "to %(n)s addresses"), 2) in words_of(desk)
        assert f"{said(language, 'Got it, and asked for no more mail since')} 2" in words_of(desk)
    with reading() as db:
        assert db.query(Consultation).count() == 0
