"""Answering and screening as the secretariat does it, in a real browser; and what axe-core says of those pages."""

from datetime import UTC, datetime

import pytest

from consult.consultations.models import Consultation
from consult.core.db import writing
from consult.rounds import operations, queries
from consult.rounds.models import Consent
from consult.rounds.operations import Remark
from tests.journeys.test_draft import create_consultation, open_round, sign_in, upload
from tests.support.browser import visitor

LIST = "/staff/consultations/upr-2027/answers/"


def send_comments(*texts):
    """Comments on paragraph 2; the ref of each. The last suggests other words too."""
    refs = []
    with writing() as db:
        consultation = db.query(Consultation).filter_by(slug="upr-2027").one()
        round_ = queries.latest_round(db, consultation.id)
        quoted = queries.find_quoted(db, round_.version_id, "2", ["en"])
        for text in texts:
            suggestion = quoted.text.replace("second", "other") if text == texts[-1] else ""
            remark = Remark(text, suggestion, "Census", "Ana", "", "", "", Consent.WITH_NAME, "en")
            made = operations.send_comment(db, round_, quoted, remark, once=text, now=datetime.now(UTC))
            refs.append(made.ref)
    return refs


def begin_answering(page, site):
    sign_in(page, site)
    create_consultation(page, site)
    upload(page, site)
    page.goto(f"{site.address}/staff/consultations/upr-2027/draft/publish/")
    page.locator("main form button").click()
    open_round(page, site)
    return send_comments("Berta Ruiz hides the figures.", "Say it otherwise.")


@pytest.mark.browser
def test_comments_are_answered_one_after_the_other_without_javascript(site, browser):
    with visitor(browser, javascript=False) as context:
        page = context.new_page()
        first, second = begin_answering(page, site)
        page.goto(f"{site.address}/staff/consultations/upr-2027/round/")
        page.click(f"a[href='{LIST}']")
        page.click("main a.button")
        assert page.url.endswith(f"/{first}/")
        page.locator("details:has(#passage) > summary").click()
        page.fill("#passage", "Berta Ruiz")
        page.select_option("#category", "third_person_name")
        page.locator("form[action$='/redact/'] button").click()
        assert page.locator(".black").count() == 1
        page.locator("form[action$='/screened/'] button").click()
        assert page.locator("form[action$='/screened/']").count() == 0
        assert page.locator("input[name=outcome]:checked").count() == 0
        page.locator("input[value=not_accepted]").check()
        page.locator("form[action$='/answer/'] button").click()
        assert page.locator(".errors").count() == 1  # without a reason
        page.fill("#reason", "The census is public.")
        page.locator("form[action$='/answer/'] button").click()
        assert page.url.endswith(f"/{second}/?kept={first}")
        assert page.locator("input[value=noted]").count() == 0  # it suggests other wording
        page.locator(".notice form button").click()  # the answer before, taken back
        assert page.url.endswith(f"/{first}/")
        page.locator("input[value=accepted]").check()
        page.locator("form[action$='/answer/'] button").click()
        page.locator("input[value=accepted]").check()
        page.check("#is_screened")
        page.locator("form[action$='/answer/'] button").click()

        assert page.url.endswith(f"{LIST}?round=1&kept={second}")
        assert "2 of 2" in page.locator(".lede").inner_text()
        page.goto(f"{site.address}{LIST}?show=unscreened")
        assert page.locator("main .rows > li").count() == 0
