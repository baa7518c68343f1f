"""From a Word file to the public reading page, as a drafter and as a reader; without JavaScript, in each language."""

import gzip

import pytest

from consult.accounts.models import Staff
from consult.core.db import writing
from tests.journeys.conftest import EMAIL, MATRIX, PASSWORD
from tests.support.browser import visitor
from tests.support.server import ROOT

TITLES = {"en": "Draft national report", "ar": "مشروع التقرير الوطني", "zh": "国家报告草稿"}
ZONE = "Pacific/Guadalcanal"
DRAFT = ROOT / "tests" / "journeys" / "draft.md"


def sign_in(page, site):
    page.goto(f"{site.address}/staff/sign-in/")
    page.fill("#email", EMAIL)
    page.fill("#password", PASSWORD)
    page.click("main button")
    page.fill("#code", site.codes.pop())
    page.click("main button")


def create_consultation(page, site):
    page.goto(f"{site.address}/staff/consultations/new/")
    page.select_option("#kind", "upr_national_report")
    page.fill("#slug", "upr-2027")
    for code, title in TITLES.items():
        page.check(f"input[name=languages][value={code}]")
        page.fill(f"#title_{code}", title)
    page.select_option("#time_zone", ZONE)
    page.fill("#due_on", "2027-05-03")
    page.click("main form button")
    page.goto(f"{site.address}/staff/consultations/upr-2027/terms/")
    for box in page.locator("main textarea").all():
        box.fill(box.input_value().replace("…", "the Mechanism"))
    page.click("main form button")
    page.goto(f"{site.address}/staff/consultations/upr-2027/")
    page.locator("form[action$='/open/'] button").click()


def upload(page, site):
    page.goto(f"{site.address}/staff/consultations/upr-2027/draft/")
    page.set_input_files("#file", DRAFT)
    page.locator("form[enctype] button").click()
    assert "/staff/tasks/" in page.url
    site.work_off()
    page.reload()
    page.click("main a.button")


def open_round(page, site):
    page.goto(f"{site.address}/staff/consultations/upr-2027/round/")
    page.fill("#closes_on", "2099-03-14")
    page.locator("input[value=public]").check()
    page.locator("form[action$='/round/open/'] button").click()


@pytest.mark.browser
@pytest.mark.parametrize("language", MATRIX)
def test_a_word_file_becomes_a_page_that_everyone_can_read(site, browser, language):
    with writing() as db:
        db.get_one(Staff, site.person.id).language = language
    with visitor(browser, javascript=False, language=language) as context:
        page = context.new_page()
        sign_in(page, site)
        create_consultation(page, site)
        upload(page, site)
        assert page.locator(".tag.waiting").count() == 1  # one doubtful place: a part without a number
        page.locator("form:has(input[value=join]) button").first.click()
        assert page.locator(".tag.waiting").count() == 0
        page.goto(f"{site.address}/staff/consultations/upr-2027/draft/publish/")
        page.locator("main form button").click()
        open_round(page, site)

    with visitor(browser, javascript=False, language=language) as context:
        reader = context.new_page()
        reader.goto(f"{site.address}/{language}/consultations/upr-2027/")
        reader.click("main a.button")
        assert reader.locator("html").get_attribute("lang") == language
        assert (
            reader.locator("#p-2 .text").inner_text().startswith("The second begins here and goes on in the next line.")
        )
        assert reader.locator("#p-2a").is_visible()
        reader.goto(f"{reader.url}#p-3")
        assert reader.locator(":target").get_attribute("id") == "p-3"
        assert context.cookies() == []

    comment_on_the_phone(site, browser, language)

    with visitor(browser, javascript=False, language=language) as context:
        page = context.new_page()
        sign_in(page, site)
        page.goto(f"{site.address}/staff/consultations/upr-2027/comments/")
        assert page.locator(".entry").count() == 1
        assert "The table lacks the outer islands." in page.locator(".entry").inner_text()


def comment_on_the_phone(site, browser, language):
    with visitor(browser, javascript=False, language=language, width=360) as context:
        phone = context.new_page()
        phone.goto(f"{site.address}/{language}/consultations/upr-2027/draft/")
        phone.locator("#p-3 .side a").click()
        assert phone.locator("input[type=radio]:checked").count() == 0
        phone.fill("#text", "The table lacks the outer islands.")
        phone.locator("main form button").click()
        assert phone.locator(".errors a").count() == 1  # nothing was chosen for them: only the consent is missing
        phone.fill("#name", "Ana")
        phone.locator("input[value=without_name]").check()
        phone.locator("button[value=check]").click()
        phone.locator("button[value=change]").click()
        assert phone.input_value("#text") == "The table lacks the outer islands."
        phone.locator("button[value=check]").click()
        phone.locator("button[value=send]").click()
        assert "/sent/" in phone.url


@pytest.mark.browser
def test_the_first_visit_is_light(site, browser):
    with visitor(browser, javascript=False) as context:
        page = context.new_page()
        bodies = []
        page.on("response", lambda response: bodies.append(response.body()))
        page.goto(f"{site.address}/en/")

    assert len(bodies) <= 5
    assert sum(len(gzip.compress(body, 9)) for body in bodies) <= 60_000
