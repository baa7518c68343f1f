"""500 contacts with 20 faulty rows: read, corrected, applied once; the good ones invited; the numbers read. Without JavaScript."""

import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from consult.core import clock
from consult.core.db import reading
from consult.mailings.commands import ingest
from consult.stakeholders.import_entries import PROBLEMS
from consult.stakeholders.models import NAME_MAX, Stakeholder
from tests.journeys.conftest import LONG, said, staff_read, words_of
from tests.journeys.lists_made import FAULTS, FAULTY, GOOD, email_of, line_of_twice, workbook
from tests.journeys.test_draft import create_consultation, open_round, sign_in, upload
from tests.journeys.test_invitation import DESK, invite
from tests.journeys.test_lists import one_click
from tests.mail.test_bounces import a_report
from tests.support.browser import visitor
from tests.support.looking import looking

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TO = "to %(n)s address", "to %(n)s addresses"
WILL_GET = "%(n)s address will get this mail.", "%(n)s addresses will get this mail."
REFUSED, RETURNED, LEAVER = email_of(7), email_of(11), email_of(12)


def read_list(page, site, look, content):
    """Upload a list and let the worker read it; its preview is shown."""
    page.goto(f"{site.address}/staff/stakeholders/import/")
    look(page)
    page.set_input_files("#file", {"name": "contacts.xlsx", "mimeType": XLSX, "buffer": content})
    page.locator("input[value=consent]").check()
    page.select_option("#told", "sheet")
    page.fill("#wording", "Sign-up sheet of March")
    page.locator("form[enctype] button").click()
    finish(page, site, look)


def finish(page, site, look):
    """The page of a task, until the worker is done and its link is followed."""
    look(page)
    site.work_off()
    page.reload()
    page.click("main a.button")
    look(page)


def numbers(page):
    """Wrong, new, changed, same."""
    return [int(re.sub(r"\D", "", one.inner_text())) for one in page.locator("ul.states a").all()]


def take_the_good_ones(page, site, language, look):
    read_list(page, site, look, workbook(language))
    hidden = sum(code == "AddressWrong" for _wrong, code in FAULTS)
    assert numbers(page) == [FAULTY - hidden, GOOD + hidden, 0, 0]  # nobody knows yet what “Kontakt” is
    page.select_option("#column-0", "email")
    page.locator("form[action$='/columns/'] button").click()
    finish(page, site, look)
    assert numbers(page) == [FAULTY, GOOD, 0, 0]
    assert page.locator("#column-0").count() == 0
    for code in {code for _wrong, code in FAULTS}:
        sentence = PROBLEMS[code].message.message
        assert said(language, sentence, limit=NAME_MAX, line=line_of_twice(language)) in words_of(page), code
    assert f"{said(language, 'Language we write in')}: " in words_of(page)
    page.locator("ul.states a[href='?state=new']").click()
    look(page)
    page.locator("form[action$='/apply/'] button").click()
    finish(page, site, look)
    assert registered() == GOOD
    read_list(page, site, look, workbook(language))
    assert numbers(page) == [FAULTY, 0, 0, GOOD]  # it remembers what “Kontakt” is, and nothing doubles
    assert page.locator("form[action$='/apply/'] button").count() == 0


def registered():
    with reading() as db:
        return db.query(Stakeholder).count()


def report_numbers(page):
    """The numbers of the table, by the deliveries that they link to."""
    rows = page.locator("table.shares tbody tr").all()
    found = [(one.locator("a").get_attribute("href"), one.locator("td").inner_text()) for one in rows]
    return {re.search(r"delivery=(\w+)", address)[1]: int(number) for address, number in found}


@pytest.mark.browser
@pytest.mark.parametrize("language", LONG)
def test_a_list_with_faults_is_imported_invited_and_reported(mailing_site, browser, language):
    site = mailing_site
    staff_read(site, language)
    with (
        looking(browser, width=1280, language=language) as looker,
        visitor(browser, javascript=False, language=language) as context,
    ):
        page, look = context.new_page(), looker.look
        sign_in(page, site)
        create_consultation(page, site)
        upload(page, site)
        open_round(page, site)
        take_the_good_ones(page, site, language, look)
        invite(page, site, look)

        mails = site.sink.received()
        recipients = Counter(
            address for mail in mails for address in mail.recipients if not address.endswith("@x.example")
        )
        assert recipients == Counter(email_of(number) for number in range(1, GOOD + 1) if email_of(number) != REFUSED)
        page.goto(f"{site.address}{DESK}/mailings/")
        page.click("main ul.rows a")
        assert said(language, TO, GOOD) in words_of(page)
        assert report_numbers(page) == {"sent": GOOD - 1, "failed": 1}

        of = {mail.recipients[0]: mail for mail in mails}
        with clock.at(datetime.now(UTC)):
            assert ingest(site.settings, a_report(to=of[RETURNED].sender)) == 0
        leave = re.search(r"/\w+/leave/[0-9a-f]{48}", str(of[LEAVER].message["List-Unsubscribe"]))[0]
        assert one_click(site, leave) == 200

        page.reload()
        assert report_numbers(page) == {"sent": GOOD - 3, "came_back": 1, "left": 1, "failed": 1}
        page.locator("table.shares a[href*='delivery=failed']").click()
        assert "550" in words_of(page)
        look(page)

        read_list(page, site, look, workbook(language, corrected=True))
        assert numbers(page) == [0, FAULTY, 0, GOOD]  # that all have one telephone tells of nobody
        page.locator("form[action$='/apply/'] button").click()
        finish(page, site, look)
        assert registered() == GOOD + FAULTY
        page.goto(f"{site.address}{DESK}/mailings/new/invitation/")
        page.locator("main form button").click()
        assert said(language, WILL_GET, FAULTY) in words_of(page)
