"""From comments to the published report, as the secretariat does it and as everyone reads it. Without JavaScript, and in Arabic."""

from datetime import timedelta

import pytest

from consult.accounts.models import Staff
from consult.consultations.models import Window
from consult.core.db import writing
from consult.rounds.models import Round
from tests.journeys.conftest import mails_of
from tests.journeys.test_answers import LIST, begin_answering
from tests.journeys.test_invitation import door_in, import_list, invite
from tests.support.browser import visitor

DESK = "/staff/consultations/upr-2027"


def close_the_round():
    """The last instant comes, a moment after the first: when a round opened is never changed."""
    with writing() as db:
        for row in (db.query(Round).one(), db.query(Window).one()):
            row.closes_at = row.opens_at + timedelta(milliseconds=1)


def comment_through_the_link(site, browser, language):
    with visitor(browser, javascript=False, language=language, width=360) as context:
        phone = context.new_page()
        phone.goto(door_in(site, "rivers@org.example"))
        phone.click("main form button")
        phone.goto(f"{site.address}/{language}/consultations/upr-2027/comment/3/")
        phone.fill("#text", "Warden Tupo Lisi closed the hall.")
        phone.locator("input[value=with_name]").check()
        phone.locator("button[value=check]").click()
        phone.locator("button[value=send]").click()


def answer_here(page, outcome, reason=""):
    page.locator(f"input[value={outcome}]").check()
    page.fill("#reason", reason)
    page.locator("form[action$='/answer/'] button").click()


def screen_and_answer_all(page, site):
    page.goto(f"{site.address}{LIST}next/")
    while "/answers/?" not in page.url:
        if "Tupo Lisi" in page.content():
            page.locator("details:has(#passage) > summary").click()
            page.fill("#passage", "Tupo Lisi")
            page.select_option("#category", "third_person_name")
            page.locator("form[action$='/redact/'] button").click()
        page.check("#is_screened")
        answer_here(page, "accepted_in_part", "The hall is open again.")


def published(site, browser, page, language):
    """A whole round up to the publish check; everything is answered, one author has objected and got a reply."""
    begin_answering(page, site)
    import_list(page, site, language)
    invite(page, site)
    comment_through_the_link(site, browser, language)
    screen_and_answer_all(page, site)
    close_the_round()


def enter(phone, site, language):
    phone.goto(door_in(site, "rivers@org.example"))
    phone.click("main form button")
    phone.goto(f"{site.address}/{language}/consultations/upr-2027/my-comments/")


def object_on_the_phone(phone, site, language):
    enter(phone, site, language)
    phone.locator("a[href$='/screening/']").click()
    assert "Tupo Lisi" not in phone.content()
    phone.fill("#text", "He is a public official.")
    phone.locator("main form button").click()


def reply_and_publish(page, site):
    page.goto(f"{site.address}{DESK}/")
    page.click(f"a[href='{DESK}/report/']")
    assert page.locator("button[value=final]").count() == 0
    page.locator("a[href*='/answers/']").first.click()  # the objection
    assert "He is a public official." in page.content()
    page.fill("#reply", "We agree, and keep the name out all the same.")
    page.locator("form[action$='/objection/'] button").click()
    page.goto(f"{site.address}{DESK}/report/")
    page.click("button[value=final]")
    site.work_off()
    assert page.locator("button[value=final]").count() == 0


@pytest.mark.browser
@pytest.mark.parametrize("language", ["en", "ar"])
def test_all_answers_are_published_together_and_everyone_reads_them(site, browser, language):
    with writing() as db:
        db.get_one(Staff, site.person.id).language = language
    report = f"{site.address}/{language}/consultations/upr-2027/response/"
    with (
        visitor(browser, javascript=False, language=language) as context,
        visitor(browser, javascript=False, language=language, width=360) as pocket,
    ):
        page, phone = context.new_page(), pocket.new_page()
        published(site, browser, page, language)
        object_on_the_phone(phone, site, language)
        assert phone.goto(report).status == 404  # nothing yet
        reply_and_publish(page, site)

        assert phone.goto(report).status == 200
        words = phone.locator("main").inner_text()
        assert words.count("The hall is open again.") == 3
        assert "Tupo Lisi" not in phone.content()
        assert phone.locator("table.shares tbody tr").count() == 5
        for kind in ("docx", "csv", "json"):
            with phone.expect_download() as saved:
                phone.locator(f"a[href$='.{kind}']").click()
            assert saved.value.path().stat().st_size > 200
        phone.locator("section h3 a").last.click()
        assert "The hall is open again." in phone.locator("main").inner_text()

        assert "The hall is open again." not in mails_of(site, "rivers@org.example")[0]
        enter(phone, site, language)
        assert "The hall is open again." in phone.locator("main").inner_text()
        phone.locator("a[href$='/screening/']").click()
        assert "We agree, and keep the name out" in phone.locator("main").inner_text()
