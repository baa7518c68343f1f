"""Letters for 30 people without e-mail: printed, one's code typed on a telephone, a comment; another's reply entered for them; and
what axe-core says of each page on the way."""

import io
import re
from contextlib import ExitStack
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from docx import Document

from consult.accounts.models import Staff
from consult.core.db import writing
from tests.journeys.conftest import mails_of
from tests.journeys.test_draft import ZONE, create_consultation, open_round, sign_in, upload
from tests.journeys.test_invitation import DESK, invite
from tests.support.browser import visitor
from tests.support.looking import looking

HEADER = "name,kind,category,language,postal_address,phone,email\n"
MANY = 30
PUBLIC = "consultations/upr-2027"
FULL = pytest.mark.full
# Walked in English and Arabic by the gating tests, where the pages are looked at closely in English; by the full ones in all.
WALKS = [("en", True), ("ar", False), *(pytest.param(code, True, marks=FULL) for code in ("ar", "zh"))]


def import_people(page, site, language, look):
    page.goto(f"{site.address}/staff/stakeholders/import/")
    look(page)
    rows = "".join(f"Village {n},organisation,cso,{language},{n} River Road,,\n" for n in range(1, MANY + 1))
    content = f"{HEADER}{rows}Mountain Radio,organisation,media,{language},,+41 22 555 01,\n".encode()
    content += b"By Mail,organisation,cso,en,,,mail@org.example\n"
    page.set_input_files("#file", {"name": "list.csv", "mimeType": "text/csv", "buffer": content})
    page.locator("input[value=consent]").check()
    page.select_option("#told", "sheet")
    page.fill("#wording", "Sign-up sheet of March")
    page.locator("form[enctype] button").click()
    site.work_off()
    page.reload()
    page.click("main a.button")
    look(page)
    page.locator("form[action$='/apply/'] button").click()
    site.work_off()


def letters_of(page, site, look):
    """The letters made, downloaded and marked as posted; each as its lines. Returns the code of each, by name."""
    page.goto(f"{site.address}{DESK}/mailings/")
    look(page)
    page.click("main ul.rows a")
    look(page)
    page.locator("main a[href$='/letters/']").click()
    look(page)
    page.locator("form[action$='/make/'] button").click()
    look(page)
    site.work_off()
    page.reload()
    look(page)
    page.click("main a.button")
    look(page)
    with page.expect_download() as fetched:
        page.click("main a.button")
    content = fetched.value.path().read_bytes()
    page.goto(page.url.partition("/files/")[0] + "/")
    look(page)
    page.locator("form[action$='/posted/'] button").click()
    look(page)
    lines = [
        "".join(t.text or "" for t in p.iter("{*}t")) for p in Document(io.BytesIO(content)).element.body.iter("{*}p")
    ]
    found, name = {}, ""
    for line in lines:
        name = line if re.fullmatch(r"Village \d+", line) else name
        if code := re.fullmatch("\u200e([0-9A-Z]{4}(?:-[0-9A-Z]{4}){2})\u200e", line):
            found[name] = code[1]
    return found


def note_call(page, site, look):
    page.goto(f"{site.address}{DESK}/mailings/")
    page.click("main ul.rows a")
    page.locator("main a[href$='/calls/phone/']").click()
    page.locator("details summary").last.click()
    look(page)
    page.locator("input[value=takes_part]").check()
    page.locator("form[action$='/note/'] button").click()
    look(page)
    assert page.locator("main ul.rows > li").count() == 1


def enter_reply(page, site, code, look):
    """What somebody wrote on paper, found by the code they put on it."""
    page.goto(f"{site.address}{DESK}/on-behalf/")
    look(page)
    page.fill("#words", code)
    page.click("main form button")
    look(page)
    page.click("main ul.rows a")
    look(page)
    page.locator("input[name=channel][value=letter]").first.check()
    page.fill("#arrived_on", datetime.now(ZoneInfo(ZONE)).date().isoformat())  # the day it is there, not here
    page.fill("#paragraph", "1")
    page.fill("#text", "We have no clinic.")
    page.locator("main form button").first.click()
    look(page)
    assert page.locator(".notice").count() == 1, page.locator("main").inner_text()


def comment_by_code(site, browser, language, code, look):
    with visitor(browser, javascript=False, language=language, width=360) as context:
        phone = context.new_page()
        phone.goto(f"{site.address}/{language}/enter/")
        look(phone)
        phone.fill("#code", code[:-1])
        phone.click("main form button")
        look(phone)
        assert phone.locator(".errors").count() == 1
        phone.fill("#code", code.lower().replace("-", " "))
        phone.click("main form button")
        look(phone)
        assert "Village 1" in phone.locator("main form").inner_text()
        phone.click("main form button")
        look(phone)
        phone.goto(f"{site.address}/{language}/{PUBLIC}/comment/1/")
        look(phone)
        phone.fill("#text", "The road is missing.")
        phone.locator("input[value=not_published]").check()
        phone.locator("button[value=check]").click()
        look(phone)
        phone.locator("button[value=send]").click()
        look(phone)
        phone.goto(f"{site.address}/{language}/{PUBLIC}/my-comments/")
        look(phone)
        assert phone.locator("a[href$='/withdraw/']").count() == 1


def withdraw_what_was_entered(site, browser, language, code, look):
    with visitor(browser, javascript=False, language=language, width=360) as context:
        other = context.new_page()
        other.goto(f"{site.address}/{language}/enter/")
        other.fill("#code", code)
        other.click("main form button")
        other.click("main form button")
        look(other)
        assert "We have no clinic." in other.locator("main").inner_text()
        other.locator("a[href$='/withdraw/']").click()
        look(other)
        other.locator("main form button").click()
        look(other)
        assert other.locator("a[href$='/withdraw/']").count() == 0


def on_paper(page, site, language, look):
    """What the secretariat does, to the reply it enters. Returns the code of each letter, by name."""
    sign_in(page, site)
    create_consultation(page, site)
    upload(page, site)
    import_people(page, site, language, look)
    open_round(page, site)
    invite(page, site, look)
    codes = letters_of(page, site, look)
    note_call(page, site, look)
    enter_reply(page, site, codes["Village 2"], look)
    return codes


@pytest.mark.browser
@pytest.mark.parametrize(("language", "looks"), WALKS)
def test_letters_for_thirty_people_and_what_comes_back(site, browser, language, looks):
    with writing() as db:
        db.get_one(Staff, site.person.id).language = language
    with ExitStack() as stack:
        looker, small = (
            [stack.enter_context(looking(browser, width=width, language=language)).look for width in (1280, 360)]
            if looks
            else [lambda _page: None] * 2
        )
        with visitor(browser, javascript=False, language=language) as context:
            codes = on_paper(context.new_page(), site, language, looker)

        assert len(codes) == len(set(codes.values())) == MANY
        assert len(mails_of(site, "mail@org.example")) == 1
        comment_by_code(site, browser, language, codes["Village 1"], small)
        withdraw_what_was_entered(site, browser, language, codes["Village 2"], small)
