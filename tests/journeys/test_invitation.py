"""From the list of stakeholders to a comment on a telephone, without JavaScript, in each language: import, invitation, link, comment."""

import re
from datetime import UTC, datetime

import pytest

from consult.consultations.models import Consultation
from consult.consultations.operations import add_to_team
from consult.consultations.queries import is_on_team
from consult.core.db import writing
from tests.journeys.conftest import APPROVER, MATRIX, PASSWORD, mails_of, staff_read
from tests.journeys.test_draft import create_consultation, open_round, sign_in, upload
from tests.support.browser import visitor
from tests.support.looking import looking

LIST = """name,kind,category,groups,language,email
Rivers Union,organisation,cso,,{language},rivers@org.example
Ana Lefaga,person,cso,,en,
"""
DESK = "/staff/consultations/upr-2027"


def import_list(page, site, language):
    page.goto(f"{site.address}/staff/stakeholders/import/")
    content = LIST.format(language=language).encode()
    page.set_input_files("#file", {"name": "list.csv", "mimeType": "text/csv", "buffer": content})
    page.locator("input[value=consent]").check()
    page.select_option("#told", "sheet")
    page.fill("#wording", "Sign-up sheet of March")
    page.locator("form[enctype] button").click()
    site.work_off()
    page.reload()
    page.click("main a.button")
    page.locator("form[action$='/apply/'] button").click()
    site.work_off()


def invite(page, site, look=lambda _page: None):
    """One writes and asks for approval, another looks at it and lets it go out. Returns how many get it."""
    page.goto(f"{site.address}{DESK}/mailings/")
    page.click("main a.button")
    look(page)
    page.locator("main form button").click()
    look(page)
    gets = page.locator("#who ~ div tbody tr").count()
    page.locator("form[action$='/submit/'] button").click()
    site.work_off()
    with writing() as db:
        found = db.query(Consultation).one()
        if not is_on_team(db, found.id, site.approver.id):
            add_to_team(db, found, site.approver, by=site.person, now=datetime.now(UTC))
    other = page.context.browser.new_context(java_script_enabled=False)
    approver = other.new_page()
    approver.goto(f"{site.address}/staff/sign-in/")
    approver.fill("#email", APPROVER)
    approver.fill("#password", PASSWORD)
    approver.click("main button")
    approver.goto(f"{site.address}{DESK}/mailings/")
    look(approver)
    approver.locator("main ul.rows a").first.click()
    look(approver)
    approver.locator("form[action$='/approve/'] button").click()
    other.close()
    site.work_off()
    return gets


def door_in(site, recipient):
    """The personal link of the newest mail to an address, at the address where this test's site listens."""
    text = mails_of(site, recipient)[0]
    return site.address + re.search(r"/\w+/door/[0-9a-f]{32}", text)[0]


def prepared(site, browser, language):
    staff_read(site, language)
    with (
        looking(browser, width=1280, language=language) as looker,
        visitor(browser, javascript=False, language=language) as context,
    ):
        page = context.new_page()
        sign_in(page, site)
        create_consultation(page, site)
        upload(page, site)
        import_list(page, site, language)
        open_round(page, site)
        assert invite(page, site, looker.look) == 1  # the person without an address is not among them
    return door_in(site, "rivers@org.example")


@pytest.mark.browser
@pytest.mark.parametrize("language", MATRIX)
def test_a_link_in_a_mail_leads_to_a_comment_on_a_telephone(site, browser, language):
    door = prepared(site, browser, language)

    with (
        looking(browser, width=360, language=language) as looker,
        visitor(browser, javascript=False, language=language, width=360) as context,
    ):
        phone, look = context.new_page(), looker.look
        phone.goto(door)
        look(phone)
        assert phone.locator("html").get_attribute("lang") == language
        assert "Rivers Union" in phone.locator("main form").inner_text()
        phone.click("main form button")
        look(phone)
        phone.locator("main a.button").click()
        look(phone)
        phone.locator("#p-3 .side a").click()
        look(phone)
        phone.fill("#text", "The table lacks the outer islands.")
        phone.locator("button[value=save]").click()
        phone.goto(f"{site.address}/{language}/consultations/upr-2027/comment/1/")
        phone.fill("#suggestion", "Another wording.")
        phone.locator("input[value=organisation_only]").check()
        phone.locator("button[value=check]").click()
        assert phone.locator("del").count() >= 1
        look(phone)
        phone.locator("button[value=send]").click()
        phone.goto(f"{site.address}/{language}/consultations/upr-2027/my-comments/")
        assert phone.locator("section.entry").count() == 2
        look(phone)
        phone.locator("form[action$='/my-comments/send/'] button").click()
        assert phone.locator(".errors").count() == 1  # nothing was chosen about publishing the one that was kept
        look(phone)
        phone.locator("section.entry a.button").first.click()
        phone.locator("input[value=not_published]").check()
        phone.locator("button[value=save]").click()
        phone.locator("form[action$='/my-comments/send/'] button").click()
        assert phone.locator("a[href$='/withdraw/']").count() == 2
        phone.locator("a[href$='/withdraw/']").first.click()
        look(phone)
        phone.locator("main form button").click()
        assert phone.locator("a[href$='/withdraw/']").count() == 1
